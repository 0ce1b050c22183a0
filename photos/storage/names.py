"""What originals and thumbnails are called: arithmetic, nothing else."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath, PurePosixPath

from photos.images import RejectedImage

UPLOADED, SESSIONS, COMPLETED, THUMBNAILS, LINKED = (
    "uploaded", "generated/sessions", "generated/completed", "thumbnails", "linked"
)  # fmt: skip
ORIGINAL_ROOTS = (UPLOADED, SESSIONS, COMPLETED)
EXTENSIONS = {
    "JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "AVIF": ".avif", "GIF": ".gif", "HEIC": ".heic", "TIFF": ".tif",
}  # fmt: skip
MAX_STEM_BYTES = 100
MAX_NAME = 600  # characters: the column Photo.file
MAX_ORIGINAL_BYTES = 255 - len(".12345678.l2560.webp")  # of a file name that a thumbnail can be named after
KEPT_OF_LONG_BYTES = 200
# Names Windows keeps for devices, whatever their extension; a library may be copied there one day.
RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}
FORBIDDEN = re.compile(r'[<>:"/\\|?*\s]+')
_DERIVED = re.compile(
    rf"{THUMBNAILS}/(?P<original>.+)\.(?P<content8>[0-9a-f]{{8}})\.(?P<variant>[hl]\d+)\.webp", re.S
)
_SHORTENED = re.compile(r"~[0-9a-f]{16}\Z")
_LINKED = re.compile(rf"{LINKED}/\d+/(?P<path>.+)", re.S)
_PLAIN_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}")


def fold(name: str) -> str:
    """The form under which two names are one on some file system: NFC, then casefold."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def safe_stem(name: str) -> str:
    """A file name without its extension, safe on every file system; "image" when nothing is left.

    NFC; no control, bidi or Windows-reserved characters or names; at most 100 UTF-8 bytes.
    """
    stem = PurePosixPath(name.replace("\\", "/")).name
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", stem) or stem
    stem = unicodedata.normalize("NFC", stem)
    stem = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in stem)
    stem = FORBIDDEN.sub("-", stem).strip("-. ")
    stem = stem.encode("utf-8")[:MAX_STEM_BYTES].decode("utf-8", "ignore").strip("-. ")
    if stem.split(".")[0].casefold() in RESERVED:
        stem = f"_{stem}"
    return stem or "image"


def session_folder_name(day: date, title: str, number: int) -> str:
    """`2026-11-22-red-lighthouse-in-fog-17`: day, first words in ASCII, number of the session."""
    ascii_words = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", ascii_words)[:6]
    return "-".join([f"{day:%Y-%m-%d}", *("-".join(words)[:48].strip("-"),) * bool(words), str(number)])


def candidate_stem(number: int, seed: str) -> str:
    """`0007-41`, or `0007` where the seed is absent or not plain."""
    return f"{number:04d}-{seed}" if re.fullmatch(r"[A-Za-z0-9]{1,40}", seed) else f"{number:04d}"


def thumbnail_name(original: str, sha256: str, variant: str) -> str:
    """Where an original of ours stays below its limit, a linked one may have a name that leaves no room: it is cut."""
    last = original.rpartition("/")[2]
    if len(last.encode()) > MAX_ORIGINAL_BYTES:
        digest = hashlib.sha256(last.encode()).hexdigest()[:16]
        cut = last.encode()[:KEPT_OF_LONG_BYTES].decode("utf-8", "ignore")
        original = f"{original[: -len(last)]}{cut}~{digest}"
    return f"{THUMBNAILS}/{original}.{sha256[:8]}.{variant}.webp"


def sidecar_name(original: str) -> str:
    """The XMP packet beside a final whose own bytes must stay as they are: `0007-41.avif.xmp`."""
    return f"{original}.xmp"


def parse_sidecar(name: str) -> str:
    """The original that a file of this name stands beside; "" where it is no sidecar."""
    is_one = name.startswith(f"{COMPLETED}/") and name.endswith(".xmp")
    return name.removesuffix(".xmp") if is_one else ""


def parse_thumbnail(name: str) -> tuple[str, str, str] | None:
    """(original, first 8 of its hash, variant) of a thumbnail's name; None when it is no such name."""
    found = _DERIVED.fullmatch(name)
    return (found["original"], found["content8"], found["variant"]) if found else None


def is_shortened(original: str) -> bool:
    """Whether this, out of a thumbnail's name, may be but a part of the name of its original."""
    return _SHORTENED.search(original) is not None


def download_name(title: str, name: str) -> str:
    """A name for a saved file: the title's, where "day / night" and "v1.5" are words, not folder and extension."""
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    if root_of(name) == LINKED:  # a stranger's name
        stem, suffix = safe_stem(name), suffix if _PLAIN_SUFFIX.fullmatch(suffix) else ""
    if title.strip():
        stem = safe_stem(re.sub(r"[\s./\\]+", "-", title))
    return f"{stem}{suffix}"


# --- linked files ---------------------------------------------------------------------------------


def linked_name(owner_id: int, path: PurePath) -> str:
    """The name of a file that stays where it is; `path` is absolute. Two owners may link one file: two names.

    Raises RejectedImage where the path cannot be written into a row.
    """
    said = str(path)
    try:
        said.encode()
    except UnicodeEncodeError:
        raise RejectedImage(
            "not-nameable", "Its path holds bytes that are no UTF-8, so it cannot be linked; rename it."
        ) from None
    name = f"{LINKED}/{owner_id}{said}"
    if len(name) > MAX_NAME:
        raise RejectedImage(
            "not-nameable",
            f"Its path has {len(said):,} characters, too many to be linked; move it nearer to the top, or import "
            "it without linking.",
        )
    return name


def linked_path(name: str) -> str:
    """The absolute path behind a linked name. Raises ValueError where it is no such name."""
    found = _LINKED.fullmatch(name)
    if not found or any(part in ("", ".", "..") for part in found["path"].split("/")):
        raise ValueError(f"{name!r} names no linked file")
    return f"/{found['path']}"


def root_of(name: str) -> str:
    """The storage an original of this name lies in."""
    return LINKED if name.startswith(f"{LINKED}/") else "media"


def folded_name(name: str) -> str:
    """What `Photo.name_folded` is. Linked files lie on a stranger's disk, where A.png and a.png may be two."""
    return name if root_of(name) == LINKED else fold(name)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an original is to lie: a folder below the root and a name without extension.

    `adopt` is for folders that only one worker at a time writes to: a file of that name with the same bytes and
    without a row was left by a worker that died there, and is taken as it is.
    """

    collection: str
    folder: str
    stem: str
    adopt: bool = False


def uploaded(name: str, day: date) -> Place:
    return Place(collection="uploaded", folder=f"{UPLOADED}/{day:%Y-%m-%d}", stem=safe_stem(name))


def candidate(session_folder: str, number: int, seed: str) -> Place:
    return Place(
        collection="session",
        folder=f"{SESSIONS}/{session_folder}",
        stem=candidate_stem(number, seed),
        adopt=True,
    )


def completed(session_folder: str, stem: str) -> Place:
    return Place(collection="completed", folder=f"{COMPLETED}/{session_folder}", stem=stem)
