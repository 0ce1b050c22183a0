"""What of a picture goes into the index: its words, and its facts as words of fields of their own.

    red lighthouse 0007 png _n_blurry _m_flux1 _m_dev _ratio_landscape _is_generated

A word of a field begins with "_", which no other word contains: no beginning of a word finds one.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from photos.models import ImportedFile, Photo, PhotoFacts, PhotoText
from photos.search.keys import FIELDS, whole
from photos.search.words import MAX_WORDS, indexed, words_of

MAX_PATHS = 5_000  # of the pictures that are described together
MAX_FIELD_WORDS = 1_000  # of what is to be left out of a picture
RATIOS = ("1x1", "5x4", "4x5", "4x3", "3x4", "3x2", "2x3", "16x9", "9x16", "21x9", "9x21")
# By name: the migration that fills the index runs this before later columns exist.
COLUMNS = (
    "pk", "owner_id", "shown_at", "title", "caption", "file", "collection", "width", "height", "color", "exif",
    "latitude", "source_sha256", "digital_source_type", "recipe__generator", "recipe__prompt",
    "recipe__negative_prompt", "recipe__model", "recipe__sampler", "recipe__scheduler", "recipe__loras",
    "recipe__steps", "recipe__cfg", "recipe__seed",
)  # fmt: skip


@dataclass(frozen=True)
class Described:
    """Rows of one picture, and values of keys to be offered: [("model", "Flux.1 dev")]."""

    text: PhotoText
    facts: PhotoFacts
    values: list[tuple[str, str]] = field(default_factory=list)


def describe(photo_ids: Iterable[int], tags: dict[int, list[str]]) -> Iterator[Described]:
    photo_ids = list(photo_ids)
    rows, imported = Photo.objects.filter(pk__in=photo_ids).order_by("pk"), imported_paths(photo_ids)
    for row in rows.values(*COLUMNS):
        yield _described(row | {"imported": imported.get(row["pk"], [])}, tags.get(row["pk"], []))


def _described(row: dict, tags: list[str]) -> Described:
    of_text = {name: row[name] for name in ("owner_id", "shown_at")}
    prompt = row["recipe__prompt"] or ""
    words = _words(row["title"], row["caption"], *tags, prompt, PurePosixPath(row["file"]).name)
    facts = PhotoFacts(
        photo_id=row["pk"],
        owner_id=row["owner_id"],
        model=row["recipe__model"] or "",
        sampler=sampler_of(row),
        loras="\n".join(_loras(row)),
        camera=_camera(row),
        steps=row["recipe__steps"],
        cfg=row["recipe__cfg"],
    )
    text = " ".join([*words, *_field_words(row, facts, tags)])
    values = [("model", facts.model), ("sampler", facts.sampler), ("camera", facts.camera)]
    values += [("lora", one) for one in facts.loras.split("\n")]
    return Described(
        PhotoText(photo_id=row["pk"], words=text, **of_text), facts, [one for one in values if one[1]]
    )


def _words(*texts: str) -> list[str]:
    return [word for text in texts for word in indexed(words_of(text))][:MAX_WORDS]


def _field_words(row: dict, facts: PhotoFacts, tags: list[str]) -> Iterator[str]:
    texts = {
        "neg": row["recipe__negative_prompt"], "model": facts.model, "lora": facts.loras, "sampler": facts.sampler,
        "camera": facts.camera, "folder": folder_of(row),
    }  # fmt: skip
    for key, text in texts.items():
        yield from _in_field(key, indexed(words_of(text or ""))[:MAX_FIELD_WORDS])
    for key in ("model", "lora", "sampler", "camera"):
        yield from _in_field(f"{key}=", map(whole, texts[key].split("\n")))
    yield from _in_field("tag", dict.fromkeys(map(whole, tags)))
    yield from _in_field("seed", [whole(row["recipe__seed"] or "")])
    yield from _in_field("is", _states(row))
    yield from _in_field("has", _belongings(row))
    yield from _in_field("size", [f"{row['width']}x{row['height']}"])
    yield from _in_field("ratio", _ratios(row["width"], row["height"]))
    yield from _in_field("color", [color_name(row["color"])])


def _in_field(key: str, words: Iterable[str]) -> Iterator[str]:
    return (f"_{FIELDS[key]}_{word}" for word in words if word)


def folder_of(row: dict) -> str:
    """The folders a picture lies in, and those it was imported from."""
    paths = [row["file"], *row.get("imported", ())]
    return " ".join(str(PurePosixPath(path).parent) for path in paths)


def imported_paths(photo_ids: Iterable[int]) -> dict[int, list[str]]:
    """Paths that led to these pictures, the first ones found."""
    found: dict[int, list[str]] = {}
    rows = ImportedFile.objects.filter(photo__in=photo_ids).order_by("pk").values_list("photo_id", "path")
    for photo_id, path in rows[:MAX_PATHS]:
        found.setdefault(photo_id, []).append(path)
    return found


def sampler_of(row: dict) -> str:
    return " ".join(filter(None, [row["recipe__sampler"], row["recipe__scheduler"]]))[:120]


def _loras(row: dict) -> list[str]:
    loras = row["recipe__loras"] if isinstance(row["recipe__loras"], list) else []
    names = [str(one.get("name") or "") for one in loras if isinstance(one, dict)]
    return list(dict.fromkeys(" ".join(name.split())[:300] for name in names if name.strip()))


def _camera(row: dict) -> str:
    """Make and model; many a model bears the make already."""
    exif = row["exif"] if isinstance(row["exif"], dict) else {}
    make, model = (str(exif.get(name) or "").strip() for name in ("make", "model"))
    return (model if model.casefold().startswith(make.casefold()) else f"{make} {model}").strip()[:200]


def _states(row: dict) -> Iterator[str]:
    yield {"session": "candidate", "completed": "final"}.get(row["collection"], "uploaded")
    if row["recipe__generator"] or row["collection"] in ("session", "completed"):
        yield "generated"
    if row["digital_source_type"]:
        yield "marked"


def _belongings(row: dict) -> Iterator[str]:
    if row["recipe__generator"]:
        yield "recipe"
    if row["latitude"] is not None:
        yield "gps"
    if row["source_sha256"]:
        yield "source"


def _ratios(width: int, height: int) -> Iterator[str]:
    """A side longer by a fiftieth is still square; within that, names of formats too."""
    ratio = width / height
    yield "square" if 0.98 <= ratio <= 1.02 else "landscape" if ratio > 1 else "portrait"
    for name in RATIOS:
        across, down = map(int, name.split("x"))
        if abs(ratio * down / across - 1) < 0.02:
            yield name


def color_name(code: str) -> str:
    """The name of the colour a picture has on the whole."""
    try:
        red, green, blue = (int(code[at : at + 2], 16) / 255 for at in (1, 3, 5))
    except ValueError:
        return ""
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    chroma = max(red, green, blue) - min(red, green, blue)
    if light < 0.12 or light > 0.92:
        return "black" if light < 0.12 else "white"
    if chroma < 0.08 or saturation < 0.1:
        return "gray"
    return _hue_name(hue * 360, light)


def _hue_name(degrees: float, light: float) -> str:
    if 10 <= degrees < 50 and light < 0.42:
        return "brown"
    names = ((12, "red"), (42, "orange"), (68, "yellow"), (160, "green"), (195, "cyan"), (255, "blue"),
             (295, "purple"), (345, "pink"), (361, "red"))  # fmt: skip
    return next(name for end, name in names if degrees < end)
