"""The verbs that move a snag through its life; the table of moves is `snags.moves`."""

from snags.services.lifecycle.ending import (
    IN_THE_SYSTEM,
    REFUSALS,
    close_unanswered,
    confirm,
    merge,
    reject,
    reopen,
    reply_and_resolve,
    resolutions_for,
    resolve,
)
from snags.services.lifecycle.suppliers import accept, hand_back, hand_over
from snags.services.lifecycle.working import (
    PAUSES,
    answer,
    resume,
    start,
    triage,
    wait,
)

__all__ = [
    "IN_THE_SYSTEM",
    "PAUSES",
    "REFUSALS",
    "accept",
    "answer",
    "close_unanswered",
    "confirm",
    "hand_back",
    "hand_over",
    "merge",
    "reject",
    "reopen",
    "reply_and_resolve",
    "resolutions_for",
    "resolve",
    "resume",
    "start",
    "triage",
    "wait",
]
