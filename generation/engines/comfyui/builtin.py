"""The workflow for a person who has none yet: a plain checkpoint, from words, from an image, or enlarging one."""

from __future__ import annotations

import dataclasses
from typing import Any

from generation.engines.comfyui.template import Template, inspect_template

NAME = "Plain checkpoint"


def plain_checkpoint() -> Template:
    """Text to image, with its two variants. The checkpoint is "": the first that the server has."""
    scaled = {"image": ["10", 0], "upscale_method": "lanczos"}
    fitted = _node("ImageScale", **scaled, width=1024, height=1024, crop="center")
    enlarged = _node("ImageScaleBy", **scaled, scale_by=2.0)
    return dataclasses.replace(
        inspect_template(
            _graph({"5": _node("EmptyLatentImage", width=1024, height=1024, batch_size=1)}), name=NAME
        ),
        for_image=inspect_template(_from_image(fitted, denoise=0.6), name=NAME),
        for_upscale=inspect_template(_from_image(enlarged, denoise=0.3), name=NAME),
    )


def _from_image(scale: dict[str, Any], *, denoise: float) -> dict[str, Any]:
    return _graph(
        {
            "5": _node("VAEEncode", pixels=["11", 0], vae=["4", 2]),
            "10": _node("LoadImage", image=""),
            "11": scale,
        },
        denoise=denoise,
    )


def _graph(latent: dict[str, Any], denoise: float = 1.0) -> dict[str, Any]:
    sampler = {
        "seed": 0,
        "steps": 20,
        "cfg": 7.0,
        "sampler_name": "euler",
        "scheduler": "normal",
        "denoise": denoise,
    }
    return {
        "3": _node(
            "KSampler", **sampler, model=["4", 0], positive=["6", 0], negative=["7", 0], latent_image=["5", 0]
        ),
        "4": _node("CheckpointLoaderSimple", ckpt_name=""),
        **latent,
        "6": _node("CLIPTextEncode", text="", clip=["4", 1]),
        "7": _node("CLIPTextEncode", text="", clip=["4", 1]),
        "8": _node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": _node("SaveImage", filename_prefix="gallery", images=["8", 0]),
    }


def _node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}
