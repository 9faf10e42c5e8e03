"""Promotions among many past changes, and people who press at one moment.

Run where Django is set up, on a database of its own; prints one line of JSON.
The situations and what is right in each are those of the test suite.
"""

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from time import perf_counter

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from changes.models import ChangeRequest, ChangeTarget, Promotion
from changes.services import starting
from environments.models import Lease
from opsdesk.core import clock
from tests.changes import racing
from tests.changes.factories import World, again, to_production
from tests.changes.making import make_component, make_package
from tests.core import voting_trials
from tests.factories import make_landscape

STARTS = 40
A_YEAR = timedelta(days=365)


def main() -> None:
    """Seed so many past changes, measure starts and the board, run the trials."""
    past, trials = (int(text) for text in sys.argv[1:])
    world = World(make_landscape())
    world.ran_before()
    few = _board(world)
    _seed(world, past)
    times, queries = _starts(world)
    found = {
        "starts": times,
        "start_queries": queries,
        "board_few": few,
        "board_many": _board(world),
        "trials": _trials(world, trials),
    }
    print(json.dumps(found), flush=True)


def _seed(world: World, count: int) -> None:
    """Closed changes with a promotion each, all over the last year."""
    package = make_package(make_component(world.live.landscape), world.ana, "0.9")
    now = clock.now()
    instants = [now - A_YEAR * (number + 1) / count for number in range(count)]
    changes = ChangeRequest.objects.bulk_create(
        ChangeRequest(
            landscape=world.live.landscape,
            title=f"Past change {number}",
            state="closed",
            closure="successful",
            closed_at=at,
            package=package,
            sha256=package.sha256,
            requester=world.rita,
            implementer=world.ian,
        )
        for number, at in enumerate(instants)
    )
    targets = ChangeTarget.objects.bulk_create(
        ChangeTarget(change=change, environment=world.live, ordinal=2)
        for change in changes
    )
    rows = zip(changes, targets, instants, strict=True)
    triples = list(rows)
    leases = Lease.objects.bulk_create(
        Lease(
            environment=world.live,
            kind="promotion",
            label=change.title,
            holder=world.ian,
            started_at=at,
            ended_at=at,
        )
        for change, _target, at in triples
    )
    Promotion.objects.bulk_create(
        Promotion(
            change=change,
            target=target,
            environment=world.live,
            package=package,
            sha256=package.sha256,
            reported_sha256=package.sha256,
            revision=1,
            state="succeeded",
            lease=lease,
            created_at=at,
            created_by=world.ian,
            started_at=at,
            started_by=world.ian,
            finished_at=at,
        )
        for (change, target, at), lease in zip(triples, leases, strict=True)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _starts(world: World) -> tuple[list[float], int]:
    """Seconds of each start, every gate asked; the most statements of one.

    It is one approved change all along: its promotion is aborted and asked for anew.
    """
    change = world.approved("starts", aims=racing.shared_slot(world))
    times, most = [], 0
    for number in range(STARTS):
        ready = to_production(world, change)
        if number % 4 == 0:
            with CaptureQueriesContext(connection) as captured:
                starting.start(ready, actor=world.ian)
            most = max(most, len(captured))
        else:
            began = perf_counter()
            starting.start(ready, actor=world.ian)
            times.append(perf_counter() - began)
        world.clear()
    return times, most


def _board(world: World) -> int:
    """Statements of the promotion board, the second time it is asked for."""
    client, url = Client(), reverse("changes:board")
    client.force_login(world.eve)
    client.get(url, headers={"host": "localhost"})
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(url, headers={"host": "localhost"})
    if answer.status_code != 200:
        raise RuntimeError(f"The board answers {answer.status_code}.")
    return len(captured)


def _trials(world: World, count: int) -> dict[str, int]:
    """By situation: how many of the trials came to the one right outcome."""
    voted = voting_trials.trials(count)
    found = {f"votes {name}": outcome.right for name, outcome in voted.items()}
    for name, is_right in SITUATIONS.items():
        right = 0
        for number in range(count):
            right += is_right(world, f"{name[:6]}{number}")
            world.clear()
        found[name] = right
    return found


def _two_starts(world: World, label: str) -> bool:
    """S38: two ready promotions to production, by two people."""
    first, second = (_ready(world, f"{label}.{n}") for n in (1, 2))
    came_to = racing.at_once(
        lambda: starting.start(first, actor=world.ian),
        lambda: starting.start(second, actor=world.ed),
    )
    return sorted(map(str, came_to)) == ["['LEASE']", "ok"]


def _same_start(world: World, label: str) -> bool:
    """S39: the same start from three places."""
    promotion = _ready(world, label)
    came_to = racing.at_once(*[lambda: starting.start(promotion, actor=world.ian)] * 3)
    refused = [one for one in came_to if one != "ok"]
    return len(refused) == 2 and all("REPLAY" in one for one in refused)


def _freeze(world: World, label: str) -> bool:
    ready = _ready(world, label)
    began, frozen = racing.a_freeze_against_a_start(world, ready, label)
    if frozen != "ok":
        return False
    if began != "ok":
        return bool(began == ["FREEZE"])
    freeze = world.live.occurrences.get(rule__name=label)
    return not freeze.starts_at <= again(ready).started_at < freeze.ends_at


def _ready(world: World, label: str) -> Promotion:
    return world.ready(label, aims=racing.shared_slot(world))


SITUATIONS: dict[str, Callable[[World, str], bool]] = {
    "two starts": _two_starts,
    "same start": _same_start,
    "freeze against start": _freeze,
}
