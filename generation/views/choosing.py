"""What the sheet says about choosing beside its counts: what was rejected for what."""

from __future__ import annotations

import json

from generation.showing import Marks


def choosing(marks: Marks) -> dict:
    """Context of session/_choosing.html: [("hands", 5), ("text", 4)], the most frequent first."""
    counts = sorted(marks.reasons.items(), key=lambda one: (-one[1], one[0]))
    return {"reason_counts": counts, "reasons_json": json.dumps(counts)}
