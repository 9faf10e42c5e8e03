"""History explains the present: what a revision was computed from gives it again."""

from datetime import timedelta

from snags.models import Clock, ClockRevision
from snags.services import lifecycle
from snags.services.replay import check_sample, drifted
from tests.factories import NINE, make_contract, make_snag

HOUR = timedelta(hours=1)


def test_every_revision_of_a_life_replays(live, rob, sam):
    make_contract(live.landscape, p3_response=60, p3_resolution=480)
    snag = make_snag(live, rob, at=NINE)
    lifecycle.start(snag, actor=sam, at=NINE)
    lifecycle.wait(
        snag, actor=sam, waiting_for="reporter", body="Which?", at=NINE + HOUR / 2
    )
    lifecycle.resume(snag, actor=sam, at=NINE + 2 * HOUR)
    lifecycle.resolve(
        snag,
        actor=sam,
        resolution="configuration",
        resolution_note="Done.",
        at=NINE + 3 * HOUR,
    )
    lifecycle.reopen(snag, actor=rob, body="No.", at=NINE + 4 * HOUR)

    assert check_sample(every=1) == 0
    resolution = snag.clocks.get(kind="resolution")
    assert resolution.due_at == NINE + 24 * HOUR + 2.5 * HOUR
    causes = list(resolution.revisions.values_list("cause", flat=True))
    assert causes == ["started", "paused", "resumed", "resolved", "reopened"]


def test_a_deadline_nobody_can_explain_is_found(live, rob):
    make_contract(live.landscape, p3_response=60)
    snag = make_snag(live, rob, at=NINE)
    clock = snag.clocks.get()
    first = clock.revisions.get()
    wrong = ClockRevision.objects.create(
        clock=clock,
        number=2,
        at=NINE,
        cause="forged",
        new_due_at=NINE + 9 * HOUR,
        contract_version=first.contract_version,
        inputs=first.inputs,
    )
    assert drifted(ClockRevision.objects.order_by("pk")) == [wrong]
    assert check_sample(every=1) == 1


def test_a_sample_looks_at_some_clocks_only(live, rob):
    make_contract(live.landscape, p3_response=60)
    make_snag(live, rob, at=NINE)
    last = Clock.objects.order_by("-pk").first()
    assert check_sample(every=last.pk + 1) == 0
