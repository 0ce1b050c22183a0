"""The import page: folders to choose, what is watched, and the report of a run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from photos import importing_runs, watching
from photos.importing import Options
from photos.models import ImportedFile, ImportRun, WatchedFolder
from tests.integration.photos.test_import_runs import bring, carried_on, let_import, output  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def text(client, address: str) -> str:
    """The words of a page, without its markup."""
    page = re.sub(r"<head>.*?</head>", "", client.get(address).content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def asked(folder: Path, do: str, **more) -> dict:
    return {"place": str(folder), "into": "uploads", "where": "copy", "do": do, **more}


def test_without_a_folder_an_administrator_is_told_which_line_to_write(
    admin_client, alice, alice_client, settings
):
    settings.GALLERY_IMPORT_FOLDERS = []
    let_import(alice)
    shown = text(admin_client, "/import/")
    assert f"{settings.DATA_DIR}/.env" in shown and "GALLERY_IMPORT_FOLDERS=/" in shown
    assert "import_photos" in shown and "watch_folder" in shown
    assert str(settings.DATA_DIR) not in text(alice_client, "/import/")


def test_who_may_not_import_sees_no_way_to_it_and_no_path(bob_client, alice, alice_client, settings):
    assert bob_client.get("/import/").status_code == 403
    home = bob_client.get("/").content.decode()
    assert "/import/" not in home and str(settings.BASE_DIR) not in home
    let_import(alice)
    assert alice_client.get("/").content.decode().count('href="/import/"') == 2


def test_folders_are_walked_through_and_nothing_outside_is_there(alice_client, output, tmp_path):  # noqa: F811
    assert "output 5 files" in text(alice_client, "/import/")
    assert "with 5 files" in text(alice_client, f"/import/?in={output}")
    for place in (tmp_path, "/etc", f"{output}/..//../..", "relative", "\0"):
        assert alice_client.get("/import/", {"in": str(place)}).status_code == 404
    refused = alice_client.post("/import/begin/", asked(tmp_path, "start"))
    assert refused.status_code == 422 and not ImportRun.objects.exists()


def test_looking_first_then_bringing_in_then_the_report(alice, alice_client, output):  # noqa: F811
    looked = alice_client.post("/import/begin/", asked(output, "look"))
    assert "Waiting to start" in text(alice_client, looked["Location"])
    carried_on(ImportRun.objects.get())
    shown = text(alice_client, looked["Location"])
    assert "5 files: 2 with prompts, 1 without, 1 grid left out, 1 refused. 3 would be new." in shown
    assert "Nothing was stored." in shown and "output/half.png" in shown
    begun = alice_client.post(f"{looked['Location']}go-on/")
    carried_on(ImportRun.objects.latest("pk"))
    shown = text(alice_client, begun["Location"])
    assert "5 files: 2 with prompts, 1 without, 1 grid left out, 1 refused. 3 new." in shown
    assert "half.png" in shown and "Try it again" in shown  # what was refused is shown first
    with_prompts = alice_client.get(f"{begun['Location']}?list=full").content.decode()
    photo = ImportedFile.objects.filter(recipe="full").first().photo
    assert photo.get_absolute_url() in with_prompts and "half.png" not in with_prompts


def test_refused_files_are_listed_by_pages_and_by_reason_and_tried_again_one_by_one(
    alice,
    alice_client,
    output,  # noqa: F811
):
    run = bring(alice, output)
    ImportedFile.objects.bulk_create(
        ImportedFile(owner=alice, run=run, path=f"{output}/x{n}.png", path_key=f"x{n}", byte_size=1,
                     became="rejected", reason="It is broken." if n else "It is <b>odd</b>.")
        for n in range(150)
    )  # fmt: skip
    ImportRun.objects.update(
        counts={"rejected": 151, "reasons": {"It is broken.": 149, "It is <b>odd</b>.": 1}}
    )
    first = alice_client.get(f"/import/{run.pk}/?list=refused")
    assert len(first.context["rows"]) == 100 and "&lt;b&gt;odd" in first.content.decode()
    names = {row.name for row in first.context["rows"]}
    names |= {row.name for row in alice_client.get(first.context["older"].partition("#")[0]).context["rows"]}
    assert len(names) == 151
    odd = alice_client.get(f"/import/{run.pk}/", {"list": "refused", "reason": "It is <b>odd</b>."})
    assert [row.name for row in odd.context["rows"]] == ["x0.png"]
    assert alice_client.get(f"/import/{run.pk}/?list=refused&reason=%00&after=%00-1").status_code == 200
    alice_client.post(f"/import/{run.pk}/retry/", {"file": odd.context["rows"][0].file.pk})
    run.refresh_from_db()
    assert run.only == [f"{output}/x0.png"] and run.state == "queued"


def test_a_running_import_says_how_far_it_is_and_can_be_stopped(alice, alice_client, output):  # noqa: F811
    run = importing_runs.start(alice, [str(output)], Options())
    importing_runs.claim(run.pk)
    ImportRun.objects.update(stage="bringing", n_files=80_214, n_done=40_000, counts={"added": 40_000})
    shown = text(alice_client, f"/import/{run.pk}/progress/")
    assert "40,000 of 80,214 files" in shown and "browse what is here" in shown
    alice_client.post(f"/import/{run.pk}/stop/")
    shown = text(alice_client, f"/import/{run.pk}/")
    assert "Stopped after 40,000 of 80,214" in shown and "Go on" in shown


def test_a_folder_is_watched_switched_off_and_forgotten(alice_client, output):  # noqa: F811
    alice_client.post("/import/begin/", asked(output, "watch", into="sessions", existing="1"))
    row = WatchedFolder.objects.get()
    assert row.options == {"as_sessions": True, "link": False, "existing": True} and row.is_on
    assert ImportRun.objects.get().places == [str(output)]
    again = alice_client.post("/import/begin/", asked(output, "watch"))
    assert again.status_code == 422 and "is watched already" in again.content.decode()
    WatchedFolder.objects.update(note="Is its disk there?", n_brought=12)
    assert "12 images came in Is its disk there?" in text(alice_client, "/import/")
    alice_client.post(f"/import/watched/{row.pk}/", {"do": "off"})
    assert "switched off" in text(alice_client, "/import/")
    alice_client.post(f"/import/watched/{row.pk}/", {"do": "remove"})
    assert not WatchedFolder.objects.exists()


def test_the_pages_ask_little(alice, alice_client, output, django_assert_max_num_queries):  # noqa: F811
    run = bring(alice, output)
    watching.add(alice, str(output), Options(), existing=False)
    with django_assert_max_num_queries(10):
        alice_client.get("/import/")
    with django_assert_max_num_queries(12):
        alice_client.get(f"/import/{run.pk}/?list=full")
    ImportRun.objects.update(state="running")
    with django_assert_max_num_queries(6):
        alice_client.get(f"/import/{run.pk}/progress/")
