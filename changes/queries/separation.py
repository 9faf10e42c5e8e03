"""Separation of duties: who has another part in a change and so may not judge it.

Derived whenever it is asked, never stored: whoever becomes the implementer after
voting stops counting at once.
"""

from collections.abc import Collection, Sequence

from django.db.models import Q, QuerySet, Value

from changes.models import (
    ChangeEvent,
    ChangeRequest,
    ChangeRevision,
    ChangeTemplate,
    Package,
    PackageEvent,
    Promotion,
)
from opsdesk.accounts.models import User

# Whoever did one of these has decided what is in the package, whoever its author is.
FILLING = ("draft", "upload", "declare", "remove", "seal")
DRAFTED, WRITTEN, FILLED = "drafted", "written", "filled"


def put_together(package: Package) -> QuerySet[User]:
    """Everybody who made it what it is: its author, who filled it, who sealed it."""
    named = Q(pk__in=[package.author_id, package.sealed_by_id])
    return User.objects.filter(named | Q(pk__in=_filled([package.pk]).values("actor")))


def excluded_from_change(change: ChangeRequest) -> dict[int, str]:
    """User -> why not: the requester, the implementer, the package's author, who put it
    together or sealed it, and whoever wrote the draft or the revision that is asked
    about."""
    return excluded_from_changes([change])[change.pk]


def excluded_from_changes(
    changes: Sequence[ChangeRequest],
) -> dict[int, dict[int, str]]:
    """The same for many, by the change's id, in one query; packages are loaded."""
    made = _made(changes)
    return {
        change.pk: _parts(
            change,
            drafters=made.get((DRAFTED, change.pk, 0), []),
            writers=made.get((WRITTEN, change.pk, change.revision), []),
            fillers=made.get((FILLED, change.package_id, 0), []),
        )
        for change in changes
    }


def _made(
    changes: Sequence[ChangeRequest],
) -> dict[tuple[str, int | None, int], list[int | None]]:
    """Who wrote each draft and each revision, by change and number, and who put each
    package together, by its timeline."""
    written = ChangeRevision.objects.filter(change__in=changes).order_by()
    packages = {change.package_id for change in changes if change.package_id}
    rows = written.values_list(Value(WRITTEN), "change_id", "number", "by_id").union(
        _drafted(changes).values_list(
            Value(DRAFTED), "change_id", Value(0), "actor_id"
        ),
        _filled(packages).values_list(
            Value(FILLED), "package_id", Value(0), "actor_id"
        ),
    )
    found: dict[tuple[str, int | None, int], list[int | None]] = {}
    for what, pk, number, by in rows:
        found.setdefault((what, pk, number), []).append(by)
    return found


def _drafted(changes: Sequence[ChangeRequest]) -> QuerySet[ChangeEvent]:
    """What decided what the drafts of the changes say."""
    wrote = Q(verb="drafted") | Q(verb="edited", params__is_draft=True)
    return ChangeEvent.objects.filter(wrote, change__in=changes).order_by()


def _filled(packages: Collection[int]) -> QuerySet[PackageEvent]:
    """What decided what is in the packages."""
    rows = PackageEvent.objects.filter(package__in=packages, verb__in=FILLING)
    return rows.order_by()


def _parts(
    change: ChangeRequest,
    *,
    drafters: Sequence[int | None],
    writers: Sequence[int | None],
    fillers: Sequence[int | None],
) -> dict[int, str]:
    package = change.package
    author, sealer = (package.author_id, package.sealed_by_id) if package else (0, 0)
    parts = (
        *((pk, "Who wrote the draft cannot vote on it.") for pk in drafters),
        *((pk, "Who wrote this revision cannot vote on it.") for pk in writers),
        *(
            (pk, "Who put the package together cannot vote on it.")
            for pk in (sealer, *fillers)
        ),
        (author, "The author of the package cannot vote on it."),
        (change.implementer_id, "Who implements a change cannot vote on it."),
        (change.requester_id, "Who asked for a change cannot vote on it."),
    )
    return {pk: reason for pk, reason in parts if pk}


def excluded_from_template(template: ChangeTemplate) -> dict[int, str]:
    """Whoever proposed it."""
    return {template.proposed_by_id: "Who proposed a template cannot vote on it."}


def excluded_from_promotion(promotion: Promotion) -> dict[int, str]:
    """Those of the change, and whoever starts it."""
    return and_starter(excluded_from_change(promotion.change), promotion)


def and_starter(found: dict[int, str], promotion: Promotion) -> dict[int, str]:
    """Those of a change, known already, and whoever starts this promotion of it."""
    if promotion.started_by_id is None:
        return found
    return found | {
        promotion.started_by_id: "Who starts a promotion cannot approve it."
    }
