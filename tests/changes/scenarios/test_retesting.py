"""A test fails, the package is made anew, and the same person tries it again there."""

import pytest
from django.urls import reverse
from django.utils import timezone

from changes.models import TestSignOff, UserTest
from changes.queries import evidence
from changes.services import testing
from opsdesk.core import clock
from opsdesk.core.models import Duty, Notification
from opsdesk.core.services import duties
from tests.changes.drafts import HOUR
from tests.changes.factories import fresh, promote
from tests.changes.making import make_component, make_package
from tests.changes.pressing import facts, page_of
from tests.changes.test_revising import posted


@pytest.fixture
def failed(w, nc, pages):
    """Tom, who was asked to try Finance, found that it fails."""
    assert pages.say(w.tom, nc.change, w.dev, "fail").status_code == 302
    return nc.change


def ask(w, pages, change, tester, area="Finance"):
    """Rita asks somebody for a test within two days."""
    due_at = timezone.localtime(clock.now() + 48 * HOUR)
    return pages.press(
        w.rita,
        "test_assign",
        change,
        environment=w.dev.pk,
        assigned_to=tester.pk,
        area=area,
        due_at=due_at.strftime("%Y-%m-%dT%H:%M"),
        script="Print ten invoices.",
    )


def bring(w, pages, change, package):
    """Rita revises the change: it brings another package."""
    said = posted(change, w.rita, package=package.pk)
    pages.does(w.rita, "edit", change, **said)
    return fresh(change)


def mended(w, author=None):
    """The next package of the same component."""
    part = make_component(w.live.landscape)
    return make_package(part, author or w.ana, "1.2", b"select 2;\n")


def told(person):
    rows = Notification.objects.filter(recipient=person, key__startswith="user-test")
    return list(rows.order_by("pk").values_list("title", "body"))


def test_the_same_tester_tries_the_next_package_in_the_same_place(w, pages, failed):
    before = len(told(w.tom))

    change = bring(w, pages, failed, mended(w))

    test = UserTest.objects.get()
    assert (test.is_open, len(told(w.tom))) == (True, before)
    assert test.duty.due_at > clock.now() + 23 * HOUR
    assert "Not there yet" in pages.see(w.tom, reverse("changes:my_tests"))
    assert pages.say(w.tom, change, w.dev, "pass").status_code == 409
    page = pages.see(w.rita, change.get_absolute_url())
    assert "asked Tom to test Finance again" in page

    promote(change, w.dev, w.ian)

    ready = (f"Please test Finance: {change.title}", f"APP 1.2 is in {w.dev} now.")
    assert told(w.tom)[before:] == [ready]
    assert pages.say(w.tom, change, w.dev, "pass").status_code == 302

    said = TestSignOff.objects.filter(area="Finance").order_by("pk")
    assert list(said.values_list("package__label", "verdict"))[-2:] == [
        ("1.1", "fail"),
        ("1.2", "pass"),
    ]
    assert said.get(verdict="fail").superseded_at is None
    assert evidence.tested(w.dev, change.package, 1).is_enough
    duties = Duty.objects.filter(kind="change_test", done_by=w.tom)
    assert (duties.count(), UserTest.objects.get().is_open) == (2, False)


def test_who_has_not_tried_the_package_before_is_asked_once(w, nc, pages):
    bring(w, pages, nc.change, mended(w))

    assert Duty.objects.filter(kind="change_test").count() == 1
    assert UserTest.objects.get().is_open


def test_what_was_said_of_a_package_counts_when_the_change_comes_back_to_it(
    w, nc, pages
):
    first = nc.package
    pages.say(w.tom, nc.change, w.dev, "pass")
    change = bring(w, pages, nc.change, mended(w))
    testing.drop_tests(change)

    bring(w, pages, change, first)

    assert not UserTest.objects.get().is_open
    assert evidence.tested(w.dev, first, 1).is_enough


def test_who_has_made_the_next_package_is_not_asked_to_try_it(w, nc, pages):
    ask(w, pages, nc.change, w.emil, "Sales")
    testing.sign_off(
        nc.change, actor=w.emil, environment=w.dev, area="Sales", verdict="fail"
    )

    bring(w, pages, nc.change, mended(w, w.emil))

    assert not UserTest.objects.get(assigned_to=w.emil).is_open
    assert UserTest.objects.get(assigned_to=w.tom).is_open


def test_a_planner_asks_the_same_person_again_once_they_have_answered(w, pages, failed):
    assert ask(w, pages, failed, w.tom).status_code == 302

    test = UserTest.objects.get()
    assert (test.is_open, test.script) == (True, "Print ten invoices.")
    before = facts()

    answer = ask(w, pages, failed, w.tom)

    assert answer.status_code == 409
    assert "Tom is asked for that already." in page_of(answer)
    assert facts() == before


def test_a_late_test_leads_the_manager_to_the_change_and_the_tester_to_their_own(
    w, nc, pages
):
    test = UserTest.objects.get()
    Duty.objects.filter(pk=test.duty_id).update(
        next_step_at=clock.now() - HOUR, step=Duty.Step.DEPUTY
    )

    duties.climb()

    late = Notification.objects.get(recipient=w.max, title__startswith="Overdue: Test")
    there = pages.of(w.max).get(late.url)
    assert there.url == f"{nc.change.get_absolute_url()}#test-{test.pk}"
    page = pages.see(w.max, there.url)
    assert f'<li id="test-{test.pk}">' in page
    assert "Tom is asked, by" in page
    mine = pages.of(w.tom).get(late.url)
    assert mine.url == f"{reverse('changes:my_tests')}#test-{test.pk}"
    assert f'id="test-{test.pk}"' in pages.see(w.tom, mine.url)
