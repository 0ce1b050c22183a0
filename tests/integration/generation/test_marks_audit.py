"""The marking audit: what is found, what is mended, and what is left alone."""

from __future__ import annotations

import hashlib
import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from PIL import Image

from generation import finals, marks_audit, tasks
from photos import albums, curate, marking, papers
from photos.marking import Marking
from photos.models import Album, Photo
from tests.factories import PhotoFactory, make_photo, make_session, pictures_of
from tests.pictures import draw

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
TERM = "trainedAlgorithmicMedia"


@pytest.fixture
def final(alice, scripted) -> Photo:
    session = make_session(alice, count=1)
    curate.decide(alice, [pictures_of(session)[0].pk], value=Photo.Verdict.PICKED)
    finals.file_picks(session.pk)
    return Photo.objects.finals().get()


@pytest.fixture
def bare(final, media_root) -> Photo:
    """A final whose file was replaced by one that says nothing, as by an optimiser, and its row follows."""
    path = media_root / final.file.name
    path.write_bytes(draw("PNG", (64, 64)))
    Photo.objects.filter(pk=final.pk).update(
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(), byte_size=path.stat().st_size
    )
    read_behind(final.owner)
    final.refresh_from_db()
    return final


def read_behind(owner) -> None:
    """What "Read the files again" asks for, as a worker does it: one task after the other."""
    asked = [(owner.pk, 0)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("photos.working.enqueue", lambda name, *task: asked.append(task))
        while asked:
            tasks.read_marks.func(*asked.pop())


def marked_by_a_camera() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Leica", "M11"
    packet = papers.packet(digital_source_type=TERM)
    return draw("JPEG", exif=exif, xmp=packet)


def audit(*arguments) -> tuple[list[dict], bool]:
    """The findings as the command prints them, and whether all is in order."""
    out = io.StringIO()
    try:
        call_command("audit_marks", "--json", *arguments, stdout=out, stderr=io.StringIO())
        fine = True
    except CommandError:
        fine = False
    return [json.loads(line) for line in out.getvalue().splitlines()][:-1], fine


def test_finals_as_they_are_filed_are_in_order(final):
    assert audit() == ([], True)


def test_a_final_without_a_mark_is_found_and_mended_in_its_place(alice, bare, media_root):
    album = albums.create(alice, title="Best")
    albums.add(album, [bare.pk])
    old = bare.file.name
    [found], _fine = audit()
    assert (found["finding"], found["photo"]) == ("bare_final", bare.pk)
    assert audit("--fix") == ([], True)
    bare.refresh_from_db()
    assert papers.read(media_root / bare.file.name, "PNG").digital_source_type == TERM
    assert album.photos.get() == bare and bare.file.name != old
    trashed = Photo.objects.trashed().get()
    assert (trashed.file.name, trashed.collection) == (old, "completed") and (media_root / old).is_file()
    with Image.open(media_root / old) as before, Image.open(media_root / bare.file.name) as after:
        assert before.tobytes() == after.tobytes()


def test_mending_counts_nothing_twice_and_the_old_one_can_be_purged(alice, bare):
    from generation import counting
    from photos import counts

    audit("--fix")
    session = bare.source.candidate.session
    curate.purge(alice.pk, list(Photo.objects.trashed().values_list("pk", flat=True)))
    assert counts.drift(alice.pk) == {} and not counting.drift(session.pk)


def test_reading_the_finals_again_goes_through_all_of_them_task_by_task(
    alice, alice_client, scripted, monkeypatch
):
    """Nothing is written while it is asked for, and what was found before stands until it is read anew."""
    monkeypatch.setattr(marks_audit, "READ_IN_A_TASK", 2)
    monkeypatch.setattr(marks_audit, "CHUNK", 1)
    session = make_session(alice, count=3)
    curate.decide(alice, [photo.pk for photo in pictures_of(session)], value=Photo.Verdict.PICKED)
    finals.file_picks(session.pk)
    Photo.objects.finals().update(marking=Marking.BARE_FINAL)
    assert alice_client.post(reverse("audit_read")).status_code == 303
    assert set(Photo.objects.finals().values_list("marking", flat=True)) == {Marking.BARE_FINAL}
    read_behind(alice)
    assert set(Photo.objects.finals().values_list("marking", flat=True)) == {Marking.FINE}


def test_a_final_marked_otherwise_is_found(final, alice):
    Photo.objects.filter(pk=final.pk).update(digital_source_type="compositeWithTrainedAlgorithmicMedia")
    [found], fine = audit()
    assert (found["finding"], found["file_says"], fine) == ("otherwise", TERM, False)
    assert audit("--fix") == ([], True)


def test_the_page_mends_in_the_background(alice, alice_client, bare):
    page = alice_client.get(reverse("audit")).content.decode()
    assert "The file says nothing of how it was made." in page
    assert alice_client.post(reverse("audit_mend")).status_code == 303
    marks_audit.mend_behind(alice, 0)
    assert "All in order." in alice_client.get(reverse("audit")).content.decode()


def test_a_shared_upload_of_a_generator_without_a_mark_is_found_until_its_owner_says_so(
    alice, alice_client, media_root
):
    data = draw("PNG", text={"parameters": "fog\nSteps: 20, Sampler: Euler a, Seed: 1, Size: 64x64"})
    photo = make_photo(alice, data)
    assert photo.marking == Marking.UNMARKED and audit() == ([], True)  # nobody else can see it
    album = albums.create(alice, title="Fog")
    albums.add(album, [photo.pk])
    Album.objects.filter(pk=album.pk).update(access="public")
    assert "Shared by “Fog”" in alice_client.get(reverse("audit"), {"show": "shared"}).content.decode()
    alice_client.post(reverse("audit_say"), {"photo": photo.pk, "term": TERM, "show": "shared"})
    assert audit() == ([], True) and (media_root / photo.file.name).read_bytes() == data
    assert "You say: Made by a trained model" in alice_client.get(photo.get_absolute_url()).content.decode()


def test_marked_as_ai_but_made_by_a_camera(alice, alice_client):
    photo = make_photo(alice, marked_by_a_camera(), name="camera.jpg")
    page = alice_client.get(reverse("audit"), {"show": "camera"}).content.decode()
    assert "Its camera: Leica M11." in page
    marks_audit.say(alice, [photo.pk], marking.TAKEN)
    assert not marks_audit.found(alice, (Marking.CAMERA,), most=1)


def test_bob_sees_and_says_nothing_of_alice_s(alice, bob, bob_client):
    photo = make_photo(alice, marked_by_a_camera(), name="camera.jpg")
    page = bob_client.get(reverse("audit"), {"show": "camera"}).content.decode()
    assert "All in order." in page and marks_audit.say(bob, [photo.pk], marking.TAKEN) == 0


def test_the_pages_ask_the_database_little_however_much_is_found(
    alice, alice_client, django_assert_max_num_queries
):
    photos = [PhotoFactory(owner=alice, marking=n % 2 + 3) for n in range(150)]
    for n in range(8):
        album = albums.create(alice, title=f"Album {n}")
        albums.add(album, [photo.pk for photo in photos[n::8]])
    Album.objects.update(access="public")
    for show in ("finals", "shared", "camera"):
        with django_assert_max_num_queries(12):
            answer = alice_client.get(reverse("audit"), {"show": show})
    seen, after = [], ""
    while True:
        page = marks_audit.shared(alice, after)
        seen += [photo.pk for photo, _by in page.found]
        if not (after := page.following):
            break
    assert sorted(seen) == [photo.pk for photo in photos if photo.marking == Marking.UNMARKED]
    assert answer.context["following"]


@pytest.mark.parametrize("after", ["1..2", "..", f"{'9' * 30}.1.1", "1.1"])
def test_a_place_in_the_list_that_is_none_is_its_beginning(alice_client, after):
    assert alice_client.get(reverse("audit"), {"show": "shared", "after": after}).status_code == 200
