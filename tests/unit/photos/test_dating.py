"""When a picture is from: the first that is known of camera, generator, name, file and arrival."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from photos.dating import as_wall_clock, date_in_name, date_picture
from photos.images import Facts

CAMERA, GENERATOR, NAMED = "2024-04-13T20:35:31", "2025-06-01T08:00:00", "IMG_20180725_163423.jpg"
FILE = datetime(2020, 7, 1, 22, 30, tzinfo=UTC)  # 00:30 of the second in Berlin


def facts(**known) -> Facts:
    return Facts(format="JPEG", width=4, height=3, **known)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("known", "name", "modified_at", "dated_by", "shown_at"),
    [
        ({"taken_at": CAMERA, "generated_at": GENERATOR}, NAMED, FILE, "camera", at(2024, 4, 13, 20, 35, 31)),
        ({"generated_at": GENERATOR}, NAMED, FILE, "generator", at(2025, 6, 1, 8)),
        ({}, NAMED, FILE, "name", at(2018, 7, 25, 16, 34, 23)),
        ({}, "harbour.jpg", FILE, "file", at(2020, 7, 2, 0, 30)),
        ({"taken_at": "0000:00:00"}, "harbour.jpg", FILE, "file", at(2020, 7, 2, 0, 30)),
        ({"taken_at": "2024-02-30T12:00:00"}, NAMED, FILE, "name", at(2018, 7, 25, 16, 34, 23)),
    ],
)
def test_the_first_that_is_known_counts(known, name, modified_at, dated_by, shown_at):
    dating = date_picture(facts(**known), name=name, modified_at=modified_at)
    assert (dating.dated_by, dating.shown_at) == (dated_by, shown_at)


@pytest.mark.parametrize(
    "modified_at",
    [
        None,
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1980, 1, 1, tzinfo=UTC),
        datetime(2100, 1, 1, tzinfo=UTC),
    ],
)
def test_where_nothing_is_known_it_is_the_arrival_on_the_gallery_s_clock(modified_at):
    dating = date_picture(facts(), name="harbour.jpg", modified_at=modified_at)
    assert dating.dated_by == "arrival"
    assert abs(dating.shown_at - as_wall_clock(datetime.now(UTC))) < timedelta(seconds=5)


def test_the_true_instant_is_known_only_with_the_camera_s_zone():
    unknown = date_picture(facts(taken_at=CAMERA))
    known = date_picture(facts(taken_at=CAMERA, taken_offset_minutes=-330))
    assert unknown.taken_at is None and unknown.offset_minutes is None
    assert known.shown_at == unknown.shown_at == at(2024, 4, 13, 20, 35, 31)
    assert known.taken_at == at(2024, 4, 14, 2, 5, 31) and known.offset_minutes == -330


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("IMG_20180725_163423.jpg", at(2018, 7, 25, 16, 34, 23)),
        ("2018-07-25 16.34.23.png", at(2018, 7, 25, 16, 34, 23)),
        ("Screenshot 2021-03-04 at 10.11.12.png", at(2021, 3, 4)),
        ("WhatsApp Image 2021-03-04.jpeg", at(2021, 3, 4)),
        ("2019-08-11/harbour.jpg", at(2019, 8, 11)),
        ("2019-08-11/harbour-2020-01-02.jpg", at(2020, 1, 2)),
        ("2001-01-01/2019-08-11/harbour.jpg", at(2019, 8, 11)),
        ("C:\\photos\\2019_08_11\\harbour.jpg", at(2019, 8, 11)),
        ("2019-02-30/2018-01-01.jpg", at(2018, 1, 1)),
        ("20190230.jpg", None),  # no such day
        ("20191301.jpg", None),  # no such month
        ("2019-0811.jpg", None),  # two ways of writing in one
        ("IMG_1234567820180725.jpg", None),  # a longer number
        ("18990101.jpg", None),
        ("00012-2018072516.jpg", None),
        ("harbour.jpg", None),
        ("", None),
    ],
)
def test_a_date_is_read_from_names_and_folders_as_people_and_cameras_write_them(name, found):
    assert date_in_name(name) == found
