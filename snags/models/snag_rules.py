"""What the database refuses of a snag, and the indexes its readers need."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from opsdesk.core.fields import bounded_dates, tidy_text
from snags.moves import FINISHED, OPEN

IS_OPEN = Q(status__in=[str(status) for status in OPEN])
IS_FINISHED = Q(status__in=[str(status) for status in FINISHED])

CONSTRAINTS: list[models.BaseConstraint] = [
    tidy_text("snag_title", "title"),
    models.CheckConstraint(
        name="snag_has_an_owner_once_triaged",
        condition=Q(status="new") | Q(owner__isnull=False),
    ),
    models.CheckConstraint(
        name="snag_waiting_says_for_whom",
        condition=Q(status="waiting") & ~Q(waiting_for="")
        | ~Q(status="waiting") & Q(waiting_for=""),
    ),
    models.CheckConstraint(
        name="snag_handed_to_iff_waiting_for_supplier",
        condition=Q(waiting_for="supplier", handed_to__isnull=False)
        | ~Q(waiting_for="supplier") & Q(handed_to__isnull=True),
    ),
    models.CheckConstraint(
        name="snag_resolved_at_iff_finished",
        condition=Q(status__in=["resolved", "closed"], resolved_at__isnull=False)
        | ~Q(status__in=["resolved", "closed"]) & Q(resolved_at__isnull=True),
    ),
    models.CheckConstraint(
        name="snag_closed_at_iff_closed",
        condition=Q(status="closed", closed_at__isnull=False)
        | ~Q(status="closed") & Q(closed_at__isnull=True),
    ),
    models.CheckConstraint(
        name="snag_resolution_iff_finished",
        condition=Q(status__in=["resolved", "closed"]) & ~Q(resolution="")
        | ~Q(status__in=["resolved", "closed"]) & Q(resolution=""),
    ),
    # A process is put right in the system, not by word of mouth (REQ-15).
    models.CheckConstraint(
        name="snag_process_is_settled_in_the_system",
        condition=Q(process__isnull=True) | ~Q(resolution="answered"),
    ),
    models.CheckConstraint(
        name="snag_duplicate_names_the_original",
        condition=Q(merged_into__isnull=True)
        | Q(status="closed", resolution="duplicate"),
    ),
    models.CheckConstraint(
        name="snag_is_not_its_own_duplicate",
        condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
    ),
    models.CheckConstraint(
        name="snag_finished_has_nothing_due",
        condition=~Q(status__in=["resolved", "closed"])
        | Q(next_due_at__isnull=True, at_risk_from__isnull=True),
    ),
    models.CheckConstraint(
        name="snag_auto_close_only_while_resolved",
        condition=Q(auto_close_at__isnull=True) | Q(status="resolved"),
    ),
    models.CheckConstraint(
        name="snag_sensitive_is_not_shared",
        condition=Q(is_shared=False) | Q(sensitivity="normal"),
    ),
    models.CheckConstraint(
        name="snag_priority_is_known",
        condition=Q(priority__gte=1, priority__lte=4)
        & Q(impact__gte=1, impact__lte=3)
        & Q(urgency__gte=1, urgency__lte=3),
    ),
    models.CheckConstraint(
        name="snag_revisit_names_the_decision",
        condition=~Q(kind="revisit") | ~Q(original_decision=""),
    ),
    models.CheckConstraint(
        name="snag_extend_says_what_is_added",
        condition=~Q(kind="extend") | ~Q(addition=""),
    ),
    models.CheckConstraint(
        name="snag_unforeseen_says_when_first_seen",
        condition=~Q(kind="unforeseen") | Q(first_seen_on__isnull=False),
    ),
    models.CheckConstraint(
        name="snag_data_enquiry_says_by_when",
        condition=~Q(kind="data_enquiry") | Q(needed_by_on__isnull=False),
    ),
    models.CheckConstraint(
        name="snag_times_in_order",
        condition=(Q(resolved_at__isnull=True) | Q(resolved_at__gte=F("reported_at")))
        & (Q(closed_at__isnull=True) | Q(closed_at__gte=F("resolved_at"))),
    ),
    *bounded_dates(
        "snag",
        "reported_at",
        "resolved_at",
        "closed_at",
        "auto_close_at",
        "next_due_at",
        "at_risk_from",
        "updated_at",
        "observed_on",
        "first_seen_on",
        "needed_by_on",
    ),
]

PENDING_KB = 512


def _open_by_due(name: str, *first: str) -> models.Index:
    due = F("next_due_at").asc(nulls_last=True)
    return models.Index(*first, due, "id", name=name, condition=IS_OPEN)


# Every change of a snag writes an entry into each of these, so a foreign key that
# nothing looks for, or that one of these begins with, has no index of its own.
INDEXES: list[models.Index] = [
    # The worklist by what is due next, as a manager, one department, team or owner sees
    # it, and its tabs by state.
    _open_by_due("snag_open_by_due"),
    _open_by_due("snag_open_by_department", "department"),
    _open_by_due("snag_open_by_team", "team"),
    _open_by_due("snag_open_by_owner", "owner"),
    _open_by_due("snag_open_by_status", "status"),
    # Its other orders. Comments alone touch updated_at; what that costs a write is what
    # asking for news no longer costs a read.
    models.Index("id", name="snag_open_by_id", condition=IS_OPEN),
    models.Index("updated_at", "id", name="snag_open_by_change", condition=IS_OPEN),
    # The other half of what a program asks for since it last did; no cost to work.
    models.Index(
        "updated_at", "id", name="snag_finished_by_change", condition=IS_FINISHED
    ),
    models.Index(
        "at_risk_from",
        "next_due_at",
        "id",
        name="snag_open_at_risk",
        condition=IS_OPEN & Q(at_risk_from__isnull=False),
    ),
    # The order by priority; and all the dashboard asks of open snags, in one pass over
    # the index alone.
    models.Index(
        fields=["priority", "id"],
        include=[
            "department",
            "team",
            "owner",
            "process",
            "cause",
            "status",
            "reported_at",
            "next_due_at",
            "at_risk_from",
        ],
        name="snag_open_standing",
        condition=IS_OPEN,
    ),
    # Known problems, which every reporter may find.
    models.Index("id", name="snag_shared", condition=Q(is_shared=True)),
    # "My reports", and everything a department has ever had.
    models.Index(fields=["reported_by", "-id"], name="snag_by_reporter"),
    models.Index(fields=["department", "-id"], name="snag_by_department"),
    # How far each list has come, counted without reading a row; and what is on it.
    models.Index(fields=["snaglist", "status"], name="snag_list_progress"),
    # Days to roll up again, and the drill-downs behind every figure.
    models.Index("reported_at", name="snag_by_reported"),
    models.Index(
        "resolved_at",
        name="snag_by_resolved",
        condition=Q(resolved_at__isnull=False),
    ),
    models.Index(
        "closed_at", name="snag_by_closed", condition=Q(closed_at__isnull=False)
    ),
    models.Index(
        "auto_close_at",
        name="snag_to_close",
        condition=Q(auto_close_at__isnull=False),
    ),
    models.Index(
        "merged_into", name="snag_duplicates", condition=Q(merged_into__isnull=False)
    ),
    # New words wait in a short list, read by every search, until there are enough to
    # sort in: a new deadline would else write each word of its snag's text again.
    GinIndex("search", name="snag_search", gin_pending_list_limit=PENDING_KB),
]
