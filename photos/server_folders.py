"""Folders of this machine that may be imported from: those of GALLERY_IMPORT_FOLDERS, and what lies below them.

A path that a browser sent is resolved first, links and `..` and all, and counts only if it then lies below an allowed
folder, which is resolved too. What is absent and what is forbidden are the same answer. Whoever can write below an
allowed folder could still put a link in the place of a folder between this look and the import: `importing` follows no
link that it meets, and a run looks at its places again when it begins.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from photos.importing import ImportProblem
from photos.importing.kinds import is_junk
from photos.text import clean

PAGE = 50  # folders of one page
COUNTED = 1_000  # files in a folder; beyond it "1,000+"
READ_AT_MOST = 200_000  # entries of one folder
COUNTING_SECONDS = 0.4  # for all folders of a page: a slow disk shows fewer numbers, not a slow page
RIGHT = "photos.import_from_server"


@dataclass(frozen=True)
class Subfolder:
    name: str
    path: str
    files: int | None  # up to COUNTED + 1; None: nobody had the time


@dataclass(frozen=True)
class Listing:
    """A folder as the page shows it. `crumbs` leads from the allowed folder to this one."""

    path: str
    crumbs: list[tuple[str, str]]  # name, path
    folders: list[Subfolder]
    files: int  # in it, not below, up to COUNTED + 1
    archives: int
    after: str  # the name the next page begins after; "" on the last


def may_import(user) -> bool:
    return user.is_active and user.has_perm(RIGHT)


def roots() -> list[Path]:
    """The allowed folders that are there, resolved, each once."""
    found: dict[Path, None] = {}
    for named in settings.GALLERY_IMPORT_FOLDERS:
        folder = Path(named).expanduser()
        try:
            if folder.is_absolute() and folder.is_dir():
                found[folder.resolve(strict=True)] = None
        except (OSError, RuntimeError):
            continue
    return list(found)


def within(text: str) -> Path:
    """The folder a person named, resolved. Raises ImportProblem, the same for what is absent and what is forbidden."""
    try:
        folder = Path(text)
        resolved = folder.resolve(strict=True) if folder.is_absolute() else None
        if resolved and resolved.is_dir() and root_of(resolved):
            return resolved
    except (OSError, RuntimeError, ValueError):
        pass
    raise ImportProblem(_("There is no such folder among those that may be imported from."))


def root_of(resolved: Path) -> Path | None:
    """The allowed folder that a resolved path lies in. What is hidden below it is not offered."""
    for root in roots():
        if resolved.is_relative_to(root):
            parts = resolved.relative_to(root).parts
            return None if any(is_junk(part) or clean(part) != part for part in parts) else root
    return None


def listing(folder: Path, after: str = "") -> Listing:
    """What lies in an allowed folder, a page of its subfolders at a time. Raises ImportProblem if it cannot be read."""
    names, files, archives = [], 0, 0
    try:
        for entry in _entries(folder):
            if entry.is_dir(follow_symlinks=False):
                names.append(entry.name)
            elif entry.is_file(follow_symlinks=False):
                files += 1
                archives += entry.name.lower().endswith(".zip")
    except OSError as error:
        raise ImportProblem(_("This folder cannot be read: %s.") % error.strerror) from error
    names.sort(key=_order)
    left = [name for name in names if _order(name) > _order(after)] if after else names
    page = left[:PAGE]
    return Listing(
        path=str(folder),
        crumbs=_crumbs(folder),
        folders=_counted(folder, page),
        files=min(files, COUNTED + 1),
        archives=archives,
        after=page[-1] if len(left) > PAGE else "",
    )


def _entries(folder: Path) -> Iterator[os.DirEntry]:
    with os.scandir(folder) as entries:
        for n, entry in enumerate(entries):
            if n >= READ_AT_MOST:
                return
            if not is_junk(entry.name) and clean(entry.name) == entry.name:
                yield entry


def _order(name: str) -> tuple[str, str]:
    return name.casefold(), name


def _counted(folder: Path, names: list[str]) -> list[Subfolder]:
    until, found = time.monotonic() + COUNTING_SECONDS, []
    for name in names:
        files = _count(folder / name) if time.monotonic() < until else None
        found.append(Subfolder(name, str(folder / name), files))
    return found


def _count(folder: Path) -> int | None:
    """Files right in it; it stops as soon as "1,000+" can be said."""
    n = 0
    try:
        for entry in _entries(folder):
            n += entry.is_file(follow_symlinks=False)
            if n > COUNTED:
                break
    except OSError:
        return None
    return n


def _crumbs(folder: Path) -> list[tuple[str, str]]:
    root = root_of(folder) or folder
    crumbs = [(str(root), str(root))]
    for part in folder.relative_to(root).parts:
        crumbs.append((part, str(Path(crumbs[-1][1], part))))
    return crumbs
