"""Whose agreement is needed for what, and how that came to be."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opsdesk.core.models import ApprovalPolicy, Asked
from opsdesk.core.wording import listed, several

KINDS = {
    "change": "Changes",
    "promotion": "Promotions into a serving environment",
    "override": "Leave to change something during a freeze",
    "template": "Templates of standard changes",
    "retro": "What was done without asking",
}
LEVELS = {"break_glass": "After a break-glass", "normal": "Always"}
NAMED = dict(Asked.choices)
LATEST = 20


@dataclass(frozen=True)
class Line:
    policy: ApprovalPolicy
    level: str
    people: str


@dataclass(frozen=True)
class Was:
    """What a policy said from an instant on, and who said so."""

    at: datetime
    by: str
    people: str
    valid_days: int


def policies() -> list[tuple[str, list[Line]]]:
    """Every policy under the name of its kind."""
    rows = list(ApprovalPolicy.objects.order_by("kind", "pk"))
    return [
        (title, [line_of(row) for row in rows if row.kind == kind])
        for kind, title in KINDS.items()
    ]


def line_of(policy: ApprovalPolicy) -> Line:
    level = LEVELS.get(policy.level, policy.level.capitalize())
    if policy.level == "normal" and policy.kind == "promotion":
        level = "Low and medium risk"
    elif policy.level in {"low", "medium", "high"}:
        level = f"{level} risk"
    return Line(policy, level, _people(policy.steps))


def history_of(policy: ApprovalPolicy) -> list[Was]:
    """What it said before, the latest first."""
    rows = policy.history.select_related("history_user").order_by("-history_date")
    return [
        Was(
            row.history_date,
            row.history_user.name if row.history_user else "opsdesk",
            _people(row.steps),
            row.valid_days,
        )
        for row in rows[:LATEST]
    ]


def _people(steps: list[dict[str, Any]]) -> str:
    ordered = sorted(steps, key=lambda step: step["sequence"])
    names = [several(s["needed"], NAMED[s["asked"]].lower()) for s in ordered]
    return listed(names)
