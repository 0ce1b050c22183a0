"""Text becomes words, the same on every database, and never fails."""

from __future__ import annotations

import pytest

from photos.search.words import MAX_LETTERS, indexed, looked_for, words_of


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


@pytest.mark.parametrize(
    ("text", "in_index", "asked", "is_beginning"),
    [
        ("東京タワー", "東京 京タ タワ ワー ー", "東京 京タ タワ ワー", False),
        ("海", "海", "海", True),
        ("赤海SDXL海", "赤海 海 sdxl 海", "赤海 海 sdxl 海", True),
        ("red fox", "red fox", "red fox", False),
        ("fox🦊", "fox 🦊", "fox 🦊", False),
    ],
)
def test_what_has_no_spaces_stands_in_pairs(text, in_index, asked, is_beginning):
    assert indexed(words_of(text)) == in_index.split()
    assert looked_for(words_of(text)) == (asked.split(), is_beginning)
