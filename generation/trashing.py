"""A whole session to the trash and back: its images go with it as one batch, its finals stay."""

from __future__ import annotations

import uuid

from django.db.models import Exists, OuterRef
from django.utils import timezone

from generation.models import Candidate, GenerationSession
from photos import curate, trash, working
from photos.db import in_transaction
from photos.models import Photo

State = GenerationSession.State


def trash_session(session: GenerationSession) -> curate.Change | None:
    """Move a session and its live images to the trash as one batch; what is being made is stopped first.

    None when it lies there already.
    """
    batch = uuid.uuid4()

    def work() -> curate.Change | None:
        now = GenerationSession.objects.select_for_update().get(pk=session.pk)
        if now.trashed_at:
            return None
        fields = {"trashed_at": timezone.now(), "trash_batch": batch, "filing_since": None}
        if now.is_generating:  # the worker notices at its next step; no image of it comes in after this
            fields |= {"state": State.CANCELLED, "lease_token": None, "lease_until": None, "progress": 0}
            working.enqueue("run_session", 0)
        GenerationSession.objects.filter(pk=session.pk).update(**fields)
        images = Photo.objects.live().filter(candidate__session=session.pk).values_list("pk", flat=True)
        return curate.trash_now(now.owner_id, list(images), batch)

    return in_transaction(work)


def restore_session(session: GenerationSession) -> curate.Change | None:
    """Bring back what `trash_session` moved: images that were trashed one by one before stay in the trash.

    None when the session is not in the trash.
    """

    def work() -> curate.Change | None:
        now = GenerationSession.objects.select_for_update().get(pk=session.pk)
        if not now.trashed_at:
            return None
        images = Photo.objects.trashed().filter(candidate__session=session.pk, trash_batch=now.trash_batch)
        change = curate.restore_now(now.owner_id, list(images.values_list("pk", flat=True)))
        GenerationSession.objects.filter(pk=session.pk).update(trashed_at=None, trash_batch=None)
        return change

    return in_transaction(work)


def follow(steps: list[curate.Step]) -> None:
    """Registered with `photos.curate`: a session comes back with the last of the images that went with it."""
    back = [step.photo.pk for step in steps if step.new[1] and not step.old[1] and not step.photo.is_final]
    left = Photo.objects.trashed().filter(
        candidate__session=OuterRef("pk"), trash_batch=OuterRef("trash_batch")
    )
    whole = GenerationSession.objects.filter(
        ~Exists(left), trashed_at__isnull=False, candidates__photo__in=back
    )
    if back and (ids := set(whole.values_list("pk", flat=True))):
        GenerationSession.objects.filter(pk__in=ids).update(trashed_at=None, trash_batch=None)


def take_back(owner, session_id: int) -> int:
    """Undo the trashing of a session: how a message offers it. Returns how many images came back."""
    session = GenerationSession.objects.owned_by(owner).filter(pk=session_id).first()
    change = restore_session(session) if session else None
    return len(change.photo_ids) if change else 0


def delete_for_ever(session: GenerationSession) -> int:
    """Purge a session that lies in the trash, and the images that went there with it. Returns how many."""
    images = Photo.objects.trashed().filter(trash_batch=session.trash_batch, candidate__session=session.pk)
    purged = trash.delete_for_ever(session.owner, list(images.values_list("pk", flat=True)))
    _forget(GenerationSession.objects.filter(pk=session.pk))
    return purged


def forget(owner, before) -> None:
    """The trash was emptied: sessions that lay in it go too, once none of their images is left anywhere."""
    sessions = GenerationSession.objects.filter(trashed_at__lte=before)
    _forget(sessions.filter(owner=owner) if owner else sessions)


def trash_rejects(session: GenerationSession) -> curate.Change:
    """What was rejected on a sheet, as one batch."""
    rejects = rejects_of(session).values_list("pk", flat=True)
    return curate.trash(session.owner_id, list(rejects))


def rejects_of(session: GenerationSession):
    """Live pictures of a session that were rejected, as a queryset."""
    return Photo.objects.live().filter(candidate__session=session.pk, decision=Photo.Verdict.REJECTED)


def _forget(sessions) -> None:
    images = Candidate.objects.filter(session=OuterRef("pk"), photo__isnull=False)
    doomed = sessions.filter(~Exists(images), trashed_at__isnull=False).values_list("pk", flat=True)
    in_transaction(lambda: GenerationSession.objects.filter(pk__in=list(doomed)).delete())
