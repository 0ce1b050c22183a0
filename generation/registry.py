"""Engines by alias: settings say which class with which options, as Django does for databases."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from generation.engines import Capabilities, Engine, EngineError

IMPORTED = "imported"  # in place of an alias: the images were made elsewhere

log = logging.getLogger(__name__)


class UnknownEngine(Exception):
    """An alias that the settings do not have (any more); `sentence` says which they have."""

    def __init__(self, alias: str) -> None:
        self.sentence = (
            f"There is no engine “{alias}” here. Configured: {', '.join(settings.GALLERY_ENGINES)}."
        )
        super().__init__(self.sentence)


@dataclass(frozen=True, kw_only=True)
class EngineEntry:
    """An engine under its alias."""

    alias: str
    engine: Engine

    @property
    def title(self) -> str:
        return self.engine.title

    @property
    def capabilities(self) -> Capabilities:
        """What the engine says now. Raises EngineError and nothing else, whoever wrote the engine."""
        try:
            return self.engine.capabilities()
        except EngineError:
            raise
        except Exception as error:
            log.exception("The engine %s could not be asked what it can do", self.alias)
            raise EngineError(f"{self.title} does not answer; the log says why.") from error


@cache
def get(alias: str) -> EngineEntry:
    """The engine of an alias, built once a process. Raises UnknownEngine."""
    if alias not in settings.GALLERY_ENGINES:
        raise UnknownEngine(alias)
    entry = settings.GALLERY_ENGINES[alias]
    return EngineEntry(alias=alias, engine=import_string(entry["CLASS"])(**entry.get("OPTIONS", {})))


def engines() -> dict[str, EngineEntry]:
    """All of them, in the order of the settings: the first is what a form starts with."""
    return {alias: get(alias) for alias in settings.GALLERY_ENGINES}


def title_of(alias: str) -> str:
    """The name shown for an alias, also for one that is configured no longer."""
    if alias == IMPORTED:
        return _("Imported")
    try:
        return get(alias).title
    except UnknownEngine:
        return alias
