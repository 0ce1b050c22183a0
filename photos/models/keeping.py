"""The books that are kept beside the pictures: decisions, month counts, files still to be deleted."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from photos.models.photo import Photo


class Decision(models.Model):
    """One thing a person decided of one picture; never changed, only added to. Undo adds the way back."""

    class Axis(models.TextChoices):
        DECISION = "decision"
        RATING = "rating"
        LABEL = "label"

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="decisions")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    axis = models.CharField(max_length=10, choices=Axis)
    old = models.SmallIntegerField()
    new = models.SmallIntegerField()
    old_reason = models.CharField(max_length=40, blank=True, default="", db_default="")  # of a reject
    new_reason = models.CharField(max_length=40, blank=True, default="", db_default="")
    batch = models.UUIDField(default=uuid.uuid4)  # one gesture, however many pictures
    undoes = models.UUIDField(null=True, blank=True)  # the batch this one takes back
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index("actor", F("id").desc(), name="decision_of_actor"),
            models.Index(fields=["batch"], name="decision_batch"),
        ]


class Gesture(models.Model):
    """What a person did at one go, however many pictures it touched, and whether it stands; the events tell the rest.

    Taken back, it knows the batch that did it (`undone_by`), and can be done again while nothing new was decided.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    batch = models.UUIDField(default=uuid.uuid4)
    axis = models.CharField(max_length=10, choices=Decision.Axis)
    value = models.SmallIntegerField()
    reason = models.CharField(max_length=40, blank=True, default="")
    count = models.IntegerField(default=0)  # of pictures that it changed
    at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.UUIDField(null=True, blank=True)
    redoable = models.BooleanField(default=False)
    running = models.BooleanField(default=False)  # a task is at it
    unwanted = models.BooleanField(default=False)  # to be taken back by a task, once it has ended

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "owner"], name="gesture_once_per_owner")]
        indexes = [
            models.Index(
                "actor", F("id").desc(), name="gesture_standing",
                condition=Q(undone_at__isnull=True, unwanted=False),
            ),
            models.Index("actor", F("undone_at").desc(), name="gesture_redoable", condition=Q(redoable=True)),
        ]  # fmt: skip


class RejectReasons(models.Model):
    """What a person rejects for, and the keys, in order: [["hands", "h"], ...]. Without a row: the usual ones."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    listed = models.JSONField(default=list)


class MonthCount(models.Model):
    """How many live pictures of one collection an owner has in a month.

    Kept in the writing transaction (`photos.counts`); counting a million rows by month takes 3.8 s.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    collection = models.CharField(max_length=10)
    month = models.DateField()  # its first day
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "collection", "month"], name="month_count_once")
        ]


class PendingFileDeletion(models.Model):
    """A file whose row is gone and which is still to be deleted; written in the transaction that deletes the row.

    Adopting never takes a name or hash listed here, and no new file is given such a name.
    """

    root = models.CharField(max_length=40, default="media")
    name = models.CharField(max_length=600)
    name_folded = models.CharField(max_length=900)
    sha256 = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["root", "name_folded"], name="pending_deletion_once")]
        indexes = [models.Index(fields=["sha256"], name="pending_deletion_hash")]
