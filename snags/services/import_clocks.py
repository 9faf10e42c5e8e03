"""The clocks an imported history would have had under the contract in force then.

Computed once, at the end, by the same engine as live clocks; levels that were passed
are on record and never told to anybody. Without a contract there are no clocks. A
clock that stopped is judged by the priority of that moment, as a live one is.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from environments.models import Landscape
from sla.clocks import Interval
from sla.models import ContractVersion, Target
from sla.queries import StoredTimeline, agreements, load, timeline_of
from sla.walltime import moment_of, seconds_of
from snags.clockwork import intervals
from snags.importing.folding import History
from snags.models import Clock, ClockEvent, ClockRevision, Pause, Snag
from snags.services.clocks import Cause, cache_due, compute, passed
from snags.services.raising import BY_VOICE
from snags.services.reckoning import revision_of

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
        self.versions = list(agreements(landscape).prefetch_related("targets"))
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
    cause = Cause(CAUSE, now)
    targets: dict[str, dict[int, Target]] = defaultdict(dict)
    for target in version.targets.all():
        targets[target.kind][target.priority] = target
    for kind, by_priority in sorted(targets.items()):
        promised = _Promised(kind, version, by_priority, history, promises)
        runs, resumed = _runs(promised)
        held = (*intervals(pauses), *resumed)
        for cycle, (start, stop) in enumerate(runs, start=1):
            kept = promised.at(stop)
            if kept is None:
                continue
            clock = _clock(snag, kept, promises.timeline(kept.calendar_id))
            clock.cycle, clock.started_at, clock.stopped_at = cycle, start, stop
            _settle(plan, clock, held, cause)
            if kind == Target.Kind.RESOLUTION:
                plan.resumed = resumed
    cache_due(snag, plan.clocks, (*intervals(pauses), *plan.resumed))
    return plan


@dataclass(frozen=True)
class _Promised:
    """One kind of promise to a ticket, as pressing as it was at each instant."""

    kind: str
    version: ContractVersion
    targets: dict[int, Target]  # by priority
    history: History
    promises: Promises

    def at(self, moment: datetime | None) -> Target | None:
        """What was promised then; without an instant, what is promised now."""
        history = self.history
        if moment is None:
            return self.targets.get(history.priority)
        return self.targets.get(history.priority_at(seconds_of(moment)))

    def is_past_window(self, resolved: datetime, reopened: datetime) -> bool:
        """Was it reopened too late for the old clock to resume?"""
        target = self.at(reopened) or self.at(resolved)
        if target is None:
            return False
        calendar = load(self.promises.timeline(target.calendar_id))
        days = self.version.reopen_window_days
        return reopened > calendar.after_business_days(resolved, days)


def _clock(snag: Snag, target: Target, timeline: StoredTimeline) -> Clock:
    version = target.version
    return Clock(
        snag=snag,
        kind=target.kind,
        party_id=version.contract.party_id,
        contract_version=version,
        priority=target.priority,
        target_seconds=target.seconds,
        target_days=target.business_days,
        timeline=timeline,
        is_pausable=version.lets_pause(target.kind),
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
    plan.revisions.append(revision_of(clock, None, held, cause))


def _runs(
    promised: _Promised,
) -> tuple[list[tuple[datetime, datetime | None]], list[tuple[datetime, datetime]]]:
    """Each run of a clock, and the times it lay resolved that do not count.

    Reopening resumes the clock, begins another one, or leaves it stopped, as the
    contract says.
    """
    history, mode = promised.history, promised.version.reopen_mode
    start = moment_of(history.reported_at)
    stretches = [
        (moment_of(a), None if b is None else moment_of(b))
        for a, b in history.stretches
    ]
    gaps = [(a, b) for a, b in stretches if b is not None]
    ended = stretches[-1][0] if stretches and stretches[-1][1] is None else None
    if promised.kind == Target.Kind.RESPONSE:
        return [(start, _answered(history, start))], gaps if mode == Mode.RESUME else []
    if mode == Mode.NEVER and stretches:
        return [(start, stretches[0][0])], []
    if mode != Mode.NEW_CYCLE:
        return [(start, ended)], gaps
    runs: list[tuple[datetime, datetime | None]] = []
    resumed = []
    for resolved, reopened in gaps:
        if promised.is_past_window(resolved, reopened):
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
