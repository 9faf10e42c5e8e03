"""What people of the business are asked to try, and whether it is there to be tried."""

from dataclasses import dataclass

from django.db.models import QuerySet

from changes.models import ChangeRequest, TestSignOff, UserTest
from changes.moves import ENDED
from environments.models import Installation
from environments.queries.installed import installed_in
from opsdesk.accounts.models import User


@dataclass(frozen=True)
class Asked:
    """One test I am asked for: ready once exactly this package runs there."""

    test: UserTest
    is_ready: bool

    @property
    def is_done(self) -> bool:
        duty = self.test.duty
        return duty is not None and duty.done_at is not None


def tests_for(user: User) -> list[Asked]:
    """The open tests of a person, those that can be done now first."""
    rows = (
        UserTest.objects.filter(assigned_to=user, duty__done_at__isnull=True)
        .exclude(change__state__in=ENDED)
        .select_related("change__package__component", "environment", "duty")
        .order_by("duty__due_at", "pk")
    )
    tests = list(rows)
    there = installed_in({test.environment for test in tests})
    found = [Asked(test, _is_there(test, there)) for test in tests]
    return sorted(found, key=lambda asked: not asked.is_ready)


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
    return rows.select_related(
        "change__package", "environment", "tester", "package"
    ).order_by("-at", "-pk")


def _is_there(test: UserTest, there: dict[int, dict[int, Installation]]) -> bool:
    package = test.change.package
    if package is None:
        return False
    runs = there.get(test.environment_id, {}).get(package.component_id)
    return runs is not None and runs.sha256 == package.sha256 != ""
