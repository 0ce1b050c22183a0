"""The built-in engine and the example in the contract's own docstring keep the contract."""

import textwrap

from generation.engines import base
from generation.engines.procedural import ProceduralEngine
from tests.unit.generation.engines.contract import check_engine


def docstring_example() -> type:
    """The engine class in the docstring of `generation.engines.base`, executed as it stands there."""
    indented = (base.__doc__ or "").split("::\n", 1)[1].split("\nThe tests run this", 1)[0]
    space: dict = {}
    exec(compile(textwrap.dedent(indented), "base.py docstring", "exec"), space)
    return space["FlatColour"]


def test_built_in_patterns_keep_the_contract():
    check_engine(ProceduralEngine())


def test_the_example_in_the_docstring_keeps_the_contract():
    check_engine(docstring_example()())


def test_an_engine_error_carries_its_sentence_and_is_not_permanent_by_default():
    error = base.EngineError("The server is not running.")
    assert (str(error), error.sentence, error.permanent) == (
        error.sentence,
        "The server is not running.",
        False,
    )


def test_a_request_without_options_has_none_and_shares_nothing():
    request = base.Request(prompt="", width=256, height=256, seeds=(1,))
    assert dict(request.options) == {}
