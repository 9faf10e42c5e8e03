"""What a person writes into a change: the form fills it, a service saves it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from changes.models import ChangeRequest, Package
from environments.models import Component, Environment
from opsdesk.accounts.models import User
from snags.models import BusinessProcess, Snag


@dataclass(frozen=True)
class Aim:
    """An environment it goes to: how long it takes and the slot, [from, until) UTC."""

    environment: Environment
    minutes: int = 30
    slot: DateTimeTZRange | None = None
    is_exclusive: bool = False


@dataclass(frozen=True)
class Content:
    """All of a change that people write; names are those of the columns."""

    title: str
    kind: str = ChangeRequest.Kind.NORMAL
    description: str = ""
    reason: str = ""
    impact: str = ""
    outage_minutes: int = 0
    authority: str = ""
    legal_on: date | None = None
    package: Package | None = None
    documents: str = ""
    implementation_plan: str = ""
    test_plan: str = ""
    backout_plan: str = ""
    backout_hours: int = 48
    comms_plan: str = ""
    is_rehearsed: bool | None = None
    risk_manual: str = ""
    earliest_start: datetime | None = None
    latest_end: datetime | None = None
    implementer: User | None = None
    components: Sequence[Component] = ()
    processes: Sequence[BusinessProcess] = ()
    snags: Sequence[Snag] = ()
    aims: Sequence[Aim] = ()

    def columns(self) -> dict[str, Any]:
        """Column -> value of everything that is one column of the row."""
        return {name: getattr(self, name) for name in COLUMNS}


LINKED = ("components", "processes", "snags", "aims", "is_rehearsed")
COLUMNS = tuple(f.name for f in fields(Content) if f.name not in LINKED)
# The texts a template brings along, and may lock, by column.
BODY = {
    "description": "Description",
    "reason": "Business reason",
    "impact": "What may break",
    "implementation_plan": "Implementation plan",
    "test_plan": "Test plan",
    "backout_plan": "Back-out plan",
    "comms_plan": "Who is told, and when",
}
