"""Whatever happens to a snag, and in whatever order, its stored clocks stay true."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsdesk.core.errors import RuleError
from sla.clocks import read
from snags.clockwork import BREACH, intervals, terms_of
from snags.models import ClockEvent, ClockRevision, Pause, Snag
from snags.services import editing, lifecycle, sweep, talk
from snags.services.replay import drifted
from tests.factories import NINE, make_contract, make_snag

MINUTE = timedelta(minutes=1)
TERMS = st.fixed_dictionaries(
    {
        "reopen_mode": st.sampled_from(["resume", "new_cycle", "never"]),
        "reopen_window_days": st.integers(0, 2),
        "pause_response": st.booleans(),
        "warn_percents": st.sampled_from([[], [75], [50, 90]]),
        "late_minutes": st.sampled_from([[], [30]]),
    }
)
VERBS = (
    "wait",
    "resume",
    "resolve",
    "reopen",
    "reject",
    "comment",
    "urgent",
    "low",
    "normal",
    "sweep",
)
STEPS = st.lists(
    st.tuples(st.sampled_from(VERBS), st.integers(0, 900)), min_size=2, max_size=9
)
DONE = {"resolution": "configuration", "resolution_note": "Done."}


def do(verb, snag, sam, rob, at):
    if verb == "wait":
        lifecycle.wait(
            snag, actor=sam, waiting_for="reporter", body="Which one?", at=at
        )
    elif verb == "resume":
        lifecycle.resume(snag, actor=sam, at=at)
    elif verb == "resolve":
        lifecycle.resolve(snag, actor=sam, at=at, **DONE)
    elif verb == "reopen":
        lifecycle.reopen(snag, actor=rob, body="No.", at=at)
    elif verb == "reject":
        lifecycle.reject(
            snag, actor=sam, resolution="no_fault", resolution_note="Works.", at=at
        )
    elif verb == "comment":
        talk.comment(snag, body="Looking.", actor=sam, at=at)
    elif verb == "sweep":
        sweep.fire_batch(at=at)
    else:
        level = {"urgent": 1, "normal": 2, "low": 3}[verb]
        editing.set_priority(snag, actor=sam, impact=level, urgency=level)


def assert_sound(snag):
    snag = Snag.objects.get(pk=snag.pk)
    clocks = list(snag.clocks.select_related("contract_version").order_by("pk"))
    pauses = intervals(Pause.objects.filter(snag=snag).order_by("from_at", "pk"))
    known = [clock.due_at for clock in clocks if clock.is_live and clock.due_at]
    assert snag.next_due_at == min(known, default=None)
    revisions = list(ClockRevision.objects.filter(clock__snag=snag).order_by("pk"))
    events = list(ClockEvent.objects.filter(clock__snag=snag, voided_at=None))
    for clock in clocks:
        ours = [revision for revision in revisions if revision.clock_id == clock.pk]
        last = max(ours, key=lambda revision: revision.number)
        assert last.number == clock.revision == len(ours)
        assert last.new_due_at == clock.due_at
        told = [(e.level, e.arm) for e in events if e.clock_id == clock.pk]
        assert len(told) == len(set(told))
        assert sum(level == BREACH for level, _ in told) <= 1
        if clock.is_live:
            reading = read(terms_of(clock, pauses), last.at)
            assert clock.due_at == (reading.due_at or clock.breached_at)
        if clock.state in {"paused", "stopped"}:
            assert ((BREACH, 0) in told) == (clock.breached_at is not None)
    assert drifted(revisions) == []


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(terms=TERMS, steps=STEPS, backwards=st.booleans())
def test_any_history_leaves_sound_clocks(live, sam, rob, terms, steps, backwards):
    contract = live.landscape.contracts.first()
    if contract is None:
        contract = make_contract(
            live.landscape,
            p1_response=15,
            p1_resolution=120,
            p3_response=60,
            p3_resolution=480,
        )
    contract.versions.update(**terms)
    snag = make_snag(live, rob, at=NINE)
    lifecycle.start(snag, actor=sam, at=NINE)
    at = NINE
    for verb, minutes in steps:
        at += minutes * MINUTE
        try:
            do(verb, snag, sam, rob, NINE if backwards and minutes % 7 == 0 else at)
        except RuleError:
            continue
        snag.refresh_from_db()
        assert_sound(snag)
    sweep.fire_due_clocks()
    before = list(snag.clocks.order_by("pk").values())
    assert sweep.fire_due_clocks() == 0
    assert list(snag.clocks.order_by("pk").values()) == before
    for clock in snag.clocks.filter(state="running"):
        assert clock.events.filter(level=BREACH, voided_at=None).count() == 1
