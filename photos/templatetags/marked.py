"""Texts with the words marked that a search asked for.

{% load marked %}{{ recipe.prompt|marked:query }}
"""

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from photos.search.marking import pieces

register = template.Library()


@register.filter
def marked(text: str, query) -> SafeString:
    return _marked(text, query, "")


@register.filter
def marked_left_out(text: str, query) -> SafeString:
    """The same for what is to be left out of a picture: the words of `neg:`."""
    return _marked(text, query, "n")


def _marked(text: str, query, field: str) -> SafeString:
    found = pieces(text, query, field) if query else [(text, False)]
    html = "".join(
        f"<mark>{escape(piece)}</mark>" if is_meant else escape(piece) for piece, is_meant in found
    )
    return mark_safe(html.replace("\r\n", "\n").replace("\n", "<br>"))
