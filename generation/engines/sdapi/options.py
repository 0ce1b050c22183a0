"""What a person can set for a server of this kind: the lists it has, and what its programs have in common."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from generation.engines.base import Option
from generation.engines.sdapi.outlook import Outlook
from generation.engines.sdapi.overrides import FIELD, problem_of

DETAILS, HIRES, START = "Details", "Hires fix", "Starting from an image"

ENLARGERS = ("Latent", "Latent Nearest", "Lanczos", "Resize Lanczos")
SAMPLERS = ("Euler a", "euler_a", "Euler", "euler")  # what is preset, the first that is there
STEPS = Option(name="steps", label="Steps", kind="number", default=20, minimum=1, maximum=150, step=1)
CFG = Option(
    name="cfg", label="CFG scale", kind="number", default=7.0, minimum=0.0, maximum=30.0, step=0.5,
    help="How closely the prompt is followed. Flux and distilled models want 1.",
)  # fmt: skip


def options(known: Outlook, more_settings: Collection[str] = ()) -> tuple[Option, ...]:
    """Everything that may be set, in the order of the page. `more_settings`: see `overrides`."""
    return (
        *_one_of("model", "Model", known.models, first=("", _loaded(known))),
        *_one_of("sampler", "Sampler", known.samplers, preset=SAMPLERS),
        STEPS,
        CFG,
        *_details(known, more_settings),
        *_hires(known),
        *_start(known),
    )


def _details(known: Outlook, more_settings: Collection[str]) -> tuple[Option, ...]:
    web_ui = known.flavour != "sdcpp"
    labels = {name: known.labels.get(name, name) for name in known.schedulers}
    automatic = ("automatic", "Automatic", "discrete", "default")
    distilled = Option(
        name="distilled_cfg", label="Distilled CFG scale", kind="number", default=3.5, minimum=0.0,
        maximum=30.0, step=0.1, help="For Flux and its like.", group=DETAILS,
    )  # fmt: skip
    return (
        *_one_of("scheduler", "Schedule", known.schedulers, preset=automatic, labels=labels, group=DETAILS),
        Option(
            name="clip_skip", label="CLIP skip", kind="number", default=0, minimum=0, maximum=12, step=1,
            help="0: as the server is set.", group=DETAILS,
        ),
        Option(
            name="loras", label="LoRAs", kind="text", default="", suggestions=known.loras, group=DETAILS,
            help="Names with commas between them, each with a weight if it is not 1: ink:0.8, fog",
        ),
        *_if(web_ui, Option(
            name="styles", label="Styles", kind="text", default="", suggestions=known.styles, group=DETAILS,
            help="Names with commas between them.",
        )),
        *_if(known.flavour == "forge", distilled),
        *_if(web_ui, Option(name="tiling", label="Tiling", kind="switch", default=False, group=DETAILS)),
        *_if(web_ui, Option(
            name=FIELD, label="Other settings of the server", kind="long", default="", group=DETAILS,
            help='As JSON, for these images alone: {"sd_vae": "Automatic", "eta_noise_seed_delta": 31337}',
            problem=partial(problem_of, more=more_settings),
        )),
    )  # fmt: skip


def _hires(known: Outlook) -> tuple[Option, ...]:
    upscalers = tuple(
        name for name in dict.fromkeys((*known.latent_modes, *known.upscalers)) if name != "None"
    )
    return (
        Option(
            name="hires", label="Hires fix", kind="switch", default=False, group=HIRES,
            help="Draws small, enlarges, and draws over it once more.",
        ),
        Option(
            name="hires_scale", label="Enlarge by", kind="number", default=2.0, minimum=1.0, maximum=4.0,
            step=0.05, group=HIRES,
        ),
*_one_of("hires_upscaler", "Upscaler", upscalers, preset=ENLARGERS, group=HIRES),
        Option(
            name="hires_steps", label="Steps of the second pass", kind="number", default=0, minimum=0,
            maximum=150, step=1, help="0: as many as before.", group=HIRES,
        ),
        Option(
            name="hires_denoise", label="Change of the second pass", kind="number", default=0.5, minimum=0.0,
            maximum=1.0, step=0.05, group=HIRES,
        ),
    )  # fmt: skip


def _start(known: Outlook) -> tuple[Option, ...]:
    denoise = Option(
        name="denoise", label="Change", kind="number", default=0.6, minimum=0.0, maximum=1.0, step=0.05,
        help="0 keeps the image, 1 forgets it.", group=START,
    )  # fmt: skip
    if not can_upscale(known):
        return (denoise,)
    enlarge = Option(
        name="upscale", label="Only enlarge, by", kind="number", default=1.0, minimum=1.0, maximum=8.0, step=0.5,
        help="1 draws from the image; more enlarges it and draws nothing.", group=START,
    )  # fmt: skip
    real = [name for name in known.upscalers if name != "None"]
    usual = ("R-ESRGAN 4x+", "ESRGAN_4x", "Lanczos", "Resize Lanczos")
    return denoise, enlarge, *_one_of("upscaler", "Upscaler", tuple(real), preset=usual, group=START)


def can_upscale(known: Outlook) -> bool:
    return known.flavour != "sdcpp" and any(name != "None" for name in known.upscalers)


def _loaded(known: Outlook) -> str:
    return f"As loaded: {known.loaded}" if known.loaded else "As loaded"


def _one_of(
    name: str,
    label: str,
    names: tuple[str, ...],
    *,
    first: tuple[str, str] | None = None,
    preset: tuple[str, ...] = (),
    labels: dict[str, str] | None = None,
    group: str = "",
) -> tuple[Option, ...]:
    """A choice among `names`, or nothing where the server named none. `preset`: the first of them that is there."""
    if not names:
        return ()
    choices = ((first,) if first else ()) + tuple((one, (labels or {}).get(one) or one) for one in names)
    default = next((one for one in preset if one in names), choices[0][0])
    return (Option(name=name, label=label, kind="choice", default=default, choices=choices, group=group),)


def _if(wanted: bool, option: Option) -> tuple[Option, ...]:
    return (option,) if wanted else ()
