"""One table of questions and answers, the same on every database: ten pictures, and what a person would ask of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from photos import albums, search
from photos.ingest import tag
from photos.models import Photo, Recipe
from tests.factories import CandidateFactory, PhotoFactory, SessionFactory

pytestmark = pytest.mark.django_db
FLUX = {
    "generator": "comfyui",
    "model": "flux1-dev.safetensors",
    "sampler": "euler",
    "scheduler": "beta",
    "steps": 20,
}
SDXL = {"generator": "a1111", "model": "Dream Shaper XL", "sampler": "DPM++ 2M", "steps": 30, "cfg": 7.0}


def recipe(base: dict, prompt: str, **more) -> dict:
    return {**base, "prompt": prompt, **more}


# name: fields of the picture, its recipe, its tags. Later ones are newer.
PICTURES: dict[str, tuple[dict, dict | None, list[str]]] = {
    "harbour": (
        {
            "title": "Harbour at noon",
            "exif": {"make": "FUJIFILM", "model": "FUJIFILM X100V"},
            "latitude": 54.3,
            "longitude": 10.1,
            "width": 4000,
            "height": 3000,
            "color": "#3060c0",
        },
        None,
        ["sea", "Küste"],
    ),
    "shells": ({"caption": "What the tide left", "color": "#c03030", "rating": 5}, None, ["sea shells"]),
    "plain": ({"color": "#808080", "width": 1000, "height": 1000}, None, []),
    "red": (
        {},
        recipe(
            FLUX,
            "a red lighthouse in fog",
            negative_prompt="blurry, bad hands",
            seed="42",
            loras=[{"name": "fog_v2", "weight": 0.8}],
        ),
        [],
    ),
    "blue": (
        {"rating": 4, "decision": 1, "width": 1024, "height": 1024},
        recipe(SDXL, "blue lighthouse at noon", seed="4242"),
        [],
    ),
    "barn": (
        {"decision": 2, "width": 832, "height": 1216},
        recipe(SDXL, "a red barn, old windmill", cfg=7.5, steps=45),
        [],
    ),
    "mill": ({"rating": 2}, recipe(FLUX, "windmill or barn", cfg=1.0, negative_prompt="fog"), ["Mühle"]),
    "tower": ({}, {"generator": "novelai", "prompt": "夜の海と赤い灯台"}, []),
    "marked": ({"digital_source_type": "trainedAlgorithmicMedia", "title": "Smørrebrød"}, None, []),
}

QUESTIONS = {
    # words
    "lighthouse": "blue red",
    "LIGHTH": "blue red",
    "house": "",
    '"lighth"': "",
    "red lighthouse": "red",
    '"red lighthouse"': "red",
    '"lighthouse red"': "",
    "lighthouse -fog": "blue",
    '-"old windmill" windmill': "mill",
    "kuste": "harbour",
    "KÜSTE": "harbour",
    "smorrebrod": "marked",
    "muhle": "mill",
    "灯台": "tower",
    "赤い灯": "tower",
    "台灯": "",
    "灯": "tower",
    "台": "tower",  # the last of its line
    "と赤い灯台": "tower",
    "赤灯": "",
    "-灯 has:recipe -model:flux": "barn blue",
    # or and brackets
    "lighthouse or barn": "mill barn blue red",
    "(lighthouse or barn) red": "barn red",
    "lighthouse or (red barn)": "barn blue red",
    "noon -(harbour or fog)": "blue",
    "red or blue lighthouse": "blue red",
    "(red (lighthouse or windmill)) or harbour": "barn red harbour",
    '"or" windmill': "mill",
    # fields of words
    "neg:blurry": "red",
    'neg:"bad hands"': "red",
    "blurry": "",
    "fog": "red",
    "neg:fog": "mill",
    "-neg:fog windmill": "barn",
    "model:flux": "mill red",
    "model:xl": "barn blue",
    'model:"dream shaper"': "barn blue",
    'model:"dream"': "barn blue",
    'model:"drea"': "",
    "model:drea": "barn blue",
    'model:="Dream Shaper XL"': "barn blue",
    'model:="Dream Shaper"': "",
    "sampler:=euler": "",
    'sampler:="Euler beta" -model:=x': "mill red",
    "lora:=fog_v2": "red",
    "lora:=fog": "",
    'camera:="Fujifilm X100V"': "harbour",
    "lora:fog": "red",
    "sampler:euler": "mill red",
    "sampler:beta": "mill red",
    "sampler:dpm++": "barn blue",
    "seed:42": "red",
    "seed:42*": "blue red",
    "camera:x100v": "harbour",
    "camera:fujifilm": "harbour",
    "tag:sea": "shells harbour",
    'tag:"sea"': "harbour",
    'tag:"sea shells"': "shells",
    "tag:mühle": "mill",
    "folder:2026-11-22 -is:generated": "marked plain shells harbour",
    "folder:nowhere": "",
    # numbers
    "steps:20..30": "mill blue red",
    "steps:>30": "barn",
    "steps:20": "mill red",
    "cfg:>7": "barn",
    "cfg:>=7": "barn blue",
    "cfg:1": "mill",
    "-cfg:>7 lighthouse": "blue red",
    "cfg:<5 or rating:5": "mill shells",
    "rating:>=4": "blue shells",
    "rating:0 lighthouse": "red",
    "rating:1..2": "mill",
    "-rating:0": "mill blue shells",
    # one of a few
    "is:picked": "blue",
    "is:rejected": "barn",
    "is:undecided lighthouse": "red",
    "is:generated": "second final tower mill barn blue red",
    "is:uploaded -is:generated": "marked plain shells harbour",
    "is:marked": "marked",
    "is:final": "final",
    "is:candidate": "second",
    "has:gps": "harbour",
    "has:recipe -model:flux": "tower barn blue",
    "has:source": "final",
    "size:1024x1024": "blue",
    "size:1024": "",
    "ratio:square -is:candidate": "blue plain",
    "ratio:portrait": "barn",
    "ratio:4:3": "harbour",
    "color:red": "shells",
    "color:blue": "harbour",
    # times and orders
    "taken:2026-01": "harbour",
    "taken:2026-02..2026-03": "plain shells",
    "taken:2026 tag:sea": "shells harbour",
    "taken:>=2026-08": "second final marked tower",
    "taken:summer-2026": "tower mill barn",
    "taken:1999": "",
    "added:<7d lighthouse": "blue red",
    "added:>7d": "plain",
    "lighthouse sort:oldest": "red blue",
    "-rating:0 sort:rating": "shells blue mill",
    "windmill sort:best": "mill barn",
    # by name
    "album:best": "barn red",
    'album:"best of"': "barn red",
    'album:"all"': "barn red",
    "album:nothing": "",
    "-album:best lighthouse": "blue",
    "session:dusk": "second final",
    'session:"at dusk" is:final': "final",
    "session:dawn": "",
    # together
    "model:flux lighthouse rating:0 steps:<=20": "red",
    "(model:flux or rating:5) -barn": "red shells",
    "modle:flux lighthouse": "blue red",
    "is:picked or is:rejected or tag:sea": "barn blue shells harbour",
    "lighthouse or rating:5": "blue red shells",
    "-(lighthouse or is:uploaded)": "second final",
}


@pytest.fixture
def library(alice, bob) -> dict[int, str]:
    names = {}
    for month, (name, (fields, made, tags)) in enumerate(PICTURES.items(), 1):
        photo = _picture(alice, month, fields, made)
        tag(photo, tags)
        names[photo.pk] = name
    _session(alice, names)
    album = albums.create(alice, title="Best of all")
    albums.add(album, [pk for pk, name in names.items() if name in ("red", "barn")])
    others = _picture(bob, 12, {"title": "lighthouse sea"}, recipe(FLUX, "red lighthouse", cfg=9))
    Photo.objects.filter(pk__in=[pk for pk, name in names.items() if name == "plain"]).update(
        added_at=timezone.now() - timedelta(days=30)
    )
    search.index([*Photo.objects.filter(owner=alice).values_list("pk", flat=True), others.pk])
    return names


def _picture(owner, month: int, fields: dict, made: dict | None) -> Photo:
    at = datetime(2026, month, 15, 12, tzinfo=UTC)
    photo = PhotoFactory(
        owner=owner, **{"shown_at": at, "added_at": timezone.now(), "color": "#050505", **fields}
    )
    if made:
        Recipe.objects.create(photo=photo, **made)
    return photo


def _session(owner, names: dict[int, str]) -> None:
    """Two candidates at dusk, of which one has a final."""
    session = SessionFactory(owner=owner, title="Pier at dusk")
    at = datetime(2026, 10, 1, tzinfo=UTC)
    for name in ("first", "second"):
        candidate = CandidateFactory(session=session, photo__shown_at=at, photo__represented=name == "first")
        names[candidate.photo_id] = name
        if name == "first":
            final = PhotoFactory(
                owner=owner, final=True, shown_at=at, source=candidate.photo, source_sha256="0" * 64
            )
            names[final.pk] = "final"


def answers(owner, names: dict[int, str]) -> dict[str, str]:
    found = {words: search.find(owner, search.parse(words)).photos for words in QUESTIONS}
    return {words: " ".join(names.get(photo.pk, "?") for photo in photos) for words, photos in found.items()}


def test_every_question_has_its_answer(alice, library):
    assert answers(alice, library) == QUESTIONS


def test_the_answers_do_not_depend_on_the_way_they_are_found(alice, library, monkeypatch):
    """Where the newest pictures give too few, others ways are gone: here all of them, by walks of one picture."""
    for name in ("postgres.WALK", "postgres.LONG_WALK", "sqlite.WALK", "sqlite.LONG_WALK"):
        monkeypatch.setattr(f"photos.search.{name}", 1)
    for few, narrow, hits in ((2_000, 20_000, 0), (-1, 20_000, 0), (-1, -1, 0), (-1, 20_000, 5_000)):
        for module in ("postgres", "sqlite"):
            monkeypatch.setattr(f"photos.search.{module}.FEW", few)
            monkeypatch.setattr(f"photos.search.{module}.NARROW", narrow)
        monkeypatch.setattr("photos.search.postgres.FEW_HITS", hits)
        assert answers(alice, library) == QUESTIONS


@pytest.mark.parametrize(
    "words", ["-rating:5", "lighthouse or rating:<5", "has:recipe sort:oldest", "-is:final sort:rating"]
)
def test_pages_of_any_question_follow_without_gaps_and_lead_back(alice, library, monkeypatch, words):
    query = search.parse(words)
    all_of_them = search.find(alice, query).photos
    monkeypatch.setattr("photos.search.finding.PAGE", 2)
    pages, place = [], None
    while (not pages or place) and len(pages) < 20:
        found = search.find(alice, query, before=place)
        pages.append(found.photos)
        place = found.older
    assert [photo for page in pages for photo in page] == all_of_them
    for earlier, later in pairwise(pages):
        assert search.find(alice, query, after=search.Place.of(later[0])).photos == earlier


def test_others_find_nothing_of_it(bob, library):
    for words in QUESTIONS:
        assert not {photo.pk for photo in search.find(bob, search.parse(words)).photos} & set(library)
