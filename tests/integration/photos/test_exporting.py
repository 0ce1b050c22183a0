"""Exports: what leaves the house in which profile, proved by reading the files; who may, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from PIL import Image

from generation import finals
from photos import albums, curate, exporting, papers, storage
from photos.exporting import ARCHIVE, FULL, SHARE, Chosen, Job, archive
from photos.importing import Import
from photos.importing.sidecars import read
from photos.metadata.stealth import hides_text
from photos.models import Album, AlbumPhoto, Photo, Recipe, Tag
from tests.factories import PhotoFactory, make_photo, make_session, pictures_of
from tests.integration.generation.conftest import scripted  # noqa: F401
from tests.pictures import animate, draw, hiding

pytestmark = pytest.mark.django_db
PROMPT = "a secret lighthouse\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 4242, Size: 64x48"
TELLING = (b"secret", b"lighthouse", b"4242", b"Euler", b"holiday", b"Canon", b"2024:05")


@pytest.fixture
def generated(alice) -> Photo:
    return make_photo(alice, draw("PNG", seed=1, text={"parameters": PROMPT}), name="secret-4242.png")


@pytest.fixture
def snapshot(alice) -> Photo:
    """A camera's picture that says where, when and with what it was taken."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Canon", "Canon EOS R5", 6
    exif.get_ifd(0x8769)[0x9003] = "2024:05:01 10:00:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 30.0, 0.0), 3: "E", 4: (8.0, 15.0, 0.0)})
    return make_photo(alice, draw("JPEG", seed=2, exif=exif), name="holiday.jpg", format="JPEG")


def exported(owner, photos, profile: str, title: str = "") -> zipfile.ZipFile:
    chosen = Chosen(owner=owner, photo_ids=tuple(photo.pk for photo in photos))
    body = b"".join(archive.blocks(Job(chosen=chosen, profile=profile, title=title)))
    found = zipfile.ZipFile(io.BytesIO(body))
    assert found.testzip() is None
    return found


def table(found: zipfile.ZipFile) -> list[dict[str, str]]:
    text = found.read("_written.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def original(photo: Photo) -> bytes:
    return storage.local_path(photo.root, photo.file.name).read_bytes()


# --- share ----------------------------------------------------------------------------------------


def test_what_is_shared_says_nothing_but_its_mark(alice, generated, snapshot):
    found = exported(alice, [generated, snapshot], SHARE, "My walk")
    assert found.namelist() == ["My-walk-01.png", "My-walk-02.jpg", "_written.csv"]
    for name in found.namelist():
        assert not [word for word in TELLING if word in found.read(name)]
    lines = table(found)
    assert [line["AI mark"] for line in lines] == ["trainedAlgorithmicMedia", "no"]
    assert {line[key] for line in lines for key in ("prompt", "place", "camera")} == {"no"}
    shown = Image.open(io.BytesIO(found.read("My-walk-02.jpg")))
    assert shown.getexif()[0x0112] == 6 and set(shown.getexif()) == {0x0112}
    before, after = (
        Image.open(io.BytesIO(data)) for data in (original(generated), found.read("My-walk-01.png"))
    )
    assert before.tobytes() == after.tobytes()


@pytest.mark.usefixtures("scripted")
def test_a_final_named_after_its_prompt_is_shared_without_that_title(alice):
    session = make_session(alice, count=2)
    for photo in pictures_of(session):
        curate.decide(alice, [photo.pk], value=Photo.Verdict.PICKED)
    finals.file_picks(session.pk)
    first, second = Photo.objects.finals().order_by("pk")
    Photo.objects.filter(pk=second.pk).update(title="Typed by hand")
    found = exported(alice, [first, second], SHARE)
    assert b"lighthouse" not in b"".join(found.read(name) for name in found.namelist())
    assert sorted(line["title"] for line in table(found)) == ["", "Typed by hand"]
    assert {line["AI mark"] for line in table(found)} != {"no"}


@pytest.mark.parametrize("data", [
    animate("GIF"), draw("TIFF"), draw("AVIF", quality=60),
], ids=["gif", "tiff", "avif"])  # fmt: skip
def test_what_cannot_carry_a_mark_is_drawn_anew_with_it(alice, data):
    photo = make_photo(alice, data, digital_source_type="trainedAlgorithmicMedia")
    found = exported(alice, [photo], SHARE, "fog")
    (line,) = table(found)
    assert line["file"] == "fog-01.webp" and "drawn anew" in line["written as"]
    assert line["AI mark"] == "trainedAlgorithmicMedia"


@pytest.mark.parametrize(("format", "alpha"), [("PNG", 254), ("PNG", 200), ("WEBP", 200)])
def test_a_prompt_hidden_in_the_pixels_does_not_travel(alice, media_root, format, alpha):
    """Nor in the size that a link shows; also where the picture is transparent, and keeps its alpha."""
    photo = make_photo(
        alice, hiding(PROMPT, alpha=alpha, format=format), digital_source_type="trainedAlgorithmicMedia"
    )
    assert format == "WEBP" or photo.recipe.seed == "4242"
    (line,) = table(found := exported(alice, [photo], SHARE))
    assert line["file"].endswith(".webp") and (line["prompt"], line["problem"]) == ("no", "")
    web = media_root / storage.thumbnail_name(photo.file.name, photo.sha256, "l1600")
    for data in (found.read(line["file"]), web.read_bytes()):
        with Image.open(io.BytesIO(data)) as image:
            assert image.mode == ("RGB" if alpha == 254 else "RGBA")
            column = image.convert("RGBA").getchannel("A").crop((0, 0, 1, 120)).tobytes()
        assert len({value & 1 for value in column}) == 1  # the sign would stand here


def test_a_transparent_webp_that_nobody_says_was_made_is_looked_at(alice):
    """What hides a prompt is drawn anew, any other is shared as it is."""
    for data, is_drawn in (
        (hiding(PROMPT, alpha=200, format="WEBP"), True),
        (draw("WEBP", mode="RGBA"), False),
    ):
        photo = make_photo(alice, data, name="sticker.webp")
        with exporting.share_file(photo, 1, "") as shared:
            assert (photo.digital_source_type, shared.is_drawn) == ("", is_drawn)


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_a_prompt_hidden_in_the_colours_does_not_travel(alice, format):
    for data, is_drawn in (
        (hiding(PROMPT, format=format, bands="RGB"), True),
        (draw(format, size=(64, 320), **({"lossless": True} if format == "WEBP" else {})), False),
    ):
        photo = make_photo(alice, data, digital_source_type="trainedAlgorithmicMedia")
        with exporting.share_file(photo, 1, "") as shared:
            assert shared.is_drawn == is_drawn
            with Image.open(shared.path) as image:
                image.save(decoded := io.BytesIO(), "PNG")
            assert not hides_text(decoded)


def test_who_made_it_and_its_rights_stay_where_only_the_camera_wrote_them(alice):
    exif = Image.Exif()
    exif[0x013B], exif[0x8298], exif[0x010F] = "Alice A.", "(c) 2026 Alice", "Canon"
    (line,) = table(exported(alice, [make_photo(alice, draw("JPEG", exif=exif))], SHARE))
    assert (line["creator"], line["rights"], line["camera"]) == ("Alice A.", "(c) 2026 Alice", "no")


def test_an_archive_comes_in_again_with_what_its_json_knows(alice, bob, generated, tmp_path):
    generated.title, generated.caption, generated.rating = "Öland", "At <dawn>", 4
    generated.save()
    generated.tags.add(Tag.objects.create(owner=alice, name="sea", folded="sea"))
    Recipe.objects.create(photo=(bare := make_photo(alice, name="bare.png")), generator="comfyui", prompt="a harbour",
                          seed="18446744073709551615", steps=20, cfg=6.5, loras=[{"name": "coast", "weight": 0.5}]
                          )  # fmt: skip
    found = exported(alice, [generated, bare], ARCHIVE)
    found.extractall(tmp_path)
    assert {outcome.became for outcome in Import(bob.pk, [tmp_path]).run()} <= {"added", "skipped"}
    one, other = (Photo.objects.owned_by(bob).get(sha256=photo.sha256) for photo in (generated, bare))
    assert (one.title, one.caption, one.rating, one.tags.get().name) == ("Öland", "At <dawn>", 4, "sea")
    assert (one.recipe.seed, other.recipe.seed, other.recipe.cfg) == ("4242", "18446744073709551615", 6.5)
    assert (other.recipe.prompt, other.recipe.loras[0]["weight"]) == ("a harbour", 0.5)


def test_share_file_gives_a_path_and_its_papers(generated):
    with exporting.share_file(generated, 3, "=Sum/ of..fog", of=200) as shared:
        assert shared.name == "=Sum-of-fog-003.png" and shared.path.is_file()
        assert shared.papers.is_marked and not shared.papers.has_recipe
    assert not shared.path.exists()


# --- full and archive -----------------------------------------------------------------------------


def test_full_is_the_original_and_what_it_does_not_say_stands_beside_it(alice, generated):
    data = draw("PNG", seed=7)
    bare = make_photo(alice, data, name="bare.png")
    Recipe.objects.create(photo=bare, generator="comfyui", prompt="fog, at sea", negative_prompt="people", steps=20,
                          sampler="euler", cfg=6.5, seed="99", width=64, height=48, model="coast, v2")  # fmt: skip
    found = exported(alice, [bare, generated], FULL)
    assert set(found.namelist()) == {
        *("bare.png", "bare.txt", "bare.xmp", "secret-4242.png", "secret-4242.xmp", "_written.csv")
    }
    assert found.read("bare.png") == data and found.read("secret-4242.png") == original(generated)
    told = read([(".txt", lambda: found.open("bare.txt"))])
    assert (told.recipe.prompt, told.recipe.seed, told.recipe.model) == ("fog, at sea", "99", "coast, v2")
    assert papers.read_packet(found.read("bare.xmp")).digital_source_type == "trainedAlgorithmicMedia"
    assert {line["file"]: line["prompt"] for line in table(found)} == {
        "bare.png": "no",
        "secret-4242.png": "yes",
    }


def test_an_archive_holds_every_fact_beside_the_untouched_bytes(alice, snapshot):
    album = albums.create(alice, title="Öland")
    albums.add(album, [snapshot.pk])
    snapshot.tags.add(Tag.objects.create(owner=alice, name="sea", folded="sea"))
    curate.decide(alice, [snapshot.pk], value=Photo.Verdict.PICKED)
    found = exported(alice, [snapshot], ARCHIVE)
    told = json.loads(found.read("holiday.jpg.json"))
    assert found.read("holiday.jpg") == original(snapshot)
    assert told["sha256"] == snapshot.sha256 and told["tags"] == ["sea"] and told["decision"] == "picked"
    assert told["albums"] == [{"id": album.pk, "title": "Öland"}] and told["camera_model"] == "Canon EOS R5"
    assert round(told["latitude"], 2) == 47.5 and told["decisions"][0]["to"] == 1


def test_names_are_unique_also_without_their_endings_and_their_case(alice):
    names = ("Fog.png", "fog.jpg", "FOG.png")
    photos = [make_photo(alice, draw("PNG", seed=n + 50), name=name) for n, name in enumerate(names)]
    found = exported(alice, photos, ARCHIVE)
    stems = {name.rpartition(".")[0].casefold() for name in found.namelist() if not name.endswith(".json")}
    assert len(stems) == 4  # three images and the table


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [SHARE, FULL, ARCHIVE])
def test_one_broken_file_is_a_line_and_the_rest_arrives(alice, profile):
    broken, gone, whole = (make_photo(alice, name=name) for name in ("a.png", "b.png", "c.png"))
    path = storage.local_path(broken.root, broken.file.name)
    path.chmod(0o600)
    path.write_bytes(original(broken)[:200])
    storage.local_path(gone.root, gone.file.name).unlink()
    lines = table(exported(alice, [broken, gone, whole], profile))
    assert [bool(line["problem"]) for line in lines] == [False, True, True]
    assert sum("check_media" in line["problem"] for line in lines) == 1


def test_what_goes_to_the_trash_meanwhile_is_left_out(alice):
    photos = [make_photo(alice) for _ in range(2)]
    job = Job(chosen=Chosen(owner=alice, photo_ids=tuple(photo.pk for photo in photos)), profile=SHARE)
    assert len(job.ids) == 2
    curate.trash(alice.pk, [photos[1].pk])
    lines = table(zipfile.ZipFile(io.BytesIO(b"".join(archive.blocks(job)))))
    assert [line["file"] for line in lines] == ["(1)", "image-02.png"]


def test_at_most_three_are_on_their_way_at_once(alice, alice_client):
    photo = make_photo(alice)
    chosen = Chosen(owner=alice, photo_ids=(photo.pk,))
    held = [archive.Stream(archive.blocks(Job(chosen=chosen, profile=SHARE))) for _ in range(archive.AT_ONCE)]
    form = {"photo": [photo.pk], "profile": SHARE, "next": "/export/"}
    assert alice_client.post(reverse("export_zip"), form).status_code == 303
    held.pop().close()
    answer = alice_client.post(reverse("export_zip"), form)
    assert answer.status_code == 200 and b"".join(answer.streaming_content)[:2] == b"PK"
    assert alice_client.post(reverse("export_zip"), form).status_code == 200  # its slot came back
    for one in held:
        one.close()


@pytest.mark.parametrize("profile", [SHARE, ARCHIVE])
def test_a_linked_file_leaves_only_as_what_was_linked(alice, tmp_path, profile):
    files = [tmp_path / name for name in ("kept.png", "changed.png")]
    for n, file in enumerate(files):
        file.write_bytes(draw("PNG", seed=80 + n))
    call_command(
        "import_photos",
        "--link",
        "--owner",
        "alice",
        str(tmp_path),
        stdout=io.StringIO(),
        stderr=io.StringIO(),
    )
    files[1].unlink()
    files[1].symlink_to("/etc/hostname")
    found = exported(alice, Photo.objects.owned_by(alice), profile)
    assert sorted(bool(line["problem"]) for line in table(found)) == [False, True]
    assert str(tmp_path).encode() not in b"".join(
        found.read(name) for name in found.namelist() if name[0] == "_"
    )


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_it_is_sent(alice, alice_client):
    photos = [make_photo(alice) for _ in range(2)]
    form = {"photo": [photo.pk for photo in photos], "profile": SHARE}
    pieces = iter(alice_client.post(reverse("export_zip"), form).streaming_content)
    next(pieces)
    assert not connection.in_atomic_block
    assert connection.vendor == "sqlite" or connection.connection is None  # somebody else may have it
    Photo.objects.filter(pk=photos[0].pk).update(title="written meanwhile")
    assert b"".join(pieces)


# --- facts ----------------------------------------------------------------------------------------


def test_facts_as_csv_open_in_a_spreadsheet_and_start_no_formula(alice, generated, snapshot):
    Photo.objects.filter(pk=snapshot.pk).update(title='=HYPERLINK("http://x")', caption="＋1", latitude=-47.5)
    chosen = Chosen(owner=alice, scope="all:")
    data = b"".join(exporting.facts.stream(chosen, "csv"))
    assert data.startswith(b"\xef\xbb\xbf")
    by_id = {int(line["id"]): line for line in csv.DictReader(io.StringIO(data.decode("utf-8-sig")))}
    told = by_id[snapshot.pk]
    assert told["title"] == '\'=HYPERLINK("http://x")' and told["caption"] == "'＋1"
    assert told["latitude"] == "-47.5"  # a number is no formula
    assert by_id[generated.pk]["seed"] == "4242" and set(told) == {
        one.name for one in exporting.facts.COLUMNS
    }


@pytest.mark.usefixtures("scripted")
def test_facts_of_a_session_come_in_its_order_as_json_lines(alice):
    session = make_session(alice, count=3)
    chosen = Chosen(owner=alice, scope=f"session:{session.pk}:all")
    told = [json.loads(one) for one in b"".join(exporting.facts.stream(chosen, "jsonl")).splitlines()]
    assert [(one["number"], one["session"]) for one in told] == [(n, session.pk) for n in (1, 2, 3)]
    assert told[0]["prompt"] == "red lighthouse in fog" and told[0]["caption"] is None


# --- the page -------------------------------------------------------------------------------------


def test_the_page_says_what_leaves_and_proves_it(
    alice, alice_client, generated, django_assert_max_num_queries
):
    album = albums.create(alice, title="Coast")
    albums.add(album, [generated.pk])
    with django_assert_max_num_queries(14):
        page = alice_client.get(reverse("export"), {"scope": f"album:{album.pk}"}).content.decode()
    assert "Album “Coast”" in page and "1 image" in page
    assert "AI mark in it, no prompt, no place" in page and "no AI mark, prompt in it" in page
    answer = alice_client.post(
        reverse("export_zip"), {"scope": f"album:{album.pk}", "profile": SHARE, "title": "Coast"}
    )
    found = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert found.namelist() == ["Coast-01.png", "_written.csv"]


def test_the_bar_sends_a_selection_or_the_whole_list(alice, alice_client, generated, snapshot):
    ticked = {"do": "export", "scope": "all:", "photo": [generated.pk]}
    assert "1 image" in alice_client.post(reverse("export"), ticked).content.decode()
    assert "2 images" in alice_client.post(reverse("export"), ticked | {"whole": "1"}).content.decode()
    nothing = alice_client.post(reverse("export"), {"do": "export", "scope": "all:", "next": "/albums/"})
    assert nothing["Location"] == "/albums/"


@pytest.mark.parametrize("address", ["export_zip", "export_facts"])
def test_what_is_somebody_else_s_is_never_in_it(alice, bob, bob_client, generated, address):
    album = Album.objects.create(owner=bob, title="Mine")
    AlbumPhoto.objects.create(album=album, photo=generated, position=1, shown_at=generated.shown_at)
    for form in ({"photo": [generated.pk]}, {"scope": f"album:{album.pk}"}, {"scope": "all:"}):
        answer = bob_client.post(reverse(address), form)
        body = b"".join(answer.streaming_content)
        assert b"secret" not in body and b"IDAT" not in body
    hers = albums.create(alice, title="Hers")
    assert bob_client.get(reverse("export"), {"scope": f"album:{hers.pk}"}).status_code == 404


def test_more_than_fit_into_a_zip_are_sent_to_the_command(alice, alice_client, monkeypatch):
    PhotoFactory.create_batch(3, owner=alice)
    monkeypatch.setattr(Chosen.measure, "__defaults__", (2,))
    page = alice_client.get(reverse("export"), {"scope": "all:"}).content.decode()
    assert "./manage.py export --all --owner alice" in page and "Download ZIP" not in page
    assert alice_client.post(reverse("export_zip"), {"scope": "all:"}).status_code == 303
