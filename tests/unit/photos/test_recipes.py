"""Reading prompts and settings: texts as generators write them, and as nobody should."""

import json
import time
from types import SimpleNamespace

import pytest

from photos import recipes
from photos.images import RecipeFacts
from photos.recipes import Found, read_recipe

LIGHTHOUSE = (
    "a red lighthouse, <lora:coast_v2:0.75>,\n(waves:1.2)\n"
    "Negative prompt: people,\ntext\n"
    "Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 18446744073709551615, "
    "Size: 256x192, Model hash: 0a1b2c3d4e, Model: exampleXL_v10, "
    'Lora hashes: "coast_v2: aabbccdd", Version: v1.10.1'
)


def parameters(text):
    return read_recipe(Found(png_text={"parameters": text}))


def test_every_setting_of_an_automatic1111_text_is_found():
    recipe = parameters(LIGHTHOUSE)
    assert recipe == RecipeFacts(
        generator="Automatic1111",
        prompt="a red lighthouse, <lora:coast_v2:0.75>,\n(waves:1.2)",
        negative_prompt="people,\ntext",
        model="exampleXL_v10",
        model_hash="0a1b2c3d4e",
        sampler="DPM++ 2M",
        scheduler="Karras",
        steps=28,
        cfg=6.5,
        seed="18446744073709551615",
        width=256,
        height=192,
        loras=({"name": "coast_v2", "weight": 0.75, "hash": "aabbccdd"},),
        raw=LIGHTHOUSE,
        reader="automatic1111/2",
    )


def test_a_prompt_without_a_negative_one_may_talk_of_steps_and_seeds():
    recipe = parameters(
        'line one, a "quoted, comma" thing\nSteps: of stone, Seed: pods\nSteps: 20, Seed: 5, Size: 8x6'
    )
    assert recipe.prompt.endswith("Seed: pods")
    assert (recipe.negative_prompt, recipe.seed) == ("", "5")


def test_lines_that_extensions_write_below_the_settings_are_not_the_prompt():
    recipe = parameters("a ring\nSteps: 20, Sampler: Euler a, Seed: 1\nTemplate: a {gold|silver} ring")
    assert (recipe.prompt, recipe.steps) == ("a ring", 20)


def test_a_last_line_with_fewer_than_three_pairs_belongs_to_the_prompt():
    assert parameters("a ring\nSteps: 20, Seed: 1").generator == "unknown"


def test_quoted_values_may_hold_commas_colons_and_quotes():
    recipe = parameters('p\nSteps: 1, Seed: 2, Model: "a, \\"b\\": c", Size: 8x6')
    assert (recipe.model, recipe.width) == ('a, "b": c', 8)


def test_civitai_writes_bare_json_among_its_settings():
    resources = [
        {"type": "checkpoint", "modelVersionId": 1, "modelName": "Big, Model", "modelVersionName": "v2"},
        {"type": "lora", "weight": 0.8, "modelName": "Seed: 9, Steps: 3"},
    ]
    bare = f"Civitai resources: {json.dumps(resources)}, Civitai metadata: {{}}"
    recipe = parameters(f"p\nSteps: 25, Sampler: Undefined, {bare}, Seed: 7")
    assert (recipe.generator, recipe.model, recipe.seed) == ("Civitai", "Big, Model v2", "7")
    assert recipe.loras == ({"name": "Seed: 9, Steps: 3", "weight": 0.8, "hash": ""},)


def test_stable_diffusion_cpp_leaves_the_model_empty_and_names_the_network():
    line = "Steps: 4, CFG scale: 1.000000, Eta: inf, Seed: 42, Size: 512x512, Model: , Sampler: euler, "
    recipe = parameters(
        f'p\n{line}Unet: flux.safetensors, Version: stable-diffusion.cpp, SDCPP: {{"seed": 1, "a": [1, 2]}}'
    )
    assert (recipe.generator, recipe.model, recipe.seed) == ("stable-diffusion.cpp", "flux.safetensors", "42")


def test_the_embedded_engine_is_recognised_by_its_version():
    recipe = parameters("p\nSteps: 1, Sampler: rings, Seed: 3, Size: 64x64, Version: built-in patterns")
    assert recipe.generator == "built-in patterns"


@pytest.mark.parametrize("place", ["user_comment", "comment"])
def test_the_same_text_is_read_from_exif_and_from_comments(place):
    assert read_recipe(Found(**{place: LIGHTHOUSE})).steps == 28


@pytest.mark.parametrize(
    "text",
    [
        '{"image_params": {"prompt": "a cat\\nSteps: 20, Seed: 1, Size: 8x6", "seed": 5}}',
        '{"prompt": "a goldfish", "steps": 30, "sampler": "dpmpp_2m_sde_gpu", "seed": "6952411511246973023"}',
        "{" + '"a":{' * 50_000,
    ],
    ids=["nested", "flat", "deep"],
)
def test_json_of_unknown_generators_is_kept_and_not_misread(text):
    recipe = parameters(text)
    assert (recipe.generator, recipe.prompt, recipe.seed, recipe.raw) == ("unknown", "", "", text)


def test_draw_things_settings_are_not_misread():
    text = "a teapot\n-blurry\nSteps: 10, Sampler: DDIM, Guidance Scale: 10.0, Seed: 1, Size: 8x6"
    assert read_recipe(Found(user_comment=text)) is None


def test_a_prompt_that_begins_with_a_brace_is_a_prompt():
    assert parameters("{red|blue} car\nSteps: 20, Sampler: Euler, Seed: 1").prompt == "{red|blue} car"


def test_several_unknown_texts_are_all_kept():
    recipe = read_recipe(Found(png_text={"prompt": '{"3": {}}', "workflow": "{}"}))
    assert json.loads(recipe.raw) == {"prompt": '{"3": {}}', "workflow": "{}"}


def test_what_people_and_programs_write_is_no_recipe():
    found = Found(
        png_text={"Comment": "Created with GIMP", "Software": "Adobe ImageReady"},
        user_comment="Harbour at night: boats, nets, and seven gulls",
        exif={"Make": "Canon", "ImageDescription": "Our holiday"},
    )
    assert read_recipe(found) is None


def test_numbers_beyond_any_column_are_unknown():
    recipe = parameters(f"p\nSteps: {'9' * 5000}, CFG scale: nan, Seed: 1, Size: 99999999999x8")
    assert (recipe.steps, recipe.cfg, recipe.width) == (None, None, None)


def test_what_a_database_refuses_is_replaced():
    recipe = parameters('a\x00b \ud800\nSteps: 1, Seed: 2, Model: "\\ud800\\u0000", Size: 8x6')
    assert recipe.prompt == "a\ufffdb \ufffd" and recipe.raw.startswith("a\ufffdb \ufffd\n")
    assert recipe.model == "\ufffd\ufffd"


def test_a_reader_that_fails_gives_the_next_one_a_try(monkeypatch):
    def fail(found):
        raise RuntimeError("a bug in a reader")

    broken = SimpleNamespace(NAME="broken", VERSION=1, read=fail)
    monkeypatch.setattr(recipes, "READERS", [broken, *recipes.READERS])
    assert parameters(LIGHTHOUSE).reader == "automatic1111/2"


@pytest.mark.parametrize(
    "text",
    [
        "p\nSteps: 1, " + "a: [1," * 300_000,
        "p\nSteps: 1, " + 'k: ["a, ' * 250_000,
        "p\nSteps: 1, k: " + "[" * 2_000_000,
        "p\nSteps: 1," + " " * 2_000_000,
        "p\nSteps: 1, a: " + "," * 2_000_000,
        "Steps: 1\n" * 200_000,
        "Negative prompt:\n" * 100_000,
        "<lora:" * 300_000 + "\nSteps: 1, Seed: 2, Size: 3x3",
        "{" * 2_000_000,
        '{"a":' * 400_000,
    ],
    ids=[
        "open lists",
        "open strings",
        "deep",
        "spaces",
        "commas",
        "lines",
        "negatives",
        "loras",
        "braces",
        "json",
    ],
)
def test_hostile_text_takes_linear_time(text):
    started = time.monotonic()
    parameters(text)
    assert time.monotonic() - started < 2
