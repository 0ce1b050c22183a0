"""What looks the same: groups of duplicates, how far they have been looked for, and what a clearing merged."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from photos.models.leases import Leased
from photos.models.photo import Photo


class DuplicateGroup(models.Model):
    """Pictures of one owner of which one would do. A group stays when it is cleared: an undo finds it again.

    `n_live` counts members outside the trash, kept in the writing transaction by `photos.lookalikes.follow`. `kept`
    says that a person wants all of them: no two of its members are offered together again.
    """

    class Kind(models.IntegerChoices):
        EXACT = 0  # the same bytes
        NEAR = 1  # the same picture in another size, format or compression

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.PositiveSmallIntegerField(choices=Kind)
    kept = models.BooleanField(default=False)
    n_live = models.PositiveIntegerField()
    found_at = models.DateTimeField(db_default=Now())
    photos = models.ManyToManyField(Photo, through="DuplicateMember", related_name="duplicate_groups")

    class Meta:
        indexes = [
            models.Index("owner", "kind", F("id").desc(), name="duplicates_open",
                         condition=Q(kept=False, n_live__gte=2)),
        ]  # fmt: skip


class DuplicateMember(models.Model):
    """A picture in a group; it may be in one of exact and in one of near duplicates."""

    group = models.ForeignKey(DuplicateGroup, on_delete=models.CASCADE, related_name="members")
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "photo"], name="duplicate_member_once")]


class DuplicateSearch(Leased):
    """How far one person's pictures have been looked through: all up to the picture `reached`. Held by who looks."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    reached = models.BigIntegerField(default=0)
    searched_at = models.DateTimeField(null=True)


class DuplicateMerge(models.Model):
    """What the kept picture of a group was given when the others went to the trash, so that it can be taken back."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    batch = models.UUIDField()  # of the gesture, as in the trash
    keeper = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="+")
    given = models.JSONField(
        default=dict
    )  # {"tags": [id], "albums": [id], "covers": {album: id}, "words": {}}
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["batch"], name="duplicate_merge_batch")]
