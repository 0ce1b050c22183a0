"""Stacks: pictures of one person whose recipes differ in nothing but the seed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

FACTS = (
    "generator", "prompt", "negative_prompt", "model", "model_hash", "sampler", "scheduler", "steps", "cfg", "width",
    "height",
)  # fmt: skip


def stack_of(recipe, owner_id: int) -> int | None:
    """A number that is the same for all of a stack, 63 bits; None where no prompt is known, which stacks nothing.

    `recipe` has the fields of `Recipe`. The owner is part of it: a stack is one range of one index.
    """
    if not recipe.prompt.strip():
        return None
    facts = [owner_id, *(_plain(getattr(recipe, name)) for name in FACTS), _loras(recipe.loras)]
    digest = hashlib.blake2b(json.dumps(facts).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


def stacks_of(photo_ids) -> dict[int, int]:
    """Picture -> its stack, of those that have one: one query."""
    from photos.models import Recipe

    rows = Recipe.objects.filter(photo__in=list(photo_ids), stack__isnull=False)
    return dict(rows.values_list("photo_id", "stack"))


def folded(items: list, stack_of_item, opened: int | None = None) -> list[tuple[object, int]]:
    """Items in their order with how many each stands for: the first of a stack for all of it.

    `stack_of_item(item)` is None for what is in none; of the stack `opened` all stand for themselves.
    """
    counts = Counter(stack for item in items if (stack := stack_of_item(item)) is not None)
    found, seen = [], set()
    for item in items:
        stack = stack_of_item(item)
        if stack is None or stack == opened or counts[stack] == 1:
            found.append((item, 1))
        elif stack not in seen:
            seen.add(stack)
            found.append((item, counts[stack]))
    return found


def _plain(value):
    """White space and the kind of number say nothing: 7 and 7.0 are one setting."""
    if isinstance(value, str):
        return " ".join(value.split())
    return None if value is None else float(value)


def _loras(loras) -> list[str]:
    """In any order: they are added up."""
    known = [one for one in loras if isinstance(one, dict)] if isinstance(loras, list) else []
    return sorted(json.dumps([str(one.get("name")), str(one.get("weight"))]) for one in known)
