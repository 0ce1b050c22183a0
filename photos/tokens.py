"""API tokens: a program's way in as its owner. Shown once; only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import re
import secrets

from django.utils import timezone
from django.utils.translation import gettext as _

from photos.models import ApiToken
from photos.text import clean

PREFIX = "pg_"
HINT = 8  # characters that are kept to tell tokens apart: the prefix and five of 43
_TOKEN = re.compile(r"pg_[A-Za-z0-9_-]{43}")  # 256 bits from the operating system


class TokenError(Exception):
    """A token cannot be made so."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def make(owner, name: str) -> tuple[ApiToken, str]:
    """A new token and, this once, its text. Raises TokenError for an empty name or one over 80 characters."""
    name = " ".join(clean(name).split())
    longest = ApiToken._meta.get_field("name").max_length
    if not name:
        raise TokenError(_("Name what will use the token, so that you know it again."))
    if len(name) > longest:
        raise TokenError(_("A name has at most %s characters.") % longest)
    text = PREFIX + secrets.token_urlsafe(32)
    return ApiToken.objects.create(owner=owner, name=name, digest=_digest(text), hint=text[:HINT]), text


def of(owner):
    """The tokens that work, newest first."""
    return ApiToken.objects.filter(owner=owner, revoked_at__isnull=True).order_by("-created_at", "-pk")


def owner_of(token: str | None):
    """Whose token this is, or None: unknown, revoked and of a disabled account, all alike.

    The look-up is by digest, so that its time tells nothing of the token. Use is noted once a day.
    """
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        return None
    known = ApiToken.objects.select_related("owner").filter(
        digest=_digest(token), revoked_at__isnull=True, owner__is_active=True
    )
    row = known.first()
    if row is None:
        return None
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    if row.last_used_at is None or row.last_used_at < today:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=today)
    return row.owner


def revoke(token: ApiToken) -> None:
    """From now on it opens nothing."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
