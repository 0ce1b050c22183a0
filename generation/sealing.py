"""Secrets at rest: sealed with a key that comes from the installation's own secret, so that a copy of the database
alone opens nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"gallery: secrets of engines, 1"


class Unreadable(Exception):
    """Sealed with another secret than this installation has now."""


def seal(values: Mapping[str, str]) -> str:
    """ "" for nothing."""
    said = {name: value for name, value in values.items() if value}
    return _box().encrypt(json.dumps(said).encode()).decode() if said else ""


def unseal(text: str) -> dict[str, str]:
    """Raises Unreadable."""
    if not text:
        return {}
    try:
        return json.loads(_box().decrypt(text.encode()))
    except (InvalidToken, ValueError) as error:
        raise Unreadable from error


def _box() -> MultiFernet:
    """With the secrets of before, where the settings name them, for reading."""
    return MultiFernet([_fernet(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _fernet(secret: str) -> Fernet:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
