"""What was sent becomes what a service takes: on top of what the change says now."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from rest_framework import serializers

from changes.content import COLUMNS, Aim, Content
from changes.models import ChangeRequest
from environments.models import Environment, Landscape


def content_of(
    data: Mapping[str, Any], landscape: Landscape, change: ChangeRequest | None = None
) -> Content:
    """What was sent on top of what the change says; all of it of one landscape."""
    _check_landscape(data, landscape)
    found = _said(change) if change else {}
    apart = {"targets", "template"}
    sent = {name: value for name, value in data.items() if name not in apart}
    if "targets" in data:
        sent["aims"] = [_aim(**row) for row in data["targets"]]
    content = Content(**{**found, **sent})
    start, end = content.earliest_start, content.latest_end
    if start and end and end <= start:
        raise serializers.ValidationError(
            {"latest_end": ["It must end after it begins."]}
        )
    return content


def _aim(
    *,
    environment: Environment,
    minutes: int,
    exclusive: bool,
    starts_at: datetime | None = None,
) -> Aim:
    slot = None
    if starts_at is not None:
        slot = DateTimeTZRange(starts_at, starts_at + timedelta(minutes=minutes))
    return Aim(environment, minutes, slot, exclusive)


def _said(change: ChangeRequest) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(change, name) for name in COLUMNS}
    aims = change.targets.select_related("environment").order_by("ordinal", "pk")
    return found | {
        "is_rehearsed": change.risk_answers.get("rehearsed"),
        "components": list(change.components.order_by("pk")),
        "processes": list(change.processes.order_by("pk")),
        "snags": list(change.snags.order_by("pk")),
        "aims": [
            Aim(aim.environment, aim.minutes, aim.slot, aim.is_exclusive)
            for aim in aims
        ],
    }


def _check_landscape(data: Mapping[str, Any], landscape: Landscape) -> None:
    """Everything a change names belongs to its own landscape."""
    package = data.get("package")
    named = {
        "package": [package.component] if package else [],
        "components": data.get("components", []),
        "processes": data.get("processes", []),
        "template": [data["template"]] if data.get("template") else [],
        "targets": [row["environment"] for row in data.get("targets", [])],
    }
    wrong = {
        name: [f"This is not of {landscape}."]
        for name, rows in named.items()
        if any(row.landscape_id != landscape.pk for row in rows)
    }
    if wrong:
        raise serializers.ValidationError(wrong)
