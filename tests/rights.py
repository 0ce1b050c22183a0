"""What the admin would tick for a person."""

from __future__ import annotations

from django.contrib.auth.models import Permission


def let_generate(user) -> None:
    """This person may run sessions. `user` forgets what it knew of its rights."""
    right = Permission.objects.get(content_type__app_label="generation", codename="generate")
    user.user_permissions.add(right)
    for known in ("_perm_cache", "_user_perm_cache"):
        user.__dict__.pop(known, None)
