"""Whether the product is well, computed in the web process from the database."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.core.cache import cache as store
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from opsdesk.core import clock
from opsdesk.core.models import Heartbeat, Message
from opsdesk.core.services import heartbeats, outbox
from snags.models import Clock


@dataclass(frozen=True)
class Readiness:
    database: bool
    migrated: bool
    broker: bool

    @property
    def is_ready(self) -> bool:
        return self.database and self.migrated

    def as_json(self) -> dict[str, Any]:
        state = "degraded" if self.is_ready and not self.broker else "ok"
        return {
            "status": state if self.is_ready else "unavailable",
            "database": self.database,
            "migrated": self.migrated,
            "broker": self.broker,
        }


def readiness() -> Readiness:
    """Ask the database, its migrations and the broker; no exception leaves here."""
    database = _database_answers()
    return Readiness(database, database and _is_migrated(), _broker_answers())


def lag() -> dict[str, Any]:
    """Seconds timers, outbox and tick are behind, and what fails or is dead."""
    at = clock.now()
    seen = dict(Heartbeat.objects.order_by("name").values_list("name", "at"))
    return {
        "timer_lag_s": _timer_lag(at),
        "outbox_oldest_s": outbox.oldest_waiting(at),
        "dead_letters": Message.objects.dead().count(),
        "silent_s": {
            name: max(0.0, (at - last).total_seconds())
            for name, last in seen.items()
            if not name.startswith(heartbeats.FAILED)
        },
        "failing": [
            name.removeprefix(heartbeats.FAILED)
            for name in seen
            if name.startswith(heartbeats.FAILED)
        ],
        "disk_free_bytes": shutil.disk_usage(settings.BASE_DIR).free,
    }


def _timer_lag(at: datetime) -> float:
    first = (
        Clock.objects.filter(state=Clock.State.RUNNING, next_event_at__lt=at)
        .order_by("next_event_at")
        .values_list("next_event_at", flat=True)
        .first()
    )
    return (at - first).total_seconds() if first else 0.0


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT NOT pg_is_in_recovery()")
            return bool(cursor.fetchone()[0])
    except Error:
        return False


def _is_migrated() -> bool:
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except Error:
        return False
    return _migrations() <= applied.keys()


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    """What this code needs; its files do not change while the process lives."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.disk_migrations or ())


def _broker_answers() -> bool:
    """The cache lives on the broker's server; a lost write says it is gone."""
    store.set("health", "1", 5)
    return bool(store.get("health"))
