"""Picks filed as finals: the same pixels, a final's papers, and the candidate as it was."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generation import final_papers, finals, workflow
from generation.models import GenerationSession
from photos import curate, images, papers, storage
from photos.models import Photo
from tests.factories import make_photo, make_session, pictures_of
from tests.pictures import draw

pytestmark = pytest.mark.django_db
PICKED = Photo.Verdict.PICKED


def with_recipe(seed: int = 1) -> bytes:
    """A PNG as a generator writes it, prompt and settings inside."""
    text = "red lighthouse in fog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 41, Size: 64x64"
    return draw("PNG", (64, 64), text={"parameters": text}, seed=seed)


def pixels(data: bytes) -> tuple:
    with Image.open(io.BytesIO(data)) as image:
        return image.mode, image.size, image.tobytes()


def pick(session: GenerationSession, *numbers: int) -> None:
    chosen = [photo.pk for n, photo in enumerate(pictures_of(session), 1) if n in numbers]
    curate.decide(session.owner, chosen, value=PICKED)


def finals_of(session: GenerationSession) -> list[Photo]:
    return list(
        Photo.objects.live().filter(collection="completed", source__candidate__session=session).order_by("pk")
    )


@pytest.fixture
def session(alice, scripted) -> GenerationSession:
    scripted.answers = [with_recipe(seed) for seed in (1, 2, 3)]
    return make_session(alice, count=3, seed=41)


def test_picks_become_finals_and_the_others_do_not(session):
    pick(session, 1, 3)
    filed = finals.file_picks(session.pk)
    assert (filed.made, filed.already, filed.failed) == (2, 0, [])
    assert [final.source.candidate.number for final in finals_of(session)] == [1, 3]
    session.refresh_from_db()
    assert (session.n_finals, session.filing_since, session.error) == (2, None, "")


def test_a_final_lies_in_the_completed_folder_under_the_candidate_s_name(session):
    pick(session, 2)
    finals.file_picks(session.pk)
    (final,) = finals_of(session)
    assert final.file.name == f"generated/completed/{session.folder}/0002-42.png"
    assert (final.collection, final.origin, final.owner) == ("completed", "made", session.owner)


def test_the_pixels_are_the_same_and_the_candidate_is_untouched(session, media_root):
    pick(session, 1)
    candidate = pictures_of(session)[0]
    path = media_root / candidate.file.name
    before = path.stat()
    finals.file_picks(session.pk)
    (final,) = finals_of(session)
    written = (media_root / final.file.name).read_bytes()
    after = path.stat()
    assert path.read_bytes() == with_recipe(1)
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert pixels(written) == pixels(with_recipe(1)) and written != with_recipe(1)


def test_our_own_reader_finds_the_mark_and_neither_recipe_nor_a_title_made_of_the_prompt(
    session, media_root, tmp_path
):
    pick(session, 1)
    finals.file_picks(session.pk)
    (final,) = finals_of(session)
    facts = images.examine(media_root / final.file.name, {})
    assert (facts.digital_source_type, facts.title) == ("trainedAlgorithmicMedia", "")
    assert final.title == "Red lighthouse in fog, 01"
    assert facts.recipe is None
    raw = (media_root / final.file.name).read_bytes()
    assert not [word for word in (b"parameters", b"Euler", b"ighthouse") if word in raw]
    assert b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia" in raw


def test_the_gallery_keeps_the_recipe_of_a_final(session):
    pick(session, 1)
    finals.file_picks(session.pk)
    (final,) = finals_of(session)
    assert (final.recipe.prompt, final.recipe.seed, final.recipe.steps) == ("red lighthouse in fog", "41", 20)


def test_title_caption_stars_and_tags_are_copied_and_then_its_own(alice, session):
    candidate = pictures_of(session)[0]
    Photo.objects.filter(pk=candidate.pk).update(title="Fog", caption="At <dawn> & later", rating=4)
    candidate.tags.create(owner=alice, name="Küste", folded="küste")
    pick(session, 1)
    finals.file_picks(session.pk)
    (final,) = finals_of(session)
    assert (final.title, final.caption, final.rating) == ("Fog", "At <dawn> & later", 4)
    assert final.tags.get().name == "Küste" and final.shown_at == candidate.shown_at
    curate.decide(alice, [candidate.pk], axis="rating", value=1)
    final.refresh_from_db()
    assert final.rating == 4


def test_the_creator_is_the_owner_by_full_name(session, media_root):
    type(session.owner).objects.filter(pk=session.owner_id).update(first_name="Alice", last_name="Ångström")
    pick(session, 1)
    finals.file_picks(session.pk)
    assert "Alice Ångström".encode() in (media_root / finals_of(session)[0].file.name).read_bytes()


def test_filing_twice_makes_one_final(session):
    pick(session, 1, 2)
    finals.file_picks(session.pk)
    again = finals.file_picks(session.pk)
    assert (again.made, again.already) == (0, 0) and len(finals_of(session)) == 2


def test_two_runs_at_once_make_one_final(session, media_root):
    """The second has looked before the first was done: the constraint decides, and no file is left over."""
    pick(session, 1)
    looked = finals.picks_to_file(session.pk)
    finals.file_picks(session.pk)
    filed = finals.Filed()
    finals._file_one(looked[0], filed)
    assert (filed.made, filed.already, filed.failed) == (0, 1, [])
    assert len(list((media_root / "generated/completed" / session.folder).iterdir())) == 1


def test_completing_locks_nothing(session):
    pick(session, 1)
    finals.file_picks(session.pk)
    pick(session, 2)
    assert finals.file_picks(session.pk).made == 1
    assert len(finals_of(session)) == 2


def test_a_final_taken_back_goes_to_the_trash_and_its_candidate_stands_for_itself_again(alice, session):
    pick(session, 1)
    finals.file_picks(session.pk)
    (final,) = finals_of(session)
    finals.uncomplete(final)
    candidate = pictures_of(session)[0]
    assert candidate.trashed_at is None and not candidate.represented and candidate.decision == PICKED
    assert finals_of(session) == [] and Photo.objects.owned_by(alice).trashed().get() == final


def test_completing_again_after_taking_back_writes_a_new_file(session, media_root):
    pick(session, 1)
    for _ in range(6):
        assert finals.file_picks(session.pk).made == 1
        (final,) = finals_of(session)
        finals.uncomplete(final)
    names = [
        Path(name).name
        for name in Photo.objects.filter(collection="completed").values_list("file", flat=True)
    ]
    assert len(set(names)) == 6 and names[0] == "0001-41.png"
    assert names[1] == f"0001-41-{final.content8}.png"
    assert all((media_root / "generated/completed" / session.folder / name).is_file() for name in names)


def test_one_that_cannot_be_filed_does_not_stop_the_others_and_is_named(session, media_root):
    pick(session, 1, 2, 3)
    broken, missing, _ = pictures_of(session)
    data = bytearray((media_root / broken.file.name).read_bytes())
    data[-30] ^= 0xFF
    (media_root / broken.file.name).write_bytes(data)
    (media_root / missing.file.name).unlink()
    filed = finals.file_picks(session.pk)
    assert filed.made == 1 and [final.source.candidate.number for final in finals_of(session)] == [3]
    assert filed.failed[0].startswith("Image 01: ")
    assert filed.failed[1] == "Image 02: its file is missing; see check_media."
    session.refresh_from_db()
    assert session.error == " ".join(filed.failed) and session.filing_since is None
    assert str(media_root) not in session.error


def test_what_a_file_says_of_itself_outweighs_the_engine(alice, scripted, media_root):
    """An engine may pass on a composite; its own mark is kept on the final."""
    info = PngInfo()
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"/></rdf:RDF></x:xmpmeta>'
    )
    info.add_itxt("XML:com.adobe.xmp", packet)
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(out, "PNG", pnginfo=info)
    scripted.answers = [out.getvalue()]
    session = make_session(alice, count=1)
    pick(session, 1)
    finals.file_picks(session.pk)
    facts = images.examine(media_root / finals_of(session)[0].file.name, {})
    assert facts.digital_source_type == "compositeWithTrainedAlgorithmicMedia"


def test_a_pick_in_the_trash_is_not_filed(alice, session):
    pick(session, 1)
    curate.trash(alice.pk, [pictures_of(session)[0].pk])
    assert finals.file_picks(session.pk).made == 0


def test_bob_s_verdict_files_nothing_of_alice_s(bob, session):
    curate.decide(bob, [photo.pk for photo in pictures_of(session)], value=PICKED)
    assert finals.file_picks(session.pk).made == 0


def test_asking_for_it_is_remembered_until_it_is_done(session):
    pick(session, 1)
    finals.ask_to_file(session)
    session.refresh_from_db()
    assert session.filing_since
    finals.file_picks(session.pk)
    session.refresh_from_db()
    assert session.filing_since is None


def test_uploading_a_final_again_answers_with_the_final(alice, session, media_root):
    pick(session, 1)
    finals.file_picks(session.pk)
    (final,) = finals_of(session)
    assert make_photo(alice, (media_root / final.file.name).read_bytes()) == final


def test_a_worker_that_is_to_end_files_the_rest_later(session):
    from photos import working

    pick(session, 1, 2)
    finals.ask_to_file(session)
    filed = finals.file_picks(session.pk, each=lambda candidate: working.stopping.set())
    session.refresh_from_db()
    assert filed.made == 1 and session.filing_since
    working.stopping.clear()
    assert finals.file_picks(session.pk).made == 1


def test_built_in_patterns_say_that_an_algorithm_made_them(alice, settings, media_root):
    from generation import registry

    registry.forget()
    wish = {"engine": "procedural", "width": 256, "height": 256, "count": 1, "queue": False}
    session = workflow.start(alice, prompt="red lighthouse", **wish)
    workflow.run_here(session)
    pick(session, 1)
    finals.file_picks(session.pk)
    facts = images.examine(media_root / finals_of(session)[0].file.name, {})
    assert (facts.digital_source_type, facts.recipe) == ("algorithmicMedia", None)


def test_completing_again_while_finals_are_filed_keeps_what_was_wished_then(session):
    """The first run clears its own question, not the one that came meanwhile: its prompt would go into the file."""
    final_papers.remember(session.owner, final_papers.Wishes(creator="Usual", with_prompt=True))
    pick(session, 1)
    finals.ask_to_file(session)

    def meanwhile(_candidate) -> None:
        pick(session, 2)
        finals.ask_to_file(session, final_papers.Wishes(creator="For once"))

    finals.file_picks(session.pk, each=meanwhile)
    finals.file_picks(session.pk)
    first, second = [
        papers.read(storage.local_path(one.root, one.file.name), one.format) for one in finals_of(session)
    ]
    assert (first.creator, bool(first.prompt)) == ("Usual", True)
    assert (second.creator, bool(second.prompt)) == ("For once", False)
    session.refresh_from_db()
    assert (session.filing_since, session.filing_wishes) == (None, None)
