"""Bytes in, variants and facts out: the same with both libraries, in the real decoder process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from PIL import Image

from photos import decoder
from photos.images import CODES, Facts, RejectedImage
from photos.thumbnails import EAGER, VARIANTS, variant_size
from tests import pictures
from tests.pictures import BLUE, GREEN, RED, YELLOW, animate, cut, draw

WRITABLE = ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF"]
Examine = Callable[..., tuple[Facts, Mapping[str, Image.Image]]]


@pytest.fixture(scope="module", params=["libvips", "pillow"])
def pool(request: pytest.FixtureRequest) -> Iterator[decoder.Pool]:
    before = os.environ.get("GALLERY_DECODER")
    os.environ["GALLERY_DECODER"] = request.param
    pool = decoder.Pool()
    yield pool
    pool.close()
    os.environ.pop("GALLERY_DECODER")
    if before:
        os.environ["GALLERY_DECODER"] = before


@pytest.fixture
def examine(pool: decoder.Pool, tmp_path: Path) -> Examine:
    """The facts of some bytes, and its variants opened."""

    def examine(data: bytes, variants: tuple[str, ...] = EAGER) -> tuple[Facts, Mapping[str, Image.Image]]:
        (tmp_path / "picture").write_bytes(data)
        targets = {name: tmp_path / f"{name}.webp" for name in variants}
        facts = pool.examine(tmp_path / "picture", targets)
        return facts, {name: Image.open(target) for name, target in targets.items()}

    return examine


@pytest.fixture
def refusal(examine: Examine) -> Callable[[bytes], RejectedImage]:
    def refusal(data: bytes) -> RejectedImage:
        with pytest.raises(RejectedImage) as refused:
            examine(data)
        assert refused.value.code in CODES
        return refused.value

    return refusal


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    width, height = image.size
    x, y = width // 8, height // 8
    return [
        image.convert("RGB").getpixel(at)
        for at in ((x, y), (width - x, y), (x, height - y), (width - x, height - y))
    ]


def assert_upright(image: Image.Image, *, tolerance: int = 12) -> None:
    for found, expected in zip(corners(image), (RED, GREEN, BLUE, YELLOW), strict=True):
        assert max(abs(a - b) for a, b in zip(found, expected, strict=True)) <= tolerance, corners(image)


# --- what comes out ---------------------------------------------------------------------------------


@pytest.mark.parametrize("format", WRITABLE)
def test_a_picture_of_each_format_gets_its_variants(examine, format):
    facts, variants = examine(draw(format, (900, 700)))
    assert (facts.format, facts.width, facts.height, facts.frames) == (format, 900, 700, 1)
    assert {name: image.format for name, image in variants.items()} == dict.fromkeys(EAGER, "WEBP")
    for image in variants.values():
        assert_upright(image)


@pytest.mark.parametrize(
    "size", [(1, 1), (3, 2), (641, 1283), (1999, 1501), (5000, 37), (37, 5000), (1600, 1599)]
)
def test_files_are_exactly_as_large_as_pages_say(examine, size):
    _, variants = examine(draw("PNG", size), tuple(VARIANTS))
    assert {name: image.size for name, image in variants.items()} == {
        name: variant_size(name, *size) for name in VARIANTS
    }


def test_a_wide_panorama_keeps_its_rows_sharp(examine):
    _, variants = examine(draw("JPEG", (3200, 800)))
    assert (variants["h640"].size, variants["l1600"].size) == ((2560, 640), (1600, 400))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_comes_out_upright(examine, format, orientation):
    facts, variants = examine(draw(format, (400, 300), orientation=orientation))
    assert (facts.width, facts.height, facts.orientation) == (400, 300, orientation)
    assert_upright(variants["h320"])


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_an_orientation_that_does_not_exist_is_none(examine, orientation):
    facts, variants = examine(draw("JPEG", (400, 300), orientation=orientation))
    assert facts.orientation == 1
    assert_upright(variants["h320"])


def test_nothing_of_the_original_is_left_in_a_thumbnail(examine):
    exif = Image.Exif()
    exif[0x010F] = "Camera of Alice"
    _, variants = examine(draw("JPEG", (400, 300), exif=exif, icc=pictures.swapped_icc()))
    assert all(
        set(image.info) <= {"loop", "background", "timestamp", "duration"} for image in variants.values()
    )


def test_one_more_size_is_drawn_on_request(pool, tmp_path):
    (tmp_path / "picture").write_bytes(draw("JPEG", (4000, 3000), orientation=6))
    pool.render(tmp_path / "picture", "l2560", tmp_path / "large.webp")
    assert Image.open(tmp_path / "large.webp").size == (2560, 1920)
    assert_upright(Image.open(tmp_path / "large.webp"))


def test_only_the_first_frame_is_drawn(examine):
    for format in ("GIF", "WEBP", "PNG", "TIFF", "AVIF"):
        facts, variants = examine(animate(format, 3))
        assert facts.frames == 3
        assert_upright(variants["h320"], tolerance=40)


# --- colours ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "mode"),
    [
        ("PNG", "P"),
        ("PNG", "RGBA"),
        ("WEBP", "RGBA"),
        ("TIFF", "CMYK"),
        ("TIFF", "LAB"),
        ("JPEG", "CMYK"),
        ("GIF", "P"),
    ],
)
def test_every_way_to_say_a_colour_ends_in_the_same_colour(examine, format, mode):
    _, variants = examine(draw(format, (400, 300), mode=mode))
    assert_upright(variants["h320"], tolerance=25)


@pytest.mark.parametrize(
    ("format", "mode"),
    [("PNG", "1"), ("PNG", "L"), ("PNG", "LA"), ("JPEG", "L"), ("PNG", "I;16"), ("TIFF", "I;16")],
)
def test_grey_stays_as_bright_as_it_was(examine, format, mode):
    _, variants = examine(draw(format, (400, 300), mode=mode))
    expected = corners(pictures.picture((400, 300)).convert("L").convert("RGB"))
    if mode == "1":
        expected = [(value[0],) * 3 for value in corners(variants["h320"])]
    for found, grey in zip(corners(variants["h320"]), expected, strict=True):
        assert max(abs(a - b) for a, b in zip(found, grey, strict=True)) <= 6


@pytest.mark.parametrize("color", [True, False])
def test_sixteen_bits_are_scaled_and_not_clipped(examine, color):
    _, variants = examine(pictures.deep_png(color=color))
    row = [variants["h320"].convert("L").getpixel((x, 2)) for x in (16, 64, 128, 192, 240)]
    assert row == pytest.approx([16, 64, 128, 192, 240], abs=5)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_colour_profile_is_obeyed(examine, format):
    _, variants = examine(draw(format, (400, 300), icc=pictures.swapped_icc()))
    red, green, *_ = corners(variants["h320"])
    assert red[1] > red[0]
    assert green[0] > green[1]


@pytest.mark.parametrize("profile", [b"no profile at all", pictures.swapped_icc()[:200]])
def test_a_broken_profile_does_not_cost_the_picture(examine, profile):
    _, variants = examine(draw("JPEG", (400, 300), icc=profile))
    assert_upright(variants["h320"])


@pytest.mark.parametrize(
    ("format", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("WEBP", "RGBA"), ("AVIF", "RGBA"), ("TIFF", "RGBA")]
)
def test_transparency_is_kept(examine, format, mode):
    _, variants = examine(draw(format, (400, 300), mode=mode))
    assert variants["h320"].mode == "RGBA"
    assert variants["h320"].getpixel((200, 150))[3] == 0
    assert variants["h320"].getpixel((20, 20))[3] == 255


def test_a_transparent_palette_colour_is_transparent(examine):
    image = Image.new("P", (400, 300), 1)
    image.putpalette([0, 0, 0, 200, 30, 30])
    image.paste(0, (100, 100, 300, 200))
    for format in ("PNG", "GIF"):
        _, variants = examine(pictures.encode(image, format, transparency=0))
        assert variants["h320"].getpixel((200, 150))[3] == 0


def test_the_placeholder_has_the_colour_of_the_picture(examine):
    facts, _ = examine(pictures.encode(Image.new("RGB", (300, 200), (18, 52, 86))))
    assert facts.color == "#123456"


def test_a_picture_that_is_all_glass_has_a_colour_too(examine):
    facts, _ = examine(pictures.encode(Image.new("RGBA", (300, 200), (0, 0, 0, 0))))
    assert (facts.color, facts.phash) == ("#808080", None)


def test_look_alikes_have_hashes_that_are_near(examine):
    def phash(data: bytes) -> int:
        value = examine(data)[0].phash
        assert value is not None
        return value

    original = phash(draw("PNG", (900, 700)))
    smaller = phash(draw("JPEG", (450, 350), quality=70))
    other = phash(pictures.encode(Image.radial_gradient("L").resize((900, 700))))
    assert (original ^ smaller).bit_count() <= 10 < (original ^ other).bit_count()


# --- what stays out ---------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.5, 0.98])
@pytest.mark.parametrize("format", WRITABLE)
def test_a_cut_file_is_refused(refusal, format, share):
    whole = draw(format, (900, 700), **({"quality": 60} if format == "AVIF" else {}))
    assert refusal(cut(whole, share)).code in ("truncated", "corrupt")


@pytest.mark.parametrize("options", [{"progressive": True}, {"mode": "CMYK"}, {"mode": "L"}])
def test_a_cut_jpeg_of_any_kind_is_refused(refusal, options):
    assert refusal(cut(draw("JPEG", (2000, 1500), **options), 0.98)).code == "truncated"


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_a_cut_animation_is_refused_though_its_first_frame_is_whole(refusal, format):
    assert refusal(cut(animate(format, 8), 0.6)).code == "truncated"


def test_too_many_pixels_are_refused_with_numbers(refusal):
    refused = refusal(pictures.png((12_000, 9_000)))
    assert refused.code == "too-many-pixels"
    assert refused.sentence.startswith("12,000 x 9,000 pixels are 108 megapixels; at most 100 are accepted.")


def test_one_pixel_above_the_limit_does_not_read_like_the_limit(refusal):
    assert "100.1 megapixels" in refusal(pictures.png((100_000_001, 1))).sentence


@pytest.mark.parametrize("format", ["GIF", "PNG"])
def test_a_thousand_frames_are_enough(refusal, format):
    still = [Image.new("L", (2, 2), number % 256) for number in range(1_002)]
    data = pictures.encode(still[0], format, save_all=True, append_images=still[1:])
    assert refusal(data).code == "too-many-frames"


def test_many_large_frames_are_refused_by_their_area(refusal):
    refused = refusal(pictures.hollow_gif((3_000, 3_000), 112))
    assert refused.code == "too-many-frames"
    assert "112 frames of 3,000 x 3,000" in refused.sentence


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_a_bomb_in_the_text_is_left_aside_and_the_picture_kept(examine, pool, kind):
    facts, _ = examine(pictures.text_bomb(kind=kind))
    assert (facts.width, facts.height) == (64, 48)
    (child,) = pool.decoders
    assert decoder.resident_bytes(child.process.pid) < 300 * 1024 * 1024


def test_a_raw_file_is_not_shown_as_its_preview(refusal):
    preview = pictures.encode(pictures.picture(), "TIFF", tiffinfo={50706: b"\1\4\0\0"})
    assert "camera raw" in refusal(preview).sentence


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\4\0\0\0WEBP", b"II*\0\x08\0\0\0", b"\xff\xd8\xff\xe0"]
)
def test_a_file_that_only_begins_like_a_picture_is_refused(refusal, data):
    assert refusal(data).code in ("truncated", "corrupt")
