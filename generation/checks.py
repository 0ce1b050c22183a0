"""What must be true of the engines in the settings; see photos/checks.py for the rest.

generation.E001  no engine is configured            generation.E003  an engine cannot be built
generation.E002  an alias that cannot be kept
"""

from __future__ import annotations

import re

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from generation import registry
from generation.models import GenerationSession

ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
CONTRACT = ("title", "digital_source_type", "capabilities", "generate")


@register()
def check_aliases(app_configs, **kwargs) -> list[CheckMessage]:
    """Cheap, so it is done at every start; building the engines imports what they need."""
    if not settings.GALLERY_ENGINES:
        hint = "Leave GALLERY_ENGINES out to have the built-in patterns."
        return [Error("No engine is configured.", hint=hint, id="generation.E001")]
    longest = GenerationSession._meta.get_field("engine").max_length
    return [
        Error(
            f"“{alias}” cannot be the alias of an engine.",
            hint=f"Use letters, digits, - _ and . only, at most {longest} of them; not “{registry.IMPORTED}”.",
            id="generation.E002",
        )
        for alias in settings.GALLERY_ENGINES
        if not ALIAS.fullmatch(alias) or len(alias) > longest or alias == registry.IMPORTED
    ]


@register(Tags.database)
def check_engines(app_configs, databases=None, **kwargs) -> list[CheckMessage]:
    """Every alias can be built and has what the contract names; nothing is asked of the servers behind them."""
    if not databases:
        return []
    found: list[CheckMessage] = []
    for alias in settings.GALLERY_ENGINES:
        if problem := _problem_of(alias):
            found.append(
                Error(
                    f"The engine “{alias}” cannot be built: {problem}",
                    hint="See GALLERY_ENGINES in .env: a CLASS that can be imported, OPTIONS that it takes.",
                    id="generation.E003",
                )
            )
    return found


def _problem_of(alias: str) -> str:
    try:
        engine = registry.built_of_settings(alias).engine
    except KeyError as missing:
        return f"{missing} is not there"
    except Exception as error:  # whatever the constructor of a stranger's class may raise
        return f"{type(error).__name__}: {error}"
    lacking = [name for name in CONTRACT if not hasattr(engine, name)]
    return f"it has no {', '.join(lacking)}" if lacking else ""
