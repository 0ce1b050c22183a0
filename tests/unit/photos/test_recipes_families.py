"""One reader for each family of generators: the forms that each has written, and what is none of theirs."""

import json

import pytest

from photos.recipes import Found, read_recipe
from photos.recipes.twins import read_twin


def of_png(**texts):
    return read_recipe(Found(png_text=texts))


def loras(recipe):
    return [(lora["name"], lora["weight"], lora["hash"]) for lora in recipe.loras]


SWARM = {
    "sui_image_params": {
        "prompt": "a harbour <lora:coast>", "negativeprompt": "people", "model": "sea/big", "seed": "5", "steps": "20",
        "cfgscale": "4.5", "sampler": "euler", "scheduler": "karras", "width": 832, "height": 1216,
        "loras": ["coast"], "loraweights": ["0.8"],
    },
    "sui_extra_data": {"date": "2026-01-01"},
    "sui_models": [
        {"name": "sea/big.safetensors", "param": "model", "hash": "0xabc"},
        {"name": "coast.safetensors", "param": "loras", "hash": "0xdef"},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    "place",
    [
        lambda text: {"png_text": {"parameters": text}},
        lambda text: {"user_comment": text},
        lambda text: {"exif": {"Model": text}},
    ],
    ids=["png", "comment", "model"],
)
def test_swarmui_is_read_from_every_place_it_wrote_to(place):
    recipe = read_recipe(Found(**place(json.dumps(SWARM))))
    assert (recipe.generator, recipe.prompt, recipe.negative_prompt) == (
        "SwarmUI",
        "a harbour <lora:coast>",
        "people",
    )
    assert (recipe.model, recipe.model_hash, recipe.sampler, recipe.scheduler) == (
        "sea/big",
        "abc",
        "euler",
        "karras",
    )
    assert (recipe.steps, recipe.cfg, recipe.seed, recipe.width, recipe.height) == (20, 4.5, "5", 832, 1216)
    assert loras(recipe) == [("coast", 0.8, "def")] and recipe.raw == json.dumps(SWARM)


def test_swarmui_may_leave_out_any_key_and_write_lists_as_text():
    params = {"sui_image_params": {"prompt": "p", "loras": "a,b", "loraweights": "1,0.5", "seed": -1}}
    recipe = of_png(parameters=json.dumps(params))
    assert (recipe.seed, recipe.steps, loras(recipe)) == ("", None, [("a", 1.0, ""), ("b", 0.5, "")])


NOVEL = {
    "Title": "NovelAI generated image", "Description": "a harbour", "Software": "NovelAI",
    "Source": "NovelAI Diffusion V4.5 4BDE2A90",
    "Comment": json.dumps({
        "prompt": "a harbour", "uc": "people", "steps": 28, "scale": 5.0, "seed": 7, "sampler": "k_euler",
        "noise_schedule": "karras", "width": 832, "height": 1216,
        "v4_prompt": {"caption": {"base_caption": "a harbour", "char_captions": [{"char_caption": "a captain"}, 5]}},
        "v4_negative_prompt": {"caption": {"base_caption": "people", "char_captions": []}},
    }),
}  # fmt: skip


@pytest.mark.parametrize(
    "found", [Found(png_text=NOVEL), Found(user_comment=json.dumps(NOVEL))], ids=["png", "comment"]
)
def test_novelai_says_its_model_and_its_characters(found):
    recipe = read_recipe(found)
    assert (recipe.generator, recipe.prompt, recipe.negative_prompt) == (
        "NovelAI",
        "a harbour\na captain",
        "people",
    )
    assert (recipe.model, recipe.model_hash) == ("NovelAI Diffusion V4.5 4BDE2A90", "4BDE2A90")
    assert (recipe.sampler, recipe.scheduler, recipe.steps, recipe.cfg, recipe.seed) == (
        "k_euler",
        "karras",
        28,
        5.0,
        "7",
    )
    assert set(json.loads(recipe.raw)) == set(NOVEL)


def test_novelai_without_its_comment_says_the_prompt():
    assert of_png(Software="NovelAI", Description="a harbour").prompt == "a harbour"
    assert of_png(Software="GIMP", Description="a harbour", Title="Mine") is None


INVOKE = {
    "positive_prompt": "a harbour", "negative_prompt": "people", "positive_style_prompt": "oil", "width": 832,
    "height": 1216, "seed": 7, "cfg_scale": 7.5, "steps": 30, "scheduler": "dpmpp_2m_k",
    "model": {"key": "1", "hash": "blake3:abc", "name": "Big Sea", "base": "sdxl", "type": "main"},
    "loras": [{"model": {"name": "coast", "hash": "blake3:def"}, "weight": 0.75}], "app_version": "5.1.0",
}  # fmt: skip


def test_invokeai_today():
    recipe = of_png(invokeai_metadata=json.dumps(INVOKE), invokeai_graph="{}")
    assert (recipe.generator, recipe.prompt, recipe.negative_prompt) == (
        "InvokeAI",
        "a harbour\noil",
        "people",
    )
    assert (recipe.model, recipe.model_hash, recipe.sampler) == ("Big Sea", "abc", "dpmpp_2m_k")
    assert (recipe.steps, recipe.cfg, recipe.seed, recipe.width) == (30, 7.5, "7", 832)
    assert loras(recipe) == [("coast", 0.75, "def")]
    assert set(json.loads(recipe.raw)) == {"invokeai_metadata", "invokeai_graph"}


def test_invokeai_of_version_three_names_models_otherwise():
    said = {
        "positive_prompt": "p",
        "model": {"model_name": "Big Sea"},
        "loras": [{"lora": {"model_name": "coast"}, "weight": 1}],
    }
    recipe = of_png(invokeai_metadata=json.dumps(said))
    assert (recipe.model, loras(recipe)) == ("Big Sea", [("coast", 1.0, "")])


def test_invokeai_of_version_two():
    image = {"prompt": [{"prompt": "a harbour [people, text]", "weight": 1}], "steps": 50, "cfg_scale": 5, "seed": 7,
             "sampler": "k_lms", "width": 512, "height": 768}  # fmt: skip
    recipe = of_png(
        **{"sd-metadata": json.dumps({"model_weights": "sea", "model_hash": "abc", "image": image})}
    )
    assert (recipe.prompt, recipe.negative_prompt, recipe.model) == ("a harbour", "people, text", "sea")
    assert (recipe.sampler, recipe.steps, recipe.cfg, recipe.seed, recipe.height) == (
        "k_lms",
        50,
        5.0,
        "7",
        768,
    )


def test_invokeai_of_version_one_wrote_its_command_line():
    recipe = of_png(
        Dream='"a "big" harbour [people]" -s 50 --seamless -S 2980747362 -W512 -H 768 -C 7.5 -A k_lms -G 0.9'
    )
    assert (recipe.prompt, recipe.negative_prompt) == ('a "big" harbour', "people")
    assert (recipe.steps, recipe.seed, recipe.width, recipe.cfg, recipe.sampler) == (
        50,
        "2980747362",
        512,
        7.5,
        "k_lms",
    )


FOOOCUS = {
    "prompt": "a harbour", "negative_prompt": "people", "base_model": "sea", "base_model_hash": "abc", "steps": 30,
    "guidance_scale": 4.0, "sharpness": 2.0, "sampler": "dpmpp_2m_sde_gpu", "scheduler": "karras", "seed": "7",
    "resolution": "(832, 1216)", "loras": [["coast", 0.5, "def"]], "version": "Fooocus v2.5.5",
}  # fmt: skip


@pytest.mark.parametrize(
    "found",
    [
        Found(png_text={"parameters": json.dumps(FOOOCUS), "fooocus_scheme": "fooocus"}),
        Found(user_comment=json.dumps(FOOOCUS), exif={"MakerNote": "fooocus", "Software": "Fooocus v2.5.5"}),
    ],
    ids=["png", "exif"],
)
def test_fooocus_json(found):
    recipe = read_recipe(found)
    assert (recipe.generator, recipe.prompt, recipe.negative_prompt) == ("Fooocus", "a harbour", "people")
    assert (recipe.model, recipe.model_hash, recipe.sampler, recipe.cfg) == (
        "sea",
        "abc",
        "dpmpp_2m_sde_gpu",
        4.0,
    )
    assert (recipe.seed, recipe.steps, recipe.width, recipe.height) == ("7", 30, 832, 1216)
    assert loras(recipe) == [("coast", 0.5, "def")]


def test_fooocus_of_old_wrote_its_loras_as_keys():
    said = {
        "Prompt": "p",
        "Base Model": "sea",
        "Sharpness": 2,
        "Guidance Scale": 4,
        "Performance": "Speed",
        "Seed": 7,
    }
    recipe = of_png(parameters=json.dumps(said | {"LoRA 1": "coast : 0.5", "LoRA [fog] weight": 0.25}))
    assert (recipe.generator, recipe.model, recipe.cfg, recipe.seed) == ("Fooocus", "sea", 4.0, "7")
    assert loras(recipe) == [("coast", 0.5, ""), ("fog", 0.25, "")]


def test_fooocus_text_is_that_of_automatic1111():
    text = "a harbour\nNegative prompt: people\nSteps: 30, Sampler: DPM++ 2M, Seed: 7, Size: 8x6, Version: Fooocus v2"
    recipe = of_png(parameters=text, fooocus_scheme="a1111")
    assert (recipe.generator, recipe.prompt, recipe.seed) == ("Fooocus", "a harbour", "7")


def test_the_offspring_of_fooocus():
    ruined = {
        "Prompt": "p",
        "Negative": "n",
        "steps": 8,
        "cfg": 2,
        "base_model_name": "sea",
        "width": 8,
        "seed": 3,
    }
    ruined |= {"software": "RuinedFooocus", "sampler_name": "euler"}
    recipe = of_png(parameters=json.dumps(ruined))
    assert (recipe.generator, recipe.negative_prompt, recipe.cfg, recipe.sampler) == (
        "RuinedFooocus",
        "n",
        2.0,
        "euler",
    )
    mre = {"prompt": "p", "base_model": "sea", "performance": "Speed", "cfg": 7, "software": "Fooocus-MRE"}
    assert of_png(Comment=json.dumps(mre)).generator == "Fooocus-MRE"


DRAW = {"c": "a harbour", "uc": "people", "seed": 7, "steps": 10, "scale": 4.5, "sampler": "DDIM", "model": "sea.ckpt",
        "size": "832x1216", "lora": [{"model": "coast.ckpt", "weight": 0.6}]}  # fmt: skip


def test_draw_things_json_and_text():
    recipe = read_recipe(Found(xmp={"exif:UserComment": json.dumps(DRAW), "xmp:CreatorTool": "Draw Things"}))
    assert (recipe.generator, recipe.prompt, recipe.negative_prompt) == ("Draw Things", "a harbour", "people")
    assert (recipe.model, recipe.cfg, recipe.seed, recipe.width) == ("sea.ckpt", 4.5, "7", 832)
    assert loras(recipe) == [("coast.ckpt", 0.6, "")]
    text = "a harbour\nat night\n-people\nSteps: 10, Sampler: X, Guidance Scale: 4.5, Seed: 7, Size: 8x6, Model: s.ckpt"
    recipe = read_recipe(Found(xmp={"dc:description": text, "xmp:CreatorTool": "Draw Things"}))
    assert (recipe.prompt, recipe.negative_prompt) == ("a harbour\nat night", "people")
    assert (recipe.steps, recipe.cfg, recipe.seed, recipe.width, recipe.model) == (
        10,
        4.5,
        "7",
        8,
        "s.ckpt",
    )


def test_imaginairy_old_and_new():
    old = {"software": "imaginairy", "prompts": [[1, "a harbour"], [0.5, "gulls"]], "prompt_strength": 7.5, "seed": 7,
           "steps": 40, "height": 512, "width": 512, "sampler_type": "plms"}  # fmt: skip
    new = {"prompt": [{"text": "a harbour", "weight": 1}], "negative_prompt": [{"text": "people", "weight": 1}],
           "solver_type": "ddim", "model_weights": {"name": "Sea"}, "size": [832, 1216]}  # fmt: skip
    software = {"Software": "Imaginairy / Stable Diffusion v1.4"}
    recipe = read_recipe(Found(user_comment=json.dumps({"prompt": old}), exif=software))
    assert (recipe.prompt, recipe.sampler, recipe.cfg, recipe.seed) == ("a harbour\ngulls", "plms", 7.5, "7")
    recipe = read_recipe(Found(user_comment=json.dumps({"prompt": new}), exif=software))
    assert (recipe.prompt, recipe.negative_prompt, recipe.sampler) == ("a harbour", "people", "ddim")
    assert (recipe.model, recipe.width) == ("Sea", 832)


EASY = {"prompt": "a harbour", "negative_prompt": "people", "seed": "7", "num_inference_steps": "25", "width": "832",
        "guidance_scale": "7.5", "use_stable_diffusion_model": "sea", "sampler_name": "euler_a", "height": "1216",
        "use_lora_model": "coast", "lora_alpha": "0.5"}  # fmt: skip
EASY_FOR_PEOPLE = {"Prompt": "a harbour", "Negative Prompt": "people", "Seed": "7", "Steps": "25", "Width": "832",
                   "Guidance Scale": "7.5", "Stable Diffusion model": "sea", "Sampler": "euler_a", "Height": "1216",
                   "LoRA model": "coast", "LoRA alpha": "0.5"}  # fmt: skip


@pytest.mark.parametrize(
    "found",
    [Found(png_text=EASY), Found(png_text=EASY_FOR_PEOPLE), Found(user_comment=json.dumps(EASY))],
    ids=["keys", "for people", "json"],
)
def test_easy_diffusion_in_either_style(found):
    recipe = read_recipe(found)
    assert (recipe.generator, recipe.prompt, recipe.negative_prompt) == (
        "Easy Diffusion",
        "a harbour",
        "people",
    )
    assert (recipe.model, recipe.sampler, recipe.steps, recipe.cfg) == ("sea", "euler_a", 25, 7.5)
    assert (recipe.seed, recipe.width, recipe.height) == ("7", 832, 1216)
    assert loras(recipe) == [("coast", 0.5, "")]


JOB = "Job ID: 00000000-1111-4222-8333-444444444444"


@pytest.mark.parametrize(
    "found",
    [
        Found(png_text={"Description": f"paper boats --ar 4:3 --v 6.1 --seed 12 {JOB}", "Author": "a"}),
        Found(xmp={"dc:description": f"paper boats --ar 4:3 --v 6.1 --seed 12 {JOB}"}),
    ],
    ids=["png", "xmp"],
)
def test_midjourney_keeps_its_options_in_the_prompt(found):
    recipe = read_recipe(found)
    assert (recipe.generator, recipe.prompt) == ("Midjourney", "paper boats --ar 4:3 --v 6.1 --seed 12")
    assert (recipe.model, recipe.seed) == ("Midjourney 6.1", "12") and "Job ID" in recipe.raw


def test_a_description_without_a_job_is_a_persons_own():
    assert of_png(Description="paper boats --ar 4:3") is None


@pytest.mark.parametrize(
    ("agents", "credit", "maker"),
    [
        (("GPT-4o", "ChatGPT"), "", "OpenAI"),
        (("Adobe Firefly", "Adobe_Firefly"), "", "Adobe Firefly"),
        (("Google C2PA Core Generator Library",), "", "Google AI"),
        ((), "Made with Google AI", "Google AI"),
        (("Somebody's Studio",), "", "Somebody's Studio"),
    ],
)
def test_marked_pictures_say_who_made_them_and_no_more(agents, credit, maker):
    xmp = {"photoshop:Credit": credit} if credit else {}
    recipe = read_recipe(Found(source_type="trainedAlgorithmicMedia", agents=agents, xmp=xmp))
    assert (recipe.generator, recipe.prompt, recipe.model) == (maker, "", "")


@pytest.mark.parametrize("term", ["", "digitalCapture", "compositeWithTrainedAlgorithmicMedia"])
def test_a_retouched_photograph_was_not_made_by_the_retoucher(term):
    assert read_recipe(Found(source_type=term, agents=("Adobe Firefly",))) is None


def test_the_label_of_chinese_law_is_kept_as_it_is():
    label = '{"Label":"1","ContentProducer":"example"}'
    assert (of_png(AIGC=label).generator, of_png(AIGC=label).raw) == ("unknown", label)


def test_stable_diffusion_cpp_hangs_its_whole_request_to_the_line():
    request = json.dumps(
        {"seed": 1, "lora": [{"path": "loras/coast.safetensors", "multiplier": 0.4}], "sample": {"a": [1, 2]}}
    )
    line = f"Steps: 4, Seed: 42, Size: 8x6, Sampler: euler, Version: stable-diffusion.cpp, SDCPP: {request}"
    recipe = of_png(parameters=f"a cat\n{line}")
    assert (recipe.generator, recipe.seed) == ("stable-diffusion.cpp", "42")
    assert loras(recipe) == [("coast", 0.4, "")]


def test_a_twin_beside_the_picture_is_read_like_the_picture():
    text = "a harbour\nNegative prompt: people\nSteps: 20, Sampler: Euler, Seed: 7, Size: 8x6"
    assert read_twin(text).negative_prompt == "people"
    lines = "\n".join(f"{key}: {value}" for key, value in EASY_FOR_PEOPLE.items())
    assert (read_twin(lines).generator, read_twin(lines).seed) == ("Easy Diffusion", "7")
    assert read_twin(json.dumps(EASY)).generator == "Easy Diffusion"
    assert read_twin(json.dumps(SWARM)).generator == "SwarmUI"


@pytest.mark.parametrize(
    "text", ["", "harbour, boats, night", "Monday: buy film", "{}", '{"seed": 1, "steps": 2}']
)
def test_what_people_keep_beside_a_picture_is_no_recipe(text):
    assert read_twin(text) is None


@pytest.mark.parametrize(
    "settings",
    [
        {
            "prompt": 5,
            "seed": [],
            "steps": {},
            "cfg": None,
            "model": 1,
            "width": "x",
            "base_model": [],
            "software": 3,
        },
        {
            "prompt": "p",
            "seed": True,
            "steps": "1e9",
            "width": 10**400,
            "base_model": {"a": 1},
            "performance": None,
        },
    ],
)
def test_values_of_odd_kinds_are_unknown(settings):
    texts = [
        {"parameters": json.dumps({"sui_image_params": settings})},
        {"parameters": json.dumps(settings)},
        {"invokeai_metadata": json.dumps(settings)},
        {"sd-metadata": json.dumps({"image": settings})},
        {
            "Software": "NovelAI",
            "Comment": json.dumps(settings | {"v4_prompt": {"caption": {"char_captions": 3}}}),
        },
    ]
    for text in texts:
        recipe = of_png(**text)
        assert recipe is not None and recipe.steps is None and recipe.seed in ("", "True")
