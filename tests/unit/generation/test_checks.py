"""System checks of engines: an alias that cannot be built is said before a person waits for it."""

from __future__ import annotations

import pytest

from generation import checks, registry

PATTERNS = {"CLASS": "generation.engines.procedural.ProceduralEngine", "OPTIONS": {}}


@pytest.fixture(autouse=True)
def engines_are_built_anew():
    registry.forget()
    yield
    registry.forget()


def problems(settings, **engines) -> list[str]:
    settings.GALLERY_ENGINES = engines
    found = [*checks.check_aliases(None), *checks.check_engines(None, databases=["default"])]
    assert all(message.hint for message in found)
    return [f"{message.id} {message.msg}" for message in found]


def test_the_built_in_patterns_can_be_built(settings):
    assert problems(settings, procedural=PATTERNS) == []


def test_no_engine_at_all_is_an_error(settings):
    assert problems(settings) == ["generation.E001 No engine is configured."]


@pytest.mark.parametrize("alias", ["", "my engine", "-x", "x" * 61, "a/b"])
def test_an_alias_that_cannot_be_kept_is_an_error(settings, alias):
    assert problems(settings, **{alias: PATTERNS})[0].startswith("generation.E002")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"CLASS": "nowhere.Engine"}, "nowhere"),
        ({"CLASS": "generation.engines.procedural.Missing"}, "Missing"),
        ({"CLASS": "generation.engines.procedural.ProceduralEngine", "OPTIONS": {"no_such": 1}}, "TypeError"),
        ({"OPTIONS": {}}, "'CLASS' is not there"),
        ({"CLASS": "builtins.object"}, "it has no title"),
    ],
)
def test_an_engine_that_cannot_be_built_is_an_error(settings, entry, words):
    said = problems(settings, broken=entry)
    assert len(said) == 1 and said[0].startswith("generation.E003 The engine “broken” cannot be built")
    assert words in said[0]


def test_engines_are_not_built_when_any_command_starts(settings):
    settings.GALLERY_ENGINES = {"broken": {"CLASS": "nowhere.Engine"}}
    assert checks.check_engines(None, databases=None) == []
