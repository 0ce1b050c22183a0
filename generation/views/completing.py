"""Completing a session, and the one question it asks: what the finals are to say."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from generation import final_papers, finals
from generation.forms_finals import WishesForm
from generation.models import GenerationSession
from photos.views.replies import see_other


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def complete(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the picks filed. The first time, and whenever this page is opened, it is asked what they are to say."""
    session = get_object_or_404(GenerationSession.objects.visible_to(request.user), pk=pk)
    known = final_papers.remembered(request.user)
    if request.method == "POST" and "creator" in request.POST:
        form = WishesForm(request.POST)
        if not form.is_valid():
            return _question(request, session, form, status=422)
        final_papers.remember(request.user, form.wishes())
    elif request.method == "POST" and known is None:
        return see_other(reverse("session_complete", args=[session.pk]))
    elif request.method != "POST":
        return _question(request, session, _form(request))
    finals.ask_to_file(session)
    return see_other(session.get_absolute_url())


@require_POST
def wishes(request: HttpRequest) -> HttpResponse:
    """The same answers on the page of settings; finals that are filed stay as they are."""
    form = WishesForm(request.POST)
    if form.is_valid():
        final_papers.remember(request.user, form.wishes())
        messages.info(request, _("Noted. Finals that you complete from now on say so."))
    else:
        said = " ".join(word for words in form.errors.values() for word in words)
        messages.error(request, _("Not saved: %s") % said)
    return see_other(reverse("account") + "#finals")


def settings_section(request: HttpRequest) -> tuple[str, dict]:
    """For the page of settings: a template and what it needs."""
    return "finals/_settings.html", {"wishes_form": _form(request)}


def _form(request: HttpRequest) -> WishesForm:
    usual = final_papers.usual(request.user)
    return WishesForm(
        initial={"creator": usual.creator, "rights": usual.rights, "with_prompt": usual.with_prompt}
    )


def _question(
    request: HttpRequest, session: GenerationSession, form: WishesForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "session": session,
        "form": form,
        "n_unfiled": finals.unfiled(session).count(),
        "n_beside": finals.beside(session),
        "section": "sessions",
        "own_primary": True,
    }
    return render(request, "finals/question.html", context, status=status)
