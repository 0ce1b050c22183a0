"""The server's answer in our words: the one image, the seed it was made with, and what is said of it.

`info` is JSON inside a string, or an empty string, or missing. A grid comes before the images it is made of, and maps
of extensions after them: `index_of_first_image` and the number of seeds say what the images are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from generation.engines.answers import NOT_UNDERSTOOD
from generation.engines.base import EngineError, GeneratedImage
from generation.engines.http import Refused
from generation.engines.pictures import from_base64
from generation.engines.sdapi.wish import Wish

MAX_RECIPE = 200_000  # characters
FIELDS = {  # the server's names of what we call otherwise
    "sampler_name": "sampler",
    "sampler_index": "sampler",
    "cfg_scale": "cfg",
    "denoising_strength": "denoise",
    "hr_upscaler": "hires_upscaler",
    "hr_scale": "hires_scale",
    "hr_second_pass_steps": "hires_steps",
    "init_images": "source_image",
    "image": "source_image",
    "upscaler_1": "upscaler",
    "upscaling_resize": "upscale",
    "distilled_cfg_scale": "distilled_cfg",
    "lora": "loras",
}
SAID = (  # words of a complaint, and what it is about
    ("sampler not found", "sampler"),
    ("init image", "source_image"),
    ("invalid encoded image", "source_image"),
    ("prompt required", "prompt"),
    ("invalid lora", "loras"),
)


def read(answer: Any, *, address: str, index: int, seed: int, wish: Wish, seconds: float) -> GeneratedImage:
    """The image in an answer to `wish.body(seed)`. Raises EngineError."""
    if not isinstance(answer, dict):
        raise EngineError(f"{address} {NOT_UNDERSTOOD}", permanent=True)
    if wish.upscale > 1:
        data = from_base64(answer.get("image"), address=address)
        facts = {"upscaler": wish.given["upscaler"], "upscale": wish.upscale, "seconds": round(seconds, 2)}
        return GeneratedImage(index=index, data=data, seed="", facts=facts)
    images = answer.get("images")
    if not isinstance(images, list):
        raise EngineError(f"{address} {NOT_UNDERSTOOD}", permanent=True)
    if not images:
        raise EngineError(f"{address} answered without an image. Is a model loaded there?")
    info = _info(answer.get("info"))
    first = info.get("index_of_first_image")
    first = first if isinstance(first, int) and 0 < first < len(images) else 0
    texts = info.get("infotexts")
    text = texts[first] if isinstance(texts, list) and len(texts) > first else ""
    return GeneratedImage(
        index=index,
        data=from_base64(images[first], address=address),
        seed=_seed(info, seed),
        facts=_facts(info, wish) | {"seconds": round(seconds, 2)},
        recipe_text=text[:MAX_RECIPE] if isinstance(text, str) else "",
    )


def is_empty(answer: Any) -> bool:
    """It answered, and made nothing."""
    return isinstance(answer, dict) and answer.get("images") == []


def explained(error: EngineError, *, address: str) -> EngineError:
    """`error` with the field it is about, and in plainer words where they are known."""
    if not isinstance(error, Refused):
        return error
    said = error.sentence.lower()
    if error.status in (404, 405) and "sampler" not in said and "image" not in said:
        return EngineError(
            f"{address} answers, but not with the API this engine speaks. Start the web UI with --api.",
            permanent=True,
        )
    if "resprocessimage" in said:
        return EngineError(
            f"The SD.Next at {address} enlarges, and then stumbles over its own answer: a fault of this version of "
            "it. Update it, or enlarge with another engine.",
            permanent=True,
            field="upscale",
        )
    if "outofmemory" in str(error.answer).lower() or "out of memory" in said:
        return EngineError(
            f"{address} ran out of memory. Try a smaller size, or no hires fix.",
            permanent=True,
            field="width",
        )
    if "model " in said and "not found" in said:
        return EngineError(error.sentence, permanent=True, field="model")
    for words, field in SAID:
        if words in said:
            return EngineError(error.sentence, permanent=True, field=field)
    error.field = FIELDS.get(error.field, error.field)
    return error


def _info(text: Any) -> dict[str, Any]:
    if not isinstance(text, str) or not text:
        return {}
    try:
        info = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return info if isinstance(info, dict) else {}


def _seed(info: Mapping[str, Any], sent: int) -> str:
    seeds = info.get("all_seeds")
    used = seeds[0] if isinstance(seeds, list) and seeds else info.get("seed")
    return str(used) if isinstance(used, int) and not isinstance(used, bool) and used >= 0 else str(sent)


def _facts(info: Mapping[str, Any], wish: Wish) -> dict[str, Any]:
    """What the server said it did, else what it was asked to do; no empty values."""
    given = wish.given
    extra = info.get("extra_generation_params")
    extra = extra if isinstance(extra, dict) else {}
    facts = {
        "model": _word(info.get("sd_model_name")) or wish.model,
        "model_hash": _word(info.get("sd_model_hash")),
        "vae": _word(info.get("sd_vae_name")),
        "sampler": _word(info.get("sampler_name")) or given.get("sampler"),
        "scheduler": _word(extra.get("Schedule type")) or given.get("scheduler"),
        "steps": info["steps"] if isinstance(info.get("steps"), int) else given["steps"],
        "cfg": info["cfg_scale"] if isinstance(info.get("cfg_scale"), int | float) else given["cfg"],
        "clip_skip": given["clip_skip"] or None,
        "loras": [{"name": name, "weight": weight} for name, weight in wish.loras],
        "denoise": given["denoise"] if wish.request.source_image is not None else None,
        "hires": given["hires_scale"] if given["hires"] and wish.request.source_image is None else None,
        "server": _word(info.get("version")),
    }
    return {name: value for name, value in facts.items() if value not in ("", None, [])}


def _word(value: Any) -> str:
    return value[:500] if isinstance(value, str) else ""
