"""What `session:` means in a search: the candidates of a person's sessions of that name, and their finals."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from generation.models import Candidate, GenerationSession
from photos import search
from photos.models import Photo

SESSIONS = 5_000  # of one person, looked through for a name; the newest


def pictures_of(owner, text: str) -> QuerySet[Photo]:
    """Ids of the pictures of sessions of this number, or of these words in the title."""
    mine = GenerationSession.objects.visible_to(owner).newest_first().values_list("pk", "title")[:SESSIONS]
    sessions = [pk for pk, title in mine if search.is_called(text, pk, title)]
    made = Candidate.objects.filter(session__in=sessions, photo__isnull=False).order_by().values("photo")
    return Photo.objects.filter(Q(pk__in=made) | Q(source__in=made)).values("pk")
