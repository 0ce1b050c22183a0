"""Rows for tests, and pictures that came in through the one door.

The factories make rows without files: enough for lists, rights and counts. `make_photo` and `make_session`
make what a person would have made: real bytes, real files, through `ingest` and `workflow`.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import factory
from django.contrib.auth import get_user_model
from factory.django import DjangoModelFactory

from generation import workflow
from generation.models import Candidate, GenerationSession
from photos import counts, storage
from photos.ingest import Arrival, ingest
from photos.models import Photo
from tests.pictures import draw

A_DAY = date(2026, 11, 22)
AN_HOUR = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
_seeds = count(1_000)


class UserFactory(DjangoModelFactory):
    """Someone with an account; the password is "secret"."""

    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    password = factory.django.Password("secret")


class PhotoFactory(DjangoModelFactory):
    """An upload without a file. Month counts are kept by `ingest`, not here: see `with_true_counts`."""

    class Meta:
        model = Photo

    owner = factory.SubFactory(UserFactory)
    collection = Photo.Collection.UPLOADED
    file = factory.Sequence(lambda n: f"uploaded/2026-11-22/row-{n}.jpg")
    name_folded = factory.LazyAttribute(lambda photo: storage.fold(str(photo.file)))
    sha256 = factory.LazyAttribute(lambda photo: hashlib.sha256(str(photo.file).encode()).hexdigest())
    byte_size = 1234
    format = "JPEG"
    width, height = 1200, 800
    shown_at = AN_HOUR
    added_at = AN_HOUR

    class Params:
        trashed = factory.Trait(trashed_at=AN_HOUR, trash_batch=factory.Faker("uuid4", cast_to=None))
        final = factory.Trait(
            collection=Photo.Collection.COMPLETED,
            origin=Photo.Origin.MADE,
            file=factory.Sequence(lambda n: f"generated/completed/2026-11-22-row/{n:04d}.png"),
            format="PNG",
        )


class SessionFactory(DjangoModelFactory):
    """A session that is ready and made nothing; nothing is queued for it."""

    class Meta:
        model = GenerationSession

    owner = factory.SubFactory(UserFactory)
    title = factory.LazyAttribute(lambda session: workflow.title_from(session.prompt))
    state = GenerationSession.State.READY
    engine = "procedural"
    prompt = "red lighthouse in fog"
    width, height = 256, 256
    count = 8
    first_seed = "41"
    shown_at = AN_HOUR
    folder = factory.Sequence(lambda n: f"2026-11-22-red-lighthouse-in-fog-row-{n}")


class CandidateFactory(DjangoModelFactory):
    """Image `number` of a session, without a file; the session's counters are not touched."""

    class Meta:
        model = Candidate

    session = factory.SubFactory(SessionFactory)
    number = factory.Sequence(lambda n: n + 1)
    seed = factory.LazyAttribute(lambda candidate: str(candidate.session.seed_of(candidate.number)))
    photo = factory.SubFactory(
        PhotoFactory,
        owner=factory.SelfAttribute("..session.owner"),
        collection=Photo.Collection.SESSION,
        origin=Photo.Origin.MADE,
        file=factory.LazyAttribute(lambda photo: _candidate_file(photo.factory_parent)),
        format="PNG",
        width=256,
        height=256,
    )


def _candidate_file(candidate) -> str:
    stem = storage.candidate_stem(candidate.number, candidate.seed)
    return f"{storage.SESSIONS}/{candidate.session.folder}/{stem}.png"


def with_true_counts(owner) -> None:
    """Make the month counts of one person true after rows were made by factories."""
    counts.recount(owner.pk)


def make_photo(
    owner,
    data: bytes | None = None,
    *,
    name: str = "harbour.png",
    day: date = A_DAY,
    seed: int | None = None,
    size: tuple[int, int] = (64, 48),
    format: str = "PNG",
    **arrival: Any,
) -> Photo:
    """An upload with its file and thumbnails; a new picture each time unless `data` or `seed` says which."""
    if data is None:
        data = draw(format, size, seed=next(_seeds) if seed is None else seed)
    arrival.setdefault("place", storage.uploaded(name, day))
    return ingest(data, Arrival(owner_id=owner.pk, name=name, **arrival)).photo


def make_session(owner, count: int = 3, **wish: Any) -> GenerationSession:
    """A session run here and now by the engine `scripted` (see the fixture of that name), ready to choose."""
    wish = {"prompt": "red lighthouse in fog", "width": 64, "height": 64, "seed": 41, **wish}
    session = workflow.start(owner, **{"engine": "scripted", "count": count, "queue": False, **wish})
    workflow.run_here(session)
    session.refresh_from_db()
    return session


def pictures_of(session: GenerationSession) -> list[Photo]:
    """The candidates' photos in order of their number."""
    return [candidate.photo for candidate in session.candidates.select_related("photo")]
