"""Images made elsewhere come in as sessions, ready to be chosen from."""

from __future__ import annotations

import os
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from PIL import Image

from generation import arriving, finals
from generation.models import Candidate, GenerationSession
from photos import curate, storage
from photos.importing import Import, Options
from photos.models import Photo, Recipe
from tests.pictures import draw

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 4, 12, 0)
AS_SESSIONS = Options(as_sessions=True)


def save(folder: Path, name: str, prompt: str = "", *, minute: float = 0, seed: int = 1, **drawn) -> Path:
    """A PNG as a generator leaves it; its date in a clock that is the gallery's."""
    settings = f"Steps: 28, Sampler: Euler a, CFG scale: 6.5, Seed: {seed}, Size: 64x48, Model: coast"
    text = {"parameters": f"{prompt}\nNegative prompt: people\n{settings}"} if prompt else None
    path = folder / f"{NOON + timedelta(minutes=minute):%Y-%m-%d-%H-%M-%S}-{name}.png"
    path.write_bytes(draw("PNG", seed=seed, text=text, **drawn))
    return path


def bring(alice, folder: Path, **options) -> dict[str, int]:
    """Titles of sessions and how many images each has."""
    list(Import(alice.pk, [folder], Options(**{"as_sessions": True, **options})).run())
    return dict(GenerationSession.objects.order_by("pk").values_list("title", "n_made"))


@pytest.fixture
def evening(tmp_path) -> Path:
    """Three of a lighthouse, two of a dragon in between, one alone, and two of the lighthouse an hour later."""
    for number, minute in enumerate((0, 10, 35)):
        save(tmp_path, "a", "red lighthouse in fog, oil on canvas", minute=minute, seed=10 + number)
    for number, minute in enumerate((5, 12)):
        save(tmp_path, "b", "sleeping dragon, ink", minute=minute, seed=20 + number)
    save(tmp_path, "c", "portrait of a clerk", minute=20, seed=30)
    for number, minute in enumerate((120, 121)):
        save(tmp_path, "d", "a red lighthouse in fog, oil on canvas", minute=minute, seed=40 + number)
    return tmp_path


def test_one_prompt_and_no_long_pause_are_one_session(alice, evening):
    assert bring(alice, evening) == {
        "Red lighthouse in fog, oil on canvas": 3,
        "Sleeping dragon, ink": 2,
        "Loose images, 4 March": 1,
        "A red lighthouse in fog, oil on canvas": 2,
    }
    session = GenerationSession.objects.get(title__startswith="Red")
    assert (session.prompt, session.negative_prompt, session.first_seed) == (
        "red lighthouse in fog, oil on canvas", "people", "10",
    )  # fmt: skip
    assert (session.count, session.width, session.height, session.state) == (3, 64, 48, "ready")
    assert session.is_open and session.shown_at.isoformat() == "2026-03-04T12:00:00+00:00"
    numbers = session.candidates.values_list("number", "seed", "photo__collection", "photo__origin")
    assert list(numbers) == [(n, str(9 + n), "session", "brought") for n in (1, 2, 3)]
    name = session.candidates.first().photo.file.name
    assert name == f"generated/sessions/2026-03-04-red-lighthouse-in-fog-oil-on-{session.pk}/0001-10.png"


def test_a_later_run_adds_to_a_session_that_is_still_open(alice, evening, tmp_path):
    bring(alice, evening)
    save(evening, "e", "red lighthouse in fog, oil on canvas", minute=50, seed=50)
    save(evening, "f", "red lighthouse in fog, oil on canvas", minute=84, seed=51)
    assert bring(alice, evening)["Red lighthouse in fog, oil on canvas"] == 4
    assert bring(alice, evening)["Loose images, 4 March"] == 2, "the pause before the last one was too long"


def test_nothing_is_added_to_what_is_decided(alice, alice_client, evening):
    bring(alice, evening)
    session = GenerationSession.objects.get(title__startswith="Sleeping")
    ids = list(session.candidates.values_list("photo_id", flat=True))
    curate.decide(alice, ids, value=Photo.Verdict.PICKED)
    save(evening, "e", "sleeping dragon, ink", minute=14, seed=50)
    bring(alice, evening)
    session.refresh_from_db()
    assert (session.n_made, session.is_open) == (2, False)


@pytest.mark.any_database
def test_the_watch_begins_a_session_with_the_first_image(alice, tmp_path):
    save(tmp_path, "a", "red lighthouse in fog", seed=1)
    assert bring(alice, tmp_path, watching=True) == {"Red lighthouse in fog": 1}
    save(tmp_path, "b", "red lighthouse in fog, night", minute=3, seed=2)
    assert bring(alice, tmp_path, watching=True) == {"Red lighthouse in fog": 2}


@pytest.mark.any_database
def test_what_the_watch_brought_and_a_person_deleted_stays_away(alice, tmp_path):
    save(tmp_path, "a", "red lighthouse", seed=1)
    save(tmp_path, "b", "red lighthouse", minute=1, seed=2)
    bring(alice, tmp_path, watching=True)
    first, second = Photo.objects.order_by("pk").values_list("pk", flat=True)
    curate.trash(alice.pk, [first, second])
    curate.purge(alice.pk, [second])
    outcomes = Import(alice.pk, [tmp_path], Options(as_sessions=True, watching=True)).run()
    assert [outcome.became for outcome in outcomes] == ["left as deleted"] * 2
    became = [outcome.became for outcome in Import(alice.pk, [tmp_path], AS_SESSIONS).run()]
    assert became == ["restored from trash", "added"], "who brings them by hand wants them"


@pytest.mark.any_database
def test_photographs_stay_uploads(alice, tmp_path):
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "EOS R6"
    (tmp_path / "IMG_1.jpg").write_bytes(draw("JPEG", exif=exif))
    assert bring(alice, tmp_path) == {} and Photo.objects.get().collection == "uploaded"


@pytest.mark.any_database
def test_more_images_than_a_session_holds_go_on_in_a_second_part(alice, tmp_path, monkeypatch):
    monkeypatch.setattr(arriving, "MAX_COUNT", 2)
    for number in range(5):
        save(tmp_path, "a", "red lighthouse", minute=number, seed=number)
    titles = ["Red lighthouse", "Red lighthouse, part 2", "Red lighthouse, part 3"]
    assert bring(alice, tmp_path) == dict(zip(titles, (2, 2, 1), strict=True))


@pytest.mark.any_database
@pytest.mark.parametrize("later", [False, True])
def test_what_is_here_already_makes_no_session(alice, evening, tmp_path_factory, later):
    bring(alice, evening, thumbnails_later=later)
    again = tmp_path_factory.mktemp("again")
    for path in evening.glob("*lighthouse*"):
        path.rename(again / path.name)
    for number, path in enumerate(sorted(evening.glob("*.png"))):
        os.link(path, again / f"{number}.png")
    assert len(bring(alice, again, thumbnails_later=later)) == 4
    assert Candidate.objects.count() == Photo.objects.count() == 8


def test_thumbnails_later_ends_with_the_same_sessions(alice, bob, evening):
    bring(alice, evening)
    bring(bob, evening, thumbnails_later=True)

    def of(person):
        mine = Candidate.objects.filter(session__owner=person).order_by("session", "number")
        return list(mine.values_list("session__title", "session__n_made", "number", "seed", "photo__sha256",
                                     "photo__recipe__prompt"))  # fmt: skip

    assert of(alice) == of(bob) and len(of(alice)) == 8
    stacks = Recipe.objects.filter(photo__owner=bob, prompt__startswith="sleeping").values_list(
        "stack", flat=True
    )
    assert len(set(stacks)) == 1 and None not in stacks


def test_every_page_of_an_imported_session_works(alice, alice_client, evening, capsys):
    bring(alice, evening)
    session = GenerationSession.objects.get(title__startswith="Red")
    photo = session.candidates.first().photo
    for address in ("/", reverse("sessions"), session.get_absolute_url(), f"/api/v1/sessions/{session.pk}"):
        assert alice_client.get(address).status_code == 200, address
    page = alice_client.get(photo.get_absolute_url()).content.decode()
    assert "red lighthouse in fog" in page and f"{evening}/2026-03-04-12-00-00-a.png" in page
    form = alice_client.get(f"{reverse('generate')}?remix={session.pk}").content.decode()
    assert "red lighthouse in fog, oil on canvas" in form and 'value="8"' in form
    curate.decide(alice, [photo.pk], value=Photo.Verdict.PICKED)
    finals.ask_to_file(session)
    assert finals.file_picks(session.pk).made == 1
    call_command("check_media")
    assert alice_client.post(reverse("session_trash", args=[session.pk])).status_code in (302, 303)
    call_command("check_media")


@pytest.mark.any_database
def test_two_imports_of_one_folder_do_not_fill_the_same_sessions_at_once(alice, evening):
    """The watch comes again; a person's import waits until it is stopped, or has its turn."""
    with storage.folders_to_oneself(f"sessions of {alice.pk}", [evening.parent]) as ours:
        assert ours and bring(alice, evening, watching=True) == {}
        stop = threading.Event()
        threading.Timer(0.2, stop.set).start()
        assert not list(Import(alice.pk, [evening], AS_SESSIONS).run(stop=stop))
    assert len(bring(alice, evening, watching=True)) == 4
