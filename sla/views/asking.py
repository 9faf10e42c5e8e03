"""From a request to the board it asks for, within what the person may see."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import Party, User
from opsdesk.core.http import UserRequest
from sla.forms.period import Chosen, Option, PeriodForm
from snags import figures
from snags.days import day_of
from snags.figures import Board, Cut, Dimension, Freshness, Period


@dataclass(frozen=True)
class Asked:
    """What a request comes to: a choice, what it is a cut of, and as of when."""

    form: PeriodForm
    chosen: Chosen
    cut: Cut
    period: Period
    fresh: Freshness
    query: str

    def board(self, user: User) -> Board:
        golive = self.chosen.golive
        return figures.board(
            self.cut,
            self.period,
            user=user,
            golive=(golive.pk, golive.day) if golive and golive.day else None,
            now=self.fresh.now,
        )

    @property
    def key(self) -> str:
        """Names the board in a cache: whose rows, which days, counted when."""
        golive, as_of = self.chosen.golive, self.fresh.as_of
        parts = (
            self.cut.scopes,
            self.cut.priority,
            self.cut.key,
            self.period.first,
            self.period.last,
            golive and golive.pk,
            as_of and as_of.timestamp(),
            self.query,
        )
        return sha256(repr(parts).encode()).hexdigest()


def asked(request: UserRequest) -> Asked:
    """The form as it was sent, and the usual choice where it makes no sense."""
    fresh = figures.fresh_as_of()
    golives = [Option(g.pk, g.name, g.went_live_on) for g in figures.golives()]
    form = PeriodForm(
        request.GET, today=day_of(fresh.now), teams=_teams(), golives=golives
    )
    chosen = form.chosen()
    cut = Cut(
        departments=access_of(request.user).departments(),
        priority=chosen.priority,
        dimension=Dimension.TEAM if chosen.team else Dimension.ALL,
        key=str(chosen.team.pk) if chosen.team else "",
    )
    query = request.GET.urlencode()
    return Asked(form, chosen, cut, Period(chosen.first, chosen.last), fresh, query)


def cut_asked(request: UserRequest, asked: Mapping[str, Any]) -> tuple[Cut, Period]:
    """What a drill-down's address says, within what the person may see."""
    cut = Cut(
        departments=access_of(request.user).departments(),
        priority=asked["priority"],
        dimension=asked["by"] or Dimension.ALL,
        key=asked["key"] if asked["by"] else "",
    )
    return cut, Period(asked["first"], asked["last"])


def _teams() -> list[Option]:
    teams = Party.objects.of_kind(Party.Kind.TEAM).order_by("name")
    return [Option(pk, name) for pk, name in teams.values_list("pk", "name")]
