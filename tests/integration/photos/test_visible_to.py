"""Private by default: what a viewer may see at all."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from generation.models import GenerationSession
from photos.models import Photo
from tests.factories import PhotoFactory, SessionFactory

pytestmark = pytest.mark.django_db


def test_alice_sees_her_own_and_bob_and_a_visitor_see_nothing(alice, bob):
    photo = PhotoFactory(owner=alice)
    assert list(Photo.objects.visible_to(alice)) == [photo]
    for stranger in (bob, AnonymousUser(), None):
        assert not Photo.objects.visible_to(stranger).exists()
        assert not Photo.objects.owned_by(stranger).exists()


def test_an_administrator_sees_only_their_own_on_the_gallery_s_pages(alice, django_user_model):
    PhotoFactory(owner=alice)
    admin = django_user_model.objects.create_superuser("root", password="x")
    assert not Photo.objects.visible_to(admin).exists()


def test_what_lies_in_the_trash_is_not_to_be_seen_even_by_its_owner(alice):
    PhotoFactory(owner=alice, trashed=True)
    assert not Photo.objects.visible_to(alice).exists()


@pytest.mark.parametrize("collection", Photo.Collection.values)
def test_no_collection_is_an_exception(alice, bob, collection):
    PhotoFactory(owner=alice, collection=collection)
    assert Photo.objects.visible_to(alice).count() == 1 and not Photo.objects.visible_to(bob).exists()


def test_a_session_is_its_owner_s_alone(alice, bob):
    session = SessionFactory(owner=alice)
    assert list(GenerationSession.objects.visible_to(alice)) == [session]
    for stranger in (bob, AnonymousUser(), None):
        assert not GenerationSession.objects.visible_to(stranger).exists()
