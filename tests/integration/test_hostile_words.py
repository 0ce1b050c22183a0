"""Hostile words in every field that a stranger or a file can fill: they come out as words, on every page there is.

Each word breaks out of text, of an attribute, of a script and of a header, in turn. It is planted in every column
that holds text, past all forms, and then every address of the table of rights is opened.
"""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.db import models
from django.test import Client
from django.urls import reverse

from generation.models import Candidate, FinalWishes, GenerationSession
from photos import albums, curate, reasons, sharing, tokens
from photos.models import (
    Album,
    ApiToken,
    Decision,
    Gesture,
    ImportedFile,
    ImportRun,
    Photo,
    Recipe,
    Share,
    Tag,
    UploadBatch,
    UploadEntry,
)
from photos.search import keeping
from tests.factories import CandidateFactory, SessionFactory, make_photo
from tests.integration import test_rights_matrix as rights

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
HOSTILE = (
    "</title></script><x-evil onerror=\"a'b\" x='`${1}{{7*7}}{% now %}\r\nSet-Cookie: evil=1\r\n\r\n"
    "\N{RIGHT-TO-LEFT OVERRIDE}"
)
WHY = HOSTILE[:40]  # as long as the reason of a reject may be
# What a column may hold is fixed in these: the gallery itself chose the value, nobody else can.
OURS = {
    "collection", "origin", "root", "file", "name_folded", "sha256", "format", "dated_by", "derived", "color",
    "source_sha256", "digital_source_type", "slug", "access", "order", "digest", "hint", "outcome", "state", "engine",
    "first_seed", "folder", "reader", "folded", "lease_holder", "lease_token", "query", "path_key", "became",
    "axis", "filing_wishes",  # a set of fixed keys, on no page
    "photos.Photo.reason",  # of what is rejected alone: the world rejects a picture for hostile words
}  # fmt: skip


def plant(model: type[models.Model]) -> None:
    """Fill every column of text, in every row, with hostile words."""
    values = {}
    for field in model._meta.concrete_fields:
        if {field.name, str(field)} & OURS or getattr(field, "generated", False):
            continue
        if isinstance(field, models.JSONField):
            evil = {HOSTILE: HOSTILE, "Make": HOSTILE}
            values[field.name] = [evil] if field.get_default() == [] else evil
        elif isinstance(field, models.CharField | models.TextField):
            values[field.name] = HOSTILE[: field.max_length]
    model.objects.update(**values)


@pytest.fixture
def clients(alice, bob, django_user_model) -> dict[str, Client]:
    root = django_user_model.objects.create_superuser("root")
    people = {"visitor": None, "bob": bob, "root": root, "alice": alice}
    django_user_model.objects.update(first_name=HOSTILE[:150], last_name=HOSTILE[:150], email=HOSTILE[:254])
    django_user_model.objects.filter(pk=alice.pk).update(username=HOSTILE[:150])
    alice.refresh_from_db()
    signed_in = {name: Client(headers={"user-agent": HOSTILE.replace("\r\n", " ")}) for name in people}
    for name, user in people.items():
        if user:
            signed_in[name].force_login(user)
    return signed_in


@pytest.fixture
def world(alice, clients) -> dict[str, int]:
    """As in the table of rights, public, with its words turned hostile; and one picture in the trash."""
    session = SessionFactory(owner=alice, error="broken", state="failed")
    candidate = CandidateFactory(session=session, facts={"a": 1}).photo
    photo = make_photo(alice)
    photo.tags.add(Tag.objects.create(name="x", folded="x", owner=alice))
    Recipe.objects.create(photo=photo, generator="x")
    Recipe.objects.create(photo=candidate, generator="x")
    album = albums.create(alice, title="Album", access="public")  # its address is made of this
    albums.add(album, [photo.pk, candidate.pk])
    batch = UploadBatch.objects.create(owner=alice, album=album)
    for outcome in ("added", "refused"):
        batch.entries.create(name="x", outcome=outcome, photo=photo if outcome == "added" else None)
    token, _text = tokens.make(alice, "x")
    share, share_token = sharing.make(
        alice, title="x", lasts="30", photo_ids=[photo.pk], allows_download=True
    )
    gone = make_photo(alice)
    curate.trash(alice.pk, [gone.pk])
    reasons.write(alice, [(HOSTILE[8:48], "h")])
    bad = CandidateFactory(session=session).photo  # of the session, so that its page has one too
    curate.decide(alice, [photo.pk, bad.pk], value=Photo.Verdict.REJECTED, reason=WHY)
    FinalWishes.objects.create(owner=alice, creator="x", rights="x")
    alice.user_permissions.add(Permission.objects.get(codename="import_from_server"))
    run = ImportRun.objects.create(
        owner=alice, places=[HOSTILE], state="failed", error=HOSTILE, counts={"refused": 1}
    )
    came = {"owner": alice, "byte_size": 1, "run": run, "path": "x"}
    ImportedFile.objects.create(**came, path_key="1", photo=photo, became="added", recipe="full")
    ImportedFile.objects.create(**came, path_key="2", became="rejected", reason="x")
    for model in (
        Photo,
        Decision,
        Gesture,
        FinalWishes,
        Recipe,
        Share,
        Tag,
        Album,
        GenerationSession,
        Candidate,
        UploadEntry,
        ApiToken,
        ImportedFile,
    ):
        plant(model)
    GenerationSession.objects.update(options={})
    keeping.index([photo.pk, candidate.pk])
    smart = Album.objects.create(owner=alice, title=HOSTILE, query=HOSTILE[:200])
    return {
        "photo": photo.pk, "album": album.pk, "session": session.pk, "batch": batch.pk, "token": token.pk,
        "smart": smart.pk, "import": run.pk, "share": share.pk, "share_token": share_token,
    }  # fmt: skip


class Elements(HTMLParser):
    """Which elements a browser would make, and which attributes they would have."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attributes) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attributes}


def hold(answer, where) -> None:
    """Nothing of the hostile words became an element, an attribute, a template or a header."""
    assert answer.status_code < 500, where
    for name, value in answer.headers.items():
        assert "\r" not in value and "\n" not in value and "x-evil onerror" not in value, (where, name)
    assert "evil" not in answer.cookies, where
    if answer.streaming or "html" not in answer["Content-Type"]:
        assert "html" not in answer["Content-Type"] and answer["X-Content-Type-Options"] == "nosniff", where
        return
    text = answer.content.decode()
    found = Elements(text)
    assert "x-evil" not in found.names and not {"onerror", "x"} & found.attributes, where
    assert "<x-evil" not in text, where  # nor within a script or a comment
    assert "`${1}49" not in text, where


OPENED = [name for name, row in rights.TABLE.items() if row.post is None]


@pytest.mark.parametrize("name", OPENED)
def test_every_page_shows_them_as_words(alice, clients, world, name):
    for who, client in clients.items():
        hold(rights.ask(client, name, world), (name, who))


def test_the_words_were_there_to_be_shown(clients, world):
    """The test above can fail: what was planted does come out, escaped."""
    shown = rights.ask(clients["alice"], "photo", world).content.decode()
    assert shown.count("&lt;x-evil") > 10
    for name in ("album", "session", "account", "upload_batch", "albums", "import_run"):
        if name in rights.TABLE:
            of = rights.ask(clients["alice"], name if name != "account" else "account", world)
            assert "&lt;x-evil" in of.content.decode(), name


def test_lists_and_searches_too(clients, world):
    for address in (
        "/?show=everything", "/?show=uploads&order=added", "/timeline/2026/11/?show=everything",
        reverse("search") + "?q=evil", reverse("search") + "?q=%3C/script%3E%3Cx-evil%20onerror=1%3E",
        reverse("generate") + f"?remix={world['session']}", reverse("login") + "?next=//x-evil/%3Cx-evil%3E",
        f"/albums/{world['album']}/?arrange=1", f"/albums/{world['smart']}/",
        f"/x/{world['share_token']}/", "/tags/?q=x", "/no/%3Cx-evil%20onerror=1%3E/",
    ):  # fmt: skip
        for who, client in clients.items():
            hold(client.get(address, follow=True), (address, who))


def test_the_admin_too(clients, world):
    pages = [
        address for address in rights.admin_addresses() if "logout" not in address and "jsi18n" not in address
    ]
    numbers = {"photo": "photo", "album": "album", "generationsession": "session"}
    for model, key in numbers.items():
        pages += [a.replace("/1/", f"/{world[key]}/") for a in pages if f"/{model}/1/" in a]
    assert len(pages) > 20
    for address in pages:
        hold(clients["root"].get(address, follow=True), address)
    for query in ("q=x-evil", "q=%3Cx-evil%20onerror=1%3E", "e=1"):
        hold(clients["root"].get(f"/admin/photos/photo/?{query}", follow=True), query)


def test_the_api_answers_json_and_its_errors_too(clients, world):
    for path in ("photos", f"photos/{world['photo']}", "albums", f"albums/{world['album']}", "tags", "sessions",
                 f"sessions/{world['session']}", "photos?q=%3Cx-evil%3E", "photos/%3Cx-evil%3E"):  # fmt: skip
        answer = clients["alice"].get(f"/api/v1/{path}")
        assert "json" in answer["Content-Type"], path
        hold(answer, path)


@pytest.mark.parametrize("name", ["download_many", "bulk", "album_create", "look", "decide_many"])
def test_what_is_sent_back_after_a_mistake_is_escaped(clients, world, name):
    form = {
        "do": HOSTILE,
        "title": HOSTILE,
        "description": HOSTILE,
        "tags": HOSTILE,
        "photo": HOSTILE,
        "next": HOSTILE,
    }
    hold(clients["alice"].post(reverse(name), form, follow=True), name)


def test_an_upload_whose_name_is_hostile(clients):
    file = ContentFile(b"no picture", name=HOSTILE.replace("/", "").replace("\r\n", " "))
    hold(clients["bob"].post(reverse("upload"), {"files": file, "file": file}, follow=True), "upload")
