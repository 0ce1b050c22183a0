"""Which month a picture is counted in."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from photos.counts import counted, month_of
from tests.factories import PhotoFactory


@pytest.mark.parametrize(
    ("shown_at", "month"),
    [
        (datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 2, 1, tzinfo=UTC), date(2026, 2, 1)),
        (datetime(2024, 2, 29, 12, tzinfo=UTC), date(2024, 2, 1)),
    ],
)
def test_the_month_is_that_of_the_wall_clock(shown_at, month):
    assert month_of(shown_at) == month


@pytest.mark.parametrize(
    ("traits", "stands"),
    [({}, True), ({"trashed": True}, False), ({"represented": True}, False)],
)
def test_what_is_trashed_or_represented_by_its_final_is_not_counted(traits, stands):
    photo = PhotoFactory.build(owner=None, **traits)
    assert counted(photo) is stands
