"""The lives of packages, changes and promotions: the tables of moves.

Who, in words of DESIGN section 1: requester, implementer, author, tester are people
named on the row; system is opsdesk itself, in the transaction of somebody's act.
"""

from dataclasses import dataclass

from django.db import models


@dataclass(frozen=True)
class Move:
    """From these states the verb leads to that one, for these people."""

    verb: str
    sources: frozenset[str]
    target: str
    who: str


def _moves(*rows: tuple[str, tuple[str, ...], str, str]) -> dict[str, Move]:
    return {
        verb: Move(verb, frozenset(map(str, sources)), str(target), who)
        for verb, sources, target, who in rows
    }


class PackageState(models.TextChoices):
    DRAFT = "draft", "Draft"
    SEALED = "sealed", "Sealed"
    BLOCKED = "blocked", "Blocked"
    WITHDRAWN = "withdrawn", "Withdrawn"


P = PackageState
PACKAGE_MOVES = _moves(
    ("seal", (P.DRAFT,), P.SEALED, "author, support, administrator"),
    ("block", (P.SEALED,), P.BLOCKED, "support, manager, administrator"),
    ("unblock", (P.BLOCKED,), P.SEALED, "manager but not the author"),
    ("withdraw", (P.SEALED, P.BLOCKED), P.WITHDRAWN, "manager"),
)


class ChangeState(models.TextChoices):
    DRAFT = "draft", "Draft"
    ASSESSING = "assessing", "Assessing and testing"
    AWAITING = "awaiting", "Awaiting approval"
    APPROVED = "approved", "Approved"
    IMPLEMENTING = "implementing", "Implementing"
    VERIFYING = "verifying", "Verifying"
    REVIEW = "review", "In review"
    CLOSED = "closed", "Closed"
    REJECTED = "rejected", "Rejected"
    BACKED_OUT = "backed_out", "Backed out"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


C = ChangeState
# Before anything was done to a serving environment: it may still be edited or dropped.
BEFORE = (C.DRAFT, C.ASSESSING, C.AWAITING, C.APPROVED)
ENDED = (C.CLOSED, C.CANCELLED)
# Nothing of it is promoted: it is not submitted, refused, or over.
UNPROMOTED = (C.DRAFT, C.REJECTED, *ENDED)
# On hold in one of these, nothing but cancelling is possible.
HOLDABLE = (C.ASSESSING, C.AWAITING, C.APPROVED)
PREPARERS = "support, manager, administrator"
CHANGE_MOVES = _moves(
    ("submit", (C.DRAFT,), C.ASSESSING, PREPARERS),
    ("submit_emergency", (C.DRAFT,), C.AWAITING, PREPARERS),
    ("submit_standard", (C.DRAFT,), C.APPROVED, PREPARERS),
    ("break_glass", (C.DRAFT,), C.IMPLEMENTING, "emergency approver"),
    ("send_back", (C.ASSESSING,), C.DRAFT, "manager"),
    ("request_approval", (C.ASSESSING,), C.AWAITING, PREPARERS),
    ("grant", (C.AWAITING,), C.APPROVED, "system"),
    ("reject", (C.AWAITING, C.APPROVED), C.REJECTED, "approver"),
    ("rework", (C.REJECTED,), C.DRAFT, PREPARERS),
    ("edit", (C.AWAITING, C.APPROVED), C.ASSESSING, PREPARERS),
    ("withdraw", (C.AWAITING,), C.ASSESSING, "who asked, manager"),
    ("reask", (C.APPROVED,), C.AWAITING, "system"),
    ("lapse", (C.AWAITING, C.APPROVED), C.ASSESSING, "system"),
    ("implement", (C.APPROVED,), C.IMPLEMENTING, "system"),
    # Every start was aborted before anything was applied.
    ("stand_down", (C.IMPLEMENTING,), C.APPROVED, "system"),
    # The same behind broken glass: nobody has agreed to it yet.
    ("start_over", (C.IMPLEMENTING,), C.DRAFT, "system"),
    ("verify", (C.IMPLEMENTING,), C.VERIFYING, "system"),
    ("back_out", (C.IMPLEMENTING, C.VERIFYING, C.REVIEW), C.BACKED_OUT, "system"),
    ("declare_failed", (C.IMPLEMENTING,), C.FAILED, "manager"),
    ("confirm", (C.VERIFYING,), C.REVIEW, "implementer, owner of the environment"),
    ("review", (C.BACKED_OUT, C.FAILED), C.REVIEW, "manager but not the implementer"),
    ("close", (C.REVIEW,), C.CLOSED, "manager but not the implementer"),
    ("cancel", (*BEFORE, C.REJECTED), C.CANCELLED, "requester, manager"),
)


class PromotionState(models.TextChoices):
    SCHEDULED = "scheduled", "Scheduled"
    RUNNING = "running", "Running"
    VERIFYING = "verifying", "Verifying"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    ABORTED = "aborted", "Aborted"
    CANCELLED = "cancelled", "Cancelled"
    ROLLED_BACK = "rolled_back", "Rolled back"


R = PromotionState
RUNNING = (R.RUNNING, R.VERIFYING)
PROMOTION_MOVES = _moves(
    ("start", (R.SCHEDULED,), R.RUNNING, "implementer, administrator"),
    # By the system when an approver rejects it.
    ("cancel", (R.SCHEDULED,), R.CANCELLED, "implementer, administrator, manager"),
    ("verify", (R.RUNNING,), R.VERIFYING, "implementer, administrator"),
    ("succeed", (R.VERIFYING,), R.SUCCEEDED, "implementer, administrator"),
    ("fail", RUNNING, R.FAILED, "implementer, administrator"),
    ("abort", (R.RUNNING,), R.ABORTED, "implementer, administrator"),
    ("roll_back", (R.SUCCEEDED, R.FAILED), R.ROLLED_BACK, "system"),
)


class TemplateState(models.TextChoices):
    PROPOSED = "proposed", "Proposed"
    APPROVED = "approved", "Approved"
    SUSPENDED = "suspended", "Suspended"
    RETIRED = "retired", "Retired"


T = TemplateState
TEMPLATE_MOVES = _moves(
    ("approve", (T.PROPOSED, T.SUSPENDED), T.APPROVED, "system"),
    ("suspend", (T.APPROVED,), T.SUSPENDED, "system, manager"),
    ("retire", (T.PROPOSED, T.APPROVED, T.SUSPENDED), T.RETIRED, "manager"),
)
