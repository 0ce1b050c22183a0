"""Albums: links to pictures, never boxes. No right hangs on a photo; an album is private unless it says otherwise.

A smart album is a search kept under a title: it has no members of its own. Rights hang on members; therefore it is
its owner's alone, always.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from photos.models.photo import Photo


class AlbumQuerySet(models.QuerySet):
    def owned_by(self, viewer) -> AlbumQuerySet:
        return self.filter(owner_id=getattr(viewer, "pk", None) or 0)

    def visible_to(self, viewer) -> AlbumQuerySet:
        """One's own, those for everyone with an account where there is one, and the public ones."""
        return self.filter(Q(owner_id=getattr(viewer, "pk", None) or 0) | Q(access__in=open_to(viewer)))

    def by_hand(self) -> AlbumQuerySet:
        """Those that are filled by a person, not by a search."""
        return self.filter(query="")

    def recent_first(self) -> AlbumQuerySet:
        return self.order_by("-changed_at", "-id")


def open_to(viewer) -> list[str]:
    """The kinds of access that let a viewer look into other people's albums."""
    return ["public", "accounts"] if getattr(viewer, "is_authenticated", False) else ["public"]


class Album(models.Model):
    """Pictures of its owner's under a title. `revision` is of what a person types, for If-Match."""

    class Access(models.TextChoices):
        PRIVATE = "private", _("Only me")
        ACCOUNTS = "accounts", _("Everyone with an account here")
        PUBLIC = "public", _("Everyone")

    class Order(models.TextChoices):
        MANUAL = "manual", _("as arranged")
        DATE = "date", _("by date")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="albums")
    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=120, blank=True)  # decorative: the id finds the album
    description = models.TextField(blank=True)
    query = models.CharField(
        max_length=500, blank=True
    )  # of a smart album, as typed; "" is one filled by hand
    access = models.CharField(max_length=10, choices=Access, default=Access.PRIVATE)
    order = models.CharField(max_length=8, choices=Order, default=Order.MANUAL)
    # Of a smart album the newest hit when it was last opened.
    cover = models.ForeignKey(Photo, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    photos = models.ManyToManyField(Photo, through="AlbumPhoto", related_name="albums")
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())
    revision = models.PositiveIntegerField(default=1)

    objects = AlbumQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index("owner", F("changed_at").desc(), F("id").desc(), name="album_of_owner"),
            models.Index("access", F("changed_at").desc(), F("id").desc(), name="album_shared",
                         condition=~Q(access="private")),
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(
                condition=Q(access__in=["private", "accounts", "public"]), name="album_access_known"
            ),
            models.CheckConstraint(condition=Q(query="") | Q(access="private"), name="album_smart_private"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("album", args=[f"{self.pk}-{self.slug}" if self.slug else str(self.pk)])

    @property
    def is_smart(self) -> bool:
        return bool(self.query)


class AlbumPhoto(models.Model):
    """The place of one picture in one album."""

    album = models.ForeignKey(Album, on_delete=models.CASCADE, related_name="places")
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="places")
    position = models.BigIntegerField()  # with gaps, so that one move is one row
    shown_at = models.DateTimeField()  # copied: an album in date order is one index

    class Meta:
        constraints = [models.UniqueConstraint(fields=["album", "photo"], name="album_photo_once")]
        indexes = [
            models.Index(fields=["album", "position", "id"], name="album_by_position"),
            models.Index(fields=["album", "shown_at", "id"], name="album_by_date"),
        ]
