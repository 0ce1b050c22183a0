"""From any image: Remix, Vary, a session that starts from it, and the lineage that both pages show."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from generation import again, finals, varying, workflow
from generation.engines import EngineError, Option
from generation.models import GenerationSession
from photos import curate
from photos.images import RecipeFacts
from photos.models import Photo
from tests.doubles import flat
from tests.factories import CandidateFactory, SessionFactory, make_photo, make_session, pictures_of

pytestmark = pytest.mark.django_db
MODEL = Option(
    name="model", label="Model", kind="choice", default="",
    choices=(("", "As loaded"), ("XL/ink-xl.safetensors [31e3]", "ink")),
)  # fmt: skip
STEPS = Option(name="steps", label="Steps", kind="number", default=20, minimum=1, maximum=50, step=1)
DENOISE = Option(
    name="denoise", label="Change", kind="number", default=0.6, minimum=0.0, maximum=1.0, step=0.05
)
RECIPE = RecipeFacts(
    generator="elsewhere", prompt="old pier", negative_prompt="people", model="ink-xl", steps=31, cfg=4.5, seed="77",
    width=1000, height=500, reader="test/1",
)  # fmt: skip


@pytest.fixture
def able(scripted):
    """The engine, able to start from an image."""
    scripted.can = {"source_image": True, "options": (MODEL, STEPS, DENOISE)}
    return scripted


def started(alice, source: Photo, **wish) -> GenerationSession:
    wish = {
        "prompt": "fog",
        "engine": "scripted",
        "width": 64,
        "height": 64,
        "count": 2,
        "queue": False,
    } | wish
    session = workflow.start(alice, source=source, **wish)
    workflow.run_here(session)
    session.refresh_from_db()
    return session


def test_remix_of_an_upload_takes_what_the_engine_has_of_its_recipe(alice, alice_client, able):
    photo = make_photo(alice, recipe=RECIPE)
    form = alice_client.get("/generate/", {"from": photo.pk}).context["form"]
    said = {
        name: form[name].value()
        for name in ("prompt", "negative_prompt", "shape", "scripted-model", "scripted-steps")
    }
    assert said == {
        "prompt": "old pier", "negative_prompt": "people", "shape": "1000x496",
        "scripted-model": "XL/ink-xl.safetensors [31e3]", "scripted-steps": 31,
    }  # fmt: skip


def test_vary_of_a_candidate_stands_beside_it_on_its_sheet(alice, alice_client, able):
    session = make_session(alice, count=2)
    went = alice_client.post(f"/photos/{pictures_of(session)[0].pk}/vary/")
    assert went["Location"] == f"{session.get_absolute_url()}?at=3#f03"
    assert GenerationSession.objects.get().count == 3


def test_vary_of_a_final_runs_the_recipe_with_new_seeds_as_often_as_usual(alice, alice_client, able):
    first = make_session(alice, count=2, width=64, height=64, options={"steps": 9})
    curate.decide(alice, [pictures_of(first)[0].pk], value=1)
    finals.file_picks(first.pk)
    SessionFactory(owner=alice, count=5, shown_at=first.shown_at)  # the number decides
    went = alice_client.post(f"/photos/{Photo.objects.finals().get().pk}/vary/")
    session = GenerationSession.objects.latest("pk")
    assert went["Location"] == session.get_absolute_url() and session.first_seed != first.first_seed
    assert (session.prompt, session.options, session.count) == (first.prompt, {"steps": 9}, 5)
    assert session.remix_of == first


def test_vary_of_an_image_from_elsewhere_uses_the_engine_used_last(alice, alice_client, able):
    photo = make_photo(alice, recipe=RECIPE)
    assert f"/photos/{photo.pk}/vary/" in alice_client.get(f"/photos/{photo.pk}/").content.decode()
    alice_client.post(f"/photos/{photo.pk}/vary/")
    session = GenerationSession.objects.get()
    assert (session.prompt, session.engine, session.width, session.height) == (
        "old pier",
        "scripted",
        1000,
        496,
    )
    assert session.options == {"model": "XL/ink-xl.safetensors [31e3]", "steps": 31, "denoise": 0.6}


def test_vary_of_what_cannot_be_varied_says_so(alice, alice_client, scripted):
    bare = make_photo(alice)
    assert "vary" not in alice_client.get(f"/photos/{bare.pk}/").content.decode()
    assert alice_client.post(f"/photos/{bare.pk}/vary/").status_code == 404
    scripted.trouble = EngineError("It is switched off.")
    shown = alice_client.post(f"/photos/{make_photo(alice, recipe=RECIPE).pk}/vary/", follow=True)
    assert "It is switched off." in shown.content.decode() and not GenerationSession.objects.exists()


def test_a_session_starts_from_an_image_and_both_pages_say_so(alice, alice_client, able):
    data = flat(5, (96, 64))
    photo = make_photo(alice, data)
    page = alice_client.get("/generate/", {"source": photo.pk})
    assert "Change" in page.content.decode() and page.context["form"].source == photo
    wish = {"prompt": "snow", "engine": "scripted", "shape": "other", "width": "96", "height": "64", "count": "2",
            "scripted-denoise": "0.3"}  # fmt: skip
    assert alice_client.post(f"/generate/?source={photo.pk}", wish).status_code == 303
    session = GenerationSession.objects.get()
    workflow.run_here(session)
    (asked,) = able.requests
    assert (asked.source_image, asked.options["denoise"]) == (data, 0.3)
    child = pictures_of(session)[0]
    assert (child.source, child.source_sha256) == (photo, photo.sha256)
    assert "What came of it: 2 images" in alice_client.get(f"/photos/{photo.pk}/").content.decode()
    assert "Made from" in alice_client.get(f"/photos/{child.pk}/").content.decode()
    assert alice_client.get("/generate/", {"remix": session.pk}).context["form"].source == photo


@pytest.mark.parametrize(
    ("mark", "term"),
    [("", "compositeWithTrainedAlgorithmicMedia"), ("trainedAlgorithmicMedia", "trainedAlgorithmicMedia")],
)
def test_finals_that_start_from_an_image_are_marked_as_composites(alice, able, mark, term):
    session = started(alice, make_photo(alice, digital_source_type=mark), count=1)
    candidate = pictures_of(session)[0]
    curate.decide(alice, [candidate.pk], value=1)
    finals.file_picks(session.pk)
    final = Photo.objects.finals().get()
    assert (candidate.digital_source_type, final.source) == (term, candidate)
    assert (
        final.digital_source_type == "compositeWithTrainedAlgorithmicMedia"
    )  # any source image that took part


def test_a_camera_s_picture_is_handed_over_upright_and_small_enough(alice, able):
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    Image.new("RGB", (96, 48), "red").save(file, "JPEG", exif=exif)
    started(alice, make_photo(alice, file.getvalue(), format="JPEG"), count=1)
    started(alice, make_photo(alice, flat(1, (2000, 1000))), count=1)
    sizes = []
    for asked in able.requests:
        with Image.open(io.BytesIO(asked.source_image)) as handed:
            sizes.append((handed.format, handed.size))
    assert sizes == [("PNG", (48, 96)), ("PNG", (1600, 800))]


def test_only_one_s_own_live_images_are_started_from(alice, bob, alice_client, able):
    theirs, trashed = make_photo(bob), make_photo(alice)
    curate.trash(alice.pk, [trashed.pk])
    for photo in (theirs, trashed):
        for query in ("source", "from"):
            assert alice_client.get("/generate/", {query: photo.pk}).status_code == 404
        photo.refresh_from_db()
        with pytest.raises(workflow.WorkflowError, match="of your own"):
            started(alice, photo)


def test_what_starts_from_an_image_that_is_gone_draws_nothing_else(alice, able):
    photo = make_photo(alice)
    session = started(alice, photo, count=1)
    GenerationSession.objects.filter(pk=session.pk).update(count=2, state="cancelled")
    curate.trash(alice.pk, [photo.pk])
    workflow.run_here(session)
    session.refresh_from_db()
    assert (session.state, session.n_made) == ("failed", 1) and "lies in the trash" in session.error
    curate.purge(alice.pk, [photo.pk])
    workflow.go_on(session)
    workflow.run_here(session)
    session.refresh_from_db()
    assert session.source is None and "is deleted" in session.error
    assert pictures_of(session)[0].source_sha256 == photo.sha256


def test_an_engine_that_starts_from_words_alone_is_not_offered_with_an_image(alice, alice_client, scripted):
    photo = make_photo(alice)
    form = alice_client.get("/generate/", {"source": photo.pk}).context["form"]
    assert not form.engines and "from words alone" in form.silent["scripted"][1]
    with pytest.raises(workflow.WorkflowError, match="cannot start from an image"):
        started(alice, photo)


def test_a_program_starts_from_an_image_too(alice, alice_client, bob, able):
    wish = {"prompt": "snow", "width": 64, "height": 64, "count": 1}
    said = alice_client.post("/api/v1/sessions", wish | {"source": make_photo(alice).pk}, "application/json")
    assert said.status_code == 201 and said.json()["source"] == Photo.objects.get().pk
    theirs = alice_client.post("/api/v1/sessions", wish | {"source": make_photo(bob).pk}, "application/json")
    assert theirs.status_code == 404


UPSCALE = Option(
    name="upscale", label="Enlarge by", kind="number", default=0.0, minimum=0, maximum=8, step=0.5
)


def test_enlarging_is_offered_where_it_can_be_done(alice, alice_client, able):
    photo = make_photo(alice, flat(5, (96, 64)))
    address = f"/generate/?source={photo.pk}&upscale=1"
    page = alice_client.get(address)
    assert not page.context["form"].engines and "does not enlarge" in page.content.decode()
    able.can |= {"upscale": True, "options": (UPSCALE,)}
    page = alice_client.get(address)
    assert (
        page.context["form"]["scripted-upscale"].value() == 2 and "Enlarges an image" in page.content.decode()
    )
    wish = {"engine": "scripted", "shape": page.context["form"]["shape"].value(), "count": "1"}
    assert (
        alice_client.post(address, wish | {"scripted-upscale": "2"}).status_code == 303
    )  # no word is needed
    session = GenerationSession.objects.get()
    assert (session.title, session.width, session.height) == ("Harbour.png", 192, 128)


def test_what_is_made_from_an_image_made_here_keeps_the_size_it_was_asked_for(alice, alice_client, able):
    def page(**query):
        return alice_client.get("/generate/", query)

    able.can |= {"upscale": True, "options": (UPSCALE,)}
    candidate = pictures_of(started(alice, None, count=1, width=128, height=64))[0]
    assert page(source=candidate.pk).context["form"]["shape"].value() == "128x64"
    larger = started(alice, candidate, count=1, width=256, height=320)
    assert page(remix=larger.pk).context["form"]["shape"].value() == "256x320"
    brought = make_photo(alice, flat(6, (128, 64)))
    assert page(source=brought.pk).context["form"]["shape"].value() != "128x64"
    enlarging = page(source=candidate.pk, upscale=1).content.decode()
    assert "Enlarges an image" in enlarging and "Remix of" not in enlarging


def test_what_is_enlarged_keeps_all_its_pixels_and_is_not_too_large_to_be_taken_in(alice, able):
    able.can |= {"upscale": True, "options": (UPSCALE,)}
    data = flat(1, (2000, 1000))
    started(alice, make_photo(alice, data), count=1, options={"upscale": 2.0})
    assert able.requests[0].source_image == data
    with pytest.raises(workflow.WorkflowError, match="16,000 × 8,000 pixels") as refused:
        started(alice, Photo.objects.get(collection="uploaded"), options={"upscale": 8.0})
    assert refused.value.field == "upscale"


def test_enlarging_alone_is_asked_for_once(alice, alice_client, scripted):
    upscale = Option(
        name="upscale", label="Only enlarge, by", kind="number", default=1.0, minimum=1, maximum=8
    )
    scripted.can = {"source_image": True, "upscale": True, "enlarges_alike": True, "options": (upscale,)}
    photo = make_photo(alice, recipe=RECIPE)
    wish = {"engine": "scripted", "shape": "other", "width": "64", "height": "64", "prompt": "x"}
    wish |= {"scripted-upscale": "2"}
    address = f"/generate/?source={photo.pk}&upscale"
    refused = alice_client.post(address, wish | {"count": "8"})
    assert refused.status_code == 422 and "ask for 1" in str(refused.context["form"].errors["count"])
    assert alice_client.post(address, wish | {"count": "1"}).status_code == 303
    large = GenerationSession.objects.get()
    with pytest.raises(workflow.WorkflowError, match="nothing to vary"):
        again.vary(alice, CandidateFactory(session=large).photo)
    assert not varying.can_vary(large)
    assert alice_client.post(address, wish | {"count": "8", "scripted-upscale": "1"}).status_code == 303
    assert varying.can_vary(GenerationSession.objects.exclude(pk=large.pk).get())
