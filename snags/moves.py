"""The life of a snag: the one table of moves, read by services, tests and documents."""

from dataclasses import dataclass

from django.db import models


class Status(models.TextChoices):
    NEW = "new", "New"
    TRIAGED = "triaged", "Triaged"
    IN_PROGRESS = "in_progress", "In progress"
    WAITING = "waiting", "Waiting"
    RESOLVED = "resolved", "Resolved"
    CLOSED = "closed", "Closed"


OPEN = (Status.NEW, Status.TRIAGED, Status.IN_PROGRESS, Status.WAITING)
FINISHED = (Status.RESOLVED, Status.CLOSED)


@dataclass(frozen=True)
class Move:
    """From these states the verb leads to that one, for people in these roles."""

    verb: str
    sources: frozenset[str]
    target: str
    who: str


def _move(verb: str, sources: tuple[Status, ...], target: Status, who: str) -> Move:
    return Move(verb, frozenset(sources), target, who)


# Who: worker = support or manager in scope; reporter = the person who reported it;
# supplier = a contact of the supplier it was handed to; system = opsdesk itself.
MOVES: dict[str, Move] = {
    move.verb: move
    for move in (
        _move("triage", (Status.NEW, Status.TRIAGED), Status.TRIAGED, "worker"),
        _move("start", (Status.NEW, Status.TRIAGED), Status.IN_PROGRESS, "worker"),
        _move("resume", (Status.WAITING,), Status.IN_PROGRESS, "worker, reporter"),
        _move("wait", (Status.TRIAGED, Status.IN_PROGRESS), Status.WAITING, "worker"),
        _move(
            "hand_over",
            (Status.TRIAGED, Status.IN_PROGRESS, Status.WAITING),
            Status.WAITING,
            "worker",
        ),
        _move("hand_back", (Status.WAITING,), Status.IN_PROGRESS, "worker, supplier"),
        _move(
            "resolve",
            (Status.NEW, Status.TRIAGED, Status.IN_PROGRESS, Status.WAITING),
            Status.RESOLVED,
            "worker",
        ),
        _move("confirm", (Status.RESOLVED,), Status.CLOSED, "reporter, worker"),
        _move("auto_close", (Status.RESOLVED,), Status.CLOSED, "system"),
        _move("reopen", FINISHED, Status.IN_PROGRESS, "reporter, worker"),
        _move(
            "reject",
            (Status.NEW, Status.TRIAGED, Status.IN_PROGRESS),
            Status.CLOSED,
            "worker",
        ),
        _move("merge", OPEN, Status.CLOSED, "worker"),
    )
}
