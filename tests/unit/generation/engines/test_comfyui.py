"""The ComfyUI engine against a stand-in that answers as the real server did."""

from __future__ import annotations

import io
import json
import logging
import threading
import time

import pytest
from PIL import Image

from generation.engines import EngineError, Request
from generation.engines.comfyui import ComfyUIEngine
from generation.engines.comfyui.builtin import plain_checkpoint
from generation.engines.comfyui.feed import MAX_WAITING, MAX_WAITING_BYTES, Feed, Message
from generation.engines.comfyui.patience import Pace
from generation.engines.comfyui.progress import Tracker
from tests.peers.comfyui import ComfyPeer, half, says, waits
from tests.unit.generation.engines.contract import check_stops_soon, check_trouble, run

pytestmark = pytest.mark.any_database
QUICK = Pace(image=5, look=0.2, look_blind=0.05, lost=0.1, away=0.6, answer=2, stop=0.5, feed=1)


@pytest.fixture
def peer():
    with ComfyPeer() as peer:
        yield peer


def engine(peer, **kwargs) -> ComfyUIEngine:
    return ComfyUIEngine(peer.url, pace=kwargs.pop("pace", QUICK), **kwargs)


def wish(*seeds, **kwargs) -> Request:
    return Request(**{"prompt": "fog", "width": 64, "height": 64, "seeds": seeds or (1,), **kwargs})


def draw(peer, request, **kwargs):
    return run(engine(peer, **kwargs), request)


def trouble_when(peer, stage, happens) -> EngineError:
    """How one image ends when something happens, once, at the first report of a stage."""
    acts = [happens]

    def report(progress):
        if acts and progress.stage.startswith(stage):
            acts.pop()()

    with pytest.raises(EngineError) as caught:
        list(engine(peer).generate(wish(), report=report, cancelled=lambda: False))
    return caught.value


def exported(**inputs) -> dict:
    """The plain workflow as a person would export it, with other inputs at its nodes."""
    graph = json.loads(json.dumps(plain_checkpoint().graph.raw))
    graph["4"]["inputs"]["ckpt_name"] = "small.safetensors"
    graph["6"]["inputs"]["text"] = "a lighthouse"
    for place, value in inputs.items():
        node, _, name = place.strip("_").partition("_")
        graph[node]["inputs"][name] = value
    return graph


def test_words_and_numbers_reach_the_workflow(peer):
    options = {
        "denoise": 0.5,
        "steps": 5,
        "cfg": 3.5,
        "sampler": "ddim",
        "scheduler": "karras",
        "model": "large.safetensors",
    }
    images, _ = draw(peer, wish(7, negative_prompt="rain", width=128, options=options))
    sent = peer.bodies("/prompt")[0]["prompt"]
    assert sent["3"]["inputs"] == sent["3"]["inputs"] | {
        "seed": 7,
        "steps": 5,
        "cfg": 3.5,
        "sampler_name": "ddim",
    }
    assert (sent["6"]["inputs"]["text"], sent["7"]["inputs"]["text"]) == ("fog", "rain")
    assert Image.open(io.BytesIO(images[0].data)).size == (128, 64)
    assert images[0].facts["model"] == "large.safetensors" and images[0].facts["steps"] == 5
    assert json.loads(images[0].recipe_text) == sent


def test_the_bytes_are_those_of_the_saved_file_and_no_preview(peer):
    images, reports = draw(peer, wish(3))
    assert [images[0].data] == list(peer.files.values())
    assert any(report.preview for report in reports) and reports[-1].fraction == 1
    assert any(report.stage == "KSampler, step 1 of 2" for report in reports)


def test_messages_that_come_before_the_answer_are_not_missed(peer):
    peer.late = True
    deaf_to_the_rest = Pace(image=5, look=60, look_blind=60)
    images, reports = draw(peer, wish(1, 2), pace=deaf_to_the_rest)
    assert len(images) == 2 and sum(bool(report.preview) for report in reports) == 4


def test_a_run_that_is_cached_gives_its_old_file(peer):
    first, again = draw(peer, wish(4))[0], draw(peer, wish(4))[0]
    assert first[0].data == again[0].data and peer.drawn == 1


def test_a_cached_file_that_was_deleted_is_drawn_anew(peer):
    draw(peer, wish(4))
    peer.files.clear()
    images, reports = draw(peer, wish(4))
    assert images[0].data and peer.drawn == 2
    assert [r.fraction for r in reports] == sorted(r.fraction for r in reports), "progress never goes back"


@pytest.mark.parametrize("trait", ["silent", "deaf"])
def test_without_the_socket_the_history_tells(peer, trait):
    setattr(peer, trait, True)
    assert len(draw(peer, wish(1, 2))[0]) == 2


def test_a_socket_that_breaks_is_opened_again(peer):
    peer.steps, peer.step_seconds, steps, breaks = 300, 0.02, [], [peer.hang_up]

    def report(progress):
        steps.extend([progress.stage] if "step" in progress.stage else [])
        if steps and breaks:
            breaks.pop()()
        peer.step_seconds = 0.02 if len(peer.lines) < 2 else 0

    images = engine(peer).generate(wish(1), report=report, cancelled=lambda: False)
    assert len(list(images)) == 1
    assert len(peer.lines) == 2 and steps[-1] == "KSampler, step 300 of 300"


@pytest.mark.parametrize("jobs", [False, True])
def test_stop_interrupts_what_runs_and_keeps_what_is_there(jobs):
    with ComfyPeer(jobs=jobs) as peer:
        kept: list = []
        images = engine(peer).generate(
            wish(*range(9)), report=lambda progress: None, cancelled=lambda: len(kept) == 2
        )
        for image in images:
            kept.append(image.index)
        assert kept == [0, 1]
        peer.step_seconds = 0.01
        peer.steps = 10_000
        assert check_stops_soon(engine(peer), wish(99), once=lambda: peer.running is not None) == []
        assert peer.interrupted.wait(1)


@pytest.mark.parametrize("jobs", [False, True])
def test_stop_takes_a_waiting_prompt_out_of_the_queue_and_nobody_elses(jobs):
    with ComfyPeer(jobs=jobs) as peer:
        peer.stuck = True
        peer.take({"prompt": {}, "prompt_id": "another", "client_id": "x"})
        check_stops_soon(engine(peer), wish(), once=lambda: len(peer.pending) == 2)
        assert [item[1] for item in peer.pending] == ["another"]
        assert not peer.bodies("/interrupt")


def test_stop_takes_back_a_prompt_that_is_still_on_its_way(peer):
    begun, arrived = threading.Event(), threading.Event()

    def slow(handler):
        begun.set()
        time.sleep(0.3)
        says(200, handler.peer.take(handler.peer.bodies("/prompt")[-1]))(handler)
        arrived.set()

    peer.stuck, peer.script = True, {"/prompt": [slow]}
    check_stops_soon(engine(peer), wish(), once=begun.is_set)
    assert arrived.wait(2) and peer.pending == []


def test_whoever_listens_and_fails_leaves_nothing_in_the_queue(peer):
    peer.stuck = True
    peer.take({"prompt": {}, "prompt_id": "another", "client_id": "x"})

    def report(progress):
        if progress.stage.startswith("waiting"):
            raise KeyError("the database is gone")

    with pytest.raises(KeyError):
        list(engine(peer).generate(wish(), report=report, cancelled=lambda: False))
    assert [item[1] for item in peer.pending] == ["another"]


def test_a_prompt_that_somebody_deletes_is_not_waited_for(peer):
    peer.stuck = True
    trouble = trouble_when(peer, "waiting", peer.pending.clear)
    assert "knows nothing of the image any more" in trouble.sentence and not trouble.permanent


def test_a_prompt_that_somebody_stops_there_is_said_so(peer):
    peer.step_seconds = 5
    trouble = trouble_when(peer, "KSampler", peer.interrupted.set)
    assert "Somebody stopped the image" in trouble.sentence and trouble.permanent


def test_a_queue_that_never_ends_is_left(peer):
    peer.stuck = True
    pace = Pace(image=0.3, look=0.1, look_blind=0.1, stop=0.5)
    check_trouble(engine(peer, pace=pace), wish(), permanent=False, words="did not make an image within")
    assert peer.pending == []


def test_a_server_started_again_in_the_middle_has_lost_the_image(peer):
    peer.step_seconds = 5
    trouble = trouble_when(peer, "KSampler", lambda: (peer.end(), peer.begin()))
    assert "restarted" in trouble.sentence and not trouble.permanent
    peer.step_seconds = 0
    assert len(draw(peer, wish())[0]) == 1


def test_a_server_that_dies_in_the_middle_is_waited_for_a_while(peer):
    peer.step_seconds = 5
    began = time.monotonic()
    trouble = trouble_when(peer, "KSampler", peer.end)
    assert "cannot be reached" in trouble.sentence and not trouble.permanent
    assert time.monotonic() - began > QUICK.away
    peer.begin()


def test_an_answer_that_is_lost_does_not_draw_the_image_twice(peer):
    def lost(handler):
        name = handler.peer.take(handler.peer.bodies("/prompt")[-1])["prompt_id"]
        while name not in handler.peer.history and not handler.peer.gone.wait(0.01):
            pass

    peer.script = {"/prompt": [lost], "/history": [says(200, {})]}  # it ends between two questions
    assert len(draw(peer, wish())[0]) == 1 and peer.drawn == 1


@pytest.mark.parametrize(
    ("path", "answer", "permanent", "words"),
    [
        ("/prompt", says(401), True, "wants to know who asks"),
        ("/prompt", says(404, {"error": "no such route"}), True, "404"),
        ("/prompt", says(429, {"error": "Busy"}), False, "Busy"),
        ("/prompt", says(500, b"Internal Server Error"), False, "500"),
        ("/prompt", says(200, b"<html>Hello"), True, "web page"),
        ("/prompt", waits(3), False, "did not answer within 1 seconds"),
        ("/view", says(200, b"<html>Hello"), False, "no image"),
        ("/view", half(b"\x89PNG\r\n\x1a\n" + bytes(500)), False, "broke off"),
        ("/view", says(200, b"\x89PNG\r\n\x1a\n" + bytes(500)), False, "only a part"),
        ("/view", says(500, {"error": "disk"}), False, "disk"),
    ],
)
def test_an_answer_that_is_none_gives_a_sentence(peer, path, answer, permanent, words):
    peer.script = {path: [answer]}
    pace = Pace(answer=1, look=0.2, look_blind=0.1, stop=0.5)
    check_trouble(
        engine(peer, pace=pace),
        wish(options={"model": "small.safetensors"}),
        permanent=permanent,
        words=words,
    )


def test_a_busy_server_says_for_how_long(peer):
    peer.script = {"/prompt": [says(429, {"error": "Busy"}, retry_after="7")]}
    assert check_trouble(engine(peer), wish(), permanent=False).retry_after_seconds == 7


@pytest.mark.parametrize(
    ("options", "field", "words"),
    [
        ({"sampler": "magic"}, "sampler", "Sampler: the server does not have “magic”"),
        ({"model": "gone.safetensors"}, "model", "the server does not have “gone.safetensors”"),
        ({"steps": "many"}, "steps", "whole number"),
        ({"template": "Old"}, "template", "no workflow “Old” any more"),
    ],
)
def test_what_is_refused_stands_beside_its_field(peer, options, field, words):
    check_trouble(engine(peer), wish(options=options), permanent=True, field=field, words=words)


def test_a_size_that_is_refused_stands_beside_its_field(peer):
    check_trouble(engine(peer), wish(width=-64), permanent=True, field="width", words="less than 1")


def test_a_node_that_the_server_lacks_is_named(peer):
    graph = exported()
    graph["12"] = {"class_type": "FancyFilter", "inputs": {"image": ["8", 0]}}
    graph["9"]["inputs"]["images"] = ["12", 0]
    comfy = engine(peer, templates={"name": "Mine", "graph": graph})
    check_trouble(comfy, wish(), permanent=True, field="template", words="uses the node FancyFilter")


def test_a_bad_output_that_is_not_ours_does_not_matter_and_one_that_is_does(peer):
    def with_errors(outputs):
        error = {
            "type": "value_not_in_list",
            "extra_info": {"input_name": "sampler_name", "received_value": "x"},
        }
        errors = {"3": {"errors": [error], "dependent_outputs": outputs, "class_type": "KSampler"}}
        return lambda handler: says(
            200, handler.peer.take(handler.peer.asked[-1][2]) | {"node_errors": errors}
        )(handler)

    peer.script = {"/prompt": [with_errors(["20"]), with_errors(["9"])]}
    assert len(draw(peer, wish(1))[0]) == 1
    check_trouble(engine(peer), wish(2), permanent=True, field="sampler")


@pytest.mark.parametrize(
    ("exception", "words"),
    [
        (
            ("ValueError", "cannot open /srv/models/a.ckpt\nTraceback (most recent call last):\n  x"),
            "KSampler failed",
        ),
        (("torch.OutOfMemoryError", "Allocation on device"), "ran out of memory"),
    ],
)
@pytest.mark.parametrize("silent", [False, True])
def test_what_fails_while_it_runs_is_said_without_paths(peer, exception, words, silent):
    peer.silent = silent
    peer.fails = {"node_type": "KSampler", "exception_type": exception[0], "exception_message": exception[1]}
    trouble = check_trouble(engine(peer), wish(), permanent=True, words=words)
    assert "/srv" not in trouble.sentence


def test_a_source_image_is_sent_and_used_under_the_name_it_was_given(peer):
    source = io.BytesIO()
    Image.new("RGB", (32, 32), "teal").save(source, "PNG")
    draw(peer, wish(1, 2, source_image=source.getvalue(), options={"denoise": 0.4}))
    sent = [body["prompt"] for body in peer.bodies("/prompt")]
    assert list(peer.uploads.values()) == [source.getvalue()], "once for all images"
    assert {graph["10"]["inputs"]["image"] for graph in sent} == set(peer.uploads)
    assert {graph["3"]["inputs"]["denoise"] for graph in sent} == {0.4}


def test_enlarging_is_a_factor_of_the_source(peer):
    draw(peer, wish(source_image=peer_png(), options={"upscale": 3}))
    assert peer.bodies("/prompt")[0]["prompt"]["11"]["inputs"]["scale_by"] == 3


def test_the_canvas_goes_along_with_what_was_filled_in(peer):
    canvas = {
        "nodes": [
            {"id": 3, "widgets_values": [0, "randomize", 20, 7.0, "euler"]},
            {"id": 6, "widgets_values": ["a lighthouse"]},
        ]
    }
    template = {"name": "Mine", "graph": exported(), "workflow": canvas}
    draw(peer, wish(5), templates=[template])
    nodes = peer.bodies("/prompt")[0]["extra_data"]["extra_pnginfo"]["workflow"]["nodes"]
    assert nodes[0]["widgets_values"] == [5, "randomize", 20, 7.0, "euler"]
    assert nodes[1]["widgets_values"] == ["fog"] and canvas["nodes"][0]["widgets_values"][0] == 0


def test_secret_headers_go_everywhere_and_into_no_sentence(peer):
    headers = "Authorization: Bearer s3cret-key\nX-Room: 7"
    draw(peer, wish(), headers=headers)
    assert all(sent.get("Authorization") == "Bearer s3cret-key" for _, _, _, sent in peer.asked)
    assert {"/ws", "/prompt", "/view"} <= {path for _, path, _, _ in peer.asked}
    with pytest.raises(EngineError) as refused:
        ComfyUIEngine(peer.url, headers="Bearer s3cret-key")
    assert "s3cret" not in refused.value.sentence


def test_a_key_is_in_no_log_however_much_is_logged(peer, caplog):
    caplog.set_level(logging.DEBUG)
    draw(peer, wish(), headers="Authorization: Bearer s3cret-key")
    assert caplog.records and "s3cret" not in caplog.text


def test_a_socket_that_floods_fills_no_memory(peer):
    with Feed(peer.url, client_id="x", headers={}) as feed:
        assert feed.was_tried(5)
        for _ in range(60):
            peer.say([0, "1", {}, {"client_id": "x"}], "progress", more="z" * 65_000)
        assert _settles(lambda: feed._messages.qsize() >= 60)
        feed._take(json.dumps({"type": "executed", "data": {"z": "z" * MAX_WAITING_BYTES}}))
        for _ in range(3_000):
            feed._take('{"type": "status", "data": {}}')
        assert feed._messages.qsize() == MAX_WAITING
        assert 0 < feed._put_bytes - feed._read_bytes <= MAX_WAITING_BYTES


def _settles(is_so) -> bool:
    ends = time.monotonic() + 5
    while not is_so() and time.monotonic() < ends:
        time.sleep(0.01)
    return is_so()


def test_numbers_and_names_that_are_none_are_left_out(peer):
    """JSON has integers that no float can hold, and halves of characters that no page can show."""
    huge, kinds = (
        10**400,
        {"KSampler": {"input": {"required": {"sampler_name": [["euler", "a\ud800", "b\x00"]]}}}},
    )
    stats = {"system": {"comfyui_version": 5}, "devices": [{"name": "cpu", "vram_free": huge}]}
    peer.script = {"/system_stats": [says(200, stats), says(200, stats | {"devices": 7}), says(200, stats)],
                   "/object_info/KSampler": [says(200, kinds)]}  # fmt: skip
    comfy = engine(peer)
    assert comfy.describe().facts["device"] == "cpu" and comfy.describe().facts["device"] == ""
    sampler = next(option for option in comfy.capabilities().options if option.name == "sampler")
    assert sampler.choices == (("", "As the workflow says"), ("euler", "euler"))
    tracker = Tracker(comfy.templates[0], 0)
    assert tracker.take(Message("progress", {"node": "3", "value": huge, "max": huge})) is None


def test_options_are_what_the_workflows_take_and_the_server_has(peer):
    lcm = exported(_3_steps=4, _5_batch_size=8)
    comfy = engine(peer, templates=[{"name": "One", "graph": exported()}, {"name": "Two", "graph": lcm}])
    options = {option.name: option for option in comfy.capabilities().options}
    assert [value for value, _ in options["template"].choices] == ["One", "Two"]
    assert [value for value, _ in options["model"].choices] == ["", "small.safetensors", "large.safetensors"]
    assert options["steps"].default == 0 and options["cfg"].default == 7, (
        "where they differ each keeps its own"
    )
    assert "denoise" not in options and not comfy.capabilities().source_image
    run(comfy, wish(options={"template": "Two"}))
    sent = peer.bodies("/prompt")[0]["prompt"]
    assert (sent["3"]["inputs"]["steps"], sent["5"]["inputs"]["batch_size"]) == (4, 1)


def test_a_workflow_that_sets_the_size_itself_says_so(peer):
    fixed = {"name": "Fixed", "graph": exported(), "inputs": {"size": None}}
    assert engine(peer, templates=[fixed]).capabilities().about.endswith("It sets the size itself.")
    both = engine(peer, templates=[fixed, {"name": "Free", "graph": exported()}]).capabilities()
    assert both.options[0].choices == (("Fixed", "Fixed (sets the size itself)"), ("Free", "Free"))
    assert "size" not in engine(peer).capabilities().about


def test_a_server_that_is_away_says_so_and_a_list_that_fails_is_a_note(peer):
    comfy = ComfyUIEngine("http://127.0.0.1:9")
    with pytest.raises(EngineError, match="cannot be reached") as away:
        comfy.capabilities()
    assert not away.value.permanent
    peer.script = {"/object_info": [says(500, {"error": "busy"})]}
    can = engine(peer).capabilities()
    assert "busy" in can.notes[0] and len(can.notes) == 1
    assert {option.name: option.kind for option in can.options}["sampler"] == "text"
    check_trouble(
        comfy, wish(options={"model": "small.safetensors"}), permanent=False, words="cannot be reached"
    )
    check_trouble(comfy, wish(), permanent=False, words="cannot be reached")


def test_who_answers_says_name_version_and_device(peer):
    answer = engine(peer).describe()
    assert (answer.name, answer.version, answer.facts["device"], answer.facts["checkpoints"]) == (
        "ComfyUI",
        "0.3.64",
        "cpu",
        "2",
    )
    peer.script = {"/system_stats": [says(200, {"hello": 1})]}
    with pytest.raises(EngineError, match="not as ComfyUI does"):
        engine(peer).describe()


def peer_png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return file.getvalue()
