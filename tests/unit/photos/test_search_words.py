"""Text becomes words, and what a person types becomes a query; neither ever fails."""

from __future__ import annotations

import time

import pytest

from photos.search.query import MAX_TERMS, Query, Term, parse
from photos.search.words import MAX_LETTERS, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Red LIGHTHOUSE", ["red", "lighthouse"]),
        ("Küste", ["kuste"]),
        ("Ku\u0308ste", ["kuste"]),  # the same, with the dots as a character of their own
        ("STRASSE straße", ["strasse", "strasse"]),
        ("Smørrebrød, Œuvre, Łódź", ["smorrebrod", "oeuvre", "lodz"]),
        ("(masterpiece:1.2), <lora:fog_v2>", ["masterpiece", "1", "2", "lora", "fog", "v2"]),
        ("0007-18446744073709551615.png", ["0007", "18446744073709551615", "png"]),
        ("灯台と海", ["灯", "台", "と", "海"]),
        ("ガラス", ["カ\u3099", "ラ", "ス"]),
        ("등대 사진", ["등대", "사진"]),
        ("маяк й", ["маяк", "и"]),
        ("हिन्दी", ["हिन्दी"]),
        ("fox🦊den", ["fox", "🦊", "den"]),
        ("soft\u00adhyphen", ["softhyphen"]),
        ("Ｆｕｌｌ width", ["full", "width"]),
        ("... \x00 \ud800 _ '\"\\", []),
    ],
)
def test_text_is_cut_into_folded_words(text, words):
    import unicodedata

    assert words_of(text) == [unicodedata.normalize("NFC", word) for word in words]


def test_a_word_has_no_character_that_an_index_could_misread():
    everything = "".join(map(chr, range(0x3000))) + "".join(map(chr, range(0xD800, 0xE000)))
    for word in words_of(everything):
        assert not set(word) & set("_'\"\\ :*&|!()<>\n")


def test_very_long_words_are_told_apart_by_their_beginning():
    assert words_of("x" * 1000) == ["x" * MAX_LETTERS]


def test_words_quotes_and_minus_are_all_there_is_to_the_language():
    query = parse('red "old Lighthouse" -fog -"no people" of')
    assert query.wanted == (
        Term(("red",), prefix=True), Term(("old", "lighthouse")), Term(("of",)),
    )  # fmt: skip
    assert query.unwanted == (Term(("fog",)), Term(("no", "people")))


def test_a_word_that_falls_apart_stays_together_as_a_phrase():
    assert parse("blue-grey 灯台").wanted == (Term(("blue", "grey"), prefix=True), Term(("灯", "台")))


def test_quotes_of_phones_are_quotes():
    assert parse("„old lighthouse“") == parse('"old lighthouse"')


@pytest.mark.parametrize("text", ["", " ", "-", '"', '""', '-""', "!!!", "\x00", "\ud800", "- - -"])
def test_a_query_without_a_word_asks_for_nothing(text):
    assert parse(text) == Query() and not parse(text)


@pytest.mark.parametrize(
    "text", ['"' * 100_000, "-" * 100_000, "a " * 50_000, "\u0300" * 100_000, "ﷺ" * 100_000, '-"' * 50_000]
)
def test_a_hundred_kilobytes_of_anything_are_read_quickly(text):
    began = time.perf_counter()
    query = parse(text)
    assert time.perf_counter() - began < 0.2
    assert len(query.wanted) + len(query.unwanted) <= MAX_TERMS
