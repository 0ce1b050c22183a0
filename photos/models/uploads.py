"""What a person uploaded in one go, and what became of each file."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from photos.models.albums import Album
from photos.models.photo import Photo


class UploadBatch(models.Model):
    """One visit to the upload page: its result is a page of exactly what was added."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="upload_batches"
    )
    album = models.ForeignKey(Album, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index("owner", F("id").desc(), name="upload_batch_of_owner")]

    def get_absolute_url(self) -> str:
        return reverse("upload_batch", args=[self.pk])


class UploadEntry(models.Model):
    """One file of a batch, under the name it was brought with."""

    class Outcome(models.TextChoices):
        ADDED = "added", _("added")
        KNOWN = "known", _("already here")
        RESTORED = "restored", _("restored from the trash")
        REFUSED = "refused", _("refused")

    batch = models.ForeignKey(UploadBatch, on_delete=models.CASCADE, related_name="entries")
    name = models.CharField(max_length=300)
    outcome = models.CharField(max_length=8, choices=Outcome)
    photo = models.ForeignKey(Photo, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    code = models.CharField(max_length=40, blank=True)
    sentence = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["batch", "id"], name="upload_entry_in_batch")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["added", "known", "restored", "refused"]),
                name="upload_outcome_known",
            )
        ]
