"""People press at the same moment, over and over: what a lock is for.

`trials(300)` runs in the benchmarks what the suite runs a few times.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from django.db import DatabaseError, connection

from opsdesk.accounts.models import User
from opsdesk.core.errors import OpsError
from opsdesk.core.models import ApprovalPolicy, ApprovalRequest
from opsdesk.core.services import approvals
from tests.factories import make_user

SHA = "a" * 64
KIND = "trial"


@dataclass
class Outcome:
    """What came of all trials of one kind."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)
    deadlocks: list[str] = field(default_factory=list)


def ask(actor: User, needed: int = 2, **extra: object) -> ApprovalRequest:
    """Ask so many technical approvers for their agreement."""
    ApprovalPolicy.objects.get_or_create(
        kind=KIND,
        level="normal",
        defaults={
            "steps": [{"asked": "approver_technical", "needed": 2, "sequence": 0}]
        },
    )
    fields = {"title": "Try it", "url": "/", "revision": 1, "sha256": SHA, **extra}
    return approvals.ask(
        kind=KIND, level="normal", actor=actor, excluded={}, needed=needed, **fields
    )


def approve(request: ApprovalRequest, actor: User) -> ApprovalRequest:
    return approvals.vote(
        request, actor=actor, decision="approve", revision=1, sha256=SHA, excluded={}
    )


def revoke(request: ApprovalRequest, actor: User) -> ApprovalRequest:
    return approvals.revoke(request, actor=actor, reason="Not sure.", excluded={})


def together(*acts: Callable[[], object]) -> list[Exception | None]:
    """Do all at one moment, each on a connection of its own; what each raised."""
    barrier = threading.Barrier(len(acts))
    raised: list[Exception | None] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            act()
        except (OpsError, DatabaseError) as error:
            raised[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def trials(count: int) -> dict[str, Outcome]:
    """Three together on a quorum of two, and the second vote against a revoke."""
    asker = make_user("trial-asker", "support")
    people = [make_user(f"trial-{n}", "approver_technical") for n in range(3)]
    found = {"together": Outcome(), "against revoke": Outcome()}
    for _ in range(count):
        request = ask(asker)
        acts = [partial(approve, request, person) for person in people]
        _record(
            found["together"], request, together(*acts), votes=3, states={"granted"}
        )
        request = approve(ask(asker), people[0])
        raised = together(
            partial(approve, request, people[1]), partial(revoke, request, people[0])
        )
        _record(found["against revoke"], request, raised, votes=1, states={"open"})
    return found


def shown(request: ApprovalRequest) -> tuple[str, int]:
    """Its stored state and how many live votes it has."""
    request.refresh_from_db()
    return request.state, request.votes.filter(revoked_at__isnull=True).count()


def _record(
    outcome: Outcome,
    request: ApprovalRequest,
    raised: list[Exception | None],
    *,
    votes: int,
    states: set[str],
) -> None:
    state, live = shown(request)
    outcome.deadlocks += [str(e) for e in raised if isinstance(e, DatabaseError)]
    if state in states and live == votes and raised == [None] * len(raised):
        outcome.right += 1
    else:
        outcome.wrong.append(f"{state}, {live} votes, {raised}")
