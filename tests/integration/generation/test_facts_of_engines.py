"""What an engine says beside its bytes: recipe, cost, previews. And how little it costs to watch."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from generation import previews
from generation.engines import EngineError, GeneratedImage, Progress
from generation.models import Candidate, GenerationSession
from photos.models import Photo
from tests.doubles import flat
from tests.factories import PhotoFactory, SessionFactory, make_session, pictures_of
from tests.rights import let_generate

pytestmark = pytest.mark.django_db
INFOTEXT = (
    "a fox, red\nNegative prompt: people\nSteps: 12, Sampler: Euler a, CFG scale: 5, Seed: 41, Model: foxes"
)
GRAPH = '{"3": {"class_type": "KSampler", "inputs": {"seed": 41, "steps": 9, "cfg": 4.5, "sampler_name": "euler", "scheduler": "karras", "positive": ["6", 0], "model": ["4", 0]}}, "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "foxes.safetensors"}}, "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox", "clip": ["4", 1]}}, "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}}, "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}}}'  # noqa: E501


def image(**more) -> GeneratedImage:
    return GeneratedImage(**{"index": 0, "data": flat(41), "seed": "41", **more})


def recipe(alice, scripted, **more):
    scripted.answers = [image(**more)]
    return pictures_of(make_session(alice, count=1))[0].recipe


def test_settings_an_engine_tells_become_the_recipe(alice, scripted):
    facts = {
        "model": "foxes",
        "model_hash": "abc",
        "sampler": "Euler",
        "scheduler": "Karras",
        "steps": 12,
        "cfg": 5,
    }
    made = recipe(alice, scripted, facts=facts | {"style": "not this"})
    assert (made.model, made.model_hash, made.sampler, made.scheduler) == ("foxes", "abc", "Euler", "Karras")
    assert (made.steps, made.cfg, made.prompt, made.reader) == (12, 5.0, "red lighthouse in fog", "session/1")


@pytest.mark.parametrize(("text", "sampler", "steps"), [(INFOTEXT, "Euler a", 12), (GRAPH, "euler", 9)])
def test_what_a_server_says_beside_the_bytes_is_read_like_a_file_s_own_text(
    alice, scripted, text, sampler, steps
):
    made = recipe(alice, scripted, recipe_text=text, facts={"model_hash": "abc"})
    assert (made.sampler, made.steps, made.raw, made.reader) == (sampler, steps, text, "session/1")
    assert made.prompt.startswith("a fox") and "foxes" in made.model and made.model_hash == "abc"


@pytest.mark.parametrize("text", ["{", "[" * 5_000, "nothing of the kind", '{"prompt": 1}', "\x00\ud800"])
def test_text_that_nobody_can_read_costs_nothing(alice, scripted, text):
    assert (
        recipe(alice, scripted, recipe_text=text, facts={"steps": "many", "cfg": float("nan")}).steps is None
    )


def test_cost_and_tokens_are_summed_and_stand_on_the_page(alice, alice_client, scripted):
    usage = {"input_tokens": 50, "output_tokens": 1_000, "total_tokens": 1_050}
    scripted.answers = [image(index=n, facts={"cost_usd": 0.04, "usage": usage}) for n in range(3)]
    session = make_session(alice, count=3)
    assert (round(session.cost_usd, 6), session.tokens, session.spent_words) == (
        0.12,
        3_150,
        "$0.12, 3 images",
    )
    assert "$0.12, 3 images" in alice_client.get(session.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    "facts",
    [{"cost_usd": -1, "usage": 7}, {"cost_usd": "1", "usage": {"total_tokens": -5}}, {"cost_usd": True}],
)
def test_a_cost_that_is_none_is_not_counted(alice, scripted, facts):
    scripted.answers = [image(facts=facts)]
    session = make_session(alice, count=1)
    assert (session.state, session.cost_usd, session.tokens, session.spent_words) == ("ready", 0, 0, "")


def test_the_image_being_made_can_be_seen_and_goes_with_it(alice, alice_client, bob_client, scripted):
    seen: dict = {}

    def look(request, index, report, cancelled):
        session = GenerationSession.objects.get()
        report(Progress(index=index, fraction=0.4, preview=flat(5)))
        page = alice_client.get(session.get_absolute_url()).content.decode()
        seen["address"] = page.split('class="so-far" src="')[1].split('"')[0]
        seen["answer"] = alice_client.get(seen["address"])
        seen["other"] = bob_client.get(seen["address"]).status_code

    scripted.answers = [look]
    make_session(alice, count=1)
    assert seen["answer"].content == flat(5) and seen["answer"]["Content-Type"] == "image/png"
    assert seen["other"] == 404 == alice_client.get(seen["address"]).status_code


@pytest.mark.parametrize(
    "data", [b"<svg onload=alert(1)>", flat(1) + b"\0" * previews.MAX_BYTES, flat(1, (5_000, 8))]
)
def test_a_preview_that_is_no_small_image_is_left_out(data):
    previews.put(1, data)
    assert previews.get(1) is None and previews.version(1) == ""


def watched(alice, *, made: int, **fields) -> GenerationSession:
    session = SessionFactory(
        owner=alice, state="running", lease_token=uuid.uuid4(), count=500, n_made=made, **fields
    )
    photos = PhotoFactory.create_batch(made, owner=alice, collection=Photo.Collection.SESSION)
    Candidate.objects.bulk_create(
        Candidate(session=session, number=n, seed=str(session.seed_of(n)), photo=photo)
        for n, photo in enumerate(photos, 1)
    )
    return session


def test_watching_a_session_takes_six_small_queries_a_second(alice, alice_client):
    let_generate(alice)
    session = watched(alice, made=30)
    address = reverse("session_progress", args=[session.pk])
    for have, most_bytes in ((30, 2_500), (28, 6_000)):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = alice_client.get(address, {"have": have, "show": "all"})
        # the sixth: how many were asked for at first, with what was varied since
        assert len(asked) <= 6, [query["sql"][:100] for query in asked]
        assert len(answer.content) < most_bytes


def test_a_pause_and_its_end_are_seen_without_a_reload(alice, alice_client):
    session = SessionFactory(owner=alice, state="queued", count=3, error="The server is away.", attempts=1,
                             not_before=timezone.now())  # fmt: skip
    address = reverse("session_progress", args=[session.pk])
    page = alice_client.get(address, {"have": 0}).content.decode()
    assert "The server is away. It is tried again at" in page and "trouble=2" in page
    assert 'id="trouble"' not in alice_client.get(address, {"have": 0, "trouble": 2}).content.decode()
    GenerationSession.objects.update(error="", not_before=None)
    assert 'id="trouble"' in alice_client.get(address, {"have": 0, "trouble": 2}).content.decode()


def test_a_setting_the_engine_does_not_take_is_said_beside_its_field(alice, alice_client, settings):
    let_generate(alice)
    wish = {
        "prompt": "fog",
        "engine": "procedural",
        "shape": "1024x1024",
        "count": 1,
        "procedural-detail": 99,
    }
    page = alice_client.post(reverse("generate"), wish).content.decode()
    assert 'id="procedural-detail-error"' in page or "procedural-detail" in page.split("error")[1]


def test_a_server_that_says_which_field_is_wrong_is_heard(alice, alice_client, scripted):
    let_generate(alice)
    scripted.trouble = EngineError("The key is wrong.", permanent=True, field="api_key")
    wish = {"prompt": "fog", "engine": "scripted", "shape": "512x512", "count": 1}
    assert "The key is wrong." in alice_client.post(reverse("generate"), wish).content.decode()
