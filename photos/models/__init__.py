"""The rows: a picture and what is known and decided of it."""

from photos.models.albums import Album, AlbumPhoto
from photos.models.keeping import Decision, MonthCount, PendingFileDeletion
from photos.models.leases import Leased, LeaseLost
from photos.models.photo import Photo, PhotoQuerySet, Recipe, Tag

__all__ = [
    "Album",
    "AlbumPhoto",
    "Decision",
    "LeaseLost",
    "Leased",
    "MonthCount",
    "PendingFileDeletion",
    "Photo",
    "PhotoQuerySet",
    "Recipe",
    "Tag",
]
