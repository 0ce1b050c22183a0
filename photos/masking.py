"""What an error page of DEBUG keeps to itself: keys, passwords and everything that is told to generators.

Django's own filter rests while DEBUG is on, and knows no word of an engine's headers or of DATABASE_URL in the
environment, which a server puts beside the request's own headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

_TELLING = "ENGINES|HEADERS|DATABASE|COOKIE|CREDENTIAL"


class Masks(SafeExceptionReporterFilter):
    """For settings, environment, forms, and the variables of every frame by their names."""

    hidden_settings = re.compile(f"{SafeExceptionReporterFilter.hidden_settings.pattern}|{_TELLING}", re.I)

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame
    ) -> Iterator[tuple[str, Any]]:
        for name, value in super().get_traceback_frame_variables(request, tb_frame):
            yield name, self.cleanse_setting(name, value)
