"""Signed-in devices: which browsers are signed in as a person, and signing them out.

A row is made at log-in and goes with the log-in session: at log-out, when it expires, when the password changes.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, user_logged_in, user_logged_out
from django.core.cache import cache
from django.db import OperationalError
from django.dispatch import receiver
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from photos.db import in_transaction, is_passing
from photos.models import SignedInDevice

SEEN_EVERY = timedelta(minutes=10)

# The first word found names it: every browser claims to be the ones below it.
BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Vivaldi", "Vivaldi"), ("SamsungBrowser", "Samsung Internet"),
    ("FxiOS", "Firefox"), ("Firefox/", "Firefox"), ("CriOS", "Chrome"), ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Macintosh", "macOS"), ("Linux", "Linux"), ("FreeBSD", "FreeBSD"),
)  # fmt: skip


def browser_of(user_agent: str) -> str:
    """ "Firefox on Linux", in words of ours alone; "" where none is known."""
    browser = next((name for word, name in BROWSERS if word in user_agent), "")
    system = next((name for word, name in SYSTEMS if word in user_agent), "")
    return f"{browser} on {system}" if browser and system else browser or system


def address_of(request) -> str:
    """The address a request comes from; "" where it is no IP address (a socket file).

    A proxy adds whom it saw at the end of X-Forwarded-For, which is believed only when GALLERY_TRUST_PROXY says
    so; what stands before it anyone can write.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.GALLERY_TRUST_PROXY and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR")):
        address = forwarded.rpartition(",")[2]
    try:
        known = ipaddress.ip_address(address.strip().strip("[]").partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(known, "ipv4_mapped", None) or known)


# --- the life of a row ----------------------------------------------------------------------------


@receiver(user_logged_in)
def remember(sender, request, user, **kwargs) -> None:
    """A row for the device that has just signed in; those of this person that are gone are cleared away."""
    if request.session.session_key is None:
        request.session.create()
    key = request.session.session_key
    known = {
        "owner": user,
        "browser": browser_of(request.META.get("HTTP_USER_AGENT", "")),
        "address": address_of(request),
        "signed_in_at": timezone.now(),
        "last_seen_at": timezone.now(),
    }
    SignedInDevice.objects.update_or_create(session_key=key, defaults=known)
    cache.set(_seen_key(key), True, SEEN_EVERY.total_seconds())
    _session_store().clear_expired()
    _forget_ended(user, but=key)  # its own session is complete only when this request is over


@receiver(user_logged_out)
def forget(sender, request, user, **kwargs) -> None:
    SignedInDevice.objects.filter(session_key=request.session.session_key or "").delete()


def seen(session_key: str) -> None:
    """Note that a device is in use: at most one write in ten minutes, however many requests it sends."""
    if not cache.add(_seen_key(session_key), True, SEEN_EVERY.total_seconds()):
        return
    now = timezone.now()
    rows = SignedInDevice.objects.filter(session_key=session_key, last_seen_at__lt=now - SEEN_EVERY)
    try:
        rows.update(last_seen_at=now)
    except OperationalError as error:  # no page fails because this could not be noted
        if not is_passing(error):
            raise


# --- what a person sees and does ------------------------------------------------------------------


def of(user) -> list[SignedInDevice]:
    """The devices that are signed in, last seen first."""
    _forget_ended(user)
    return list(user.devices.order_by("-last_seen_at", "-pk"))


def sign_out(devices) -> int:
    """End the log-in of these devices (a queryset) at once. Returns how many there were."""

    def work() -> int:
        keys = list(devices.values_list("session_key", flat=True))
        for key in keys:
            _session_store()(key).delete()
        SignedInDevice.objects.filter(session_key__in=keys).delete()
        return len(keys)

    return in_transaction(work)


def others(user, session_key: str):
    """All devices of a person but the one with this session."""
    return SignedInDevice.objects.filter(owner=user).exclude(session_key=session_key)


def moved(old_key: str, new_key: str) -> None:
    """The session of a device goes on under another key: Django gives it one when the password changes."""
    SignedInDevice.objects.filter(session_key=old_key).update(session_key=new_key)


def _forget_ended(user, *, but: str = "") -> None:
    """Remove the rows whose session has expired, was ended, or was made with another password."""
    keys = list(user.devices.values_list("session_key", flat=True))
    store = _session_store()
    sessions = store.get_model_class().objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    valid = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    alive = {
        session.session_key
        for session in sessions
        if any(constant_time_compare(session.get_decoded().get(HASH_SESSION_KEY, ""), one) for one in valid)
    }
    if ended := set(keys) - alive - {but}:
        SignedInDevice.objects.filter(session_key__in=ended).delete()


def _session_store():
    return import_module(settings.SESSION_ENGINE).SessionStore


def _seen_key(session_key: str) -> str:
    return f"seen:{session_key}"
