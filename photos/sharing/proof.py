"""What the receiver gets, proved: the very files that go out, read back as anybody could read them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from photos import exporting, papers, storage
from photos.models import Photo
from photos.sharing import given

AT_ONCE = 50  # pictures in one request
SECONDS = 1.5  # and no longer: files for a download may have to be written first


@dataclass(kw_only=True)
class Proof:
    """What was found in so many files. `n_made`: of what was made; each of those has to be marked."""

    n_read: int = 0
    n_files: int = 0  # of a download, besides the web sizes
    n_made: int = 0
    n_marked: int = 0
    n_prompts: int = 0
    n_places: int = 0
    n_other: int = 0  # camera or other text
    n_credits: int = 0  # creator or rights: no fault where the owner is named
    n_not_there: int = 0  # not drawn yet, or their file is away
    is_all: bool = True
    said: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.n_prompts or self.n_places or self.n_other) and self.n_marked >= self.n_made

    @property
    def words(self) -> list[str]:
        """ "AI mark kept", "no prompts", "no places": each true of every file that was read."""
        found = [
            _("prompts in %s") % self.n_prompts if self.n_prompts else _("no prompts"),
            _("places in %s") % self.n_places if self.n_places else _("no places"),
            _("cameras or other text in %s") % self.n_other
            if self.n_other
            else _("no cameras or other text"),
            *([_("creator or rights in %s") % self.n_credits] if self.n_credits else []),
        ]
        return [self._of_the_mark(), *found] if self.n_read else []

    def _of_the_mark(self) -> str:
        if self.n_marked < self.n_made:
            return _("AI mark missing in %s") % (self.n_made - self.n_marked)
        if not self.n_made:
            return _("none of them made with AI")
        if self.n_made == self.n_read + self.n_files:
            return _("AI mark kept")
        return ngettext("AI mark kept in %s of them", "AI mark kept in %s of them", self.n_made) % self.n_made

    def add(self, found: papers.Papers, term: str) -> None:
        self.n_made += bool(term)
        self.n_marked += bool(term) and found.digital_source_type in given.MADE
        self.n_prompts += bool(found.has_recipe or found.hides_text or found.prompt)
        self.n_places += found.has_gps
        self.n_credits += bool(found.creator or found.rights)
        self.n_other += bool(found.camera or found.other_text)


def read_back(photos: Iterable[Photo], *, title: str, downloads: bool, credited: bool = True) -> Proof:
    """Read the web-size file of each of these, and, where a download is allowed, the file that would be in it.

    `photos` are of `sharing.shown`, at most AT_ONCE; `credited` as in `share_file`. Stops after SECONDS; then
    `is_all` is not so.
    """
    proof, end = Proof(), time.monotonic() + SECONDS
    with storage.workspace() as folder:
        for photo in photos:
            if time.monotonic() > end:
                proof.is_all = False
                break
            _read_web_size(proof, photo, folder / "web")
        if downloads:
            _read_downloads(proof, photos, title, end, credited=credited)
    return proof


def _read_web_size(proof: Proof, photo: Photo, path: Path) -> None:
    term = given.mark_of(photo)
    try:
        path.write_bytes(given.web_bytes(photo.file.name, photo.sha256, term))
    except FileNotFoundError:
        proof.n_not_there += 1
        return
    proof.add(papers.read(path, "WEBP"), term)
    proof.n_read += 1


def _read_downloads(proof: Proof, photos: Iterable[Photo], title: str, end: float, *, credited: bool) -> None:
    for number, photo in enumerate(photos, start=1):
        if time.monotonic() > end:
            proof.is_all = False
            return
        try:
            with exporting.share_file(photo, number, title, credited=credited) as shared:
                proof.add(shared.papers, given.mark_of(photo))
                proof.n_files += 1
        except (exporting.ExportError, OSError) as problem:
            proof.said.append(getattr(problem, "sentence", "") or _("Its file cannot be read at the moment."))
