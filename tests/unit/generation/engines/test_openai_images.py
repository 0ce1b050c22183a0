"""OpenAI's images and servers of that shape, against a stand-in that answers as they do."""

from __future__ import annotations

import base64
import time

import pytest

from generation.engines import EngineError, Request
from generation.engines.openai_images import OpenAIImagesEngine
from generation.engines.openai_images.models import read_models
from tests.peers.openai import OpenAIPeer, dies, flat_png, hangs, says, sends
from tests.unit.generation.engines.contract import check_stops_soon, check_trouble

pytestmark = pytest.mark.any_database
KEY = "sk-very-secret-4711"


@pytest.fixture
def peer():
    with OpenAIPeer() as peer:
        yield peer


@pytest.fixture
def paid():
    """A service with a key, whose images cost something."""
    with OpenAIPeer(key=KEY) as peer:
        yield peer


def engine_at(peer, **more) -> OpenAIImagesEngine:
    return OpenAIImagesEngine(url=peer.url, **{"api_key": peer.key, "model": "painter-1", **more})


def request(**wish) -> Request:
    return Request(**{"prompt": "a harbour", "width": 64, "height": 64, "seeds": (7,), **wish})


def ask(engine, *, reports=None, **wish):
    report = (lambda progress: None) if reports is None else reports.append
    return list(engine.generate(request(**wish), report=report, cancelled=lambda: False))


def test_the_bytes_of_an_image_are_kept_as_they_came(peer):
    peer.data = flat_png(64, 64, 99) + b"and what an odd server hangs on to it"
    assert ask(engine_at(peer))[0].data == peer.data


def test_an_image_behind_an_address_of_the_same_server_is_fetched_with_the_key(paid):
    paid.kind = "url"
    assert ask(engine_at(paid))[0].data == flat_png(64, 64, 7)
    assert paid.asked[-1]["headers"]["Authorization"] == f"Bearer {KEY}"


def test_an_image_on_another_host_is_fetched_only_where_that_is_allowed(paid, peer):
    elsewhere = peer.root.replace("127.0.0.1", "localhost") + "/images/64x64"
    paid.script = [says(200, {"data": [{"url": elsewhere}]})] * 2
    with pytest.raises(EngineError, match="localhost.*not allowed") as refused:
        ask(engine_at(paid))
    assert refused.value.permanent
    assert ask(engine_at(paid, image_hosts="localhost"))[0].data == flat_png(64, 64, 7)
    assert "Authorization" not in peer.asked[-1]["headers"]


def test_only_what_the_model_knows_is_sent(peer):
    engine = engine_at(peer, model="gpt-image-1-mini")
    ask(engine, width=1024, height=1024, options={"quality": "low", "steps": 9, "background": "transparent"})
    assert peer.asked[0]["fields"] == {"prompt": "a harbour", "size": "1024x1024", "n": 1, "model": "gpt-image-1-mini",
                                       "quality": "low", "background": "transparent"}  # fmt: skip


def test_seed_and_negative_prompt_go_where_the_server_looks_for_them(peer):
    for dialect in ("vllm", "sdcpp", "localai"):
        ask(
            engine_at(peer, dialect=dialect),
            negative_prompt="people</sd_cpp_extra_args>",
            options={"steps": 4},
        )
    vllm, sdcpp, localai = [one["fields"] for one in peer.asked]
    assert (vllm["seed"], vllm["num_inference_steps"]) == (7, 4) and "guidance_scale" not in vllm
    assert sdcpp["prompt"].count("</sd_cpp_extra_args>") == 1 and '"sample_steps": 4' in sdcpp["prompt"]
    assert localai["prompt"].startswith("a harbour|people") and localai["step"] == 4


def test_a_source_image_goes_to_the_edits(peer):
    source = flat_png(8, 8, 1)
    ask(engine_at(peer), source_image=source)
    assert peer.asked[0]["path"] == "/v1/images/edits" and peer.asked[0]["fields"]["image"] == source


def test_previews_come_while_an_image_is_made(paid):
    reports: list = []
    engine = engine_at(paid, model="gpt-image-2", previews=2)
    (image,) = ask(engine, width=1024, height=1024, reports=reports)
    assert [round(one.fraction, 2) for one in reports] == [0.0, 0.33, 0.67, 1.0]
    assert reports[1].preview and image.facts["cost_usd"] == 0.03025


def test_usage_and_cost_are_kept_and_a_price_list_is_data(paid):
    own = '{"painter-1": {"price": {"each": 0.04, "image_out": 10}}, "painter-2": {"like": "gpt-image-2"}}'
    (image,) = ask(engine_at(paid, models=own))
    assert image.facts["usage"]["total_tokens"] == 1_050 and image.facts["cost_usd"] == 0.05
    assert image.facts["request_id"] == "req_1" and image.seed == ""
    assert read_models(own)["painter-2"].min_pixels == read_models("")["gpt-image-2"].min_pixels


@pytest.mark.parametrize(
    "text", ["{", "[1]", '{"a": 1}', '{"a": {"qualty": []}}', '{"a": {"sizes": ["huge"]}}', "[" * 99_999]
)
def test_a_table_of_models_that_cannot_be_read_says_so(text):
    with pytest.raises(EngineError, match="table of models") as wrong:
        OpenAIImagesEngine(models=text)
    assert wrong.value.field == "models"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"width": 1000}, "width"),
        ({"width": 3840, "height": 1024}, "width"),
        ({"width": 512, "height": 512}, "width"),
        ({"options": {"quality": "extreme"}}, "quality"),
        ({"options": {"background": "transparent", "output_format": "jpeg"}}, "output_format"),
        ({"prompt": "x" * 40_000}, "prompt"),
    ],
)
def test_what_the_model_would_refuse_is_never_asked(paid, wish, field):
    engine = engine_at(paid, model="gpt-image-2")
    check_trouble(engine, request(**{"width": 1024, "height": 1024, **wish}), permanent=True, field=field)
    assert paid.asked == []


def error(message, **more):
    return {"error": {"message": message, "type": "x", "param": None, "code": None, **more}}


FAULTS = {
    "policy": (says(400, error("Rejected", code="moderation_blocked")), True, "refuses this prompt", "prompt"),
    "quota": (says(429, error("You exceeded your quota", code="insufficient_quota")), True, "used up", ""),
    "parameter": (says(400, error("Invalid size", param="size")), True, "Invalid size", "width"),
    "unknown model": (says(404, error("The model does not exist")), True, "does not exist", "model"),
    "busy": (says(429, error("Rate limit"), retry_after="7"), False, "Rate limit", ""),
    "broken": (says(500, {"detail": "out of memory at /srv/models/x.ckpt"}), False, "out of memory", ""),
    "text": (says(500, {"error": "just a word"}), False, "just a word", ""),
    "page": (sends(b"<html>502 Bad Gateway</html>", "text/html", status=502), False, "(502)", ""),
    "page for an image": (sends(b"<html>hello</html>", "text/html"), True, "web page", ""),
    "half JSON": (sends(b'{"data": [{"b64_json": "iVBO'), False, "breaks off", ""),
    "broken off": (sends(b'{"data"', length=5_000), False, "broke off", ""),
    "died": (dies, False, "broke off", ""),
    "empty": (says(200, {"data": []}), False, "without an image", ""),
    "other shape": (says(200, [1, 2]), False, "not understood", ""),
    "no image": (says(200, {"data": [{"b64_json": base64.b64encode(b"hello").decode()}]}), False, "no image", ""),
    "elsewhere": (says(302, {}, location="http://example.org/"), True, "not followed", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_a_sentence_that_says_whether_to_try_again(peer, name):
    peer.script[:], permanent, words, field = [FAULTS[name][0]], *FAULTS[name][1:]
    trouble = check_trouble(engine_at(peer), request(), permanent=permanent, words=words, field=field)
    assert "/srv" not in trouble.sentence and len(peer.asked) == 1
    assert trouble.retry_after_seconds == (7 if name == "busy" else None)


@pytest.mark.parametrize("name", ["died", "half JSON", "no image"])
def test_what_may_have_been_paid_for_is_not_asked_for_again_by_itself(paid, name):
    paid.script = [FAULTS[name][0]]
    check_trouble(engine_at(paid), request(), permanent=True)
    assert len(paid.asked) == 1


def test_a_wrong_key_is_named_nowhere(paid):
    trouble = check_trouble(
        engine_at(paid, api_key="sk-wrong-0815"), request(), permanent=True, words="Check the key"
    )
    assert "0815" not in trouble.sentence and "0815" not in repr(trouble)


def test_a_server_that_is_away_may_come_back():
    engine = OpenAIImagesEngine(url="http://127.0.0.1:9/v1", api_key=KEY, model="m")
    check_trouble(engine, request(), permanent=False, words="Is the server running")
    with pytest.raises(EngineError, match="Is the server running"):
        engine.describe()


def test_a_queue_that_never_ends_is_left_in_time(peer):
    peer.script = [hangs]
    engine = engine_at(peer, timeout_seconds=0.3)
    began = time.monotonic()
    check_trouble(engine, request(), permanent=False, words="did not answer")
    assert time.monotonic() - began < 3


def test_stop_is_heard_while_the_server_is_silent(peer):
    peer.script = [0.0, hangs]
    engine, wish = engine_at(peer), request(seeds=(1, 2, 3))
    assert len(check_stops_soon(engine, wish, once=lambda: len(peer.asked) == 2)) == 1


def test_it_says_who_answers_and_offers_its_models(paid):
    assert engine_at(paid).describe().facts["models"] == "2: painter-1, painter-2"
    offered = engine_at(paid, model="").capabilities().options[0]
    assert offered.choices == (("painter-1", "painter-1"), ("painter-2", "painter-2"))


def test_openai_without_a_key_says_what_is_missing():
    with pytest.raises(EngineError, match="wants a key") as missing:
        OpenAIImagesEngine().capabilities()
    assert missing.value.field == "api_key"
