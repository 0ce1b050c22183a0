"""Many at once: one picture, one row, one file, and an answer for everybody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from photos import images
from photos.models import MonthCount, Photo
from tests.factories import make_photo
from tests.pictures import draw

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def several_decoders() -> Iterator[None]:
    """As many pictures are decoded at once as threads ask, so that they arrive at the disk together."""
    images.configure(size=4)
    yield
    images.configure(size=1)


def all_at_once(works: list[Callable]) -> list:
    """Run each in a thread of its own, from one moment on; what each returned or raised."""
    start, outcomes = threading.Barrier(len(works)), [None] * len(works)

    def run(place: int, work: Callable) -> None:
        start.wait()
        try:
            outcomes[place] = work()
        except Exception as trouble:
            outcomes[place] = trouble
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return outcomes


def originals(media_root: Path) -> list[str]:
    found = (path.relative_to(media_root) for path in media_root.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if path.parts[0] != "thumbnails")


def test_sixteen_uploads_of_the_same_bytes_are_one_picture(alice, media_root, several_decoders):
    data = draw("PNG", seed=1)
    outcomes = all_at_once([lambda: make_photo(alice, data)] * 16)
    photo = Photo.objects.get()
    assert outcomes == [photo] * 16
    assert originals(media_root) == [photo.file.name]
    assert (media_root / photo.thumbnail_name("h320")).is_file()
    assert MonthCount.objects.get().count == 1


def test_the_same_bytes_under_many_names_are_one_picture(alice, media_root, several_decoders):
    data = draw("PNG", seed=1)
    outcomes = all_at_once([lambda n=n: make_photo(alice, data, name=f"{n}.png") for n in range(8)])
    photo = Photo.objects.get()
    assert outcomes == [photo] * 8 and originals(media_root) == [photo.file.name]


def test_eight_different_pictures_of_one_name_all_arrive(alice, media_root, several_decoders):
    names = ["harbour.png", "HARBOUR.png"] * 4
    outcomes = all_at_once(
        [lambda n=n, name=name: make_photo(alice, name=name, seed=n) for n, name in enumerate(names)]
    )
    photos = list(Photo.objects.all())
    assert len(photos) == 8 and set(outcomes) == set(photos)
    assert originals(media_root) == sorted(photo.file.name for photo in photos)
    assert {(media_root / p.file.name).read_bytes() for p in photos} == {
        draw("PNG", seed=n) for n in range(8)
    }
    assert all((media_root / photo.thumbnail_name("h640")).is_file() for photo in photos)
    assert MonthCount.objects.get().count == 8


def test_two_people_upload_the_same_bytes_and_both_have_them(alice, bob, media_root, several_decoders):
    data = draw("PNG", seed=1)
    outcomes = all_at_once([lambda owner=owner: make_photo(owner, data) for owner in (alice, bob) * 4])
    assert {photo.owner_id for photo in outcomes} == {alice.pk, bob.pk}
    assert Photo.objects.count() == len(originals(media_root)) == 2
