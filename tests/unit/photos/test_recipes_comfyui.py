"""ComfyUI's graphs: what really made the picture is found, whatever else lies on the canvas."""

import json
import time

import pytest

from photos.recipes import Found, read_recipe
from photos.recipes.comfyui import trace


def node(kind, **inputs):
    return {"class_type": kind, "inputs": inputs}


def usual(**others):
    """The graph everybody starts with; `others` replace or add nodes, `_3` is node 3."""
    graph = {
        "3": node(
            "KSampler", seed=5, steps=20, cfg=8.0, sampler_name="euler", scheduler="karras", denoise=1.0,
            model=["4", 0], positive=["6", 0], negative=["7", 0], latent_image=["5", 0],
        ),
        "4": node("CheckpointLoaderSimple", ckpt_name="sea.safetensors"),
        "5": node("EmptyLatentImage", width=832, height=1216, batch_size=1),
        "6": node("CLIPTextEncode", text="a red lighthouse", clip=["4", 1]),
        "7": node("CLIPTextEncode", text="people", clip=["4", 1]),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", filename_prefix="ComfyUI", images=["8", 0]),
    }  # fmt: skip
    return graph | {name.lstrip("_"): value for name, value in others.items()}


def read(graph, **texts):
    return read_recipe(Found(png_text={"prompt": json.dumps(graph), **texts}))


def prompts(graph):
    recipe = read(graph)
    return recipe.prompt, recipe.negative_prompt


def test_every_setting_of_the_usual_graph_is_found():
    recipe = read(usual())
    assert (recipe.generator, recipe.reader, recipe.note) == ("ComfyUI", "comfyui/1", "")
    assert (recipe.prompt, recipe.negative_prompt) == ("a red lighthouse", "people")
    assert (recipe.model, recipe.sampler, recipe.scheduler) == ("sea.safetensors", "euler", "karras")
    assert (recipe.steps, recipe.cfg, recipe.seed) == (20, 8.0, "5")
    assert (recipe.width, recipe.height, recipe.loras) == (832, 1216, ())


def test_texts_that_feed_nothing_are_not_the_prompt():
    lone = node("CLIPTextEncode", text="an old idea", clip=["4", 1])
    assert prompts(usual(_1=lone, _99=lone)) == ("a red lighthouse", "people")


def test_loras_come_in_the_order_they_were_put_on_and_switched_off_ones_not_at_all():
    graph = usual(
        _20=node("LoraLoader", lora_name="coast.safetensors", strength_model=0.5, model=["4", 0], clip=["4", 1]),
        _21=node(
            "Power Lora Loader (rgthree)", model=["20", 0],
            lora_1={"on": True, "lora": "fog.safetensors", "strength": 0.7},
            lora_2={"on": False, "lora": "rain.safetensors", "strength": 1},
        ),
    )  # fmt: skip
    graph["3"]["inputs"]["model"] = ["21", 0]
    recipe = read(graph)
    assert [(lora["name"], lora["weight"]) for lora in recipe.loras] == [
        ("coast.safetensors", 0.5),
        ("fog.safetensors", 0.7),
    ]
    assert recipe.model == "sea.safetensors"


def test_values_and_texts_behind_primitives_are_followed():
    graph = usual(
        _30=node("PrimitiveStringMultiline", value="a harbour"),
        _31=node("Seed (rgthree)", seed=18446744073709551615),
        _32=node("Reroute", **{"": ["30", 0]}),
    )
    graph["6"]["inputs"]["text"] = ["32", 0]
    graph["3"]["inputs"]["seed"] = ["31", 0]
    recipe = read(graph)
    assert (recipe.prompt, recipe.seed) == ("a harbour", "18446744073709551615")


@pytest.mark.parametrize(
    ("concatenation", "prompt"),
    [
        (node("StringConcatenate", string_a=["30", 0], string_b="at night", delimiter=", "), "a harbour, at night"),
        (
            node("Text Concatenate", delimiter="\\n", clean_whitespace="true", text_a=["30", 0], text_b=" gulls "),
            "a harbour\ngulls",
        ),
        (node("JoinStrings", string1="old", string2=["30", 0], delimiter=" "), "old a harbour"),
        (node("StringReplace", string="a X at dawn", find="X", replace="harbour"), "a harbour at dawn"),
    ],
    ids=["core", "was", "kj", "replace"],
)  # fmt: skip
def test_concatenated_texts_read_as_they_were_joined(concatenation, prompt):
    graph = usual(_30=node("PrimitiveString", value="a harbour"), _31=concatenation)
    graph["6"]["inputs"]["text"] = ["31", 0]
    assert prompts(graph)[0] == prompt


@pytest.mark.parametrize(
    ("switch", "prompt"),
    [
        (node("ImpactSwitch", select=2, sel_mode=False, input1=["30", 0], input2=["31", 0]), "night"),
        (node("easy anythingIndexSwitch", index=0, value0=["30", 0], value1=["31", 0]), "day"),
        (node("ComfySwitchNode", switch=False, on_true=["30", 0], on_false=["31", 0]), "night"),
        (node("Any Switch (rgthree)", any_01=["31", 0], any_02=["30", 0]), "night"),
        (node("CR Text Input Switch", Input=1, text1=["30", 0], text2=["31", 0]), "day"),
    ],
    ids=["impact", "easy", "core", "rgthree", "comfyroll"],
)
def test_only_the_way_a_switch_stood_counts(switch, prompt):
    graph = usual(
        _30=node("PrimitiveString", value="day"), _31=node("PrimitiveString", value="night"), _32=switch
    )
    graph["6"]["inputs"]["text"] = ["32", 0]
    assert prompts(graph)[0] == prompt


def test_a_switch_that_does_not_say_how_it_stood_leaves_the_prompt_open():
    graph = usual(_30=node("PrimitiveString", value="day"), _32=node("OddSwitch", a=["30", 0], b=["6", 0]))
    graph["6"]["inputs"]["text"] = ["32", 0]
    assert prompts(graph)[0] == "" and "switch" in read(graph).note


def test_a_text_that_a_language_model_wrote_is_not_known():
    graph = usual(_30=node("OllamaGenerate", prompt="Describe a lighthouse.", model="small"))
    graph["6"]["inputs"]["text"] = ["30", 0]
    recipe = read(graph)
    assert recipe.prompt == "" and "made while the graph ran" in recipe.note and recipe.seed == "5"


def test_a_zeroed_conditioning_says_nothing():
    graph = usual(_30=node("ConditioningZeroOut", conditioning=["6", 0]))
    graph["3"]["inputs"]["negative"] = ["30", 0]
    assert prompts(graph) == ("a red lighthouse", "")


def test_combined_conditionings_are_all_the_prompt_each_once():
    graph = usual(
        _30=node("CLIPTextEncode", text="in fog", clip=["4", 1]),
        _31=node("ConditioningCombine", conditioning_1=["6", 0], conditioning_2=["30", 0]),
        _32=node("ConditioningConcat", conditioning_to=["31", 0], conditioning_from=["6", 0]),
    )
    graph["3"]["inputs"]["positive"] = ["32", 0]
    assert prompts(graph)[0] == "a red lighthouse\nin fog"


def test_what_goes_through_a_control_net_keeps_its_side():
    graph = usual(_30=node("ControlNetApplyAdvanced", positive=["6", 0], negative=["7", 0], image=["40", 0]))
    graph["3"]["inputs"] |= {"positive": ["30", 0], "negative": ["30", 1]}
    assert prompts(graph) == ("a red lighthouse", "people")


def test_the_two_texts_of_a_large_model_are_one_where_they_are_alike():
    graph = usual(
        _6=node("CLIPTextEncodeSDXL", text_g="a harbour", text_l="a harbour", width=1024, clip=["4", 1])
    )
    assert prompts(graph)[0] == "a harbour"
    graph["6"]["inputs"]["text_l"] = "oil paint"
    assert prompts(graph)[0] == "a harbour\noil paint"


def test_a_sampler_in_parts_is_put_together():
    graph = usual(
        _3=node(
            "SamplerCustomAdvanced", noise=["20", 0], guider=["21", 0], sampler=["22", 0], sigmas=["23", 0],
            latent_image=["5", 0],
        ),
        _20=node("RandomNoise", noise_seed=77),
        _21=node("BasicGuider", model=["4", 0], conditioning=["24", 0]),
        _22=node("KSamplerSelect", sampler_name="dpmpp_2m"),
        _23=node("BasicScheduler", scheduler="beta", steps=28, denoise=1.0, model=["4", 0]),
        _24=node("FluxGuidance", guidance=3.5, conditioning=["6", 0]),
    )  # fmt: skip
    recipe = read(graph)
    assert (recipe.seed, recipe.steps, recipe.sampler, recipe.scheduler) == ("77", 28, "dpmpp_2m", "beta")
    assert (recipe.prompt, recipe.negative_prompt, recipe.cfg) == ("a red lighthouse", "", None)
    assert (recipe.model, recipe.width) == ("sea.safetensors", 832)


def test_a_loader_that_holds_everything_is_understood():
    graph = {
        "1": node(
            "Efficient Loader", ckpt_name="sea.safetensors", lora_name="None", positive="a harbour", negative="people",
            empty_latent_width=640, empty_latent_height=960,
        ),
        "2": node(
            "KSampler (Efficient)", seed=9, steps=12, cfg=4, sampler_name="euler", scheduler="normal", model=["1", 0],
            positive=["1", 1], negative=["1", 2], latent_image=["1", 3], optional_vae=["1", 4],
        ),
        "3": node("SaveImage", images=["2", 5]),
    }  # fmt: skip
    recipe = read(graph)
    assert (recipe.prompt, recipe.negative_prompt, recipe.model) == ("a harbour", "people", "sea.safetensors")
    assert (recipe.width, recipe.height, recipe.loras) == (640, 960, ())


def second_pass(**inputs):
    settings = {
        "seed": 6,
        "steps": 8,
        "cfg": 3,
        "sampler_name": "dpmpp_sde",
        "scheduler": "simple",
        "denoise": 0.4,
    }
    links = {"model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["3", 0]}
    return node("KSampler", **settings | links | inputs)


def test_of_two_passes_the_first_is_the_recipe():
    graph = usual(
        _20=node("LatentUpscale", samples=["3", 0], width=1664, height=2432),
        _21=second_pass(latent_image=["20", 0]),
    )
    graph["8"]["inputs"]["samples"] = ["21", 0]
    recipe = read(graph)
    assert (recipe.seed, recipe.steps, recipe.width, recipe.note) == ("5", 20, 832, "")


def test_of_two_saved_pictures_only_what_they_share_is_said():
    graph = usual(
        _21=second_pass(latent_image=["5", 0], denoise=1),
        _22=node("VAEDecode", samples=["21", 0], vae=["4", 2]),
        _23=node("SaveImage", images=["22", 0]),
    )
    recipe = read(graph)
    assert (recipe.prompt, recipe.seed, recipe.steps, recipe.note) == (
        "a red lighthouse",
        "",
        None,
        trace.SEVERAL,
    )


def test_a_preview_is_not_the_picture_where_another_was_saved():
    graph = usual(_22=node("VAEDecode", samples=["21", 0]), _23=node("PreviewImage", images=["22", 0]))
    assert read(graph | {"21": second_pass(latent_image=["5", 0])}).seed == "5"


def test_a_picture_put_together_from_several_has_all_their_prompts():
    graph = usual(
        _20=node("CLIPTextEncode", text="a harbour", clip=["4", 1]),
        _21=second_pass(latent_image=["5", 0], positive=["20", 0], steps=20),
        _22=node("VAEDecode", samples=["21", 0], vae=["4", 2]),
        _23=node("ImageStitch", image1=["8", 0], image2=["22", 0], direction="right"),
    )
    graph["9"]["inputs"]["images"] = ["23", 0]
    recipe = read(graph)
    assert (recipe.prompt, recipe.steps, recipe.seed) == ("a red lighthouse\na harbour", 20, "")
    assert recipe.note == trace.COMPOSED


def test_a_mixture_of_models_is_none_of_them():
    graph = usual(_20=node("ModelMergeSimple", model1=["4", 0], model2=["21", 0], ratio=0.5))
    graph["3"]["inputs"]["model"] = ["20", 0]
    assert read(graph).model == ""


def test_any_seed_is_no_seed():
    graph = usual()
    graph["3"]["inputs"]["seed"] = -1
    assert read(graph).seed == ""


def test_a_node_that_asks_a_service_has_its_prompt_itself():
    graph = {
        "1": node("FluxProUltraImageNode", prompt="a harbour", seed=4, aspect_ratio="16:9"),
        "2": node("SaveImage", images=["1", 0]),
    }
    recipe = read(graph)
    assert (recipe.prompt, recipe.seed, recipe.steps) == ("a harbour", "4", None)


def test_bare_nan_and_infinity_do_not_hide_the_rest():
    text = (
        json.dumps(usual())
        .replace('"denoise": 1.0', '"denoise": NaN')
        .replace('"cfg": 8.0', '"cfg": Infinity')
    )
    recipe = read_recipe(Found(png_text={"prompt": text}))
    assert (recipe.prompt, recipe.cfg, recipe.raw) == ("a red lighthouse", None, text)


@pytest.mark.parametrize(
    "place",
    [
        lambda graph: {"exif": {"Model": f"prompt:{graph}", "Make": "workflow:{}"}},
        lambda graph: {"exif": {"ImageDescription": f"Prompt:{graph}"}},
        lambda graph: {"user_comment": f'{{"prompt": {graph}, "workflow": {{"nodes": []}}}}'},
        lambda graph: {"user_comment": graph},
        lambda graph: {"xmp": {"prompt": graph}},
        lambda graph: {"png_text": {"prompt": json.dumps(graph)}},
    ],
    ids=["webp", "description", "comment", "civitai", "avif", "text in text"],
)
def test_the_graph_is_found_wherever_savers_put_it(place):
    assert read_recipe(Found(**place(json.dumps(usual())))).prompt == "a red lighthouse"


def test_the_text_of_a_saver_says_the_prompt_and_the_graph_is_kept():
    text = "a lighthouse, best\nNegative prompt: people\nSteps: 20, Sampler: Euler, CFG scale: 8.0, Seed: 5, Size: 8x6"
    recipe = read(usual(), parameters=text)
    assert (recipe.generator, recipe.prompt, recipe.sampler) == ("ComfyUI", "a lighthouse, best", "Euler")
    assert recipe.model == "sea.safetensors"
    assert set(json.loads(recipe.raw)) == {"prompt", "parameters"}


CANVAS = {
    "nodes": [
        {"id": 1, "type": "CheckpointLoaderSimple", "widgets_values": ["sea.safetensors"]},
        {"id": 2, "type": "CLIPTextEncode", "inputs": [
            {"name": "clip", "link": 1}, {"name": "text", "link": 20, "widget": {"name": "text"}},
        ], "widgets_values": ["stale"]},
        {"id": 3, "type": "CLIPTextEncode", "inputs": [{"name": "clip", "link": 2}], "widgets_values": ["people"]},
        {"id": 4, "type": "EmptyLatentImage", "widgets_values": [832, 1216, 1]},
        {"id": 5, "type": "KSampler", "inputs": [
            {"name": "model", "link": 3}, {"name": "positive", "link": 4}, {"name": "negative", "link": 5},
            {"name": "latent_image", "link": 6},
        ], "widgets_values": [5, "randomize", 20, 8.0, "euler", "karras", 1]},
        {"id": 6, "type": "VAEDecode", "inputs": [{"name": "samples", "link": 7}, {"name": "vae", "link": 8}]},
        {"id": 7, "type": "Reroute", "inputs": [{"name": "", "link": 9}]},
        {"id": 8, "type": "SaveImage", "inputs": [{"name": "images", "link": 10}], "widgets_values": ["ComfyUI"]},
        {"id": 9, "type": "PrimitiveNode", "widgets_values": ["a red lighthouse"]},
        {"id": 10, "type": "LoraLoader", "mode": 4, "inputs": [
            {"name": "model", "type": "MODEL", "link": 30}, {"name": "clip", "type": "CLIP", "link": 31},
        ], "outputs": [{"type": "MODEL"}, {"type": "CLIP"}], "widgets_values": ["coast.safetensors", 1, 1]},
        {"id": 11, "type": "SaveImage", "mode": 2, "inputs": [{"name": "images", "link": 11}]},
    ],
    "links": [
        [1, 1, 1, 2, 0, "CLIP"], [2, 1, 1, 3, 0, "CLIP"], [3, 10, 0, 5, 0, "MODEL"], [4, 2, 0, 5, 1, "CONDITIONING"],
        [5, 3, 0, 5, 2, "CONDITIONING"], [6, 4, 0, 5, 3, "LATENT"], [7, 5, 0, 6, 0, "LATENT"], [8, 1, 2, 6, 1, "VAE"],
        [9, 6, 0, 7, 0, "IMAGE"], [10, 7, 0, 8, 0, "IMAGE"], [20, 9, 0, 2, 1, "STRING"], [30, 1, 0, 10, 0, "MODEL"],
        [31, 1, 1, 10, 1, "CLIP"],
    ],
}  # fmt: skip


def test_a_canvas_alone_tells_the_same():
    recipe = read_recipe(Found(png_text={"workflow": json.dumps(CANVAS)}))
    assert (recipe.prompt, recipe.negative_prompt, recipe.model) == (
        "a red lighthouse",
        "people",
        "sea.safetensors",
    )
    assert (recipe.seed, recipe.steps, recipe.cfg, recipe.sampler) == ("5", 20, 8.0, "euler")
    assert (recipe.scheduler, recipe.width, recipe.loras) == ("karras", 832, ())


def test_what_lies_in_a_subgraph_of_a_canvas_is_found():
    inner = {
        "id": "7f3a", "nodes": [
            {"id": 1, "type": "CLIPTextEncode", "inputs": [
                {"name": "text", "link": 1, "widget": {"name": "text"}}], "widgets_values": ["stale"]},
            {"id": 2, "type": "KSampler", "inputs": [{"name": "positive", "link": 2}],
             "widgets_values": [5, "fixed", 20, 8.0, "euler", "karras", 1]},
        ],
        "links": [
            {"id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 1, "target_slot": 0},
            {"id": 2, "origin_id": 1, "origin_slot": 0, "target_id": 2, "target_slot": 0},
            {"id": 3, "origin_id": 2, "origin_slot": 0, "target_id": -20, "target_slot": 0},
        ],
    }  # fmt: skip
    outer = {
        "nodes": [
            {"id": 1, "type": "PrimitiveStringMultiline", "widgets_values": ["a harbour"]},
            {"id": 2, "type": "7f3a", "inputs": [{"name": "text", "link": 1}]},
            {"id": 3, "type": "SaveImage", "inputs": [{"name": "images", "link": 2}]},
        ],
        "links": [[1, 1, 0, 2, 0, "STRING"], [2, 2, 0, 3, 0, "IMAGE"]],
        "definitions": {"subgraphs": [inner]},
    }
    recipe = read_recipe(Found(png_text={"workflow": json.dumps(outer)}))
    assert (recipe.prompt, recipe.seed, recipe.steps) == ("a harbour", "5", 20)


def doubling(count):
    """Texts that each join the one before with itself: two ways at each step, 2^count in all."""
    graph = usual(_100=node("PrimitiveString", value="word"))
    for number in range(101, 101 + count):
        before = [str(number - 1), 0]
        graph[str(number)] = node("StringConcatenate", string_a=before, string_b=before, delimiter=" ")
    graph["6"]["inputs"]["text"] = [str(100 + count), 0]
    return graph


def combining(count):
    graph = usual(_100=node("CLIPTextEncode", text="word"))
    for number in range(101, 101 + count):
        before = [str(number - 1), 0]
        graph[str(number)] = node("ConditioningCombine", conditioning_1=before, conditioning_2=before)
    graph["3"]["inputs"]["positive"] = [str(100 + count), 0]
    return graph


def chain(count):
    """A text handed on by that many nodes."""
    graph = usual(_100=node("PrimitiveString", value="word"))
    for number in range(101, 101 + count):
        graph[str(number)] = node("Hand On", text=[str(number - 1), 0])
    graph["6"]["inputs"]["text"] = [str(100 + count), 0]
    return graph


def cyclic():
    graph = usual(_100=node("StringConcatenate", string_a=["101", 0], string_b="b", delimiter=""))
    graph |= {
        "101": node("Hand On", text=["100", 0]),
        "102": node("LoraLoader", model=["102", 0], lora_name="x"),
    }
    graph["6"]["inputs"]["text"] = ["100", 0]
    graph["7"] = node("ConditioningCombine", conditioning_1=["7", 0], conditioning_2=["7", 0])
    graph["3"]["inputs"] |= {"model": ["102", 0], "latent_image": ["8", 0]}
    return graph


def crowd(count):
    """That many samplers, each fed by the one before."""
    graph = usual()
    for number in range(100, 100 + count):
        graph[str(number)] = second_pass(latent_image=[str(number - 1) if number > 100 else "3", 0])
    graph["8"]["inputs"]["samples"] = [str(99 + count), 0]
    return graph


def saves(count):
    samplers = {
        str(number): second_pass(latent_image=["5", 0], seed=number) for number in range(100, 100 + count)
    }
    saved = {f"s{number}": node("SaveImage", images=[str(number), 0]) for number in range(100, 100 + count)}
    return usual() | samplers | saved


def shared(count):
    """Samplers that all begin at the far end of one long way, and are all put together."""
    graph = usual()
    for number in range(100, 100 + count):
        graph[str(number)] = node("Upscale", image=[str(number - 1) if number > 100 else "8", 0])
        graph[f"s{number}"] = second_pass(latent_image=[str(99 + count), 0])
    graph["9"]["inputs"] = {f"image{number}": [f"s{number}", 0] for number in range(100, 100 + count)}
    return graph


@pytest.mark.parametrize(
    "graph",
    [doubling(398), combining(398), chain(5_000), cyclic(), crowd(2_000), saves(3_000), shared(3_000)],
    ids=["texts", "conditionings", "chain", "cycle", "samplers", "saves", "shared"],
)
def test_a_hostile_graph_gets_a_partial_answer_in_bounded_time(graph):
    started = time.process_time()
    recipe = read(graph)
    assert time.process_time() - started < 2
    assert recipe.generator == "ComfyUI" and recipe.sampler in ("euler", "dpmpp_sde", "")
    assert len(recipe.prompt) <= 100_000


def test_what_could_not_be_followed_is_noted():
    assert "too large to be followed" in read(chain(5_000)).note
    assert "longer than is kept" in read(doubling(40)).note


@pytest.mark.parametrize(
    "text",
    [
        '{"1": {"class_type": "A", "inputs": ' + '{"a":' * 50_000,
        '{"1": {"class_type": "KSampler", "inputs": {"a": ' + "[" * 1_000_000,
        '{"1": {"class_type": "KSampler", "inputs": {"seed": ' + "9" * 1_000_000 + "}}}",
        '{"1": {"class_type": ' + '"x", "inputs": {"text": "' + "y" * 5_000_000 + '"}}}',
        '{"1": {"class_type": "KSampler", "inputs": {"text": "\\ud800\\u0000", "seed": [1, [2, ["1", 0]]]}}}',
        json.dumps({str(number): node("A", a=[str(number + 1), 0]) for number in range(30_000)}),
        '{"class_type": {"class_type": []}, "nodes": {"class_type": 5}}',
    ],
    ids=["deep", "open", "digits", "long", "surrogates", "many", "odd"],
)
def test_a_hostile_text_is_kept_and_costs_little(text):
    started = time.process_time()
    recipe = read_recipe(Found(png_text={"prompt": text, "workflow": text}))
    assert time.process_time() - started < 2
    assert recipe.raw and (recipe.seed, recipe.prompt) == ("", "")
    recipe.raw.encode()


def test_a_text_added_to_a_conditioning_comes_behind_it():
    graph = usual(
        _20=node("GLIGENTextBoxApply", text="a purple boat", conditioning_to=["6", 0], clip=["4", 1])
    )
    graph["3"]["inputs"]["positive"] = ["20", 0]
    assert prompts(graph)[0] == "a red lighthouse\na purple boat"


def test_wildcards_are_what_they_became():
    graph = usual(
        _20=node("ImpactWildcardProcessor", wildcard_text="{a|b} harbour", populated_text="b harbour")
    )
    graph["6"]["inputs"]["text"] = ["20", 0]
    assert prompts(graph)[0] == "b harbour"


def test_an_upscaler_behind_the_sampler_changes_nothing():
    settings = {"seed": 99, "steps": 10, "cfg": 4, "sampler_name": "dpmpp_sde", "scheduler": "simple"}
    links = {"image": ["8", 0], "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0]}
    graph = usual(_20=node("UltimateSDUpscale", upscale_model=["21", 0], **settings, **links))
    graph["9"]["inputs"]["images"] = ["20", 0]
    assert read(graph) == read(usual()).__class__(**{**vars(read(usual())), "raw": read(graph).raw})


def test_numbers_that_were_calculated_are_not_guessed():
    graph = usual(_20=node("MathExpression|pysssss", expression="a * 2", a=10))
    graph["3"]["inputs"]["steps"] = ["20", 0]
    assert read(graph).steps is None


def test_a_size_from_a_list_of_presets_is_not_the_one_beside_it():
    size = node("CR SDXL Aspect Ratio", width=1024, height=1024, aspect_ratio="3:4 portrait 896x1152")
    assert read(usual(_5=size)).width is None


def test_a_node_with_several_texts_hands_on_the_one_of_its_output():
    graph = usual(_20=node("Text String", text="one", text_b="two", text_c="", text_d=""))
    graph["6"]["inputs"]["text"], graph["7"]["inputs"]["text"] = ["20", 1], ["20", 0]
    assert prompts(graph) == ("two", "one")


def test_texts_are_only_joined_by_what_says_that_it_joins():
    graph = usual(_20=node("Mystery Texts", text1="one", text2="two"))
    graph["6"]["inputs"]["text"] = ["20", 0]
    assert prompts(graph)[0] == "" and read(graph).note


@pytest.mark.parametrize(
    "odd", [True, 5, "x", None, [5], [[1, 2]], {"a": 1}, [{"id": [], "type": "KSampler"}]]
)
@pytest.mark.parametrize("part", ["nodes", "links", "definitions"])
def test_a_canvas_with_odd_parts_is_read_without_them(part, odd):
    recipe = read_recipe(Found(png_text={"workflow": json.dumps(CANVAS | {part: odd})}))
    assert recipe.reader == "comfyui/1" or recipe.reader == "unknown/1"


def nested(levels, width):
    """Subgraphs within each other, each of which holds the next one several times."""
    graphs = [
        {"id": str(level), "nodes": [{"id": n, "type": str(level + 1)} for n in range(width)], "links": []}
        for level in range(levels)
    ]
    return {"nodes": [{"id": 1, "type": "0"}], "links": [], "definitions": {"subgraphs": graphs}}


def rerouted(count):
    """A long way of reroutes with a sampler at each step."""
    nodes = [{"id": n, "type": "Reroute", "inputs": [{"name": "", "link": n}]} for n in range(1, count)]
    nodes += [
        {"id": count + n, "type": "KSampler", "inputs": [{"name": "positive", "link": count + n}]}
        for n in range(count)
    ]
    links = [[n, n - 1, 0, n, 0, "*"] for n in range(1, count)]
    links += [[count + n, n, 0, count + n, 0, "*"] for n in range(count)]
    return {"nodes": nodes, "links": links}


@pytest.mark.parametrize("canvas", [nested(9, 30), rerouted(5_000)], ids=["nested", "rerouted"])
def test_a_hostile_canvas_is_read_in_bounded_time(canvas):
    started = time.process_time()
    assert read_recipe(Found(png_text={"workflow": json.dumps(canvas)})).generator == "ComfyUI"
    assert time.process_time() - started < 1.5
