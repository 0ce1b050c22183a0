"""Engines by alias: the rows of the engines page, then the settings, as Django does it for databases.

A row wins over the settings of its alias. Every look begins with one small query, which says whether a row is another
than the one that was built here: so a change on the page reaches every process.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import OperationalError, ProgrammingError
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from generation import asking, sealing
from generation.engines import Capabilities, Engine, EngineError
from generation.kinds import KINDS
from generation.models import EngineSetup

BUILT_IN = "procedural"  # stands behind whatever a person has connected
RECENT_SECONDS = 10.0  # what a page only names or offers may be as old as that in other processes

IMPORTED = "imported"  # in place of an alias: the images were made elsewhere

log = logging.getLogger(__name__)


class UnknownEngine(Exception):
    """An alias that is not configured (any more), or switched off; `sentence` says so, and which there are."""

    def __init__(self, alias: str, *, is_off: bool = False) -> None:
        rows = _rows(RECENT_SECONDS)
        there, row = ", ".join(_ordered(rows)) or "none", rows.get(alias)
        self.sentence = f"There is no engine “{alias}” here. Configured: {there}."
        if is_off:
            self.sentence = f"The engine “{title_of(alias)}” is switched off."
        elif row is not None and row.removed_at is not None:
            self.sentence = f"The engine “{row}” was removed. Remix the session to use another one: {there}."
        super().__init__(self.sentence)


class Broken:
    """Stands in for an engine that cannot be built: it says why, and nothing else."""

    digital_source_type = "trainedAlgorithmicMedia"

    def __init__(self, title: str, trouble: EngineError) -> None:
        self.title, self.trouble = title, trouble

    def capabilities(self) -> Capabilities:
        raise self.trouble

    def generate(self, request, *, report, cancelled):
        raise self.trouble
        yield


@dataclass(frozen=True, kw_only=True)
class EngineEntry:
    """An engine under its alias. `name` is what a person called it."""

    alias: str
    engine: Engine
    name: str = ""

    @property
    def title(self) -> str:
        return self.name or self.engine.title

    @property
    def capabilities(self) -> Capabilities:
        """What the engine can do, as it said lately. Raises EngineError and nothing else, whoever wrote the engine."""
        if self.known is not None:
            asking.ask([self.known])
            return self.known.answer()
        try:
            return self.engine.capabilities()
        except EngineError:
            raise
        except Exception as error:
            log.exception("The engine %s could not be asked what it can do", self.alias)
            raise EngineError(f"{self.title} does not answer; the log says why.") from error

    def said(self) -> Capabilities:
        """Like `capabilities`, of those that have been asked already: nobody waits. Raises EngineError alone."""
        return self.known.answer() if self.known is not None else self.capabilities

    @cached_property
    def known(self) -> asking.Known | None:
        """What is remembered of an engine that stands before a server; any other can be asked each time."""
        return asking.Known(self.engine) if hasattr(self.engine, "describe") else None

    def remembered(self) -> Capabilities | None:
        """What is known without waiting for anybody; None: nothing yet."""
        if self.known is not None:
            return self.known.last()
        try:
            return self.capabilities
        except EngineError:
            return None


@dataclass
class _Kept:
    """What this process knows: the rows in their order, and the engines it has built."""

    stamp: tuple | None = None
    looked_at: float = float("-inf")
    rows: dict[str, EngineSetup] = field(default_factory=dict)
    built: dict[Any, tuple[Any, EngineEntry]] = field(default_factory=dict)  # key -> (of what, entry)


_kept = _Kept()
_lock = threading.RLock()


def get(alias: str) -> EngineEntry:
    """The engine of an alias, built once a process for each change of it. Raises UnknownEngine."""
    rows = _rows()
    row = rows.get(alias)
    if row is not None and not row.is_on and row.removed_at is None:
        raise UnknownEngine(alias, is_off=True)
    return _entry(rows, alias)


def entry_of(alias: str) -> EngineEntry:
    """Like `get`, also of an engine that is switched off: the engines page tests it before it is switched on."""
    return _entry(_rows(), alias)


def _entry(rows: dict[str, EngineSetup], alias: str) -> EngineEntry:
    row = rows.get(alias)
    if row is not None and row.removed_at is None and row.kind in KINDS:
        return _built(row.pk, row.revision, lambda: _of_row(row))
    if alias not in settings.GALLERY_ENGINES:
        raise UnknownEngine(alias)
    return built_of_settings(alias)


def built_of_settings(alias: str) -> EngineEntry:
    """The engine that the settings name, whatever a row says. Whatever its constructor raises."""
    return _built(("settings", alias), None, lambda: _of_settings(alias))


def engines(*, recent: bool = False) -> dict[str, EngineEntry]:
    """All that are on, in the order of the page: the first is what a newcomer's form starts with.

    `recent`: as they were a moment ago is good enough.
    """
    rows = _rows(RECENT_SECONDS if recent else 0.0)
    return {alias: _entry(rows, alias) for alias in _ordered(rows)}


def aliases(*, with_off: bool = False) -> list[str]:
    """Rows by their position, then what is in the settings alone; the built-in patterns behind all others."""
    return _ordered(_rows(), with_off=with_off)


def _ordered(rows: dict[str, EngineSetup], *, with_off: bool = False) -> list[str]:
    there = {alias: row for alias, row in rows.items() if row.removed_at is None}
    listed = [
        alias
        for alias, row in there.items()
        if (row.kind in KINDS or alias in settings.GALLERY_ENGINES) and (row.is_on or with_off)
    ]
    rest = [alias for alias in settings.GALLERY_ENGINES if alias not in there]
    return listed + sorted(rest, key=lambda alias: alias == BUILT_IN)


def usual() -> str:
    """What is used where nobody says which; "" where there is none."""
    return next(iter(aliases()), "")


def ask_all(entries: Iterable[EngineEntry], **patience: float) -> None:
    """Before the capabilities of several are wanted: their servers are asked at the same time."""
    asking.ask([entry.known for entry in entries if entry.known is not None], **patience)


def takes_seeds(alias: str) -> bool:
    """Whether its seeds are worth showing, as far as this process knows; nobody is asked, and no database."""
    can = remembered(alias)
    return can is not None and can.seeds


def remembered(alias: str) -> Capabilities | None:
    """What it can do, as far as this process knows; nobody is asked, and no database."""
    try:
        return _entry(_kept.rows, alias).remembered()
    except Exception:  # gone, or one of the settings that cannot be built
        return None


def title_of(alias: str) -> str:
    """The name shown for an alias, also for one that is configured no longer. A list asks for many."""
    if alias == IMPORTED:
        return _("Imported")
    rows = _rows(RECENT_SECONDS)
    row = rows.get(alias)
    if row is not None and row.title:
        return row.title
    try:
        return _entry(rows, alias).title
    except UnknownEngine:
        return alias


def system_of(alias: str) -> str:
    """What drew, whatever a person called it: for the papers of a final."""
    try:
        return entry_of(alias).engine.title
    except UnknownEngine:
        return alias


def forget() -> None:
    """As in a new process: nothing is known, nothing is built."""
    global _kept
    with _lock:
        _kept = _Kept()


def _rows(seconds: float = 0.0) -> dict[str, EngineSetup]:
    """The rows, read anew where one is another than before; not looked at if that was done `seconds` ago."""
    with _lock:
        if time.monotonic() - _kept.looked_at < seconds:
            return _kept.rows
        try:
            known = _kept.stamp
            if known is None or known != _stamp(EngineSetup.objects.only("pk", "revision")):
                rows = list(EngineSetup.objects.defer("checked"))
                _kept.rows, _kept.stamp = {row.alias: row for row in rows}, _stamp(rows)
        except (OperationalError, ProgrammingError):
            log.debug("The engines of the page cannot be read", exc_info=True)  # before the first migration
            return _kept.rows
        _kept.looked_at = time.monotonic()
        return _kept.rows


def _stamp(rows: Iterable[EngineSetup]) -> tuple:
    """Another one when a row came, went, was changed or moved."""
    return tuple((row.pk, row.revision) for row in rows)


def look_again() -> None:
    """Something was changed in this process: nobody here is told what was before."""
    _kept.looked_at = float("-inf")


def _built(key: Any, of: Any, make: Callable[[], EngineEntry]) -> EngineEntry:
    with _lock:
        known = _kept.built.get(key)
        if known is None or known[0] != of:
            known = _kept.built[key] = (of, make())
        return known[1]


def _of_settings(alias: str) -> EngineEntry:
    entry = settings.GALLERY_ENGINES[alias]
    return EngineEntry(alias=alias, engine=import_string(entry["CLASS"])(**entry.get("OPTIONS", {})))


def _of_row(row: EngineSetup) -> EngineEntry:
    """Never raises: one that cannot be built stands there with its reason, and keeps no other away."""
    kind = KINDS[row.kind]
    try:
        engine = build(row.kind, row.options, sealing.unseal(row.secrets))
    except sealing.Unreadable:
        words = (
            "The installation's secret has changed, so the key of this engine cannot be read. Enter it again."
        )
        engine = Broken(kind.title, EngineError(words, permanent=True))
    except EngineError as trouble:
        engine = Broken(kind.title, trouble)
    except Exception as fault:
        log.error("The engine %s cannot be built: %s", row.alias, type(fault).__name__)
        words = "This engine cannot be built from its settings. Look through them on the engines page."
        engine = Broken(kind.title, EngineError(words, permanent=True))
    return EngineEntry(alias=row.alias, engine=engine, name=row.title)


def build(kind: str, options: dict[str, Any], secrets: dict[str, str]) -> Engine:
    """An engine of a kind; options it does not know are left out. Whatever its constructor raises."""
    known = {option.name for option in KINDS[kind].configuration}
    given = {name: value for name, value in (options | secrets).items() if name in known}
    return import_string(KINDS[kind].path)(**given)
