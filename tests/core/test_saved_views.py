"""A list's filters under a name: one's own, or shared by staff with everybody."""

import pytest

from opsdesk.core.errors import NotAllowedError
from opsdesk.core.models import SavedView
from opsdesk.core.queries import saved_views
from opsdesk.core.services.saved_views import delete_view, save_view

pytestmark = pytest.mark.django_db


def saved(owner, name="Late", **extra):
    return save_view(owner=owner, screen="snags", name=name, query="p=1", **extra)


def test_saving_under_the_same_name_replaces_ones_own_view_only(sam, sue):
    first = saved(sam)
    saved(sue)

    again = save_view(owner=sam, screen="snags", name="Late", query="p=2")

    assert again.pk == first.pk
    assert sorted(SavedView.objects.values_list("query", flat=True)) == ["p=1", "p=2"]


def test_people_see_their_own_views_and_shared_ones_of_that_screen(sam, sue):
    saved(sam, "A mine")
    saved(sue, "B shared", is_shared=True)
    saved(sue, "C private")
    save_view(owner=sam, screen="sla", name="D other screen", query="")

    assert [view.name for view in saved_views(sam, "snags")] == ["A mine", "B shared"]


def test_only_staff_share(rob, vic):
    for person in (rob, vic):
        with pytest.raises(NotAllowedError, match="Only staff"):
            saved(person, is_shared=True)

    assert not SavedView.objects.exists()


def test_owners_delete_theirs_and_managers_tidy_shared_ones(sam, sue, mia):
    private, shared = saved(sam), saved(sam, "Shared", is_shared=True)
    for view, actor in ((private, sue), (shared, sue), (private, mia)):
        with pytest.raises(NotAllowedError):
            delete_view(view, actor=actor)
    assert SavedView.objects.count() == 2

    delete_view(shared, actor=mia)
    delete_view(private, actor=sam)
    assert not SavedView.objects.exists()
