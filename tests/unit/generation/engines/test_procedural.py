"""Built-in patterns: words matter, seeds are siblings, every size is drawn, and the recipe is in the file."""

import hashlib
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.engines import EngineError, Request
from generation.engines.procedural import ProceduralEngine
from generation.engines.procedural.engine import FAMILIES

ROOT = Path(__file__).resolve().parents[4]


def draw(prompt, *, seeds=(1,), width=256, height=256, negative="", **options):
    """The finished images of one request."""
    request = Request(
        prompt=prompt, width=width, height=height, seeds=seeds, negative_prompt=negative, options=options
    )
    return list(ProceduralEngine().generate(request, report=lambda progress: None, cancelled=lambda: False))


def pixels(image):
    """(height, width, 3) float32, 0..255."""
    return np.asarray(Image.open(io.BytesIO(image.data)).convert("RGB"), np.float32)


def blots(image):
    """(16, 16, 3): the picture seen from the other end of the room."""
    small = Image.open(io.BytesIO(image.data)).convert("RGB").resize((16, 16), Image.Resampling.BOX)
    return np.asarray(small, np.float32)


def apart(one, other):
    return float(np.abs(blots(one) - blots(other)).mean())


def style_of(prompt):
    return draw(prompt)[0].facts["style"]


@pytest.mark.parametrize("style", list(FAMILIES))
def test_seeds_of_one_prompt_are_siblings_and_not_twins(style):
    first, second = draw("golden autumn wind", seeds=(1, 2), style=style)
    assert first.data != second.data
    assert apart(first, second) > 1


def test_siblings_are_closer_than_strangers():
    prompts = ("sunset over mountains", "blue night sea", "green silk", "stained glass rose")
    families = [draw(prompt, seeds=(1, 2, 3)) for prompt in prompts]
    within = [apart(a, b) for family in families for a in family for b in family if a is not b]
    between = [apart(a, b) for f in families for g in families if f is not g for a in f for b in g]
    assert np.mean(within) * 1.5 < np.mean(between)


@pytest.mark.parametrize("style", list(FAMILIES))
@pytest.mark.parametrize("size", [(256, 256), (760, 256), (256, 520)])
def test_every_family_draws_every_shape_and_fills_it(style, size):
    width, height = size
    image = draw("rain over a city by the sea, moon", width=width, height=height, style=style)[0]
    picture = pixels(image)
    assert picture.shape == (height, width, 3)
    assert picture.std() > 8, "no empty pictures"
    assert image.facts["style"] == style


@pytest.mark.parametrize("style", list(FAMILIES))
def test_a_larger_size_shows_the_same_picture(style):
    small = draw("violet dawn", style=style)[0]
    large = draw("violet dawn", style=style, width=512, height=512)[0]
    stranger = draw("bright lemon noon", style=style, seeds=(9,))[0]
    assert apart(small, large) < apart(small, stranger) / 2


def test_the_negative_prompt_takes_words_back():
    with_moon = draw("night sea under the moon", style="landscape")[0]
    without = draw("night sea under the moon", style="landscape", negative="moon")[0]
    indifferent = draw("night sea under the moon", style="landscape", negative="blurry hands")[0]
    assert pixels(with_moon).max() > 200
    assert apart(with_moon, without) > apart(with_moon, indifferent) == 0


def test_an_unwanted_colour_stays_away():
    red, tamed = draw("red silk")[0], draw("red silk", negative="red")[0]
    redness = [pixels(image)[..., 0].mean() - pixels(image)[..., 2].mean() for image in (red, tamed)]
    assert redness[0] > redness[1] + 20


@pytest.mark.parametrize(
    ("prompt", "style"),
    [
        ("stained glass window of a rose", "mosaic"),
        ("a geometric poster", "bauhaus"),
        ("black silk fabric", "silk"),
        ("fractal orbits", "attractor"),
        ("wind in the hair", "flow"),
        ("mountains above the sea", "landscape"),
    ],
)
def test_style_and_scene_words_choose_the_family(prompt, style):
    assert style_of(prompt) == style


def test_unknown_words_spread_over_the_families():
    styles = {style_of(f"zorblat quux {word}") for word in "abcdefghijklmnop"}
    assert len(styles) >= 3


def test_colour_words_reach_the_picture():
    red, blue = (pixels(draw(f"{word} silk")[0]).mean((0, 1)) for word in ("red", "blue"))
    assert red[0] > red[2] and blue[2] > blue[0]


def test_night_is_darker_than_noon():
    night, noon = (pixels(draw(f"mountains at {hour}")[0]).mean() for hour in ("night", "noon"))
    assert night + 40 < noon


def test_the_recipe_stands_in_the_file_before_the_pixels():
    data = draw("sea, calm", seeds=(123,), negative="red, ugly")[0].data
    text = Image.open(io.BytesIO(data)).info["parameters"]
    assert text.startswith("sea, calm\nNegative prompt: red, ugly\nSteps: 4, Sampler: landscape, Seed: 123, ")
    assert "Size: 256x256, Model: built-in-patterns" in text
    assert data.index(b"tEXt") < data.index(b"IDAT")


@pytest.mark.parametrize(
    "prompt", ["", "海の上の月 🌊🌙", "é" * 3, "word " * 2000, "null\0byte", "\ud800 half"]
)
def test_any_text_is_a_prompt(prompt):
    data = draw(prompt)[0].data
    picture = Image.open(io.BytesIO(data))
    picture.load()
    expected = prompt.replace("\0", "").encode("utf-8", "replace").decode()
    assert picture.text["parameters"].startswith(expected)


def test_another_process_draws_the_same_bytes():
    code = (
        "import hashlib; from tests.unit.generation.engines.test_procedural import draw;"
        "print(hashlib.sha256(b''.join(i.data for i in draw('misty pines', seeds=(5, 6)))).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    here = hashlib.sha256(b"".join(image.data for image in draw("misty pines", seeds=(5, 6)))).hexdigest()
    assert other.stdout.strip() == here


@pytest.mark.parametrize("option", [{"style": "oil"}, {"detail": 9}, {"contrast": "loud"}, {"warmth": None}])
def test_an_option_out_of_range_is_refused_with_a_sentence(option):
    with pytest.raises(EngineError) as caught:
        draw("sea", **option)
    assert caught.value.permanent and caught.value.sentence.endswith(".")


@pytest.mark.parametrize("size", [(250, 256), (128, 256), (4096, 256)])
def test_a_size_it_cannot_draw_is_refused_with_a_sentence(size):
    with pytest.raises(EngineError) as caught:
        draw("sea", width=size[0], height=size[1])
    assert caught.value.permanent and "256 to 2048" in caught.value.sentence


def test_numbers_may_come_as_text_from_a_form():
    assert draw("sea", detail="3", contrast="1.0")[0].data[:8] == draw("sea")[0].data[:8]


def test_warmth_and_contrast_change_the_light():
    cold, warm = (pixels(draw("grey silk", warmth=w)[0]).mean((0, 1)) for w in (-1, 1))
    soft, hard = (pixels(draw("grey silk", contrast=c)[0]).std() for c in (0.6, 1.5))
    assert warm[0] - warm[2] > cold[0] - cold[2] + 10
    assert hard > soft
