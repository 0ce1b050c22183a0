"""A request in the server's words.

Every field that matters is sent, always: left out, steps are 50 here and 20 there, sizes 512 or 1024, and the second
pass of Forge has a CFG of its own. Nothing is sent as null, which stable-diffusion.cpp refuses. One image a request, so
that progress, stop and seed are exact.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Mapping
from typing import Any

from generation.engines.base import EngineError, Option, Request
from generation.engines.sdapi.options import options as offered
from generation.engines.sdapi.outlook import Outlook
from generation.engines.sdapi.overrides import FIELD, read_overrides

_LORA = re.compile(r"^(?:<lora:)?(?P<name>.+?)(?::(?P<weight>-?\d+(?:\.\d+)?))?>?$")


class Wish:
    """One request, understood once: `body` is sent to `path` for each image. Raises EngineError with a field."""

    def __init__(self, request: Request, known: Outlook, more_settings: Collection[str] = ()) -> None:
        self.request, self.known = request, known
        self.given = _given(request.options, offered(known))
        self.loras = _loras(self.given.get("loras", ""), known)
        self.overrides = read_overrides(self.given.get(FIELD, ""), more_settings)
        named = self.overrides.pop("sd_model_checkpoint", "")  # looked for like a model chosen by its field
        if named and not self.given.get("model"):
            self.given["model"] = str(named)
        _check_names(self.given, known)
        if request.source_image is not None:
            self.source = base64.b64encode(request.source_image).decode()

    @property
    def model(self) -> str:
        """The model asked for, else the one the server is set to."""
        return self.given.get("model") or self.known.loaded

    @property
    def upscale(self) -> float:
        """How much a source image is to be enlarged without drawing; 1 where it is to be drawn from."""
        return self.given.get("upscale", 1.0) if self.request.source_image is not None else 1.0

    @property
    def path(self) -> str:
        if self.request.source_image is None:
            return "/sdapi/v1/txt2img"
        return "/sdapi/v1/extra-single-image" if self.upscale > 1 else "/sdapi/v1/img2img"

    def body(self, seed: int, task: str) -> dict[str, Any]:
        if self.upscale > 1:
            return self._upscaling()
        picture = self._hires() if self.request.source_image is None else self._from_image()
        return self._common(seed) | picture | {"force_task_id": task}

    def _common(self, seed: int) -> dict[str, Any]:
        given, request = self.given, self.request
        model = {"sd_model_checkpoint": given["model"]} if given.get("model") else {}
        skip = {"CLIP_stop_at_last_layers": given["clip_skip"]} if given["clip_skip"] else {}
        return {
            "prompt": self._prompt(),
            "negative_prompt": request.negative_prompt,
            "styles": _words(given.get("styles", "")),
            "seed": seed,
            "subseed": -1,
            "subseed_strength": 0,
            "seed_resize_from_h": -1,
            "seed_resize_from_w": -1,
            "sampler_name": given.get("sampler") or "Euler",
            "scheduler": given.get("scheduler", ""),
            "batch_size": 1,
            "n_iter": 1,
            "steps": given["steps"],
            "cfg_scale": given["cfg"],
            "distilled_cfg_scale": given.get("distilled_cfg", 3.5),
            "width": request.width,
            "height": request.height,
            "restore_faces": False,
            "tiling": bool(given.get("tiling", False)),
            "clip_skip": given["clip_skip"] or (-1 if self.known.flavour == "sdcpp" else 1),
            "lora": [{"path": self.known.lora_paths.get(name, name), "multiplier": weight}
                     for name, weight in self.loras if self.known.flavour == "sdcpp"],
            "override_settings": self.overrides | model | skip,
            "override_settings_restore_afterwards": True,
            "do_not_save_samples": True,
            "do_not_save_grid": True,
            "disable_extra_networks": False,
            "alwayson_scripts": {},
            "script_name": "",
            "script_args": [],
            "send_images": True,
            "save_images": False,
        }  # fmt: skip

    def _prompt(self) -> str:
        """With the LoRAs in it, as the web UIs read them; stable-diffusion.cpp is given a list."""
        if self.known.flavour == "sdcpp" or not self.loras:
            return self.request.prompt
        tags = " ".join(f"<lora:{name}:{weight:g}>" for name, weight in self.loras)
        return f"{self.request.prompt} {tags}".strip()

    def _hires(self) -> dict[str, Any]:
        given = self.given
        if not given["hires"]:
            return {"enable_hr": False, "denoising_strength": 0}
        steps = given["hires_steps"] or given["steps"]
        return {
            "enable_hr": True,
            "denoising_strength": given["hires_denoise"],
            "hr_scale": given["hires_scale"],
            "hr_upscaler": given.get("hires_upscaler", "Latent"),
            "hr_second_pass_steps": given["hires_steps"],
            "hr_steps": steps,  # stable-diffusion.cpp
            "hr_resize_mode": 1,  # SD.Next, which does nothing of the kind without these three
            "hr_force": True,
            "hr_denoising_strength": given["hires_denoise"],
            "hr_resize_x": 0,
            "hr_resize_y": 0,
            "hr_sampler_name": given.get("sampler") or "Euler",
            "hr_scheduler": given.get("scheduler", ""),
            "hr_prompt": "",
            "hr_negative_prompt": "",
            "hr_checkpoint_name": "Use same checkpoint",
            "hr_additional_modules": ["Use same choices"],  # Forge
            "hr_cfg": given["cfg"],
            "hr_distilled_cfg": given.get("distilled_cfg", 3.5),
        }

    def _from_image(self) -> dict[str, Any]:
        return {
            "init_images": [self.source],
            "resize_mode": 1,  # cropped to the shape, not squeezed into it
            "denoising_strength": self.given["denoise"],
            "include_init_images": False,
        }

    def _upscaling(self) -> dict[str, Any]:
        return {
            "image": self.source,
            "resize_mode": 0,
            "show_extras_results": True,
            "gfpgan_visibility": 0,
            "codeformer_visibility": 0,
            "codeformer_weight": 0,
            "upscaling_resize": self.upscale,
            "upscaling_resize_w": self.request.width,
            "upscaling_resize_h": self.request.height,
            "upscaling_crop": True,
            "upscaler_1": self.given["upscaler"],
            "upscaler_2": "None",
            "extras_upscaler_2_visibility": 0,
            "upscale_first": False,
        }


def _given(options: Mapping[str, Any], known: tuple[Option, ...]) -> dict[str, Any]:
    """A value for each option: what was asked for, held to its range, or its default."""
    given = {}
    for option in known:
        value = options.get(option.name, option.default)
        if option.kind == "number":
            value = _number(value, option)
        elif option.kind == "switch":
            value = bool(value)
        else:
            value = str(option.default if value is None else value)
        given[option.name] = value
    return given


def _number(value: Any, option: Option) -> float:
    whole = isinstance(option.default, int)
    try:
        number = int(value) if whole else float(value)
        held = min(option.maximum, max(option.minimum, number))
    except (TypeError, ValueError, OverflowError):
        return option.default
    return held if held == held else option.default


def _words(text: str) -> list[str]:
    return [word for piece in re.split(r"[,\n]", text) if (word := piece.strip())]


def _loras(text: str, known: Outlook) -> list[tuple[str, float]]:
    found = []
    for word in _words(text):
        name, weight = word, 1.0
        if word not in known.loras and (read := _LORA.match(word)):
            name, weight = read["name"].strip(), float(read["weight"] or 1)
        if known.loras and name not in known.loras:
            raise EngineError(f"The server has no LoRA “{name[:100]}”.", permanent=True, field="loras")
        found.append((name, weight))
    return found


def _check_names(given: Mapping[str, Any], known: Outlook) -> None:
    """A model the server does not have is used by nobody: most servers would quietly draw with another."""
    for field, names, word in (
        ("model", known.models, "model"),
        ("sampler", known.samplers, "sampler"),
        ("scheduler", known.schedulers, "schedule"),
    ):
        name = given.get(field)
        if name and names and name not in names:
            raise EngineError(
                f"The server has no {word} “{name[:100]}” (any more).", permanent=True, field=field
            )
    for name in _words(given.get("styles", "")):
        if known.styles and name not in known.styles:
            raise EngineError(f"The server has no style “{name[:100]}”.", permanent=True, field="styles")
