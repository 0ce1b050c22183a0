"""How a sheet is asked for: what its address says, where a person was on it last, and the links around it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import HttpRequest, QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from generation import showing
from generation.models import GenerationSession
from generation.views import stacked
from generation.views.sheet import Sheet
from generation.views.sheet_pages import Page
from photos import kept_places
from photos.views.replies import positive_int

MAX_NUMBER = 10**9


@dataclass(frozen=True, kw_only=True)
class Wish:
    """`start` is where the page begins, `at` the number of an image that is to be on it; `place` of one kept."""

    show: str = "all"
    order: str = "number"
    stacks: str = ""  # of stacked.KINDS
    opened: int | None = None
    start: int = 1
    at: int | None = None
    place: int | None = None

    def query(self, **changes) -> str:
        """ "?show=picks&sort=stars", from the beginning unless `start` is named."""
        wish = replace(self, **({"start": 1} | changes))
        said = {"show": wish.show, "sort": wish.order, "stacks": wish.stacks, "from": wish.start}
        usual = {"show": "all", "sort": "number", "stacks": "", "from": 1}
        query = {name: value for name, value in said.items() if value != usual[name]}
        return f"?{urlencode(query or {'show': 'all'})}"


@dataclass(frozen=True, kw_only=True)
class Link:
    """`name` is what scripts know its count by, where they keep one."""

    address: str
    label: str
    count: int | None = None
    here: bool = False
    name: str = ""


def wish_of(request: HttpRequest, session: GenerationSession) -> Wish:
    """What the address asks for. The bare address of a sheet goes on where this person was."""
    if not request.GET and (kept := _kept(request.user, session)):
        return kept
    return _read(request.GET)


def scope_of(session: GenerationSession) -> str:
    return f"session:{session.pk}"


def numbers_of(owner, sessions) -> dict[int, int]:
    """Session -> the number of the image that this person looked at last there; one query."""
    scopes = {scope_of(session): session.pk for session in sessions}
    rows = kept_places.places_of(owner, list(scopes)).values_list("scope", "photo__candidate__number")
    return {scopes[scope]: number for scope, number in rows if number}


def chips(session: GenerationSession, sheet: Sheet, wish: Wish) -> list[Link]:
    rows = [
        ("all", _("All"), session.n_made),
        ("undecided", _("Undecided"), session.n_undecided),
        ("picks", _("Picks"), session.n_picked),
        ("rejects", _("Rejects"), session.n_rejected),
    ]
    if sheet.round and (sheet.round.is_on or sheet.show == showing.ROUND):
        rows.append(("round", _("Round %s") % sheet.round.number, sheet.round.n_left))
    return [
        Link(address=wish.query(show=name), label=label, count=count, here=name == sheet.show, name=name)
        for name, label, count in rows
    ]


def marks_of(session: GenerationSession, sheet: Sheet, wish: Wish) -> showing.Marks:
    """Of all images of the session; asked for only where the frames do not tell."""
    known = sheet.show == showing.ALL and not sheet.cut.pages and not wish.stacks
    photos = (frame.photo for frame in sheet.frames if frame.photo)
    return sheet.cut.marks or (showing.marks_in(photos) if known else showing.marks_of(session))


def by_marks(found: showing.Marks, sheet: Sheet, wish: Wish) -> list[Link]:
    """Filters by stars, labels and reasons, each that shows something or is shown."""
    rows = [
        (word, ngettext("%s star or more", "%s stars or more", n) % n, found.stars.get(n, 0))
        for word, n in reversed(showing.STARS.items())
    ]
    rows += [(word, label.label, found.labels.get(label, 0)) for word, label in showing.LABELS.items()]
    rows += [
        (showing.REASON + reason, _("rejected: %s") % reason, n)
        for reason, n in sorted(found.reasons.items())
    ]
    return [
        Link(address=wish.query(show=word), label=label, count=n, here=word == sheet.show)
        for word, label, n in rows
        if n or word == sheet.show
    ]


def orders(sheet: Sheet, wish: Wish) -> list[Link]:
    labels = {"number": pgettext("order", "Number"), "stars": pgettext("order", "Stars"), "seed": _("Seed")}
    return [
        Link(address=wish.query(order=name), label=label, here=name == sheet.order)
        for name, label in labels.items()
    ]


def stacks(wish: Wish) -> list[Link]:
    rows = (
        ("", _("One by one")),
        (stacked.LOOK, _("By look")),
        (stacked.RECIPE, _("By prompt and settings")),
    )
    return [Link(address=wish.query(stacks=by), label=label, here=by == wish.stacks) for by, label in rows]


def pages(sheet: Sheet, wish: Wish) -> list[Link]:
    return [_to(page, wish) for page in sheet.cut.pages]


def beside(page: Page | None, wish: Wish) -> Link | None:
    return _to(page, wish) if page else None


def at_of(sheet: Sheet, place: int | None) -> str:
    """The frame to go on at: the image of a kept place, or the next one that is shown; "" none, or the first."""
    numbers = [int(frame.number) for frame in sheet.frames if frame.cell]
    if place is None or not numbers:
        return ""
    if place in numbers:
        found = place
    elif sheet.order == "number":
        found = next((number for number in numbers if number >= place), numbers[-1])
    else:
        found = numbers[0]
    return sheet.frames[numbers.index(found)].number if found != numbers[0] or sheet.cut.previous else ""


def _to(page: Page, wish: Wish) -> Link:
    return Link(address=wish.query(start=page.start), label=page.label, here=page.here)


def _kept(owner, session: GenerationSession) -> Wish | None:
    rows = kept_places.places_of(owner, [scope_of(session)])
    found = rows.values_list("query", "photo__candidate__number").first()
    if not found or not found[1]:
        return None
    query, number = found
    return replace(_read(QueryDict(query)), at=number, place=number)


def _read(asked: QueryDict) -> Wish:
    return Wish(
        show=showing.known(asked.get("show", "all")),
        order=asked["sort"] if asked.get("sort") in showing.ORDERS else "number",
        stacks=asked["stacks"] if asked.get("stacks") in stacked.KINDS else "",
        opened=positive_int(asked.get("open"), most=MAX_NUMBER),
        start=positive_int(asked.get("from"), most=MAX_NUMBER) or 1,
        at=positive_int(asked.get("at"), most=MAX_NUMBER),
    )
