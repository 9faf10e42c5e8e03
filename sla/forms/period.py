"""What the dashboard is asked for: a period, a priority, a team, a go-live."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms

from opsdesk.core.forms import DayField
from sla.models import Priority

PERIODS = (
    ("4", "4 wk"),
    ("12", "12 wk"),
    ("26", "6 mo"),
    ("52", "1 yr"),
    ("golive", "Since go-live"),
    ("custom", "Dates"),
)
USUAL = "12"
LONGEST = timedelta(days=3660)


@dataclass(frozen=True)
class Option:
    """Something to choose: a team, or a go-live with its day."""

    pk: int
    name: str
    day: date | None = None


@dataclass(frozen=True)
class Chosen:
    """A valid choice, whatever was asked for."""

    period: str
    first: date
    last: date
    priority: int | None
    team: Option | None
    golive: Option | None


class PeriodForm(forms.Form):
    """Every field may be missing or nonsense: then its usual value counts."""

    p = forms.ChoiceField(label="Period", choices=PERIODS, required=False)
    first = DayField(label="From", required=False)
    last = DayField(label="To", required=False)
    priority = forms.TypedChoiceField(
        choices=(("", "All priorities"), *Priority.choices),
        coerce=int,
        empty_value=None,
        required=False,
    )
    team = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)
    golive = forms.TypedChoiceField(
        label="Go-live", coerce=int, empty_value=None, required=False
    )

    def __init__(
        self,
        data: Any,
        *,
        today: date,
        teams: Sequence[Option],
        golives: Sequence[Option],
    ) -> None:
        super().__init__(data)
        self.today, self.teams, self.golives = today, teams, golives
        self.fields["team"].choices = _choices("All teams", teams)  # type: ignore[attr-defined]
        self.fields["golive"].choices = _choices("Latest go-live", golives)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or self.cleaned_data
        if asked.get("p") == "custom" and not self.errors:
            first, last = asked.get("first"), asked.get("last")
            if not first or not last:
                self.add_error("first", "Give the first and the last day.")
            elif first > last:
                self.add_error("first", "The first day must not be after the last.")
            elif last - first > LONGEST:
                self.add_error("first", "Choose ten years at most.")
        return asked

    def chosen(self) -> Chosen:
        """What was asked for, as far as it makes sense; else the last twelve weeks."""
        self.is_valid()
        asked = self.cleaned_data
        golive = _find(self.golives, asked.get("golive"))
        golive = golive or (self.golives[0] if self.golives else None)
        period = asked.get("p") or USUAL
        first, last = self._days(period, golive)
        if period in {"custom", "golive"} and first is None:
            period = USUAL
            first, last = self._days(USUAL, golive)
        assert first is not None
        return Chosen(
            period=period,
            first=first,
            last=last,
            priority=asked.get("priority"),
            team=_find(self.teams, asked.get("team")),
            golive=golive,
        )

    def _days(self, period: str, golive: Option | None) -> tuple[date | None, date]:
        asked = self.cleaned_data
        if period == "custom":
            first, last = asked.get("first"), asked.get("last")
            return (first if last else None), last or self.today
        if period == "golive":
            day = golive.day if golive else None
            return (day if day and day <= self.today else None), self.today
        monday = self.today - timedelta(days=self.today.weekday())
        return monday - timedelta(weeks=int(period) - 1), self.today


def _choices(everything: str, options: Sequence[Option]) -> list[tuple[Any, str]]:
    return [("", everything), *((option.pk, option.name) for option in options)]


def _find(options: Sequence[Option], pk: int | None) -> Option | None:
    return next((option for option in options if option.pk == pk), None)
