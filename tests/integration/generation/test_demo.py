"""Demo content: the main job shown, a session kept for the first visit, and all of it taken away again."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation import demo, finals, workflow
from generation.models import Candidate, GenerationSession
from photos import albums, curate, deletion
from photos.models import Album, MonthCount, PendingFileDeletion, Photo, Recipe
from tests.factories import make_photo, pictures_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
STATES = ["ready", "ready", "cancelled"]


@pytest.fixture
def small(monkeypatch) -> None:
    """The demo's own wishes, drawn small: what they look like is not the matter here."""
    for wish in (demo.CHOSEN, demo.WAITING, demo.DRAWING):
        monkeypatch.setitem(wish, "width", 256)
        monkeypatch.setitem(wish, "height", 256)
    monkeypatch.setitem(demo.WAITING, "count", 4)
    monkeypatch.setitem(demo.DRAWING, "count", 2)


@pytest.fixture
def filled(alice, small) -> list[GenerationSession]:
    demo.fill(alice)
    return list(GenerationSession.objects.order_by("pk"))


def files(media_root: Path) -> list[Path]:
    return [path for path in media_root.rglob("*") if path.is_file()]


def test_it_shows_a_chosen_session_one_to_choose_and_one_that_is_to_draw(alice, filled):
    chosen, waiting, drawing = filled
    assert [session.state for session in filled] == STATES and all(session.demo for session in filled)
    assert (chosen.n_made, chosen.n_picked, chosen.n_rejected, chosen.n_finals) == (12, 4, 8, 4)
    assert str(chosen.state_line) == "Done, 4 finals"
    assert (waiting.n_made, waiting.n_undecided) == (4, 4) and drawing.n_made == 0
    assert demo.present(alice)


def test_progress_is_told_image_by_image(alice, small):
    told: list[tuple[int, int]] = []
    demo.fill(alice, each=lambda done, total: told.append((done, total)))
    assert told == [(n, 16) for n in range(1, 17)]


def test_it_goes_only_into_an_empty_gallery(alice, bob, small):
    make_photo(bob)
    with pytest.raises(demo.NotEmpty):
        demo.fill(alice)
    assert not GenerationSession.objects.exists()


def test_the_third_session_starts_on_the_first_visit_and_only_once(alice, bob, filled):
    drawing = filled[2]
    demo.start_waiting(bob)
    drawing.refresh_from_db()
    assert drawing.state == "cancelled"
    demo.start_waiting(alice)
    demo.start_waiting(alice)
    drawing.refresh_from_db()
    assert drawing.state == "queued"
    workflow.run()
    demo.start_waiting(alice)
    drawing.refresh_from_db()
    assert (drawing.state, drawing.n_made) == ("ready", 2)


def test_whoever_stops_it_is_not_shown_it_again(alice, filled):
    demo.start_waiting(alice)
    workflow.cancel(filled[2])
    demo.start_waiting(alice)
    filled[2].refresh_from_db()
    assert filled[2].state == "cancelled"


def test_removing_it_leaves_nothing(alice, filled, media_root):
    chosen = filled[0]
    curate.trash(alice.pk, [pictures_of(chosen)[1].pk])
    final = Photo.objects.filter(collection="completed").first()
    finals.uncomplete(final)
    demo.start_waiting(alice)
    assert demo.remove(alice) == 12 + 4 + 4
    for model in (Photo, Recipe, GenerationSession, Candidate):
        assert not model.objects.exists(), model
    assert not MonthCount.objects.exclude(count=0).exists() and not demo.present(alice)
    deletion.delete_pending()
    assert files(media_root) == [] and not PendingFileDeletion.objects.exists()


def test_removing_it_leaves_what_is_a_person_s_own(alice, filled, media_root):
    mine = make_photo(alice)
    own = workflow.start(
        alice, prompt="mine", engine="procedural", width=256, height=256, count=1, queue=False
    )
    demo.remove(alice)
    deletion.delete_pending()
    assert list(Photo.objects.all()) == [mine] and (media_root / mine.file.name).is_file()
    assert list(GenerationSession.objects.all()) == [own]


def test_nobody_else_can_remove_it(bob, filled):
    assert demo.remove(bob) == 0
    assert GenerationSession.objects.count() == 3


def test_its_finals_hang_in_a_public_album(alice, visitor, filled):
    album = Album.objects.get()
    page = visitor.get(album.get_absolute_url())
    assert (album.title, album.access) == ("First prints", "public")
    assert len(page.context["cells"]) == 4
    assert "moon" not in page.content.decode() and "Night sea" not in page.content.decode()
    demo.remove(alice)
    assert not Album.objects.exists()


def test_the_album_stays_where_a_person_added_something(alice, filled):
    album, mine = Album.objects.get(), make_photo(alice)
    albums.add(album, [mine.pk])
    demo.remove(alice)
    assert list(album.photos.all()) == [mine]
