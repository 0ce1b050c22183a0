"""Whose address it is: signed for one picture, one size, one kind of viewer and a time; else there is nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

import pytest

from photos import curate, media
from photos.models import Photo
from tests.factories import make_photo

pytestmark = pytest.mark.django_db
ADDRESS = re.compile(
    r"^/m/(?P<pk>\d+)/(?P<content>[0-9a-f]{8})/(?P<variant>\w+)\?e=(?P<e>\d+)&s=(?P<kind>\w)(?P<s>[\w-]{22})$"
)


@pytest.fixture
def photo(alice) -> Photo:
    return make_photo(alice)


def parts(address: str) -> dict[str, str]:
    return ADDRESS.match(address).groupdict()


def address(parts: dict[str, str]) -> str:
    return "/m/{pk}/{content}/{variant}?e={e}&s={kind}{s}".format(**parts)


def answer(response) -> tuple:
    """All a stranger can see of an answer but the time."""
    return (
        response.status_code,
        response.content,
        sorted((k, v) for k, v in response.headers.items() if k != "Date"),
    )


def test_whoever_has_the_address_has_the_bytes(photo, client, alice_client):
    assert client.get(media.sign(photo, "h320")).status_code == 200
    assert alice_client.get(media.sign(photo, "h320")).status_code == 200


def test_the_signature_covers_every_part_of_the_address(alice, photo, client):
    other = make_photo(alice)
    good = parts(media.sign(photo, "h320"))
    assert client.get(address(good)).status_code == 200
    flips = {
        "pk": [str(other.pk), "999999"],
        "content": [other.content8, "00000000"],
        "variant": ["h640", "original", "l2560"],
        "e": [str(int(good["e"]) + 86_400), str(int(good["e"]) - 1)],
        "kind": [media.ADMIN, media.TRASH, "x"],
        "s": [good["s"][:-1] + ("A" if good["s"][-1] != "A" else "Q"), good["s"][::-1], "A" * 22],
    }
    for name, values in flips.items():
        for value in values:
            assert client.get(address({**good, name: value})).status_code == 404, (name, value)


def test_every_letter_of_the_signature_counts(photo, client):
    good = parts(media.sign(photo, "h320"))
    for place in range(21):  # the last letter holds two bits of 128 and four of nothing
        letter = "A" if good["s"][place] != "A" else "B"
        forged = good["s"][:place] + letter + good["s"][place + 1 :]
        assert client.get(address({**good, "s": forged})).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/m/", "/m/1", "/m/1/00000000/", "/m/{pk}/{content}/h320", "/m/{pk}/{content}/h320?e=&s=",
        "/m/{pk}/{content}/h320?e={e}", "/m/{pk}/{content}/h320?s={kind}{s}",
        "/m/{pk}/{content}/h321?e={e}&s={kind}{s}", "/m/{pk}/{content}/H320?e={e}&s={kind}{s}",
        "/m/{pk}/{content}/../original?e={e}&s={kind}{s}", "/m/{pk}/{content}/w9999?e={e}&s={kind}{s}",
        "/m/-1/{content}/h320?e={e}&s={kind}{s}", "/m/{pk}.0/{content}/h320?e={e}&s={kind}{s}",
        "/m/99999999999999999999999/{content}/h320?e={e}&s={kind}{s}",
        "/m/{pk}/{content}/h320?e=-1&s={kind}{s}", "/m/{pk}/{content}/h320?e=1e12&s={kind}{s}",
        "/m/{pk}/{content}/h320?e={e}&s=%ff%fe%00", "/m/{pk}/{content}/h320%00?e={e}&s={kind}{s}",
        "/m/{pk}/{content}/h320?e=99999999999999999999&s={kind}{s}", "/m/{pk}/{content}/h320/?e={e}&s={kind}{s}",
        "/m/%2e%2e/{content}/h320?e={e}&s={kind}{s}",
    ],
)  # fmt: skip
def test_whatever_is_no_address_of_ours_is_not_there(photo, client, path):
    response = client.get(path.format(**parts(media.sign(photo, "h320"))))
    assert response.status_code == 404 and response["Content-Type"] == "text/plain; charset=utf-8"


def test_absent_forbidden_trashed_and_expired_look_the_same(alice, photo, client, settings):
    trashed = make_photo(alice)
    in_the_trash = media.sign(trashed, "h320")
    curate.trash(alice.pk, [trashed.pk])
    good = parts(media.sign(photo, "h320"))
    absent = media.sign_values(999_999, "0" * 64, 1, "h320")
    answers = [
        answer(client.get(path))
        for path in (
            absent,
            in_the_trash,
            address({**good, "s": "A" * 22}),
            address({**good, "e": "1000000000"}),
            address({**good, "variant": "h999"}),
            address({**good, "content": "00000000"}),
            address({**good, "kind": media.ADMIN}),
        )
    ]
    assert answers == [answers[0]] * len(answers)
    assert answers[0][0] == 404 and answers[0][1] == b"Not found.\n"


def test_trashing_ends_an_address_at_once_and_restoring_does_not_bring_it_back(alice, photo, client):
    before = media.sign(photo, "h320")
    curate.trash(alice.pk, [photo.pk])
    assert client.get(before).status_code == 404
    curate.restore(alice.pk, [photo.pk])
    assert client.get(before).status_code == 404
    photo.refresh_from_db()
    assert client.get(media.sign(photo, "h320")).status_code == 200


def test_a_browser_that_has_it_is_not_told_so_before_the_check(alice, photo, client):
    good = media.sign(photo, "original")
    curate.trash(alice.pk, [photo.pk])
    for headers in (
        {"If-None-Match": f'"{photo.sha256}"'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": "Sun, 22 Nov 2099 00:00:00 GMT"},
        {"Range": "bytes=0-3"},
    ):
        assert client.get(good, headers=headers).status_code == 404


def test_an_address_of_yesterday_s_key_is_worth_nothing(photo, client, settings):
    before = media.sign(photo, "h320")
    settings.SECRET_KEY = "another" * 8
    assert client.get(before).status_code == 404
    assert client.get(media.sign(photo, "h320")).status_code == 200


def test_an_expired_address_is_worth_nothing_though_its_signature_is_right(photo, client, settings):
    """The signature is made here as the docstring of the module says, so that only the time can be wrong."""
    key = hashlib.sha256(b"photos.media/1:" + settings.SECRET_KEY.encode()).digest()

    def signed(expires: str) -> dict[str, str]:
        text = f"{photo.pk}/{photo.content8}/h320/o/{photo.access_revision}/{expires}"
        digest = hmac.digest(key, text.encode(), hashlib.sha256)[:16]
        return {**good, "e": expires, "s": base64.urlsafe_b64encode(digest).decode().rstrip("=")}

    good = parts(media.sign(photo, "h320"))
    assert signed(good["e"]) == good
    assert client.get(address(signed("1000000000"))).status_code == 404


def test_it_can_be_read_and_nothing_else(photo, client):
    path = media.sign(photo, "h320")
    head = client.head(path)
    assert head.status_code == 200 and head.getvalue() == b"" and int(head["Content-Length"]) > 0
    for method in (client.post, client.put, client.delete, client.patch, client.options):
        assert method(path).status_code == 404


def test_the_administrator_s_addresses_show_what_is_live_and_what_is_trashed(alice, photo, client):
    assert client.get(media.sign(photo, "h320", media.ADMIN)).status_code == 200
    curate.trash(alice.pk, [photo.pk])
    photo.refresh_from_db()
    assert client.get(media.sign(photo, "h320", media.ADMIN)).status_code == 200


def test_what_is_no_address_asks_the_database_nothing(photo, client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/m/1/00000000/h320")
        client.get(f"/m/{photo.pk}/{photo.content8}/nosize?e=9999999999&s=o")
