"""What nobody signed in may look into: the public albums, shown beside the log-in form."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from photos import leafing, media
from photos.models import Album, Photo
from photos.thumbnails import variant_size
from photos.views.albums import count_words

AT_MOST = 12  # the page of albums shows the rest


@dataclass(frozen=True, kw_only=True)
class OpenAlbum:
    """A public album with a picture in it. `src` is signed for nobody in particular."""

    title: str
    address: str
    count: str  # "31 images", "1,000+ images"
    src: str
    width: int
    height: int
    color: str


def open_albums() -> list[OpenAlbum]:
    """The public albums that show something, last changed first."""
    public = leafing.with_facts(Album.objects.visible_to(AnonymousUser()))
    albums = list(public.filter(first_photo__isnull=False).recent_first()[:AT_MOST])
    covers = leafing.covers(albums)
    return [_opened(album, covers[album.pk]) for album in albums if album.pk in covers]


def _opened(album: Album, cover: Photo) -> OpenAlbum:
    width, height = variant_size("h320", cover.width, cover.height)
    return OpenAlbum(
        title=album.title,
        address=album.get_absolute_url(),
        count=count_words(album.n_shown),
        src=media.sign(cover, "h320", media.PUBLIC),
        width=width,
        height=height,
        color=cover.color,
    )
