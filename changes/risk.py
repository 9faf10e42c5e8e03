"""How risky a change is: points from facts, and the level they come to. Pure."""

from dataclasses import dataclass

from changes.models import Risk
from environments.models import PackageClass

CLASS_POINTS = {PackageClass.MINOR: 1, PackageClass.MAJOR: 3, PackageClass.DATA: 3}
MEDIUM_FROM, HIGH_FROM = 5, 9
LONG_OUTAGE = 60  # minutes


@dataclass(frozen=True)
class Facts:
    """What the score is made of; `outage_minutes` is what people expect."""

    serves_business: bool
    outage_minutes: int
    package_class: str
    is_rehearsed: bool
    is_critical: bool
    has_precedent: bool
    failed_lately: bool
    is_before_freeze: bool


@dataclass(frozen=True)
class Point:
    """One reason and what it counts for."""

    reason: str
    points: int


@dataclass(frozen=True)
class Score:
    """The level and every point that makes it."""

    points: tuple[Point, ...]

    @property
    def total(self) -> int:
        return sum(point.points for point in self.points)

    @property
    def level(self) -> Risk:
        if self.total >= HIGH_FROM:
            return Risk.HIGH
        return Risk.MEDIUM if self.total >= MEDIUM_FROM else Risk.LOW


def score(facts: Facts) -> Score:
    """Every reason that counts, in the order people read them."""
    of_class = CLASS_POINTS.get(PackageClass(facts.package_class), 0)
    of_outage = (
        2 if facts.outage_minutes > LONG_OUTAGE else int(facts.outage_minutes > 0)
    )
    label = PackageClass(facts.package_class).label
    counted = (
        (
            "It reaches the environment that serves the business",
            2 * facts.serves_business,
        ),
        (f"An outage of {facts.outage_minutes} minutes", of_outage),
        (f"The package is of class {label.lower()}", of_class),
        ("Backing out was not rehearsed", 3 * (not facts.is_rehearsed)),
        ("It touches a component the business stops without", 2 * facts.is_critical),
        ("No change of this kind has succeeded before", 1 * (not facts.has_precedent)),
        (
            "A change of this component failed in the last 90 days",
            2 * facts.failed_lately,
        ),
        ("An advisory freeze begins within five days", 1 * facts.is_before_freeze),
    )
    return Score(tuple(Point(reason, points) for reason, points in counted if points))


def higher(one: str, other: str) -> Risk:
    """The graver of two levels; an empty one is none."""
    order = ["", *Risk.values]
    return Risk(max(one, other, key=order.index))
