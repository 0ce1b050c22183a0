"""What is guessed of a workflow, what a person marks, and sentences on the rest."""

from __future__ import annotations

import json

import pytest

from generation.engines.comfyui import TemplateError, inspect_template, read_templates

pytestmark = pytest.mark.any_database


def node(kind, **inputs):
    return {"class_type": kind, "inputs": inputs}


def plain(**changed):
    """Text to image as ComfyUI shows it first; `changed` nodes by "n<number>"."""
    graph = {
        "3": node("KSampler", seed=5, steps=20, cfg=8, sampler_name="euler", scheduler="normal", denoise=1,
                  model=["4", 0], positive=["6", 0], negative=["7", 0], latent_image=["5", 0]),
        "4": node("CheckpointLoaderSimple", ckpt_name="dream.safetensors"),
        "5": node("EmptyLatentImage", width=512, height=768, batch_size=4),
        "6": node("CLIPTextEncode", text="a glass bottle", clip=["4", 1]),
        "7": node("CLIPTextEncode", text="watermark", clip=["4", 1]),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", filename_prefix="ComfyUI", images=["8", 0]),
    }  # fmt: skip
    return graph | {name[1:]: node for name, node in changed.items()}


def flux():
    """Sampler, noise, sigmas and guider are nodes of their own."""
    return {
        "6": node("CLIPTextEncode", text="a fox", clip=["11", 0]),
        "8": node("VAEDecode", samples=["13", 0], vae=["10", 0]),
        "9": node("SaveImage", filename_prefix="flux", images=["8", 0]),
        "10": node("VAELoader", vae_name="ae.sft"),
        "11": node("DualCLIPLoader", clip_name1="t5.safetensors", clip_name2="l.safetensors", type="flux"),
        "12": node("UNETLoader", unet_name="flux1-dev.sft", weight_dtype="default"),
        "13": node("SamplerCustomAdvanced", noise=["25", 0], guider=["22", 0], sampler=["16", 0], sigmas=["17", 0],
                   latent_image=["27", 0]),
        "14": node("LoraLoaderModelOnly", lora_name="ink.safetensors", strength_model=0.8, model=["12", 0]),
        "16": node("KSamplerSelect", sampler_name="euler"),
        "17": node("BasicScheduler", scheduler="simple", steps=20, denoise=1, model=["14", 0]),
        "22": node("BasicGuider", model=["14", 0], conditioning=["26", 0]),
        "25": node("RandomNoise", noise_seed=470723902175738),
        "26": node("FluxGuidance", guidance=3.5, conditioning=["6", 0]),
        "27": node("EmptySD3LatentImage", width=1024, height=1024, batch_size=1),
    }  # fmt: skip


def marking(graph, **kwargs):
    return inspect_template(graph, **kwargs).marking()


def test_the_first_workflow_of_comfyui_is_understood_whole():
    template = inspect_template(plain())
    assert template.marking() == {
        "output": "9", "prompt": "6.text", "negative_prompt": "7.text", "seed": "3.seed", "width": "5.width",
        "height": "5.height", "batch": "5.batch_size", "steps": "3.steps", "cfg": "3.cfg",
        "sampler": "3.sampler_name", "scheduler": "3.scheduler", "model": "4.ckpt_name",
    }  # fmt: skip
    assert template.notes == () and template.value("height") == 768


def test_settings_in_nodes_of_their_own_are_found():
    found = marking(flux())
    assert (found["seed"], found["steps"], found["sampler"]) == (
        "25.noise_seed",
        "17.steps",
        "16.sampler_name",
    )
    assert (found["prompt"], found["guidance"], found["model"]) == ("6.text", "26.guidance", "12.unet_name")
    assert (found["lora"], found["lora_strength"]) == ("14.lora_name", "14.strength_model")
    assert not {"negative_prompt", "cfg"} & found.keys()


def test_values_behind_primitives_and_switches_are_set_where_they_are_written():
    graph = plain(
        n20=node("PrimitiveString", value="a bottle"),
        n21=node("Reroute", **{"": ["20", 0]}),
        n22=node("Seed (rgthree)", seed=7),
        n23=node("PrimitiveInt", value=640, control_after_generate="fixed"),
        n24=node("ImpactSwitch", select=2, input1=["5", 0], input2=["25", 0]),
        n25=node("EmptyLatentImage", width=["23", 0], height=832, batch_size=1),
    )
    graph["6"]["inputs"]["text"] = ["21", 0]
    graph["3"]["inputs"] |= {"seed": ["22", 0], "latent_image": ["24", 0]}
    found = marking(graph)
    assert (found["prompt"], found["seed"], found["width"], found["height"]) == (
        "20.value", "22.seed", "23.value", "25.height",
    )  # fmt: skip


def test_a_prompt_put_together_from_texts_is_set_where_it_arrives_and_said():
    graph = plain(
        n20=node("StringConcatenate", string_a="oil painting of", string_b="a bottle", delimiter=" ")
    )
    graph["6"]["inputs"]["text"] = ["20", 0]
    template = inspect_template(graph)
    assert template.marking()["prompt"] == "6.text" and template.value("prompt") is None
    assert "computed in the workflow; input 6.text is set" in template.notes[0]
    told = inspect_template(graph, inputs={"prompt": "20.string_b"})
    assert told.marking()["prompt"] == "20.string_b" and told.notes == ()


def test_nodes_with_both_texts_give_each_its_own():
    both = plain(n6=node("TextEncodeBoth", prompt="a fox", negative_prompt="rain", clip=["4", 1]))
    both["3"]["inputs"]["negative"] = ["6", 1]
    found = marking(both)
    assert (found["prompt"], found["negative_prompt"]) == ("6.prompt", "6.negative_prompt")
    styled = plain(n20=node("Styler", text_positive="a fox", text_negative="rain", style="oil"))
    styled["6"]["inputs"]["text"], styled["7"]["inputs"]["text"] = ["20", 0], ["20", 1]
    found = marking(styled)
    assert (found["prompt"], found["negative_prompt"]) == ("20.text_positive", "20.text_negative")


def test_sdxl_gets_its_prompt_in_both_encoders_and_a_zeroed_negative_is_none():
    graph = plain(
        n6=node("CLIPTextEncodeSDXL", text_g="a fox", text_l="a fox", width=1024, height=1024, clip=["4", 1]),
        n7=node("ConditioningZeroOut", conditioning=["6", 0]),
    )
    found = marking(graph)
    assert found["prompt"] == ["6.text_g", "6.text_l"] and "negative_prompt" not in found


def test_a_controlnet_does_not_mix_up_what_is_wanted_and_what_is_not():
    graph = plain(
        n20=node(
            "ControlNetApplyAdvanced", positive=["6", 0], negative=["7", 0], image=["21", 0], strength=1
        ),
        n21=node("LoadImage", image="pose.png"),
    )
    graph["3"]["inputs"] |= {"positive": ["20", 0], "negative": ["20", 1]}
    found = marking(graph)
    assert (found["prompt"], found["negative_prompt"], found["image"]) == ("6.text", "7.text", "21.image")
    assert "denoise" not in found, "the image is not what it starts from"


def test_of_two_passes_the_first_counts_and_shared_steps_are_left_alone():
    second = node("KSampler", seed=9, steps=8, denoise=0.4, model=["4", 0], positive=["6", 0], negative=["7", 0],
                  latent_image=["3", 0])  # fmt: skip
    graph = plain(n12=second)
    graph["8"]["inputs"]["samples"] = ["12", 0]
    assert marking(graph)["seed"] == "3.seed"
    graph["3"] = node("KSamplerAdvanced", **graph["3"]["inputs"], return_with_leftover_noise="enable")
    shared = inspect_template(graph)
    assert "steps" not in shared.places and "share the steps" in shared.notes[0]


def test_image_to_image_and_enlarging_take_the_image_they_load():
    graph = plain(
        n5=node("VAEEncode", pixels=["12", 0], vae=["4", 2]),
        n11=node("LoadImage", image="example.png"),
        n12=node("ImageScaleBy", image=["11", 0], upscale_method="lanczos", scale_by=1.5),
    )
    template = inspect_template(graph)
    found = template.marking()
    assert (found["image"], found["upscale"], found["denoise"]) == ("11.image", "12.scale_by", "3.denoise")
    assert template.notes == ("No size was found: the workflow decides it.",)


def test_a_workflow_without_sampler_keeps_its_size_and_says_what_it_lacks():
    graph = {
        "1": node("EmptyImage", width=96, height=64, batch_size=1, color=255),
        "2": node("SaveImage", filename_prefix="walk", images=["1", 0]),
    }
    template = inspect_template(graph)
    assert template.marking() == {
        "output": "2", "width": "1.width", "height": "1.height", "batch": "1.batch_size",
    }  # fmt: skip
    assert template.notes == ("No sampler was found, and no prompt and no seed.",)


def test_what_is_only_shown_is_saved_and_of_several_saves_the_last_counts():
    template = inspect_template(plain(n9=node("PreviewImage", images=["8", 0])))
    assert template.graph.raw["9"]["class_type"] == "SaveImage" and "saves it instead" in template.notes[0]
    several = plain(
        n20=node("ImageInvert", image=["8", 0]), n21=node("SaveImage", filename_prefix="b", images=["20", 0])
    )
    assert inspect_template(several).output == "21"
    assert inspect_template(several, inputs={"output": "9"}).output == "9"


def test_marking_wins_over_the_guess_and_null_leaves_an_input_alone():
    found = marking(
        plain(), inputs={"prompt": ["7.text", "6.text"], "negative": None, "size": None, "seed": "5.width"}
    )
    assert found["prompt"] == ["7.text", "6.text"] and found["seed"] == "5.width"
    assert not {"negative_prompt", "width", "height"} & found.keys()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("{", "not valid JSON"),
        ('{"nodes": [], "links": []}', "canvas of a workflow, not its API form"),
        ('{"1": {"inputs": {}}}', "no class_type"),
        ("[3]", "no ComfyUI workflow"),
        (json.dumps(plain() | {"9": node("VAEDecode")}), "saves no image"),
        (
            json.dumps({"name": "A", "graph": plain(), "inputs": {"prompt": "99.text"}}),
            "names no input of “A”",
        ),
        (
            json.dumps({"name": "A", "graph": plain(), "inputs": {"promt": "6.text"}}),
            "can mark. Known are: size",
        ),
        (json.dumps({"name": "A", "graph": plain(), "inputs": {"output": "77"}}), "does not have"),
        (json.dumps([{"name": "A", "graph": plain()}] * 2), "same name"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_what_is_no_workflow_is_refused_with_a_sentence(given, words):
    with pytest.raises(TemplateError) as refused:
        read_templates(given)
    assert words in refused.value.sentence and refused.value.field == "templates" and refused.value.permanent


def test_a_bare_export_a_named_one_and_a_list_of_them_are_taken():
    assert [template.name for template in read_templates(json.dumps(plain()))] == ["Workflow"]
    both = read_templates([{"name": "One", "graph": plain()}, {"graph": {"prompt": flux()}}])
    assert [template.name for template in both] == ["One", "Workflow 2"]
    assert read_templates("  ") == () == read_templates(None)


def test_a_workflow_that_goes_in_circles_is_read():
    graph = plain(n5=node("LatentBlend", samples=["3", 0], latent=["5", 0]))
    graph["6"]["inputs"]["text"] = ["20", 0]
    graph["20"] = node("Reroute", **{"": ["20", 0]})
    assert marking(graph)["prompt"] == "6.text"
