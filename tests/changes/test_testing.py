"""Who tests what, when they are told, and whose word does not count."""

import pytest
from django.urls import reverse

from changes.forms.testing import AssignForm
from changes.models import TestSignOff, UserTest
from changes.queries import evidence
from changes.services import files, holding, packages, submitting, testing
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.models import Duty, Message, Notification
from opsdesk.core.services.approvals import SeparationError
from tests.changes.companies import kept
from tests.changes.drafts import HOUR, make_change
from tests.changes.factories import fresh, promote, sign
from tests.changes.making import make_component, make_draft, make_file, make_package
from tests.factories import make_user

MAKERS = ("ana", "sean", "mona")


@pytest.fixture(scope="module")
def company(company):
    """In dev/test: Ana's package, which Sean filled and Mona, a manager too, sealed."""
    w = company
    w.sean = make_user("sean", "support")
    w.mona = make_user("mona", "support", "manager")
    package = make_draft(make_component(w.live.landscape), w.ana)
    files.upload(package, actor=w.sean, uploads=[make_file()])
    package = packages.seal(package, actor=w.mona)
    change = make_change(w.live, w.rita, w.ian, w.ana, package=package)
    change = submitting.submit(change, actor=w.rita)
    promote(change, w.dev, w.ian)
    w.made = fresh(change)
    return w


made = kept("made")


def ask(w, change, person, area="Finance"):
    return testing.assign_test(
        change,
        actor=w.ian,
        environment=w.dev,
        area=area,
        assigned_to=person,
        due_at=clock.now() + 24 * HOUR,
    )


@pytest.mark.parametrize("name", MAKERS)
def test_nobody_who_put_a_package_together_tests_it(w, made, name):
    maker = getattr(w, name)

    with pytest.raises(RuleError) as asked:
        ask(w, made, maker)
    with pytest.raises(SeparationError):
        testing.sign_off(
            made, actor=maker, environment=w.dev, area="Finance", verdict="pass"
        )

    assert asked.value.code == "sod"
    assert not UserTest.objects.exists()
    assert not Duty.objects.filter(owner=maker).exists()
    assert not TestSignOff.objects.exists()


def test_who_sealed_a_package_does_not_accept_its_conditions(w, made):
    said = testing.sign_off(
        made,
        actor=w.tom,
        environment=w.dev,
        area="Finance",
        verdict="conditional",
        conditions="The logo is green.",
    )

    with pytest.raises(SeparationError):
        testing.accept_conditions(said, actor=w.mona)

    said.refresh_from_db()
    assert said.conditions_accepted_by is None


@pytest.mark.parametrize("name", MAKERS)
def test_the_word_of_who_put_a_package_together_is_no_evidence(w, made, name):
    sign(made, w.dev, getattr(w, name))
    assert evidence.tested(w.dev, made.package, 1).missing == 1

    sign(made, w.dev, w.tom, area="Sales")

    assert [said.tester for said in evidence.tested(w.dev, made.package, 1).passed] == [
        w.tom
    ]


def test_those_who_put_it_together_are_not_offered_as_testers(w, made):
    offered = set(AssignForm(change=made).fields["assigned_to"].queryset)

    assert w.tom in offered
    assert offered.isdisjoint({w.ana, w.sean, w.mona})


def told(person):
    """What a person was told about tests, the latest last."""
    rows = Notification.objects.filter(recipient=person, key__startswith="user-test")
    return list(rows.order_by("pk").values_list("title", "url"))


def test_a_tester_is_told_when_it_is_there_and_never_twice(w):
    component = make_component(w.live.landscape)
    package = make_package(component, w.ana, "1.2", content=b"select 2;\n")
    change = w.submitted(package=package)
    test = ask(w, change, w.tom)
    url = test.get_absolute_url()
    first = (f"You will be asked to test Finance: {change.title}", url)
    assert told(w.tom) == [first]

    promotion = promote(change, w.dev, w.ian)
    testing.call_testers(promotion)

    there = (f"Please test Finance: {change.title}", url)
    assert told(w.tom) == [first, there]
    mails = Message.objects.filter(to=w.tom.email, subject__contains="Please test")
    assert mails.count() == 1


def test_a_tester_who_is_asked_once_it_is_there_is_told_once(w, made):
    test = ask(w, made, w.tom)

    testing.call_testers(made.promotions.get())

    assert told(w.tom) == [
        (f"Please test Finance: {made.title}", test.get_absolute_url())
    ]


def test_nobody_is_told_of_other_bytes_or_of_what_they_have_tried(w, made):
    other = make_user("olga", "reporter")
    ask(w, w.submitted("1.2"), other)
    ask(w, made, w.tom)
    testing.sign_off(
        made, actor=w.tom, environment=w.dev, area="Finance", verdict="pass"
    )
    before = told(w.tom)

    testing.call_testers(made.promotions.get())

    assert told(w.tom) == before
    assert len(told(other)) == 1


def test_the_inbox_leads_to_the_test_which_only_a_verdict_settles(w, made, client):
    test = ask(w, made, w.tom)
    client.force_login(w.tom)

    page = client.get(reverse("core:inbox")).content.decode()
    done = client.post(reverse("core:duty_done", args=[test.duty_id]))

    assert f'href="{test.get_absolute_url()}"' in page
    there = client.get(test.get_absolute_url(), follow=True)
    assert f'id="test-{test.pk}"' in there.content.decode()
    assert reverse("core:duty_done", args=[test.duty_id]) not in page
    assert done.status_code == 404
    assert Duty.objects.get(pk=test.duty_id).done_at is None


def test_nobody_owes_a_test_of_a_change_that_is_over(w, made):
    test = ask(w, made, w.tom)

    holding.cancel(made, actor=w.max, reason="It is not needed any more.")

    duty = Duty.objects.get(pk=test.duty_id)
    assert (duty.done_by, duty.note) == (None, "No longer needed.")
    assert duty.done_at is not None


def test_what_is_attached_to_a_verdict_is_downloaded_by_who_sees_it(w, made, client):
    url = reverse("changes:sign_off", args=[made.pk])
    ask(w, made, w.tom)
    form = {"environment": w.dev.pk, "area": "Finance", "verdict": "pass"}
    client.force_login(w.tom)
    client.post(url, {**form, "evidence": make_file("../seen.html", b"<script>")})
    said = TestSignOff.objects.get()
    file = reverse("changes:sign_off_evidence", args=[said.pk])

    for person, page in ((w.tom, reverse("changes:my_tests")), (w.rita, None)):
        client.force_login(person)
        read = client.get(page or made.get_absolute_url()).content.decode()
        assert f'<a href="{file}">seen.html</a>' in read
        answer = client.get(file)
        assert b"".join(answer.streaming_content) == b"<script>"
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"] == 'attachment; filename="seen.html"'
        assert answer["X-Content-Type-Options"] == "nosniff"
    assert "html" not in said.evidence.name
    client.force_login(make_user("rob", "reporter"))
    assert client.get(file).status_code == 404


def test_a_verdict_without_a_file_has_none_and_an_empty_one_is_no_verdict(
    w, made, client
):
    said = sign(made, w.dev, w.tom)
    client.force_login(w.rita)

    file = client.get(reverse("changes:sign_off_evidence", args=[said.pk]))
    with pytest.raises(RuleError) as refused:
        testing.sign_off(
            made,
            actor=w.tom,
            environment=w.dev,
            area="Sales",
            verdict="pass",
            evidence=make_file("seen.png", b""),
        )

    assert (file.status_code, refused.value.code) == (404, "file_empty")
    assert TestSignOff.objects.get() == said
