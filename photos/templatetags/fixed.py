"""Parts of a page that are the same for everybody: rendered once for a language, and printed from then on.

    {% load fixed %}{% fixed "_large.html" %}

Nothing signed, nothing of a person and no right may stand in such a template: it is given no context at all.
"""

from functools import cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def fixed(name: str) -> SafeString:
    return _rendered(name, get_language())


@cache
def _rendered(name: str, language: str) -> SafeString:
    return mark_safe(render_to_string(name))
