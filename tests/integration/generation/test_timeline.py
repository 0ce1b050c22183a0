"""The home timeline: pictures and sessions by time, every one once, however one pages."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from generation import timeline
from generation.models import GenerationSession
from photos.models import Photo
from tests.factories import AN_HOUR, CandidateFactory, PhotoFactory, SessionFactory, with_true_counts

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def items(page: timeline.TimelinePage) -> list[tuple[str, int]]:
    return [
        (item.kind, item.photo.pk if item.kind == "photo" else item.session.pk)
        for day in page.days
        for item in day.items
    ]


def forwards(owner, **options) -> list[timeline.TimelinePage]:
    """All pages from the newest on, as a person scrolls."""
    pages = [timeline.page(owner, **options)]
    while pages[-1].older:
        pages.append(timeline.page(owner, before=pages[-1].older, **options))
        assert len(pages) < 1_000
    return pages


def backwards(owner, last: timeline.TimelinePage, **options) -> list[timeline.TimelinePage]:
    pages = [last]
    while pages[-1].newer:
        pages.append(timeline.page(owner, after=pages[-1].newer, **options))
        assert len(pages) < 1_000
    return pages[::-1]


def fill(owner, seed: int, n: int = 700) -> None:
    """Crowded and empty days, and many things at one and the same moment."""
    dice = random.Random(seed)
    moments = [BEGIN + timedelta(seconds=dice.choice([0, 60, dice.randrange(90 * 86_400)])) for _ in range(n)]
    photos = [
        PhotoFactory.build(
            owner=owner, shown_at=at, collection=dice.choice(["uploaded", "completed", "linked", "session"])
        )
        for at in moments
    ]
    sessions = [SessionFactory.build(owner=owner, shown_at=dice.choice(moments)) for _ in range(n // 8)]
    Photo.objects.bulk_create(photos)
    GenerationSession.objects.bulk_create(sessions)
    dice.shuffle(moments)


def expected(owner, show: str = "pictures") -> list[tuple[str, int]]:
    """The whole list at once, sorted in Python: newest first, a session before the pictures of its moment."""
    kinds = timeline.SHOWN[show]
    photos = Photo.objects.filter(owner=owner, trashed_at=None, collection__in=kinds)
    if show == "everything":
        photos = photos.filter(represented=False)
    rows = [(photo.shown_at, 0, photo.pk, "photo") for photo in photos]
    if show == "pictures":
        sessions = GenerationSession.objects.filter(owner=owner, trashed_at=None)
        rows += [(session.shown_at, 1, session.pk, "session") for session in sessions]
    return [(kind, pk) for _, _, pk, kind in sorted(rows, reverse=True)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("show", ["pictures", "everything", "uploads", "finals"])
def test_paging_forwards_and_backwards_shows_everything_once_and_in_order(alice, seed, show):
    fill(alice, seed)
    pages = forwards(alice, show=show)
    assert [item for page in pages for item in items(page)] == expected(alice, show)
    back = backwards(alice, pages[-1], show=show)
    assert [item for page in back for item in items(page)] == expected(alice, show)
    assert pages[0].newer == "" and pages[-1].older == "" and back[0].newer == ""


def test_a_page_is_about_a_hundred_and_ends_with_a_day_where_one_ends_near(alice):
    for day, n in enumerate((70, 50, 60, 300, 5)):  # from the newest day on
        at = AN_HOUR - timedelta(days=day)
        Photo.objects.bulk_create(
            PhotoFactory.build(owner=alice, shown_at=at - timedelta(seconds=s)) for s in range(n)
        )
    pages = forwards(alice)
    assert [page.n_items for page in pages] == [120, 100, 100, 100, 65]
    assert [len(page.days) for page in pages] == [2, 2, 1, 1, 2]
    assert all(page.n_items <= timeline.PAGE_AT_MOST for page in pages)


def test_a_day_of_exactly_the_most_is_not_cut(alice):
    for day, n in enumerate((timeline.PAGE_AT_MOST, 3)):
        at = AN_HOUR - timedelta(days=day)
        Photo.objects.bulk_create(PhotoFactory.build(owner=alice, shown_at=at) for _ in range(n))
    assert [page.n_items for page in forwards(alice)] == [timeline.PAGE_AT_MOST, 3]


def test_what_comes_in_meanwhile_moves_no_page(alice):
    fill(alice, 1)
    first = timeline.page(alice)
    second = timeline.page(alice, before=first.older)
    PhotoFactory.create_batch(5, owner=alice, shown_at=datetime(2026, 12, 1, tzinfo=UTC))
    assert items(timeline.page(alice, before=first.older)) == items(second)


def test_a_cursor_whose_picture_is_gone_still_marks_the_place(alice):
    fill(alice, 2)
    first = timeline.page(alice)
    second = items(timeline.page(alice, before=first.older))
    kind, pk = items(first)[-1]
    (Photo if kind == "photo" else GenerationSession).objects.filter(pk=pk).delete()
    assert items(timeline.page(alice, before=first.older)) == second


def test_days_hold_their_pictures_and_say_how_many(alice):
    PhotoFactory(owner=alice, shown_at=datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC))
    PhotoFactory(owner=alice, shown_at=datetime(2026, 11, 22, 0, 0, 0, tzinfo=UTC))
    SessionFactory(owner=alice, shown_at=datetime(2026, 11, 22, 12, tzinfo=UTC))
    PhotoFactory(owner=alice, shown_at=datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC))
    days = timeline.page(alice).days
    assert [(f"{day.date:%m-%d}", day.n_pictures, day.n_sessions) for day in days] == [
        ("11-22", 2, 1),
        ("11-21", 1, 0),
    ]


def test_a_month_is_entered_at_its_last_picture_and_goes_on_into_the_one_before(alice):
    moments = [datetime(2026, 3, 31, 23, 59, 59, 999_999, UTC), datetime(2026, 4, 1, tzinfo=UTC),
               datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC)]  # fmt: skip
    march_end, april, march, february = PhotoFactory.create_batch(4, owner=alice)
    for photo, moment in zip((march_end, april, march, february), moments, strict=True):
        Photo.objects.filter(pk=photo.pk).update(shown_at=moment)
    page = timeline.page(alice, month=(2026, 3))
    assert [pk for _, pk in items(page)] == [march_end.pk, march.pk, february.pk]
    assert items(timeline.page(alice, after=page.newer)) == [("photo", april.pk)]


@pytest.mark.parametrize("month", [(1999, 1), (2030, 12)])
def test_a_month_before_the_first_picture_is_empty_and_one_after_the_last_begins_with_it(alice, month):
    photo = PhotoFactory(owner=alice)
    assert items(timeline.page(alice, month=month)) == ([] if month[0] < 2026 else [("photo", photo.pk)])


def test_months_and_totals_come_from_the_counts(alice, bob):
    PhotoFactory.create_batch(2, owner=alice, shown_at=datetime(2026, 3, 31, 23, 30, tzinfo=UTC))
    PhotoFactory(owner=alice, shown_at=datetime(2025, 7, 1, tzinfo=UTC), collection="completed")
    PhotoFactory(owner=alice, shown_at=datetime(2025, 7, 1, tzinfo=UTC), collection="session")
    PhotoFactory(owner=bob)
    with_true_counts(alice)
    page = timeline.page(alice)
    months = [(year, [(f"{month:%m}", n) for month, n in months]) for year, months in page.months]
    assert months == [(2026, [("03", 2)]), (2025, [("07", 1)])] and page.total == 3
    assert page.counts == {"pictures": 3, "uploads": 2, "finals": 1, "everything": 4}
    everything = timeline.page(alice, show="everything")
    assert everything.total == 4 and dict(everything.months)[2025][0][1] == 2


def test_a_candidate_with_a_final_is_shown_once(alice):
    candidate = CandidateFactory(session__owner=alice, photo__represented=True).photo
    final = PhotoFactory(owner=alice, final=True, source=candidate)
    shown = items(timeline.page(alice, show="everything"))
    assert ("photo", final.pk) in shown and ("photo", candidate.pk) not in shown


def test_bob_sees_none_of_it_and_the_trash_is_empty_of_it(alice, bob):
    fill(alice, 1, n=20)
    assert items(timeline.page(bob)) == [] and timeline.page(bob).total == 0
    PhotoFactory(owner=bob, trashed=True)
    SessionFactory(owner=bob, trashed_at=AN_HOUR)
    assert items(timeline.page(bob)) == []


@pytest.mark.parametrize("nonsense", ["x", "20261122140500123456-p", "' OR 1=1", "\x00"])
def test_an_address_with_nonsense_in_it_shows_the_newest_page(alice, nonsense):
    photo = PhotoFactory(owner=alice)
    assert items(timeline.page(alice, before=nonsense)) == [("photo", photo.pk)]
    assert items(timeline.page(alice, after=nonsense)) == [("photo", photo.pk)]
    assert items(timeline.page(alice, show=nonsense)) == [("photo", photo.pk)]


@pytest.mark.parametrize("where", ["newest", "middle", "above", "month"])
def test_a_page_is_few_queries_wherever_it_lies(alice, where, django_assert_max_num_queries):
    fill(alice, 1)
    older = timeline.page(alice).older
    options = {
        "newest": {},
        "middle": {"before": older},
        "above": {"after": older},
        "month": {"month": (2026, 2)},
    }[where]
    with django_assert_max_num_queries(7):
        timeline.page(alice, **options)


@pytest.mark.parametrize(
    ("show", "index"),
    [("pictures", "photo_timeline"), ("uploads", "photo_timeline"), ("everything", "photo_everything"),
     ("finals", "photo_collection")],
)  # fmt: skip
def test_a_page_in_the_depth_is_read_from_its_index_alone_without_sorting(alice, show, index):
    if connection.vendor != "sqlite":
        pytest.skip("SQLite only: PostgreSQL plans a small table by its statistics")
    fill(alice, 1)
    deep = Photo.objects.order_by("shown_at", "pk")[300]
    page = timeline._photos(alice, show).older_than(deep.shown_at, deep.pk).newest_first()[:141]
    plan = page.explain()
    assert f"USING INDEX {index} (owner_id=?" in plan and "shown_at<?)" in plan
    assert "TEMP B-TREE" not in plan and "SCAN" not in plan


def test_sessions_in_the_depth_are_read_from_their_index_too(alice):
    if connection.vendor != "sqlite":
        pytest.skip("SQLite only: PostgreSQL plans a small table by its statistics")
    fill(alice, 1)
    plan = GenerationSession.objects.visible_to(alice).older_than(AN_HOUR, 5).newest_first()[:141].explain()
    assert "USING INDEX session_of_owner" in plan and "TEMP B-TREE" not in plan and "SCAN" not in plan
