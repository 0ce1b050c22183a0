"""Links that show some pictures to whoever has their address."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from photos.models.albums import Album
from photos.models.photo import Photo


class ShareQuerySet(models.QuerySet):
    def owned_by(self, viewer) -> ShareQuerySet:
        return self.filter(owner_id=getattr(viewer, "pk", None) or 0)

    def switched_on(self) -> ShareQuerySet:
        """Those that are on and have not ended. (An owner may be inactive: see `Share.is_open`.)"""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()), is_on=True)


class Share(models.Model):
    """One link: to an album, which it follows, or to pictures that were chosen once.

    The address is shown once; only the hash of its token is kept. `revision` is part of every media address: a new
    token ends the old ones.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shares")
    album = models.ForeignKey(Album, on_delete=models.CASCADE, null=True, blank=True, related_name="shares")
    n_chosen = models.PositiveIntegerField(default=0)  # of a selection: how many it began with
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token
    revision = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=200)  # the receiver reads it, and what stands in `signed_by`
    signed_by = models.CharField(max_length=80, blank=True)
    allows_download = models.BooleanField(default=False)
    is_on = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    opened_on = models.DateField(null=True, blank=True)  # the last day; who opened it is kept nowhere
    n_opened = models.PositiveIntegerField(default=0)

    objects = ShareQuerySet.as_manager()

    class Meta:
        verbose_name = _("share link")
        indexes = [models.Index("owner", F("id").desc(), name="share_of_owner")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("share", args=[self.pk])

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def names_its_owner(self) -> bool:
        """Whether the receiver is told who shares; else files of a download name no creator and no rights either."""
        return bool(self.signed_by)

    @property
    def is_open(self) -> bool:
        """Whether it shows anything to anybody now."""
        return self.is_on and not self.has_expired and self.owner.is_active


class SharedPhoto(models.Model):
    """The place of one chosen picture in a link. An album's link has none of these."""

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="places")
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["share", "photo"], name="share_photo_once")]
        indexes = [models.Index(fields=["share", "position", "id"], name="share_by_position")]
