"""Inventory, calendar, packages and approvals in every look, with work and without."""

import pytest
from django.urls import reverse

from opsdesk.core.models import ApprovalRequest
from tests.browser.driving import assert_all_accessible
from tests.changes.drafts import make_asked
from tests.environments.planning import make_window
from tests.factories import first_policies

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LISTS = [
    "environments:list",
    "environments:matrix",
    "environments:windows",
    "environments:calendar",
    "changes:packages",
    "changes:approvals",
]


def test_the_lists_are_accessible_while_there_is_nothing(ada, sign_in):
    with sign_in(ada) as page:
        assert_all_accessible(page, *map(reverse, LISTS))


def test_places_and_windows_are_accessible(live, ada, sign_in):
    rule = make_window(live, ada)
    calendar = reverse("environments:calendar")
    pages = (
        reverse("environments:detail", args=[live.pk]),
        reverse("environments:impact", args=[live.pk]),
        reverse("environments:landscape", args=[live.landscape_id]),
        reverse("environments:downtime"),
        reverse("environments:window", args=[rule.pk]),
        reverse("environments:freeze_new", args=[live.landscape_id]),
        f"{calendar}?view=week",
        f"{calendar}?view=list",
        calendar,
        reverse("environments:windows"),
    )

    with sign_in(ada) as page:
        assert_all_accessible(page, *pages)


def test_versions_and_approvals_are_accessible(
    live, mia, sam, sue, bea, request, sign_in
):
    first_policies()
    make_asked(live, mia, sam, sue, bea)
    pages = (
        reverse("environments:matrix"),
        reverse("changes:approvals"),
        reverse("changes:approval", args=[ApprovalRequest.objects.get().pk]),
        reverse("changes:policies"),
    )

    with sign_in(request.getfixturevalue("tim")) as page:
        assert_all_accessible(page, *pages)
