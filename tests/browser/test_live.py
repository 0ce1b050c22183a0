"""A session that is being drawn: cells fill, nothing moves, and at the end the first image has the focus."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from generation import workflow
from generation.models import GenerationSession
from tests.factories import make_session
from tests.rights import let_generate

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHIFTS = """() => { window.shift = 0; new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.shift += entry.value;
}).observe({ type: 'layout-shift', buffered: true }); }"""


@pytest.fixture
def drawing(alice, live_server, scripted) -> GenerationSession:
    """A session that says three of nine are made, and is being run by nobody in particular."""
    let_generate(alice)
    session = make_session(alice, count=3, width=96, height=64)
    GenerationSession.objects.filter(pk=session.pk).update(state="running", lease_token=uuid4(), count=9)
    session.refresh_from_db()
    return session


def corners(page) -> list[list[int]]:
    """Where each frame lies, in whole pixels."""
    return page.locator(".frame").evaluate_all(
        "all => all.map(f => { const b = f.getBoundingClientRect();"
        " return [b.x, b.y, b.right, b.bottom].map(Math.round); })"
    )


def draw_the_rest(session: GenerationSession) -> None:
    GenerationSession.objects.filter(pk=session.pk).update(state="queued", lease_token=None)
    session.refresh_from_db()
    workflow.run_here(session)


def test_cells_fill_and_nothing_moves(alice_page, drawing):
    page = alice_page
    page.goto(f"/sessions/{drawing.pk}/")
    assert page.title().startswith("(3) 9 Red lighthouse")
    expect(page.locator(".frame")).to_have_count(9)
    page.evaluate(SHIFTS)
    boxes = corners(page)
    draw_the_rest(drawing)
    expect(page.locator("[data-photo]")).to_have_count(9)
    expect(page.locator("#said")).to_have_text("9 ready. P picks, X rejects, ? for all.")
    expect(page.locator("#f01 > a")).to_be_focused()
    assert page.title().startswith("9 Red lighthouse")
    assert corners(page) == boxes
    assert page.evaluate("window.shift") < 0.001
    expect(page.locator("[data-n=undecided]")).to_have_text("9")
    page.keyboard.press("p")
    expect(page.locator("[data-f=decided]")).to_have_text("1 of 9 decided")


def test_the_focus_stays_where_a_person_put_it(alice_page, drawing):
    page = alice_page
    page.goto(f"/sessions/{drawing.pk}/")
    page.locator("#f02 > a").focus()
    page.keyboard.press("x")
    draw_the_rest(drawing)
    expect(page.locator("[data-photo]")).to_have_count(9)
    page.wait_for_timeout(300)
    expect(page.locator("#f02 > a")).to_be_focused()
    expect(page.locator("#f02")).to_have_attribute("data-decision", "2")


def test_stop_keeps_what_is_there(alice_page, drawing):
    alice_page.goto(f"/sessions/{drawing.pk}/")
    alice_page.get_by_role("button", name="Stop").click()
    expect(alice_page.locator(".alert")).to_contain_text("Stopped after 3 of 9")
    expect(alice_page.get_by_role("button", name="Go on: 6 more")).to_be_visible()
    expect(alice_page.locator("[data-photo]")).to_have_count(3)
