"""Where the files come from: what lies in folders and archives, in one order, with what stands beside each."""

from __future__ import annotations

import os
import stat
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings

from photos import archives
from photos.db import is_database_file
from photos.importing import kinds, sidecars
from photos.importing.found import Found, by_time, local, storable_ns, unread
from photos.importing.words import ImportProblem, shown
from photos.text import clean


def place(path: Path) -> Path:
    """A place a person named, as an absolute path; one that is a link stands for what it leads to."""
    try:
        resolved = path.expanduser().resolve(strict=True)
    except (OSError, RuntimeError):
        raise ImportProblem(f"There is nothing at {shown(str(path))}.") from None
    if any(is_own(parent) for parent in (resolved, *resolved.parents)):
        raise ImportProblem(
            f"{shown(str(path))} lies in the gallery's own folder: what is there has come in already. See check_media."
        )
    if is_database_file(resolved):
        raise ImportProblem(f"{shown(str(path))} is the gallery's own database.")
    if not (resolved.is_dir() or resolved.is_file()):
        raise ImportProblem(f"{shown(str(path))} is neither a file nor a folder.")
    return resolved


def files(
    places: Iterable[Path], left_out: Counter, stack: ExitStack, *, in_time: bool = False
) -> Iterator[Found]:
    """Every file that may be a picture: of each folder its own, by name or time, then what lies in folders below it.

    What a person named by itself is taken, sheet or not. Archives stay open until `stack` ends.
    """
    listed: dict[Path, sidecars.Names] = {}
    for one in places:
        if one.is_dir():
            yield from _in_folder(one, one.name, left_out, in_time)
        elif one.suffix.lower() == ".zip":
            members = _in_archive(stack.enter_context(archives.open_archive(one)), one, left_out)
            yield from sorted(members, key=by_time) if in_time else members
        elif kinds.is_grid(one.name) or not kinds.left_out(one.name, left_out):
            if one.parent not in listed:
                listed[one.parent] = sidecars.Names(_names_in(one.parent))
            yield local(one, one.name, one.stat(), listed[one.parent])


def named(paths: Iterable[str], places: Iterable[Path], stack: ExitStack) -> Iterator[Found]:
    """Just these, by their keys: a retry. What is there no more says so."""
    members: dict[Path, list[str]] = {}
    listed: dict[Path, sidecars.Names] = {}
    for key in paths:
        path = _path_of(key)
        if path is None and (archive := _archive_of(key)):
            members.setdefault(archive, []).append(key)
        elif path is None or path.resolve() != path or any(is_own(parent) for parent in path.parents):
            yield unread(key, key, "It is not there any more.")
        else:
            if path.parent not in listed:
                listed[path.parent] = sidecars.Names(_names_in(path.parent))
            yield local(path, _label(path, places), path.stat(), listed[path.parent])
    for archive, keys in members.items():
        opened = stack.enter_context(archives.open_archive(archive))
        there = {clean(found.key): found for found in _in_archive(opened, archive, Counter())}
        for key in keys:
            yield there.get(clean(key)) or unread(key, key, "It is not in its archive any more.")


def is_own(folder: Path) -> bool:
    """Whether this is the media or temporary folder, under whatever name it is reached."""
    for own in (Path(settings.MEDIA_ROOT), Path(settings.TMP_DIR)):
        try:
            if folder.samefile(own):
                return True
        except OSError:
            continue
    return False


def _in_folder(folder: Path, label: str, left_out: Counter, in_time: bool) -> Iterator[Found]:
    todo = [(folder, label)]  # a list: folders may lie deeper in each other than calls may
    while todo:
        own, below = _listed(*todo.pop(), left_out)
        yield from sorted(own, key=by_time) if in_time else own
        todo += [one for one in reversed(below) if not _is_stepped_over(one[0], left_out)]


def _is_stepped_over(folder: Path, left_out: Counter) -> bool:
    if is_own(folder):
        left_out["own"] += 1
    elif kinds.is_folder_of_grids(folder.name):
        left_out["grid"] += _pictures_below(folder)
    else:
        return False
    return True


def _listed(folder: Path, label: str, left_out: Counter) -> tuple[list[Found], list[tuple[Path, str]]]:
    """The files of one folder, and the folders in it with their labels."""
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        return [unread(label, str(folder), f"This folder cannot be read: {error.strerror}.")], []
    listed = [entry for entry in listed if not kinds.is_junk(entry.name)]
    own, below, names = [], [], sidecars.Names(entry.name for entry in listed)
    for entry in listed:
        name = f"{label}/{entry.name}"
        if entry.is_symlink():
            left_out["link"] += 1
        elif entry.is_dir(follow_symlinks=False):
            below.append((Path(entry.path), name))
        elif is_database_file(Path(entry.path)):
            left_out[".sqlite3"] += 1
        elif entry.name not in names.beside and not kinds.left_out(entry.name, left_out):
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError as error:
                own.append(unread(name, entry.path, f"It cannot be read: {error.strerror}."))
                continue
            if stat.S_ISREG(status.st_mode):
                own.append(local(Path(entry.path), name, status, names))
    return own, below


def _pictures_below(folder: Path) -> int:
    return sum(
        os.path.splitext(name)[1].lower() in kinds.PICTURES
        for _, _, names in os.walk(folder)
        for name in names
    )


def _in_archive(archive: zipfile.ZipFile, path: Path, left_out: Counter) -> Iterator[Found]:
    changed_ns = storable_ns(path.stat())
    members = [(member, member.filename.replace("\\", "/")) for member in archive.infolist()]
    names = sidecars.Names(name for _, name in members)
    by_name = {name: member for member, name in members}
    for member, name in members:
        parts = [part for part in name.split("/") if part not in ("", ".", "..")]
        refused = archives.refusal(member)
        if member.is_dir() or any(kinds.is_junk(part) for part in parts):
            continue
        if any(kinds.is_folder_of_grids(part) for part in parts[:-1]):
            left_out["grid"] += 1
        elif refused or (name not in names.beside and not kinds.left_out(name.rpartition("/")[2], left_out)):
            beside = [(end, by_name[other]) for end, other in names.of(name)]
            yield Found(
                label=f"{path.name}: {member.filename}",
                name=member.filename,
                key=f"{path}/{name.lstrip('/')}",
                byte_size=member.file_size,
                modified_at=archives.modified_at(member),
                modified_ns=changed_ns,
                open=lambda member=member: archive.open(member),
                beside=tuple(
                    (end, lambda other=other: archive.open(other))
                    for end, other in beside
                    if not archives.refusal(other)
                ),
                refused=refused,
            )


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _archive_of(key: str) -> Path | None:
    """The archive that a key leads into; None for a file of its own."""
    parents = [parent for parent in Path(key).parents if parent.suffix.lower() == ".zip"]
    return next((parent for parent in parents if parent.is_file()), None)


def _path_of(key: str) -> Path | None:
    """The file of a key, which is its path as text that can be stored; None when there is none."""
    path = Path(key)
    if not path.is_file():
        like = (path.parent / name for name in _names_in(path.parent))
        path = next((one for one in like if clean(str(one)) == key and one.is_file()), path)
    return path if path.is_file() else None


def _label(path: Path, places: Iterable[Path]) -> str:
    """As a walk through these places would have named it."""
    for one in places:
        if one in path.parents:
            return f"{one.name}/{path.relative_to(one)}"
    return path.name
