"""Questions answered inside a process of the product, one database each.

Run as a module it reads a question a line and answers each with a line of JSON.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.databases import Database


class Inside:
    """A process of the product that answers questions."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """`opened` makes these."""
        self._process = process

    def ask(self, question: str, **details: Any) -> Any:
        """One question, one answer; an error there is an error here."""
        to, back = self._process.stdin, self._process.stdout
        if to is None or back is None:
            raise RuntimeError("The process was started without pipes.")
        to.write(json.dumps([question, details]) + "\n")
        to.flush()
        line = back.readline()
        if not line:
            raise RuntimeError(f"The process answering {question!r} ended.")
        return json.loads(line)


@contextmanager
def opened(database: "Database") -> Iterator[Inside]:
    """A process that answers until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.inside"],
        env=database.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Inside(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.wait(60)


def session(person: int) -> str:
    """The key of a session of that person."""
    return str(_client(person).cookies["__Host-session"].value)


def queries(person: int, path: str) -> list[float]:
    """Milliseconds of each statement of a page, the second time it is asked for."""
    from django.db import connection  # noqa: PLC0415 - only where Django is set up
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

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
    from django.db import connection  # noqa: PLC0415

    client, whole = _client(person), []
    for path in paths:
        times: list[float] = []
        with connection.execute_wrapper(_timed(times)):
            client.get(path, headers={"host": "localhost"})
        whole.append(sum(times) / 1000)
    return whole


def sweep(times: int) -> list[float]:
    """Milliseconds of each sweep."""
    from snags.services.sweep import fire_due_clocks  # noqa: PLC0415

    taken = []
    for _ in range(times):
        began = perf_counter()
        fire_due_clocks()
        taken.append((perf_counter() - began) * 1000)
    return taken


def fire() -> list[float]:
    """How many clocks fired, and in how many seconds."""
    from snags.services.sweep import fire_due_clocks  # noqa: PLC0415

    began = perf_counter()
    return [fire_due_clocks(), perf_counter() - began]


def amend(actor: int) -> int:
    """Other hours for the office from now on; the number of the new version."""
    from opsdesk.accounts.models import User  # noqa: PLC0415
    from sla.models import ServiceCalendar  # noqa: PLC0415
    from sla.services.calendars import amend_calendar  # noqa: PLC0415

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
    from snags.services.recompute import run_pending  # noqa: PLC0415

    began, done, calls = perf_counter(), 0, 0
    while some := run_pending():
        done, calls = done + some, calls + 1
    return [done, perf_counter() - began, calls]


def _client(person: int) -> Any:
    from django.test import Client  # noqa: PLC0415

    from opsdesk.accounts.models import User  # noqa: PLC0415

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
    import django  # noqa: PLC0415

    django.setup()
    for line in sys.stdin:
        question, details = json.loads(line)
        print(json.dumps(QUESTIONS[question](**details)), flush=True)


if __name__ == "__main__":
    main()
