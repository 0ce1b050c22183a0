"""Month counts are kept, not computed: whatever happens in whatever order, they are true."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime

import pytest

from photos import counts, curate, storage, undoing
from photos.dating import Dating
from photos.models import MonthCount, Photo
from tests.factories import PhotoFactory, make_photo
from tests.pictures import draw

pytestmark = pytest.mark.django_db
# On the gallery's clock these are months of their own, however the zones of server and database lie.
MOMENTS = [
    datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC),
    datetime(2026, 6, 30, 22, 30, tzinfo=UTC), datetime(2026, 7, 1, 0, 30, tzinfo=UTC),
    datetime(2025, 12, 31, 23, tzinfo=UTC),
]  # fmt: skip


def kept(owner) -> Counter:
    rows = MonthCount.objects.filter(owner=owner).exclude(count=0)
    return Counter({(row.collection, row.month): row.count for row in rows})


def true(owner) -> Counter:
    photos = Photo.objects.filter(owner=owner, trashed_at=None, represented=False)
    return Counter((photo.collection, photo.shown_at.date().replace(day=1)) for photo in photos)


class Evening:
    """One person's random doings; the small numbers make them meet on the same pictures."""

    def __init__(self, owner, seed: int) -> None:
        self.owner, self.dice, self.n = owner, random.Random(seed), 0

    def some(self) -> list[int]:
        pks = list(Photo.objects.filter(owner=self.owner).values_list("pk", flat=True))
        return self.dice.sample(pks, min(len(pks), self.dice.randint(1, 4)))

    def upload(self) -> None:
        self._make(storage.uploaded("a.png", MOMENTS[0].date()))

    def generate(self) -> None:
        self.n += 1
        self._make(storage.candidate("s", self.n, "41"), origin=Photo.Origin.MADE)

    def complete(self) -> None:
        ready = Photo.objects.filter(owner=self.owner, collection="session", represented=False).live()
        if ready := list(ready.order_by("pk")):
            candidate = self.dice.choice(ready)
            self._make(
                storage.completed("s", "0001"),
                origin=Photo.Origin.MADE,
                source=candidate,
                also=lambda final: curate.represent(Photo.objects.get(pk=candidate.pk), by_final=True),
            )

    def trash(self) -> None:
        curate.trash(self.owner.pk, self.some())

    def restore(self) -> None:
        curate.restore(self.owner.pk, self.some())

    def purge(self) -> None:
        curate.purge(self.owner.pk, self.some()[:2])

    def decide(self) -> None:
        curate.decide(self.owner, self.some(), value=self.dice.randint(0, 2))

    def undo(self) -> None:
        undoing.undo(self.owner)

    def _make(self, place, **arrival) -> None:
        dating = Dating(shown_at=self.dice.choice(MOMENTS), dated_by="name")
        data = draw("PNG", (8, 6), seed=self.dice.randrange(2**32))
        make_photo(self.owner, data, place=place, dating=dating, **arrival)


@pytest.mark.parametrize("seed", range(4))
def test_month_counts_are_true_after_any_evening(alice, bob, seed):
    evening = Evening(alice, seed)
    likely = [evening.upload, evening.generate, evening.complete, evening.trash, evening.restore]
    for _turn in range(60):
        doing = evening.dice.choice(likely * 2 + [evening.purge, evening.decide, evening.undo])
        doing()
        assert kept(alice) == true(alice), f"after {doing.__name__}"
    before = kept(alice)
    counts.recount(alice.pk)
    assert kept(alice) == before and kept(bob) == Counter()


def test_counts_that_went_wrong_are_made_true_again_and_only_one_s_own(alice, bob):
    for moment in MOMENTS:
        PhotoFactory(owner=alice, shown_at=moment)
    PhotoFactory(owner=alice, trashed=True)
    PhotoFactory(owner=alice, collection="session", represented=True)
    counts.add(bob.pk, "uploaded", MOMENTS[0], 7)
    counts.add(alice.pk, "uploaded", MOMENTS[0], -3)
    counts.recount(alice.pk)
    assert kept(alice) == true(alice) and kept(alice).total() == len(MOMENTS)
    assert kept(bob).total() == 7


def test_a_final_stands_for_its_candidate_until_it_is_taken_back(alice):
    evening = Evening(alice, 1)
    evening.generate()
    evening.complete()
    final = Photo.objects.get(collection="completed")
    assert {kind for kind, _ in kept(alice)} == {"completed"}
    assert list(Photo.objects.owned_by(alice).everything()) == [final]
    curate.trash(alice.pk, [final.pk])
    assert {kind for kind, _ in kept(alice)} == {"session"}
    assert [photo.collection for photo in Photo.objects.owned_by(alice).everything()] == ["session"]


def test_purging_a_candidate_together_with_its_final_leaves_no_count(alice):
    evening = Evening(alice, 1)
    evening.generate()
    evening.complete()
    curate.purge(alice.pk, Photo.objects.values_list("pk", flat=True))
    assert kept(alice) == true(alice) == Counter()


def test_of_two_finals_of_one_candidate_that_are_restored_together_the_newer_comes_back(alice):
    evening = Evening(alice, 1)
    evening.generate()
    for _ in range(2):
        evening.complete()
        curate.trash(alice.pk, Photo.objects.filter(collection="completed").values_list("pk", flat=True))
    older, newer = Photo.objects.filter(collection="completed").order_by("pk")
    assert curate.restore(alice.pk, [older.pk, newer.pk]).photo_ids == [newer.pk]
    assert curate.restore(alice.pk, [older.pk]).photo_ids == []
    assert kept(alice) == true(alice)
