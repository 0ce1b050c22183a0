"""A word of sixty letters in every title: no page becomes wider than the telephone it is on."""

from __future__ import annotations

import pytest

from generation.models import GenerationSession
from photos import albums, editing
from photos.models import Album

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "2024_Sommerurlaub_Norderney_und_Langeoog_" + "w" * 40


@pytest.fixture
def named(alice, sheet, uploads) -> dict[str, int]:
    GenerationSession.objects.update(title=LONG, prompt=f"{LONG} {LONG}")
    album = albums.create(alice, title=LONG, access="public")
    albums.add(album, [one.pk for one in uploads])
    Album.objects.update(description=LONG)
    editing.edit(alice, uploads[0].pk, title=LONG, caption=LONG, tags=[LONG[:60]])
    return {"album": album.pk, "session": sheet.pk, "photo": uploads[0].pk}


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_scrolls_sideways(open_page, alice, named, width):
    mine, theirs = open_page(alice, width=width), open_page(width=width)
    wide = []
    for page, address in (
        (mine, "/"), (mine, "/albums/"), (mine, f"/albums/{named['album']}/"), (mine, f"/search/?q={LONG}"),
        (mine, f"/albums/{named['album']}/?arrange=1"), (mine, f"/albums/{named['album']}/edit/"),
        (mine, f"/photos/{named['photo']}/"), (mine, "/sessions/"), (mine, f"/sessions/{named['session']}/"),
        (mine, f"/generate/?remix={named['session']}"), (mine, "/upload/"), (mine, "/account/"),
        (theirs, "/"), (theirs, "/albums/"), (theirs, f"/albums/{named['album']}/"),
        (theirs, f"/photos/{named['photo']}/?album={named['album']}"),
    ):  # fmt: skip
        page.goto(address)
        found = page.evaluate("document.documentElement.scrollWidth")
        cards = page.evaluate(
            "[...document.querySelectorAll('.albums > *')].some(c => c.scrollWidth > c.clientWidth + 1)"
        )
        if found > width or cards:
            wide.append((address, found, cards))
    assert not wide
