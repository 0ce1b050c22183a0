"""The engine for `/sdapi/v1`, against servers that answer as Forge, SD.Next and stable-diffusion.cpp do."""

from __future__ import annotations

import io
import threading
import time

import pytest
from PIL import Image

from generation.engines import sdapi
from generation.engines.base import EngineError, Request
from generation.engines.sdapi import watch
from generation.engines.sdapi.engine import Pace
from tests.peers import sdapi as peer
from tests.peers.sdapi import SdServer
from tests.pictures import encode, picture
from tests.unit.generation.engines.contract import run

pytestmark = pytest.mark.any_database
FLAVOURS = ("forge", "sdnext", "sdcpp")
HASTE = Pace(look=0.01, progress=0.02, preview=0.06, stop=0.5)


def engine_at(server: SdServer, **options) -> sdapi.SdapiEngine:
    return sdapi.SdapiEngine(server.url, pace=HASTE, **options)


@pytest.fixture
def forge():
    with SdServer("forge") as server:
        yield server


def request(*seeds: int, prompt="fog", source=None, **options) -> Request:
    return Request(
        prompt=prompt, width=256, height=192, seeds=seeds or (7,), options=options, source_image=source
    )


def ask(engine: sdapi.SdapiEngine, *seeds: int, **wishes):
    images, _reports = run(engine, request(*seeds, **wishes))
    return images[0]


def size(image) -> tuple[int, int]:
    with Image.open(io.BytesIO(image.data)) as picture:
        picture.load()
        return picture.size


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_what_the_servers_do_not_agree_on_is_always_said(flavour):
    with SdServer(flavour) as server:
        ask(engine_at(server))
        assert all(body["steps"] == 20 and body["n_iter"] == 1 for body in server.drawn()), (
            "nothing is left unsaid"
        )


@pytest.mark.parametrize(("flavour", "name"), [("forge", "Forge"), ("sdnext", "SD.Next"), ("sdcpp", "cpp")])
def test_the_form_offers_what_the_server_has(flavour, name):
    with SdServer(flavour) as server:
        engine = engine_at(server)
        can, peer_said = engine.capabilities(), engine.describe()
    options = {option.name: option for option in can.options}
    assert peer.MODELS[flavour] in dict(options["model"].choices)
    assert options["loras"].suggestions == ("ink", "fog")
    assert "──── FlowMatch ────" not in dict(options["sampler"].choices)
    assert name in peer_said.name and name in can.about and can.notes == ()
    assert can.progress is can.upscale is (flavour != "sdcpp")
    assert ("styles" in options, "distilled_cfg" in options) == (flavour != "sdcpp", flavour == "forge")


def test_a_list_that_fails_is_a_note_and_its_option_is_not_offered():
    with SdServer("sdnext") as server:
        server.broken_lists = {
            "schedulers": 500,
            "upscalers": 500,
        }  # schedules are no list of their own there
        can = engine_at(server).capabilities()
        assert not {"scheduler", "upscaler"} & {option.name for option in can.options}
        assert can.notes == ("The list of upscalers could not be read (error 500).",)


def test_names_that_cannot_be_shown_and_numbers_too_large_are_left_out(forge):
    forge.models = ["ink", "half a character \ud800", "two\nlines", "turned \u202e round", "x" * 501]
    (model,) = [option for option in engine_at(forge).capabilities().options if option.name == "model"]
    assert [value for value, _label in model.choices] == ["", "ink"]
    assert [watch._fraction(odd) for odd in (10**400, float("inf"), True, "1", 0.5)] == [
        None,
        None,
        None,
        None,
        0.5,
    ]


def test_seed_recipe_and_settings_are_what_the_server_used(forge):
    image = ask(engine_at(forge), 41, steps=9, cfg=4.5, scheduler="karras", clip_skip=2, loras="ink:0.8, fog")
    assert image.seed == "41" and image.recipe_text.startswith(
        "fog <lora:ink:0.8> <lora:fog:1>\nNegative prompt:"
    )
    assert (
        image.facts["model"] == "ink-xl"
        and image.facts["scheduler"] == "Karras"
        and image.facts["steps"] == 9
    )
    assert forge.drawn()[0]["override_settings"] == {"CLIP_stop_at_last_layers": 2}


def test_stable_diffusion_cpp_is_given_loras_as_a_list_and_says_no_recipe():
    with SdServer("sdcpp") as server:
        image = ask(engine_at(server), 41, loras="ink:0.5")
        assert server.drawn()[0]["lora"] == [{"path": "style/ink.safetensors", "multiplier": 0.5}]
        assert (image.seed, image.recipe_text, server.drawn()[0]["prompt"]) == ("41", "", "fog")


def test_a_model_is_asked_for_by_override_and_one_that_is_gone_is_refused(forge):
    engine = engine_at(forge)
    ask(engine, model=peer.MODELS["forge"])
    assert forge.drawn()[0]["override_settings"] == {"sd_model_checkpoint": peer.MODELS["forge"]}
    with pytest.raises(EngineError, match="no model “gone” .any more.") as refused:
        ask(engine, model="gone")
    assert (refused.value.permanent, refused.value.field, len(forge.drawn())) == (True, "model", 1)


def test_a_model_that_came_since_the_last_look_is_found(forge):
    engine = engine_at(forge)
    ask(engine)
    forge.models.append("fog-xl.safetensors")
    ask(engine, model="fog-xl.safetensors")
    assert forge.drawn()[1]["override_settings"] == {"sd_model_checkpoint": "fog-xl.safetensors"}


def test_a_grid_before_the_image_is_skipped(forge):
    forge.extra_images = [encode(picture((64, 64)))]
    image = ask(engine_at(forge))
    assert size(image) == (256, 192) and image.recipe_text.startswith("fog\n")


def test_hires_image_to_image_and_enlarging_ask_for_what_they_say(forge):
    engine, source = engine_at(forge), encode(picture((64, 32)))
    assert size(ask(engine, hires=True, hires_scale=1.5)) == (384, 288)
    assert forge.drawn()[-1]["hr_cfg"] == 7.0, "Forge would use 1"
    assert size(ask(engine, source=source, denoise=0.3)) == (256, 192)
    assert forge.drawn()[-1]["denoising_strength"] == 0.3
    image = ask(engine, source=source, upscale=2, upscaler="Lanczos")
    assert (size(image), image.seed, image.facts["upscaler"]) == ((128, 64), "", "Lanczos")


def test_an_sdnext_that_cannot_enlarge_is_said_once():
    with SdServer("sdnext") as server:
        server.faults = [peer.stumbles]
        with pytest.raises(EngineError, match="a fault of this version") as trouble:
            ask(engine_at(server), source=encode(picture((64, 32))), upscale=2, upscaler="Lanczos")
    assert trouble.value.permanent and trouble.value.field == "upscale"


@pytest.mark.parametrize("flavour", ["forge", "sdnext"])
def test_progress_comes_with_previews_and_never_falls_in_a_second_pass(flavour):
    with SdServer(flavour, step=0.01) as server:
        _images, reports = run(engine_at(server), request(7, hires=True))
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions) and len(set(fractions)) > 3
    assert {report.stage for report in reports if report.preview} == {"drawing"}


def test_sd_next_is_told_to_load_its_model_where_it_has_none():
    with SdServer("sdnext") as server:
        server.model_loaded = False
        image = ask(engine_at(server), 3, hires=True, hires_scale=1.5)
        assert (image.seed, size(image), server.model_loaded) == ("3", (384, 288), True)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_stop_ends_the_work_within_five_seconds_and_keeps_what_is_there(flavour):
    with SdServer(flavour) as server:
        made, since = [], []

        def cancelled() -> bool:
            if len(made) == 1 and server.job and not since:
                since.append(time.monotonic())
            return bool(since)

        for image in engine_at(server).generate(request(1, 2, 3), report=lambda _: None, cancelled=cancelled):
            made.append(image)
            server.step = 0.4
        assert len(made) == 1 and time.monotonic() - since[0] < 5
        assert (
            server.interrupts == (0 if flavour == "sdcpp" else server.interrupts) and len(server.drawn()) == 2
        )
        assert server.interrupts >= (flavour != "sdcpp")


@pytest.mark.parametrize("flavour", ["forge", "sdnext"])
def test_somebody_elses_work_is_waited_for_and_never_interrupted(flavour):
    with SdServer(flavour) as server:
        server.busy_with, stages, over = "their image", [], threading.Event()
        server.job = {"task": "other", "job": "theirs", "stamp": "other", "step": 9, "steps": 10}

        def report(progress) -> None:
            stages.append((progress.stage, progress.fraction))
            if progress.stage.startswith("waits"):
                over.set()

        list(engine_at(server).generate(request(1), report=report, cancelled=over.is_set))
        assert ("waits for the server's own queue", 0.0) in stages and server.interrupts == 0


def test_two_sessions_on_one_server_take_turns(forge):
    forge.step, most = 0.004, []
    engines = [engine_at(forge), engine_at(forge)]
    threads = [threading.Thread(target=ask, args=(engine, 1, 2)) for engine in engines]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        most.append(len(forge.waiting) + bool(forge.job))
        time.sleep(0.01)
    assert max(most) == 1 and len(forge.drawn()) == 4


@pytest.mark.parametrize(
    ("fault", "sentence", "permanent", "field"),
    [
        (peer.web_page, "web page instead of data", True, ""),
        (peer.half_json, "breaks off or cannot be read", False, ""),
        (peer.other_json, "in a form that is not understood", True, ""),
        (peer.breaks_off, "broke off before its answer was whole", False, ""),
        (peer.no_image, "without an image. Is a model loaded", False, ""),
        (peer.half_image, "only a part of an image", False, ""),
        (peer.no_picture, "no image", False, ""),
        (peer.sampler_gone, "Sampler not found", True, "sampler"),
        (peer.model_gone, "model 'x' not found", True, "model"),
        (peer.out_of_memory, "ran out of memory", True, "width"),
        (peer.fails, "one device, in processing.py", False, ""),
        (peer.wants_rest, "too much to do .429.: rate limit", False, ""),
        (peer.wrong_steps, "valid number", True, "cfg"),
        (peer.elsewhere, "sends on to another place .307.", True, ""),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_fault_is_a_sentence_and_what_came_before_is_kept(forge, fault, sentence, permanent, field):
    forge.faults, made = [None, fault], []
    images = engine_at(forge).generate(request(1, 2), report=lambda _: None, cancelled=lambda: False)
    with pytest.raises(EngineError, match=sentence) as failure:
        for image in images:
            made.append(image)
    assert (len(made), failure.value.permanent, failure.value.field) == (1, permanent, field)
    assert failure.value.retry_after_seconds == (7 if fault is peer.wants_rest else None)
    assert "/home/" not in failure.value.sentence and "Traceback" not in failure.value.sentence


def test_a_queue_that_never_ends_is_given_up_after_the_time_allowed(forge):
    forge.faults = [peer.never]
    with pytest.raises(EngineError, match="did not answer within 0.6 seconds") as late:
        ask(engine_at(forge, timeout_seconds=0.6))
    assert not late.value.permanent


def test_a_server_that_is_away_says_so_and_works_once_it_is_back(forge):
    engine = engine_at(forge)
    forge.shutdown()
    forge.server_close()
    with pytest.raises(EngineError, match="cannot be reached. Is the server running") as away:
        engine.capabilities()
    assert not away.value.permanent
    with SdServer("forge", port=forge.server_port):
        assert ask(engine, 3).seed == "3"


def test_the_password_opens_the_server_and_is_in_no_sentence():
    with SdServer("forge", auth="anna:harbour-light") as server:
        assert ask(engine_at(server, username="anna", password="harbour-light")).seed == "7"
        with pytest.raises(EngineError, match="wants to know who asks .401.") as shut:
            engine_at(server, username="anna", password="wrong-light").capabilities()
        assert shut.value.permanent and "light" not in shut.value.sentence


def test_a_web_ui_without_its_api_is_told_how_to_start():
    with SdServer("forge") as server:
        server.broken_lists = dict.fromkeys(("samplers", "sd-models", "options"), 404)
        with pytest.raises(EngineError, match="Start the web UI with --api") as shut:
            engine_at(server).capabilities()
        assert shut.value.permanent


@pytest.mark.parametrize(
    ("options", "field"),
    [({"override_settings": "{oops"}, "override_settings"), ({"loras": "ink, snow"}, "loras"),
     ({"styles": "Oil"}, "styles"), ({"sampler": "Magic"}, "sampler")],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_refused_beside_its_field(forge, options, field):
    with pytest.raises(EngineError) as refused:
        ask(engine_at(forge), **options)
    assert (refused.value.field, refused.value.permanent, forge.drawn()) == (field, True, [])
