"""Recipes in real files: each format's own place, as the generators write into it."""

import json

import pytest
from PIL import Image, PngImagePlugin

from photos.metadata import provenance, read_metadata
from tests.pictures import chunk, draw

MAKE, MODEL, MAKER_NOTE, USER_COMMENT, SOFTWARE = 0x010F, 0x0110, 0x927C, 0x9286, 0x0131
GRAPH = {
    "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse at 夜"}},
    "2": {
        "class_type": "KSampler",
        "inputs": {"seed": 7, "steps": 20, "positive": ["1", 0], "model": ["9", 0]},
    },
    "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0]}},
}
TEXT = "a lighthouse\nNegative prompt: people\nSteps: 20, Sampler: Euler, Seed: 7, Size: 8x6"


@pytest.fixture
def read(tmp_path):
    def said_of(data):
        path = tmp_path / "picture"
        path.write_bytes(data)
        with Image.open(path) as image:
            return read_metadata(image, path, image.format)

    return said_of


def exif(main):
    tags = Image.Exif()
    for tag, value in main.items():
        tags[tag] = value
    return tags


@pytest.mark.parametrize("format", ["WEBP", "JPEG", "AVIF"])
def test_a_graph_in_the_camera_tags_is_a_recipe_and_no_camera(read, format):
    tags = exif(
        {MODEL: f"prompt:{json.dumps(GRAPH)}", MAKE: 'workflow:{"nodes": []}', 0x010E: 'extra:{"a": 1}'}
    )
    said = read(draw(format, exif=tags))
    assert (said["recipe"].generator, said["recipe"].seed) == ("ComfyUI", "7")
    assert said["recipe"].prompt == "a lighthouse at 夜"
    assert (said["camera_make"], said["camera_model"]) == ("", "") and "Model" not in said["exif"]


@pytest.mark.parametrize("form", ["attribute", "element"])
def test_a_graph_in_the_xmp_of_an_avif(read, form):
    graph = json.dumps(GRAPH).replace("&", "&amp;").replace('"', "&quot;")
    inner = (
        f'c:prompt="{graph}"/>' if form == "attribute" else f"><c:prompt>{graph}</c:prompt></rdf:Description>"
    )
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:c="https://example.org/comfy/" {inner}</rdf:RDF></x:xmpmeta>'
    )
    assert read(draw("AVIF", xmp=xmp.encode()))["recipe"].prompt == "a lighthouse at 夜"


@pytest.mark.parametrize("key", ["prompt", "parameters"])
@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt"])
def test_every_kind_of_png_text_is_read_before_and_after_the_pixels(read, key, kind):
    text = (json.dumps(GRAPH) if key == "prompt" else TEXT).encode()
    info = PngImagePlugin.PngInfo()
    if kind == "iTXt":
        info.add_itxt(key, text.decode(), zip=True)
    else:
        info.add_text(key, text.decode("latin-1"), zip=kind == "zTXt")
    assert read(draw("PNG", pnginfo=info))["recipe"].seed == "7"
    whole = draw("PNG")
    late = whole[:-12] + chunk(b"tEXt", key.encode() + b"\0" + text) + whole[-12:]
    assert read(late)["recipe"].seed == "7"


@pytest.mark.parametrize("scheme", ["fooocus", "a1111"])
@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_fooocus_writes_plain_text_into_the_main_directory(read, format, scheme):
    settings = {"prompt": "a lighthouse", "seed": "7", "steps": 20, "base_model": "sea", "sampler": "euler"}
    text = json.dumps(settings) if scheme == "fooocus" else f"{TEXT}, Version: Fooocus v2.5"
    said = read(draw(format, exif=exif({USER_COMMENT: text, MAKER_NOTE: scheme, SOFTWARE: "Fooocus v2.5.5"})))
    assert (said["recipe"].generator, said["recipe"].prompt, said["recipe"].seed) == (
        "Fooocus",
        "a lighthouse",
        "7",
    )


@pytest.mark.parametrize(
    "agent",
    [
        b"msoftwareAgent\xbfdnamefGPT-4o\xff",
        b"msoftwareAgentfGPT-4o",
        b"msoftwareAgent\xa1dnamex\x06GPT-4o",
        b"tclaim_generator_info\x81\xa2dnamefGPT-4o",
    ],
    ids=["open map", "text", "long head", "signer"],
)
def test_the_program_that_c2pa_names_is_who_made_the_picture(read, agent):
    store = b"jumb" + agent + b"FHttp"
    assert provenance.agents(store) == ("GPT-4o",)
    term = b"xFhttp://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    whole = draw("PNG")
    said = read(whole[:33] + chunk(b"caBX", store + term) + whole[33:])
    assert (said["recipe"].generator, said["recipe"].prompt) == ("OpenAI", "")
    assert said["digital_source_type"] == "trainedAlgorithmicMedia"


def test_programs_come_before_signers_and_garbage_is_bounded():
    store = b"claim_generatoriSigner Ltd" + b"msoftwareAgentgFirefly" + b"softwareAgent\x78\xff" + b"x" * 300
    assert provenance.agents(store)[:1] == ("Firefly",)
    many = b"".join(b"softwareAgentd%04d" % number for number in range(1_000))
    assert len(provenance.agents(many)) == provenance.MAX_AGENTS
