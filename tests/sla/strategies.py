"""Random calendars, instants and pauses for the property tests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st

from sla.calendars import Hours, compiled
from sla.clocks import Terms

ZONES = (
    "UTC",
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Pacific/Apia",
)
# Around changes of the clock, a skipped date (Apia, end of 2011) and plain weeks.
ANCHORS = (
    datetime(2011, 12, 26, tzinfo=UTC),
    datetime(2015, 10, 14, tzinfo=UTC),
    datetime(2026, 3, 26, tzinfo=UTC),
    datetime(2026, 4, 1, tzinfo=UTC),
    datetime(2026, 10, 22, tzinfo=UTC),
    datetime(1968, 2, 26, tzinfo=UTC),
    datetime(2087, 3, 28, tzinfo=UTC),
)
SOME = settings(max_examples=40, deadline=None, derandomize=True, database=None)
FEW = settings(SOME, max_examples=25)
DAWN = 360
targets = st.integers(1, 60 * 3600)
moments = st.integers(0, 10 * 86_400)


@st.composite
def day_windows(draw):
    """Windows of a day from 06:00; the last may spill over midnight until 06:00."""
    minutes = st.integers(DAWN // 5, 1440 // 5).map(lambda n: n * 5)
    edges = sorted(draw(st.lists(minutes, unique=True, max_size=6)))
    if len(edges) % 2:
        spill = draw(st.integers(0, DAWN))
        last = edges.pop()
        pairs = [*zip(edges[::2], edges[1::2], strict=True)]
        return (*pairs, (last, spill)) if last < 1440 else tuple(pairs)
    return tuple(zip(edges[::2], edges[1::2], strict=True))


@st.composite
def calendars_near(draw, anchor):
    """Hours that are open at least once a week, with holidays and special hours."""
    weekly = [draw(day_windows()) for _ in range(7)]
    weekly[draw(st.integers(0, 6))] = ((540, 1020),)
    days = st.integers(-2, 16).map(lambda n: anchor.date() + timedelta(n))
    holidays = draw(st.frozensets(days, max_size=3))
    special = draw(st.dictionaries(days, day_windows(), max_size=2))
    zone = draw(st.sampled_from(ZONES))
    return Hours(zone, tuple(weekly), holidays, special)


@dataclass(frozen=True)
class Case:
    """A calendar, three instants in order within ten days or so, and what is asked."""

    hours: Hours
    start: datetime
    middle: datetime
    end: datetime
    seconds: int
    more: int
    pauses: tuple[tuple[datetime, datetime], ...]
    other: Hours
    days: int
    minute: int

    @property
    def calendar(self):
        return compiled(self.hours)

    @property
    def terms(self):
        return Terms(self.start, self.seconds, None, self.calendar, self.pauses)


@st.composite
def cases(draw):
    """Five questions about one calendar, which takes longest to draw and compile."""
    anchor = draw(st.sampled_from(ANCHORS))
    hours, other = draw(calendars_near(anchor)), draw(calendars_near(anchor))
    return [draw(cases_of(hours, other, anchor)) for _ in range(5)]


@st.composite
def cases_of(draw, hours, other, anchor):
    instants = sorted(draw(st.lists(moments, min_size=3, max_size=3)))
    start, middle, end = [anchor + timedelta(seconds=n) for n in instants]
    return Case(
        hours=hours,
        start=start,
        middle=middle,
        end=end,
        seconds=draw(targets),
        more=draw(targets),
        pauses=draw(pauses_after(start)),
        other=other,
        days=draw(st.integers(1, 12)),
        minute=draw(st.integers(1, 1439)),
    )


@st.composite
def pauses_after(draw, start):
    """Finished pauses that begin within ten days of start, in any order."""
    spans = st.tuples(st.integers(-86_400, 10 * 86_400), st.integers(0, 3 * 86_400))
    return tuple(
        (start + timedelta(seconds=at), start + timedelta(seconds=at + length))
        for at, length in draw(st.lists(spans, max_size=5))
    )
