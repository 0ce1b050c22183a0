"""Where a person was on a list."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from photos.models.photo import Photo


class KeptPlace(models.Model):
    """The picture a person looked at last on one list, and what the list showed of itself then."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="places")
    scope = models.CharField(max_length=60)  # the list, as photos.bulk calls it: "session:17"
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="+")
    query = models.CharField(max_length=200, blank=True, db_default="")  # "show=picks&sort=stars"
    kept_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "scope"], name="place_once_per_list")]

    def __str__(self) -> str:
        return f"{self.scope}: {self.photo_id}"
