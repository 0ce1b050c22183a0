"""What was written: a line for each file, by reading it back. Nothing in it tells more than the files beside it do."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from photos.papers import Papers

FORMULAS = tuple(
    "=+-@\t\r\n＝＋－＠"
)  # what a spreadsheet takes for the beginning of one, full-width forms too
BOM = "\ufeff"  # without it some spreadsheets take the letters for another alphabet's
COLUMNS = (
    "file", "bytes", "written as", "prompt", "place", "camera", "AI mark", "title", "creator", "rights", "signed",
    "beside it", "problem",
)  # fmt: skip


def harmless(value: Any) -> Any:
    """A cell for a spreadsheet: text that it would take for a formula gets a ' in front. Numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULAS):
        return f"'{value}"
    return value


def line(values: list[Any]) -> str:
    """A line of CSV; all text in quotes, so that a separator in it is none."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_NONNUMERIC).writerow([harmless(value) for value in values])
    return out.getvalue()


def has_prompt(papers: Papers) -> bool:
    """Whether whoever has the file can read what it was asked for."""
    return papers.has_recipe or bool(papers.prompt)


@dataclass(kw_only=True)
class Seen:
    """One image as it was written. `papers` are those of the file itself, read back; None where it could not be."""

    name: str
    byte_size: int = 0
    how: str = ""  # "original", "without its metadata", "drawn anew"
    papers: Papers | None = None
    beside: tuple[str, ...] = ()
    problem: str = ""

    def values(self) -> list[Any]:
        papers = self.papers
        read = ["?"] * 3 + ["", "", "", "", ""]
        if papers is not None:
            said = (has_prompt(papers), papers.has_gps, bool(papers.camera))
            read = [*("yes" if one else "no" for one in said), papers.digital_source_type or "no"]
            read += [papers.title, papers.creator, papers.rights, papers.signed]
        return [self.name, self.byte_size, self.how, *read, ", ".join(self.beside), self.problem]


@dataclass(kw_only=True)
class Table:
    """The lines so far, and what they say together."""

    text: io.StringIO = field(default_factory=io.StringIO)
    counts: Counter = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)  # the first hundred

    def __post_init__(self) -> None:
        self.text.write(BOM + line(list(COLUMNS)))

    def add(self, seen: Seen) -> None:
        self.text.write(line(seen.values()))
        self.counts["images"] += 1
        if seen.problem:
            self.counts["problems"] += 1
            self.problems[len(self.problems) : 100] = [f"{seen.name}: {seen.problem}"]
        if seen.papers is None:
            return
        self.counts["read back"] += 1
        self.counts["prompts"] += has_prompt(seen.papers)
        self.counts["places"] += seen.papers.has_gps
        self.counts["AI marks"] += bool(seen.papers.digital_source_type)
        self.counts["signed"] += bool(seen.papers.signed)

    def data(self) -> bytes:
        return self.text.getvalue().encode()
