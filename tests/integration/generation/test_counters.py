"""The numbers on a session's tile are true, whatever is done to its pictures and in whatever order."""

from __future__ import annotations

import random

import pytest

from generation import counting, finals
from generation.models import GenerationSession
from photos import counts, curate, undoing
from photos.db import in_transaction
from photos.models import MonthCount, Photo
from tests.factories import make_session, pictures_of

pytestmark = pytest.mark.django_db
UNDECIDED, PICKED, REJECTED = Photo.Verdict.values


def numbers(session: GenerationSession) -> tuple[int, int, int, int]:
    session.refresh_from_db()
    return session.n_made, session.n_picked, session.n_rejected, session.n_finals


@pytest.fixture
def session(alice, scripted) -> GenerationSession:
    return make_session(alice, count=4)


def pks(session: GenerationSession) -> list[int]:
    return [photo.pk for photo in pictures_of(session)]


def test_deciding_is_counted_and_undoing_uncounts_it(alice, session):
    one, two, three, _four = pks(session)
    curate.decide(alice, [one, two], value=PICKED)
    curate.decide(alice, [two, three], value=REJECTED)
    assert numbers(session) == (4, 1, 2, 0)
    assert session.n_undecided == 1 and session.state_line == "Choosing, 3 of 4"
    undoing.undo(alice)
    assert numbers(session) == (4, 2, 0, 0)
    undoing.undo(alice)
    assert numbers(session) == (4, 0, 0, 0) and session.state_line == "Ready to choose"


def test_stars_change_no_count(alice, session):
    curate.decide(alice, pks(session), axis="rating", value=5)
    assert numbers(session) == (4, 0, 0, 0)


def test_trash_takes_out_of_the_count_and_restoring_puts_back(alice, session):
    one, two, *_ = pks(session)
    curate.decide(alice, [one], value=PICKED)
    curate.trash(alice.pk, [one, two])
    assert numbers(session) == (2, 0, 0, 0)
    curate.restore(alice.pk, [one, two])
    assert numbers(session) == (4, 1, 0, 0)


def test_a_session_is_done_when_all_is_decided_and_open_again_when_one_is_not(alice, session):
    curate.decide(alice, pks(session), value=REJECTED)
    session.refresh_from_db()
    assert not session.is_open and session.state_line == "Done, no finals"
    curate.decide(alice, pks(session)[:1], value=UNDECIDED)
    session.refresh_from_db()
    assert session.is_open and session in GenerationSession.objects.waiting()


def test_finals_are_counted_as_they_come_and_go(alice, session):
    curate.decide(alice, pks(session)[:2], value=PICKED)
    finals.file_picks(session.pk)
    assert numbers(session) == (4, 2, 0, 2)
    final = Photo.objects.filter(collection="completed").first()
    finals.uncomplete(final)
    assert numbers(session) == (4, 2, 0, 1)
    curate.restore(alice.pk, [final.pk])
    assert numbers(session) == (4, 2, 0, 2)
    curate.purge(alice.pk, [final.pk])
    assert numbers(session) == (4, 2, 0, 1)


def test_a_final_outlives_its_candidate_and_is_counted_no_more_by_its_session(alice, session):
    one = pks(session)[0]
    curate.decide(alice, [one], value=PICKED)
    finals.file_picks(session.pk)
    final = Photo.objects.get(collection="completed")
    curate.trash(alice.pk, [one])
    assert numbers(session) == (3, 0, 0, 1)
    curate.purge(alice.pk, [one])
    assert numbers(session) == (3, 0, 0, 0)
    finals.uncomplete(final)
    assert numbers(session) == (3, 0, 0, 0)
    final.refresh_from_db()
    assert final.source_id is None and final.source_sha256


def test_one_session_s_pictures_do_not_count_in_another(alice, session):
    other = make_session(alice, count=2)
    curate.decide(alice, pks(session) + pks(other)[:1], value=PICKED)
    assert numbers(session) == (4, 4, 0, 0) and numbers(other) == (2, 1, 0, 0)


@pytest.mark.parametrize("seed", range(4))
def test_all_counts_are_true_after_any_evening(alice, scripted, seed):
    dice = random.Random(seed)
    sessions = [make_session(alice, count=3, seed=dice.randrange(2**32)) for _ in range(2)]

    def some() -> list[int]:
        all_of_them = sorted(Photo.objects.filter(owner=alice).values_list("pk", flat=True))
        return dice.sample(all_of_them, min(len(all_of_them), dice.randint(1, 3)))

    doings = {
        "decide": lambda: curate.decide(alice, some(), value=dice.randint(0, 2)),
        "pick": lambda: curate.decide(alice, some(), value=PICKED),
        "undo": lambda: undoing.undo(alice),
        "complete": lambda: finals.file_picks(dice.choice(sessions).pk),
        "trash": lambda: curate.trash(alice.pk, some()),
        "restore": lambda: curate.restore(alice.pk, some() + some()),
        "purge": lambda: dice.random() < 0.2 and curate.purge(alice.pk, some()[:1]),
    }
    for _turn in range(45):
        name = dice.choice(list(doings))
        doings[name]()
        for session in sessions:
            kept = numbers(session)
            in_transaction(lambda pk=session.pk: counting.recount(pk))
            assert kept == numbers(session), f"after {name}"
    kept = sorted(MonthCount.objects.exclude(count=0).values_list("collection", "count"))
    counts.recount(alice.pk)
    assert kept == sorted(MonthCount.objects.values_list("collection", "count"))
