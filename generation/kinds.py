"""The kinds of engine that can be set up on the engines page."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from generation.engines import Option


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`name` is what rows keep, `path` the class, `sentence` what its tile says."""

    name: str
    path: str
    title: str
    sentence: str | Promise

    @property
    def configuration(self) -> tuple[Option, ...]:
        return import_string(self.path).configuration

    @property
    def secret_names(self) -> tuple[str, ...]:
        return tuple(option.name for option in self.configuration if option.kind == "secret")


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="sdapi", path="generation.engines.sdapi.SdapiEngine", title="Stable Diffusion web UI",
            sentence=_("AUTOMATIC1111, Forge, reForge, SD.Next, and the server of stable-diffusion.cpp."),
        ),
        Kind(
            name="comfyui", path="generation.engines.comfyui.ComfyUIEngine", title="ComfyUI",
            sentence=_("Your own workflows, or a plain checkpoint of the server."),
        ),
        Kind(
            name="openai_images", path="generation.engines.openai_images.OpenAIImagesEngine", title="OpenAI images",
            sentence=_("OpenAI with a key, and servers that answer as it does: LocalAI, vLLM, SGLang."),
        ),
        Kind(
            name="diffusers", path="generation.engines.diffusers.DiffusersEngine", title="Diffusers",
            sentence=_("A model in a folder of this machine, drawn by the gallery itself. No server."),
        ),
    )
}  # fmt: skip


def kind_of(path: str) -> str:
    """The kind a class is of; "" for one that cannot be set up on a page."""
    return next((kind.name for kind in KINDS.values() if kind.path == path), "")
