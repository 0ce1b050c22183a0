"""What differs between two prompts, word by word."""

from __future__ import annotations

import random
import time

from photos.differing import ADDED, LEFT_OUT, REMOVED, SAME, difference


def told(one: str, other: str) -> list[tuple[str, str]]:
    return [(run.kind, run.text) for run in difference(one, other).runs]


def test_changed_words_are_told_one_by_one():
    assert told("a red lighthouse, in fog", "a blue lighthouse, in thick fog") == [
        (SAME, "a"), (REMOVED, "red"), (ADDED, "blue"), (SAME, "lighthouse, in"), (ADDED, "thick"), (SAME, "fog"),
    ]  # fmt: skip


def test_white_space_does_not_count_and_an_empty_prompt_is_all_new():
    assert difference("fog  at\nsea", " fog at sea ").is_same
    assert told("", "fog at sea") == [(ADDED, "fog at sea")]
    assert difference("", "fog at sea").added == 3 and difference("", "").is_same


def test_long_prompts_show_only_what_stands_beside_a_change():
    words = [f"word{n}" for n in range(5_000)]
    changed = [*words[:2_500], "new", *words[2_500:]]
    runs = difference(" ".join(words), " ".join(changed)).runs
    assert [run.kind for run in runs] == [LEFT_OUT, SAME, ADDED, SAME, LEFT_OUT]
    assert runs[2].text == "new" and runs[0].words == 2_500 - 12


def test_the_worst_prompts_of_100_kb_take_no_time_and_give_a_short_answer():
    draw = random.Random(1)
    one, other = (" ".join(draw.choices("ab", k=50_000)) for _ in range(2))
    began = time.process_time()
    found = difference("first " + one + " last", "begin " + other + " end")
    assert time.process_time() - began < 1
    assert sum(len(run.text) for run in found.runs) < 10_000
    assert found.added == 50_002
