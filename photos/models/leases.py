"""Work that outlives a worker: a row is held by whoever renews its lease.

    free -> held (token, until) -> free          and, when `until` has passed, held by another

No queue is trusted to notice a dead worker. All times are the database's: workers' clocks differ.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class LeaseLost(Exception):
    """Another worker has taken this work over, or it was cancelled: write nothing more."""


class Leased(models.Model):
    """A row that is worked on for long. Free: no token. Each attempt to hold it makes a new token, known to its holder.

    `attempts` are those that failed for a passing reason since something last worked.
    """

    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    lease_holder = models.CharField(
        max_length=120, blank=True, editable=False
    )  # "host:pid", see photos.working
    attempts = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def lease_term(cls):
        """An expression: now on the database's clock plus the length of a lease."""
        return Now() + timedelta(seconds=settings.LEASE_SECONDS)

    @classmethod
    def renew(cls, pk: int, token: uuid.UUID) -> bool:
        return bool(cls.objects.filter(pk=pk, lease_token=token).update(lease_until=cls.lease_term()))

    @classmethod
    def run_out(cls) -> models.QuerySet:
        """Rows whose holder has been silent for longer than a lease."""
        return cls.objects.filter(lease_token__isnull=False, lease_until__lt=Now())

    @classmethod
    def hold_or_raise(cls, pk: int, token: uuid.UUID) -> None:
        """Inside a transaction: lock the row and make sure it is still ours. Raises LeaseLost."""
        if not cls.objects.select_for_update().filter(pk=pk, lease_token=token).values_list("pk").first():
            raise LeaseLost(f"{cls.__name__} {pk} is no longer held by {token}")
