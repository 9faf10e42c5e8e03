"""Simulated lives of snags: what happened to each, and when, up to now.

Arrival rates, priorities, waiting and reopening follow the incident log the tests use
(UCI 498) and the outline of the demo company; the same seed gives the same company.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from opsdesk.accounts.models import User
from opsdesk.site.demo import stories
from opsdesk.site.demo.company import TARGETS
from opsdesk.site.demo.places import World
from opsdesk.site.demo.stories import STORIES, Story
from sla.calendars import Calendar

# Per week since go-live: the flood of the first weeks, then quieter.
ARRIVALS = (108, 96, 84, 70, 58, 50, 42, 38, 16)
WEEKDAY = (24, 19, 18, 17, 17, 3, 2)
HOURS = {8: 14, 9: 18, 10: 15, 11: 13, 12: 6, 13: 7, 14: 11, 15: 10, 16: 5, 17: 1}
PRIORITIES = ((1, 2), (2, 8), (3, 65), (4, 25))
LEVELS = {1: (1, 1), 2: (1, 2), 3: (2, 2), 4: (3, 2)}
# Share of the resolution target used, by week: slow at first, then well inside it.
PACE = (1.25, 1.15, 1.0, 0.9, 0.75, 0.7, 0.62, 0.6, 0.55)
RESPONSE = {priority: terms[0] for priority, terms in TARGETS.items()}
RESOLUTION = {priority: terms[1] for priority, terms in TARGETS.items()}
# Open now: priority, share of the resolution time used, how it stands.
OPEN = (
    (1, 1.34, "in_progress"),
    (1, 0.97, "in_progress"),
    (2, 1.18, "handed_over"),
    (2, 0.93, "in_progress"),
    (2, 0.81, "handed_over"),
    (2, 0.09, "new"),
    (3, 1.6, "handed_over"),
    (3, 1.22, "in_progress"),
    (3, 1.05, "in_progress"),
    (3, 0.94, "in_progress"),
    (3, 0.88, "triaged"),
    (3, 0.8, "in_progress"),
    (3, 0.77, "handed_over"),
    (3, 0.66, "in_progress"),
    (3, 0.6, "waits"),
    (3, 0.52, "in_progress"),
    (3, 0.47, "waits"),
    (3, 0.4, "in_progress"),
    (3, 0.33, "triaged"),
    (3, 0.15, "new"),
    (3, 0.12, "new"),
    (3, 0.05, "new"),
    (4, 2.3, "handed_over"),
    (4, 1.4, "waits"),
    (4, 0.9, "in_progress"),
    (4, 0.7, "in_progress"),
    (4, 0.55, "waits"),
    (4, 0.3, "triaged"),
    (4, 0.08, "new"),
    (4, 0.02, "new"),
)
MONTHS = ("August", "September", "October")
CUSTOMERS = ("Ferris & Sons", "Albright Stores", "Nordlys AS", "Tamar Kitchens")

After = Callable[[datetime, float], datetime]  # so many working minutes later


@dataclass(frozen=True)
class Happening:
    """Something that happened to a snag at an instant."""

    at: datetime
    verb: str
    who: User | None
    text: str = ""
    audience: str = "everyone"


@dataclass
class Life:
    """One snag from report to end, all of it in the past."""

    story: Story
    title: str
    detail: str
    reporter: User
    owner: User
    priority: int
    reported_at: datetime
    by_voice: bool
    happenings: list[Happening] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.story.kind or "fault"


def lives(world: World, office: Calendar, now: datetime) -> Iterator[Life]:
    """Every snag of the demo company in the order they were reported."""
    chance = Random(20_260_105)  # noqa: S311 - the same company every time
    for week, arrivals in enumerate(ARRIVALS):
        monday = world.golive.went_live_on + timedelta(weeks=week)
        for at in sorted(_arrivals(chance, monday, arrivals)):
            if at < now - timedelta(minutes=4):
                yield _life(chance, world, office, at, now, min(week, 8))


def current(world: World, office: Calendar, now: datetime) -> Iterator[Life]:
    """What is open as somebody looks, whatever the hour: late, nearly late, waiting.

    Each is placed so that it has used a known share of its resolution time; one P1
    breaks its promise a few minutes after the load, for whoever wants to watch.
    """
    chance = Random(7)  # noqa: S311 - the same company every time
    for number, (priority, used, standing) in enumerate(OPEN):
        story = STORIES[(number * 7) % len(STORIES)]
        if standing == "handed_over":
            story = next(s for s in STORIES[number:] if s.supplier)
        seconds = int(RESOLUTION[priority] * 60 * used)
        at = (
            now - timedelta(seconds=seconds)
            if priority == 1
            else office.backward(now, seconds)
        )
        life = _begun(chance, world, story, priority, at)
        _stand(chance, world, life, standing, _after(office, priority), seconds / 600)
        yield life


def _stand(
    chance: Random, world: World, life: Life, standing: str, after: After, step: float
) -> None:
    """Bring a life to where it stands now, in equal steps since its report."""
    if standing == "new":
        return
    soon = RESPONSE[life.priority] * chance.uniform(0.1, 0.9)
    at, tell = after(life.reported_at, min(step, soon)), life.happenings.append
    tell(Happening(at, "triaged", life.owner))
    tell(Happening(at, "said", life.owner, chance.choice(stories.FIRST_WORDS)))
    if standing == "triaged":
        return
    tell(Happening(after(at, step), "started", life.owner))
    words = chance.choice(stories.NOTES)
    tell(Happening(after(at, step * 2), "said", life.owner, words, "internal"))
    if standing == "waits":
        words = chance.choice(stories.QUESTIONS)
        tell(Happening(after(at, step * 3), "waits", life.owner, words))
    if standing == "handed_over":
        _stand_with_supplier(chance, world, life, after, after(at, step * 3))


def _stand_with_supplier(
    chance: Random, world: World, life: Life, after: After, at: datetime
) -> None:
    words = chance.choice(stories.TO_SUPPLIER)
    life.happenings.append(Happening(at, "handed_over", life.owner, words, "supplier"))
    if life.story.supplier == "Northgate ERP Partners":
        words = chance.choice(stories.FROM_SUPPLIER)
        reply = after(at, RESOLUTION[life.priority] * 0.1)
        life.happenings.append(
            Happening(reply, "said", world.people["naomi"], words, "supplier")
        )


def _after(office: Calendar, priority: int) -> After:
    """So many minutes later: around the clock for a P1, else of office time."""

    def after(start: datetime, minutes: float) -> datetime:
        if priority == 1:
            return start + timedelta(minutes=max(1, round(minutes)))
        return office.deadline(start, max(60, int(minutes * 60)))

    return after


def _arrivals(chance: Random, monday: date, count: int) -> list[datetime]:
    zone = ZoneInfo("Europe/London")
    days = chance.choices(range(7), WEEKDAY, k=count)
    hours = chance.choices(list(HOURS), list(HOURS.values()), k=count)
    return [
        datetime.combine(
            monday + timedelta(days=day), time(hour, chance.randrange(60)), zone
        )
        for day, hour in zip(days, hours, strict=True)
    ]


def _life(
    chance: Random,
    world: World,
    office: Calendar,
    at: datetime,
    now: datetime,
    week: int,
) -> Life:
    story = chance.choice(STORIES)
    priority = chance.choices(
        [p for p, _ in PRIORITIES], [share for _, share in PRIORITIES]
    )[0]
    if story.kind in {"request", "data_enquiry", "extend", "revisit"}:
        priority = max(3, priority)
    life = _begun(chance, world, story, priority, at)
    _live(chance, world, office, life, week)
    life.happenings = [what for what in life.happenings if what.at < now]
    return life


def _begun(
    chance: Random, world: World, story: Story, priority: int, at: datetime
) -> Life:
    """A report as it came in: who, what, and who will answer for it."""
    blanks = {
        "month": chance.choice(MONTHS),
        "amount": f"£{chance.randrange(12, 9_800):,}",
        "count": chance.randrange(3, 240),
        "number": chance.randrange(2, 40),
        "customer": chance.choice(CUSTOMERS),
        "department": chance.choice(("Sales", "Warehouse", "Purchasing")),
    }
    return Life(
        story=story,
        title=story.title.format(**blanks),
        detail=story.detail.format(**blanks),
        reporter=chance.choice(world.reporters),
        owner=chance.choices(world.support, (30, 24, 20, 10, 16))[0],
        priority=priority,
        reported_at=at.replace(microsecond=0),
        by_voice=chance.random() < 0.12,
    )


def _live(
    chance: Random, world: World, office: Calendar, life: Life, week: int
) -> None:
    """Let it happen: answer, triage, perhaps wait or hand over, resolve, confirm."""
    target, pace = RESOLUTION[life.priority], PACE[week]
    after = _after(office, life.priority)
    at = _answer(chance, life, after, pace)
    if chance.random() < 0.35:
        at = after(at, target * 0.05)
        words = chance.choice(stories.NOTES)
        life.happenings.append(Happening(at, "said", life.owner, words, "internal"))
    if chance.random() < 0.2:
        at = _ask(chance, life, after, at)
    if life.story.supplier and chance.random() < 0.8:
        at = _hand_over(chance, world, life, after, at)
    slow = 2.6 if chance.random() < 0.07 else 1.0
    at = after(at, target * pace * slow * chance.uniform(0.1, 0.95))
    _end(chance, office, life, after, at)


def _answer(chance: Random, life: Life, after: After, pace: float) -> datetime:
    """The first word to the reporter, and the start of work."""
    promised = RESPONSE[life.priority]
    at = after(life.reported_at, promised * pace * chance.uniform(0.08, 1.15))
    life.happenings.append(Happening(at, "triaged", life.owner))
    if not life.by_voice:
        words = chance.choice(stories.FIRST_WORDS)
        life.happenings.append(Happening(at, "said", life.owner, words))
    at = after(at, RESOLUTION[life.priority] * pace * chance.uniform(0.02, 0.12))
    life.happenings.append(Happening(at, "started", life.owner))
    return at


def _end(
    chance: Random, office: Calendar, life: Life, after: After, at: datetime
) -> None:
    """Resolved, now and then reopened, then confirmed or closed in silence."""
    tell, outcome = life.happenings.append, life.story.outcome
    tell(Happening(at, "resolved", life.owner, outcome))
    if chance.random() < 0.04:
        at = after(at, 300)
        words = chance.choice(stories.STILL_WRONG)
        tell(Happening(at, "reopened", life.reporter, words))
        at = after(at, RESOLUTION[life.priority] * chance.uniform(0.1, 0.4))
        tell(Happening(at, "resolved", life.owner, outcome))
    if chance.random() < 0.55:
        tell(Happening(after(at, 600), "confirmed", life.reporter))
    else:
        tell(Happening(office.after_business_days(at, 5), "auto_closed", None))


def _ask(chance: Random, life: Life, after: After, at: datetime) -> datetime:
    at = after(at, RESOLUTION[life.priority] * 0.04)
    life.happenings.append(
        Happening(at, "waits", life.owner, chance.choice(stories.QUESTIONS))
    )
    back = after(at, chance.uniform(60, 900))
    life.happenings.append(
        Happening(back, "answered", life.reporter, chance.choice(stories.ANSWERS))
    )
    return back


def _hand_over(
    chance: Random, world: World, life: Life, after: After, at: datetime
) -> datetime:
    target = RESOLUTION[life.priority]
    at = after(at, target * 0.04)
    life.happenings.append(
        Happening(
            at,
            "handed_over",
            life.owner,
            chance.choice(stories.TO_SUPPLIER),
            "supplier",
        )
    )
    back = after(at, target * chance.uniform(0.15, 0.5))
    if life.story.supplier == "Northgate ERP Partners":
        reply = after(at, target * 0.1)
        words = chance.choice(stories.FROM_SUPPLIER)
        life.happenings.append(
            Happening(reply, "said", world.people["naomi"], words, "supplier")
        )
    life.happenings.append(Happening(back, "handed_back", life.owner))
    return back
