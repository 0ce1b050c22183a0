"""How servers of OpenAI's shape take what OpenAI has no word for: seed, negative prompt, steps, guidance."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Extras:
    """What is wanted beyond the prompt. 0 steps or guidance: as the server has it."""

    seed: int
    negative_prompt: str = ""
    steps: int = 0
    cfg: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """`write` gives the prompt to send, and more fields of the body. `seeds`: the same seed, the same image."""

    title: str
    write: Callable[[str, Extras], tuple[str, dict[str, Any]]]
    seeds: bool = False
    negative_prompt: bool = False
    steps: bool = False
    cfg: bool = False


def _plain(prompt: str, extras: Extras) -> tuple[str, dict[str, Any]]:
    return prompt, {}


def _fields(prompt: str, extras: Extras) -> tuple[str, dict[str, Any]]:
    """vLLM-Omni and SGLang: the words of diffusers as fields."""
    fields = {
        "seed": extras.seed,
        "negative_prompt": extras.negative_prompt,
        "num_inference_steps": extras.steps,
        "guidance_scale": extras.cfg,
    }
    return prompt, {name: value for name, value in fields.items() if value or name == "seed"}


def _bar(prompt: str, extras: Extras) -> tuple[str, dict[str, Any]]:
    """LocalAI: the negative prompt behind a bar."""
    words = f"{prompt}|{extras.negative_prompt}" if extras.negative_prompt else prompt
    return words, {"step": extras.steps} if extras.steps else {}


def _tag(prompt: str, extras: Extras) -> tuple[str, dict[str, Any]]:
    """stable-diffusion.cpp: JSON in a tag of the prompt."""
    wish: dict[str, Any] = {"seed": extras.seed}
    if extras.negative_prompt:
        wish["negative_prompt"] = extras.negative_prompt
    sampling: dict[str, Any] = {"sample_steps": extras.steps} if extras.steps else {}
    if extras.cfg:
        sampling["guidance"] = {"txt_cfg": extras.cfg}
    if sampling:
        wish["sample_params"] = sampling
    # "<" as an escape: no word of a person can end the tag.
    told = json.dumps(wish).replace("<", "\\u003c")
    return f"{prompt} <sd_cpp_extra_args>{told}</sd_cpp_extra_args>", {}


DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "openai": Dialect(title="OpenAI", write=_plain),
        "vllm": Dialect(
            title="vLLM-Omni, SGLang", write=_fields, seeds=True, negative_prompt=True, steps=True, cfg=True
        ),
        "sdcpp": Dialect(
            title="stable-diffusion.cpp", write=_tag, seeds=True, negative_prompt=True, steps=True, cfg=True
        ),
        "localai": Dialect(title="LocalAI", write=_bar, negative_prompt=True, steps=True),
    }
)
