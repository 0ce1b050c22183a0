"""The words of a picture, in a table of their own: SQLite drops triggers whenever a migration rebuilds a table."""

from __future__ import annotations

from django.db import models

from photos.models.photo import Photo


class PhotoText(models.Model):
    """Title, caption, tags, prompt and file name of one picture, folded; kept in the writing transaction.

    By `photos.search.index`, and by nothing else: it keeps the index itself in step.
    """

    photo = models.OneToOneField(Photo, on_delete=models.CASCADE, primary_key=True, related_name="text")
    owner_id = models.BigIntegerField()
    shown_at = models.DateTimeField()  # copied: hits are put in order without a look at their pictures
    words = models.TextField()
