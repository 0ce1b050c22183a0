"""What a person types becomes a tree; what was not understood becomes a note; nothing fails."""

from __future__ import annotations

import random
import time
from datetime import datetime

import pytest

from photos.search.keys import KEYS
from photos.search.query import MAX_TERMS, parse
from photos.search.tree import And, Named, Not, Or, Query, Range, Words, leaves

NOW = datetime(2026, 11, 22, 14, 5)
BAD_VALUES = [
    *("", '"', '""', '"a b', "*", "%", "_", "-", "or", "(", "){", "a:b", "\u202e", "💥", "x", "1" * 400),
    *(
        "-1",
        "1e999",
        "9" * 20,
        "0..5",
        "..",
        "..0",
        "9..1",
        ">",
        "<",
        ">=",
        "<=>",
        "=",
        "1:0",
        "0x0",
        "999999x999999",
    ),
    *(
        "2026-13",
        "2026-02-30",
        "0000",
        "9999-12-31",
        "10000",
        "<99999d",
        ">9999y",
        "winter-9999",
        "1999..1998",
    ),
]
PIECES = [
    "(",
    ")",
    "-",
    '"',
    " ",
    "a",
    "or",
    "AND",
    "model:",
    ":",
    " or ",
    "\n",
    "é",
    "-(",
    "taken:2026",
    "..",
]


def tree(text: str):
    return parse(text, NOW).tree


def word(text: str, field: str = "", *, prefix: bool | None = None) -> Words:
    words = tuple(text.split())
    return Words(words, prefix=len(words[-1]) >= 3 if prefix is None else prefix, field=field)


def exact(text: str, field: str = "") -> Words:
    return word(text, field, prefix=False)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)


# --- words, quotes, minus, or, brackets -----------------------------------------------------------


def test_words_quotes_and_minus():
    assert tree('red "old Lighthouse" -fog -"no people" of') == And(
        (word("red"), exact("old lighthouse"), Not(exact("fog")), Not(exact("no people")), exact("of"))
    )


def test_a_word_that_falls_apart_stays_together_as_a_phrase():
    assert tree("blue-grey 灯台") == And((word("blue grey"), exact("灯 台")))


def test_quotes_of_phones_are_quotes():
    assert tree("„old lighthouse“") == tree('"old lighthouse"') == exact("old lighthouse")


def test_or_binds_its_neighbours_before_standing_side_by_side_does():
    assert (
        tree("cat or dog sea")
        == tree("(cat OR dog) sea")
        == And((Or((word("cat"), word("dog"))), word("sea")))
    )
    assert tree("cat or (dog sea)") == Or((word("cat"), And((word("dog"), word("sea")))))


def test_a_bracket_is_left_out_as_a_whole():
    assert tree("sea -(fog or rain)") == And((word("sea"), Not(Or((exact("fog"), exact("rain"))))))


def test_and_says_nothing_and_a_quoted_or_is_a_word():
    assert tree("cat AND dog") == tree("cat dog")
    assert tree('cat "or" dog') == And((word("cat"), exact("or"), word("dog")))


@pytest.mark.parametrize(
    "text", ["(sea", "sea)", "((sea", ")sea(", "or sea", "sea or", "() sea", "sea or ()", "- sea"]
)
def test_what_has_no_partner_is_left_aside(text):
    assert tree(text) == word("sea")


@pytest.mark.parametrize(
    "text", ["", " ", "-", '"', '""', '-""', "!!!", "\x00", "\ud800", "- - -", "()", "or", "-()"]
)
def test_a_query_without_a_word_asks_for_nothing(text):
    assert parse(text, NOW) == Query() and not parse(text, NOW)


# --- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("model:flux", word("flux", "m")),
        ("MODEL:Flux.1-dev", word("flux 1 dev", "m")),
        ('model:"dream shaper"', exact("dream shaper", "m")),
        ("checkpoint:flux", word("flux", "m")),
        ("lora:fog_v2", exact("fog v2", "l")),
        ("sampler:dpm++", word("dpm", "s")),
        ("neg:blurry", word("blurry", "n")),
        ("camera:x100", word("x100", "c")),
        ("folder:2026-03", exact("2026 03", "f")),
        ("seed:18446744073709551615", exact("18446744073709551615", "seed")),
        ('tag:"sea shells"', exact("seashells", "t")),
        ("tag:se", word("se", "t", prefix=True)),
        ("size:1024×768", exact("1024x768", "size")),
        ("ratio:16:9", exact("16x9", "ratio")),
        ("ratio:Portrait", exact("portrait", "ratio")),
        ("color:grey", exact("gray", "color")),
        ("colour:red", exact("red", "color")),
        ("is:final", exact("final", "is")),
        ("has:gps", exact("gps", "has")),
        ("is:picked", Range(key="decision", low=1, high=1)),
        ("rating:4", Range(key="rating", low=4.0, high=4.0)),
        ("rating:>=4", Range(key="rating", low=4.0)),
        ("steps:20..30", Range(key="steps", low=20.0, high=30.0)),
        ("steps:30..20", Range(key="steps", low=20.0, high=30.0)),
        ("steps:..30", Range(key="steps", high=30.0)),
        ("cfg:>7", Range(key="cfg", low=7.0, low_open=True)),
        ("cfg:<=3.5", Range(key="cfg", high=3.5)),
        ("album:12", Named("album", "12")),
        ('session:"red light"', Named("session", "red light")),
    ],
)
def test_every_key_reads_its_value(text, node):
    assert tree(text) == node and not parse(text, NOW).notes
    assert tree(f"-{text}") == Not(node)


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-03", "2026-03-01", "2026-04-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-03-04", "2026-03-04", "2026-03-05"),
        ("2026-03..2026-05", "2026-03-01", "2026-06-01"),
        ("2026-05..2026-03", "2026-03-01", "2026-06-01"),
        ("2026-03..", "2026-03-01", None),
        ("spring-2026", "2026-03-01", "2026-06-01"),
        ("2025-winter", "2025-12-01", "2026-03-01"),
        (">2026-03", "2026-04-01", None),
        (">=2026-03", "2026-03-01", None),
        ("<2026-03", None, "2026-03-01"),
        ("today", "2026-11-22", "2026-11-23"),
        ("yesterday", "2026-11-21", "2026-11-22"),
        ("<7d", "2026-11-15T14:05", None),
        (">2w", None, "2026-11-08T14:05"),
        ("9999", "9999-01-01", "9999-12-31T23:59:59.999999"),
    ],
)
def test_times_are_read_as_people_write_them(text, begin, end):
    low, high = (day(one) if one else None for one in (begin, end))
    for key in ("taken", "added"):
        assert tree(f"{key}:{text}") == Range(key=key, low=low, high=high, high_open=True)


@pytest.mark.parametrize(
    ("text", "same"),
    [("before:2026-03", "taken:<2026-03"), ("after:2026-03", "taken:>=2026-03"), ("on:today", "taken:today")],
)
def test_before_after_and_on_are_other_words_for_taken(text, same):
    assert tree(text) == tree(same)
    assert parse("before:<2026 sea", NOW).notes[0].sentence.startswith("before: is a time, as in before:2026")


def test_the_order_is_no_condition():
    query = parse("sea sort:oldest", NOW)
    assert query.tree == word("sea") and query.sort == "oldest"


# --- notes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence", "instead"),
    [
        ("modle:flux sea", "Did you mean model:?", "model:flux sea"),
        ("sea raiting:4", "Did you mean rating:?", "sea rating:4"),
        ("sea is:pickd", "Did you mean is:picked?", "sea is:picked"),
        ("sea sort:newst", "Did you mean sort:newest?", "sea sort:newest"),
        ("sea color:ultramarine", "color: takes one of red", ""),
        ("sea steps:many", "steps: is a number, as in steps:30", ""),
        ("sea taken:2026-13", "taken: is a time, as in taken:2026", ""),
        ("sea size:big", "size: is width x height", ""),
        ("sea model:", "model: needs a word", ""),
        ("sea album:??", "album: needs a name", ""),
    ],
)
def test_what_is_misspelt_says_what_was_meant_and_the_rest_still_works(text, sentence, instead):
    query = parse(text, NOW)
    assert query.tree == word("sea") and [term.source for term in query.terms] == ["sea"]
    (note,) = query.notes
    assert note.sentence.startswith(sentence) and note.instead == instead and note.without == "sea"


@pytest.mark.parametrize("text", ["http://example.com", "(masterpiece:1.2)", "<lora:fog:0.8>", "12:30"])
def test_a_colon_in_what_is_no_key_is_a_colon(text):
    query = parse(text, NOW)
    assert isinstance(query.tree, Words) and not query.notes


def test_each_term_can_be_taken_away():
    query = parse('red (cat or dog) -fog model:"a b"', NOW)
    assert [(term.source, term.without) for term in query.terms] == [
        ("red", '(cat or dog) -fog model:"a b"'),
        ("(cat or dog)", 'red -fog model:"a b"'),
        ("-fog", 'red (cat or dog) model:"a b"'),
        ('model:"a b"', "red (cat or dog) -fog"),
    ]


# --- whatever comes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "piece",
    [
        "(",
        ")",
        "()",
        "-(",
        "(a or ",
        "(a -(b or ",
        '"',
        '-"',
        "-",
        "a ",
        "\u0300",
        "ﷺ",
        "model:",
        "is:x ",
        "taken:1 ",
    ],
)
def test_a_hundred_kilobytes_of_anything_are_read_quickly(piece):
    began = time.process_time()
    query = parse(piece * (100_000 // len(piece)), NOW)
    assert time.process_time() - began < 0.2
    assert len(leaves(query.tree)) <= MAX_TERMS


@pytest.mark.parametrize("key", [*KEYS, "sort", "nokey"])
def test_no_key_fails_on_any_value(key):
    for value in BAD_VALUES:
        for sign in ("", "-"):
            assert word("sea") in leaves(parse(f"sea {sign}{key}:{value}", NOW).tree)


def test_no_text_fails():
    dice = random.Random(1)
    for _ in range(3_000):
        parse("".join(dice.choices(PIECES, k=dice.randint(0, 14))), NOW)
