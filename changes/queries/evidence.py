"""What speaks for a package in the environments before: it ran there, it was tested.

Where it ran is known by its digest: the same bytes of a component under another label
have run as long, other bytes under the same label have not. Verdicts are on a package.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from changes.models import ChangeRequest, Package, Promotion, TestSignOff
from changes.queries.separation import put_together
from environments.models import Environment, Installation, PromotionPath
from environments.queries.pairs import swapped

Verdict = TestSignOff.Verdict


@dataclass(frozen=True)
class Tested:
    """The live verdicts on one digest in one environment."""

    environment: Environment
    needed: int
    passed: Sequence[TestSignOff]
    failed: Sequence[TestSignOff]
    undecided: Sequence[TestSignOff]

    @property
    def missing(self) -> int:
        """How many more people must pass it; nobody counts twice."""
        return max(0, self.needed - len({found.tester_id for found in self.passed}))

    @property
    def is_enough(self) -> bool:
        return not (self.missing or self.failed or self.undecided)


def paths_into(environment: Environment, package: Package) -> list[PromotionPath]:
    """The paths a package of its class must have taken; its own class goes first.

    After a failover those into production lead to whoever serves, and those into the
    failover to the production it took over from.
    """
    roles = swapped(environment)
    rows = _paths(package).filter(target=roles.get(environment, environment))
    return _latest(rows, roles)


def _paths(package: Package) -> QuerySet[PromotionPath]:
    """Those that packages of this class take, the class's own last."""
    own = Q(package_class=package.package_class) | Q(package_class="")
    rows = PromotionPath.objects.filter(own).select_related("upstream")
    return rows.order_by("package_class", "pk")


def _latest(
    paths: Iterable[PromotionPath], roles: dict[Environment, Environment]
) -> list[PromotionPath]:
    """One from each environment, the last."""
    by_upstream: dict[int, PromotionPath] = {}
    for path in paths:
        path.upstream = roles.get(path.upstream, path.upstream)
        by_upstream[path.upstream_id] = path
    return list(by_upstream.values())


def approvals_needed(
    promotion: Promotion, paths: Sequence[PromotionPath] | None = None
) -> int:
    """How many administrators must agree to this promotion; 0 for none.

    Only where people work, and never to follow, to undo or behind broken glass. Where
    no path says how many, one; two when the risk is high. `paths` are those into its
    environment, if they are known.
    """
    environment, change = promotion.environment, promotion.change
    if promotion.follows or change.is_break_glass or not environment.is_serving:
        return 0
    if paths is None:
        paths = paths_into(environment, promotion.package)
    least = 2 if change.risk == ChangeRequest.Risk.HIGH else 0
    return max(least, max((path.approvals for path in paths), default=1))


def backout_until(promotion: Promotion) -> datetime | None:
    """Until when the approved back-out plan allows a roll-back: counted from the end
    of the slot, or from the start where none was booked; None when neither was."""
    undone = promotion.undoes or promotion
    slot = undone.target.slot
    since = slot.upper if slot else undone.started_at
    return since + timedelta(hours=promotion.change.backout_hours) if since else None


def stays(
    environments: Sequence[int], package: Package
) -> dict[int, list[Installation]]:
    """Environment id -> when it ran exactly these bytes, the earliest stay first."""
    rows = Installation.objects.filter(
        environment__in=environments,
        component=package.component_id,
        sha256=package.sha256,
    ).exclude(sha256="")
    found: dict[int, list[Installation]] = {pk: [] for pk in environments}
    for row in rows.order_by("during", "pk"):
        found[row.environment_id].append(row)
    return found


def longest_stay(found: Sequence[Installation], at: datetime) -> timedelta:
    """The longest unbroken time up to an instant; being replaced breaks it."""
    lengths = (min(s.during.upper or at, at) - s.during.lower for s in found)
    return max(lengths, default=timedelta())


def tested(environment: Environment, package: Package, needed: int) -> Tested:
    """The latest live verdict of every business area, without what those said who put
    the package together."""
    rows = TestSignOff.objects.filter(
        package=package,
        sha256=package.sha256,
        environment=environment,
        superseded_at__isnull=True,
        revoked_at__isnull=True,
    ).exclude(tester__in=put_together(package))
    found = list(rows.select_related("tester").order_by("at", "pk"))
    accepted = [
        row
        for row in found
        if row.verdict == Verdict.PASS
        or (row.verdict == Verdict.CONDITIONAL and row.conditions_accepted_by_id)
    ]
    return Tested(
        environment=environment,
        needed=needed,
        passed=accepted,
        failed=[row for row in found if row.verdict == Verdict.FAIL],
        undecided=[
            row
            for row in found
            if row.verdict == Verdict.CONDITIONAL and not row.conditions_accepted_by_id
        ],
    )


def sign_offs_short(
    package: Package | None, environments: Iterable[Environment]
) -> list[Tested]:
    """Where a package lacks what its paths into these ask for; [] when nowhere."""
    if package is None:
        return []
    roles = {place: swapped(place) for place in environments}
    targets = {place: part.get(place, place) for place, part in roles.items()}
    paths = list(_paths(package).filter(target__in=targets.values()))
    short: dict[int, Tested] = {}
    for place, target in targets.items():
        mine = [path for path in paths if path.target_id == target.pk]
        for path in _latest(mine, roles[place]):
            found = tested(path.upstream, package, path.sign_offs)
            if path.sign_offs and not found.is_enough:
                short[path.upstream_id] = found
    return list(short.values())
