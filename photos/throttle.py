"""Log-in that slows down whoever guesses, and locks nobody out.

Failures are counted for a name and an address together: ten are free, then each further try has to wait, twice as
long every time. Elsewhere the same name is not touched, a right password starts anew, and the sign-in link that the
start prints asks for no password. A wait is the same for names that exist and names that do not.

Counted in Django's cache, in the memory of the web process: what a stranger types costs no write. (django-axes was
tried: a row with user agent, query and form of every stranger, its waits cannot grow, and four tables more.)
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import math
import time

from django.contrib.auth.backends import ModelBackend
from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from photos.devices import address_of
from photos.text import folded

log = logging.getLogger(__name__)

FREE_TRIES = 10
FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 60 * 60
REMEMBERED_SECONDS = 24 * 60 * 60  # after the last try


class TooManyFailures(Exception):
    """Wait `retry_after_seconds` before the next try for this name from this address."""

    code = "too_many_failures"

    def __init__(self, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        self.sentence = _(
            "Too many wrong passwords for this name came from your address. Try again in %(wait)s."
        ) % {"wait": wait_words(retry_after_seconds)}
        super().__init__(self.sentence)


class PasswordBackend(ModelBackend):
    """Names and passwords as Django has them, with the waits in between; for every log-in form there is."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        if request is None or username is None or password is None:
            return super().authenticate(request, username=username, password=password, **kwargs)
        address = address_of(request)
        begin_try(username, address)
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is not None:
            forget(username, address)
        return user


def begin_try(name: str, address: str, *, free: int = FREE_TRIES) -> None:
    """Count one try before it is looked at, so that a hundred at once are no way round. Raises TooManyFailures.

    The first `free` cost no wait.
    """
    tries, waiting = _keys(name, address)
    if until := cache.get(waiting):
        raise TooManyFailures(_seconds_until(until))
    cache.add(tries, 0, REMEMBERED_SECONDS)
    n = _increased(tries) + FREE_TRIES - free
    if n < FREE_TRIES:
        return
    wait = wait_after(n)
    # Whoever sets the wait has the one try; those who came at the same moment have to wait.
    if not cache.add(waiting, time.time() + wait, wait) and n > FREE_TRIES:
        raise TooManyFailures(wait)
    log.warning(
        "Log-in as %r from %s: try %s, the next one in %s s", name[:80], address or "nowhere", n, wait
    )


def forget(name: str, address: str) -> None:
    """The password was right."""
    cache.delete_many(_keys(name, address))


def wait_after(tries: int) -> int:
    """Seconds to wait after so many tries: 30, 60, 120 ... from the tenth on."""
    return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(tries - FREE_TRIES, 20))


def wait_words(seconds: int) -> str:
    if seconds < 90:
        return ngettext("%s second", "%s seconds", seconds) % seconds
    minutes = math.ceil(seconds / 60)
    return ngettext("%s minute", "%s minutes", minutes) % minutes


def _increased(key: str) -> int:
    n = cache.incr(key)
    cache.touch(key, REMEMBERED_SECONDS)
    return n


def _seconds_until(moment: float) -> int:
    return max(1, math.ceil(moment - time.time()))


def _keys(name: str, address: str) -> tuple[str, str]:
    """Of fixed length whatever was typed. An IPv6 network counts as one: a household has 2^64 addresses."""
    network = f"{ipaddress.ip_network((address, 64), strict=False)}" if ":" in address else address
    digest = hashlib.sha256(f"{folded(name)}\0{network}".encode(errors="replace")).hexdigest()
    return f"tries:{digest}", f"waiting:{digest}"
