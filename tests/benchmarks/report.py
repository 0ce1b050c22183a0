"""What a benchmark says: tables for a person, JSON for the next comparison."""

from __future__ import annotations

import argparse
import json
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

Value = str | int | float | None


@dataclass(kw_only=True)
class Table:
    """`rows` have one value for each of `columns`; None prints as a dash, floats with three figures."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[Value]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        cells = [list(self.columns), *([shown(value) for value in row] for row in self.rows)]
        widths = [max(len(row[n]) for row in cells) for n in range(len(self.columns))]
        ruled = [cells[0], ["-" * width for width in widths], *cells[1:]]
        return ["", self.title, *(_line(row, widths) for row in ruled), *self.notes]


@dataclass(kw_only=True)
class Report:
    tables: list[Table] = field(default_factory=list)

    def print(self, machine: dict) -> None:
        print("\n" + ", ".join(f"{name} {value}" for name, value in machine.items() if value != ""))
        print(f"load now: {os.getloadavg()[0]:.2f}")
        for table in self.tables:
            print("\n".join(table.lines()))

    def write(self, path: Path, machine: dict, options: argparse.Namespace) -> None:
        asked = {name: str(value) for name, value in vars(options).items()}
        tables = [vars(table) | {"rows": [dict(zip(table.columns, row, strict=True)) for row in table.rows]}
                  for table in self.tables]  # fmt: skip
        whole = {"machine": machine, "load_after": os.getloadavg()[0], "options": asked, "tables": tables}
        path.write_text(json.dumps(whole, indent=1) + "\n")


def shown(value: Value) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return (
            f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
        )
    return f"{value:,}" if isinstance(value, int) else value


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0..1) of them do not exceed; of the measured ones, none in between."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The first column to the left, numbers to the right."""
    first, *rest = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]).rstrip()
