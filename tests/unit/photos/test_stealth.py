"""Text hidden in pixels: found in alpha and in colours, and ruled out at once where there is none."""

import gzip
import io
import json
import time

import pytest
from PIL import Image

from photos.metadata import stealth
from photos.metadata.stealth import hidden_texts
from tests.pictures import chunk, draw, encode, picture, png

TEXT = "a circle\nNegative prompt: people\nSteps: 20, Sampler: Euler, Seed: 7, Size: 64x64"


def bits_of(data):
    return [byte >> shift & 1 for byte in data for shift in range(7, -1, -1)]


def hide(text, bands="A", packed=True, size=(64, 64), length=None):
    """A picture of noise that hides `text`; `length` is the one it states, in bits."""
    data = text if isinstance(text, bytes) else text.encode()
    data = gzip.compress(data) if packed else data
    signature = f"stealth_{'png' if bands == 'A' else 'rgb'}{'comp' if packed else 'info'}".encode()
    bits = bits_of(signature + (len(data) * 8 if length is None else length).to_bytes(4, "big") + data)
    image = picture(size, mode="RGBA" if bands == "A" else "RGB", seed=1)
    step = 1 if bands == "A" else 3
    pixels = image.load()
    for number, bit in enumerate(bits):
        x, y = divmod(number // step, size[1])
        band = 3 if bands == "A" else number % 3
        values = list(pixels[x, y])
        values[band] = values[band] & 254 | bit
        pixels[x, y] = tuple(values)
    return image


def found(image_or_bytes, **options):
    data = image_or_bytes if isinstance(image_or_bytes, bytes) else encode(image_or_bytes, "PNG", **options)
    return hidden_texts(io.BytesIO(data))


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "plain"])
@pytest.mark.parametrize("bands", ["A", "RGB"])
@pytest.mark.parametrize("size", [(64, 64), (200, 20), (20, 300)], ids=str)
def test_what_is_hidden_is_found(bands, packed, size):
    assert found(hide(TEXT, bands, packed, size)) == {"parameters": TEXT}


@pytest.mark.parametrize("level", [0, 9])
def test_how_the_rows_are_packed_makes_no_difference(level):
    assert found(hide(TEXT), compress_level=level) == {"parameters": TEXT}


@pytest.mark.parametrize("row_filter", range(5), ids=["none", "sub", "up", "average", "paeth"])
def test_the_first_column_is_read_through_every_filter(row_filter):
    image = hide(TEXT, size=(40, 60))
    rows, data = filtered(image, row_filter), image.tobytes()
    column = list(stealth._first_column(io.BytesIO(png(image.size, color=6, rows=rows))))
    assert column == [data[start : start + 4] for start in range(0, len(data), 160)]
    assert found(png(image.size, color=6, rows=rows)) == {"parameters": TEXT}


def filtered(image, kind):
    """The rows of a PNG, all with one filter (PNG specification, section 9)."""
    out, above = b"", bytes(image.width * 4)
    for y in range(image.height):
        row = image.tobytes()[y * image.width * 4 : (y + 1) * image.width * 4]
        guess = [
            predicted(kind, row[at - 4] if at > 3 else 0, above[at], above[at - 4] if at > 3 else 0)
            for at in range(len(row))
        ]
        out += bytes([kind]) + bytes(byte - one & 255 for byte, one in zip(row, guess, strict=True))
        above = row
    return out


def predicted(kind, left, up, corner):
    if kind == 4:
        return min((left, up, corner), key=lambda one: abs(left + up - corner - one))
    return (0, left, up, (left + up) // 2)[kind]


def test_the_pieces_of_novelai_come_out_as_they_stand_in_a_file():
    said = {"Software": "NovelAI", "Description": "p", "Comment": json.dumps({"seed": 7}), "n": 5}
    assert found(hide(json.dumps(said))) == {**said, "n": "5"}


def test_data_of_swarmui_is_left_whole():
    text = json.dumps({"sui_image_params": {"prompt": "p"}})
    assert found(hide(text)) == {"parameters": text}


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "LA"])
def test_an_ordinary_picture_hides_nothing(mode):
    assert found(draw("PNG", mode=mode)) == {}


@pytest.mark.parametrize(
    "picture",
    [
        hide(TEXT, length=2**32 - 1),
        hide(TEXT, length=7),
        hide(TEXT, length=0),
        hide(b"\xff\xfe\x00", packed=False, length=80_000),
        hide(b"no gzip at all", packed=False, size=(64, 64), length=64).transpose(
            Image.Transpose.FLIP_LEFT_RIGHT
        ),
    ],
    ids=["too long", "no bytes", "empty", "beyond", "turned"],
)
def test_a_signature_with_nothing_sound_behind_it_hides_nothing(picture):
    assert found(picture) == {}


def test_a_bomb_is_unpacked_no_further_than_text_is_kept(monkeypatch):
    monkeypatch.setattr(stealth, "MAX_HIDDEN", 10_000)
    bomb = gzip.compress(b"a" * 5_000_000)
    image = hide(bomb, packed=False, size=(256, 256))
    for number, bit in enumerate(bits_of(b"stealth_pngcomp")):
        value = image.getpixel((0, number))
        image.putpixel((0, number), (*value[:3], value[3] & 254 | bit))
    assert len(found(image)["parameters"]) == 10_000


def test_files_cut_anywhere_are_no_error():
    data = encode(hide(TEXT), "PNG")
    for end in range(0, len(data), 97):
        found_in_part = None
        try:
            found_in_part = hidden_texts(io.BytesIO(data[:end]))
        except OSError:  # Pillow's word for a cut file, which the picture's own reading says too
            continue
        assert found_in_part in ({}, {"parameters": TEXT})


def test_it_costs_next_to_nothing_to_see_that_nothing_is_hidden():
    noise = Image.effect_noise((1024, 1024), 90)
    data = encode(
        Image.merge("RGBA", [noise, noise, noise, Image.new("L", noise.size, 255)]), "PNG", compress_level=1
    )
    stream = io.BytesIO(data)
    hidden_texts(stream)
    started = time.process_time()
    for _ in range(100):
        assert hidden_texts(stream) == {}
    assert (time.process_time() - started) / 100 < 0.002


def test_chunks_that_promise_more_than_there_is_end_the_search():
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes([0, 0, 0, 8, 0, 0, 0, 8, 8, 6, 0, 0, 0]))
    assert found(head + b"\x7f\xff\xff\xffIDAT" + b"\0" * 100) == {}
