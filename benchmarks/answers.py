"""What a process of the product answers: a line of JSON for each question."""

import gc
import json
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from opsdesk.accounts.models import User
from sla.models import ServiceCalendar
from sla.services.calendars import amend_calendar
from snags.services.recompute import run_pending
from snags.services.sweep import fire_due_clocks


def session(person: int) -> str:
    """The key of a session of that person."""
    return str(_client(person).cookies["__Host-session"].value)


def queries(person: int, path: str) -> list[float]:
    """Milliseconds of each statement of a page, the second time it is asked for."""
    client = _client(person)
    client.get(path, headers={"host": "localhost"})
    times: list[float] = []
    with (
        CaptureQueriesContext(connection),
        connection.execute_wrapper(_timed(times)),
    ):
        client.get(path, headers={"host": "localhost"})
    return times


def sql_times(person: int, paths: list[str]) -> list[float]:
    """Seconds in the database for each page as a whole."""
    client, whole = _client(person), []
    for path in paths:
        times: list[float] = []
        with connection.execute_wrapper(_timed(times)):
            client.get(path, headers={"host": "localhost"})
        whole.append(sum(times) / 1000)
    return whole


def sweep(times: int) -> list[float]:
    """Milliseconds of each sweep."""
    taken = []
    for _ in range(times):
        began = perf_counter()
        fire_due_clocks()
        taken.append((perf_counter() - began) * 1000)
    return taken


def fire() -> list[float]:
    """How many clocks fired, and in how many seconds."""
    began = perf_counter()
    return [fire_due_clocks(), perf_counter() - began]


def amend(actor: int) -> int:
    """Other hours for the office from now on; the number of the new version."""
    amended = amend_calendar(
        ServiceCalendar.objects.get(pk=1),
        actor=User.objects.get(pk=actor),
        version=1,
        timezone="Europe/London",
        week="Mon-Fri 08:00-16:30",
        region="GB-ENG",
        reason="Earlier",
    )
    return amended.number


def recompute() -> list[float]:
    """How many clocks were computed again, in how many seconds and calls."""
    began, seconds, done, calls = perf_counter(), 0.0, 0, 0
    while some := run_pending():
        seconds, done, calls = perf_counter() - began, done + some, calls + 1
    return [done, seconds, calls]


def _client(person: int) -> Any:
    client = Client()
    client.force_login(User.objects.get(pk=person))
    return client


def _timed(times: list[float]) -> Callable[..., Any]:
    def wrapper(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        began = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            times.append((perf_counter() - began) * 1000)

    return wrapper


QUESTIONS = {
    answer.__name__: answer
    for answer in (session, queries, sql_times, sweep, fire, amend, recompute)
}


def main() -> None:
    """Answer until there are no more questions."""
    gc.freeze()  # as web and workers do
    for line in sys.stdin:
        question, details = json.loads(line)
        print(json.dumps(QUESTIONS[question](**details)), flush=True)
