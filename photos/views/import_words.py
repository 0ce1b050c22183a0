"""Imports and watched folders in words: what was asked for, how far it is, what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from photos.importing import Became, Options
from photos.importing_work import options_of
from photos.models import ImportRun, WatchedFolder

LATELY = timedelta(minutes=2)
KINDS = 4  # of files left out, named by their extension


@dataclass(frozen=True)
class Line:
    """A run in a list."""

    run: ImportRun
    places: str
    state: str
    sentence: str


@dataclass(frozen=True)
class Watched:
    row: WatchedFolder
    options: str
    looked: str


def line(run: ImportRun) -> Line:
    return Line(run, places(run), state(run), sentence(run) if run.n_done or is_over(run) else "")


def watched(row: WatchedFolder) -> Watched:
    if not row.is_on:
        looked = _("switched off")
    elif row.looked_at is None:
        looked = _("not looked into yet")
    elif timezone.now() - row.looked_at < LATELY:
        looked = _("looked into just now")
    else:
        looked = _("last looked into %s ago") % timesince(row.looked_at, depth=1)
    return Watched(row, options_words(options_of(row.options)), looked)


def is_over(run: ImportRun) -> bool:
    return run.state not in (ImportRun.State.QUEUED, ImportRun.State.RUNNING)


def is_dry(run: ImportRun) -> bool:
    return options_of(run.options).dry_run


def places(run: ImportRun) -> str:
    return ", ".join(run.places)


def options_words(options: Options) -> str:
    into = _("as sessions") if options.as_sessions else _("as single images")
    where = _("left where they are") if options.link else _("copied")
    return f"{into}, {where}"


def state(run: ImportRun) -> str:
    """How far it is, in a few words."""
    if run.state == ImportRun.State.QUEUED:
        return _("Waiting to start")
    if run.state == ImportRun.State.RUNNING:
        if run.stage == "looking":
            return _("Looking through the folders")
        words = _("Looked at %(done)s of %(all)s") if is_dry(run) else _("%(done)s of %(all)s files")
        return words % {"done": number(run.n_done), "all": number(run.n_files)}
    if run.state == ImportRun.State.STOPPED:
        return _("Stopped after %(done)s of %(all)s") % {
            "done": number(run.n_done),
            "all": number(run.n_files),
        }
    if run.state == ImportRun.State.FAILED:
        return _("Not finished")
    return _("Looked through") if is_dry(run) else _("Done")


def sentence(run: ImportRun) -> str:
    """ "80,214 files: 79,900 with prompts, 97 without, 214 grids left out, 3 unreadable"."""
    n = _counts(run)
    with_prompts, grids = n["full"] + n["partial"], n["grid"]
    parts = [
        (with_prompts, _("%s with prompts")),
        (n["none"], _("%s without")),
        (grids, ngettext("%s grid left out", "%s grids left out", grids)),
        (n[Became.REJECTED], _("%s refused")),
    ]
    said = ", ".join(words % number(count) for count, words in parts if count)
    files = (run.n_files if is_over(run) and run.state == ImportRun.State.DONE else run.n_done) + grids
    total = ngettext("%s file", "%s files", files) % number(files)
    return f"{total}: {said}." if said else f"{total}."


def outcome(run: ImportRun) -> str:
    """ "79,000 new, 1,000 here already": what a person has of it."""
    n, dry = _counts(run), is_dry(run)
    parts = [
        (n[Became.ADDED], _("%s would be new") if dry else _("%s new")),
        (n[Became.ALREADY], _("%s here already")),
        (
            n[Became.RESTORED],
            _("%s in the trash would come back") if dry else _("%s brought back from the trash"),
        ),
        (n[Became.LEFT], _("%s left deleted")),
    ]
    return ", ".join(words % number(count) for count, words in parts if count)


def left_out(run: ImportRun) -> str:
    """What was not even looked at, by kind; grids are in the sentence."""
    n = _counts(run)
    named = [
        (n["video"], ngettext("%s video", "%s videos", n["video"])),
        (n["archive"], ngettext("%s ZIP archive", "%s ZIP archives", n["archive"])),
        (n["link"], ngettext("%s link", "%s links", n["link"])),
        (n["own"], ngettext("%s folder of the gallery", "%s folders of the gallery", n["own"])),
    ]
    parts = [words % number(count) for count, words in named if count]
    endings = sorted(((count, kind) for kind, count in n.items() if kind.startswith(".")), reverse=True)
    parts += [f"{number(count)} {kind}" for count, kind in endings[:KINDS]]
    more = sum(count for count, _kind in endings[KINDS:])
    if more:
        parts.append(_("%s others") % number(more))
    return ", ".join(parts)


def seconds_left(run: ImportRun) -> str:
    """ "9 min": at the pace so far; "" where nothing can be said yet."""
    if (
        run.state != ImportRun.State.RUNNING
        or run.stage != "bringing"
        or not run.started_at
        or run.n_done < 20
    ):
        return ""
    gone = (timezone.now() - run.started_at).total_seconds()
    left = gone / run.n_done * (run.n_files - run.n_done)
    if left < 60:
        return _("%s s") % max(1, round(left))
    return _("%s min") % round(left / 60) if left < 5400 else _("%s h") % round(left / 3600)


def number(count: int) -> str:
    return number_format(count, force_grouping=True)


class _counts(dict):  # noqa: N801  reads as a function where it is used
    """The counts of a run; what was not counted is 0."""

    def __init__(self, run: ImportRun) -> None:
        super().__init__({kind: n for kind, n in run.counts.items() if isinstance(n, int)})

    def __missing__(self, kind: str) -> int:
        return 0
