"""The bar of the selected: one thing done to many pictures, on whatever list, and the way back."""

from __future__ import annotations

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from photos import albums, bulk, editing
from photos.forms_bulk import BulkForm, Wish
from photos.models import Album, Tag
from photos.views import errors
from photos.views.bars import SALT, in_background, token
from photos.views.replies import back, wants_json

TAGS = 1_000  # suggested while one types
A_DAY = 86_400
REFUSALS = (bulk.BulkError, albums.AlbumError, editing.EditError)


@require_POST
def many(request: HttpRequest) -> HttpResponse:
    """What the bar's form sends: a selection, or the whole list it lies in."""
    form = BulkForm(request.POST)
    if not form.is_valid():
        return errors.page(request, 400, _("There is no such action."))
    wish = form.wish()
    if not (wish.photo_ids or wish.scope):
        return _answer(request, _("No image was selected."), status=422)
    try:
        done, wish = _do(request.user, wish)
    except (*REFUSALS, Http404, ValueError, OverflowError) as problem:  # too long a number, for SQLite
        sentence = getattr(problem, "sentence", _("That list is not there any more."))
        return _answer(request, sentence, status=422)
    way_back = token(request.user, done.way_back) if done.way_back else ""
    return _answer(request, said(wish, done), way_back=way_back, count=done.count)


@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Undo what a message offers to undo. The token says what was done, and to whose pictures."""
    try:
        owner_id, steps = signing.loads(request.POST.get("way_back", ""), salt=SALT, max_age=A_DAY)
    except signing.BadSignature:
        return _answer(request, _("That is too long ago to be undone."), status=422)
    if owner_id != request.user.pk:
        raise Http404
    try:
        done = bulk.take_back(request.user, steps)
    except REFUSALS as problem:
        return _answer(request, problem.sentence, status=422)
    return _answer(request, in_background() if done.later else _("Undone."), count=done.count)


@require_safe
def tags(request: HttpRequest) -> HttpResponse:
    """One's own tags, to be suggested while one types."""
    names = Tag.objects.filter(owner=request.user).order_by("folded").values_list("name", flat=True)
    response = JsonResponse({"tags": list(names[:TAGS])})
    response["Cache-Control"] = "private, max-age=60"
    return response


# --- parts ----------------------------------------------------------------------------------------


def _do(owner, wish: Wish) -> tuple[bulk.Done, Wish]:
    if wish.title:
        made = albums.create(owner, title=wish.title)
        wish = Wish(action="album", argument=str(made.pk), photo_ids=wish.photo_ids, scope=wish.scope)
    scope = wish.scope
    if (
        len(wish.photo_ids) > bulk.AT_ONCE and wish.action != "album"
    ):  # that takes them in the order they stand in
        scope = scope or bulk.scope_of(wish.photo_ids)
    if scope:
        return bulk.do_all(owner, scope, wish.action, wish.argument), wish
    return bulk.do(owner, wish.photo_ids, wish.action, wish.argument), wish


def said(wish: Wish, done: bulk.Done) -> str:
    """ "Moved 12 images to the trash." """
    n = done.count
    if done.later:
        return in_background()
    if not n:
        return _("Nothing changed: it was so already.")
    sentence = {
        "pick": ngettext("Picked %(n)s image.", "Picked %(n)s images.", n),
        "reject": ngettext("Rejected %(n)s image.", "Rejected %(n)s images.", n),
        "clear": ngettext("%(n)s image is undecided again.", "%(n)s images are undecided again.", n),
        "reason": ngettext("Rejected %(n)s image: %(words)s.", "Rejected %(n)s images: %(words)s.", n),
        "label": ngettext("%(n)s image labelled.", "%(n)s images labelled.", n),
        "rate": ngettext("%(n)s image rated.", "%(n)s images rated.", n),
        "tag": ngettext("Tagged %(n)s image: %(words)s.", "Tagged %(n)s images: %(words)s.", n),
        "untag": ngettext("%(n)s image without %(words)s.", "%(n)s images without %(words)s.", n),
        "album": ngettext("Added %(n)s image to “%(words)s”.", "Added %(n)s images to “%(words)s”.", n),
        "trash": ngettext("Moved %(n)s image to the trash.", "Moved %(n)s images to the trash.", n),
        "restore": ngettext("Restored %(n)s image.", "Restored %(n)s images.", n),
    }[wish.action]
    return sentence % {"n": number_format(n, force_grouping=True), "words": _words(wish)}


def _words(wish: Wish) -> str:
    if wish.action == "album":
        return str(Album.objects.filter(pk=int(wish.argument)).first() or "")
    if wish.action == "reason":
        return wish.argument or _("no reason")
    return ", ".join(editing.split_words(wish.argument))


def _answer(
    request: HttpRequest, sentence: str, *, status: int = 200, way_back: str = "", **known
) -> HttpResponse:
    """A line on the page one came from, or JSON. `status` is for scripts: a page is always a 303."""
    if wants_json(request):
        return JsonResponse({"sentence": sentence, "way_back": way_back, **known}, status=status)
    (messages.error if status >= 400 else messages.info)(request, sentence, extra_tags=way_back)
    return back(request)
