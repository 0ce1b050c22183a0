"""A library of made rows, without files: 200 owners, most of it the first one's.

Of N rows the largest owner has 80 %: uploads over ten years (7 % of N on one day), sessions with their candidates (10 %
of N, the first session with 500), finals (2 %) and an album (10 %). One owner has 10; 198 share the rest, each less
than the one before. Candidates are at least 1,500, so that a small library has a sessions page too: one of 1,000 rows
has 2,500. Everything follows from the number of the row, so the same N makes the same library on every database.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from django.contrib.auth import get_user_model

from generation.models import Candidate, GenerationSession
from photos import storage
from photos.db import lift_timeouts
from photos.models import Album, AlbumPhoto, MonthCount, Photo, PhotoText
from photos.search.keys import FIELDS
from photos.search.words import words_of
from tests.benchmarks import loading

LARGE, SMALL, ADMIN = 1, 2, 201  # ids of owners: the largest, the one with 10 pictures, who keeps the desk
OWNERS = 200
SMALL_SIZE = 10
SESSION, SESSIONS_OF = 500, 40  # images of the first session, and of the others
BLOCK = 100  # pictures that came in together and lie side by side in time
BEGIN, END = datetime(2016, 11, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
BUSY_DAY = date(2024, 6, 15)
COMMON, RARE, TWO = "masterpiece", "zeppelin", "lighthouse moonlit"  # in 36 %; in 20 pictures; each in 1 %
SIZES = ((1024, 1024), (832, 1216), (1216, 832), (4000, 3000), (3000, 4000))

MODELS = [
    f"{name} {version}" for name in ("Flux", "Juggernaut", "Illustrious", "Pony") for version in (1, 2, 3)
]
SAMPLERS = ["euler", "euler_ancestral", "dpmpp_2m karras"]
FACTS = ("photo_id", "owner_id", "model", "sampler", "loras", "camera", "steps", "cfg")

PHOTO = (
    "id", "owner_id", "collection", "origin", "root", "file", "name_folded", "sha256", "byte_size", "format", "width",
    "height", "frames", "shown_at", "dated_by", "added_at", "title", "caption", "alt_text", "rating", "decision",
    "derived", "derived_reason", "color", "phash0", "phash1", "phash2", "phash3", "exif", "digital_source_type",
    "source_id", "source_sha256", "represented", "revision", "access_revision",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """How many rows of which kind a library of `n` has, and which ids they get."""

    n: int

    @cached_property
    def candidates(self) -> int:
        """Of the large owner: a session of 500, the rest in sessions of 40."""
        return SESSION + max(1_000, self.n // 10 - SESSION) // SESSIONS_OF * SESSIONS_OF

    @property
    def finals(self) -> int:
        return min(max(120, self.n // 50), self.candidates // 2)

    @property
    def large_uploads(self) -> int:
        return max(200, self.n * 8 // 10 - (self.n // 10) - (self.n // 50))

    @property
    def busy_day(self) -> int:
        return self.n * 7 // 100

    @property
    def album(self) -> int:
        return min(max(120, self.n // 10), self.large_uploads)

    @property
    def sessions(self) -> int:
        return 1 + (self.candidates - SESSION) // SESSIONS_OF

    @cached_property
    def photos(self) -> int:
        """All of everybody's."""
        return self.candidates + self.finals + sum(size for _owner, size in self.uploads())

    def is_candidate(self, pk: int) -> bool:
        """Candidates stand evenly among the other ids, as they do where people generate and upload in turns."""
        return pk * self.candidates // self.photos != (pk - 1) * self.candidates // self.photos

    def candidate_pk(self, index: int) -> int:
        """Of candidate `index`, from 0."""
        return -(-(index + 1) * self.photos // self.candidates)

    def uploads(self) -> Iterator[tuple[int, int]]:
        """(owner, how many) of everybody."""
        yield LARGE, self.large_uploads
        yield SMALL, SMALL_SIZE
        rest = max(0, self.n // 5 - SMALL_SIZE)
        weights = [1 / (place + 2) for place in range(OWNERS - 2)]
        for place, weight in enumerate(weights):
            yield SMALL + 1 + place, int(rest * weight / sum(weights))


def make(n: int) -> dict[str, int]:
    """Fill an empty library. Returns how many rows of each kind it has; run inside (see `inside`)."""
    plan = Plan(n)
    lift_timeouts()  # those are for pages
    _people()
    counts: Counter[tuple[int, str, date]] = Counter()
    with loading.without_indexes("photos_photo", "photos_albumphoto", "generation_candidate"):
        loading.fill("generation_generationsession", SESSION_COLUMNS, _sessions(plan))
        loading.fill("photos_photo", PHOTO, _counted(_photos(plan), counts))
        loading.fill("generation_candidate", ("id", "session_id", "number", "seed", "photo_id", "seconds", "facts"),
                     ((n, *_place(n - 1), str(n), plan.candidate_pk(n - 1), 2.0, "{}")
                      for n in range(1, plan.candidates + 1)))  # fmt: skip
        _album(plan)
    loading.fill_texts(_texts(_photos(plan)))
    loading.fill("photos_photofacts", FACTS, _facts(_photos(plan)))
    loading.fill("photos_monthcount", ("owner_id", "collection", "month", "count"),
                 ((*key, count) for key, count in sorted(counts.items())))  # fmt: skip
    loading.finish(Photo, Candidate, GenerationSession, Album, AlbumPhoto, MonthCount, get_user_model())
    return {"rows": Photo.objects.count(), "owners": OWNERS, "sessions": plan.sessions, "album": plan.album}


# --- people, sessions, album ----------------------------------------------------------------------


def _people() -> None:
    user = get_user_model()
    people = [user(id=n, username=f"owner{n}", password="!") for n in range(1, OWNERS + 1)]
    desk = user(id=ADMIN, username="admin", password="!", is_staff=True, is_superuser=True)
    user.objects.bulk_create([*people, desk])


SESSION_COLUMNS = (
    "id", "owner_id", "title", "state", "error", "engine", "prompt", "negative_prompt", "width", "height", "count",
    "first_seed", "options", "demo", "folder", "shown_at", "progress", "seconds_made", "n_made", "n_picked",
    "n_rejected", "n_finals", "attempts", "lease_holder",
)  # fmt: skip


def _sessions(plan: Plan) -> Iterator[tuple]:
    """Ready ones; every third still to be decided. The first, of 500, stands in the middle of the time."""
    for pk in range(1, plan.sessions + 1):
        size = SESSION if pk == 1 else SESSIONS_OF
        prompt = " ".join(_words(random.Random(pk)))
        decided = size // 2 if pk % 3 == 0 else size
        at = _session_time(pk, plan)
        yield (
            pk, LARGE, prompt[:60], "ready", "", "procedural", prompt, "", 1024, 1024, size, str(pk), "{}", False,
            f"{at:%Y-%m-%d}-made-{pk}", at, 0.0, 2.0 * size, size, decided // 4, decided - decided // 4, 0, 0, "",
        )  # fmt: skip


def _session_time(pk: int, plan: Plan) -> datetime:
    share = 0.5 if pk == 1 else (pk * 61 % plan.sessions) / plan.sessions
    return BEGIN + (END - BEGIN) * share + timedelta(seconds=7)


def _place(index: int) -> tuple[int, int]:
    """(session, number) of candidate `index`, from 0."""
    if index < SESSION:
        return 1, index + 1
    session, number = divmod(index - SESSION, SESSIONS_OF)
    return session + 2, number + 1


def _album(plan: Plan) -> None:
    """The album of the large owner, arranged by hand: its pictures are spread over all years."""
    Album.objects.create(id=1, owner_id=LARGE, title="Best of all", slug="best-of-all")
    others = (pk for pk in range(1, plan.photos + 1) if not plan.is_candidate(pk))
    step = plan.large_uploads // plan.album
    uploads = itertools.islice(others, 0, step * plan.album, step)
    rows = ((1, pk, 1024 * n, _upload_time(n * step, LARGE, plan.large_uploads, plan))
            for n, pk in enumerate(uploads))  # fmt: skip
    loading.fill("photos_albumphoto", ("album_id", "photo_id", "position", "shown_at"), rows)


# --- pictures -------------------------------------------------------------------------------------


def _photos(plan: Plan) -> Iterator[tuple]:
    """Rows in the order of their ids, values in that of PHOTO."""
    candidates, others = _candidates(plan), _others(plan)
    for pk in range(1, plan.photos + 1):
        yield _photo(pk, **next(candidates if plan.is_candidate(pk) else others))


def _candidates(plan: Plan) -> Iterator[dict]:
    for index in range(plan.candidates):
        folder, name, at = _made(index, plan)
        file = f"generated/sessions/{folder}/{name}"
        yield {
            "owner": LARGE,
            "collection": "session",
            "file": file,
            "at": at,
            "represented": _final_of(index, plan),
        }


def _others(plan: Plan) -> Iterator[dict]:
    """The uploads of one owner after the other, then the finals."""
    for owner, size in plan.uploads():
        for index in range(size):
            at = _upload_time(index, owner, size, plan)
            file = f"uploaded/{at:%Y-%m-%d}/picture-{owner}-{index}.jpg"
            yield {"owner": owner, "collection": "uploaded", "file": file, "at": at}
    for index in filter(lambda index: _final_of(index, plan), range(plan.candidates)):
        folder, name, at = _made(index, plan)
        file, source = f"generated/completed/{folder}/{name}", plan.candidate_pk(index)
        yield {"owner": LARGE, "collection": "completed", "file": file, "at": at, "source": source}


def _made(index: int, plan: Plan) -> tuple[str, str, datetime]:
    """Folder, file name and time of candidate `index`."""
    session, number = _place(index)
    at = _session_time(session, plan)
    return f"{at:%Y-%m-%d}-made-{session}", f"{number:04d}-{index}.png", at + timedelta(seconds=2 * number)


def _final_of(index: int, plan: Plan) -> bool:
    """Whether candidate `index` was completed: every so many-th, so that there are `plan.finals`."""
    return index * plan.finals // plan.candidates != (index + 1) * plan.finals // plan.candidates


def _upload_time(index: int, owner: int, size: int, plan: Plan) -> datetime:
    """Blocks of pictures lie side by side; the blocks came in any order. The first of the large owner share a day."""
    if owner == LARGE and index < plan.busy_day:
        return datetime(*BUSY_DAY.timetuple()[:3], tzinfo=UTC) + timedelta(days=1) * (index / plan.busy_day)
    block, place = divmod(index, BLOCK)
    blocks = -(-size // BLOCK)
    share = (block * 7919 % blocks) / blocks
    return (BEGIN + (END - BEGIN) * share).replace(microsecond=0) + timedelta(seconds=30 * place + owner % 29)


def _photo(
    pk: int,
    *,
    owner: int,
    collection: str,
    file: str,
    at: datetime,
    source: int | None = None,
    represented=False,
) -> tuple:
    made, digest = collection != "uploaded", hashlib.sha256(str(pk).encode()).hexdigest()
    width, height = SIZES[pk % 3 if made else pk % 5]
    pieces = (int(digest[n : n + 4], 16) for n in (8, 12, 16, 20))
    return (
        pk, owner, collection, "made" if made else "brought", "media", file, storage.fold(file), digest, 1_200_000,
        "PNG" if made else "JPEG", width, height, 1, at, "generator" if made else "camera", at + timedelta(days=1),
        f"Harbour {pk}" if pk % 3 == 0 else "", "", "", pk % 7 % 6, (1, 2, 2, 2)[pk % 4] if made else 0,
        "ready", "", f"#{digest[:6]}", *pieces, '{"tags": {}}', "trainedAlgorithmicMedia" if made else "",
        source, hashlib.sha256(str(source).encode()).hexdigest() if source else "", represented, 1, 1,
    )  # fmt: skip


def _counted(photos: Iterator[tuple], counts: Counter) -> Iterator[tuple]:
    """Pass rows on, and add up what the month counts are to say."""
    owner, collection, shown_at, represented = map(
        PHOTO.index, ("owner_id", "collection", "shown_at", "represented")
    )
    for row in photos:
        if not row[represented]:
            counts[row[owner], row[collection], row[shown_at].date().replace(day=1)] += 1
        yield row


# --- words ----------------------------------------------------------------------------------------


def _vocabulary() -> list[str]:
    """2,250 words that could be spoken; a word's rank decides how often it stands here."""
    starts, ends = "ba ce di fo gu ha je ki lo mu na pe ri so tu", "lan mer nix pod ral sen tor vik wun zam"
    words = map("".join, itertools.product(starts.split(), starts.split(), ends.split()))
    return [word for rank, word in enumerate(words, 1) for _ in range(1 + 2_250 // rank)]


POOL = _vocabulary()


def _words(dice: random.Random) -> list[str]:
    return dice.choices(POOL, k=18)


def _field_words(row: tuple) -> list[str]:
    """Words of fields, as `photos.search.describing` has them: kind, model, sampler, ratio."""
    collection = row[PHOTO.index("collection")]
    model, sampler = _settings(row[0])
    kind = {"session": "candidate", "completed": "final"}.get(collection, "uploaded")
    told = [("is", kind), ("is", "generated" if kind != "uploaded" else ""), ("ratio", "landscape")]
    told += [("model", word) for word in words_of(model)] + [("sampler", word) for word in words_of(sampler)]
    return [f"_{FIELDS[key]}_{word}" for key, word in told if word]


def _settings(pk: int) -> tuple[str, str]:
    return MODELS[pk * 7 % len(MODELS)], SAMPLERS[pk % len(SAMPLERS)]


def _facts(photos: Iterator[tuple]) -> Iterator[tuple]:
    for row in photos:
        yield row[0], row[1], *_settings(row[0]), "", "", 20 + row[0] % 20, 4.0 + row[0] % 7


def _texts(photos: Iterator[tuple]) -> Iterator[PhotoText]:
    """What the search knows of each: 18 words and those that are searched for. 20 rare ones, among all of the large."""
    file, shown_at = PHOTO.index("file"), PHOTO.index("shown_at")
    dice, rare_left = random.Random(1), 20
    for row in photos:
        words = _words(dice)
        chance = dice.random()
        if chance < 0.36:
            words.append(COMMON)
        if row[0] % 500 == 7 and row[1] == LARGE and rare_left:
            words.append(RARE)
            rare_left -= 1
        words += [word for word in TWO.split() if dice.random() < 0.01 or row[0] % 900 == 5]
        words += row[file].rpartition("/")[2].replace("-", " ").replace(".", " ").split()
        words += _field_words(row)
        yield PhotoText(photo_id=row[0], owner_id=row[1], shown_at=row[shown_at], words=" ".join(words))
