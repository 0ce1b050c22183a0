"""What is read from a picture's file: real bytes, made here, opened as the decoder opens them."""

import datetime as dt
import io
import json
import zlib
from pathlib import Path

import pytest
from PIL import Image, TiffImagePlugin

from photos.images import Facts
from photos.metadata import read_metadata

EXIF, GPS = 0x8769, 0x8825
MAKE, MODEL, DESCRIPTION, CHANGED, RATING = 0x010F, 0x0110, 0x010E, 0x0132, 0x4746
TAKEN, OFFSET, SUBSECONDS, COMMENT = 0x9003, 0x9011, 0x9291, 0x9286

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
    'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" {attributes}>{elements}'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def xmp(attributes="", elements=""):
    return XMP.format(attributes=attributes, elements=elements).encode()


def chunk(kind, body):
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def png(*before, after=()):
    """A PNG of one pixel with chunks before and after its pixel data."""
    header = chunk(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"".join([b"\x89PNG\r\n\x1a\n", header, *before, pixels, *after, chunk(b"IEND", b"")])


def exif(main=(), photo=(), gps=()):
    tags = Image.Exif()
    tags.update(dict(main))
    for directory, values in ((EXIF, photo), (GPS, gps)):
        if values:
            tags.get_ifd(directory).update(dict(values))
    return tags.tobytes()


def saved(format, **options):
    stream = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(stream, format, **options)
    return stream.getvalue()


@pytest.fixture
def read(tmp_path):
    """What is said of these bytes; decoding them fails the test."""

    def read(data, format="JPEG"):
        path = tmp_path / "picture"
        path.write_bytes(data)
        with Image.open(path) as image:
            image.load = lambda *args: pytest.fail("the pixels were decoded")
            return read_metadata(image, path, format)

    return read


def test_the_fields_are_those_of_facts_and_an_empty_picture_has_none(read):
    said = read(saved("JPEG"))
    facts = Facts(format="JPEG", width=8, height=6, **said)
    assert facts == Facts(format="JPEG", width=8, height=6)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_the_camera_is_found_in_every_format(read, format):
    tags = exif(
        {MAKE: "Canon", MODEL: "Canon EOS R5"},
        {TAKEN: "2024:04:13 20:35:31", SUBSECONDS: "25", OFFSET: "+05:45", 0x8827: 200, 0x829A: 0.004},
    )
    said = read(saved(format, exif=tags), format)
    assert (said["camera_make"], said["camera_model"]) == ("Canon", "Canon EOS R5")
    assert (said["taken_at"], said["taken_offset_minutes"]) == ("2024-04-13T20:35:31.250000", 345)
    assert (said["iso"], said["exposure"]) == (200, "1/250 s")
    assert said["exif"]["Model"] == "Canon EOS R5" and json.dumps(said["exif"], allow_nan=False)


def test_the_exposure_reads_as_photographers_write_it(read):
    tags = exif({}, {0x829A: 2.5, 0x829D: 2.8, 0x920A: 35.0, 0xA434: "EF 35mm f/2"})
    said = read(saved("JPEG", exif=tags))
    assert said["exposure"] == "2.5 s, f/2.8, 35 mm"
    assert said["lens"] == "EF 35mm f/2"


@pytest.mark.parametrize(
    "date", ["0000:00:00 00:00:00", "    :  :     :  :  ", "9999:99:99 99:99:99", "soon"]
)
def test_a_date_that_is_none_leaves_the_question_to_the_next_tag(read, date):
    said = read(saved("JPEG", exif=exif({CHANGED: "2020:01:02 03:04:05"}, {TAKEN: date})))
    assert said["taken_at"] == "2020-01-02T03:04:05"


def test_a_date_before_photography_or_in_the_future_is_unknown_and_not_replaced_by_the_scan(read):
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(days=3)).strftime("%Y:%m:%d %H:%M:%S")
    for date in ("1601:06:06 16:39:33", later):
        said = read(saved("JPEG", exif=exif({CHANGED: "2020:01:02 03:04:05"}, {TAKEN: date})))
        assert said["taken_at"] == ""


def test_the_zone_is_derived_from_the_satellite_time_when_the_camera_wrote_none(read):
    gps = {0x001D: "2023:06:07", 0x0007: (12.0, 45.0, 50.0)}
    said = read(saved("JPEG", exif=exif({}, {TAKEN: "2023:06:07 18:30:52"}, gps)))
    assert said["taken_offset_minutes"] == 345


def test_a_satellite_time_of_an_old_fix_gives_no_zone(read):
    gps = {0x001D: "2023:06:07", 0x0007: (12.0, 24.0, 0.0)}
    said = read(saved("JPEG", exif=exif({}, {TAKEN: "2023:06:07 13:45:55"}, gps)))
    assert said["taken_offset_minutes"] is None


def test_the_place_is_in_signed_degrees(read):
    gps = {1: "S", 2: (33.0, 51.0, 20.5), 3: "W", 4: (151.0, 12.0, 0.0)}
    said = read(saved("JPEG", exif=exif(gps=gps)))
    assert said["lat"] == pytest.approx(-33.855694, abs=1e-6) and said["lon"] == pytest.approx(-151.2)


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (10.0, 0.0, 0.0)},
        {2: (50.0, 0.0, 0.0), 4: (10.0, 0.0, 0.0)},
        {1: "N", 2: (TiffImagePlugin.IFDRational(1, 0),) * 3, 3: "E", 4: (10.0, 0.0, 0.0)},
        {1: "N", 2: (4294967295.0, 0.0, 0.0), 3: "E", 4: (10.0, 0.0, 0.0)},
    ],
    ids=["null island", "beyond the pole", "no hemisphere", "zero denominator", "all bits set"],
)
def test_a_place_that_cannot_be_is_no_place(read, gps):
    said = read(saved("JPEG", exif=exif(gps=gps)))
    assert (said["lat"], said["lon"]) == (None, None)


def test_title_caption_keywords_and_stars_come_from_xmp_before_exif(read):
    elements = (
        '<dc:title><rdf:Alt><rdf:li xml:lang="de">Hafen</rdf:li><rdf:li xml:lang="x-default">Harbour</rdf:li>'
        "</rdf:Alt></dc:title><dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>boats</rdf:li>"
        "<rdf:li>sea</rdf:li></rdf:Bag></dc:subject>"
    )
    data = saved("JPEG", xmp=xmp('xmp:Rating="4"', elements), exif=exif({DESCRIPTION: "Evening", RATING: 2}))
    said = read(data)
    assert (said["title"], said["keywords"], said["rating"]) == ("Harbour", ("sea", "boats"), 4)
    assert said["caption"] == "Evening"


@pytest.mark.parametrize(("stated", "stars"), [("-1", None), ("0", 0), ("5", 5), ("6", None), ("x", None)])
def test_only_nought_to_five_are_stars(read, stated, stars):
    assert read(saved("JPEG", xmp=xmp(f'xmp:Rating="{stated}"')))["rating"] == stars


def test_iptc_records_of_a_jpeg_are_read_as_utf_8_when_they_say_so(read):
    def record(book, number, value):
        return bytes([0x1C, book, number]) + len(value).to_bytes(2, "big") + value

    records = record(1, 90, b"\x1b%G") + record(2, 5, "Fähre".encode()) + record(2, 25, b"sea")
    records += record(2, 55, b"20191014") + record(2, 60, b"150020+0200")
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + len(records).to_bytes(4, "big") + records
    data = saved("JPEG")
    data = data[:2] + b"\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block + data[2:]
    said = read(data)
    assert (said["title"], said["keywords"]) == ("Fähre", ("sea",))
    assert (said["taken_at"], said["taken_offset_minutes"]) == ("2019-10-14T15:00:20", 120)


def test_text_after_the_pixels_of_a_png_is_found(read):
    text = chunk(b"tEXt", b"parameters\0a duck\nSteps: 15, Sampler: UniPC, Seed: 7, Size: 64x48")
    assert read(png(after=[text]), "PNG")["recipe"].prompt == "a duck"


def test_utf_8_in_a_latin_chunk_is_read_as_it_was_meant(read):
    body = "parameters\0灯台\nSteps: 15, Sampler: UniPC, Seed: 7, Size: 64x48".encode()
    assert read(png(chunk(b"tEXt", body)), "PNG")["recipe"].prompt == "灯台"


def test_a_text_bomb_is_absent_text_and_the_next_text_is_read(read):
    bomb = chunk(b"zTXt", b"bomb\0\0" + zlib.compress(bytes(50_000_000)))
    good = chunk(b"iTXt", b"parameters\0\1\0\0\0" + zlib.compress(b"p\nSteps: 1, Seed: 2, Size: 8x6"))
    assert read(png(after=[bomb, good]), "PNG")["recipe"].seed == "2"


def test_a_hundred_text_bombs_cost_little_more_than_one(read):
    bomb = zlib.compress(bytes(9_000_000))
    bombs = [chunk(b"zTXt", b"bomb\0\0" + bomb) for _ in range(100)]
    assert read(png(after=[*bombs, chunk(b"caBX", b"digital")]), "PNG")["recipe"] is None


def test_xmp_that_defines_entities_is_refused_whole(read):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + xmp('xmp:Rating="4"')
    assert read(png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + bomb)), "PNG")["rating"] is None


def test_the_graph_a_generator_writes_into_the_camera_tags_is_no_camera(read):
    graph = '{"3": {"class_type": "KSampler", "inputs": {"seed": 1}}}'
    tags = exif({MAKE: f"workflow:{graph}", MODEL: f"prompt:{graph}"})
    said = read(saved("WEBP", exif=tags), "WEBP")
    assert (said["camera_make"], said["camera_model"]) == ("", "")
    assert "Model" not in said["exif"] and said["recipe"].generator == "ComfyUI"


@pytest.mark.parametrize("codec", ["utf-16-be", "utf-16-le", "utf-8"])
def test_the_user_comment_is_read_in_whatever_order_its_bytes_are(read, codec):
    text = "夜の灯台\nSteps: 15, Sampler: UniPC, CFG scale: 5, Seed: 7, Size: 64x48"
    said = read(saved("JPEG", exif=exif({}, {COMMENT: b"UNICODE\0" + text.encode(codec)})))
    assert (said["recipe"].prompt, said["recipe"].raw) == ("夜の灯台", text)
    assert "UserComment" not in said["exif"]


def test_the_clock_of_a_generator_is_not_the_clock_of_a_camera(read):
    comment = b"UNICODE\0" + "p\nSteps: 1, Seed: 2, Size: 8x6".encode("utf-16-be")
    said = read(saved("JPEG", exif=exif({CHANGED: "2024:01:02 03:04:05"}, {COMMENT: comment})))
    assert (said["taken_at"], said["generated_at"]) == ("", "2024-01-02T03:04:05")


def test_a_caption_that_repeats_the_recipe_is_no_caption(read):
    text = "a red lighthouse\nSteps: 1, Seed: 2, Size: 8x6"
    caption = (
        f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></dc:description>'
    )
    packet = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(elements=caption))
    said = read(png(packet, chunk(b"tEXt", b"parameters\0" + text.encode())), "PNG")
    assert said["recipe"] and said["caption"] == ""


def test_the_digital_source_type_is_the_term_alone(read):
    address = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    said = read(saved("JPEG", xmp=xmp(f'Iptc4xmpExt:DigitalSourceType="{address}"')))
    assert said["digital_source_type"] == "compositeWithTrainedAlgorithmicMedia"


def test_the_term_inside_c2pa_does_not_swallow_the_letter_behind_it(read):
    address = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    cbor = bytes([0x78, len(address)]) + address + b"msoftwareAgent"
    assert read(png(chunk(b"caBX", cbor)), "PNG")["digital_source_type"] == "trainedAlgorithmicMedia"


def test_nul_lone_surrogates_and_control_characters_do_not_reach_the_database(read):
    data = saved("JPEG", exif=exif({MODEL: "A\x07b\x1bc"}))
    assert read(data)["camera_model"] == "Abc"
    body = b'parameters\0a\\ud800b\nSteps: 1, Seed: "x\\ud800", Size: 8x6'
    recipe = read(png(chunk(b"tEXt", body)), "PNG")["recipe"]
    assert recipe.seed == "x\ufffd" and recipe.raw.encode()


def test_a_tag_directory_that_points_to_itself_ends(read):
    looped = b"II*\0\x08\0\0\0" + b"\1\0" + b"\x69\x87\4\0\1\0\0\0\x08\0\0\0" + b"\x08\0\0\0"
    assert read(png(chunk(b"eXIf", looped)), "PNG")["camera_make"] == ""


def test_a_file_cut_anywhere_still_gives_an_answer(read, tmp_path):
    comment = b"UNICODE\0" + "p\nSteps: 1, Seed: 2, Size: 8x6".encode("utf-16-be")
    whole = saved("JPEG", exif=exif({MAKE: "Canon"}, {COMMENT: comment}), xmp=xmp('xmp:Rating="4"'))
    image, path = Image.new("RGB", (1, 1)), tmp_path / "cut"
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        for format in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF"):
            assert read_metadata(image, path, format)["exif"] is not None


def test_a_file_that_is_gone_is_unknown_and_no_error():
    assert read_metadata(Image.new("RGB", (1, 1)), Path("/nowhere/at/all"), "JPEG")["title"] == ""
