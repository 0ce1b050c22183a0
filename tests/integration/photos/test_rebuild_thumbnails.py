"""`rebuild_thumbnails`: what is missing is drawn, what is there is left, unless all is wanted."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from photos.models import Photo
from photos.thumbnails import EAGER
from tests.factories import make_photo

pytestmark = pytest.mark.django_db


def rebuild(*ids: int, **options) -> str:
    said = io.StringIO()
    call_command("rebuild_thumbnails", *map(str, ids), stdout=said, stderr=io.StringIO(), **options)
    return said.getvalue()


def thumbnails(media_root: Path) -> list[Path]:
    return sorted(path for path in (media_root / "thumbnails").rglob("*") if path.is_file())


@pytest.fixture
def photos(alice) -> list[Photo]:
    return [make_photo(alice, name=f"{number}.png") for number in range(3)]


def test_missing_thumbnails_are_drawn_and_others_left(photos, media_root):
    first, *others = thumbnails(media_root)
    first.unlink()
    before = [path.stat().st_mtime_ns for path in others]
    assert "Thumbnails drawn: 1. Photos that had all: 2. Photos that cannot be drawn: 0." in rebuild()
    assert first.is_file() and [path.stat().st_mtime_ns for path in others] == before


def test_the_whole_tree_can_be_thrown_away_and_comes_back(photos, media_root):
    before = {path: path.read_bytes() for path in thumbnails(media_root)}
    for path in before:
        path.unlink()
    rebuild()
    assert {path: path.read_bytes() for path in thumbnails(media_root)} == before
    assert len(before) == 3 * len(EAGER)


def test_all_are_drawn_anew_when_asked_for(photos, media_root):
    for path in thumbnails(media_root):
        path.write_bytes(b"spoilt")
    assert "Thumbnails drawn: 0." in rebuild()
    assert "Thumbnails drawn: 9." in rebuild(all=True)
    assert not any(path.read_bytes() == b"spoilt" for path in thumbnails(media_root))


def test_one_size_of_one_photo_can_be_asked_for(photos, media_root):
    assert "Thumbnails drawn: 1." in rebuild(photos[1].pk, variant=["l2560"])
    assert (media_root / photos[1].thumbnail_name("l2560")).is_file()
    assert not (media_root / photos[0].thumbnail_name("l2560")).exists()


def test_a_picture_that_cannot_be_drawn_is_named_and_the_others_go_on(photos, media_root):
    for path in thumbnails(media_root):
        path.unlink()
    (media_root / photos[0].file.name).unlink()
    with pytest.raises(CommandError, match="cannot be drawn"):
        rebuild()
    photos[0].refresh_from_db()
    assert (photos[0].derived, photos[0].derived_reason) == ("broken", "The original is missing.")
    assert len(thumbnails(media_root)) == 2 * len(EAGER)


def test_a_picture_that_can_be_drawn_again_is_marked_so(photos):
    Photo.objects.filter(pk=photos[0].pk).update(derived="broken", derived_reason="a bug")
    rebuild(photos[0].pk, all=True)
    photos[0].refresh_from_db()
    assert (photos[0].derived, photos[0].derived_reason) == ("ready", "")


def test_a_stopped_run_with_all_can_begin_behind_a_photo(photos):
    assert "Thumbnails drawn: 3." in rebuild(all=True, after=photos[1].pk)


def test_only_one_persons_pictures_can_be_meant(photos, bob):
    make_photo(bob)
    assert "Thumbnails drawn: 3." in rebuild(all=True, owner="bob")


def test_a_number_that_no_photo_has_is_said(photos):
    with pytest.raises(CommandError, match="There is no photo 999999 here"):
        rebuild(999_999)
