"""What the frame of every page needs to know of sessions."""

from __future__ import annotations

from functools import cache

from generation import rights
from generation.models import GenerationSession


def navigation(request) -> dict:
    """Context of every page: whether to offer Generate, and Sessions (who made some still chooses from them).

    Asked only where a template asks, and once.
    """

    @cache
    def may_generate() -> bool:
        return hasattr(request, "user") and rights.may_generate(request.user)

    @cache
    def has_sessions() -> bool:
        return may_generate() or (
            hasattr(request, "user") and GenerationSession.objects.visible_to(request.user).exists()
        )

    return {"may_generate": may_generate, "has_sessions": has_sessions}
