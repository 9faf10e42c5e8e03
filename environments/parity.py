"""How a copy's version of a component stands against production: a pure judgement.

A copy lags, and is not yet due, while production itself ran that version within the
time the landscape allows; after that, or with a version production never had, it is
out of sync.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Version:
    """A version of a component and since (and until) when it runs."""

    label: str
    sha256: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def is_same(self, other: "Version | None") -> bool:
        """By digest where both have one, else by label."""
        if other is None:
            return False
        if self.sha256 and other.sha256:
            return self.sha256 == other.sha256
        return self.label == other.label


@dataclass(frozen=True)
class Standing:
    """What the judgement is; `due_at` is when a lagging copy must have followed."""

    state: str
    due_at: datetime | None = None


IN_SYNC = Standing("in_sync")
OUT_OF_SYNC = Standing("out_of_sync")
DIFFERS = Standing("differs")
ABSENT = Standing("absent")


def judge(
    own: Version | None,
    produced: Sequence[Version],
    *,
    within: timedelta | None,
    at: datetime,
    is_expected: bool,
) -> Standing:
    """How a copy stands at an instant.

    `produced` is what production runs and ran within the allowed time, the current one
    last. `within` None means the copy is free to differ: dev and test run ahead.
    `is_expected` says that the component is part of this copy at all.
    """
    current = produced[-1] if produced and produced[-1].until is None else None
    if own is None and (current is None or not is_expected):
        return ABSENT
    if own is not None and own.is_same(current):
        return IN_SYNC
    if within is None:
        return DIFFERS
    left = _left_at(own, produced)
    if left is not None and at < left + within:
        return Standing("lagging", left + within)
    return OUT_OF_SYNC


def _left_at(own: Version | None, produced: Sequence[Version]) -> datetime | None:
    """When production last ceased to run what the copy runs; None if it never did."""
    if own is None:
        return produced[0].since if produced else None
    ended = [past.until for past in produced if own.is_same(past) and past.until]
    return max(ended, default=None)


# Worst first: what a whole environment amounts to.
ORDER = ("out_of_sync", "lagging", "differs", "in_sync", "absent")


def worst(standings: Sequence[Standing]) -> Standing:
    """The one that matters most; of several that lag, the one due first."""
    return min(
        standings,
        key=lambda each: (ORDER.index(each.state), each.due_at is None, each.due_at),
        default=ABSENT,
    )
