"""sorl's `{% thumbnail %}` on our names: no key-value store, no query, no file opened.

Serves the picture on the admin's page of a photo; everything else calls `photos.media.sign` directly, which is eight
times cheaper. The geometry is one of our variant names: {% thumbnail photo "h320" as im %}.
"""

from __future__ import annotations

from dataclasses import dataclass

from sorl.thumbnail.base import ThumbnailBackend

from photos import media
from photos.models import Photo
from photos.thumbnails import VARIANTS


@dataclass(frozen=True)
class SignedImage:
    """What the tag hands to the template."""

    url: str
    width: int
    height: int


class MirrorBackend(ThumbnailBackend):
    """sorl's own names would put original and thumbnail under one key where the folders mirror each other."""

    def get_thumbnail(self, file_, geometry_string: str, **options) -> SignedImage:
        if not isinstance(file_, Photo) or geometry_string not in VARIANTS:
            raise ValueError("Only photos, in the sizes of photos.thumbnails, have thumbnails here.")
        width, height = file_.size_of(geometry_string)
        return SignedImage(
            media.sign(file_, geometry_string, options.get("kind", media.OWNER)), width, height
        )

    def delete(self, file_, delete_file: bool = True) -> None:
        """Files are deleted by photos.deletion alone."""
