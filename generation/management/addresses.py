"""Where a page is found in a browser, said by commands."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.urls import reverse

DEFAULT = "http://127.0.0.1:8000"


def address_of(session) -> str:
    """The address of a session's sheet, on the gallery that runs on this library or would by default."""
    return f"{_gallery()}{reverse('session', args=[session.pk])}"


def _gallery() -> str:
    """./run_gallery.sh writes its address into <data>/run/lock while it runs."""
    try:
        said = re.match(r"https?://[^\s/]+", (Path(settings.DATA_DIR) / "run" / "lock").read_text())
    except OSError:
        said = None
    return said[0] if said else DEFAULT
