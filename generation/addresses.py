"""Where an engine may be told to ask. Generators stand on this machine or in the house, so those addresses are fine;
the ones at which a cloud tells a machine its own keys are not. Each connection is looked at once more
(`generation.engines.lines`): a name may mean another address by then."""

from __future__ import annotations

import socket
import threading
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from generation.engines.lines import is_refused

NAME_SECONDS = 2.0  # for a name to be looked up; one that takes longer is not known to be bad


def problem_of(address: str) -> str:
    """Why an engine may not be sent there; "" nothing."""
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if parts.scheme not in ("http", "https") or not host or port == 0:
        return _("The address of a server begins with http:// or https://, such as http://127.0.0.1:7860.")
    if "@" in parts.netloc:
        return _(
            "A name or a password does not belong into the address: it would be shown. There are fields for them."
        )
    if any(is_refused(one) for one in _meanings(host)):
        return _("This address belongs to the network of the machine itself and is not asked.")
    return ""


def _meanings(host: str) -> list[str]:
    """The addresses a host stands for, also one that is written as a single number."""
    found: list[str] = []

    def look() -> None:
        try:
            found.extend(info[4][0] for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            return

    thread = threading.Thread(target=look, daemon=True, name="name of a server")
    thread.start()
    thread.join(NAME_SECONDS)
    return [host, *found]
