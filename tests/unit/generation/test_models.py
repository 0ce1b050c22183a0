"""What a session says of itself, in every state."""

from __future__ import annotations

import pytest

from generation.models import Candidate
from generation.workflow import title_from
from tests.factories import SessionFactory


def session(**fields):
    return SessionFactory.build(owner=None, **fields)


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"state": "queued"}, "Waiting to start"),
        ({"state": "queued", "n_made": 3, "count": 8}, "Generating 3 of 8"),
        ({"state": "running", "n_made": 0, "count": 20}, "Generating 0 of 20"),
        ({"state": "running", "n_made": 8, "count": 20, "n_picked": 2}, "Generating 8 of 20"),
        ({"state": "ready", "n_made": 8}, "Ready to choose"),
        ({"state": "ready", "n_made": 48, "n_picked": 6, "n_rejected": 12}, "Choosing, 18 of 48"),
        ({"state": "ready", "n_made": 2, "n_picked": 1, "n_rejected": 1, "n_finals": 1}, "Done, 1 final"),
        ({"state": "ready", "n_made": 2, "n_picked": 2, "n_finals": 12}, "Done, 12 finals"),
        ({"state": "ready", "n_made": 2, "n_rejected": 2}, "Done, no finals"),
        ({"state": "ready", "n_made": 2, "n_finals": 1}, "Choosing, 0 of 2"),
        ({"state": "failed"}, "Failed"),
        ({"state": "failed", "n_made": 3}, "Ready to choose"),
        ({"state": "cancelled"}, "Stopped"),
        ({"state": "cancelled", "n_made": 3, "n_picked": 1}, "Choosing, 1 of 3"),
    ],
)
def test_one_line_says_how_it_stands(fields, line):
    assert str(session(**fields).state_line) == line


def test_seeds_count_up_from_the_first_also_beyond_what_a_float_holds():
    drawn = session(first_seed=str(2**63 - 501), count=500)
    assert drawn.seed_of(1) == 2**63 - 501 and drawn.seed_of(500) == 2**63 - 2


@pytest.mark.parametrize(
    ("state", "n_made", "can"),
    [
        ("failed", 3, True),
        ("cancelled", 0, True),
        ("cancelled", 8, False),
        ("ready", 3, False),
        ("running", 3, False),
    ],
)
def test_what_stopped_early_can_go_on(state, n_made, can):
    assert session(state=state, n_made=n_made, count=8).can_go_on is can


def test_numbers_never_go_below_nothing():
    odd = session(n_made=2, n_picked=2, n_rejected=1, count=1)
    assert (odd.n_undecided, odd.n_missing) == (0, 0)


def test_a_candidate_is_called_by_its_session_and_frame_number():
    assert str(Candidate(session_id=17, number=7)) == "17/0007"


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("red lighthouse in fog", "Red lighthouse in fog"),
        ("", "Untitled"),
        ("  two\nlines\t here ", "Two lines here"),
        ("word " * 40, "W" + ("word " * 16)[1:].rstrip() + "…"),
        ("x" * 200, "X" + "x" * 79 + "…"),
        ("ß", "SS"),
    ],
)
def test_a_session_is_called_by_the_first_words_of_its_prompt(prompt, title):
    assert title_from(prompt) == title
