"""Every change of an environment's status there is: from, to, by which verb."""

from dataclasses import dataclass

from environments.models import Environment

Status = Environment.Status


@dataclass(frozen=True)
class Move:
    """One verb: the states it starts from and the state it leads to."""

    sources: frozenset[str]
    target: str


MOVES = {
    "quarantine": Move(frozenset({Status.ACTIVE}), Status.QUARANTINED),
    "release": Move(frozenset({Status.QUARANTINED}), Status.ACTIVE),
    "retire": Move(frozenset({Status.ACTIVE, Status.QUARANTINED}), Status.RETIRED),
}
