"""One-time sign-in links: how the person at this machine comes in without typing a password."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.http import base36_to_int, urlsafe_base64_decode, urlsafe_base64_encode

VALID_SECONDS = 15 * 60


class _Tokens(PasswordResetTokenGenerator):
    """Django's reset tokens with a purpose of their own: they hold the last log-in, so that one use ends them."""

    key_salt = "photos.accounts.sign_in"

    def _make_hash_value(self, user, timestamp: int) -> str:
        """Django counts the last log-in in whole seconds: within one of them a link would work again."""
        last = user.last_login
        return f"{super()._make_hash_value(user, timestamp)}{last.microsecond if last else ''}"

    def check_token(self, user, token: str | None) -> bool:
        if not super().check_token(user, token):
            return False
        return self._num_seconds(self._now()) - base36_to_int(token.split("-")[0]) <= VALID_SECONDS


_tokens = _Tokens()


def sign_in_link(user) -> str:
    """The path that signs `user` in once within 15 minutes."""
    name = urlsafe_base64_encode(str(user.pk).encode())
    return reverse("sign_in", args=[f"{name}.{_tokens.make_token(user)}"])


def user_for(token: str):
    """Whom a link is for, or None when it is wrong, used or too old; all alike."""
    name, _, rest = token.partition(".")
    try:
        user = get_user_model().objects.get(pk=int(urlsafe_base64_decode(name)), is_active=True)
    except (ValueError, OverflowError, get_user_model().DoesNotExist):
        return None
    return user if _tokens.check_token(user, rest) else None
