"""SIGKILL at each step of each walk, then a start: all or nothing, whatever was said to be kept is, and files and
rows agree again."""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult

from generation.models import Candidate, GenerationSession
from photos import curate, importing, media, verifying, working
from photos.models import PendingFileDeletion, Photo
from tests import dying
from tests.conftest import _database_url
from tests.doubles import flat
from tests.factories import (
    PhotoFactory,
    SessionFactory,
    make_photo,
    make_session,
    pictures_of,
    with_true_counts,
)
from tests.integration.generation.conftest import scripted  # noqa: F401
from tests.pictures import draw

pytestmark = pytest.mark.django_db(transaction=True)

INGEST = [
    "bytes spooled", "picture examined", "file linked", "original kept", "one thumbnail kept", "thumbnails kept",
    "row inserted", "row committed",
]  # fmt: skip


@pytest.fixture(scope="module")
def mortal(django_db_setup, django_db_blocker) -> Iterator[dying.Mortal]:
    """A process for each walk, killed where the test says."""
    with django_db_blocker.unblock():
        database = _database_url()
    settings = {"DJANGO_SETTINGS_MODULE": "tests.settings", "GALLERY_TEST_CHILD_DATABASE": database}
    process = dying.Mortal({**os.environ, **settings})
    yield process
    process.end()


@pytest.fixture(autouse=True)
def _nothing_is_on_its_way(monkeypatch) -> None:
    """Whoever could have been at work is dead, and `check_media` need not wait for them."""
    monkeypatch.setattr(verifying, "SECOND_LOOK_SECONDS", 0)


def restart() -> None:
    """What a start of the gallery does by itself, a few minutes later: the sweeps, and what lies in the queue."""
    GenerationSession.objects.filter(filing_since__isnull=False).update(
        filing_since=timezone.now() - timedelta(minutes=5)
    )
    working.sweep()
    while task := DBTaskResult.objects.ready().order_by("enqueued_at").first():
        task.delete()
        import_string(task.task_path).call(*task.args_kwargs["args"])


def put_right(owner) -> None:
    """`check_media --repair` puts right all it finds, and the next check finds nothing; else CommandError."""
    for repair in (True, False):
        call_command(
            "check_media",
            hash=True,
            repair=repair,
            older_than=0,
            owner=owner.username,
            stdout=io.StringIO(),
            stderr=io.StringIO(),
        )


def originals(media_root: Path) -> list[bytes]:
    """The bytes of every original that lies there, however it is called."""
    tops = (media_root / "uploaded", media_root / "generated")
    return sorted(path.read_bytes() for top in tops for path in top.rglob("*") if path.is_file())


def statuses(client, addresses: list[str]) -> set[int]:
    return {client.get(address).status_code for address in addresses}


def addresses(photos: list[Photo]) -> list[str]:
    return [media.sign(photo, variant) for photo in photos for variant in ("h320", "original")]


# --- coming in ----------------------------------------------------------------------------------------


@pytest.fixture
def harbour(tmp_path) -> Path:
    (tmp_path / "harbour.png").write_bytes(draw("PNG", seed=1))
    return tmp_path / "harbour.png"


@pytest.mark.parametrize("step", INGEST)
def test_what_was_being_brought_comes_in_when_it_is_brought_again(alice, mortal, media_root, harbour, step):
    assert mortal.dies(step, dying.bring, alice.pk, str(harbour))
    assert Photo.objects.count() == (step == "row committed")
    restart()
    photo = make_photo(alice, harbour.read_bytes(), name="harbour.png")
    assert photo.file.name == "uploaded/2026-11-22/harbour.png"
    put_right(alice)
    assert Photo.objects.count() == 1 and originals(media_root) == [harbour.read_bytes()]


@pytest.mark.parametrize("step", ["file linked", "one thumbnail kept", "row inserted"])
def test_what_was_being_brought_is_adopted_by_a_repair(alice, mortal, media_root, harbour, client, step):
    assert mortal.dies(step, dying.bring, alice.pk, str(harbour))
    put_right(alice)
    photo = Photo.objects.get()
    assert originals(media_root) == [harbour.read_bytes()]
    assert statuses(client, addresses([photo])) == {200}
    assert make_photo(alice, harbour.read_bytes(), name="harbour.png") == photo


@pytest.mark.parametrize("step", [name for name in dying.STEPS if name.startswith(("one file", "second"))])
def test_an_import_goes_on_where_it_was_killed(alice, mortal, media_root, tmp_path, step):
    pictures = [draw("PNG", seed=seed) for seed in range(3)]
    for number, data in enumerate(pictures):
        (tmp_path / f"{number}.png").write_bytes(data)
    assert mortal.dies(step, dying.import_folder, alice.pk, str(tmp_path))
    assert Photo.objects.count() == (2 if step == "second row committed" else 1)
    restart()
    became = [outcome.became for outcome in importing.Import(alice.pk, [tmp_path]).run()]
    assert became[0] == "already there" and became[2] == "added"
    put_right(alice)
    assert originals(media_root) == sorted(pictures) and Photo.objects.count() == 3


@pytest.mark.parametrize("step", ["one thumbnail kept", "linked row inserted", "linked row committed"])
def test_what_was_being_linked_comes_in_with_the_next_run_and_its_file_is_as_it_was(
    alice, mortal, harbour, step
):
    before = harbour.read_bytes(), harbour.stat().st_mtime_ns, harbour.stat().st_nlink
    assert mortal.dies(step, dying.link_folder, alice.pk, str(harbour.parent))
    assert Photo.objects.count() == (step == "linked row committed")
    restart()
    list(importing.Import(alice.pk, [harbour.parent], importing.Options(link=True)).run())
    put_right(alice)
    assert Photo.objects.get().root == "linked"
    assert (harbour.read_bytes(), harbour.stat().st_mtime_ns, harbour.stat().st_nlink) == before


@pytest.mark.parametrize("step", ["thumbnails doubled", "linked row committed"])
def test_a_linked_file_that_moved_is_followed_though_that_was_killed(
    alice, mortal, media_root, harbour, step
):
    list(importing.Import(alice.pk, [harbour.parent], importing.Options(link=True)).run())
    harbour.rename(harbour.with_name("evening.png"))
    assert mortal.dies(step, dying.move_linked, Photo.objects.get().pk, str(harbour.with_name("evening.png")))
    restart()
    list(importing.Import(alice.pk, [harbour.parent], importing.Options(link=True)).run())
    put_right(alice)
    assert Photo.objects.get().linked_path == str(harbour.with_name("evening.png"))
    assert len([path for path in media_root.rglob("*") if path.is_file()]) == 3


@pytest.mark.parametrize(
    "step", ["session claimed", "file linked", "row inserted", "row committed", "all images made"]
)
def test_a_session_goes_on_where_its_worker_was_killed(alice, mortal, media_root, scripted, step):  # noqa: F811
    session = SessionFactory(owner=alice, state="queued", engine="scripted", count=2, width=64, height=64)
    assert mortal.dies(step, dying.make_images, session.pk)
    restart()
    session.refresh_from_db()
    assert (session.state, session.n_made, session.error) == ("ready", 2, "")
    put_right(alice)
    assert originals(media_root) == sorted([flat(41), flat(42)]) and len(pictures_of(session)) == 2


# --- completing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step",
    [
        "filing asked for",
        "marked copy written",
        "file linked",
        "original kept",
        "row inserted",
        "row committed",
        "one final filed",
        "all finals filed",
    ],
)
def test_picks_are_filed_though_the_worker_was_killed(alice, mortal, media_root, scripted, step):  # noqa: F811
    session = make_session(alice, count=3)
    picked = pictures_of(session)[:2]
    curate.decide(alice, [photo.pk for photo in picked], value=Photo.Verdict.PICKED)
    before = originals(media_root)
    assert mortal.dies(step, dying.complete, session.pk)
    restart()
    finals = Photo.objects.filter(collection="completed")
    assert sorted(final.source_id for final in finals) == [photo.pk for photo in picked]
    put_right(alice)
    assert set(before) < set(originals(media_root)) and len(originals(media_root)) == 5
    session.refresh_from_db()
    assert (session.n_finals, session.filing_since, session.error) == (2, None, "")


# --- trash and purge ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "moved"), [("pictures moved", False), ("move committed", True)])
def test_pictures_go_to_the_trash_together_or_not_at_all(alice, mortal, media_root, client, step, moved):
    photos = [make_photo(alice, seed=seed) for seed in range(2)]
    given_out, before = addresses(photos), originals(media_root)
    assert mortal.dies(step, dying.trash, alice.pk, [photo.pk for photo in photos])
    restart()
    assert Photo.objects.trashed().count() == (2 if moved else 0)
    assert statuses(client, given_out) == {404 if moved else 200}
    put_right(alice)
    assert originals(media_root) == before


@pytest.mark.parametrize(("step", "moved"), [("pictures moved", False), ("move committed", True)])
def test_pictures_come_back_together_or_not_at_all(alice, mortal, client, step, moved):
    photos = [make_photo(alice, seed=seed) for seed in range(2)]
    curate.trash(alice.pk, [photo.pk for photo in photos])
    assert mortal.dies(step, dying.restore, alice.pk, [photo.pk for photo in photos])
    restart()
    assert Photo.objects.live().count() == (2 if moved else 0)
    assert statuses(client, addresses(list(Photo.objects.all()))) == {200 if moved else 404}
    put_right(alice)


@pytest.mark.parametrize(
    ("step", "moved"),
    [
        ("session moved without its images", False),
        ("pictures moved", False),
        ("session move committed", True),
    ],
)
def test_a_session_goes_to_the_trash_with_all_its_images(alice, mortal, client, scripted, step, moved):  # noqa: F811
    session = make_session(alice, count=2)
    given_out = addresses(pictures_of(session))
    assert mortal.dies(step, dying.trash_session, session.pk)
    restart()
    session.refresh_from_db()
    assert bool(session.trashed_at) == moved and Photo.objects.trashed().count() == (2 if moved else 0)
    assert statuses(client, given_out) == {404 if moved else 200}
    put_right(alice)


def test_many_that_a_task_moves_are_all_moved_in_the_end(alice, mortal):
    photos, batch = PhotoFactory.create_batch(6, owner=alice), uuid.uuid4()
    with_true_counts(alice)
    working.enqueue("bulk", alice.pk, "timeline:uploads", "trash", "", batch.hex, photos[-1].pk)
    assert mortal.dies("some of many moved", dying.work, 2)
    assert Photo.objects.trashed().count() == 2
    restart()
    assert Photo.objects.trashed().filter(trash_batch=batch).count() == 6


def test_a_task_that_kills_its_workers_is_not_tried_for_ever(alice, mortal):
    PhotoFactory.create_batch(2, owner=alice)
    working.enqueue("bulk", alice.pk, "timeline:uploads", "trash", "", uuid.uuid4().hex, 10**9)
    for _ in range(working.MOST_DEATHS):
        assert mortal.dies("pictures moved", dying.work, 2)
        working.sweep()
    waiting = DBTaskResult.objects.ready().filter(task_path__endswith="do_in_bulk")
    assert not waiting.exists() and not Photo.objects.trashed().exists()


@pytest.mark.parametrize(
    ("step", "purged"),
    [
        ("deletion noted", False),
        ("rows deleted", False),
        ("purge committed", True),
        ("deletion asked for", True),
        ("one thumbnail deleted", True),
        ("files deleted", True),
        ("one note done", True),
    ],
)
def test_purged_pictures_are_gone_and_the_others_whole(alice, mortal, media_root, client, step, purged):
    kept, *photos = [make_photo(alice, seed=seed) for seed in range(3)]
    given_out, before = addresses(photos), originals(media_root)
    assert mortal.dies(step, dying.purge, alice.pk, [photo.pk for photo in photos])
    assert statuses(client, given_out) == {404 if purged else 200}
    restart()
    put_right(alice)
    assert Photo.objects.count() == (1 if purged else 3) and not PendingFileDeletion.objects.exists()
    assert originals(media_root) == ([draw("PNG", seed=0)] if purged else before)
    assert statuses(client, addresses([kept])) == {200}


def test_a_session_half_deleted_serves_nothing_and_can_be_deleted_again(alice, mortal, scripted, client):  # noqa: F811
    session = make_session(alice, count=2)
    photos = pictures_of(session)
    make_photo(alice)
    dying.trash_session(session.pk)
    assert mortal.dies("images of a session purged", dying.purge_session, session.pk)
    assert statuses(client, addresses(photos)) == {404}
    restart()
    put_right(alice)
    dying.purge_session(session.pk)
    assert not GenerationSession.objects.exists() and Photo.objects.count() == 1


# --- coming in as sessions ----------------------------------------------------------------------------


def sessions_of(person) -> list[tuple]:
    mine = Candidate.objects.filter(session__owner=person).order_by("session", "number")
    fields = ("session__title", "session__n_made", "session__count", "number", "seed", "photo__sha256")
    return list(mine.values_list(*fields))


AS_SESSIONS = [step for step in dying.STEPS if step.startswith(("session made", "candidate two", "many"))]


@pytest.mark.parametrize("step", AS_SESSIONS)
def test_an_import_as_sessions_ends_as_if_never_killed(alice, bob, mortal, media_root, tmp_path, step):
    later = step.startswith("many")
    for number in range(7):
        prompt = "red lighthouse in fog" if number < 5 else f"dragon {'in' * number}"
        settings = f"Steps: 9, Sampler: Euler a, CFG scale: 6, Seed: {number}, Size: 64x48"
        path = tmp_path / f"2026-03-04-12-0{number}-00.png"
        path.write_bytes(draw("PNG", seed=number, text={"parameters": f"{prompt}\n{settings}"}))
    assert mortal.dies(step, dying.import_sessions, alice.pk, str(tmp_path), later)
    restart()
    options = importing.Options(as_sessions=True, thumbnails_later=later)
    list(importing.Import(alice.pk, [tmp_path], options).run())
    list(importing.Import(bob.pk, [tmp_path], importing.Options(as_sessions=True)).run())
    assert sessions_of(alice) == sessions_of(bob) and len(sessions_of(bob)) == 7
    assert GenerationSession.objects.filter(owner=alice).count() == 2
    put_right(alice)
    assert len(originals(media_root)) == 14
