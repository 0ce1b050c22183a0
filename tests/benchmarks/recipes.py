"""Recipes of real files, held against what is known of them: a table by generator, and what reading them costs.

The files are the samples that INDEX.csv lists (GALLERY_SAMPLES names another folder than the usual one). "right" is
what the gallery says and is true, "empty" what it does not say, "wrong" what it says and is not true. Of a ComfyUI
graph, which may have several samplers, what any of them was given is right.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from tests.benchmarks.machine import CODE
from tests.benchmarks.report import Report, Table, percentile
from tests.benchmarks.scratch import Scratch

TITLE = "prompts and settings of sample files: right, empty, wrong by generator"
FIELDS = ("prompt", "negative_prompt", "seed", "steps", "cfg", "sampler", "model")
OF_GRAPHS = {
    "prompt": "positive_texts", "negative_prompt": "negative_texts", "seed": "seeds", "sampler": "samplers",
    "model": "models", "steps": "steps", "cfg": "cfg",
}  # fmt: skip
TIMES = 10  # each file is read, for its processor time


def add_options(parser: argparse.ArgumentParser) -> None:
    usual = os.environ.get("GALLERY_SAMPLES", CODE.parent / "shared" / "samples")
    parser.add_argument(
        "--samples", type=Path, metavar="FOLDER", default=Path(usual), help="with its INDEX.csv"
    )


def run(options: argparse.Namespace, scratch: Scratch) -> Report:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    notes, costs = [], []
    for path, known in _known(options.samples):
        recipe, milliseconds = _read(path)
        costs.append(milliseconds)
        for field, wanted in _stated(known):
            verdict = _verdict(field, wanted, recipe.get(field))
            counts[known.get("generator", "marked only")].update(("stated", verdict))
            if verdict != "right":
                notes.append(f"{verdict}: {field} of {path.name}")
    return Report(tables=[_truth(counts, notes), _cost(costs)])


def _known(samples: Path) -> list[tuple[Path, dict[str, Any]]]:
    csv.field_size_limit(1 << 24)
    try:
        with (samples / "INDEX.csv").open(encoding="utf-8") as index:
            rows = [row for row in csv.DictReader(index) if row["kind"] == "ai"]
    except FileNotFoundError as error:
        raise SystemExit(f"There are no samples at {samples}: --samples names their folder.") from error
    return [(samples / row["file"], json.loads(row["expected"])) for row in rows]


def _read(path: Path) -> tuple[dict[str, Any], float]:
    """The fields of the recipe, and the milliseconds of processor time that reading it takes."""
    from photos import pixels  # in this process, as the decoder has it

    recipe = pixels.recipe(path)
    started = time.process_time()
    for _ in range(TIMES):
        pixels.recipe(path)
    return recipe or {}, (time.process_time() - started) / TIMES * 1000


def _stated(known: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    """Fields and what is right for each: one value, or any of several."""
    plain = [
        (field, [known[field]]) for field in FIELDS if field in known and not isinstance(known[field], list)
    ]
    graphs = [(field, known[name]) for field, name in OF_GRAPHS.items() if isinstance(known.get(name), list)]
    return plain + [(field, wanted) for field, wanted in graphs if wanted]


def _verdict(field: str, wanted: list[Any], said: Any) -> str:
    if said in (None, ""):
        return "right" if any(one in (None, "") for one in wanted) else "empty"
    if any(_plain(field, one) == _plain(field, said) for one in wanted):
        return "right"
    part = field.endswith("prompt") and any(one.strip() and one.strip() in said for one in wanted)
    return "right" if part and len(wanted) > 1 else "wrong"


def _plain(field: str, value: Any) -> Any:
    if field in ("steps", "cfg"):
        return round(float(value), 4)
    return "\n".join(line.strip() for line in str(value).strip().split("\n"))


def _truth(counts: dict[str, Counter[str]], notes: list[str]) -> Table:
    columns = ("generator", "stated", "right", "empty", "wrong")
    table = Table(title="Stated fields by generator", columns=columns, notes=notes)
    for name in sorted(counts):
        table.rows.append((name, *(counts[name][column] for column in columns[1:])))
    whole = sum(counts.values(), Counter())
    table.rows.append(("all", *(whole[column] for column in columns[1:])))
    table.notes.insert(0, f"{whole['right'] / max(1, whole['stated']):.1%} of the stated fields are right.")
    return table


def _cost(costs: list[float]) -> Table:
    table = Table(title="CPU of one file, ms", columns=("files", "p50", "p95", "most"))
    if costs:
        table.rows.append((len(costs), percentile(costs, 0.5), percentile(costs, 0.95), max(costs)))
    table.notes.append("Header, text and recipe, without the pixels; in the process that decodes.")
    return table
