"""What came in from folders of this machine: each file by its path, each run, and folders that are watched."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from photos.models.leases import Leased
from photos.models.photo import Photo


class ImportRun(Leased):
    """One import asked for on the page: what, how, how far, and what became of it.

    `counts` has the words of `importing.Became`, "full", "partial" and "none" (recipes), "grid", and what was left
    out by kind. The files themselves are `ImportedFile`.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", _("failed")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="imports")
    places = models.JSONField(default=list)  # absolute paths, as asked for
    only = models.JSONField(default=list, blank=True)  # a retry: these paths alone
    options = models.JSONField(default=dict, blank=True)  # of importing.Options, by name
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    stage = models.CharField(max_length=10, blank=True)  # "looking" or "bringing"
    error = models.CharField(max_length=500, blank=True)  # a sentence for the person
    n_files = models.PositiveIntegerField(default=0)  # found
    n_done = models.PositiveIntegerField(default=0)
    byte_size = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        permissions = [("import_from_server", "May import from folders of the server")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "done", "stopped", "failed"]),
                name="import_state_known",
            ),
        ]
        indexes = [models.Index(fields=["owner", "-id"], name="import_of_owner")]

    def __str__(self) -> str:
        return f"{self.pk}: {', '.join(self.places)}"


class ImportedFile(models.Model):
    """A file as it was found: a path, its size and time answer the next run without opening it.

    Several paths may have led to one photo. `photo` is null where the file was refused, or its picture purged since.
    """

    class Recipe(models.TextChoices):
        FULL = "full", _("prompt and settings")
        PARTIAL = "partial", _("a part of them")
        NONE = "none", _("none")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    path = models.TextField()  # absolute; "archive.zip/inner/name.png" below an archive's own path
    path_key = models.CharField(max_length=64)  # SHA-256 of the path
    byte_size = models.BigIntegerField()
    modified_ns = models.BigIntegerField(null=True, blank=True)  # since the epoch
    photo = models.ForeignKey(
        Photo, on_delete=models.SET_NULL, null=True, blank=True, related_name="imported_from"
    )
    run = models.ForeignKey(ImportRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="files")
    became = models.CharField(max_length=20)  # a word of importing.Became
    recipe = models.CharField(max_length=8, choices=Recipe, blank=True)
    reason = models.CharField(max_length=500, blank=True)  # a sentence, when it was refused

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "path_key"], name="imported_path_once")]
        indexes = [models.Index(fields=["run", "became", "recipe", "id"], name="imported_by_run")]

    def __str__(self) -> str:
        return self.path


class WatchedFolder(Leased):
    """A folder whose new pictures come in by themselves, for this person."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watched")
    path = models.TextField()  # absolute
    path_key = models.CharField(max_length=64)
    options = models.JSONField(default=dict, blank=True)  # of importing.Options, by name
    is_on = models.BooleanField(default=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    n_brought = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=500, blank=True)  # why nothing comes in, as a sentence
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "path_key"], name="watched_once")]
        indexes = [models.Index(fields=["is_on", "id"], name="watched_on")]

    def __str__(self) -> str:
        return self.path
