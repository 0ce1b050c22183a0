"""Bringing pictures in a real browser: chosen, dropped, pasted; with a line that breaks, and without script."""

from __future__ import annotations

import base64
import re
from itertools import count

import pytest
from django.db import close_old_connections
from playwright.sync_api import expect

from photos import albums, uploading
from photos.models import AlbumPhoto, Photo, UploadBatch, UploadEntry
from tests.browser.waiting import until
from tests.factories import make_photo
from tests.looks import LOOKS
from tests.pictures import cut, draw

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DROP = """
([files, target]) => {
  const carried = new DataTransfer();
  for (const [name, type, data] of files) {
    const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
    carried.items.add(new File([bytes], name, { type, lastModified: 1552564800000 }));
  }
  const at = document.querySelector(target);
  for (const name of ['dragenter', 'dragover', 'drop']) {
    at.dispatchEvent(new DragEvent(name, { dataTransfer: carried, bubbles: true, cancelable: true }));
  }
}
"""
PASTE = """
data => {
  const carried = new DataTransfer();
  carried.items.add(new File([Uint8Array.from(atob(data), c => c.charCodeAt(0))], 'image.png', { type: 'image/png' }));
  document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: carried, bubbles: true, cancelable: true }));
}
"""


def file(name: str, data: bytes, kind: str = "image/png") -> dict:
    return {"name": name, "mimeType": kind, "buffer": data}


def drop(page, *files: dict, on: str = "body") -> None:
    coded = [[f["name"], f["mimeType"], base64.b64encode(f["buffer"]).decode()] for f in files]
    page.evaluate(DROP, [coded, on])


def choose(page, *files: dict) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose images").click()
    chooser.value.set_files(list(files))


def end_of(page):
    return page.locator("[data-up=end]")


def outcomes() -> dict[str, str]:
    close_old_connections()
    return dict(UploadEntry.objects.values_list("name", "outcome"))


def test_chosen_files_end_with_exactly_what_was_added(alice_page, alice, live_server):
    known = make_photo(alice, draw("PNG", seed=9), name="old.png")
    alice_page.goto("/upload/")
    choose(
        alice_page,
        *(file(f"{n}.png", draw("PNG", (96, 64), seed=n)) for n in range(3)),
        file("cut.jpg", cut(draw("JPEG", (640, 480), seed=4), 0.4), "image/jpeg"),
        file("same.png", draw("PNG", seed=9)),
        file("clip.mov", b"video", "video/quicktime"),
    )
    expect(end_of(alice_page)).to_contain_text("3 added, 1 already here, 2 refused")
    expect(alice_page.locator("[data-up=bad-list]")).to_contain_text("cut.jpg")
    expect(alice_page.locator("[data-up=bad-count]")).to_have_text("1 not kept")
    expect(alice_page.locator("[data-up=video-count]")).to_contain_text("Videos are not kept yet: 1 was left")
    expect(alice_page.locator("[data-up=said]")).to_contain_text("3 added")
    alice_page.get_by_role("link", name="See what was added").click()
    alice_page.wait_for_load_state()
    expect(alice_page.locator("[data-photo]")).to_have_count(3)
    expect(alice_page.locator(".brought")).to_contain_text("3 added, 1 already here, 2 refused")
    expect(alice_page.get_by_role("link", name="same.png")).to_have_attribute("href", f"/photos/{known.pk}/")
    alice_page.locator("[data-photo] > a").first.focus()
    alice_page.keyboard.press("p")
    expect(alice_page.locator("[data-photo]").first).to_have_attribute("data-decision", "1")


def test_the_page_has_not_loaded_before_its_buttons_answer(alice_page, live_server):
    held = []
    alice_page.route(re.compile(r"/upload(\.\w+)?\.js"), lambda route: held.append(route))
    alice_page.goto("/upload/", wait_until="commit")
    alice_page.wait_for_timeout(1500)
    assert held and alice_page.evaluate("document.readyState") != "complete"
    held[0].continue_()
    alice_page.wait_for_load_state()
    choose(alice_page, file("a.png", draw("PNG", seed=1)))
    expect(end_of(alice_page)).to_contain_text("1 added")


def test_without_script_a_form_does_the_same(open_page, alice, live_server):
    page = open_page(alice, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name="Upload images").click()
    page.get_by_label("Images", exact=True).set_input_files([
        file("a.png", draw("PNG", seed=1)), file("b.png", draw("PNG", seed=2)), file("no.txt", b"no", "text/plain"),
    ])  # fmt: skip
    page.get_by_label("Add to album").select_option("New album…")
    page.get_by_label("Title of the new album").fill("Summer")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator(".brought")).to_contain_text("2 added, 1 refused")
    expect(page.locator(".refusals")).to_contain_text("no.txt")
    page.get_by_role("link", name="Summer").click()
    expect(page.locator("[data-photo]")).to_have_count(2)


def test_a_drop_on_any_page_uploads_in_a_dialog(alice_page, alice, live_server):
    album = albums.create(alice, title="Family")
    alice_page.goto("/finals/")
    drop(alice_page, file("a.png", draw("PNG", seed=1)), file("b.png", draw("PNG", seed=2)))
    dialog = alice_page.get_by_role("dialog", name="Upload")
    expect(end_of(alice_page)).to_contain_text("2 added")
    dialog.get_by_label("Add to album").select_option("Family")
    expect(alice_page.locator("#said")).to_contain_text("2 images added to “Family”.")
    dialog.get_by_role("link", name="See what was added").click()
    expect(alice_page.locator("time").first).to_have_text("Thursday 14 March 2019")
    close_old_connections()
    assert AlbumPhoto.objects.filter(album=album).count() == 2


def test_a_dropped_picture_of_the_page_itself_is_no_upload(alice_page, uploads):
    alice_page.goto("/")
    alice_page.evaluate("document.body.dispatchEvent(new DragEvent('dragstart', { bubbles: true }))")
    drop(alice_page, file("a.png", draw("PNG", seed=1)))
    alice_page.wait_for_timeout(500)
    assert not alice_page.locator("dialog.uploader").count() and not outcomes()


def test_a_pasted_picture_is_uploaded(alice_page, live_server):
    alice_page.goto("/upload/")
    expect(alice_page.get_by_role("button", name="Choose images")).to_be_visible()
    alice_page.evaluate(PASTE, base64.b64encode(draw("PNG", seed=1)).decode())
    expect(end_of(alice_page)).to_contain_text("1 added")


def test_a_chosen_folder_keeps_its_names_and_leaves_its_junk(alice_page, live_server, tmp_path):
    for name in ("2024/beach.png", "2024/deep/dune.png", "2024/.DS_Store", "2024/Thumbs.db"):
        (tmp_path / "Holiday" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "Holiday" / name).write_bytes(draw("PNG", seed=len(name)) if "png" in name else b"junk")
    alice_page.goto("/upload/")
    with alice_page.expect_file_chooser() as chooser:
        alice_page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(tmp_path / "Holiday")
    expect(end_of(alice_page)).to_contain_text("2 added")
    assert sorted(outcomes()) == ["Holiday/2024/beach.png", "Holiday/2024/deep/dune.png"]


def test_a_line_that_breaks_is_tried_again(alice_page, live_server):
    tries = count(1)

    def break_once(route) -> None:
        route.abort() if next(tries) == 1 else route.continue_()

    alice_page.route("**/upload/file/**", break_once)
    alice_page.goto("/upload/")
    choose(alice_page, file("a.png", draw("PNG", seed=1)))
    expect(alice_page.locator("[data-up=rows] .go")).to_have_text("Trying again")
    expect(end_of(alice_page)).to_contain_text("1 added")
    assert next(tries) == 3


def test_a_server_that_stumbles_is_asked_three_times_more_and_then_a_person(alice_page, live_server):
    alice_page.route("**/upload/file/**", lambda route: route.fulfill(status=500, body="no"))
    alice_page.goto("/upload/")
    alice_page.clock.install()
    choose(alice_page, file("a.png", draw("PNG", seed=1)))
    for _ in range(60):
        alice_page.clock.run_for(1000)
        if end_of(alice_page).is_visible():
            break
        alice_page.wait_for_timeout(50)
    expect(end_of(alice_page)).to_contain_text("1 failed")
    alice_page.unroute("**/upload/file/**")
    alice_page.clock.resume()
    alice_page.get_by_role("button", name="Try these again").click()
    expect(end_of(alice_page)).to_contain_text("1 added")
    expect(alice_page.locator("[data-up=bad]")).to_be_hidden()


def test_a_gallery_that_is_gone_stops_the_queue_and_nothing_is_lost(alice_page, live_server):
    alice_page.goto("/upload/")
    alice_page.clock.install()
    alice_page.context.set_offline(True)
    choose(alice_page, *(file(f"{n}.png", draw("PNG", seed=n)) for n in range(6)))
    for _ in range(60):
        alice_page.clock.run_for(1000)
        if alice_page.locator("[data-up=halt]").is_visible():
            break
        alice_page.wait_for_timeout(50)
    expect(alice_page.locator("[data-up=halt]")).to_contain_text(
        "The gallery cannot be reached. The files wait."
    )
    alice_page.clock.resume()
    alice_page.context.set_offline(False)  # the browser says so, and the page goes on by itself
    expect(end_of(alice_page)).to_contain_text("6 added")


def test_whoever_was_signed_out_signs_in_elsewhere_and_goes_on(alice_page, alice, live_server):
    alice_page.goto("/upload/")
    alice_page.context.clear_cookies()
    choose(alice_page, file("a.png", draw("PNG", seed=1)))
    expect(alice_page.locator("[data-up=halt]")).to_contain_text("You are signed out.")
    other = alice_page.context.new_page()
    other.goto("/accounts/login/")
    other.get_by_label("Name").fill("alice")
    other.get_by_label("Password", exact=True).fill("alice-password")
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(re.compile(r"://[^/]+/$"))
    alice_page.get_by_role("button", name="Try again", exact=True).click()
    expect(end_of(alice_page)).to_contain_text("1 added")


def test_one_is_left_out_and_the_rest_is_stopped(alice_page, live_server):
    held = []
    alice_page.route("**/upload/file/**", lambda route: held.append(route))
    alice_page.goto("/upload/")
    choose(alice_page, *(file(f"{n}.png", draw("PNG", seed=n)) for n in range(8)))
    alice_page.get_by_role("button", name="Leave out 1.png").click()
    expect(alice_page.locator("[data-up=rows] .go").nth(1)).to_have_text("Left out")
    expect(alice_page.locator("#up-count")).to_have_text("0 of 7 uploaded")
    alice_page.get_by_role("button", name="Stop").click()
    expect(end_of(alice_page)).to_contain_text("8 left out")
    assert not outcomes()


def test_leaving_is_asked_about_only_while_files_are_unsent(alice_page, live_server):
    asked = []
    alice_page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    held = []
    alice_page.route("**/upload/file/**", lambda route: held.append(route))
    alice_page.goto("/upload/")
    choose(alice_page, file("a.png", draw("PNG", seed=1)))
    expect(alice_page.locator("#up-count")).to_have_text("0 of 1 uploaded")
    alice_page.evaluate("location.href = '/finals/'")
    alice_page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    held[0].continue_()
    expect(end_of(alice_page)).to_contain_text("1 added")
    alice_page.evaluate("location.href = '/finals/'")
    alice_page.wait_for_url("**/finals/")
    assert asked == ["beforeunload"]


def test_a_dialog_closed_in_the_middle_goes_on_and_says_when_it_is_done(alice_page, live_server):
    held = []
    alice_page.route("**/upload/file/**", lambda route: held.append(route))
    alice_page.goto("/finals/")
    drop(alice_page, file("a.png", draw("PNG", seed=1)))
    expect(alice_page.locator("#up-count")).to_have_text("0 of 1 uploaded")
    alice_page.get_by_role("button", name="Close").click()
    expect(alice_page.locator("#said")).to_have_text("0 of 1 uploaded.")
    expect(alice_page.get_by_role("button", name="Show")).to_be_visible()
    held[0].continue_()
    expect(alice_page.locator("#said")).to_have_text("1 added")
    alice_page.get_by_role("button", name="See what was added").click()
    alice_page.wait_for_url("**/uploads/*/")


@pytest.mark.slow
def test_a_hundred_and_thirty_files_take_a_hundred_rows(alice_page, live_server):
    small = [file(f"{n:03}.png", draw("PNG", (16, 12), seed=n)) for n in range(130)]
    alice_page.goto("/upload/")
    alice_page.evaluate(
        "window.heard = []; new MutationObserver("
        "() => heard.push(document.querySelector('[data-up=said]').textContent))"
        ".observe(document.querySelector('[data-up=said]'), { childList: true })"
    )
    choose(alice_page, *small)
    expect(alice_page.locator("[data-up=rows] > li")).to_have_count(100)
    expect(end_of(alice_page)).to_contain_text("130 added", timeout=120_000)
    expect(alice_page.locator("[data-up=rows] > li")).to_have_count(100)
    until(alice_page, "heard.at(-1)", "130 added")
    assert 5 <= alice_page.evaluate("heard.length") <= 12
    close_old_connections()
    assert Photo.objects.count() == 130


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_pages_are_clean(open_page, alice, live_server, violations, scheme, width):
    make_photo(alice, draw("PNG", seed=9), name="old.png")
    albums.create(alice, title="Family")
    page = open_page(alice, width=width, color_scheme=scheme)
    page.goto("/upload/")
    found = violations(page)
    if width > 700:
        choose_by = lambda *files: choose(page, *files)  # noqa: E731
    else:
        choose_by = lambda *files: drop(page, *files)  # noqa: E731
    held = []
    page.route(re.compile("name=held"), lambda route: held.append(route))
    choose_by(
        file("a.png", draw("PNG", (96, 64), seed=1)), file("same.png", draw("PNG", seed=9)),
        file("cut.png", cut(draw("PNG", seed=3), 0.5)), file("clip.mp4", b"x", "video/mp4"),
        file("held.png", draw("PNG", seed=4)),
    )  # fmt: skip
    expect(page.locator("#up-count")).to_have_text("4 of 5 uploaded")
    found += violations(page)
    held[0].continue_()
    expect(end_of(page)).to_be_visible()
    found += violations(page)
    sideways = "document.documentElement.scrollWidth > innerWidth"
    assert not page.evaluate(sideways)
    page.goto(UploadBatch.objects.get().get_absolute_url())
    found += violations(page)
    assert not page.evaluate(sideways)
    page.goto("/finals/")
    drop(page, file("b.png", draw("PNG", seed=5)), file("bad.png", b"no"))
    expect(end_of(page)).to_be_visible()
    found += violations(page)
    assert found == []


def test_an_old_batch_is_found_again_on_the_upload_page(alice_page, alice, live_server):
    batch = uploading.begin(alice)
    UploadEntry.objects.create(batch=batch, name="a.png", outcome="added", photo=make_photo(alice))
    alice_page.goto("/upload/")
    alice_page.locator(".lately a").click()
    alice_page.wait_for_url(f"**/uploads/{batch.pk}/")
