"""How many running clocks hang on a calendar or a contract."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

_COUNT = """
SELECT count(*), count(*) FILTER (WHERE c.due_at IS NULL OR c.due_at > %s)
  FROM snags_clock c
  JOIN sla_contractversion v ON v.id = c.contract_version_id
  {join}
 WHERE c.state IN ('running', 'paused') AND {where}
"""
_TARGET = (
    "JOIN sla_target t ON t.version_id = v.id"
    " AND t.kind = c.kind AND t.priority = c.priority"
)


@dataclass(frozen=True)
class LiveClocks:
    """Clocks that run or wait, and those of them that are due after an instant."""

    total: int
    after: int


def of_calendar(pk: int, after: datetime) -> LiveClocks:
    return _counted(_COUNT.format(join=_TARGET, where="t.calendar_id = %s"), after, pk)


def of_contract(pk: int, after: datetime) -> LiveClocks:
    return _counted(_COUNT.format(join="", where="v.contract_id = %s"), after, pk)


def of_contract_version(pk: int, after: datetime) -> LiveClocks:
    return _counted(_COUNT.format(join="", where="v.id = %s"), after, pk)


def _counted(statement: str, after: datetime, pk: int) -> LiveClocks:
    with connection.cursor() as cursor:
        cursor.execute(statement, [after, pk])
        return LiveClocks(*cursor.fetchone())
