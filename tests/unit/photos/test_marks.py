"""What a final carries: its own papers, the same pixels, and nothing of the recipe."""

import io
import zlib
from xml.etree import ElementTree

import pytest
from PIL import Image, PngImagePlugin

from photos.marks import MarkError, can_mark, final_packet, verify_png_final, write_png_final
from photos.metadata import read_metadata

TERM = "trainedAlgorithmicMedia"
PACKET = final_packet(title="Harbour", creator="Alice", digital_source_type=TERM, ai_system="Forge")


def chunk(kind, body):
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def kinds(path):
    data, position, found = path.read_bytes(), 8, []
    while position < len(data):
        found.append(data[position + 4 : position + 8])
        position += 12 + int.from_bytes(data[position : position + 4], "big")
    return found


@pytest.fixture
def candidate(tmp_path):
    """A PNG as engines write them: with its recipe in text, a colour profile, and a resolution."""
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a secret prompt\nSteps: 1, Seed: 2, Size: 8x6")
    text.add_itxt("workflow", '{"secret": true}', zip=True)
    path = tmp_path / "candidate.png"
    exif = Image.Exif()
    exif[0x010E] = "a secret prompt"
    Image.linear_gradient("L").save(path, pnginfo=text, dpi=(72, 72), exif=exif, icc_profile=b"profile" * 20)
    return path


def insert(path, extra, after=b"IHDR"):
    data = path.read_bytes()
    start = data.index(after) - 4
    end = start + 12 + int.from_bytes(data[start : start + 4], "big")
    path.write_bytes(data[:end] + extra + data[end:])


def test_a_final_has_the_same_pixels_and_says_how_it_was_made(candidate, tmp_path):
    final = tmp_path / "final.png"
    write_png_final(candidate, final, PACKET)
    verify_png_final(candidate, final, TERM)
    with Image.open(candidate) as before, Image.open(final) as after:
        said = read_metadata(after, final, "PNG")
        assert before.tobytes() == after.tobytes() and after.info["icc_profile"] == b"profile" * 20
    assert (said["title"], said["digital_source_type"]) == ("Harbour", TERM)


def test_the_recipe_does_not_travel(candidate, tmp_path):
    final = tmp_path / "final.png"
    write_png_final(candidate, final, PACKET)
    assert b"secret" not in final.read_bytes()
    with Image.open(final) as image:
        assert read_metadata(image, final, "PNG")["recipe"] is None
    assert kinds(final)[:2] == [b"IHDR", b"iTXt"] and kinds(final).count(b"iTXt") == 1


def test_frames_of_an_animation_are_copied(tmp_path):
    source, final = tmp_path / "moving.png", tmp_path / "final.png"
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "green", "blue")]
    frames[0].save(source, save_all=True, append_images=frames[1:])
    write_png_final(source, final, PACKET)
    verify_png_final(source, final, TERM)
    with Image.open(final) as image:
        assert image.n_frames == 3


def test_unknown_parts_and_what_hangs_behind_the_end_stay_behind(candidate, tmp_path):
    insert(candidate, chunk(b"prVt", b"secret"))
    candidate.write_bytes(candidate.read_bytes() + b"secret")
    final = tmp_path / "final.png"
    write_png_final(candidate, final, PACKET)
    assert b"secret" not in final.read_bytes()


def test_a_signed_image_is_never_rewritten(candidate, tmp_path):
    insert(candidate, chunk(b"caBX", b"jumb"), after=b"IDAT")
    with pytest.raises(MarkError) as refused:
        write_png_final(candidate, tmp_path / "final.png", PACKET)
    assert refused.value.code == "signed"
    assert not (tmp_path / "final.png").exists()


@pytest.mark.parametrize("length", [0, 7, 20, 60, -1, -13])
def test_a_cut_image_gives_no_final(candidate, tmp_path, length):
    candidate.write_bytes(candidate.read_bytes()[:length])
    with pytest.raises(MarkError) as refused:
        write_png_final(candidate, tmp_path / "final.png", PACKET)
    assert refused.value.code == "damaged" and str(tmp_path) not in refused.value.sentence
    assert list(tmp_path.iterdir()) == [candidate]


def test_a_wrong_checksum_gives_no_final(candidate, tmp_path):
    data = bytearray(candidate.read_bytes())
    data[data.index(b"IDAT") + 9] ^= 1
    candidate.write_bytes(data)
    with pytest.raises(MarkError, match="checksum"):
        write_png_final(candidate, tmp_path / "final.png", PACKET)


def test_an_existing_file_is_never_overwritten(candidate, tmp_path):
    final = tmp_path / "final.png"
    final.write_bytes(b"mine")
    with pytest.raises(MarkError) as refused:
        write_png_final(candidate, final, PACKET)
    assert refused.value.code == "exists" and final.read_bytes() == b"mine"


def test_verifying_notices_other_pixels_a_missing_mark_and_a_stowaway(candidate, tmp_path):
    final, other = tmp_path / "final.png", tmp_path / "other.png"
    write_png_final(candidate, final, PACKET)
    Image.new("L", (256, 256)).save(other)
    with pytest.raises(MarkError, match="same picture"):
        verify_png_final(other, final, TERM)
    with pytest.raises(MarkError, match="how it was made"):
        verify_png_final(candidate, final, "digitalCapture")
    insert(final, chunk(b"tEXt", b"parameters\0secret"), after=b"iTXt")
    with pytest.raises(MarkError, match="other text"):
        verify_png_final(candidate, final, TERM)


def test_the_packet_has_the_full_address_and_leaves_empty_fields_out():
    text = PACKET.decode()
    assert f">http://cv.iptc.org/newscodes/digitalsourcetype/{TERM}</Iptc4xmpExt:DigitalSourceType>" in text
    assert "AISystemUsed>Forge<" in text
    assert "AIPromptInformation" not in text and "dc:rights" not in text


def test_the_prompt_is_in_the_packet_only_when_it_is_given():
    assert b"AIPromptInformation>a cat<" in final_packet(digital_source_type=TERM, prompt="a cat")


def test_whatever_a_title_holds_the_packet_is_xml():
    packet = final_packet(
        title='</rdf:li>]]>&<!DOCTYPE "\x00\ud800\uffff\x1b', creator="A & B", prompt="<lora:a:1>"
    )
    root = ElementTree.parse(io.BytesIO(packet)).getroot()
    titles = [item.text for item in root.iter() if item.tag.endswith("}li")]
    assert titles == ['</rdf:li>]]>&<!DOCTYPE "\ufffd\ufffd\ufffd', "A & B"]


def test_a_term_that_is_none_is_a_fault_of_the_caller():
    with pytest.raises(ValueError, match="not a term"):
        final_packet(digital_source_type='x"/><script>')


def test_only_png_can_be_marked_for_now():
    assert can_mark("PNG") and not can_mark("JPEG")
