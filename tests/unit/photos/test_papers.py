"""What a file carries on its way out: its own papers, the same picture, and nothing of the recipe."""

import io
import json
import random
import shutil
import struct
import subprocess
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageSequence

from photos import papers
from photos.papers import MarkError
from photos.papers.iso import info as iso_info
from tests import pictures
from tests.pictures import chunk, swapped_icc

TERM = "trainedAlgorithmicMedia"
PACKET = papers.packet(
    title="Harbour", creator="Alice", digital_source_type=TERM, ai_system="Forge", ai_system_version="2"
)
SECRET = b"a secret prompt"


def jpeg_with_everything():
    """EXIF with place and camera, turned; a profile; a comment; Photoshop's; a preview and more behind the end."""
    exif = Image.Exif()
    exif[0x010E], exif[0x010F] = SECRET.decode(), "Leica"
    exif.get_ifd(0x8825).update({1: "N", 2: (53.0, 32.0, 0.0), 3: "E", 4: (9.0, 59.0, 0.0)})
    data = pictures.draw(
        "JPEG", (64, 48), orientation=6, exif=exif, icc=swapped_icc(), comment=SECRET, progressive=True
    )
    photoshop = b"\xff\xed" + struct.pack(">H", 2 + 14 + len(SECRET)) + b"Photoshop 3.0\0" + SECRET
    preview = b"\xff\xe2" + struct.pack(">H", 2 + 4 + len(SECRET)) + b"MPF\0" + SECRET
    return data[:2] + photoshop + preview + data[2:] + SECRET


SOURCES = {
    "png": lambda: pictures.draw(
        "PNG", text={"parameters": SECRET.decode()}, icc=swapped_icc(), orientation=8
    ),
    "png 16 bits": lambda: pictures.deep_png(color=True),
    "png palette": lambda: pictures.draw("PNG", mode="P"),
    "png moving": lambda: pictures.animate("PNG"),
    "jpeg": jpeg_with_everything,
    "jpeg grey": lambda: pictures.draw("JPEG", mode="L"),
    "jpeg cmyk": lambda: pictures.draw("JPEG", mode="CMYK"),
    "jpeg restarts": lambda: pictures.draw("JPEG", (200, 200), restart_marker_blocks=2),
    "webp": lambda: pictures.draw("WEBP"),
    "webp turned": lambda: pictures.draw("WEBP", (63, 47), orientation=3, icc=swapped_icc()),
    "webp lossless alpha": lambda: pictures.draw("WEBP", (63, 47), mode="RGBA", lossless=True),
    "webp lossy alpha": lambda: pictures.draw("WEBP", mode="RGBA", xmp=b"<x>a secret prompt</x>"),
    "webp moving": lambda: pictures.animate("WEBP"),
}


@pytest.fixture(params=SOURCES)
def source(request, tmp_path):
    path = tmp_path / f"source.{request.param.split()[0]}"
    path.write_bytes(SOURCES[request.param]())
    return path


def format_of(path):
    return path.suffix[1:].upper()


def written(source):
    target = source.with_name("target" + source.suffix)
    papers.write(source, target, format=format_of(source), packet=PACKET)
    return target


def picture_in(path):
    """Every frame's pixels, the profile, and how it is turned."""
    with Image.open(path) as image:
        frames = [(frame.mode, frame.size, frame.tobytes()) for frame in ImageSequence.Iterator(image)]
        return frames, image.info.get("icc_profile"), image.info.get("dpi"), image.getexif().get(0x0112, 1)


def test_a_final_has_the_same_pixels_and_its_own_papers_alone(source):
    target = written(source)
    papers.verify(source, target, format_of(source), TERM)
    said = papers.read(target, format_of(source))
    assert picture_in(source) == picture_in(target)
    assert SECRET not in target.read_bytes() and b"Leica" not in target.read_bytes()
    assert (said.title, said.creator, said.ai_system, said.digital_source_type) == (
        "Harbour",
        "Alice",
        "Forge",
        TERM,
    )
    assert (said.other_text, said.has_recipe, said.has_gps, said.camera) == ((), False, False, "")


def test_a_final_written_again_is_the_same_file(source):
    once = written(source)
    again = once.rename(once.with_name("once" + once.suffix))
    assert written(again).read_bytes() == again.read_bytes()


@pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")
def test_exiftool_reads_the_papers_and_finds_nothing_wrong(source):
    command = ["exiftool", "-j", "-G1", "-warning", "-error", "-XMP:all", str(written(source))]
    said = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)[0]
    assert said["XMP-iptcExt:DigitalSourceType"].endswith(TERM)
    assert (said["XMP-dc:Title"], said["XMP-dc:Creator"]) == ("Harbour", "Alice")
    assert (said["XMP-iptcExt:AISystemUsed"], said["XMP-iptcExt:AISystemVersionUsed"]) == ("Forge", 2)
    assert "ExifTool:Warning" not in said and "ExifTool:Error" not in said


def test_what_a_strangers_file_says_is_read(tmp_path):
    path = tmp_path / "from a camera.jpg"
    path.write_bytes(jpeg_with_everything())
    said = papers.read(path, "JPEG")
    assert said.has_gps and said.camera == "Leica" and not said.is_marked
    assert {"ImageDescription", "comment", "IPTC"} <= set(said.other_text)


def test_avif_says_what_it_carries_though_nobody_writes_into_it(tmp_path):
    path = tmp_path / "image.avif"
    exif = Image.Exif()
    exif[0x010F] = "Leica"
    path.write_bytes(pictures.draw("AVIF", exif=exif, xmp=PACKET))
    said = papers.read(path, "AVIF")
    assert (said.title, said.camera, said.is_marked) == ("Harbour", "Leica", True)
    assert not papers.can_write("AVIF")
    with pytest.raises(MarkError) as refused:
        papers.write(path, tmp_path / "final.avif", format="AVIF", packet=PACKET)
    assert refused.value.code == "format"


def test_a_gif_says_what_it_carries(tmp_path):
    path = tmp_path / "image.gif"
    data, tail = pictures.draw("GIF", comment=SECRET), b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    path.write_bytes(data[:-1] + b"!\xff\x0bXMP DataXMP" + PACKET + tail + data[-1:])
    said = papers.read(path, "GIF")
    assert said.other_text == ("comment",) and said.title == "Harbour"


def signed(data, format):
    box = b"JP\0\1\0\0\0\1" + b"\0\0\0\x28jumb....jumdc2pa" + bytes(24)
    if format == "PNG":
        return data[:33] + chunk(b"caBX", box) + data[33:]
    if format == "JPEG":
        return data[:2] + b"\xff\xeb" + struct.pack(">H", len(box) + 2) + box + data[2:]
    whole = data[12:] + b"C2PA" + struct.pack("<I", len(box)) + box
    return b"RIFF" + struct.pack("<I", len(whole) + 4) + b"WEBP" + whole


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_a_signed_image_is_seen_and_never_rewritten(tmp_path, format):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(signed(pictures.draw(format), format))
    assert papers.read(source, format).signed == "c2pa"
    with pytest.raises(MarkError) as refused:
        papers.write(source, target, format=format, packet=PACKET)
    assert refused.value.code == "signed" and not target.exists()


def test_an_image_whose_signature_lies_elsewhere_is_signed_too(tmp_path):
    source = tmp_path / "source.webp"
    pointer = PACKET.replace(
        b"<dc:title>",
        b'<p:provenance xmlns:p="http://purl.org/dc/terms/">https://example.org/1</p:provenance><dc:title>',
    )
    source.write_bytes(pictures.draw("WEBP", xmp=pointer))
    with pytest.raises(MarkError) as refused:
        papers.write(source, tmp_path / "target", format="WEBP", packet=PACKET)
    assert refused.value.code == "signed" and papers.read(source, "WEBP").signed == "c2pa"


def test_a_cut_image_gives_no_final(source):
    whole = source.read_bytes().removesuffix(SECRET)
    for length in [0, 7, 20, 60, len(whole) // 2, len(whole) - 13, len(whole) - 1]:
        source.write_bytes(whole[:length])
        with pytest.raises(MarkError) as refused:
            written(source)
        assert refused.value.code == "damaged" and str(source.parent) not in refused.value.sentence
        assert list(source.parent.iterdir()) == [source]


def test_files_that_lie_are_refused_or_written_whole_and_never_cost_more(source):
    """Bytes turned at random, seeded: either a sentence, or a final that is proved."""
    whole, dice = source.read_bytes(), random.Random(7)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(min(len(data), 700))] = dice.choice((0, 1, 0x7F, 0xFF, dice.randrange(256)))
        source.write_bytes(data)
        papers.read(source, format_of(source))
        iso_info(io.BytesIO(data))
        try:
            target = written(source)
            papers.verify(source, target, format_of(source), TERM)
            target.unlink()
        except MarkError:
            continue


def test_lying_avif_and_gif_files_are_read_without_a_fault(tmp_path):
    dice, path = random.Random(3), tmp_path / "lying"
    for format in ("AVIF", "GIF", "TIFF"):
        whole = pictures.draw(format, **({} if format == "TIFF" else {"xmp": PACKET}))
        for _ in range(150):
            data = bytearray(whole[: dice.randrange(len(whole))])
            for _ in range(3 if data else 0):
                data[dice.randrange(min(len(data), 700))] = dice.randrange(256)
            path.write_bytes(data)
            papers.read(path, format)


def test_a_wrong_checksum_gives_no_final(tmp_path):
    data = bytearray(pictures.draw("PNG"))
    data[data.index(b"IDAT") + 9] ^= 1
    (tmp_path / "source.png").write_bytes(data)
    with pytest.raises(MarkError, match="checksum"):
        written(tmp_path / "source.png")


def test_an_existing_file_is_never_overwritten(source):
    target = source.with_name("target" + source.suffix)
    target.write_bytes(b"mine")
    with pytest.raises(MarkError) as refused:
        written(source)
    assert refused.value.code == "exists" and target.read_bytes() == b"mine"


def test_verifying_notices_another_picture_a_missing_mark_and_a_stowaway(source):
    format, target = format_of(source), written(source)
    other = source.with_name("other" + source.suffix)
    other.write_bytes(pictures.draw(format, (40, 30), seed=9))
    with pytest.raises(MarkError, match="same picture"):
        papers.verify(other, target, format, TERM)
    with pytest.raises(MarkError, match="how it was made"):
        papers.verify(source, target, format, "digitalCapture")
    target.write_bytes(target.read_bytes() + b"PK stowaway")
    with pytest.raises(MarkError, match="other text"):
        papers.verify(source, target, format, TERM)


def test_verifying_notices_text_beside_the_packet(tmp_path):
    source = tmp_path / "source.png"
    source.write_bytes(pictures.draw("PNG"))
    target = written(source)
    data = target.read_bytes()
    target.write_bytes(data[:33] + chunk(b"tEXt", b"parameters\0secret") + data[33:])
    with pytest.raises(MarkError, match="other text"):
        papers.verify(source, target, "PNG", TERM)


def test_a_prompt_longer_than_a_jpeg_can_hold_is_refused_with_a_sentence(tmp_path):
    source = tmp_path / "source.jpeg"
    source.write_bytes(pictures.draw("JPEG"))
    packet = papers.packet(digital_source_type=TERM, prompt="word " * 20_000)
    with pytest.raises(MarkError, match="too long for a JPEG") as refused:
        papers.write(source, tmp_path / "target", format="JPEG", packet=packet)
    assert refused.value.code == "too-long" and not (tmp_path / "target").exists()


def test_the_packet_has_the_full_address_and_leaves_empty_fields_out():
    text = PACKET.decode()
    assert f">http://cv.iptc.org/newscodes/digitalsourcetype/{TERM}</Iptc4xmpExt:DigitalSourceType>" in text
    assert "AISystemUsed>Forge<" in text and "AISystemVersionUsed>2<" in text
    assert "AIPromptInformation" not in text and "dc:rights" not in text


def test_the_prompt_is_in_the_packet_only_when_it_is_given():
    assert b"AIPromptInformation>a cat<" in papers.packet(digital_source_type=TERM, prompt="a cat")


def test_whatever_a_title_holds_the_packet_is_xml():
    packet = papers.packet(
        title='</rdf:li>]]>&<!DOCTYPE "\x00\ud800\uffff\x1b', creator="A & B", prompt="<lora:a:1>"
    )
    root = ElementTree.parse(io.BytesIO(packet)).getroot()
    titles = [item.text for item in root.iter() if item.tag.endswith("}li")]
    assert titles == ['</rdf:li>]]>&<!DOCTYPE "\ufffd\ufffd\ufffd', "A & B"]


def test_a_term_that_is_none_is_a_fault_of_the_caller():
    with pytest.raises(ValueError, match="not a term"):
        papers.packet(digital_source_type='x"/><script>')
