"""Who may generate: the permission "generation.generate", which the admin ticks; superusers have it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

RIGHT = "generation.generate"


def may_generate(user) -> bool:
    """Whether this person may start sessions and have them go on. Choosing from one's own needs no right."""
    return user.is_active and user.has_perm(RIGHT)


def generators_only(view: Callable) -> Callable:
    """For views that make an engine work."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not may_generate(request.user):
            raise PermissionDenied(
                _("Your account may not generate images. The administrator of this gallery can allow it.")
            )
        return view(request, *args, **kwargs)

    return guarded


def administrators_only(view: Callable) -> Callable:
    """For the pages on which engines are set up."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not (request.user.is_active and request.user.is_superuser):
            raise PermissionDenied(_("The engines of this gallery are set up by its administrator."))
        return view(request, *args, **kwargs)

    return guarded
