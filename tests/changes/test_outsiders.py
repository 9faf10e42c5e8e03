"""Who works for a supplier, or only tests, is led to no page that is shut to them."""

import pytest

from changes.models import ChangeRequest, ChangeTemplate
from changes.services import after, asking, packages, starting, submitting, testing
from opsdesk.core import clock
from opsdesk.core.models import ApprovalRequest, Notification
from tests import factories
from tests.changes.drafts import HOUR, make_change, make_tested
from tests.changes.factories import (
    carry_out,
    fresh,
    promote,
    say_yes,
    sign,
    to_production,
)
from tests.changes.making import make_component, make_package
from tests.proof.crawling import crawl
from tests.proof.looking import look_at, read


@pytest.fixture(scope="module")
def company(company):
    company.ran_before()
    north = factories.make_party("Northgate", "supplier")
    company.vic = factories.make_user("vic", "supplier", supplier=north)
    company.part = make_component(company.live.landscape, "NG", supplier=north)
    return company


@pytest.fixture
def changes(w):
    """Changes of what Vic delivered and Ian carries out, with all that pages link to:
    another's package before it, a fault, conflicts, duties, a block, a template."""
    fault = factories.make_snag(w.live, w.tom)
    before = make_package(w.part, w.ana, "0.9")

    def change(label, **extra):
        package = make_package(w.part, w.vic, label, supersedes=before)
        start = clock.now() + (int(label[-1]) * 2 - 0.5) * HOUR
        return make_change(
            w.live, w.rita, w.ian, w.vic, package=package, start=start, **extra
        )

    def asked(label, try_it=make_tested, **extra):
        made = submitting.submit(change(label, **extra), actor=w.rita)
        testing.assign_test(
            made,
            actor=w.ian,
            environment=w.dev,
            area="Finance",
            assigned_to=w.tom,
            due_at=clock.now() + 24 * HOUR,
        )
        try_it(made, w.live, w.tom)
        return asking.request_approval(made, actor=w.rita, conflicts_accepted="Known.")

    def try_for_real(made, _live, tester):
        promote(made, w.dev, w.ian)
        sign(made, w.dev, tester)

    done = asked("1.0", try_for_real, snags=[fault])
    say_yes(done, w.cora)
    done = carry_out(
        starting.start(to_production(w, fresh(done)), actor=w.ian), w.ian
    ).change
    judged = ApprovalRequest.objects.get(pk=done.approval_id)
    for kind in ("review", "retro_test", "retro_approval"):
        approval = judged if kind == "retro_approval" else None
        after.owe(done, kind, due_at=clock.now() + HOUR, approval=approval)
    planned = asked("1.1")
    say_yes(planned, w.cora)
    to_production(w, fresh(planned))
    waiting = asked("1.2")
    template = ChangeTemplate.objects.create(
        landscape=w.live.landscape,
        code="ROUND",
        title="Round",
        expires_on="2099-01-01",
        proposed_by=w.rita,
    )
    other = make_package(w.part, w.ana, "1.4")
    make_change(w.live, w.rita, w.ian, w.ana, package=other)
    draft = change("1.3")
    draft.template = template
    draft.save(update_fields=["template"])
    packages.block(draft.package, actor=w.ian, reason="Wrong.", snag=fault)
    return [done, planned, waiting, draft]


def test_who_asked_for_a_change_is_led_to_it_and_who_runs_it_to_the_run_sheet(w):
    change = w.submitted()
    change.requester = w.tom
    change.save(update_fields=["requester"])

    promotion = promote(change, w.dev, w.eve)

    told = Notification.objects.filter(title__startswith="Succeeded")
    assert dict(told.values_list("recipient__name", "url")) == {
        "Tom": change.get_absolute_url(),
        "Ian": promotion.get_absolute_url(),
    }


def test_no_link_of_a_change_leads_to_a_refusal(w, changes, client):
    def look(url):
        answer = client.get(url)
        return look_at(answer, read(answer))

    for user in (w.vic, w.tom):
        rows = ChangeRequest.objects.visible_to(user).order_by("pk")
        seen = {each.get_absolute_url() for each in rows}
        client.force_login(user)

        found = crawl(look, each=4, start=sorted(seen), within="/changes/")

        refused = {u: a.code for u, a in found.items() if a.code >= 400}
        assert refused == {}
        assert seen <= set(found)
