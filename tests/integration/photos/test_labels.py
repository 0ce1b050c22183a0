"""Labels and reasons: found, counted, listed with keys that are free."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from generation import finals
from photos import bulk, curate, reasons, search
from photos.models import Photo
from tests.factories import PhotoFactory, make_session, pictures_of
from tests.integration.generation.conftest import scripted  # noqa: F401
from tests.rights import let_generate

pytestmark = pytest.mark.django_db


def found(owner, words: str) -> set[int]:
    return {photo.pk for photo in search.find(owner, search.parse(words)).photos}


@pytest.fixture
def photos(alice) -> list[Photo]:
    photos = PhotoFactory.create_batch(4, owner=alice)
    search.index([photo.pk for photo in photos])
    curate.decide(alice, [photos[0].pk], axis="label", value=1)
    curate.decide(alice, [photos[1].pk], axis="label", value=3)
    curate.decide(alice, [photos[2].pk], value=2, reason="Hände")
    return photos


def test_labels_and_reasons_are_found(alice, bob, photos):
    red, green, hands, plain = (photo.pk for photo in photos)
    assert found(alice, "label:red") == {red} and found(alice, "label:any") == {red, green}
    assert found(alice, "label:none") == {hands, plain}
    assert (
        found(alice, "reason:hände") == found(alice, "reason:HÄNDE") == found(alice, "reason:any") == {hands}
    )
    assert found(alice, "reason:text") == found(bob, "label:red") == set()
    assert found(alice, "is:rejected -reason:hände") == set()


@pytest.mark.any_database
def test_labels_and_reasons_are_counted_beside_a_search(alice, photos):
    counts = search.in_common(alice, search.parse("rating:0")).counts
    assert dict(counts["label"]) == {"red": 1, "green": 1} and dict(counts["reason"]) == {"Hände": 1}


def test_only_what_is_rejected_has_a_reason_and_labels_are_six(photos):
    for broken in ({"reason": "hands"}, {"label": 6}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Photo.objects.filter(pk=photos[0].pk).update(**broken)


@pytest.mark.any_database
def test_all_of_a_list_is_labelled_or_rejected_for_something(alice, photos):
    ids = [photo.pk for photo in photos]
    bulk.do(alice, ids, "label", "4")
    done = bulk.do(alice, ids, "reason", "crop")
    assert set(Photo.objects.values_list("label", "decision", "reason")) == {(4, 2, "crop")}
    bulk.take_back(alice, done.way_back)
    assert set(Photo.objects.values_list("reason", flat=True)) == {"", "Hände"}


@pytest.mark.any_database
def test_a_final_keeps_the_label(alice, scripted):  # noqa: F811
    let_generate(alice)
    session = make_session(alice, count=2)
    first = pictures_of(session)[0]
    curate.decide(alice, [first.pk], axis="label", value=2)
    curate.decide(alice, [first.pk], value=1)
    finals.file_picks(session.pk)
    assert Photo.objects.get(source=first).label == 2


@pytest.mark.any_database
def test_choosing_a_reason_on_the_page_of_an_image_rejects_it(alice, alice_client):
    photo = PhotoFactory(owner=alice)
    address = f"/photos/{photo.pk}/"

    def send(decision: int, reason: str) -> tuple[int, str]:
        drawn = re.search(r'name="stood" value="([^"]*)"', alice_client.get(address).content.decode())[1]
        form = {"decision": decision, "rating": 0, "label": 0, "reason": reason, "stood": drawn}
        alice_client.post(f"{address}decide/", form)
        photo.refresh_from_db()
        return photo.decision, photo.reason

    assert send(0, "hands") == (2, "hands")  # nobody ticked Reject
    assert send(1, "hands") == (1, "")  # it only stood there still
    assert send(1, "text") == send(2, "text") == (2, "text")


@pytest.mark.any_database
def test_a_person_s_own_list_of_reasons(alice, bob, alice_client):
    assert [one.key for one in reasons.reasons_of(alice)] == ["h", "w", "j", "o", "q"]
    rows = {"name": ["fingers", "", "too dark"], "key": ["h", "", ""]}
    alice_client.post("/account/reasons/", rows)
    assert [(one.name, one.key) for one in reasons.reasons_of(alice)] == [("fingers", "h"), ("too dark", "j")]
    assert len(reasons.reasons_of(bob)) == 5
    for name, key in (("a", "p"), ("FINGERS", "o")):
        refused = alice_client.post("/account/reasons/", {"name": ["fingers", name], "key": ["h", key]})
        assert refused.status_code == 422


@pytest.mark.any_database
def test_the_keys_of_reasons_do_nothing_else():
    table = Path("static/js/keys.js").read_text()
    plain = [line for line in table.splitlines() if line.startswith("  { does:") and "ctrl: true" not in line]
    taken = "".join("".join(re.findall(r"'(.)'", found[1])) for line in plain
                    if "after:" not in line and (found := re.search(r"key: \[(.*?)\]", line)))  # fmt: skip
    assert not set(taken) & set(reasons.KEYS)


@pytest.mark.any_database
def test_every_key_has_its_words_in_the_help():
    bound = re.findall(r"does: '(\w+)'", Path("static/js/keys.js").read_text())
    told = re.findall(r"\['(\w+)', ", Path("static/js/help.js").read_text())
    assert bound and sorted(bound) == sorted(told)
