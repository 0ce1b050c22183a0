"""Sessions of images that were made elsewhere: what an import finds in a folder, as sheets to choose from.

    files of one folder, by time -> fits an open session of that folder? -> a new one -> Candidate

No gap over 30 minutes and mostly the same prompt words make one session; an image that stands alone joins the loose
ones of its day. Each file is placed by what lies here already and what follows it, and kept in order: so a run that
was killed goes on with the same sessions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError
from django.db.models import F, Max
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from generation.models import MAX_COUNT, Candidate, GenerationSession
from generation.registry import IMPORTED
from generation.workflow import MAX_PROMPT, MAX_SEED, title_from
from photos import storage
from photos.db import in_transaction
from photos.images import RecipeFacts
from photos.importing import Options
from photos.importing.filing import Seen
from photos.ingest import Arrival, Ingested
from photos.models import Photo
from photos.text import clean, folded

GAP = timedelta(minutes=30)
MAX_WORDS = 300  # of a prompt that are compared
MAX_GROUPS = 50  # of one folder at a time
ATTEMPTS = 3  # where another run fills the same session

_WORD = re.compile(r"[^\W\d_]{2,}")
_TAG = re.compile(r",?\s*<[^<>\n]{1,300}>")  # <lora:coast:0.75> is no word of a title
_PART = re.compile(r", [^\W\d]+ (\d{1,6})$")


class _Gone(IntegrityError):
    """The session was trashed, or filled by another, while the image was on its way."""


@dataclass(eq=False)
class Group:
    """Images that belong together; `session` is made with the first that is kept."""

    folder: str
    key: str
    words: frozenset[str]
    last_at: datetime
    loose: bool = False
    session: GenerationSession | None = None
    last_number: int = 0

    def fits(self, words: frozenset[str], at: datetime) -> bool:
        return abs(at - self.last_at) <= GAP and mostly_same(self.words, words)


@dataclass(eq=False)
class Slot:
    """The place of one file, for `Arriving.keep`."""

    group: Group
    seen: Seen
    session: GenerationSession | None = None  # since it entered
    number: int = 0


@dataclass
class Arriving:
    """A `photos.importing.filing.Filing`, for one run of one owner."""

    owner_id: int
    options: Options
    _folder: str = ""
    _groups: list[Group] = field(default_factory=list)  # of that folder, the one used last at the end
    _loose: dict[str, Group] = field(default_factory=dict)
    _made: list[int] = field(default_factory=list)  # sessions that this run made

    def slot_for(self, seen: Seen, ahead: Iterable[Seen]) -> Slot | None:
        if is_upload(seen):
            return None
        if seen.found.folder != self._folder:
            self._folder, self._loose = seen.found.folder, {}
            self._groups = open_groups(self.owner_id, self._folder)
        return Slot(self._group_for(seen, ahead), seen)

    def keep(self, slot: Slot, put: Callable[[Arrival], Ingested], arrival: Arrival) -> Ingested:
        for attempts_left in reversed(range(ATTEMPTS)):
            try:
                done = put(replace(self.enter(slot, arrival), also=partial(self._also, slot, arrival)))
            except IntegrityError:
                self.leave([slot])
                if not attempts_left:
                    raise
            except BaseException:
                self.leave([slot])
                raise
            else:
                if not done.created:
                    self.leave([slot])
                return done
        raise AssertionError("never reached")

    def enter(self, slot: Slot, arrival: Arrival) -> Arrival:
        slot.session, recipe = self._session_of(slot), slot.seen.filled.recipe
        slot.group.last_number += 1
        slot.number = slot.group.last_number
        place = storage.candidate(slot.session.folder, slot.number, recipe.seed if recipe else "")
        return replace(arrival, place=place)

    def write(self, kept: Sequence[tuple[Slot, Photo]]) -> None:
        made: dict[int, list[Slot]] = {}
        for slot, _photo in kept:
            made.setdefault(slot.session.pk, []).append(slot)
        live = GenerationSession.objects.live().filter(pk__in=made).order_by("pk")
        if len(live.select_for_update().values_list("pk")) < len(made):
            raise _Gone("A session was moved to the trash")
        Candidate.objects.bulk_create(
            Candidate(session=slot.session, number=slot.number, seed=_seed(slot), photo=photo)
            for slot, photo in kept
        )
        for pk, slots in made.items():
            last = max(slot.number for slot in slots)
            GenerationSession.objects.filter(pk=pk).update(n_made=F("n_made") + len(slots), count=last)

    def leave(self, slots: Iterable[Slot]) -> None:
        """Number again by what is there: an image is missing, or somebody else has filled or trashed the session."""
        for group in {slot.group for slot in slots}:
            if group.session:
                group.session = GenerationSession.objects.live().filter(pk=group.session.pk).first()
                group.last_number = _last_number(group.session)

    def close(self) -> None:
        """Sessions whose images all turned out to be here already, or broken, are none."""
        empty = GenerationSession.objects.filter(pk__in=self._made, n_made=0, candidates__isnull=True)
        if self._made:
            in_transaction(lambda: empty.delete())

    # --- which group --------------------------------------------------------------------------------

    def _group_for(self, seen: Seen, ahead: Iterable[Seen]) -> Group:
        words, at = words_of(seen.filled.recipe), seen.dating.shown_at
        group = next((group for group in reversed(self._groups) if group.fits(words, at)), None)
        if group:
            self._groups.remove(group)
        elif self.options.watching or _has_company(words, at, ahead):
            group = Group(self._folder, key_of(self._folder), words, at)
        else:
            return self._loose_of(at)
        group.last_at = at
        self._groups = [*self._groups, group][-MAX_GROUPS:]
        return group

    def _loose_of(self, at: datetime) -> Group:
        key = key_of(self._folder, f"{at:%Y-%m-%d}")
        if key not in self._loose:
            known = _newest_open(self.owner_id, key)
            self._loose[key] = Group(self._folder, key, frozenset(), at, True, known, _last_number(known))
        return self._loose[key]

    # --- its session --------------------------------------------------------------------------------

    def _session_of(self, slot: Slot) -> GenerationSession:
        group = slot.group
        if group.session is None:
            group.session = self._start(slot, _title(slot))
        elif group.last_number >= MAX_COUNT:
            group.session, group.last_number = self._start(slot, _next_part(group.session.title)), 0
        return group.session

    def _start(self, slot: Slot, title: str) -> GenerationSession:
        """A new session; or the empty one that a run left here when it was killed."""
        new = _session(self.owner_id, slot, title)

        def work() -> GenerationSession:
            left = (
                GenerationSession.objects.exclude(pk__in=self._made)
                .filter(owner_id=self.owner_id, arrived_key=new.arrived_key)
                .filter(n_made=0, candidates__isnull=True, trashed_at__isnull=True)
                .first()
            )
            if left:
                new.pk, new.folder, new.created_at = left.pk, left.folder, left.created_at
            new.save(force_insert=not left)
            if not left:
                new.folder = storage.session_folder_name(new.shown_at.date(), new.title, new.pk)
                new.save(update_fields=["folder"])
            return new

        session = in_transaction(work)
        self._made.append(session.pk)
        return session

    def _also(self, slot: Slot, arrival: Arrival, photo: Photo) -> None:
        arrival.also(photo)
        self.write([(slot, photo)])


# --- what belongs together ------------------------------------------------------------------------


def is_upload(seen: Seen) -> bool:
    """A photograph: from a camera, and no prompt in it."""
    facts = seen.filled
    return facts.recipe is None and bool(facts.camera_make or facts.camera_model)


def words_of(recipe: RecipeFacts | None) -> frozenset[str]:
    return _words(recipe.prompt if recipe else "")


def mostly_same(one: frozenset[str], other: frozenset[str]) -> bool:
    """At least half of all their words are in both; no words are like no words."""
    return 2 * len(one & other) >= len(one | other)


def _words(prompt: str) -> frozenset[str]:
    return frozenset(_WORD.findall(folded(prompt[:20_000]))[:MAX_WORDS])


def _has_company(words: frozenset[str], at: datetime, ahead: Iterable[Seen]) -> bool:
    return any(
        abs(other.dating.shown_at - at) <= GAP and mostly_same(words, words_of(other.filled.recipe))
        for other in ahead
        if not is_upload(other)
    )


def key_of(folder: str, day: str = "") -> str:
    """Where a session came from, as it is looked up; with a day that of its loose images."""
    return hashlib.sha256(f"{folder}\0{day}".encode("utf-8", "surrogateescape")).hexdigest()


def open_groups(owner_id: int, folder: str) -> list[Group]:
    """The open sessions of this folder that may be added to, the one filled last at the end."""
    sessions = (
        GenerationSession.objects.live()
        .open()
        .filter(owner_id=owner_id, arrived_key=key_of(folder))
        .annotate(last_candidate=Max("candidates__pk"), last_number=Max("candidates__number"))
        .order_by("-last_candidate")[:MAX_GROUPS]
    )
    sessions = list(sessions)[::-1]
    last = Candidate.objects.filter(pk__in=[session.last_candidate for session in sessions])
    last_at = dict(last.values_list("session_id", "photo__shown_at"))
    return [
        Group(folder, session.arrived_key, _words(session.prompt), last_at.get(session.pk) or session.shown_at,
              session=session, last_number=session.last_number)
        for session in sessions
    ]  # fmt: skip


def _newest_open(owner_id: int, key: str) -> GenerationSession | None:
    mine = GenerationSession.objects.live().open().filter(owner_id=owner_id, arrived_key=key)
    return mine.order_by("-pk").first()


def _last_number(session: GenerationSession | None) -> int:
    candidates = Candidate.objects.filter(session=session) if session else Candidate.objects.none()
    return candidates.aggregate(last=Max("number"))["last"] or 0


# --- a session of them ----------------------------------------------------------------------------


def _session(owner_id: int, slot: Slot, title: str) -> GenerationSession:
    """As its first image says it was asked for."""
    facts, group = slot.seen.filled, slot.group
    recipe = facts.recipe or RecipeFacts(generator="")
    told = not group.loose
    return GenerationSession(
        owner_id=owner_id,
        title=title,
        state=GenerationSession.State.READY,
        engine=IMPORTED,
        prompt=clean(recipe.prompt)[:MAX_PROMPT] if told else "",
        negative_prompt=clean(recipe.negative_prompt)[:MAX_PROMPT] if told else "",
        width=min(recipe.width or facts.width, 2**31 - 1),
        height=min(recipe.height or facts.height, 2**31 - 1),
        count=1,
        first_seed=recipe.seed if _is_seed(recipe.seed) and told else "0",
        shown_at=slot.seen.dating.shown_at,
        arrived_from=clean(group.folder),
        arrived_key=group.key,
    )


def _is_seed(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) <= MAX_SEED - MAX_COUNT


def _seed(slot: Slot) -> str:
    recipe = slot.seen.filled.recipe
    return clean(recipe.seed)[:100] if recipe else ""


def _title(slot: Slot) -> str:
    at, recipe = slot.seen.dating.shown_at.replace(tzinfo=None), slot.seen.filled.recipe
    if slot.group.loose:
        return _("Loose images, %s") % date_format(at, "j F")
    if recipe and (words := _TAG.sub(" ", recipe.prompt[:2_000]).strip(" ,\n")):
        return title_from(clean(words))[:200]
    generator = recipe.generator if recipe and recipe.generator != "unknown" else _("Imported")
    return f"{generator}, {date_format(at, 'j F H:i')}"


def _next_part(title: str) -> str:
    found = _PART.search(title)
    base, part = (title[: found.start()], int(found[1])) if found else (title, 1)
    return _("%(title)s, part %(n)s") % {"title": base[:180], "n": part + 1}
