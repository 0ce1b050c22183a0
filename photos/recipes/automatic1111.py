"""The "parameters" text of Automatic1111 and of all who copied it.

    a red lighthouse, <lora:coast:0.75>
    Negative prompt: people
    Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 31415, Size: 256x192, ...

Written so by Forge, reForge, SD.Next, Fooocus (by choice), Civitai, stable-diffusion.cpp and our own
built-in patterns; found in PNG text, in the EXIF UserComment, and in GIF and JPEG comments. Prompts may
have any number of lines; extensions add lines after the settings ("Template: ...").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from photos.images import RecipeFacts
from photos.recipes.found import Found
from photos.recipes.text import MAX_RAW
from photos.recipes.values import as_seed

NAME = "automatic1111"
VERSION = 2

MAX_SETTINGS = 256_000  # characters of the settings line that are looked at
MAX_BAD_JSON = 20  # values that look like JSON and are not, before no more are tried
MAX_CANDIDATES = 100  # lines that begin like settings and are none, before the search ends
MIN_PAIRS = 3  # as in the original: fewer and the line belongs to the prompt

NEGATIVE = "Negative prompt:"

_KEY = re.compile(r'\s*(?!\d+\s*:)([^\W_][^:,"\n{}\[\]]{0,79}?)\s*:[ \t]*')
_STEPS_LINE = re.compile(r"\s*Steps:\s*\d")
_LORA = re.compile(r"<(?:lora|lyco|lycoris):([^:<>\n]{1,300})(?::([^<>\n]{0,100}))?>", re.IGNORECASE)
_SIZE = re.compile(r"\s*(\d{1,9})\s*[xX×]\s*(\d{1,9})\s*")
_WHOLE = re.compile(r"\s*(\d{1,12})(?:\.0{1,12})?\s*")
_DECIMAL = re.compile(r"\s*([+-]?\d{1,12}(?:\.\d{0,20})?)\s*")
_USUAL_KEYS = {"sampler", "cfg scale", "seed", "size", "model", "model hash", "version"}
_decoder = json.JSONDecoder(strict=False)


def read(found: Found) -> RecipeFacts | None:
    """The first place whose text has this form. JSON of other generators under the same key is not ours."""
    places = [found.png_text.get("parameters", ""), found.user_comment, found.comment]
    places += [found.png_text.get("Comment", ""), found.exif.get("ImageDescription", "")]
    places += [found.xmp.get(name, "") for name in ("parameters", "exif:UserComment", "dc:description")]
    for text in places:
        if text and len(text) <= MAX_RAW and not _is_json(text):
            recipe = _read_text(text)
            if recipe is not None:
                return recipe
    return None


def _is_json(text: str) -> bool:
    """Whether the whole text is a JSON object; a prompt may begin with a brace as well."""
    if not text.lstrip("\ufeff \t\r\n").startswith("{"):
        return False
    try:
        return isinstance(json.loads(text.strip("\ufeff \t\r\n\x00")), dict)
    except RecursionError:
        return True  # nested deeper than any prompt
    except ValueError:
        return False


def _read_text(text: str) -> RecipeFacts | None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    at = _settings_line(lines)
    settings = dict(_settings(lines[at])) if at is not None else {}
    prompt, negative = _prompts(lines[:at])
    if not settings and not negative:
        return None
    if "guidance scale" in settings and "cfg scale" not in settings:
        return None  # Draw Things: the same last line, but another way to write the negative prompt
    return _recipe(text, prompt, negative, settings)


def _settings_line(lines: list[str]) -> int | None:
    """Index of the settings: the last line that begins with the steps, else the very last line.

    Extensions write lines below it; a prompt may hold a line that only looks like it, above.
    """
    alike = (index for index in range(len(lines) - 1, -1, -1) if _STEPS_LINE.match(lines[index]))
    for index in islice(alike, MAX_CANDIDATES):
        if _has_pairs(lines[index]):
            return index
    last = len(lines) - 1
    return last if _has_pairs(lines[last]) and _usual(lines[last]) else None


def _has_pairs(line: str) -> bool:
    pairs = _settings(line)
    return all(next(pairs, None) is not None for _ in range(MIN_PAIRS))


def _usual(line: str) -> bool:
    """Whether at least three keys are settings everybody writes: prose has colons and commas too."""
    return len(_USUAL_KEYS & {key for key, _ in _settings(line)}) >= MIN_PAIRS


def _prompts(lines: list[str]) -> tuple[str, str]:
    """Prompt and negative prompt: everything above the settings, divided at the first negative line."""
    for index, line in enumerate(lines):
        if line.strip().startswith(NEGATIVE):
            rest = line.strip().removeprefix(NEGATIVE)
            return "\n".join(lines[:index]), "\n".join([rest.strip(), *lines[index + 1 :]])
    return "\n".join(lines), ""


def _settings(line: str) -> Iterator[tuple[str, Any]]:
    """Pairs of lower-case key and value: text, or what a JSON value decodes to. The first of a key wins.

    Commas divide, but not inside JSON: quoted strings, and the objects that Civitai and
    stable-diffusion.cpp write bare, are taken whole. A piece without a key belongs to the value before.
    """
    line = line[:MAX_SETTINGS]
    position, bad, seen = 0, 0, set()
    while position < len(line):
        match = _KEY.match(line, position)
        if match is None:
            position = _next_comma(line, position)
            continue
        value, end = None, match.end()
        if bad < MAX_BAD_JSON and line[end : end + 1] in ('"', "{", "["):
            value, end = _json_value(line, end)
            bad += value is None
        if value is None:
            value, end = _plain_value(line, match.end())
        key = match[1].lower()
        if key not in seen:
            seen.add(key)
            yield key, value
        position = _next_comma(line, end)


def _json_value(line: str, start: int) -> tuple[Any, int]:
    """The JSON value at `start` and where it ends; (None, start) where there is none."""
    try:
        return _decoder.raw_decode(line, start)
    except (ValueError, RecursionError):
        return None, start


def _plain_value(line: str, start: int) -> tuple[str, int]:
    """Text up to the comma before the next key."""
    end = start - 1
    while True:
        comma = line.find(",", end + 1)
        if comma < 0:
            return line[start:].strip(), len(line)
        end = comma
        if _KEY.match(line, comma + 1):
            return line[start:comma].strip(), comma


def _next_comma(line: str, position: int) -> int:
    comma = line.find(",", position)
    return len(line) if comma < 0 else comma + 1


def _recipe(raw: str, prompt: str, negative: str, settings: Mapping[str, Any]) -> RecipeFacts:
    width, height = _size(settings)
    resources = _resources(settings)
    model, model_hash = _model(settings, resources)
    return RecipeFacts(
        generator=_generator(settings),
        prompt=prompt,
        negative_prompt=negative,
        model=model,
        model_hash=model_hash,
        sampler=_sampler(settings),
        scheduler=_text(settings, "schedule type") or _text(settings, "scheduler"),
        steps=_whole(_text(settings, "steps")),
        cfg=_decimal(_text(settings, "cfg scale")),
        seed=as_seed(settings.get("seed", "")),
        width=width,
        height=height,
        loras=tuple(_loras(prompt, settings, resources)),
        raw=raw,
    )


def _generator(settings: Mapping[str, Any]) -> str:
    """Who wrote the text, as far as it says; Automatic1111's form is the default."""
    version = _text(settings, "version")
    if app := _text(settings, "app"):
        return app
    if version.lower().startswith("fooocus"):
        return "Fooocus"
    if version.startswith(("stable-diffusion.cpp", "built-in patterns", "ComfyUI")):
        return version.split(",")[0]
    if re.match(r"f\d|neo", version):
        return "Forge"
    if "civitai resources" in settings and not version:
        return "Civitai"
    return "Automatic1111"


def _sampler(settings: Mapping[str, Any]) -> str:
    """Civitai writes "Undefined" where it does not know."""
    name = _text(settings, "sampler")
    return "" if name == "Undefined" else name


def _model(settings: Mapping[str, Any], resources: list[Mapping[str, Any]]) -> tuple[str, str]:
    """Name and hash. Newer stable-diffusion.cpp leaves "Model" empty and names the network under "Unet"."""
    name = _text(settings, "model") or _text(settings, "base model") or _text(settings, "unet")
    digest = _text(settings, "model hash") or _text(settings, "base model hash")
    for resource in resources:
        if not name and resource.get("type") == "checkpoint":
            parts = (resource.get("modelName"), resource.get("modelVersionName"))
            name = " ".join(part for part in parts if isinstance(part, str))
    hashes = settings.get("hashes")
    if not digest and isinstance(hashes, dict) and isinstance(hashes.get("model"), str):
        digest = hashes["model"]
    return name, digest


def _loras(
    prompt: str, settings: Mapping[str, Any], resources: list[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Those the prompt calls, then those only hashed or listed. Each name once, in order of appearance."""
    hashes = _lora_hashes(settings)
    weights: dict[str, float | None] = {}
    for match in _LORA.finditer(prompt):
        weights.setdefault(match[1].strip(), _decimal((match[2] or "").split(":")[0]))
    for name in hashes:
        weights.setdefault(name, None)
    for resource in resources:
        if resource.get("type") in ("lora", "lycoris", "dora") and isinstance(resource.get("modelName"), str):
            weights.setdefault(resource["modelName"], _decimal(str(resource.get("weight", ""))))
    for name, weight in _requested(settings):
        weights.setdefault(name, weight)
    for name, weight in weights.items():
        yield {"name": name, "weight": weight, "hash": hashes.get(name, "")}


def _requested(settings: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    """LoRAs in the request that stable-diffusion.cpp hangs to the line: {"lora": [{"path", "multiplier"}]}."""
    request = settings.get("sdcpp")
    listed = request.get("lora") if isinstance(request, dict) else None
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("path"), str):
            name = entry["path"].replace("\\", "/").rpartition("/")[2]
            yield name.removesuffix(".safetensors"), _decimal(str(entry.get("multiplier", "")))


def _lora_hashes(settings: Mapping[str, Any]) -> dict[str, str]:
    """From `Lora hashes: "a: h, b: h"` and from `Hashes: {"lora:a": "h"}`."""
    found = {}
    for piece in _text(settings, "lora hashes").split(","):
        name, colon, digest = piece.rpartition(":")
        if colon and name.strip():
            found[name.strip()] = digest.strip()
    hashes = settings.get("hashes")
    for key, digest in (hashes if isinstance(hashes, dict) else {}).items():
        if key.startswith("lora:") and isinstance(digest, str):
            found.setdefault(key.removeprefix("lora:"), digest)
    return found


def _resources(settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = settings.get("civitai resources")
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def _size(settings: Mapping[str, Any]) -> tuple[int | None, int | None]:
    match = _SIZE.fullmatch(_text(settings, "size"))
    return (int(match[1]), int(match[2])) if match else (None, None)


def _text(settings: Mapping[str, Any], key: str) -> str:
    value = settings.get(key, "")
    return value.strip() if isinstance(value, str) else ""


def _whole(text: str) -> int | None:
    match = _WHOLE.fullmatch(text)
    return int(match[1]) if match else None


def _decimal(text: str) -> float | None:
    match = _DECIMAL.fullmatch(text)
    return float(match[1]) if match else None
