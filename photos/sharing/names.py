"""What a picture is called in the addresses of a link: its number and the link's as one enciphered block.

Whoever holds a link learns neither the number of a picture, nor how many there are, nor the hash of its bytes, and a
name of one link means nothing in another. A block of AES is a permutation of 128 bits: of names somebody makes up, one
in 2^64 names this link at all. Nothing is looked up.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings

PATTERN = "[A-Za-z0-9_-]{22}"
_LARGEST = 2**63


def name_of(share_id: int, photo_id: int) -> str:
    """22 characters for an address."""
    cipher = _cipher(settings.SECRET_KEY).encryptor()
    block = cipher.update(share_id.to_bytes(8, "big") + photo_id.to_bytes(8, "big")) + cipher.finalize()
    return base64.urlsafe_b64encode(block).rstrip(b"=").decode()


def named(name: str) -> tuple[int, int] | None:
    """(link, picture) that a name of `PATTERN` stands for; None where it cannot be one."""
    cipher = _cipher(settings.SECRET_KEY).decryptor()
    block = cipher.update(base64.urlsafe_b64decode(f"{name}==")) + cipher.finalize()
    share_id, photo_id = int.from_bytes(block[:8], "big"), int.from_bytes(block[8:], "big")
    if share_id >= _LARGEST or photo_id >= _LARGEST or name_of(share_id, photo_id) != name:
        return (
            None  # the last: four bits of the last character say nothing, and there is one name for a picture
        )
    return share_id, photo_id


def in_link(share_id: int, name: str) -> int:
    """The number of the picture that a name stands for in this link; 0, which no picture has, for all else."""
    found = named(name) if re.fullmatch(PATTERN, name) else None
    return found[1] if found and found[0] == share_id else 0


@lru_cache(maxsize=4)
def _cipher(secret: str) -> Cipher:
    """A key for this purpose alone. One block, never two: the mode is only what the library asks for."""
    key = hashlib.sha256(b"photos.sharing.names/1:" + secret.encode()).digest()
    return Cipher(algorithms.AES256(key), modes.ECB())
