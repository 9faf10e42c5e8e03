"""A batch of folded histories becomes snags, in one transaction.

What is there already and says the same is left alone; what the source has gone on with
is brought up to date; what somebody has since worked on here is never touched.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from opsdesk.accounts.models import Party
from opsdesk.core import clock
from sla.walltime import moment_of
from snags.importing.folding import History
from snags.importing.profile import Profile
from snags.models import (
    Clock,
    Handover,
    Pause,
    Snag,
    SnagComment,
    SnagEvent,
    SourceRecord,
)
from snags.services.import_clocks import Promises
from snags.services.import_places import (
    MAIL_DOMAIN,
    NOBODY,
    Naming,
    Place,
    modules_named,
    parties_named,
    people_named,
)
from snags.services.import_rows import (
    Around,
    Built,
    Told,
    build,
    events_of,
    record_of,
)
from snags.services.import_writing import (
    create_clocks,
    overwrite,
    replace_clocks,
    write_timeline,
)
from snags.services.rows import note_days

WORKED_ON = "somebody has worked on it in opsdesk since"
OLDER = "the file is older than what was imported before"
DIFFERS = "its history differs from what was imported before"
REASON = "Imported"
# Columns an import decides; everything else belongs to the people working here.
SNAG_FIELDS = (
    "title",
    "detail",
    "module",
    "impact",
    "urgency",
    "priority",
    "priority_reason",
    "owner",
    "team",
    "handed_to",
    "status",
    "waiting_for",
    "resolution",
    "resolution_note",
    "reported_at",
    "resolved_at",
    "closed_at",
    "updated_at",
    "next_due_at",
    "at_risk_from",
    "reopen_count",
    "version",
)
RECORD_FIELDS = (
    "digest",
    "opened_at",
    "resolved_at",
    "closed_at",
    "made_sla",
    "waits",
    "facts",
    "imported_at",
)


@dataclass
class Outcome:
    """What a batch did; `held` gives the reason by ticket number."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    held: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def write_batch(
    histories: Sequence[History],
    *,
    place: Place,
    profile: Profile,
    naming: Naming,
    promises: Promises,
) -> Outcome:
    """Write a batch: all of it or, when the process dies, nothing."""
    outcome = Outcome()
    known = _records(profile.system, histories)
    new = [h for h in histories if h.number not in known]
    changed = [
        h for h in histories if h.number in known and known[h.number].digest != h.digest
    ]
    outcome.unchanged = len(histories) - len(new) - len(changed)
    changed = _untouched(changed, known, outcome)
    if new or changed:
        around = _around([*new, *changed], place, profile, naming, promises)
        built = [build(history, around, Snag()) for history in new]
        _create(built, around)
        _update(changed, known, around)
        _note(built)
        outcome.created, outcome.updated = len(new), len(changed)
    return outcome


def _records(system: str, histories: Iterable[History]) -> dict[str, SourceRecord]:
    numbers = [history.number for history in histories]
    rows = SourceRecord.objects.filter(system=system, number__in=numbers)
    return {row.number: row for row in rows.order_by("pk")}


def _untouched(
    changed: list[History], known: dict[str, SourceRecord], outcome: Outcome
) -> list[History]:
    """Those whose snag only the source has moved, and whose past is still the same."""
    pks = sorted(known[history.number].snag_id for history in changed)
    locked = Snag.objects.select_for_update(of=("self",), no_key=True)
    list(locked.filter(pk__in=pks).order_by("pk").values_list("pk", flat=True))
    foreign = (
        SnagEvent.objects.filter(snag__in=pks, actor__isnull=False)
        .exclude(actor__email__endswith=f"@{MAIL_DOMAIN}")
        .values_list("snag_id", flat=True)
    )
    worked_on = set(foreign.order_by("snag_id"))
    worked_on |= set(
        SnagComment.objects.filter(snag__in=pks)
        .values_list("snag_id", flat=True)
        .order_by("snag_id")
    )
    told = _told(pks)
    kept = []
    for history in changed:
        record = known[history.number]
        pk = record.snag_id
        if pk in worked_on:
            outcome.held[history.number] = WORKED_ON
        elif moment_of(history.last_at) < datetime.fromisoformat(
            record.facts["last_at"]
        ):
            outcome.held[history.number] = OLDER
        elif told[pk] - _steps(history):
            outcome.held[history.number] = DIFFERS
        else:
            kept.append(history)
    return kept


def _told(pks: Sequence[int]) -> dict[int, Told]:
    """The timeline lines there are: they can be added to, never changed."""
    told: dict[int, Told] = defaultdict(Counter)
    rows = SnagEvent.objects.filter(snag__in=pks).exclude(verb__startswith="clock_")
    for pk, at, verb in rows.values_list("snag_id", "at", "verb").order_by("pk"):
        told[pk][at, verb] += 1
    return told


def _steps(history: History) -> Told:
    return Counter((moment_of(step.at), step.verb) for step in history.steps)


def _around(
    histories: Sequence[History],
    place: Place,
    profile: Profile,
    naming: Naming,
    promises: Promises,
) -> Around:
    names = {name for history in histories for name in history.names}
    return Around(
        place=place,
        naming=naming,
        profile=profile,
        promises=promises,
        now=clock.now(),
        people=people_named({*names, NOBODY}, naming),
        teams=parties_named(
            {h.team for h in histories if h.team}, Party.Kind.TEAM.value
        ),
        suppliers=parties_named(
            {name for h in histories for name, _, _ in h.handovers},
            Party.Kind.SUPPLIER.value,
        ),
        modules=modules_named(
            {c for h in histories if (c := h.last.values.get("category"))},
            place.landscape,
        ),
    )


def _create(built: list[Built], around: Around) -> None:
    if not built:
        return
    snags = [one.snag for one in built]
    Snag.objects.bulk_create(snags)
    Snag.history.bulk_history_create(snags, default_change_reason=REASON)
    SourceRecord.objects.bulk_create(
        record_of(one.history, one.snag, around, SourceRecord()) for one in built
    )
    write_timeline(
        event for one in built for event in events_of(one, around, Counter())
    )
    _hang(built)
    create_clocks(built)


def _update(
    histories: list[History], known: dict[str, SourceRecord], around: Around
) -> None:
    """Bring snags up to date: columns and stretches anew, timeline lines added."""
    if not histories:
        return
    pks = sorted(known[history.number].snag_id for history in histories)
    snags = {snag.pk: snag for snag in Snag.objects.filter(pk__in=pks).order_by("pk")}
    told = _told(pks)
    before = _instants(snags.values())
    built = [
        build(history, around, snags[known[history.number].snag_id])
        for history in histories
    ]
    for snag in snags.values():
        snag.version += 1  # whoever read the texts before keeps both
    overwrite([one.snag for one in built], SNAG_FIELDS)
    Snag.history.bulk_history_create(
        list(snags.values()), update=True, default_change_reason=REASON
    )
    records = [
        record_of(one.history, one.snag, around, known[one.history.number])
        for one in built
    ]
    overwrite(records, RECORD_FIELDS)
    write_timeline(
        event for one in built for event in events_of(one, around, told[one.snag.pk])
    )
    Pause.objects.filter(snag__in=pks).delete()
    Handover.objects.filter(snag__in=pks).delete()
    _hang(built)
    replace_clocks(built)
    _note(built, before)


def _hang(built: Iterable[Built]) -> None:
    Pause.objects.bulk_create(pause for one in built for pause in one.pauses)
    Handover.objects.bulk_create(row for one in built for row in one.handovers)


def _note(built: Iterable[Built], before: Iterable[datetime | None] = ()) -> None:
    """Have every day these snags and their clocks count on counted again."""
    instants = {*before, *_instants(one.snag for one in built)}
    for one in built:
        instants.update(row.stopped_at for row in one.plan.clocks)
        instants.update(row.breached_at for row in one.plan.clocks)
        instants.update(event.due_at for event in one.plan.events)
    note_days(*instants)


def _instants(snags: Iterable[Snag]) -> set[datetime | None]:
    """When snags were reported, resolved and closed, and what their clocks did."""
    found: set[datetime | None] = set()
    pks = []
    for snag in snags:
        found.update((snag.reported_at, snag.resolved_at, snag.closed_at))
        pks.append(snag.pk)
    clocks = Clock.objects.filter(snag__in=pks).order_by("pk")
    for instants in clocks.values_list("stopped_at", "breached_at"):
        found.update(instants)
    return found
