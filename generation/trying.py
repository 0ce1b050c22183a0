"""The test of an engine, asked for on the engines page: run by a worker, written down finding by finding."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from generation import checking, registry, setups
from generation.engines import EngineError
from generation.models import EngineSetup
from photos import working

LONGEST = timedelta(minutes=10)  # without a word; then its worker is gone
MAX_SENTENCE = 400


def ask(row: EngineSetup) -> None:
    """Have it tested; what the last test found is forgotten."""
    _write(row.pk, {"state": "waiting", "findings": []})
    working.enqueue("try_engine", row.pk)


def run(pk: int) -> None:
    """Test one engine. May run twice: the findings are the later one's."""
    row = EngineSetup.objects.filter(pk=pk, removed_at__isnull=True).first()
    if row is None:
        return
    hidden = [value for value in (setups.secrets_of(row) or {}).values() if len(value) > 3]
    found: list[list[str]] = []
    _write(pk, {"state": "running", "findings": found})
    try:
        for finding in checking.check(row.alias):
            found.append([finding.name, finding.works, _cleaned(finding.sentence, hidden)])
            _write(pk, {"state": "running", "findings": found})
    except (registry.UnknownEngine, EngineError) as trouble:
        found.append(["server", checking.NO, _cleaned(trouble.sentence, hidden)])
    _write(pk, {"state": "done", "findings": found})


def is_under_way(row: EngineSetup) -> bool:
    said_at = _said_at(row)
    return (
        row.checked.get("state") in ("waiting", "running")
        and said_at is not None
        and timezone.now() - said_at < LONGEST
    )


def _said_at(row: EngineSetup) -> datetime | None:
    try:
        return datetime.fromisoformat(row.checked["at"])
    except (KeyError, TypeError, ValueError):
        return None


def _write(pk: int, said: dict[str, Any]) -> None:
    """Beside the settings: the engine is not built anew for it."""
    EngineSetup.objects.filter(pk=pk).update(checked=said | {"at": timezone.now().isoformat()})


def _cleaned(sentence: str, hidden: list[str]) -> str:
    for value in hidden:
        sentence = sentence.replace(value, "•••")
    return sentence[:MAX_SENTENCE]
