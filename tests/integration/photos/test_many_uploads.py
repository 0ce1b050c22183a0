"""Sixty-four uploads at once, eight of them of the same bytes: each is answered, each picture is there once."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from django.test import Client

from photos import uploading
from photos.models import MonthCount, Photo, UploadEntry
from tests.integration.photos.test_check_media import check, originals
from tests.integration.photos.test_ingest_race import all_at_once, several_decoders  # noqa: F401
from tests.integration.photos.test_upload import send
from tests.pictures import draw

pytestmark = pytest.mark.django_db(transaction=True)

UPLOADS, IDENTICAL = 64, 8
DIFFERENT = UPLOADS - IDENTICAL + 1


def until_taken(client: Client, batch: int, data: bytes, name: str) -> dict:
    """As the upload page does: told that many are coming in, it waits and sends the file again."""
    while (answer := send(client, batch, data, name)).status_code == 503:
        assert answer["Retry-After"]
        time.sleep(0.1)
    return answer.json()


def test_sixty_four_uploads_of_which_eight_are_identical(alice, media_root, several_decoders):  # noqa: F811
    batch = uploading.begin(alice)
    pictures = [draw("PNG", seed=max(0, number - IDENTICAL + 1)) for number in range(UPLOADS)]
    clients = [Client() for _ in pictures]
    for client in clients:
        client.force_login(alice)
    answers = all_at_once([
        lambda n=n, data=data: until_taken(clients[n], batch.pk, data, f"{n % (IDENTICAL + 1)}.png")
        for n, data in enumerate(pictures)
    ])  # fmt: skip
    assert Counter(answer["outcome"] for answer in answers) == {"added": DIFFERENT, "known": IDENTICAL - 1}
    assert sorted(originals(media_root).values()) == sorted(set(pictures))
    assert Photo.objects.count() == MonthCount.objects.get().count == DIFFERENT
    assert UploadEntry.objects.filter(photo__isnull=False).count() == UPLOADS
    assert check(hash=True)[0]
