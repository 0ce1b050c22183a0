"""What finals say: asked once, written into the file or beside it, and changed with their title."""

from __future__ import annotations

import io
import json
import shutil
import subprocess

import pytest
from django.urls import reverse
from PIL import Image

from generation import final_papers, finals, marks_audit
from generation.engines import GeneratedImage
from generation.final_papers import Wishes
from generation.models import FinalWishes
from photos import curate, deletion, papers, storage, verifying
from photos.models import Photo
from tests.factories import make_photo, make_session, pictures_of
from tests.pictures import animate, draw, hiding
from tests.rights import let_generate
from tests.unit.photos.test_papers import signed

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
TERM = "trainedAlgorithmicMedia"


def picked(alice, scripted, *answers, **wish):
    scripted.answers = list(answers)
    session = make_session(alice, count=len(answers), **wish)
    curate.decide(alice, [photo.pk for photo in pictures_of(session)], value=Photo.Verdict.PICKED)
    session.refresh_from_db()
    return session


def filed(session, wishes: Wishes | None = None) -> list[Photo]:
    done = finals.file_picks(session.pk, wishes=wishes)
    assert done.failed == []
    return list(Photo.objects.finals().filter(source__candidate__session=session).order_by("source_id"))


def said_by(final: Photo, media_root) -> papers.Papers:
    return papers.read(media_root / final.file.name, final.format)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_a_final_says_what_its_owner_wishes_and_which_system_made_it(alice, scripted, media_root, format):
    image = GeneratedImage(index=0, data=draw(format, (64, 64)), seed="41", facts={"server": "v1.10"})
    session = picked(alice, scripted, image)
    (final,) = filed(session, Wishes(creator="Alice A.", rights="(c) Alice", with_prompt=True))
    said = said_by(final, media_root)
    assert (said.creator, said.rights, said.prompt) == ("Alice A.", "(c) Alice", "red lighthouse in fog")
    assert (said.ai_system, said.ai_system_version) == ("Scripted", "v1.10")
    assert (said.title, final.marked_as, final.marking) == ("Red lighthouse in fog, 01", TERM, 0)


def test_the_prompt_stays_here_unless_it_is_asked_for(alice, scripted, media_root):
    exif = Image.Exif()
    exif[0x010E] = "red lighthouse in fog"  # as some generators write it, so that it becomes the caption
    (final,) = filed(picked(alice, scripted, draw("JPEG", exif=exif)))
    said = said_by(final, media_root)
    assert final.caption and (said.prompt, said.caption) == ("", "")


def test_a_prompt_hidden_in_the_pixels_is_told_of(alice, scripted, media_root):
    session = picked(
        alice, scripted, hiding("fog\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 41, Size: 64x320")
    )
    (final,) = filed(session)
    session.refresh_from_db()
    assert said_by(final, media_root).hides_text and "hidden in the pixels" in final.recipe.note
    assert "still in the file of image 01" in session.error
    finals.file_picks(session.pk)  # a second press, or a sweep that thought it dead: it has nothing to add
    session.refresh_from_db()
    assert "still in the file of image 01" in session.error


def test_what_a_killed_run_filed_is_told_of_by_the_next(alice, scripted):
    prompted = "fog\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 41, Size: 64x320"
    session = picked(alice, scripted, hiding(prompted))
    finals.ask_to_file(session)
    with pytest.raises(KeyboardInterrupt):
        finals.file_picks(session.pk, each=_killed)
    finals.file_picks(session.pk)
    session.refresh_from_db()
    assert "still in the file of image 01" in session.error and session.filing_since is None


def _killed(_candidate) -> None:
    raise KeyboardInterrupt


def test_another_title_or_mark_brings_neither_a_prompt_nor_another_name(alice, scripted, media_root):
    (final,) = filed(picked(alice, scripted, draw("PNG")), Wishes(creator="Alice A.", rights="(c) 2026"))
    final_papers.remember(alice, Wishes(creator="Somebody", with_prompt=True))
    Photo.objects.filter(pk=final.pk).update(title="Fog")
    marks_audit.write_titles(alice, [final.pk])
    final.refresh_from_db()
    said = said_by(final, media_root)
    assert (said.title, said.creator, said.rights, said.prompt) == ("Fog", "Alice A.", "(c) 2026", "")


def test_a_final_says_when_it_was_made_on_the_clock_of_the_gallery(alice, scripted, media_root, settings):
    settings.TIME_ZONE = "Asia/Kathmandu"
    (final,) = filed(picked(alice, scripted, draw("PNG")))
    assert said_by(final, media_root).created == f"{final.shown_at:%Y-%m-%dT%H:%M:%S}+05:45"


def test_a_final_with_its_prompt_is_known_by_another_gallery(alice, bob, scripted, media_root):
    (final,) = filed(picked(alice, scripted, draw("PNG")), Wishes(with_prompt=True))
    assert (final.recipe.prompt, final.recipe.seed) == (
        "red lighthouse in fog",
        "41",
    )  # no thinner than it was
    brought = make_photo(bob, (media_root / final.file.name).read_bytes())
    assert (brought.recipe.prompt, brought.recipe.generator) == ("red lighthouse in fog", "Scripted")
    assert (brought.marked_as, brought.marking, brought.shown_at) == (
        *(TERM, 0),
        final.shown_at.replace(microsecond=0),
    )


@pytest.mark.parametrize("format", ["AVIF", "GIF", "TIFF"])
def test_a_format_that_holds_no_papers_has_them_beside_it(alice, scripted, media_root, format):
    session = picked(alice, scripted, data := draw(format))
    (final,) = filed(session)
    path = media_root / final.file.name
    beside = path.with_name(path.name + ".xmp")
    said = papers.read_packet(beside.read_bytes())
    assert path.read_bytes() == data and (said.digital_source_type, said.creator) == (TERM, "alice")
    assert (final.marked_as, final.digital_source_type, final.marking) == (TERM, TERM, 0)


def test_a_signed_image_is_filed_as_it_is_and_its_page_says_so(alice, alice_client, scripted, media_root):
    data = signed(draw("JPEG"), "JPEG")
    (final,) = filed(picked(alice, scripted, data))
    assert (media_root / final.file.name).read_bytes() == data and final.signed == "c2pa"
    page = alice_client.get(final.get_absolute_url()).content.decode()
    assert "Signed (C2PA), not checked" in page and "In the file beside it (.xmp)" in page
    answer = alice_client.get(reverse("sidecar", args=[final.pk]))
    assert b"DigitalSourceType" in answer.content and answer["Content-Disposition"].endswith('.jpg.xmp"')


def test_check_media_knows_the_file_beside_a_final_and_misses_it(alice, scripted, media_root):
    (final,) = filed(picked(alice, scripted, draw("AVIF")))
    path = media_root / storage.sidecar_name(final.file.name)

    def found():
        return [one.kind for one in verifying._originals(0, None, lambda: None)], [
            one.kind for one in verifying._about(final, True)
        ]

    assert found() == ([], [])
    path.write_bytes(b"something else")
    assert found() == ([], ["sidecar"])
    path.unlink()
    assert found() == ([], ["sidecar"])


def test_the_file_beside_a_final_goes_with_it(alice, scripted, media_root):
    (final,) = filed(picked(alice, scripted, draw("AVIF")))
    folder = (media_root / final.file.name).parent
    assert len(list(folder.iterdir())) == 2
    curate.purge(alice.pk, [final.pk])
    deletion.delete_pending()
    assert not folder.exists()


def test_downloaded_together_a_final_brings_its_papers(alice, alice_client, scripted):
    session = picked(alice, scripted, draw("AVIF"))
    filed(session)
    archive = b"".join(alice_client.get(reverse("session_download", args=[session.pk])).streaming_content)
    assert b".avif.xmp" in archive


def test_a_source_image_is_not_hidden_behind_trained(alice, scripted, media_root):
    scripted.can = {"source_image": True}
    source = make_photo(alice)
    session = picked(alice, scripted, draw("PNG", (64, 64)), source=source)
    (final,) = filed(session)
    assert said_by(final, media_root).digital_source_type == "compositeWithTrainedAlgorithmicMedia"


def test_complete_asks_once_and_remembers(alice, alice_client, scripted, media_root):
    let_generate(alice)
    session = picked(alice, scripted, draw("PNG"), draw("PNG", seed=2))
    address = reverse("session_complete", args=[session.pk])
    asked = alice_client.post(address)
    assert (asked.status_code, asked["Location"]) == (303, address)
    page = alice_client.get(address).content.decode()
    assert "Complete 2 picks" in page and 'value="alice"' in page
    answer = alice_client.post(address, {"creator": " Alice  A. ", "rights": "(c) me"})
    assert answer["Location"] == session.get_absolute_url()
    assert final_papers.remembered(alice) == Wishes(creator="Alice A.", rights="(c) me")
    assert alice_client.post(address)["Location"] == session.get_absolute_url()  # never again
    assert {said_by(final, media_root).rights for final in filed(session)} == {"(c) me"}


def test_an_answer_that_is_too_long_is_said_and_nothing_is_filed(alice, alice_client, scripted):
    session = picked(alice, scripted, draw("PNG"))
    address = reverse("session_complete", args=[session.pk])
    assert alice_client.post(address, {"creator": "x" * 300}).status_code == 422
    session.refresh_from_db()
    assert session.filing_since is None and not FinalWishes.objects.exists()


def test_the_answers_are_changed_in_the_settings(alice, alice_client):
    alice_client.post(reverse("final_wishes"), {"creator": "A", "rights": "B", "with_prompt": "on"})
    page = alice_client.get(reverse("account")).content.decode()
    assert final_papers.remembered(alice).with_prompt and 'value="B"' in page


def test_a_program_says_what_finals_say_for_once(alice, scripted, media_root):
    session = picked(alice, scripted, draw("PNG"))
    finals.ask_to_file(session, Wishes(creator="Only now"))
    (final,) = filed(session)
    session.refresh_from_db()
    assert said_by(final, media_root).creator == "Only now"
    assert final_papers.remembered(alice) is None and session.filing_wishes is None


def test_titles_are_written_in_place_and_into_the_file(alice, alice_client, scripted, media_root):
    session = picked(alice, scripted, draw("JPEG"), draw("JPEG", seed=2))
    first, second = filed(session)
    page = alice_client.get(reverse("finals"), {"titles": second.pk}).content.decode()
    assert f'name="title-{first.pk}"' in page
    typed = {
        f"title-{first.pk}": "Fog", f"revision-{first.pk}": first.revision,
        f"title-{second.pk}": second.title, f"revision-{second.pk}": second.revision,
    }  # fmt: skip
    assert alice_client.post(reverse("finals_titles"), typed).status_code == 303
    marks_audit.write_titles(alice, [first.pk])
    first.refresh_from_db()
    assert first.title == "Fog" and said_by(first, media_root).title == "Fog"
    assert Photo.objects.filter(collection="completed").count() == 2  # no old file is kept for a title
    deletion.delete_pending()
    assert len(list((media_root / first.file.name).parent.iterdir())) == 2


def test_bob_s_typing_changes_no_title_of_alice_s(alice, bob_client, scripted):
    (final,) = filed(picked(alice, scripted, draw("PNG")))
    bob_client.post(reverse("finals_titles"), {f"title-{final.pk}": "Mine", f"revision-{final.pk}": "1"})
    final.refresh_from_db()
    assert final.title == "Red lighthouse in fog, 01"


@pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")
def test_finals_of_every_kind_are_read_by_exiftool(alice, scripted, media_root):
    answers = [draw("PNG"), draw("JPEG"), draw("WEBP", mode="RGBA"), animate("WEBP"), draw("AVIF")]
    session = picked(alice, scripted, *answers)
    for final, given in zip(filed(session, Wishes(creator="Alice", rights="(c)")), answers, strict=True):
        path = media_root / final.file.name
        path = path.with_name(path.name + ".xmp") if final.sidecar_sha256 else path
        said = json.loads(subprocess.run(["exiftool", "-j", str(path)], capture_output=True).stdout)[0]
        assert said["DigitalSourceType"].endswith(TERM) and "Warning" not in said and "Error" not in said
        assert (said["Creator"], said["Rights"]) == ("Alice", "(c)")
        with Image.open(io.BytesIO(given)) as before, Image.open(media_root / final.file.name) as after:
            assert before.tobytes() == after.tobytes()
