"""Text is cleaned once, so that both databases take it and two spellings are one."""

from __future__ import annotations

import unicodedata

import pytest

from photos.text import clean, clean_json, folded


@pytest.mark.parametrize("unstorable", ["\x00", "\ud800", "\udfff"])
def test_what_a_database_refuses_becomes_a_replacement_character(unstorable):
    assert clean(f"a{unstorable}b") == "a\ufffdb"


def test_all_other_text_stays_as_it_is():
    text = "Küste 🌊 \u202e \x07 \t\n"
    assert clean(text) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [("Küste", "KÜSTE"), ("Küste", unicodedata.normalize("NFD", "küste")), ("Straße", "STRASSE"),
     ("  New   York ", "new york"), ("İ", "i̇")],
)  # fmt: skip
def test_two_spellings_of_a_word_are_one(one, other):
    assert folded(one) == folded(other)


def test_different_words_stay_different():
    assert folded("Kuste") != folded("Küste")


def test_facts_are_made_fit_for_a_json_column():
    found = {"a\x00": [float("nan"), float("inf"), 1.5, True, None, 2**70], "b": ("x\ud800", {1: b"raw"})}
    assert clean_json(found) == {
        "a\ufffd": [None, None, 1.5, True, None, 2**70],
        "b": ["x\ufffd", {"1": "b'raw'"}],
    }
