"""The search page: what it says, whom it shows what, and that no input breaks it."""

from __future__ import annotations

import time
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from photos import bulk, search
from photos.models import Recipe
from tests.factories import AN_HOUR, PhotoFactory, with_true_counts

pytestmark = pytest.mark.django_db
SEARCH = "/search/"
HOSTILE = [
    *('"' * 100_000, "'" * 100_000, "(" * 100_000, "-" * 100_000, "a* " * 30_000, "-x " * 30_000),
    *("🦊" * 500, "a\u0300" * 500, "ﷺ" * 500, "\u202e\u2066", "\x00", b"\xff\xfe", b"\xed\xa0\x80"),
    *("NEAR(a b, 10)", "a AND", "AND OR NOT", "{words}: x", "words : x", "^x", "x + y", "%", "_", "\\"),
    *("'; DROP TABLE photos_photo; --", "' & !", "<->", ":*", '-"', "0", "1e999"),
]


def lighthouses(owner, count: int, **fields) -> list:
    """Pictures of a red lighthouse, newest first."""
    photos = [
        PhotoFactory(owner=owner, shown_at=AN_HOUR + timedelta(minutes=n), **fields) for n in range(count)
    ]
    Recipe.objects.bulk_create(
        Recipe(photo=photo, generator="test", prompt="red lighthouse") for photo in photos
    )
    search.index([photo.pk for photo in photos])
    return photos[::-1]


def page_of(client, words: str, **values) -> str:
    answer = client.get(SEARCH, {"q": words, **values})
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_the_heading_says_how_many_there_are(alice, alice_client):
    newest, oldest = lighthouses(alice, 2)
    page = page_of(alice_client, "red lighthouse")
    assert "<h1>2 images for “red lighthouse”</h1>" in page
    assert page.index(f'id="p{newest.pk}"') < page.index(f'id="p{oldest.pk}"')


def test_the_search_box_is_in_the_header_of_every_page_and_keeps_the_words(alice, alice_client):
    assert f'role="search" action="{SEARCH}"' in alice_client.get(reverse("home")).content.decode()
    assert 'name="q" type="search" maxlength="500"' in page_of(alice_client, "fog")
    assert 'value="red "fog""' in page_of(alice_client, 'red "fog"')


def test_the_list_is_a_list_like_any_other(alice, alice_client):
    lighthouses(alice, 1)
    page = page_of(alice_client, "lighthouse")
    assert "data-list" in page and "js/list.js" in page and 'id="large"' in page
    assert f'action="{reverse("bulk")}"' in page


def test_nothing_found_comes_with_advice(alice, alice_client):
    lighthouses(alice, 1)
    page = page_of(alice_client, "lighthouse barn")
    assert "No images for “lighthouse barn”" in page
    assert f'href="{SEARCH}?q=lighthouse"><bdi>lighthouse</bdi></a>' in page
    assert "Quotes keep words together" in page
    assert "Is it spelled" in page_of(alice_client, "lihgthouse")


@pytest.mark.parametrize("words", ["", "   "])
def test_an_empty_query_shows_the_form(alice_client, words):
    page = page_of(alice_client, words)
    assert "<h1>Search</h1>" in page and 'id="words"' in page


def test_older_and_newer_pages_are_links(alice, alice_client, monkeypatch):
    monkeypatch.setattr("photos.search.finding.PAGE", 2)
    photos = lighthouses(alice, 5)
    first = page_of(alice_client, "lighthouse")
    older = search.Place.of(photos[1])
    assert f'href="{SEARCH}?q=lighthouse&before={older}" rel="next" data-older' in first
    second = page_of(alice_client, "lighthouse", before=str(older))
    assert f'id="p{photos[2].pk}"' in second and "5 images for" in second
    assert f'href="{SEARCH}?q=lighthouse&after={search.Place.of(photos[2])}" rel="prev"' in second
    back = page_of(alice_client, "lighthouse", after=str(search.Place.of(photos[2])))
    assert f'id="p{photos[0].pk}"' in back


def test_a_script_gets_the_pictures_alone(alice, alice_client):
    photo = lighthouses(alice, 1)[0]
    fragment = alice_client.get(SEARCH, {"q": "lighthouse"}, headers={"HX-Request": "true"}).content.decode()
    assert fragment.startswith('<div class="days"') and f'id="p{photo.pk}"' in fragment


def test_a_place_beyond_the_end_leads_back(alice, alice_client):
    photo = lighthouses(alice, 1)[0]
    assert "nothing beyond" in page_of(alice_client, "lighthouse", before=str(search.Place.of(photo)))
    assert "1 image for" in page_of(alice_client, "lighthouse", before="rubbish", after="-1")


def test_bob_never_finds_what_is_alices(alice, bob_client):
    photos = lighthouses(alice, 3, title="Harbour")
    for words in ("lighthouse", "harbour", "-fog", "light har", "png"):
        page = page_of(bob_client, words)
        assert "No images for" in page
        assert not any(f"/photos/{photo.pk}/" in page for photo in photos)


def test_a_superuser_finds_no_more_than_anybody(alice, client, django_user_model):
    lighthouses(alice, 1)
    client.force_login(django_user_model.objects.create_superuser("root"))
    assert "No images for" in page_of(client, "lighthouse")


def test_a_visitor_is_asked_to_sign_in(alice, visitor):
    lighthouses(alice, 1)
    answer = visitor.get(SEARCH, {"q": "lighthouse"})
    assert answer.status_code == 302 and answer.url.startswith(reverse("login"))


@pytest.mark.parametrize("words", HOSTILE)
def test_no_query_breaks_the_page(alice, alice_client, words):
    lighthouses(alice, 2)
    began = time.process_time()
    answer = alice_client.get(SEARCH, {"q": words})
    assert answer.status_code == 200
    assert time.process_time() - began < 1  # the aim is 0.2 s


def test_hostile_words_come_out_as_text(alice_client):
    page = alice_client.get(SEARCH, {"q": '<script>alert(1)</script>" onfocus="x'}).content.decode()
    assert "<script>alert" not in page and '" onfocus="' not in page


def test_a_page_of_results_asks_the_database_a_few_times_only(
    alice, alice_client, django_assert_max_num_queries
):
    lighthouses(alice, 120)
    with django_assert_max_num_queries(12):
        page = page_of(alice_client, "red light")
    assert "120 images for" in page and page.count('data-photo="') == 100


def test_everything_a_search_found_can_be_marked_at_once(alice, bob):
    photos = lighthouses(alice, 3)
    assert set(bulk.photos_in(alice, "search:red light")) == set(photos)
    assert not bulk.photos_in(bob, "search:red light")


# --- what narrows, and what explains --------------------------------------------------------------


def made_by(owner, model: str, **fields):
    photo = PhotoFactory(owner=owner, **fields)
    Recipe.objects.create(photo=photo, generator="test", prompt="red lighthouse <b>", model=model, steps=20)
    search.index([photo.pk])
    return photo


def test_finals_and_uploads_stand_above_candidates(alice, alice_client, monkeypatch):
    upload = lighthouses(alice, 1)[0]
    candidates = lighthouses(alice, 3, collection="session")
    page = page_of(alice_client, "lighthouse")
    assert "4 images for" in page
    assert "Finals and uploads <span>1</span>" in page and "Candidates <span>3</span>" in page
    assert page.index(f'id="p{upload.pk}"') < page.index(f'id="p{candidates[0].pk}"')
    monkeypatch.setattr("photos.search.finding.PAGE", 2)
    older = search.Place.of(candidates[1])
    assert f'href="{SEARCH}?q=is%3Acandidate+lighthouse&before={older}" rel="next"' in page_of(
        alice_client, "lighthouse"
    )


def test_each_term_is_a_chip_that_leads_to_the_query_without_it(alice, alice_client):
    made_by(alice, "flux")
    page = page_of(alice_client, 'lighthouse model:flux -"x y"')
    assert f'href="{SEARCH}?q=lighthouse+-%22x+y%22" aria-label="Remove model:flux"' in page


def test_a_misspelt_key_says_what_was_meant_and_the_rest_still_searches(alice, alice_client):
    photo = made_by(alice, "flux")
    page = page_of(alice_client, "modle:flux lighthouse")
    assert "Did you mean model:?" in page and f'href="{SEARCH}?q=model%3Aflux+lighthouse"' in page
    assert f'id="p{photo.pk}"' in page


def test_the_form_writes_the_query(alice_client):
    fields = {"form": "1", "words": "light house", "phrase": "at noon", "without": "fog rain", "model": "Flux 1",
              "rating": "4", "state": "picked", "begin": "2026-03", "color": "red", "sort": "oldest"}  # fmt: skip
    answer = alice_client.get(SEARCH, fields)
    assert answer.status_code == 302
    asked = search.parse(parse_qs(urlsplit(answer.url).query)["q"][0])
    assert [term.source for term in asked.terms] == [
        "light", "house", '"at noon"', "-fog", "-rain", 'model:"Flux 1"', "is:picked", "rating:>=4", "color:red",
        "sort:oldest", "taken:2026-03..",
    ]  # fmt: skip
    assert alice_client.get(SEARCH, {"form": "1", "rating": "x", "begin": "soon"}).url == f"{SEARCH}?q="
    open_quote = {"form": "1", "words": '"light', "without": '"fog', "state": "picked"}
    assert alice_client.get(SEARCH, open_quote).url.endswith("?q=%22light%22+-fog+is%3Apicked")
    assert alice_client.get(SEARCH, {"form": "1", "words": "fog " * 100}).url.count("fog") == 100


def test_a_search_of_an_order_alone_asks_for_a_word(alice_client):
    assert "add a word" in page_of(alice_client, "sort:oldest")


def test_months_and_facets_are_counted_and_lead_on(alice, alice_client, bob_client):
    made_by(alice, "Flux dev", rating=4)
    made_by(alice, "Flux dev", shown_at=AN_HOUR.replace(month=3))
    page = unescape(alice_client.get("/search/narrow/", {"q": "lighthouse"}).content.decode())
    assert f'href="{SEARCH}?q=lighthouse+taken%3A2026-03" style="--n:100%">Mar <b>1</b>' in page
    assert f'href="{SEARCH}?q=lighthouse+model%3A%3D%22Flux+dev%22"><bdi>Flux dev</bdi> <b>2</b>' in page
    assert "4 stars" in page
    assert "Flux" not in bob_client.get("/search/narrow/", {"q": "lighthouse"}).content.decode()


def test_more_hits_than_are_counted_are_said_with_a_plus(alice, alice_client, monkeypatch):
    monkeypatch.setattr("photos.search.facets.AT_MOST", 2)
    for _ in range(3):
        made_by(alice, "flux")
    with_true_counts(alice)
    page = alice_client.get("/search/narrow/", {"q": "lighthouse"}).content.decode()
    assert "<b>2+</b>" in page and "newest 2." in page


def test_what_could_be_typed_next_is_offered(alice, alice_client, bob_client):
    made_by(alice, "Flux dev")
    for start, offers in (
        ("mo", ["model:"]),
        ("-is:pi", ["-is:picked"]),
        ("model:fl", ['model:"Flux dev"']),
        ("x", []),
    ):
        assert alice_client.get("/search/offers/", {"start": start}).json() == {"offers": offers}
    assert bob_client.get("/search/offers/", {"start": "model:"}).json() == {"offers": []}


def test_the_page_of_a_picture_marks_the_words_and_leads_through_the_search(alice, alice_client):
    newer, photo, older = made_by(alice, "a", shown_at=AN_HOUR + timedelta(days=1)), made_by(alice, "b"), None
    older = made_by(alice, "c", shown_at=AN_HOUR - timedelta(days=1))
    PhotoFactory(owner=alice, shown_at=AN_HOUR + timedelta(hours=1))
    assert f'href="/photos/{photo.pk}/?q=light"' in page_of(alice_client, "light")
    page = alice_client.get(f"/photos/{photo.pk}/", {"q": "light"}).content.decode()
    assert "red <mark>lighthouse</mark> &lt;b&gt;" in page
    assert f'rel="prev" href="/photos/{newer.pk}/?q=light"' in page
    assert f'rel="next" href="/photos/{older.pk}/?q=light"' in page
    assert "Back to the search" in page
