"""Engines as an administrator sets them up: each change raises the row's revision, which every process notices."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify

from generation import registry, sealing
from generation.kinds import KINDS
from generation.models import EngineSetup, GenerationSession
from photos.db import in_transaction

MOST = 100  # engines; beyond that a form would be no form any more
TAKEN = {"add", "look"}  # addresses of the page itself
ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")


class SetupError(Exception):
    """`sentence` says why, `field` names the input ("" none)."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.field = sentence, field


def add(
    kind: str, *, title: str, alias: str, options: dict[str, Any], secrets: dict[str, str]
) -> EngineSetup:
    """A new engine, on, behind those that were set up before. An alias of the settings is taken over."""

    def work() -> EngineSetup:
        if EngineSetup.objects.filter(removed_at__isnull=True).count() >= MOST:
            raise SetupError(f"At most {MOST} engines can be set up.")
        name = alias or free_alias(title or kind)
        if problem := problem_of_alias(name):
            raise SetupError(problem, field="alias")
        values = {
            "kind": kind, "title": title or free_title(kind), "options": options, "is_on": True, "checked": {},
            "secrets": sealing.seal(secrets), "position": _behind(), "removed_at": None,
        }  # fmt: skip
        row = EngineSetup.objects.filter(alias=name).first()
        if row is None:
            registry.look_again()
            return EngineSetup.objects.create(alias=name, **values)
        _change(row.pk, **values)
        return EngineSetup.objects.get(pk=row.pk)

    return in_transaction(work)


def change(row: EngineSetup, *, title: str, options: dict[str, Any], secrets: dict[str, str] | None) -> None:
    """`secrets` None: they stay as they are, also where they cannot be read now."""
    sealed = {} if secrets is None else {"secrets": sealing.seal(secrets)}
    in_transaction(lambda: _change(row.pk, title=title, options=options, **sealed))


def switch(alias: str, *, on: bool) -> None:
    in_transaction(lambda: _change(row_of(alias).pk, is_on=on))


def move(alias: str, *, up: bool) -> None:
    """One place up or down among all that the page lists."""

    def work() -> None:
        order = registry.aliases(with_off=True)
        if alias not in order:
            return
        here = order.index(alias)
        there = here + (-1 if up else 1)
        if not 0 <= there < len(order):
            return
        order[here], order[there] = order[there], order[here]
        for position, name in enumerate(order):
            _change(row_of(name).pk, position=position)

    in_transaction(work)


def remove(row: EngineSetup) -> None:
    """Gone, with its key. What sessions were made with it keeps its name, and its alias is given to nothing new."""

    def work() -> None:
        if not row.kind or not GenerationSession.objects.filter(engine=row.alias).exists():
            EngineSetup.objects.filter(pk=row.pk).delete()
            registry.look_again()
        else:
            _change(row.pk, options={}, secrets="", is_on=False, checked={}, removed_at=timezone.now())

    in_transaction(work)


def row_of(alias: str) -> EngineSetup:
    """The row of an alias of the page. Those of the settings get rows of their own, which only say on and where."""
    row = EngineSetup.objects.filter(alias=alias).first()
    if row is None:
        for position, name in enumerate(registry.aliases(with_off=True), start=1):
            EngineSetup.objects.update_or_create(alias=name, defaults={"position": position})
        row = EngineSetup.objects.get(alias=alias)
    return row


def secrets_of(row: EngineSetup) -> dict[str, str] | None:
    """None: they cannot be read any more."""
    try:
        return sealing.unseal(row.secrets)
    except sealing.Unreadable:
        return None


def free_alias(title: str) -> str:
    """A short name after a title: "comfyui", "comfyui-2"."""
    stem = slugify(title)[:50] or "engine"
    taken = set(EngineSetup.objects.values_list("alias", flat=True)) | set(settings.GALLERY_ENGINES) | TAKEN
    return next(
        name for n in range(1, len(taken) + 2) if (name := stem if n == 1 else f"{stem}-{n}") not in taken
    )


def free_title(kind: str) -> str:
    """What its kind is called, with a number where another engine is called so already."""
    stem = KINDS[kind].title
    taken = set(EngineSetup.objects.filter(removed_at__isnull=True).values_list("title", flat=True))
    return next(
        name for n in range(1, len(taken) + 2) if (name := stem if n == 1 else f"{stem} {n}") not in taken
    )


def problem_of_alias(alias: str) -> str:
    if not ALIAS.fullmatch(alias) or alias in TAKEN:
        return "A short name has letters, digits, - _ and . only, at most 60 of them."
    row = EngineSetup.objects.filter(alias=alias).first()
    if row is not None and row.kind and row.removed_at is None:
        return f"There is an engine “{alias}” already."
    if row is not None and row.removed_at is not None:
        return f"Sessions were made with an engine “{alias}” that was removed; take another short name."
    return ""


def _change(pk: int, **values: Any) -> None:
    EngineSetup.objects.filter(pk=pk).update(revision=F("revision") + 1, **values)
    registry.look_again()


def _behind() -> int:
    """The place behind all rows, but before the built-in patterns where these stand last."""
    last = EngineSetup.objects.order_by("-position", "-pk").first()
    if last is None:
        return 1
    if last.alias != registry.BUILT_IN:
        return last.position + 1
    _change(last.pk, position=last.position + 1)
    return last.position
