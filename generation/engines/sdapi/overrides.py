"""Other settings of a web UI, for one image: by their names, and only those that a session may change.

A web UI takes any of its settings with a request, also those that name folders, programs or files of its machine.
Whoever may generate is not for that reason its administrator, so the list is short; an administrator can lengthen it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from generation.engines.base import EngineError

FIELD = "override_settings"
ALLOWED = (
    "CLIP_stop_at_last_layers",
    "sd_model_checkpoint",
    "sd_vae",
    "eta_noise_seed_delta",
    "randn_source",
    "emphasis",
    "token_merging_ratio",
    "img2img_color_correction",
)
MAX_VALUE = 200  # characters


def read_overrides(text: Any, more: Collection[str] = ()) -> dict[str, Any]:
    """From JSON. `more` are names that an administrator allows, with whatever value. Raises EngineError."""
    if not isinstance(text, str) or not text.strip():
        return {}
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise _refused('The other settings of the server are JSON, such as {"eta_noise_seed_delta": 31337}.')
    for name, value in given.items():
        if name not in more and name not in ALLOWED:
            known = ", ".join(sorted({*ALLOWED, *more}))
            raise _refused(
                f"The setting “{name[:60]}” is not changed from here. These are: {known}. "
                "An administrator can allow more on the page of this engine."
            )
        if name not in more and not _is_plain(value):
            raise _refused(f"The setting “{name}” is a word, a number, true or false.")
    return given


def problem_of(text: Any, more: Collection[str] = ()) -> str:
    """What is wrong with them; "" nothing."""
    try:
        read_overrides(text, more)
    except EngineError as trouble:
        return trouble.sentence
    return ""


def _is_plain(value: Any) -> bool:
    return isinstance(value, (bool, int, float)) or (isinstance(value, str) and len(value) <= MAX_VALUE)


def _refused(sentence: str) -> EngineError:
    return EngineError(sentence, permanent=True, field=FIELD)
