"""The desk breaks no rule of axe, scrolls no page sideways, and needs no script for what it does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from generation import finals
from photos import albums, curate
from photos.models import Photo
from tests.factories import make_photo, pictures_of
from tests.looks import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def root(django_user_model, live_server):
    return django_user_model.objects.create_superuser("root", "root@example.com", "root-password")


@pytest.fixture
def filled(alice, sheet, uploads):
    """Uploads, one of them in the trash, a session with picks, rejects and a final, an album."""
    photos = pictures_of(sheet)
    curate.decide(alice, [photos[0].pk, photos[4].pk], value=1)
    curate.decide(alice, [photos[1].pk], value=2)
    curate.decide(alice, [uploads[0].pk], axis="rating", value=4)
    finals.file_picks(sheet.pk)
    curate.trash(alice.pk, [uploads[5].pk])
    album = albums.create(alice, title="Family", access="public")
    albums.add(album, [photo.pk for photo in uploads[:4]])
    return {
        "session": sheet.pk,
        "photo": photos[0].pk,
        "trashed": uploads[5].pk,
        "album": album.pk,
        "user": alice.pk,
    }


@pytest.fixture
def violations():
    """As for the other pages, but axe leaves the `@import` of Django's forms.css alone: it would put it into a <style>
    of its own, which the policy of our pages refuses."""

    def found(page) -> list[str]:
        listed = Axe().run(page, options={"preload": False}).response["violations"]
        return [f"{page.url}: {one['id']}: {node['html'][:120]}" for one in listed for node in one["nodes"]]

    return found


def addresses(filled) -> list[str]:
    return [
        "/admin/", "/admin/photos/", "/admin/photos/photo/", "/admin/photos/photo/?trashed=all&rating=4&owner=alice",
        f"/admin/photos/photo/{filled['photo']}/change/", f"/admin/photos/photo/{filled['trashed']}/change/",
        f"/admin/photos/photo/{filled['photo']}/history/", "/admin/photos/photo/add/",
        "/admin/generation/generationsession/", f"/admin/generation/generationsession/{filled['session']}/change/",
        "/admin/photos/album/", f"/admin/photos/album/{filled['album']}/change/",
        f"/admin/photos/album/{filled['album']}/delete/", "/admin/auth/user/", "/admin/auth/user/add/",
        f"/admin/auth/user/{filled['user']}/change/", f"/admin/auth/user/{filled['user']}/password/",
    ]  # fmt: skip


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_page_of_the_desk_is_clean(open_page, root, filled, violations, scheme, width):
    page = open_page(root, width=width, color_scheme=scheme)
    found = []
    for number, address in enumerate(addresses(filled)):
        assert page.goto(address).status == 200, address
        found += violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{address} scrolls sideways")
        if page.evaluate("[...document.querySelectorAll('input')].some(one => one.offsetHeight > 60)"):
            found.append(f"{address} has a line to type in that is as tall as a page")
        if folder := os.environ.get("SHOTS"):  # to look at them
            page.screenshot(path=Path(folder) / f"{number:02d}-{scheme}-{width}.png", full_page=True)
    assert found == []


def test_the_log_in_of_the_desk_is_the_gallery_s_and_clean(open_page, root, violations):
    page = open_page(color_scheme="dark")
    page.goto("/admin/photos/photo/")
    assert violations(page) == []
    page.get_by_label("Name", exact=False).first.fill("root")
    page.get_by_label("Password", exact=True).fill("root-password")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/photos/photo/")


def test_links_of_filters_and_boxes_are_large_enough_to_hit(open_page, root, filled):
    page = open_page(root)
    page.goto("/admin/photos/photo/?rating=0&owner=alice")
    small = page.evaluate(
        """[...document.querySelectorAll('#changelist-filter a, #changelist-filter button, #changelist-filter summary,'
        + ' #changelist input[type=checkbox], .pages a, #toolbar input')].filter(one => one.type !== 'hidden')
        .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
        .filter(([, box]) => box.height < 24 || box.width < 24).map(([html]) => html)"""
    )
    assert small == []


@pytest.mark.parametrize("scripts", [True, False])
def test_curating_with_and_without_a_script(open_page, root, alice, uploads, scripts):
    page = open_page(root, java_script_enabled=scripts)
    page.goto("/admin/photos/photo/")
    for photo in uploads[:2]:
        page.locator(f"input[name=_selected_action][value='{photo.pk}']").check()
    page.locator("select[name=action]").select_option("pick")
    page.locator("#changelist-form button[name=index]").click()
    assert "2 images picked." in page.locator(".messagelist").inner_text()
    page.locator("#filter-owner").fill("nobody")
    page.locator("#filter-owner").press("Enter")
    assert page.locator("#result_list").count() == 0 and "owner=nobody" in page.url
    page.goto(f"/admin/photos/photo/{uploads[0].pk}/change/")
    page.get_by_label("Title").fill("Harbour")
    page.locator("[name=_save]").click()
    assert Photo.objects.get(pk=uploads[0].pk).title == "Harbour"


def test_the_desk_follows_the_look_of_the_gallery(open_page, root):
    page = open_page(root, color_scheme="light")
    page.goto("/admin/")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(250, 250, 248)"
    page.get_by_role("button", name="Dark").click()
    assert page.url.endswith("/admin/") and page.evaluate(ground) == "rgb(18, 18, 17)"


def test_adding_a_file_shows_it_in_the_list(open_page, root, alice, tmp_path):
    from tests.pictures import draw

    picture = tmp_path / "harbour.png"
    picture.write_bytes(draw("PNG", seed=5))
    (tmp_path / "notes.txt").write_text("no picture")
    page = open_page(root)
    page.goto("/admin/photos/photo/add/")
    page.get_by_label("Owner").select_option(label="alice")
    page.get_by_label("Image files").set_input_files([picture, tmp_path / "notes.txt"])
    page.get_by_role("button", name="Add", exact=True).click()
    assert "harbour.png: added." in page.locator(".messagelist").inner_text()
    assert "notes.txt: " in page.locator(".messagelist .error").inner_text()
    assert (
        page.locator("#result_list .thumb").evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
    )


def test_one_s_own_pictures_are_shown_in_full(open_page, root):
    photo = make_photo(root, size=(640, 480))
    page = open_page(root)
    page.goto(f"/admin/photos/photo/{photo.pk}/change/")
    assert (
        page.locator(".desk-picture img").evaluate("one => one.decode().then(() => one.naturalWidth)") == 640
    )
