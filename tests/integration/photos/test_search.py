"""The index and what is found with it, on whichever database the tests run."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from photos import checks, curate, search
from photos.images import RecipeFacts
from photos.ingest import tag
from photos.models import Photo, PhotoText, Recipe
from photos.search.describing import describe
from photos.search.keeping import backend
from tests.factories import AN_HOUR, PhotoFactory, make_photo

pytestmark = pytest.mark.django_db


def indexed(owner, prompt: str = "", **fields) -> Photo:
    photo = PhotoFactory(owner=owner, **fields)
    if prompt:
        Recipe.objects.create(photo=photo, generator="test", prompt=prompt)
    with transaction.atomic():
        search.index([photo.pk])
    return photo


def found(owner, words: str, **places) -> list[Photo]:
    return search.find(owner, search.parse(words), **places).photos


@pytest.mark.parametrize("words", ["sunrise", "gulls", "holiday", "lighthouse", "dscf0815", "dscf0815.jpg"])
def test_title_caption_tags_prompt_and_file_name_are_found(alice, words):
    photo = PhotoFactory(
        owner=alice, title="Sunrise", caption="Two gulls", file="uploaded/2026-11-22/DSCF0815.jpg"
    )
    Recipe.objects.create(photo=photo, generator="test", prompt="a red lighthouse")
    tag(photo, ["Holiday"])
    search.index([photo.pk])
    assert found(alice, words) == [photo]


def test_what_comes_in_is_found_at_once(alice):
    recipe = RecipeFacts(generator="test", prompt="red lighthouse in fog")
    photo = make_photo(alice, name="harbour.png", tags=("Küste",), recipe=recipe)
    assert found(alice, "lighthouse") == found(alice, "kuste") == found(alice, "harbour") == [photo]


def test_all_words_must_occur(alice):
    both = indexed(alice, "red lighthouse")
    indexed(alice, "red barn")
    assert found(alice, "lighthouse red") == [both]
    assert found(alice, "lighthouse barn") == []


def test_the_beginning_of_a_word_finds_it_from_three_letters_on(alice):
    photo = indexed(alice, "lighthouse of glass")
    assert found(alice, "lig") == found(alice, "glas light") == [photo]
    assert found(alice, "li") == found(alice, '"lig"') == found(alice, "house") == []


def test_quotes_keep_words_together(alice):
    together = indexed(alice, "an old wizard of the sea")
    indexed(alice, "a wizard, old")
    assert found(alice, '"old wizard"') == found(alice, "“Old Wizard”") == [together]
    assert found(alice, '"the old"') == []


def test_a_minus_leaves_out(alice):
    clear, foggy = indexed(alice, "lighthouse at noon"), indexed(alice, "lighthouse in fog")
    assert found(alice, "lighthouse -fog") == [clear]
    assert found(alice, '-"at noon"') == [foggy]
    assert found(alice, "-fo") == found(alice, "-dogs") == [foggy, clear]


@pytest.mark.parametrize("words", ["Küste", "kuste", "KÜSTE", "Ku\u0308ste"])
def test_case_and_accents_do_not_matter(alice, words):
    photo = indexed(alice, title="Die Küste bei Łeba")
    assert found(alice, words) == found(alice, "leba") == [photo]


@pytest.mark.parametrize("words", ["灯台", "台", "赤い灯台", '"灯台" 海'])
def test_text_without_spaces_is_found_by_any_part_of_it(alice, words):
    photo = indexed(alice, "夜の海と赤い灯台")
    indexed(alice, "台灯")
    assert photo in found(alice, words)
    assert found(alice, "灯台") == [photo]


MANY_SCRIPTS = "夜の東京タワーとSDXL海辺、등대가 보인다 ประภาคาร 灯"


FOUND = [
    "東",
    "東京",
    "東京タワー",
    "タワー",
    "ー",
    "海",
    "辺",
    "海辺",
    "灯",
    "SDXL海",
    "とsdxl",
    "등대",
    "등",
    "보인",
    "ประภาคาร",
    "ภาคาร",
    "ﾀﾜｰ",
]
LEFT = ["京東", "東タワー", "sdxl辺", "대가", "등보", "辺海", "-灯", "sdx海"]


@pytest.mark.parametrize("words", [*FOUND, '"灯"', "東京 海", "-(海東) 夜"])
def test_any_script_is_found_by_parts_as_its_readers_would_type_them(alice, words):
    photo = indexed(alice, MANY_SCRIPTS)
    assert found(alice, words) == [photo]


@pytest.mark.parametrize("words", [*LEFT, "-海 東京"])
def test_what_does_not_stand_side_by_side_in_any_script_is_not_found(alice, words):
    indexed(alice, MANY_SCRIPTS)
    assert found(alice, words) == []


def test_a_tag_of_one_character_is_itself_in_quotes_and_a_beginning_without(alice):
    sea, shore = PhotoFactory(owner=alice), PhotoFactory(owner=alice, shown_at=AN_HOUR + timedelta(hours=1))
    tag(sea, ["海"])
    tag(shore, ["海辺"])
    search.index([sea.pk, shore.pk])
    assert found(alice, 'tag:"海"') == [sea] and found(alice, "tag:海") == [shore, sea]


def test_every_character_of_a_query_is_harmless(alice):
    photo = indexed(alice, "plain")
    for words in [
        "\"'*",
        "plain OR",
        "NEAR(plain, 2)",
        "plain:*",
        "^plain",
        "{a b}: plain",
        "a\\' & !b <-> |",
        "%_",
        "\x00",
    ]:
        found(alice, words)
    for words in ["plain*", "(plain)", "'plain'", "-- plain", "plain;", "plain\\"]:
        assert found(alice, words) == [photo]


def test_newest_pictures_come_first_and_pages_follow_without_gaps(alice, monkeypatch):
    monkeypatch.setattr("photos.search.finding.PAGE", 3)
    photos = [indexed(alice, "sea", shown_at=AN_HOUR + timedelta(minutes=n // 3)) for n in range(10)][::-1]
    first = search.find(alice, search.parse("sea"))
    second = search.find(alice, search.parse("sea"), before=first.older)
    last = search.find(
        alice, search.parse("sea"), before=search.find(alice, search.parse("sea"), before=second.older).older
    )
    assert [first.photos, second.photos, last.photos] == [photos[:3], photos[3:6], photos[9:]]
    assert first.newer is None and last.older is None and first.total == last.total == 10
    assert found(alice, "sea", after=second.newer) == photos[:3]
    assert search.find(alice, search.parse("sea"), after=second.newer).newer is None
    assert found(alice, "sea", after=last.newer) == photos[6:9]


@pytest.mark.parametrize("year", [1, 1066, 1839, 1969, 2600, 9999])
def test_any_date_can_be_found_and_paged_past(alice, year):
    photo = indexed(alice, "sea", shown_at=AN_HOUR.replace(year=year))
    place = search.Place.of(photo)
    assert search.Place.parse(str(place)) == place
    assert found(alice, "sea") == [photo] and found(alice, "sea", before=place) == []


@pytest.mark.parametrize(
    "text", ["", "x", "1-1", "20261122140500123456-", "20261322140500123456-1", "٢" * 20 + "-1"]
)
def test_a_place_that_is_none_is_the_beginning(text):
    assert search.Place.parse(text) is None


def test_nobody_finds_or_counts_what_is_another_persons(alice, bob, django_user_model):
    indexed(alice, "lighthouse", title=f"{bob.pk}_lighthouse {bob.pk}_ harbour")
    for words in (
        "lighthouse",
        "light",
        f"{bob.pk}_lighthouse",
        "-fog",
        '"lighthouse"',
        f"{alice.pk}_",
        "harbour",
    ):
        result = search.find(bob, search.parse(words))
        assert result.photos == [] and result.total == 0
    mine = indexed(bob, "lighthouse")
    assert search.find(bob, search.parse("lighthouse")).total == 1
    assert found(bob, "lighthouse") == [mine]


def test_nobody_signed_in_finds_nothing(alice):
    from django.contrib.auth.models import AnonymousUser

    indexed(alice, "lighthouse")
    assert search.find(AnonymousUser(), search.parse("lighthouse")).total == 0


@pytest.mark.django_db(transaction=True)
def test_the_trash_is_left_out_and_a_restored_picture_is_back(alice):
    photo = indexed(alice, "lighthouse")
    curate.trash(alice.pk, [photo.pk])
    assert search.find(alice, search.parse("lighthouse")).total == 0
    curate.restore(alice.pk, [photo.pk])
    assert found(alice, "lighthouse") == [photo]


def test_a_candidate_with_a_final_is_shown_by_its_final(alice):
    indexed(alice, "lighthouse", collection="session", represented=True)
    final = indexed(alice, "lighthouse", final=True)
    assert found(alice, "lighthouse") == [final]
    assert search.find(alice, search.parse("lighthouse")).total == 1


def test_old_words_of_a_picture_are_forgotten(alice):
    photo = indexed(alice, "sea", title="Lighthouse")
    Photo.objects.filter(pk=photo.pk).update(title="Harbour", shown_at=AN_HOUR - timedelta(days=400))
    assert search.index([photo.pk]) == 1
    assert found(alice, "lighthouse") == []
    assert found(alice, "harbour sea") == [photo]
    assert search.index([photo.pk]) == 0


def test_a_long_prompt_is_found_by_its_beginning(alice):
    photo = indexed(alice, "first " + "word " * 10_000 + "last", title="x" * 500)
    assert found(alice, "first") == [photo]


def test_common_words_are_counted_to_a_thousand_only(alice, monkeypatch):
    monkeypatch.setattr("photos.search.finding.COUNT_AT_MOST", 4)
    for _ in range(6):
        indexed(alice, "sea")
    monkeypatch.setattr("photos.search.finding.PAGE", 2)
    assert search.find(alice, search.parse("sea")).total == 5


def test_rare_and_common_words_come_by_two_ways_to_the_same_pages(alice, monkeypatch):
    monkeypatch.setattr("photos.search.finding.PAGE", 2)
    photos = [indexed(alice, "sea", shown_at=AN_HOUR + timedelta(minutes=n)) for n in range(7)][::-1]
    for walk in (1, 3_000):
        monkeypatch.setattr("photos.search.postgres.WALK", walk)
        second = search.find(alice, search.parse("sea"), before=search.Place.of(photos[1]))
        assert second.photos == photos[2:4] and second.total == 7
        assert found(alice, "sea", after=search.Place.of(photos[4])) == photos[2:4]


def test_forgotten_pictures_leave_nothing_behind(alice):
    photo = indexed(alice, "lighthouse")
    search.forget([photo.pk])
    assert search.sizes() == (1, 0, backend().entries())
    assert found(alice, "lighthouse") == []


# --- rebuilding -----------------------------------------------------------------------------------


@pytest.fixture
def empty_index(transactional_db):
    with transaction.atomic():
        search.clear()


def test_rebuilding_writes_what_is_missing_and_leaves_the_rest(empty_index, alice, capsys):
    photos = [PhotoFactory(owner=alice, title="Lighthouse") for _ in range(3)]
    with transaction.atomic():
        search.index([photos[0].pk])
    call_command("rebuild_search")
    assert "2 images written" in capsys.readouterr().out
    assert len(found(alice, "lighthouse")) == 3
    call_command("rebuild_search")
    assert "0 images written.\nThe index is complete: 3 images." in capsys.readouterr().out


def test_rebuilding_anew_mends_an_index_that_lost_its_entries(empty_index, alice, capsys):
    photo = PhotoFactory(owner=alice, title="Lighthouse")
    PhotoText.objects.create(
        photo=photo, owner_id=alice.pk, shown_at=photo.shown_at, words="lighthouse row 1 jpg"
    )
    PhotoText.objects.filter(photo=photo).update(words=_words_of(photo))
    with pytest.raises(CommandError, match="--anew"):
        call_command("rebuild_search")
    call_command("rebuild_search", "--anew")
    assert found(alice, "lighthouse") == [photo]


LOSSES = {
    "sqlite": ["DROP TABLE photos_words"],
    "postgresql": [
        "DROP INDEX photos_phototext_lexemes",
        "ALTER TABLE photos_phototext DROP COLUMN lexemes",
    ],
}


@pytest.mark.parametrize("number", [0, 1])
def test_a_lost_index_is_an_error_of_check_and_one_command_brings_it_back(empty_index, alice, number):
    losses = LOSSES[connection.vendor]
    if number >= len(losses):
        pytest.skip("this database has one part to lose")
    photo = indexed(alice, title="Lighthouse")
    with connection.cursor() as cursor:
        cursor.execute(losses[number])
    (error,) = checks.check_search_index(None, databases=["default"])
    assert error.id == "photos.E007" and "rebuild_search" in error.hint
    call_command("rebuild_search")
    assert checks.check_search_index(None, databases=["default"]) == []
    assert found(alice, "lighthouse") == [photo]


def _words_of(photo: Photo) -> str:
    return next(describe([photo.pk], {})).text.words
