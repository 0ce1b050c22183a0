"""A generation session and its candidates."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from photos.models import Leased, Photo

MAX_COUNT = 500
OF_THE_ENGINE = ("url", "api_key", "headers", "templates")  # fields that only an administrator can change


class SessionQuerySet(models.QuerySet):
    """As of photos: lists start at `owned_by`, single sessions at `visible_to`."""

    def owned_by(self, viewer) -> SessionQuerySet:
        return self.filter(owner_id=getattr(viewer, "pk", None) or 0)

    def visible_to(self, viewer) -> SessionQuerySet:
        """A session is its owner's alone, whatever is shared of its images."""
        return self.owned_by(viewer).live()

    def live(self) -> SessionQuerySet:
        return self.filter(trashed_at__isnull=True)

    def newest_first(self) -> SessionQuerySet:
        return self.order_by("-shown_at", "-id")

    def older_than(self, shown_at, pk: int) -> SessionQuerySet:
        return self.filter(Q(shown_at__lte=shown_at) & (Q(shown_at__lt=shown_at) | Q(pk__lt=pk)))

    def newer_than(self, shown_at, pk: int) -> SessionQuerySet:
        return self.filter(Q(shown_at__gte=shown_at) & (Q(shown_at__gt=shown_at) | Q(pk__gt=pk)))

    def generating(self) -> SessionQuerySet:
        return self.filter(state__in=("queued", "running"))

    def waiting(self) -> SessionQuerySet:
        """Waiting for a person: nothing is being made, something is still undecided."""
        return self.open().exclude(state__in=("queued", "running"))

    def open(self) -> SessionQuerySet:
        """Being made, or with something still undecided: what "Continue" offers."""
        return self.filter(is_open=True)

    def done(self) -> SessionQuerySet:
        return self.filter(is_open=False)


class GenerationSession(Leased):
    """One run: prompt and settings in, candidates out.

    The seed of image n is `first_seed` + n - 1, fixed when the session is made: a restart goes on where it was. What
    was asked for later has seeds of its own (`Variation`), and is part of `count`.
    The counters are kept in the transactions that change what they count (`generation.counting`).
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("generating")
        READY = "ready", _("ready")
        CANCELLED = "cancelled", _("stopped")
        FAILED = "failed", _("failed")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sessions")
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    error = models.CharField(max_length=500, blank=True)  # a sentence for the person
    error_field = models.CharField(max_length=60, blank=True, default="", db_default="")  # what it is about

    engine = models.CharField(max_length=60)  # alias; see generation.registry
    prompt = models.TextField(blank=True)
    negative_prompt = models.TextField(blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    first_seed = models.CharField(max_length=24)  # decimal digits; up to workflow.MAX_SEED
    options = models.JSONField(default=dict, blank=True)
    remix_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="remixes"
    )
    source = models.ForeignKey(  # the image it starts from
        Photo, on_delete=models.SET_NULL, null=True, blank=True, related_name="sessions_from_it"
    )
    source_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")
    demo = models.BooleanField(default=False)
    arrived_from = models.TextField(blank=True, db_default="")  # the folder its images were imported from
    arrived_key = models.CharField(max_length=64, blank=True, db_default="")  # see generation.arriving.key_of

    folder = models.CharField(max_length=120, blank=True)  # fixed when made: day, first words, number
    created_at = models.DateTimeField(db_default=Now())
    shown_at = models.DateTimeField()  # wall clock of the gallery when it was made, stored as if UTC
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    progress = models.FloatField(default=0)  # of the image being made, 0..1
    seconds_made = models.FloatField(default=0)  # spent on the images so far
    not_before = models.DateTimeField(null=True, blank=True)  # a passing fault: it is tried again then
    cost_usd = models.FloatField(default=0, db_default=0)  # of the images so far, as far as the engine says
    tokens = models.BigIntegerField(default=0, db_default=0)  # likewise

    n_made = models.IntegerField(default=0)
    n_picked = models.IntegerField(default=0)
    n_rejected = models.IntegerField(default=0)
    n_finals = models.IntegerField(default=0)
    is_open = (
        models.GeneratedField(  # being made, or something is undecided; a column, so that it can be indexed
            expression=models.Case(
                models.When(state__in=["queued", "running"], then=models.Value(True)),
                models.When(n_made__gt=F("n_picked") + F("n_rejected"), then=models.Value(True)),
                default=models.Value(False),
            ),
            output_field=models.BooleanField(),
            db_persist=True,
        )
    )
    rejects_kept = models.PositiveIntegerField(db_default=0)  # so many rejects, and one wants to keep them
    filing_since = models.DateTimeField(null=True, blank=True)  # picks were asked to be filed, not all are
    filing_wishes = models.JSONField(null=True, blank=True)  # where that was asked for otherwise than usual

    round = models.PositiveIntegerField(null=True)  # of narrowing the picks: generation.rounds
    round_from = models.PositiveIntegerField(null=True)  # picks when that round began

    trashed_at = models.DateTimeField(null=True, blank=True)
    trash_batch = models.UUIDField(null=True, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        permissions = [("generate", "May run generation sessions")]
        constraints = [
            models.CheckConstraint(
                condition=Q(count__gte=1, count__lte=MAX_COUNT), name="session_count_1_to_500"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "ready", "cancelled", "failed"]),
                name="session_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_token__isnull=False), name="session_running_is_held"
            ),
            models.UniqueConstraint(
                fields=["engine"], condition=Q(state="running"), name="session_one_running_per_engine"
            ),
        ]
        indexes = [
            models.Index(
                "owner", F("shown_at").desc(), F("id").desc(), name="session_of_owner",
                condition=Q(trashed_at__isnull=True),
            ),
            models.Index(
                "owner", F("shown_at").desc(), F("id").desc(), name="session_open",
                condition=Q(trashed_at__isnull=True, is_open=True),
            ),
            models.Index(
                "owner", F("trashed_at").desc(), F("id").desc(), name="session_trash",
                condition=Q(trashed_at__isnull=False),
            ),
            models.Index(fields=["state", "engine", "id"], name="session_at_work",
                         condition=Q(state__in=["queued", "running"])),
            models.Index(fields=["owner", "arrived_key", "id"], name="session_arrived"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("session", args=[self.pk])

    def seed_of(self, number: int) -> int:
        """Seed of image `number` (1-based) of those asked for at first; see `generation.varying` for the others."""
        return int(self.first_seed) + number - 1

    @property
    def is_generating(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def n_decided(self) -> int:
        return self.n_picked + self.n_rejected

    @property
    def n_undecided(self) -> int:
        return max(0, self.n_made - self.n_decided)

    @property
    def n_missing(self) -> int:
        return max(0, self.count - self.n_made)

    @property
    def can_go_on(self) -> bool:
        return self.state in (self.State.CANCELLED, self.State.FAILED) and self.n_missing > 0

    @property
    def asks_for_change(self) -> bool:
        """It failed at something that was asked for, so going on as it is would fail again."""
        return self.state == self.State.FAILED and self.error_field not in ("", *OF_THE_ENGINE)

    @property
    def is_pausing(self) -> bool:
        """After a passing fault: it is tried again at `not_before`, and `error` says what was wrong."""
        return self.state == self.State.QUEUED and self.not_before is not None

    @property
    def trouble_key(self) -> int:
        """Another number for each other trouble that its page shows; 0 none."""
        return self.attempts + 1 if self.error else 0

    @property
    def spent_words(self) -> str:
        """What the images so far have cost, where the engine says so: "$0.12, 3 images", or in tokens."""
        images = ngettext("%s image", "%s images", self.n_made) % self.n_made
        if self.cost_usd > 0:
            return f"${self.cost_usd:,.{2 if self.cost_usd >= 0.01 else 4}f}, {images}"
        return (
            _("%(tokens)s tokens, %(images)s") % {"tokens": f"{self.tokens:,}", "images": images}
            if self.tokens
            else ""
        )

    @property
    def state_line(self) -> str:
        """What the head of the sheet and every list say: "Generating 8 of 20", "Choosing, 18 of 48" ..."""
        if self.is_pausing:
            return _("Pausing at %(made)s of %(count)s") % {"made": self.n_made, "count": self.count}
        if self.state == self.State.QUEUED and not self.n_made:
            return _("Waiting to start")
        if self.is_generating:
            return _("Generating %(made)s of %(count)s") % {"made": self.n_made, "count": self.count}
        if self.state == self.State.FAILED and not self.n_made:
            return _("Failed")
        if self.n_made and self.n_decided >= self.n_made:
            return _("Done, %s") % self.finals_words
        if self.n_decided or self.n_finals:
            return _("Choosing, %(decided)s of %(made)s") % {"decided": self.n_decided, "made": self.n_made}
        if self.state == self.State.CANCELLED and not self.n_made:
            return _("Stopped")
        return _("Ready to choose")

    @property
    def finals_words(self) -> str:
        if not self.n_finals:
            return _("no finals")
        return _("1 final") if self.n_finals == 1 else _("%s finals") % self.n_finals


class Candidate(models.Model):
    """Image `number` of a session. The row exists once the image does; `photo` is null when that was purged."""

    session = models.ForeignKey(GenerationSession, on_delete=models.CASCADE, related_name="candidates")
    number = models.PositiveIntegerField()  # 1-based, as the frame number on the sheet
    seed = models.CharField(max_length=100, blank=True)
    photo = models.OneToOneField(
        Photo, on_delete=models.SET_NULL, null=True, blank=True, related_name="candidate"
    )
    seconds = models.FloatField(default=0)
    facts = models.JSONField(default=dict, blank=True)  # as the engine gave them
    kept_in = models.PositiveIntegerField(null=True)  # the last round of narrowing that it got through

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="candidate_number_once")]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.number:04d}"


class Variation(models.Model):
    """Image `number` of a session, asked for once the session was there: the same recipe with a seed of its own.

    The row stays when the image is made, and says what it was varied from.
    """

    session = models.ForeignKey(GenerationSession, on_delete=models.CASCADE, related_name="variations")
    number = models.PositiveIntegerField()
    seed = models.CharField(max_length=24)  # decimal digits
    parent = models.ForeignKey(
        Photo, on_delete=models.SET_NULL, null=True, blank=True, related_name="varied_into"
    )
    asked_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="variation_number_once")]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.number:04d}, seed {self.seed}"


class EngineSetup(models.Model):
    """An engine as an administrator has set it up, or (`kind` empty) whether one of the settings is on, and its place.

    Rows win over settings of the same alias. `secrets` is sealed (`generation.sealing`). One that sessions were made
    with is kept when it is removed, for its name alone.
    """

    alias = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=20, blank=True)  # of generation.kinds
    title = models.CharField(max_length=80, blank=True)
    options = models.JSONField(default=dict, blank=True)
    secrets = models.TextField(blank=True)
    is_on = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)  # the first is offered first
    removed_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)  # every process builds it anew once this has changed
    checked = models.JSONField(default=dict, blank=True)  # what the last test found: generation.trying

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title or self.alias


class FinalWishes(models.Model):
    """What a person wants finals to say beside the mark; without a row nobody has asked yet."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="final_wishes"
    )
    creator = models.CharField(max_length=200, blank=True)
    rights = models.CharField(max_length=1000, blank=True)
    with_prompt = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.creator}, {self.rights}"
