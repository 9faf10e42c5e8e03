"""What people of the business are asked to try, and whether it is there to be tried."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from changes.models import ChangeRequest, Package, TestSignOff, UserTest
from changes.moves import ENDED
from changes.permissions import TESTERS
from changes.queries.separation import put_together
from environments.models import Installation
from environments.queries.installed import installed_in
from opsdesk.accounts.access import people_with
from opsdesk.accounts.models import User


@dataclass(frozen=True)
class Asked:
    """One test I am asked for: ready once exactly this package runs there."""

    test: UserTest
    is_ready: bool


def testers_for(package: Package | None) -> QuerySet[User]:
    """Who may be asked to try a package: nobody who put it together."""
    testers = people_with(*TESTERS)
    if package is None:
        return testers
    return testers.exclude(pk__in=put_together(package).values("pk"))


def tests_for(user: User) -> list[Asked]:
    """The open tests of a person, those that can be done now first."""
    rows = UserTest.objects.filter(assigned_to=user).exclude(change__state__in=ENDED)
    named = rows.select_related("change__package__component")
    return _asked(named.order_by("duty__due_at", "pk"))


def asked_about(change: ChangeRequest) -> list[Asked]:
    """The open tests of a change, those that can be done now first."""
    return _asked(change.tests.order_by("duty__due_at", "pk"))


def tests_seen_by(user: User) -> QuerySet[UserTest]:
    """Tests of the changes a person may see."""
    seen = ChangeRequest.objects.visible_to(user)
    rows = UserTest.objects.filter(change__in=seen.order_by().values("pk"))
    return rows.select_related("change", "duty").order_by("pk")


def answered_before(change: ChangeRequest, package: Package) -> QuerySet[UserTest]:
    """Tests that were answered, but not for these files, by people who may try them."""
    said = TestSignOff.objects.filter(
        package=package,
        environment=OuterRef("environment"),
        area=OuterRef("area"),
        tester=OuterRef("assigned_to"),
        superseded_at__isnull=True,
        revoked_at__isnull=True,
    )
    rows = change.tests.filter(
        ~Exists(said),
        duty__done_at__isnull=False,
        assigned_to__in=testers_for(package).values("pk"),
    )
    return rows.select_related("assigned_to", "environment", "duty").order_by("pk")


def given_by(user: User) -> list[TestSignOff]:
    """The latest verdicts of a person."""
    rows = TestSignOff.objects.filter(tester=user).select_related(
        "change__package", "environment"
    )
    return list(rows.order_by("-at", "-pk")[:20])


def sign_offs_for(user: User) -> QuerySet[TestSignOff]:
    """Verdicts on the changes a person may see."""
    seen = ChangeRequest.objects.visible_to(user)
    rows = TestSignOff.objects.filter(change__in=seen.order_by().values("pk"))
    return rows.select_related("environment", "tester").order_by("-at", "-pk")


def _asked(rows: QuerySet[UserTest]) -> list[Asked]:
    named = ("environment", "duty", "assigned_to")
    tests = list(rows.filter(duty__done_at__isnull=True).select_related(*named))
    there = installed_in({test.environment for test in tests})
    found = [Asked(test, _is_there(test, there)) for test in tests]
    return sorted(found, key=lambda asked: not asked.is_ready)


def _is_there(test: UserTest, there: dict[int, dict[int, Installation]]) -> bool:
    package = test.change.package
    if package is None:
        return False
    runs = there.get(test.environment_id, {}).get(package.component_id)
    return runs is not None and runs.sha256 == package.sha256 != ""
