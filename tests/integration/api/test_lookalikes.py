"""What looks like a picture, for programs."""

import pytest

from tests.factories import PhotoFactory

pytestmark = pytest.mark.django_db
LOOKS = {"phash0": 0xFFFE, "phash1": 0xFF, "phash2": 0xF0F, "phash3": 0xAAAA}


def test_a_program_is_told_what_looks_alike_and_how(alice, bob, as_alice, as_bob):
    one = PhotoFactory(owner=alice, **LOOKS)
    small = PhotoFactory(owner=alice, width=600, height=400, **LOOKS)
    alike = PhotoFactory(owner=alice, **LOOKS | {"phash3": 0xAA55})
    PhotoFactory(owner=bob, **LOOKS)
    told = as_alice("GET", f"/photos/{one.pk}/lookalikes").json()["items"]
    assert [(item["photo"]["id"], item["bits"], item["likeness"]) for item in told] == [
        (small.pk, 0, "smaller"), (alike.pk, 8, "alike"),
    ]  # fmt: skip
    assert as_bob("GET", f"/photos/{one.pk}/lookalikes").status_code == 404
