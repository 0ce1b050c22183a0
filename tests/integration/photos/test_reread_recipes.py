"""`reread_recipes`: what readers have learnt comes into the rows, and nothing a person wrote goes out of them."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from photos import search
from photos.images import RecipeFacts
from photos.management.commands import reread_recipes
from photos.management.stopping import STOPPED
from photos.models import Photo, Recipe
from photos.rereading import write
from photos.working import stopping
from tests.factories import make_photo
from tests.pictures import draw

pytestmark = pytest.mark.django_db

TEXT = "a lighthouse\nNegative prompt: people\nSteps: 20, Sampler: Euler, Seed: 7, Size: 8x6"


def reread(*ids: int, **options) -> str:
    said = io.StringIO()
    call_command("reread_recipes", *map(str, ids), stdout=said, stderr=io.StringIO(), **options)
    return said.getvalue()


def make(alice, seed: int = 0, **options) -> Photo:
    return make_photo(alice, data=draw("PNG", text={"parameters": TEXT}, seed=seed), **options)


def as_before(photo: Photo, **fields) -> None:
    """The row as an older reader left it."""
    Recipe.objects.filter(photo=photo).update(
        **{"prompt": "", "generator": "unknown", "reader": "unknown/1"} | fields
    )
    search.index([photo.pk])


def found(alice, words: str) -> list[int]:
    return [photo.pk for photo in search.find(alice, search.parse(words)).photos]


def test_a_recipe_that_was_not_understood_is_read_and_found(alice):
    photo = make(alice)
    as_before(photo)
    assert found(alice, "lighthouse") == []
    assert "0 new, 1 changed, 0 as before" in reread()
    recipe = Recipe.objects.get(photo=photo)
    assert (recipe.prompt, recipe.steps, recipe.reader) == ("a lighthouse", 20, "automatic1111/2")
    assert found(alice, "lighthouse") == [photo.pk]


def test_a_recipe_that_was_overlooked_is_new(alice):
    photo = make(alice)
    Recipe.objects.all().delete()
    assert "1 new, 0 changed" in reread()
    assert Recipe.objects.get(photo=photo).seed == "7"


def test_what_is_right_is_not_written(alice, django_assert_max_num_queries):
    make(alice), make(alice, seed=1)
    with django_assert_max_num_queries(10) as queries:
        assert "2 as before" in reread()
    assert not any(
        query["sql"].startswith(("UPDATE", "INSERT", "DELETE")) for query in queries.captured_queries
    )


def test_what_a_person_wrote_stays(alice):
    photo = make(alice, title="Mine", caption="By hand", rating=4)
    as_before(photo)
    Photo.objects.filter(pk=photo.pk).update(alt_text="A tower")
    reread()
    photo.refresh_from_db()
    assert (photo.title, photo.caption, photo.rating, photo.alt_text) == ("Mine", "By hand", 4, "A tower")


@pytest.mark.parametrize("reader", ["", "session/1", "person/1"])
def test_a_recipe_that_others_wrote_stays(alice, reader):
    photo = make(alice)
    as_before(photo, prompt="as it was asked for", generator="Engine", reader=reader)
    assert "1 left as others wrote them" in reread()
    assert Recipe.objects.get(photo=photo).prompt == "as it was asked for"


def test_no_prompt_is_taken_from_a_picture_whose_file_says_none(alice):
    data = draw("PNG", text={"parameters": '{"seed": 1}'})
    photo = make_photo(
        alice, data=data, recipe=RecipeFacts(generator="Engine", prompt="asked", reader="session/1")
    )
    assert Recipe.objects.get(photo=photo).reader == "unknown/1"  # the file's text beside the engine's words
    assert "1 left as others wrote them" in reread()
    assert Recipe.objects.get(photo=photo).prompt == "asked"


def test_a_file_that_is_gone_is_named_and_the_others_are_read(alice, media_root):
    gone, photo = make(alice), make(alice, seed=1)
    as_before(photo)
    (media_root / gone.file.name).unlink()
    said = io.StringIO()
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("reread_recipes", stdout=said, stderr=io.StringIO())
    assert f"Photo {gone.pk}" in said.getvalue() and "1 changed" in said.getvalue()


def test_one_photo_or_those_behind_one_can_be_asked_for(alice):
    first, second = make(alice), make(alice, seed=1)
    as_before(first), as_before(second)
    assert "1 changed" in reread(first.pk)
    assert "1 changed" in reread(after=first.pk)
    with pytest.raises(CommandError, match="There is no photo 999999"):
        reread(999999)


def test_it_stops_cleanly_and_says_where(alice, monkeypatch):
    photos = [make(alice, seed=seed) for seed in range(3)]
    for photo in photos:
        as_before(photo)
    with (
        monkeypatch.context() as patch,
        pytest.raises(CommandError, match=f"--after {photos[0].pk}") as stopped,
    ):
        patch.setattr(reread_recipes, "BATCH", 1)
        patch.setattr(reread_recipes, "write", lambda batch: stopping.set() or write(batch))
        reread()
    assert stopped.value.returncode == STOPPED
    assert "2 changed" in reread(after=photos[0].pk)


def test_it_says_which_library_it_works_on(alice):
    errors = io.StringIO()
    call_command("reread_recipes", stdout=io.StringIO(), stderr=errors)
    assert errors.getvalue().startswith("Library ")
