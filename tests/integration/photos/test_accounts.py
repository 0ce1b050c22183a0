"""Coming in, the settings page, the password, and what a visitor sees."""

import re
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from photos import accounts, albums, media
from photos.models import Album
from tests.factories import AN_HOUR, make_photo

pytestmark = pytest.mark.django_db

PRIVATE = "Private means private from other people; the administrator of this machine can see everything."
NOT_LOCAL = [
    "javascript:alert(1)", "//evil.example", "\\\\evil.example", "/\\evil.example", "/\t/evil.example",
    "data:text/html,x", "https://evil.example", "http:///evil.example", "https://testserver/finals/", " //evil.example",
    "/accounts/login/", "/accounts/login/?next=/accounts/login/",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _nobody_has_tried_before():
    cache.clear()


def sign_in(client, name="alice", password="alice-password", **more):
    return client.post("/accounts/login/", {"username": name, "password": password, **more})


# --- coming in ------------------------------------------------------------------------------------


def test_alice_signs_in_and_goes_on_where_she_wanted_to(visitor, alice):
    assert visitor.get("/finals/")["Location"] == "/accounts/login/?next=/finals/"
    assert sign_in(visitor, next="/finals/")["Location"] == "/finals/"


@pytest.mark.parametrize(("referer", "page"), [
    ("http://testserver/sessions/?sort=oldest", "/sessions/?sort=oldest"), ("https://evil.example/finals/", "/"),
    ("http://[", "/"), ("", "/"),
])  # fmt: skip
def test_who_was_signed_out_over_a_form_goes_on_at_its_page(visitor, alice, referer, page):
    """Not at the address the form was sent to, which answers no reader."""
    answer = visitor.post("/decide/", headers={"Referer": referer})
    path, _, query = answer["Location"].partition("?")
    assert path == "/accounts/login/" and parse_qs(query) == {"next": [page]}
    assert sign_in(visitor, next=page)["Location"] == page


@pytest.mark.parametrize("address", NOT_LOCAL, ids=ascii)
def test_next_takes_paths_of_ours_only(visitor, alice, address):
    page = visitor.get("/accounts/login/", {"next": address})
    assert f'name="next" value="{address}"' not in page.content.decode()
    went = sign_in(visitor, next=address)["Location"]
    assert went == "/"
    again = visitor.get("/accounts/login/", {"next": address})
    assert again.status_code == 302 and again["Location"] == "/"


@pytest.mark.parametrize("address", NOT_LOCAL[:8], ids=ascii)
def test_next_of_the_little_forms_too(alice_client, address):
    assert alice_client.post("/theme/", {"theme": "dark", "next": address})["Location"] == "/"


def test_a_tab_spelled_out_is_a_path_of_ours_that_does_not_exist(visitor, alice):
    assert sign_in(visitor, next="/%09/evil.example")["Location"] == "/%09/evil.example"
    assert visitor.get("/%09/evil.example").status_code == 404


def test_a_wrong_password_is_one_sentence_tied_to_the_fields(visitor, alice):
    page = sign_in(visitor, password="wrong").content.decode()
    assert (
        '<p class="alert" role="alert" id="sign-error">Name or password is wrong. Capital letters count.</p>'
        in page
    )
    assert page.count('aria-invalid="true" aria-describedby="sign-error"') == 2
    assert 'value="alice"' in page and "wrong" not in page.replace("password is wrong", "")


def test_the_log_in_form_is_made_for_password_managers(visitor):
    page = visitor.get("/accounts/login/").content.decode()
    assert 'autocomplete="username"' in page and 'autocomplete="current-password"' in page
    assert "onpaste" not in page and 'data-do="password"' in page


def test_a_used_link_says_so_and_offers_the_form(visitor, alice):
    link = accounts.sign_in_link(alice)
    Client().get(link)
    answer = visitor.get(link)
    assert answer.status_code == 410
    assert "That link was used" in answer.content.decode()


# --- nobody signed in -----------------------------------------------------------------------------


def make_album(owner, title, access, *photos):
    album = albums.create(owner, title=title, access=access)
    albums.add(album, [photo.pk for photo in photos])
    return album


def test_a_visitor_at_home_finds_the_log_in_form(visitor):
    answer = visitor.get("/")
    assert answer.status_code == 200
    assert 'name="password"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_a_script_that_appends_to_the_timeline_is_sent_to_log_in(visitor):
    answer = visitor.get("/?before=x", headers={"HX-Request": "true"})
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


@pytest.mark.django_db(transaction=True)
def test_a_visitor_sees_public_albums_and_no_others(visitor, alice):
    seen = make_photo(alice)
    make_album(alice, "Winter <on> foot", Album.Access.PUBLIC, seen, make_photo(alice))
    make_album(alice, "For accounts", Album.Access.ACCOUNTS, make_photo(alice))
    make_album(alice, "Secret", Album.Access.PRIVATE, make_photo(alice))
    make_album(alice, "Empty", Album.Access.PUBLIC)
    for address in ("/", "/accounts/login/"):
        page = visitor.get(address).content.decode()
        assert "Winter &lt;on&gt; foot" in page and "2 images" in page
        assert not any(title in page for title in ("For accounts", "Secret", "Empty"))


@pytest.mark.django_db(transaction=True)
def test_the_cover_of_a_public_album_is_signed_for_nobody_and_can_be_seen(visitor, alice):
    photo = make_photo(alice)
    make_album(alice, "Winter", Album.Access.PUBLIC, photo)
    [album] = visitor.get("/").context["albums"]
    assert f"s={media.PUBLIC}" in album.src
    assert visitor.get(album.src).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_trashed_cover_gives_way_to_the_next_picture(visitor, alice):
    cover, other = make_photo(alice), make_photo(alice)
    album = make_album(alice, "Winter", Album.Access.PUBLIC, cover, other)
    albums.set_cover(album, cover)
    type(cover).objects.filter(pk=cover.pk).update(trashed_at=AN_HOUR, trash_batch=uuid4())
    [shown] = visitor.get("/").context["albums"]
    assert f"/m/{other.pk}/" in shown.src and shown.count == "1 image"


@pytest.mark.django_db(transaction=True)
def test_the_front_page_costs_three_queries_however_many_albums(visitor, alice, django_assert_num_queries):
    for n in range(4):
        make_album(alice, f"Album {n}", Album.Access.PUBLIC, make_photo(alice))
    with django_assert_num_queries(3):
        visitor.get("/")


# --- settings -------------------------------------------------------------------------------------


def test_the_settings_page_says_what_private_means(alice_client):
    page = alice_client.get("/account/").content.decode()
    assert PRIVATE in page and "<b>alice</b>" in page


def test_the_menu_leads_to_the_settings(alice_client):
    assert '<a class="btn" href="/account/">Settings</a>' in alice_client.get("/finals/").content.decode()


def change(client, old="alice-password", new="nine-red-lighthouses"):
    return client.post(
        "/account/password/", {"old_password": old, "new_password1": new, "new_password2": new}, follow=True
    )


def test_alice_changes_her_password_and_stays_signed_in(alice_client, alice):
    page = change(alice_client).content.decode()
    assert "The password is changed." in page and "this device" in page
    assert sign_in(Client(), password="nine-red-lighthouses").status_code == 302
    assert sign_in(Client(), password="alice-password").status_code == 200


def test_a_new_password_signs_out_all_other_devices(alice_client, alice):
    other = Client()
    other.force_login(alice)
    assert "1 other device was signed out." in change(alice_client).content.decode()
    assert other.get("/account/").status_code == 302
    assert alice.devices.count() == 1


def test_without_the_old_password_nothing_changes(alice_client, alice):
    answer = change(alice_client, old="guessed")
    assert answer.status_code == 422
    assert "The password was not changed." in answer.content.decode()
    assert "guessed" not in answer.content.decode()
    alice.refresh_from_db()
    assert alice.check_password("alice-password")


def test_the_old_password_cannot_be_guessed_there_either(alice_client, alice):
    assert [change(alice_client, old=f"guess {n}").status_code for n in range(11)] == [422] * 10 + [429]
    alice.refresh_from_db()
    assert alice.check_password("alice-password")


@pytest.mark.parametrize("weak", ["short", "password", "alice123"])
def test_a_weak_password_is_refused_with_the_reason(alice_client, weak):
    page = change(alice_client, new=weak)
    assert page.status_code == 422 and 'id="id_new_password2-error"' in page.content.decode()


# --- doors ----------------------------------------------------------------------------------------

# Addresses that answer a visitor with something of their own: everything else sends to log-in.
OPEN = {
    *("home", "login", "look", "sign_in", "healthz", "favicon.ico"),
    *("albums", "album", "photo"),  # what is public; anything else is a 404
    *("shared", "shared_photo", "shared_download"),  # what a link opens; without its secret address a 404
}
LOGIN_PAGES = ("/accounts/login/?next=", "/admin/login/?next=")
NO_UUID = "00000000-0000-4000-8000-000000000000"


def all_addresses(patterns=None, prefix="/", namespace=""):
    """(name, path) of every address there is, converters filled with something that does not exist."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        here = prefix + _filled(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from all_addresses(entry.url_patterns, here, inner)
        elif isinstance(entry, URLPattern):
            yield namespace + (entry.name or str(entry.pattern)), here


def pages():
    """What people open; programs have doors of their own, below /api/."""
    return [(name, address) for name, address in all_addresses() if not address.startswith("/api/")]


def api_addresses():
    return [address for _, address in all_addresses() if address.startswith("/api/")]


def _filled(pattern):
    route = getattr(pattern, "_route", None)
    if route is None:  # written as a regular expression
        return "x/" if pattern.regex.groups else ""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(_something(pattern.converters[found[1]])), route)


def _something(converter):
    return next(text for text in ("999999", "x", NO_UUID) if re.fullmatch(converter.regex, text))


def test_every_address_but_the_open_ones_sends_a_visitor_to_log_in(visitor):
    answered = []
    for name, address in pages():
        answer = visitor.get(address)
        if not (answer.status_code == 302 and answer["Location"].startswith(LOGIN_PAGES)):
            answered.append((name, address, answer.status_code))
    assert [row for row in answered if row[0] not in OPEN] == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_no_address_changes_anything_without_a_csrf_token(alice, method):
    alice.is_staff = alice.is_superuser = True
    alice.save()
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answers = {address: client.generic(method, address, b"x").status_code for _, address in pages()}
    assert {address for address, status in answers.items() if status != 403} == set()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_the_api_answers_nobody_who_does_not_say_who_it_is(visitor, method):
    answers = {address: visitor.generic(method, address, b"{}").status_code for address in api_addresses()}
    assert {a: status for a, status in answers.items() if status not in (302, 401, 403, 404, 405, 411)} == {}
