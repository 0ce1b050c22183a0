"""What the search knows of a picture, in tables of its own: SQLite drops triggers whenever a migration rebuilds one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from photos.models.photo import Photo


class PhotoText(models.Model):
    """Title, caption, tags, prompt and file name of one picture, folded; kept in the writing transaction.

    By `photos.search.index`, and by nothing else: it keeps the index itself in step. No migration alters this table.
    """

    photo = models.OneToOneField(Photo, on_delete=models.CASCADE, primary_key=True, related_name="text")
    owner_id = models.BigIntegerField()
    shown_at = models.DateTimeField()  # copied: hits are put in order without a look at their pictures
    words = models.TextField()


class PhotoFacts(models.Model):
    """Settings of one picture that are compared or counted: narrow rows, ten thousand of them read for one page."""

    photo = models.OneToOneField(Photo, on_delete=models.CASCADE, primary_key=True, related_name="facts")
    owner_id = models.BigIntegerField()
    model = models.CharField(max_length=300, blank=True)
    sampler = models.CharField(max_length=120, blank=True)
    loras = models.TextField(blank=True)  # one a line
    camera = models.CharField(max_length=200, blank=True)
    steps = models.IntegerField(null=True)
    cfg = models.FloatField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner_id", "steps"], name="facts_steps", condition=Q(steps__isnull=False)),
            models.Index(fields=["owner_id", "cfg"], name="facts_cfg", condition=Q(cfg__isnull=False)),
        ]


class SearchValue(models.Model):
    """A value somebody's pictures have or had, to be offered while one types: a model, a LoRA, a camera."""

    owner_id = models.BigIntegerField()
    key = models.CharField(max_length=10)
    value = models.CharField(max_length=300)
    folded = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "key", "value"], name="search_value_once"),
        ]
        indexes = [models.Index(fields=["owner_id", "key", "folded"], name="search_value_folded")]
