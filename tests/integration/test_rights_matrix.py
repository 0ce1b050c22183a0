"""Every address x who asks x how the object stands: one table. An address without a row fails the suite.

Alice owns, Bob has an account, root administers the machine and is nobody special on the gallery's pages, a visitor
is nobody. Whatever Alice has stands in one of five states: private, in an album for everyone with an account, in a
public one, in the trash, deleted for good.

    in       let in, whatever is said then (a page, 303, "that form is not filled in")
    nothing  404, and the same 404 as for what never was
    login    sent to the log-in page; the same for what is there and what is not
    no       403
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from photos import albums, curate, media, sharing, tokens
from photos.models import DuplicateGroup, ImportRun, Photo, UploadBatch, WatchedFolder
from tests.factories import CandidateFactory, PhotoFactory, SessionFactory, make_photo

pytestmark = pytest.mark.django_db
STATES = ("private", "accounts", "public", "trashed", "purged")
IN, NOTHING, LOGIN, NO = "in", "nothing", "login", "no"
WHO = ("visitor", "bob", "root", "alice")  # Alice last: what she does may well change things

# who is let in, by the state of the object; "alice" stands for its owner
EVERYONE = dict.fromkeys(STATES, (IN, IN, IN, IN))
ACCOUNT = dict.fromkeys(STATES, (LOGIN, IN, IN, IN))
ADMINISTRATOR = dict.fromkeys(STATES, (LOGIN, NO, IN, NO))
NO_SUCH_ENGINE = dict.fromkeys(STATES, (LOGIN, NO, NOTHING, NO))
GENERATORS = dict.fromkeys(STATES, (LOGIN, NO, IN, IN))
_LIVE, _GONE = ("private", "accounts", "public"), ("trashed", "purged")
OWNER = dict.fromkeys(_LIVE, (LOGIN, NOTHING, NOTHING, IN)) | dict.fromkeys(
    _GONE, (LOGIN, NOTHING, NOTHING, NOTHING)
)
OWNER_GENERATES = dict.fromkeys(_LIVE, (LOGIN, NO, NOTHING, IN)) | dict.fromkeys(
    _GONE, (LOGIN, NO, NOTHING, NOTHING)
)
IMPORTERS = GENERATORS  # another right, given to the same people
OWNER_IMPORTS = dict.fromkeys(STATES, (LOGIN, NO, NOTHING, IN)) | {"purged": (LOGIN, NO, NOTHING, NOTHING)}
OWNER_IN_TRASH = dict.fromkeys(STATES, OWNER["purged"]) | {"trashed": OWNER["private"]}
ALWAYS_OWNER = OWNER | {"trashed": OWNER["private"]}  # albums, batches and tokens have no trash
SHOWN_PHOTO = {
    "private": (NOTHING, NOTHING, NOTHING, IN),
    "accounts": (NOTHING, IN, IN, IN),
    "public": (IN, IN, IN, IN),
    "trashed": (NOTHING, NOTHING, NOTHING, IN),  # the page that brings it back
    "purged": (NOTHING, NOTHING, NOTHING, NOTHING),
}
SHOWN_ALBUM = SHOWN_PHOTO | {"trashed": SHOWN_PHOTO["public"]}  # the album stays, its picture is gone from it


@dataclass(frozen=True)
class Row:
    rights: dict[str, tuple[str, ...]]
    of: str = ""  # what the address names: photo, album, session, batch, token
    post: dict | None = None  # None: GET. "photo" becomes the picture's number
    args: tuple = field(default=())


TABLE = {
    # open to everyone
    "home": Row(EVERYONE),
    "login": Row(EVERYONE),
    "sign_in": Row(EVERYONE, args=("no-such-token",)),
    "healthz": Row(EVERYONE),
    "look": Row(EVERYONE, post={"theme": "dark"}),
    "favicon.ico": Row(EVERYONE),
    "albums": Row(EVERYONE),
    # what is shown of a picture and an album
    "photo": Row(SHOWN_PHOTO, "photo"),
    "album": Row(SHOWN_ALBUM, "album"),
    # one's own lists and account
    "month": Row(ACCOUNT, args=(2026, 11)),
    "finals": Row(ACCOUNT),
    "finals_titles": Row(ACCOUNT, post={"title-1": "x", "revision-1": "1"}),
    "final_wishes": Row(ACCOUNT, post={"creator": "x"}),
    "audit": Row(ACCOUNT),
    "audit_mend": Row(ACCOUNT, post={}),
    "audit_read": Row(ACCOUNT, post={}),
    "audit_say": Row(ACCOUNT, post={"photo": "photo", "term": "digitalCapture"}),
    "search": Row(ACCOUNT),
    "search_narrow": Row(ACCOUNT),
    "search_offers": Row(ACCOUNT),
    "sessions": Row(ACCOUNT),
    "logout": Row(dict.fromkeys(STATES, (LOGIN,) * 4), post={}),  # and that is where one is then
    "account": Row(ACCOUNT),
    "account_password": Row(ACCOUNT, post={}),
    "account_devices": Row(ACCOUNT, post={"others": "1"}),
    "account_tokens": Row(ACCOUNT, post={"name": "script"}),
    "account_token_revoke": Row(ALWAYS_OWNER, "token", post={}),
    "remove_demo": Row(ACCOUNT, post={}),
    "generate": Row(GENERATORS),
    # what is connected, and the keys to it
    "engines": Row(ADMINISTRATOR),
    "engine_add": Row(NO_SUCH_ENGINE),  # without a kind
    "engines_look": Row(ADMINISTRATOR, post={}),
    "engine": Row(ADMINISTRATOR, args=("procedural",)),
    "engine_switch": Row(ADMINISTRATOR, args=("procedural",), post={"on": "1"}),
    "engine_move": Row(ADMINISTRATOR, args=("procedural",), post={"to": "up"}),
    "engine_remove": Row(NO_SUCH_ENGINE, args=("procedural",), post={}),  # it stands in the settings
    "engine_test": Row(ADMINISTRATOR, args=("procedural",), post={}),
    "engine_tested": Row(ADMINISTRATOR, args=("procedural",)),
    "engine_workflows": Row(NO_SUCH_ENGINE, args=("procedural",), post={}),
    "engine_workflow": Row(NO_SUCH_ENGINE, args=("procedural", 1)),
    # sets of pictures: others' are passed over, see test_a_set_passes_over_what_is_somebody_else_s
    "decide_many": Row(ACCOUNT, post={"do": "pick", "photo": "photo"}),
    "undo": Row(ACCOUNT, post={}),
    "keep_place": Row(OWNER, post={"scope": "timeline:everything", "photo": "photo"}),
    "redo": Row(ACCOUNT, post={}),
    "reject_reasons": Row(ACCOUNT),
    "bulk": Row(ACCOUNT, post={"do": "pick", "photo": "photo"}),
    "take_back": Row(ACCOUNT, post={}),
    "tags": Row(ACCOUNT),
    "larger": Row(ACCOUNT),
    "compare": Row(ACCOUNT, post={"photo": "photo"}),
    "survey": Row(ACCOUNT, post={"photo": "photo"}),
    "download_many": Row(ACCOUNT, post={"photo": "photo"}),
    "export": Row(ACCOUNT),
    "export_zip": Row(ACCOUNT, post={"photo": "photo", "profile": "share"}),
    "export_facts": Row(ACCOUNT, post={"photo": "photo"}),
    "album_create": Row(ACCOUNT, post={"title": "New"}),
    "album_smart": Row(ACCOUNT, post={"query": "fog", "title": "Fog"}),
    "upload": Row(ACCOUNT),
    "upload_file": Row(ACCOUNT, post={}),
    "trash": Row(ACCOUNT),
    "trash_restore": Row(ACCOUNT, post={"photo": "photo"}),
    "trash_delete": Row(ACCOUNT, post={"photo": "photo"}),
    "trash_empty": Row(ACCOUNT),
    # the owner's alone: pictures
    "download": Row(OWNER, "photo"),
    "sidecar": Row(dict.fromkeys(STATES, (LOGIN, NOTHING, NOTHING, NOTHING)), "photo"),  # it has none
    "photo_history": Row(OWNER, "photo"),
    "decide": Row(OWNER, "photo", post={"decision": "1"}),
    "edit": Row(OWNER, "photo", post={"title": "x", "revision": "1"}),
    "uncomplete": Row(OWNER, "photo", post={}),
    "vary": Row(OWNER_GENERATES, "photo", post={}),
    "look_alikes": Row(OWNER, "photo"),
    "stack": Row(OWNER, "photo"),
    # duplicates
    "duplicates": Row(ACCOUNT),
    "duplicates_exact": Row(ACCOUNT),
    "duplicates_search": Row(ACCOUNT, post={}),
    "duplicates_clear": Row(ALWAYS_OWNER, "group", post={"keep": "photo"}),
    "duplicates_keep": Row(ALWAYS_OWNER, "group", post={}),
    # albums
    "album_add": Row(ALWAYS_OWNER, post={"photo": "photo", "album": "album"}),
    "album_edit": Row(ALWAYS_OWNER, "album"),
    "album_access": Row(ALWAYS_OWNER, "album", post={"access": "private", "revision": "1"}),
    "album_delete": Row(ALWAYS_OWNER, "album", post={}),
    "album_move": Row(ALWAYS_OWNER, "album", post={"move": "by_date"}),
    "album_remove": Row(ALWAYS_OWNER, "album", post={"photo": "photo"}),
    "album_put_back": Row(ALWAYS_OWNER, "album", post={}),
    "album_download": Row(ALWAYS_OWNER, "album"),
    # share links: the receiver's side opens with a right token alone, whoever asks
    "shared": Row(dict.fromkeys(STATES, (NOTHING,) * 4), args=("no-such-token",)),
    "shared_photo": Row(dict.fromkeys(STATES, (NOTHING,) * 4), args=("no-such-token", "no-such-name")),
    "shared_download": Row(dict.fromkeys(STATES, (NOTHING,) * 4), args=("no-such-token",)),
    "shares": Row(ACCOUNT),
    "share_new": Row(ACCOUNT, post={"photo": "photo"}),
    "share": Row(ALWAYS_OWNER, "share"),
    "share_change": Row(ALWAYS_OWNER, "share", post={"title": "x"}),
    "share_switch": Row(ALWAYS_OWNER, "share", post={"on": "1"}),
    "share_renew": Row(ALWAYS_OWNER, "share", post={}),
    "share_delete": Row(ALWAYS_OWNER, "share", post={}),
    "share_preview": Row(ALWAYS_OWNER, "share"),
    "share_preview_photo": Row(dict.fromkeys(STATES, (LOGIN, NOTHING, NOTHING, NOTHING)), args=(1, "no-such-name")),
    # uploads
    "upload_batch": Row(ALWAYS_OWNER, "batch"),
    "upload_batch_album": Row(ALWAYS_OWNER, "batch", post={"title": "New"}),
    # imports and watched folders
    "imports": Row(IMPORTERS),
    "import_begin": Row(IMPORTERS, post={}),
    "import_watch": Row(OWNER_IMPORTS, "watched", post={"do": "off"}),
    "import_run": Row(OWNER_IMPORTS, "import"),
    "import_progress": Row(OWNER_IMPORTS, "import"),
    "import_stop": Row(OWNER_IMPORTS, "import", post={}),
    "import_go_on": Row(OWNER_IMPORTS, "import", post={}),
    "import_retry": Row(OWNER_IMPORTS, "import", post={}),
    # sessions
    "session": Row(OWNER, "session"),
    "session_progress": Row(OWNER, "session"),
    "session_preview": Row(dict.fromkeys(STATES, (LOGIN, NOTHING, NOTHING, NOTHING)), "session"),  # none is drawn
    "session_cancel": Row(OWNER, "session", post={}),
    "session_go_on": Row(OWNER_GENERATES, "session", post={}),
    "session_complete": Row(OWNER, "session", post={}),
    "session_download": Row(OWNER, "session"),
    "session_culled": Row(OWNER, "session"),
    "session_print": Row(OWNER, "session"),
    "session_vary": Row(OWNER_GENERATES, "session", post={}),
    "session_narrow": Row(OWNER, "session", post={}),
    "session_keep": Row(OWNER, "session", post={}),
    "session_history": Row(OWNER, "session"),
    "session_rejects": Row(OWNER, "session", post={"do": "keep"}),
    "session_trash": Row(OWNER, "session", post={}),
    "session_restore": Row(OWNER_IN_TRASH, "session", post={}),
    "session_delete": Row(OWNER_IN_TRASH, "session", post={}),
}  # fmt: skip


def names(patterns=None) -> Iterator[tuple[str, str]]:
    """(namespace, name or route) of every address there is."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLPattern):
            yield "", one.name or str(one.pattern)
        elif one.namespace:
            yield one.namespace, ""
        else:
            yield from names(one.url_patterns)


PRESENT = sorted({name for namespace, name in names() if not namespace})


def test_every_address_has_a_row():
    missing = [name for name in PRESENT if name not in TABLE]
    assert not set(TABLE) - set(PRESENT), "these rows have no address any more"
    assert not missing, f"say in tests/integration/test_rights_matrix.py who may use: {', '.join(missing)}"
    assert {namespace for namespace, _ in names() if namespace} <= {"admin", "api-1.0.0", "api"}


# --- the world ------------------------------------------------------------------------------------


@pytest.fixture
def clients(alice, bob, django_user_model) -> dict[str, Client]:
    rights = Permission.objects.filter(codename__in=["generate", "import_from_server"])
    alice.user_permissions.add(*rights)
    people = {
        "visitor": None,
        "bob": bob,
        "root": django_user_model.objects.create_superuser("root"),
        "alice": alice,
    }
    signed_in = {name: Client() for name in people}
    for name, user in people.items():
        if user:
            signed_in[name].force_login(user)
    return signed_in


def world(alice, state: str) -> dict[str, int]:
    """What Alice has, in one of the states; name -> number."""
    session = SessionFactory(owner=alice, title="undisclosed basilisk")
    candidate = CandidateFactory(session=session).photo
    photo = PhotoFactory(owner=alice, final=True, source=candidate)
    access = state if state in _LIVE else "public"
    album = albums.create(alice, title="Album", access=access)
    albums.add(album, [photo.pk, candidate.pk])
    batch = UploadBatch.objects.create(owner=alice, album=album)
    batch.entries.create(name="a.png", outcome="added", photo=photo)
    token, _text = tokens.make(alice, "script")
    group = DuplicateGroup.objects.create(owner=alice, kind=0, n_live=1)
    group.members.create(photo=photo)
    run = ImportRun.objects.create(owner=alice, state="stopped", places=["/elsewhere"])
    watched = WatchedFolder.objects.create(owner=alice, path="/elsewhere", path_key="x")
    share, _token = sharing.make(alice, title="For you", lasts="30", album=album)
    found = {
        "import": run.pk,
        "watched": watched.pk,
        "photo": photo.pk,
        "album": album.pk,
        "session": session.pk,
        "batch": batch.pk,
        "token": token.pk,
        "group": group.pk,
        "share": share.pk,
    }
    if state == "trashed":
        curate.trash(alice.pk, [photo.pk, candidate.pk])
        type(session).objects.filter(pk=session.pk).update(
            trashed_at=timezone.now(), trash_batch=uuid.uuid4()
        )
    if state == "purged":
        batch.delete()
        curate.purge(alice.pk, [photo.pk, candidate.pk])
        album.delete()
        session.delete()
        token.delete()
        run.delete()
        watched.delete()
        group.delete()
    return found


def ask(client: Client, name: str, found: dict[str, int]):
    row = TABLE[name]
    args = [found[row.of]] if row.of else row.args
    address = reverse(name, args=args) if name != "favicon.ico" else "/favicon.ico"
    if row.of == "album" and name == "album":
        address = f"/albums/{found['album']}-album/"
    if row.post is None:
        return client.get(address)
    return client.post(address, {key: str(found.get(value, value)) for key, value in row.post.items()})


def outcome(answer) -> str:
    if answer.status_code in (301, 302, 303) and "/login/" in answer["Location"]:
        return LOGIN
    assert answer.status_code < 500 and answer.status_code != 405, answer
    return {404: NOTHING, 403: NO}.get(answer.status_code, IN)


def cases() -> list[tuple[str, str]]:
    """An address that names no object is asked in one state, others in all."""
    return [(name, state) for name in PRESENT if name in TABLE
            for state in (STATES if len(set(TABLE[name].rights.values())) > 1 else STATES[:1])]  # fmt: skip


@pytest.mark.parametrize(("name", "state"), cases())
def test_who_is_let_in(alice, clients, name, state):
    rights = TABLE[name].rights
    found = world(alice, state)
    met = tuple(outcome(ask(clients[who], name, found)) for who in WHO)
    assert dict(zip(WHO, met, strict=True)) == dict(zip(WHO, rights[state], strict=True))


@pytest.mark.parametrize("name", ["decide_many", "bulk", "download_many", "trash_restore", "trash_delete"])
def test_a_set_passes_over_what_is_somebody_else_s(alice, clients, name):
    if name not in PRESENT:
        pytest.skip("not built")
    found = world(alice, "public" if not name.startswith("trash") else "trashed")
    before = list(Photo.objects.order_by("pk").values())
    for who in ("bob", "root"):
        answer = ask(clients[who], name, found)
        assert not answer.streaming
        for do in ("trash", "rate:5", "restore", "download", "tag"):
            clients[who].post(reverse(name), {"do": do, "photo": str(found["photo"]), "tags": "x"})
    assert list(Photo.objects.order_by("pk").values()) == before


def test_nobody_is_told_addresses_of_somebody_else_s_pictures(alice, clients):
    found = world(alice, "public")
    told = {
        who: clients[who].get(f"{reverse('larger')}?id={found['photo']}").json()
        for who in ("bob", "root", "alice")
    }
    assert told["bob"] == told["root"] == {} and list(told["alice"]) == [str(found["photo"])]


# --- media bytes ----------------------------------------------------------------------------------

KINDS = {
    "owner": media.OWNER,
    "guest": media.GUEST,
    "nobody": media.PUBLIC,
    "trash": media.TRASH,
    "admin": media.ADMIN,
}
SIZES = ("h160", "h320", "h640", "l1600", "l2560", "original")


@pytest.mark.parametrize(
    "state", [*STATES, "accounts, then private", "public, then accounts", "public, then taken out"]
)
def test_which_bytes_an_address_gives(alice, visitor, state):
    """Addresses made before the state came about, and those made after it."""
    photo = make_photo(alice)
    album = albums.create(
        alice, title="Album", access=state.split(",")[0] if state.split(",")[0] in _LIVE else "public"
    )
    albums.add(album, [photo.pk])
    before = {
        (kind, size): media.sign(photo, size, letter) for kind, letter in KINDS.items() for size in SIZES
    }
    if ", then " in state:
        then = state.split(", then ")[1]
        if then == "taken out":
            albums.remove(album, [photo.pk])
        else:
            albums.edit(album, revision=1, title="Album", description="", access=then, order="manual")
    elif state == "trashed":
        curate.trash(alice.pk, [photo.pk])
    elif state == "purged":
        curate.purge(alice.pk, [photo.pk])
    closed = ", then " in state or state in _GONE
    for (kind, size), address in before.items():
        derived = size != "original" or kind in ("owner", "trash", "admin")
        allowed = not closed and derived and kind != "trash"
        assert visitor.get(address).status_code == (200 if allowed else 404), ("before", kind, size)
    if state == "purged":
        return
    photo.refresh_from_db()
    for kind, letter in KINDS.items():
        for size in SIZES:
            derived = size != "original" or kind in ("owner", "trash", "admin")
            allowed = derived and (kind == "admin" or (kind == "trash") == (state == "trashed"))
            status = visitor.get(media.sign(photo, size, letter)).status_code
            assert status == (200 if allowed else 404), ("after", kind, size)


# --- the admin ------------------------------------------------------------------------------------


def admin_addresses() -> list[str]:
    """Each page of the admin, with 1 where it names a row."""
    found = []

    def walk(patterns, prefix: str) -> None:
        for one in patterns:
            route = prefix + str(one.pattern)
            if isinstance(one, URLPattern):
                found.append(route)
            else:
                walk(one.url_patterns, route)

    admin = next(one for one in get_resolver().url_patterns if getattr(one, "namespace", "") == "admin")
    walk(admin.url_patterns, "/admin/")
    plain = (route.replace("<path:object_id>", "1").replace("<int:content_type_id>", "1") for route in found)
    return [route for route in plain if "<" not in route and "(" not in route and "^" not in route]


def test_the_admin_is_for_superusers(alice, clients):
    world(alice, "public")
    for address in set(admin_addresses()) - {"/admin/login/", "/admin/logout/"}:
        for who in ("visitor", "bob", "alice"):
            assert outcome(clients[who].get(address)) in (LOGIN, NO, NOTHING), (address, who)
