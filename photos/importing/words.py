"""What is asked of an import, and what it says of files: words shared by the command, the page and the watch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from photos.images import RecipeFacts
from photos.importing import room
from photos.models import ImportedFile, Recipe
from photos.text import clean

FULL, PARTIAL, NONE = ImportedFile.Recipe.values


class ImportProblem(Exception):
    """Why nothing, or nothing more, can be brought in; `sentence` says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, kw_only=True)
class Options:
    """How files are brought in. `watching`: by the watch, so that what its owner deleted since stays away."""

    as_sessions: bool = False
    link: bool = False
    thumbnails_later: bool = False
    dry_run: bool = False
    watching: bool = False


class Became(StrEnum):
    """What became of a file, in the words of the table at the end."""

    ADDED = "added"
    ALREADY = "already there"
    RESTORED = "restored from trash"
    LEFT = "left as deleted"  # by the watch alone: its owner has trashed or purged it
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """`path` as in ImportedFile; `recipe` one of its words, "" where there is no picture or nobody looked."""

    label: str
    path: str
    became: Became
    reason: str = ""  # a sentence, when it was rejected
    recipe: str = ""
    photo_id: int | None = None


@dataclass(kw_only=True)
class Survey:
    """What lies in the given places. `new_bytes` are those of files that are not known by path or size."""

    files: int = 0
    byte_size: int = 0
    new_bytes: int = 0
    unchanged: int = 0  # known by path, size and time
    linked: bool = False  # the originals stay where they are
    notes: list[str] = field(default_factory=list)  # of places that lost most of what is linked from them
    left_out: Counter = field(default_factory=Counter)  # "grid", "video", "archive", "link", an extension

    @property
    def needed_bytes(self) -> int:
        return room.needed(self.new_bytes, kept_elsewhere=self.linked)

    @property
    def free_bytes(self) -> int:
        return room.free()

    @property
    def fits(self) -> bool:
        return self.needed_bytes + room.ROOM_TO_LEAVE_BYTES <= self.free_bytes


@dataclass(kw_only=True)
class Tally:
    """What became of all. `rejected` has the labels by their reason, `recipes` counts "full", "partial", "none"."""

    counts: Counter = field(default_factory=Counter)
    recipes: Counter = field(default_factory=Counter)
    rejected: dict[str, list[str]] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        self.counts[outcome.became] += 1
        self.recipes[outcome.recipe] += bool(outcome.recipe)
        if outcome.became == Became.REJECTED:
            self.rejected.setdefault(outcome.reason, []).append(outcome.label)

    @property
    def nothing_worked(self) -> bool:
        return not any(self.counts[became] for became in Became if became != Became.REJECTED)


def recipe_word(recipe: RecipeFacts | Recipe | None) -> str:
    """How much of prompt and settings is known: full with a prompt and a seed."""
    if recipe is None:
        return NONE
    return FULL if recipe.prompt.strip() and recipe.seed else PARTIAL


def shown(name: str) -> str:
    """A name as it may be printed: what would steer a terminal is made visible."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in clean(name))
