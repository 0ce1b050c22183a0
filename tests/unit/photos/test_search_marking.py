"""Words that were asked for are marked where they stand, however they are written there."""

from __future__ import annotations

import pytest

from photos.search.marking import pieces
from photos.search.query import parse


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("A red Lighthouse, red!", "red light", ["red", "Lighthouse", "red"]),
        ("Die Küste", "kuste", ["Küste"]),
        ("夜の海と赤い灯台", "灯台", ["灯台"]),
        ("red fog", "red -fog", ["red"]),
        ("red fog", 'model:red neg:fog "re"', []),
        ("an old wizard", '"old wizard"', ["old", "wizard"]),
        ("fog_v2 of lighthouse", "v2 or lighthouse", ["v2", "lighthouse"]),
        ("<script>", "script", ["script"]),
        ("", "red", []),
    ],
)
def test_words_are_marked_as_they_are_written(text, words, marked):
    found = list(pieces(text, parse(words)))
    assert "".join(piece for piece, _ in found) == text
    assert [piece for piece, is_meant in found if is_meant] == marked
