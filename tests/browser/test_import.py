"""Importing in a real browser: chosen, watched while it goes on, read afterwards; also without script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from generation.models import GenerationSession
from photos import importing_runs, watching
from photos.importing import Options
from photos.models import ImportRun
from tests.integration.photos.test_import_runs import let_import, output, with_prompt  # noqa: F401
from tests.integration.photos.test_watching import NEVER
from tests.looks import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_a_folder_is_chosen_and_its_import_followed(open_page, alice, output, violations, scheme, width):  # noqa: F811
    page = open_page(alice, width=width, color_scheme=scheme)
    page.goto("/import/")
    page.get_by_role("link", name=re.compile("output")).click()
    expect(page.get_by_text("with 5 files")).to_be_visible()
    found = violations(page)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Waiting to start")).to_be_visible()
    run = ImportRun.objects.get()
    token = importing_runs.claim(run.pk)
    ImportRun.objects.update(stage="bringing", n_files=4, n_done=2, counts={"added": 2})
    expect(page.get_by_text("2 of 4 files")).to_be_visible()  # by itself
    found += violations(page)
    ImportRun.objects.filter(lease_token=token).update(state="queued", lease_token=None)
    importing_runs.run(run.pk)
    expect(page.get_by_text("5 files: 2 with prompts")).to_be_visible()
    expect(page.get_by_text("half.png", exact=True)).to_be_visible()  # the report came with it
    found += violations(page)
    assert found == [] and not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_without_script_a_folder_is_watched_and_an_import_refreshed(open_page, alice, output):  # noqa: F811
    page = open_page(alice, java_script_enabled=False)
    page.goto(f"/import/?in={output}")
    page.get_by_role("button", name="Watch this folder").click()
    expect(page.get_by_role("button", name="Switch off")).to_be_visible()
    page.locator("section[aria-labelledby=before] li a").click()
    expect(page.get_by_role("link", name="Refresh")).to_be_visible()
    importing_runs.run(0)
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_text("5 files: 2 with prompts")).to_be_visible()
    page.get_by_role("link", name="With prompt and settings").click()
    expect(page.locator("#files img")).to_have_count(2)


def test_a_session_that_is_filled_from_a_folder_shows_new_images_by_itself(open_page, alice, output):  # noqa: F811
    watch = watching.Watch(alice.pk, output, Options(as_sessions=True, watching=True), since=None)
    watch.turn(NEVER), watch.turn(NEVER)
    session = GenerationSession.objects.get(prompt__startswith="a red lighthouse")
    page = open_page(alice)
    page.goto(session.get_absolute_url())
    expect(page.locator("[data-photo]")).to_have_count(2)
    (output / "0009.png").write_bytes(with_prompt(9))
    watch.turn(NEVER), watch.turn(NEVER)
    expect(page.locator("[data-photo]")).to_have_count(3)
    expect(page.locator("[data-n=undecided]")).to_have_text("3")
