"""Say what the gallery would know of image files, from the files alone; one JSON object a line."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from photos import images, storage
from photos.images import Facts, RejectedImage
from photos.management.library import LibraryCommand
from photos.parallel import in_threads

FIELDS = (
    "format", "width", "height", "frames", "orientation", "sha256", "taken_at", "taken_zone", "camera_make",
    "camera_model", "lens", "iso", "exposure", "lat", "lon", "title", "caption", "keywords", "rating", "recipe",
    "digital_source_type",
)  # fmt: skip
FROM_FACTS = tuple(
    name for name in FIELDS if name in Facts.__dataclass_fields__ and name not in ("recipe", "keywords")
)
RECIPE_FIELDS = (
    "generator", "prompt", "negative_prompt", "model", "sampler", "scheduler", "steps", "cfg", "seed", "width",
    "height", "loras",
)  # fmt: skip


class Command(LibraryCommand):
    help = (
        "Say what the gallery would know of image files from the files alone, or why it would refuse them: one JSON "
        "object a line. Stores nothing and needs no library."
    )
    writes = False
    requires_system_checks = ()

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "files", nargs="+", metavar="FILE", type=Path, help="a file, or a folder with all below it"
        )

    def handle(self, *, files: list[Path], **options) -> None:
        cores = os.cpu_count() or 1
        images.configure(size=cores)
        try:
            for said in in_threads(inspect, _walk(files), threads=cores + 1):
                self.stdout.write(json.dumps(said, allow_nan=False))
            self.stdout.flush()
        except BrokenPipeError:  # `| head` has read enough; Python would complain once more at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def inspect(path: Path) -> dict[str, Any]:
    """The line of one file."""
    said: dict[str, Any] = {"file": str(path), "ok": False, "code": "", "reason": ""} | dict.fromkeys(FIELDS)
    said["keywords"] = []
    try:
        return said | _known(path) | {"ok": True}
    except RejectedImage as rejected:
        return said | _hash(path) | {"code": rejected.code, "reason": rejected.sentence}
    except OSError as error:
        return said | {"code": "unreadable", "reason": f"The file cannot be read: {error.strerror}."}


def _known(path: Path) -> dict[str, Any]:
    if not path.is_file() and path.exists():
        raise RejectedImage("not-accepted", "This is no file but a device, a pipe or a folder.")
    if path.stat().st_size > settings.GALLERY_MAX_FILE_BYTES:
        limit = settings.GALLERY_MAX_FILE_BYTES // 1024**2
        raise RejectedImage("too-large", f"The file is larger than {limit} MB, the most accepted here.")
    with _plainly_named(path) as readable:
        facts = images.examine(readable, {})
    return _hash(path) | _said_of(facts)


@contextmanager
def _plainly_named(path: Path) -> Iterator[Path]:
    """The file under a name that the imaging library can be told: its own, or that of a link for the moment."""
    if images.can_be_named(path):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, "file")
        link.symlink_to(path.absolute())
        yield link


def _said_of(facts: Facts) -> dict[str, Any]:
    """Facts as the line says them: what is unknown is null, for every kind of field alike."""
    said = {name: getattr(facts, name) for name in FROM_FACTS}
    said = {name: None if value == "" else value for name, value in said.items()}
    recipe = facts.recipe
    return said | {
        "taken_zone": zone(facts.taken_offset_minutes),
        "keywords": list(facts.keywords),
        "recipe": {name: getattr(recipe, name) for name in RECIPE_FIELDS}
        | {"loras": list(map(dict, recipe.loras))}
        if recipe
        else None,
    }


def zone(minutes: int | None) -> str | None:
    """345 -> "+05:45"."""
    if minutes is None:
        return None
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _hash(path: Path) -> dict[str, str]:
    return {"sha256": storage.file_hash(path)} if path.is_file() else {}


def _walk(paths: list[Path]) -> Iterator[Path]:
    """Files as they were named; folders with all below them, sorted, without hidden ones."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))
