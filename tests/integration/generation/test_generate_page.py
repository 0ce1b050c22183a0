"""The form of a new session: what it takes, what it refuses and where it says so, and Remix."""

from __future__ import annotations

import pytest

from generation.engines import EngineError
from generation.models import GenerationSession
from tests.factories import CandidateFactory, SessionFactory
from tests.rights import let_generate

pytestmark = pytest.mark.django_db
GENERATE = "/generate/"
WISH = {
    "prompt": "a harbour at night",
    "engine": "procedural",
    "shape": "1216x832",
    "count": "12",
    "seed": "",
}


@pytest.fixture(autouse=True)
def alice_may_generate(alice) -> None:
    let_generate(alice)


def test_a_prompt_becomes_a_session(alice, alice_client):
    answer = alice_client.post(GENERATE, WISH | {"negative_prompt": "boats", "procedural-style": "silk"})
    session = GenerationSession.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == session.get_absolute_url()
    assert (session.owner, session.prompt, session.negative_prompt) == (alice, "a harbour at night", "boats")
    assert (session.width, session.height, session.count) == (1216, 832, 12)
    assert session.options == {"style": "silk", "detail": 3, "contrast": 1.0, "warmth": 0.0}


def test_a_seed_counts_up(alice_client):
    alice_client.post(GENERATE, WISH | {"seed": "4120733581"})
    assert GenerationSession.objects.get().seed_of(2) == 4120733582


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("prompt", "  ", "This field is required."),
        ("count", "0", "greater than or equal to 1"),
        ("count", "501", "less than or equal to 500"),
        ("seed", "-1", "greater than or equal to 0"),
        ("seed", "abc", "whole number"),
        ("shape", "5x5", "not one of the available choices"),
        ("engine", "nobody", "not one of the available choices"),
        ("procedural-detail", "9", "less than or equal to 5"),
    ],
)
def test_a_mistake_is_named_beside_its_field_and_on_top(alice_client, field, value, said):
    page = alice_client.post(GENERATE, WISH | {field: value})
    assert page.status_code == 422
    assert said in page.content.decode()
    assert "Not started yet:" in page.content.decode()
    assert not GenerationSession.objects.exists()


def test_remix_opens_the_form_filled_in_but_for_the_seed(alice, alice_client):
    session = SessionFactory(
        owner=alice, prompt="old pier", negative_prompt="people", width=832, height=1216, count=20,
        options={"style": "mosaic", "detail": 5},
    )  # fmt: skip
    page = alice_client.get(GENERATE, {"remix": session.pk})
    form = page.context["form"]
    assert form["prompt"].value() == "old pier"
    assert form["negative_prompt"].value() == "people"
    assert form["shape"].value() == "832x1216"
    assert form["procedural-style"].value() == "mosaic"
    assert not form["seed"].value()
    assert session.first_seed in page.content.decode()


def test_a_remix_remembers_what_it_comes_from(alice, alice_client):
    session = SessionFactory(owner=alice)
    alice_client.post(f"{GENERATE}?remix={session.pk}", WISH)
    assert GenerationSession.objects.newest_first().first().remix_of == session


def test_a_size_of_another_tool_is_offered_on_remix(alice, alice_client):
    session = SessionFactory(owner=alice, width=960, height=640)
    page = alice_client.get(GENERATE, {"remix": session.pk})
    assert ("960x640", "960×640", 1.5) in [shape[:3] for shape in page.context["form"].shapes]


def test_remix_of_one_image_offers_its_seed(alice, alice_client):
    candidate = CandidateFactory(session=SessionFactory(owner=alice), number=7)
    page = alice_client.get(GENERATE, {"from": candidate.photo_id})
    assert page.context["seed_before"] == candidate.seed


@pytest.mark.parametrize("query", [{"remix": "x"}, {"remix": "999"}, {"from": "999"}, {"from": ""}])
def test_a_remix_of_nothing_is_not_found(alice_client, query):
    assert alice_client.get(GENERATE, query).status_code == 404


def test_the_first_form_comes_with_a_prompt_to_try(alice_client):
    assert "lighthouse" in alice_client.get(f"{GENERATE}?first").context["form"]["prompt"].value()


def test_the_page_says_what_the_engine_is(alice_client):
    assert "it takes colour and mood from your words" in alice_client.get(GENERATE).content.decode()


@pytest.mark.parametrize(
    "trouble", [EngineError("It is switched off: start it, and load this page again."), OSError("no")]
)
def test_an_engine_that_does_not_answer_keeps_no_other_away(alice_client, settings, scripted, trouble):
    settings.GALLERY_ENGINES = settings.GALLERY_ENGINES | {"other": {"CLASS": "tests.doubles.ScriptedEngine"}}
    scripted.trouble = trouble
    said = (
        trouble.sentence
        if isinstance(trouble, EngineError)
        else "Scripted does not answer; the log says why."
    )
    shown = alice_client.get(GENERATE)
    assert shown.status_code == 200
    assert said in shown.content.decode() and 'value="other"' in shown.content.decode()
    refused = alice_client.post(GENERATE, WISH | {"engine": "scripted", "shape": "1024x512"})
    assert refused.status_code == 422 and said in refused.context["form"].errors["engine"]
    alice_client.post(GENERATE, WISH | {"engine": "other", "shape": "832x512"})


def test_without_any_engine_that_answers_the_form_says_so(alice_client, scripted):
    scripted.trouble = EngineError("It is switched off.")
    shown = alice_client.get(GENERATE)
    assert shown.status_code == 200 and "It is switched off." in shown.content.decode()
    assert alice_client.post(GENERATE, WISH | {"engine": "scripted"}).status_code == 422
    assert not GenerationSession.objects.exists()


@pytest.mark.parametrize("count", ["abc", "1.5", "nan", "[]", "\0", "", "9" * 5000, "-1"])
def test_a_count_that_is_no_number_is_told_beside_the_field(alice_client, count):
    answer = alice_client.post(GENERATE, WISH | {"count": count})
    assert answer.status_code == 422 and "count" in answer.context["form"].errors
