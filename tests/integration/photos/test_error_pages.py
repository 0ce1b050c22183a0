"""What is said when something cannot be."""

import re

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.test import Client
from django.urls import include, path

from photos.views import errors

FIELDS = {"prompt": "a <fox> & a hen", "count": "8", "password": "not-for-you", "api_token": "pg_x"}
HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}


def broken(request):
    raise RuntimeError("a detail that is nobody's business")


def refused(request):
    raise PermissionDenied


def misunderstood(request):
    raise BadRequest("There is no <such> mark.")


def reads_form(request):
    return request.POST  # pragma: no cover


def search(request):  # pragma: no cover
    raise AssertionError


class Faulty:
    """The addresses of the gallery, and some that fail."""

    urlpatterns = [
        path("broken/", broken), path("refused/", refused), path("misunderstood/", misunderstood),
        path("form/", reads_form), path("search/", search, name="search"), path("", include("gallery_site.urls")),
    ]  # fmt: skip
    handler400, handler403 = "photos.views.errors.bad_request", "photos.views.errors.forbidden"
    handler404, handler500 = "photos.views.errors.not_found", "photos.views.errors.server_error"


@pytest.fixture
def faulty(settings):
    settings.ROOT_URLCONF = Faulty


@pytest.fixture
def alice_meets_errors(alice_client):
    alice_client.raise_request_exception = False
    return alice_client


pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "status", "heading"),
    [
        ("/misunderstood/", 400, "That request made no sense"),
        ("/refused/", 403, "Not allowed"),
        ("/no-such-page/", 404, "Nothing here"),
        ("/broken/", 500, "Something broke"),
    ],
)
def test_each_error_has_a_page_that_leads_home(alice_meets_errors, faulty, address, status, heading):
    answer = alice_meets_errors.get(address)
    page = answer.content.decode()
    assert answer.status_code == status
    assert f"<h1>{heading}</h1>" in page and '<a class="btn primary" href="/">' in page
    assert "nobody's business" not in page and "Traceback" not in page


def test_a_refusal_that_has_a_sentence_says_it(alice_client, faulty):
    assert "There is no &lt;such&gt; mark." in alice_client.get("/misunderstood/").content.decode()


def test_the_pages_need_no_database_and_no_other_file(visitor, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = visitor.get("/no-such-page/", headers={"Cookie": "gallery_session=abc"}).content.decode()
    assert "/static/" not in page and "<script" not in page


def test_their_policy_allows_their_own_style_and_nothing_else(visitor):
    import base64
    import hashlib

    answer = visitor.get("/no-such-page/")
    style = re.search(r"<style>(.*)</style>", answer.content.decode(), re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_they_follow_the_theme_that_was_chosen(visitor):
    visitor.cookies["theme"] = "dark"
    assert '<html lang="en" data-theme="dark">' in visitor.get("/no-such-page/").content.decode()
    visitor.cookies["theme"] = '"><script>'
    assert "data-theme" not in visitor.get("/no-such-page/").content.decode().partition("<head>")[0]


def test_a_missing_page_offers_search_to_who_is_signed_in(alice_client, visitor, faulty):
    assert 'action="/search/" role="search"' in alice_client.get("/no-such-page/").content.decode()
    assert 'role="search"' not in visitor.get("/no-such-page/").content.decode()


def test_the_number_on_the_page_of_a_fault_stands_in_the_log(alice_meets_errors, faulty, caplog):
    page = alice_meets_errors.get("/broken/").content.decode()
    number = re.search(r"<code>([0-9a-f]{8})</code>", page)[1]
    assert any(number in record.getMessage() for record in caplog.records)
    assert any(record.exc_info for record in caplog.records)


def test_a_form_that_is_too_large_is_told_the_limit(alice_client, faulty, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    answer = alice_client.post("/form/", {"text": "x" * 2_000})
    assert answer.status_code == 413
    assert "A form may hold 1000\xa0bytes at most" in answer.content.decode()


@pytest.mark.parametrize(
    "headers", [{"Accept": "application/json"}, {"Sec-Fetch-Dest": "empty"}, {"HX-Request": "true"}], ids=str
)
def test_a_script_gets_a_line_of_json(alice_meets_errors, faulty, headers):
    for address, status, code in (("/no-such-page/", 404, "not_found"), ("/refused/", 403, "forbidden"),
                                  ("/broken/", 500, "broken"), ("/misunderstood/", 400, "bad_request")):  # fmt: skip
        answer = alice_meets_errors.get(address, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["sentence"].endswith(".")


# --- a page that was open too long ----------------------------------------------------------------


@pytest.fixture
def stale(alice):
    """A client of Alice's whose pages have an outdated token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    return client


def resend(client, answer):
    """What the button "Send again" does."""
    page = answer.content.decode()
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return client.post(re.search(r'<form method="post" action="([^"]*)">', page)[1], dict(fields), **HERE)


def test_what_was_typed_is_kept_and_sent_again_by_one_button(stale, alice):
    answer = stale.post("/generate/", FIELDS | {"prompt": ""}, **HERE)
    assert answer.status_code == 403
    assert "This page was open too long" in answer.content.decode()
    assert resend(stale, answer).status_code == 422  # it arrived: the form itself misses a prompt


def test_what_was_typed_comes_out_escaped_and_passwords_not_at_all(stale):
    page = stale.post("/generate/", FIELDS, **HERE).content.decode()
    assert 'name="prompt" value="a &lt;fox&gt; &amp; a hen"' in page
    assert "not-for-you" not in page and "pg_x" not in page


@pytest.mark.parametrize(
    "origin", [{}, {"HTTP_SEC_FETCH_SITE": "cross-site"}, {"HTTP_ORIGIN": "https://evil.example"}]
)
def test_a_form_from_another_site_gets_no_button(stale, origin):
    page = stale.post("/generate/", FIELDS, **origin).content.decode()
    assert "Send again" not in page and "<form" not in page


def test_an_old_browser_that_names_its_origin_gets_the_button(stale):
    assert "Send again" in stale.post("/generate/", FIELDS, HTTP_ORIGIN="http://testserver").content.decode()


def test_forms_that_matter_more_are_not_offered_again(stale, visitor):
    for address in ("/account/password/", "/account/tokens/", "/demo/remove/", "/accounts/login/"):
        page = stale.post(address, FIELDS, **HERE).content.decode()
        assert "Send again" not in page and "not-for-you" not in page


def test_files_and_heaps_are_not_echoed(stale):
    from django.core.files.uploadedfile import SimpleUploadedFile

    with_file = stale.post(
        "/generate/", {"prompt": "x", "file": SimpleUploadedFile("a.png", b"bytes")}, **HERE
    )
    with_heap = stale.post("/generate/", {"prompt": "x" * (errors.MOST_CHARACTERS + 1)}, **HERE)
    assert "Send again" not in with_file.content.decode() + with_heap.content.decode()
    assert len(with_heap.content) < 10_000


def test_a_script_with_an_old_token_is_told_to_reload(stale):
    answer = stale.post(
        "/decide/", "{}", content_type="application/json", headers={"Accept": "application/json"}
    )
    assert answer.json()["code"] == "page_too_old" and "reload" in answer.json()["sentence"]
