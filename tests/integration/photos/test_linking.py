"""Linked pictures: a library that stays where it is, is shown like any other, and is never touched."""

from __future__ import annotations

import io
import os
import threading
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from generation import finals
from generation.models import GenerationSession
from photos import albums, curate, deletion, editing, linking, media, storage, verifying
from photos.ingest import Arrival
from photos.models import AlbumPhoto, DuplicateGroup, DuplicateMember, PendingFileDeletion, Photo
from tests.factories import A_DAY, make_photo
from tests.integration.photos.test_check_media import check, repair
from tests.pictures import draw

pytestmark = pytest.mark.django_db

WORDS = "red lighthouse\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 41, Size: 64x48"


@pytest.fixture(autouse=True)
def _nothing_is_on_its_way(monkeypatch) -> None:
    monkeypatch.setattr(verifying, "SECOND_LOOK_SECONDS", 0)


@pytest.fixture
def pics(tmp_path) -> Path:
    """A folder of three pictures, as a person keeps them."""
    folder = tmp_path / "mnt" / "pics"
    (folder / "2024").mkdir(parents=True)
    (folder / "harbour.png").write_bytes(draw("PNG", seed=1, text={"parameters": WORDS}))
    (folder / "2024" / "Harbour.png").write_bytes(draw("PNG", seed=2))
    (folder / "2024" / "harbour.png").write_bytes(draw("PNG", (3000, 2000), seed=3))
    return folder


def link(owner, path: Path, **options) -> Photo:
    return linking.link(path, arrival(owner, path), **options).photo


def arrival(owner, path: Path) -> Arrival:
    place, modified_at = storage.uploaded(path.name, A_DAY), datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Arrival(owner_id=owner.pk, place=place, name=path.name, modified_at=modified_at)


def link_all(owner, folder: Path) -> list[Photo]:
    return [link(owner, path) for path in sorted(folder.rglob("*")) if path.is_file()]


def as_it_lies(folder: Path) -> dict:
    """Everything that could be seen to have been touched."""
    paths = sorted(folder.rglob("*"))
    seen = {path: path.lstat() for path in [folder, *paths]}
    bytes_ = {path: path.read_bytes() for path in paths if path.is_file()}
    return {p: (s.st_ino, s.st_mode, s.st_mtime_ns, s.st_nlink, bytes_.get(p)) for p, s in seen.items()}


def thumbnails(media_root: Path) -> list[str]:
    return sorted(str(path.relative_to(media_root)) for path in media_root.rglob("*") if path.is_file())


def thumbnails_of(*photos: Photo) -> list[str]:
    return sorted(photo.thumbnail_name(variant) for photo in photos for variant in ("h320", "h640", "l1600"))


def get(client, photo: Photo, variant: str):
    photo.refresh_from_db()
    return client.get(media.sign(photo, variant))


# --- shown like any other -------------------------------------------------------------------------------


def test_a_linked_picture_is_shown_found_and_downloaded(alice, alice_client, pics):
    photo = link(alice, pics / "harbour.png")
    assert (photo.root, photo.collection, photo.recipe.seed) == ("linked", "linked", "41")
    page = alice_client.get(photo.get_absolute_url()).content.decode()
    assert "red lighthouse" in page and str(pics) in page
    assert str(photo.pk) in alice_client.get("/search/?q=lighthouse").content.decode()
    assert {get(alice_client, photo, variant).status_code for variant in ("h320", "l2560", "h160")} == {200}
    answer = alice_client.get(reverse("download", args=[photo.pk]), follow=True)
    assert b"".join(answer.streaming_content) == (pics / "harbour.png").read_bytes()
    assert answer["X-Content-Type-Options"] == "nosniff" and answer["Content-Type"] == "image/png"


def test_nothing_of_it_is_copied_but_thumbnails(alice, pics, media_root):
    photos = link_all(alice, pics)
    assert len(photos) == 3 and thumbnails(media_root) == thumbnails_of(*photos)
    assert check()[0]


def test_a_web_server_in_front_is_never_handed_a_linked_path(alice, client, pics, settings):
    settings.GALLERY_ACCEL = "/media-files/"
    photo = link(alice, pics / "harbour.png")
    assert "X-Accel-Redirect" in get(client, photo, "h320")
    answer = get(client, photo, "original")
    assert "X-Accel-Redirect" not in answer and b"".join(answer.streaming_content)


def test_one_file_may_be_linked_by_two_people_and_is_one_of_each(alice, bob, pics):
    first, second = link_all(alice, pics), link_all(bob, pics)
    assert len({photo.pk for photo in first + second}) == 6
    assert [photo.pk for photo in link_all(alice, pics)] == [photo.pk for photo in first]


def test_bytes_that_were_uploaded_are_not_linked_again(alice, pics):
    known = make_photo(alice, (pics / "harbour.png").read_bytes())
    done = linking.link(pics / "harbour.png", arrival(alice, pics / "harbour.png"))
    assert (done.photo, done.created) == (known, False)


def test_thumbnails_may_come_later(alice, client, pics, media_root):
    photo = link(alice, pics / "harbour.png", thumbnails_later=True)
    assert (photo.derived, photo.recipe.seed) == ("pending", "41") and thumbnails(media_root) == []
    assert get(client, photo, "h320").status_code == 200


# --- never touched --------------------------------------------------------------------------------------


def test_the_linked_folder_is_the_same_after_everything(alice, client, pics, media_root):
    (pics / "2024" / f"{'ü' * 120}.png").write_bytes(
        draw("PNG", seed=4)
    )  # its thumbnail cannot be named after it
    before = as_it_lies(pics)
    photos = link_all(alice, pics)
    editing.edit(alice, photos[0].pk, title="Evening", tags=["sea"])
    curate.trash(alice.pk, [photo.pk for photo in photos])
    curate.restore(alice.pk, [photo.pk for photo in photos])
    for photo in photos:
        assert get(client, photo, "l2560").status_code == 200
    call_command("rebuild_thumbnails", all=True, stdout=io.StringIO(), stderr=io.StringIO())
    call_command("reread_recipes", stdout=io.StringIO(), stderr=io.StringIO())
    assert repair(hash=True)[0]
    curate.purge(alice.pk, [photos[0].pk, photos[1].pk])
    assert deletion.delete_pending() == 2 and repair(hash=True)[0]
    assert as_it_lies(pics) == before
    kept = {storage.parse_thumbnail(name)[0] for name in thumbnails(media_root)}
    assert len(kept) == Photo.objects.count() == 2


def test_the_trash_says_that_the_file_stays(alice, alice_client, pics):
    curate.trash(alice.pk, [photo.pk for photo in link_all(alice, pics)])
    assert "the file stays where it is" in alice_client.get(reverse("trash_empty")).content.decode()


def test_what_was_deleted_for_ever_can_be_linked_again_at_once(alice, client, pics):
    gone = link(alice, pics / "harbour.png")
    curate.purge(alice.pk, [gone.pk])
    photo = link(alice, pics / "harbour.png")
    deletion.delete_pending()
    assert photo.pk != gone.pk and not PendingFileDeletion.objects.exists()
    assert get(client, photo, "h320").status_code == 200 and check()[0]


# --- moved, changed, away -------------------------------------------------------------------------------


def test_a_moved_file_keeps_its_row_and_its_thumbnails(alice, client, pics, media_root):
    photo = link(alice, pics / "harbour.png")
    (pics / "harbour.png").rename(pics / "2024" / "evening.png")
    assert link(alice, pics / "2024" / "evening.png") == photo
    photo.refresh_from_db()
    assert photo.linked_path == str(pics / "2024" / "evening.png")
    assert thumbnails(media_root) == thumbnails_of(photo)
    assert get(client, photo, "original").status_code == 200 and check(hash=True)[0]


def test_a_second_copy_of_a_file_that_is_there_moves_nothing(alice, pics):
    photo = link(alice, pics / "harbour.png")
    (pics / "copy.png").write_bytes((pics / "harbour.png").read_bytes())
    assert link(alice, pics / "copy.png") == photo
    photo.refresh_from_db()
    assert photo.linked_path == str(pics / "harbour.png")


def test_two_files_that_swap_their_names_keep_their_rows(alice, pics, media_root):
    one, two = link(alice, pics / "harbour.png"), link(alice, pics / "2024" / "Harbour.png")
    os.rename(pics / "harbour.png", pics / "x")
    os.rename(pics / "2024" / "Harbour.png", pics / "harbour.png")
    os.rename(pics / "x", pics / "2024" / "Harbour.png")
    assert {link(alice, pics / "harbour.png"), link(alice, pics / "2024" / "Harbour.png")} == {one, two}
    one.refresh_from_db(), two.refresh_from_db()
    assert (one.linked_path, two.linked_path) == (
        str(pics / "2024" / "Harbour.png"),
        str(pics / "harbour.png"),
    )
    assert thumbnails(media_root) == thumbnails_of(one, two) and check(hash=True)[0]


def test_a_changed_file_keeps_the_words_of_a_person_and_takes_the_facts_of_its_bytes(
    alice, client, pics, media_root
):
    photo = link(alice, pics / "harbour.png")
    editing.edit(alice, photo.pk, title="Evening", rating=4, decision=1)
    albums.add(albums.create(alice, title="Us"), [photo.pk])
    old = media.sign(Photo.objects.get(), "h320")
    (pics / "harbour.png").write_bytes(draw("JPEG", (80, 60), seed=9))
    assert "Changed" in check(hash=True)[1]
    assert link(alice, pics / "harbour.png") == photo
    photo = Photo.objects.get()
    assert (photo.title, photo.rating, photo.decision, photo.format, photo.width) == (
        "Evening",
        4,
        1,
        "JPEG",
        80,
    )
    assert AlbumPhoto.objects.get().photo == photo and thumbnails(media_root) == thumbnails_of(photo)
    assert (client.get(old).status_code, get(client, photo, "original").status_code) == (404, 200)
    assert check(hash=True)[0]


def test_a_changed_file_is_no_duplicate_of_what_it_looked_like(alice, pics):
    one, other = link_all(alice, pics)[:2]
    group = DuplicateGroup.objects.create(owner=alice, kind=DuplicateGroup.Kind.NEAR, n_live=2)
    DuplicateMember.objects.bulk_create(DuplicateMember(group=group, photo=each) for each in (one, other))
    Path(one.linked_path).write_bytes(draw("JPEG", seed=9))
    link(alice, Path(one.linked_path))
    assert not DuplicateGroup.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_several_that_link_one_file_at_once_one_makes_the_row(alice, pics, media_root):
    path, done = pics / "harbour.png", []

    def work() -> None:
        try:
            done.append(linking.link(path, arrival(alice, path)).created)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in threads], [thread.join() for thread in threads]
    assert sorted(done) == [False, False, False, True]
    assert thumbnails(media_root) == thumbnails_of(Photo.objects.get())


def test_a_file_that_is_no_picture_any_more_changes_nothing(alice, pics):
    photo = link(alice, pics / "harbour.png")
    (pics / "harbour.png").write_bytes(b"words")
    with pytest.raises(linking.RejectedImage):
        link(alice, pics / "harbour.png")
    assert Photo.objects.get().sha256 == photo.sha256


def test_a_disk_that_is_away_takes_nothing_with_it(
    alice, alice_client, client, pics, media_root, monkeypatch
):
    monkeypatch.setattr(verifying, "BRAKE_COUNT", 0)  # it would be for the gallery's own files
    photos = link_all(alice, pics)
    pics.rename(pics.with_name("unplugged"))
    assert {get(client, photo, v).status_code for photo in photos for v in ("h320", "l1600", "l2560")} == {
        200
    }
    answer = get(client, photos[0], "original")
    assert answer.status_code == 404 and "not there at the moment" in answer.content.decode()
    page = alice_client.get(reverse("download", args=[photos[0].pk]), follow=True)
    assert page.status_code == 200 and "not there at the moment" in page.content.decode()
    well, said = repair(hash=True)
    assert well and f"3 linked files below {pics.parent}" in said and "Linked, not reachable now" in said
    with pytest.raises(CommandError):
        call_command("rebuild_thumbnails", all=True, stdout=io.StringIO(), stderr=io.StringIO())
    assert set(Photo.objects.values_list("derived", flat=True)) == {"ready"}
    assert thumbnails(media_root) == thumbnails_of(*photos)
    pics.with_name("unplugged").rename(pics)
    assert get(client, photos[0], "original").status_code == 200


def test_a_source_that_lost_its_files_is_spoken_of_in_one_sentence(alice, pics):
    link_all(alice, pics)
    assert linking.about_source(alice.pk, pics, 3) == ""
    assert (
        linking.about_source(alice.pk, pics, 0) == f"{pics} is empty now; 3 images linked from it are kept."
    )
    pics.rename(pics.with_name("unplugged"))
    said = linking.about_source(alice.pk, pics, 0)
    assert said == f"There is nothing at {pics} now; 3 images linked from it are kept."


def test_an_archive_names_what_is_away_and_never_holds_other_bytes(alice, alice_client, pics):
    photos = link_all(alice, pics)
    gone, there = photos[0], photos[2]  # both are called harbour.png, but for case
    Path(gone.linked_path).unlink()
    answer = alice_client.post(reverse("download_many"), {"photo": [there.pk, gone.pk]})
    body = b"".join(answer.streaming_content)
    archive = zipfile.ZipFile(io.BytesIO(body))
    assert len(body) == int(answer["Content-Length"]) and archive.testzip() is None
    assert [len(archive.namelist()), archive.namelist()[-1]] == [2, "missing.txt"]
    answer = alice_client.post(reverse("download_many"), {"photo": [there.pk]})
    path = Path(there.linked_path)
    path.write_bytes(bytes(len(path.read_bytes())))
    with pytest.raises(storage.NotThere):
        b"".join(answer.streaming_content)


def other_bytes(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"\0")


def a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("turned", [other_bytes, a_link, a_pipe])
def test_what_lies_there_instead_is_neither_served_nor_drawn(alice, client, pics, turned, media_root):
    photo = link(alice, pics / "2024" / "harbour.png")
    turned(pics / "2024" / "harbour.png")
    assert get(client, photo, "original").status_code == 404
    larger = b"".join(get(client, photo, "l2560").streaming_content)
    assert larger == (media_root / photo.thumbnail_name("l1600")).read_bytes()
    assert not (media_root / photo.thumbnail_name("l2560")).exists()


# --- as an import ---------------------------------------------------------------------------------------


def run(*arguments: str, **options) -> str:
    said = io.StringIO()
    call_command("import_photos", *arguments, link=True, stdout=said, stderr=io.StringIO(), **options)
    return said.getvalue()


def test_an_import_links_a_folder_and_a_second_one_opens_nothing(alice, pics, media_root):
    before = as_it_lies(pics)
    assert "Added                            3" in run(str(pics), owner="alice")
    assert "Already there                    3" in run(str(pics), owner="alice")
    assert as_it_lies(pics) == before and len(thumbnails(media_root)) == 9
    assert set(Photo.objects.values_list("root", "collection")) == {("linked", "linked")}


def test_an_import_follows_what_was_moved_and_changed_since(alice, pics):
    run(str(pics), owner="alice")
    moved = Photo.objects.get(recipe__seed="41")
    (pics / "harbour.png").rename(pics / "2024" / "evening.png")
    (pics / "2024" / "Harbour.png").write_bytes(draw("JPEG", seed=8))
    run(str(pics), owner="alice")
    moved.refresh_from_db()
    assert moved.linked_path.endswith("2024/evening.png") and Photo.objects.filter(format="JPEG").count() == 1
    assert Photo.objects.count() == 3 and check(hash=True)[0]


def test_an_import_of_a_disk_that_is_away_says_so_and_keeps_all(alice, pics):
    run(str(pics), owner="alice")
    pics.rename(pics.with_name("unplugged"))
    with pytest.raises(
        CommandError, match=f"There is nothing at {pics} now; 3 images linked from it are kept."
    ):
        run(str(pics), owner="alice")
    pics.mkdir()
    with pytest.raises(CommandError, match="There is no picture"):
        run(str(pics), owner="alice")
    assert Photo.objects.live().filter(derived="ready").count() == 3


def test_linked_images_can_be_a_session_whose_finals_are_files_of_the_gallery(
    alice, client, pics, media_root
):
    for seed in (5, 6):
        (pics / f"{seed}.png").write_bytes(draw("PNG", seed=seed, text={"parameters": WORDS}))
    before = as_it_lies(pics)
    run(str(pics), owner="alice", as_sessions=True)
    session = GenerationSession.objects.get(n_made=3)
    picked = session.candidates.first().photo
    assert (picked.root, picked.collection) == ("linked", "session")
    curate.decide(alice, [picked.pk], value=1)
    finals.ask_to_file(session)
    finals.file_picks(session.pk)
    final = Photo.objects.get(collection="completed")
    assert final.root == "media" and get(client, final, "original").status_code == 200
    assert as_it_lies(pics) == before and check(hash=True)[0]
