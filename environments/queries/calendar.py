"""The one calendar: what is planned in the environments, as entries of one kind.

Windows come from here; higher apps hand in theirs in the same shape, and the screen
puts them in one order.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from environments.models import CalendarFeed, Occurrence, WindowRule
from environments.queries.windows import occurrences_between
from opsdesk.accounts.models import User
from opsdesk.core.wording import full_moment

# More in one stretch than anybody reads: a window a day in ten environments fits.
MOST = 10_000
KEPT, AHEAD = timedelta(days=31), timedelta(days=548)  # what a feed holds


@dataclass(frozen=True)
class Entry:
    """Something planned: [starts_at, ends_at) in UTC, where, and its page."""

    uid: str
    kind: str  # freeze, advice, maintenance, or what a higher app calls its own
    title: str
    where: str
    starts_at: datetime
    ends_at: datetime
    url: str
    note: str = ""

    @property
    def tone(self) -> str:
        return LOOKS.get(self.kind, LOOKS["change"])[1]

    @property
    def icon(self) -> str:
        return LOOKS.get(self.kind, LOOKS["change"])[2]

    @property
    def pill(self) -> str:
        """Its tone as a pill: grey has no name there."""
        return "" if self.tone == "slate" else self.tone

    @property
    def times(self) -> str:
        """When, beyond doubt: in the reader's zone and in UTC."""
        return (
            f"{full_moment(self.starts_at)} to {full_moment(self.ends_at)}"
            f" ({self.starts_at:%-d %b %H:%M} to {self.ends_at:%-d %b %H:%M} UTC)"
        )

    @property
    def label(self) -> str:
        return LOOKS.get(self.kind, LOOKS["change"])[0]


# kind -> word, tone, icon
LOOKS = {
    "freeze": ("Freeze", "blue", "lock"),
    "advice": ("Advice", "slate", "info"),
    "maintenance": ("Maintenance", "green", "wrench"),
    "change": ("Change", "violet", "rocket"),
}


def window_entries(
    user: User, since: datetime, until: datetime, environment: int | None = None
) -> list[Entry]:
    """Windows open at some instant of [since, until), one entry for all their places.

    An environment's id leaves out what does not touch it; the entry then names only it.
    """
    rows = occurrences_between(user, since, until)
    if environment:
        rows = rows.filter(environment=environment)
    together: dict[tuple[int, datetime, datetime], list[Occurrence]] = {}
    for row in rows[:MOST]:
        key = (row.rule_id, row.starts_at, row.ends_at)
        together.setdefault(key, []).append(row)
    return [_entry(places[0].rule, places) for places in together.values()]


def feed_entries(user: User, now: datetime) -> list[Entry]:
    """What a calendar program is given: the last month and the next 18."""
    return window_entries(user, now - KEPT, now + AHEAD)


def own_feed(user: User) -> CalendarFeed | None:
    """The address the person has given to a calendar program, if any."""
    live = CalendarFeed.objects.filter(owner=user, revoked_at__isnull=True)
    return live.order_by("pk").first()


def _entry(rule: WindowRule, rows: list[Occurrence]) -> Entry:
    first = rows[0]
    kind = rule.kind if first.is_hard or not rule.is_freeze else "advice"
    return Entry(
        uid=f"window-{first.pk}",
        kind=kind,
        title=rule.name,
        where=", ".join(row.environment.code or row.environment.name for row in rows),
        starts_at=first.starts_at,
        ends_at=first.ends_at,
        url=rule.get_absolute_url(),
        note=rule.reason,
    )
