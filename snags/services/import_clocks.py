"""The clocks an imported history would have had under the contract in force then.

Computed once, at the end, by the same engine as live clocks; levels that were passed
are on record and never told to anybody. Without a contract there are no clocks.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from environments.models import Landscape
from opsdesk.accounts.models import Party
from sla.clocks import Interval
from sla.models import Contract, ContractVersion, Target
from sla.queries import StoredTimeline, load, timeline_of
from sla.walltime import moment_of
from snags.clockwork import inputs_of, intervals
from snags.importing.folding import History
from snags.models import Clock, ClockEvent, ClockRevision, Pause, Snag
from snags.services.clocks import Cause, cache_due, compute, passed
from snags.services.raising import BY_VOICE

CAUSE = "imported"
Mode = ContractVersion.ReopenMode


@dataclass
class Plan:
    """The clocks of one snag with what goes along, not yet saved."""

    clocks: list[Clock] = field(default_factory=list)
    events: list[ClockEvent] = field(default_factory=list)
    revisions: list[ClockRevision] = field(default_factory=list)
    resumed: list[tuple[datetime, datetime]] = field(default_factory=list)


class Promises:
    """What was promised for one landscape at any instant, read from it once."""

    def __init__(self, landscape: Landscape) -> None:
        rows = (
            ContractVersion.objects.in_force()
            .filter(
                Q(contract__landscape=landscape) | Q(contract__landscape__isnull=True),
                contract__kind=Contract.Kind.SLA,
                contract__is_active=True,
            )
            .select_related("contract__party")
            .prefetch_related("targets")
            .order_by("contract__landscape_id", "-effective_from")
        )
        self.versions = list(rows)
        self.timelines: dict[int, StoredTimeline] = {}

    def at(self, moment: datetime) -> ContractVersion | None:
        return next((v for v in self.versions if v.effective_from <= moment), None)

    def timeline(self, calendar_id: int) -> StoredTimeline:
        if calendar_id not in self.timelines:
            self.timelines[calendar_id] = timeline_of(calendar_id)
        return self.timelines[calendar_id]


def plan_clocks(
    snag: Snag, history: History, pauses: list[Pause], promises: Promises, now: datetime
) -> Plan:
    """Compute a snag's clocks from its history; sets the snag's own due instants."""
    plan = Plan()
    version = promises.at(snag.reported_at)
    if version is None:
        return plan
    party = version.contract.party
    cause = Cause(CAUSE, now)
    for target in version.targets.all():
        if target.priority != snag.priority:
            continue
        timeline = promises.timeline(target.calendar_id)
        runs, resumed = _runs(history, target, timeline)
        if target.kind == Target.Kind.RESOLUTION:
            plan.resumed = resumed
        held = (*intervals(pauses), *resumed)
        for cycle, (start, stop) in enumerate(runs, start=1):
            clock = _clock(snag, target, party, timeline)
            clock.cycle, clock.started_at, clock.stopped_at = cycle, start, stop
            _settle(plan, clock, held, cause)
    cache_due(snag, plan.clocks, ())
    return plan


def _clock(snag: Snag, target: Target, party: Party, timeline: StoredTimeline) -> Clock:
    version = target.version
    return Clock(
        snag=snag,
        kind=target.kind,
        party=party,
        contract_version=version,
        priority=snag.priority,
        target_seconds=target.seconds,
        target_days=target.business_days,
        timeline=timeline,
        is_pausable=target.kind != Clock.Kind.RESPONSE or version.pause_response,
    )


def _settle(plan: Plan, clock: Clock, held: tuple[Interval, ...], cause: Cause) -> None:
    reading = compute(clock, held, {}, cause.at)
    events = passed(clock, reading, {}, cause)
    if clock.breached_at:
        clock.breach_cause = cause.name
    # What was passed long ago is on record; only what lies ahead is still told.
    compute(clock, held, {event.level: event for event in events}, cause.at)
    plan.clocks.append(clock)
    plan.events += events
    plan.revisions.append(
        ClockRevision(
            clock=clock,
            number=1,
            at=cause.at,
            cause=cause.name,
            new_due_at=clock.due_at,
            contract_version=clock.contract_version,
            inputs=inputs_of(clock, held),
        )
    )


def _runs(
    history: History, target: Target, timeline: StoredTimeline
) -> tuple[list[tuple[datetime, datetime | None]], list[tuple[datetime, datetime]]]:
    """Each run of a clock, and the times it lay resolved that do not count.

    Reopening resumes the clock, begins another one, or leaves it stopped, as the
    contract says.
    """
    start = moment_of(history.reported_at)
    stretches = [
        (moment_of(a), None if b is None else moment_of(b))
        for a, b in history.stretches
    ]
    gaps = [(a, b) for a, b in stretches if b is not None]
    ended = stretches[-1][0] if stretches and stretches[-1][1] is None else None
    mode = target.version.reopen_mode
    if target.kind == Target.Kind.RESPONSE:
        return [(start, _answered(history, start))], gaps if mode == Mode.RESUME else []
    if mode == Mode.NEVER and stretches:
        return [(start, stretches[0][0])], []
    if mode != Mode.NEW_CYCLE:
        return [(start, ended)], gaps
    runs: list[tuple[datetime, datetime | None]] = []
    resumed = []
    window = target.version.reopen_window_days
    for resolved, reopened in gaps:
        if reopened > load(timeline).after_business_days(resolved, window):
            runs.append((start, resolved))
            start = reopened
        else:
            resumed.append((resolved, reopened))
    return [*runs, (start, ended)], resumed


def _answered(history: History, start: datetime) -> datetime | None:
    """A person's first answer: on the phone at once, else a question or the outcome."""
    if history.last.values.get("channel") in BY_VOICE:
        return start
    return None if history.answered_at is None else moment_of(history.answered_at)
