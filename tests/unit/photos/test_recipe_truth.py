"""The sample files of generators: whatever is known of them is said, and nothing false of any."""

import json
from pathlib import Path

import pytest

from tests.unit.photos.test_metadata_samples import pytestmark, said_of, truths

__all__ = ["pytestmark"]

GENERATORS = {  # as the list of samples calls them, and as we do where that is another name
    "A1111": "Automatic1111",
    "stable-diffusion.cpp (A1111 layout)": "stable-diffusion.cpp",
    "InvokeAI (Dream)": "InvokeAI",
    "InvokeAI (sd-metadata)": "InvokeAI",
    "AIGC label (TC260)": "unknown",
}
# One picture put together from six: each prompt is a line, and no seed is its seed.
COMPOSED = {"comfyui__flux_kontext_example_comic.webp": "seed"}


@pytest.mark.parametrize(("path", "known"), truths("ai", "generator", "prompt", "seed"))
def test_a_recipe_says_what_is_known_of_it(path, known):
    recipe = said_of(path)["recipe"]
    assert recipe.generator == GENERATORS.get(known["generator"], known["generator"])
    assert recipe.raw
    for field in ("prompt", "negative_prompt", "seed", "steps", "cfg", "sampler", "model", "model_hash"):
        if field in known and not isinstance(known[field], list):
            assert plain(field, getattr(recipe, field)) == plain(field, known[field]), field
    if "size" in known:
        assert f"{recipe.width}x{recipe.height}" == known["size"]
    names = [Path(lora["name"]).stem for lora in recipe.loras]
    assert set(names) >= {Path(name).stem for name in known.get("loras", ())}


@pytest.mark.parametrize(("path", "known"), truths("ai", "positive_texts", "seeds"))
def test_of_a_graph_one_of_its_samplers_is_said(path, known):
    recipe = said_of(path)["recipe"]
    for field, listed in (("prompt", "positive_texts"), ("negative_prompt", "negative_texts")):
        said, texts = getattr(recipe, field), [text.strip() for text in known.get(listed, ())]
        assert any(text in said for text in texts) or not any(texts), field
        assert not said or any(text and text in said for text in texts), field
    for field, listed in (
        ("seed", "seeds"),
        ("sampler", "samplers"),
        ("model", "models"),
        ("steps", "steps"),
        ("cfg", "cfg"),
    ):
        if COMPOSED.get(path.name) == field:
            assert not getattr(recipe, field)
        elif isinstance(known.get(listed), list):
            assert plain(field, getattr(recipe, field)) in [plain(field, one) for one in known[listed]], field


@pytest.mark.parametrize(("path", "known"), truths("ai", "c2pa", "c2pa_mentions"))
def test_a_signed_picture_says_its_maker_alone(path, known):
    recipe = said_of(path)["recipe"]
    assert recipe.generator in ("OpenAI", "Adobe Firefly")
    assert any(recipe.generator == name for name in known["c2pa_mentions"])
    assert not recipe.prompt and json.dumps(recipe.raw)


def plain(field, value):
    """Numbers as numbers; text without outer space and the space at the ends of its lines."""
    if field in ("steps", "cfg"):
        return None if value is None else round(float(value), 4)
    return "\n".join(line.strip() for line in str(value).strip().split("\n"))
