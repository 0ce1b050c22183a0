"""Cursors travel in addresses: what is ours comes back as it was, all else is nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from generation.timeline import Cursor

MOMENT = datetime(2026, 11, 22, 14, 5, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["p", "s"])
@pytest.mark.parametrize(
    "at",
    [
        MOMENT,
        MOMENT.replace(microsecond=0),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC),
    ],
)
def test_a_cursor_comes_back_from_its_text_as_it_was(at, kind):
    cursor = Cursor(at, kind, 2**53 + 1)
    assert Cursor.parse(str(cursor)) == cursor


def test_the_text_is_short_and_safe_in_an_address():
    assert str(Cursor(MOMENT, "p", 17)) == "20261122140500123456-p17"


@pytest.mark.parametrize(
    "text",
    ["", "x", "20261122140500123456", "20261122140500123456-", "20261122140500123456-p", "20261122140500123456-x17",
     "20261122140500123456-p-1", "20261122140500123456-p1.5", "20261322140500123456-p17", "20261122250500123456-p17",
     "2026112214050012345-p17", "20261122140500123456-p" + "9" * 20, "２０２６１１２２１４０５００１２３４５６-p17",
     "20261122140500123456-p１７", "00000101000000000000-p1", "20261122140500123456-p17 ", "\x00" * 24],
)  # fmt: skip
def test_what_is_no_cursor_of_ours_is_nothing(text):
    assert Cursor.parse(text) is None
