"""The rows: a picture and what is known and decided of it."""

from photos.models.access import ApiToken, SignedInDevice
from photos.models.albums import Album, AlbumPhoto, AlbumQuerySet
from photos.models.imports import ImportedFile, ImportRun, WatchedFolder
from photos.models.keeping import Decision, Gesture, MonthCount, PendingFileDeletion, RejectReasons
from photos.models.leases import Leased, LeaseLost
from photos.models.looks import DuplicateGroup, DuplicateMember, DuplicateMerge, DuplicateSearch
from photos.models.photo import Photo, PhotoQuerySet, Recipe, Tag
from photos.models.places import KeptPlace
from photos.models.search import PhotoFacts, PhotoText, SearchValue
from photos.models.shares import Share, SharedPhoto
from photos.models.uploads import UploadBatch, UploadEntry

__all__ = [
    "Album",
    "AlbumPhoto",
    "AlbumQuerySet",
    "ApiToken",
    "Decision",
    "DuplicateGroup",
    "DuplicateMember",
    "DuplicateMerge",
    "DuplicateSearch",
    "Gesture",
    "ImportRun",
    "ImportedFile",
    "KeptPlace",
    "LeaseLost",
    "Leased",
    "MonthCount",
    "PendingFileDeletion",
    "Photo",
    "PhotoFacts",
    "PhotoQuerySet",
    "PhotoText",
    "Recipe",
    "RejectReasons",
    "SearchValue",
    "Share",
    "SharedPhoto",
    "SignedInDevice",
    "Tag",
    "UploadBatch",
    "UploadEntry",
    "WatchedFolder",
]
