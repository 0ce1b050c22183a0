"""What the sheet says about choosing beside its counts: what was rejected for what."""

from __future__ import annotations

import json

from django.db.models import Count

from generation.models import GenerationSession
from photos.models import Photo


def choosing(session: GenerationSession) -> dict:
    """Context of session/_choosing.html; asks nothing where nothing is rejected."""
    counts = reason_counts(session) if session.n_rejected else []
    return {"reason_counts": counts, "reasons_json": json.dumps(counts)}


def reason_counts(session: GenerationSession) -> list[tuple[str, int]]:
    """[("hands", 5), ("text", 4)] of all images of the sheet, the most frequent first."""
    rejected = Photo.objects.live().filter(candidate__session=session).exclude(reason="")
    return list(rejected.order_by().values_list("reason").annotate(n=Count("pk")).order_by("-n", "reason"))
