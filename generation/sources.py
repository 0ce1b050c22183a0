"""The image a session starts from: its bytes as an engine gets them, and what it makes of the results."""

from __future__ import annotations

from pathlib import Path

from generation.engines import Engine, EngineError
from generation.models import GenerationSession
from photos import images, storage
from photos.models import Photo

PLAIN = ("PNG", "JPEG")  # what every server reads
LARGEST_DRAWN = 2560  # pixels of the longer edge: the largest that is drawn here of what cannot go as it is
MAX_BYTES = 32 * 2**20
TRAINED, COMPOSITE = "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"


def source_of(session: GenerationSession) -> Photo | None:
    """Its image, None where it starts from words. Raises EngineError where the image is gone since."""
    if not session.source_sha256:
        return None
    source = Photo.objects.filter(pk=session.source_id, owner_id=session.owner_id).first()
    if source is None:
        raise EngineError("The image this session starts from is deleted.", permanent=True)
    if source.trashed_at is not None:
        raise EngineError(
            "The image this session starts from lies in the trash. Restore it, then go on.", permanent=True
        )
    return source


def bytes_of(photo: Photo, max_edge: int) -> bytes:
    """The original where an engine can use it as it is; else upright, smaller, as PNG. Raises EngineError."""
    path = storage.local_path(photo.root, photo.file.name)
    try:
        if is_plain(photo, max_edge):
            return path.read_bytes()
        with storage.workspace() as folder:
            drawn = folder / "source.png"
            images.render(path, "l2560" if max_edge >= 2560 else "l1600", drawn)
            return Path(drawn).read_bytes()
    except FileNotFoundError as error:
        raise EngineError(
            "The file of the image this session starts from is missing.", permanent=True
        ) from error
    except images.RejectedImage as rejected:
        raise EngineError(rejected.sentence, permanent=True) from rejected


def bytes_to_enlarge(photo: Photo) -> bytes:
    """With every pixel it has. Raises EngineError."""
    if problem := problem_of_enlarging(photo, 1.0):
        raise EngineError(problem, permanent=True)
    return bytes_of(photo, max(LARGEST_DRAWN, photo.width, photo.height))


def problem_of_enlarging(photo: Photo, factor: float) -> str:
    """Why this image cannot be enlarged so much; "" nothing."""
    if photo.width * photo.height * factor * factor > images.MAX_PIXELS:
        most = images.MAX_PIXELS // 1_000_000
        return f"That would be {_size(photo, factor)} pixels; at most {most} megapixels are taken in."
    if max(photo.width, photo.height) > LARGEST_DRAWN and not is_plain(photo, images.MAX_PIXELS):
        return f"An image of this kind can be enlarged from at most {LARGEST_DRAWN} pixels; it has {_size(photo, 1)}."
    return ""


def _size(photo: Photo, factor: float) -> str:
    return f"{round(photo.width * factor):,} × {round(photo.height * factor):,}"


def is_plain(photo: Photo, max_edge: int) -> bool:
    """Whether the original can go as it is. What a camera wrote may lie on its side, which servers do not see."""
    return (
        photo.format in PLAIN
        and not any(photo.exif.values())
        and photo.frames == 1
        and max(photo.width, photo.height) <= max_edge
        and photo.byte_size <= MAX_BYTES
    )


def digital_source_type(engine: Engine, source: Photo | None) -> str:
    """The IPTC term of what `engine` makes of `source`: a model that was given a person's picture makes a composite."""
    term = engine.digital_source_type
    if source is None or term != TRAINED:
        return term
    from_a_model = source.digital_source_type == TRAINED or (
        not source.digital_source_type and hasattr(source, "recipe")
    )
    return TRAINED if from_a_model else COMPOSITE
