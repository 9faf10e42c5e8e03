"""Separation of duties: who has another part in a change and so may not vote on it.

Derived whenever it is asked, never stored: whoever becomes the implementer after
voting stops counting at once.
"""

from collections.abc import Sequence

from changes.models import (
    ChangeRequest,
    ChangeRevision,
    ChangeTemplate,
    PackageEvent,
    Promotion,
)

# Whoever did one of these has decided what is in the package, whoever its author is.
FILLING = ("draft", "upload", "declare", "remove", "seal")


def excluded_from_change(change: ChangeRequest) -> dict[int, str]:
    """User -> why not: the requester, the implementer, the package's author, who put it
    together or sealed it, and whoever wrote the revision that is asked about."""
    return excluded_from_changes([change])[change.pk]


def excluded_from_changes(
    changes: Sequence[ChangeRequest],
) -> dict[int, dict[int, str]]:
    """The same for many, by the change's id, in two queries; packages are loaded."""
    numbers = {change.pk: change.revision for change in changes}
    rows = ChangeRevision.objects.filter(change__in=changes).order_by("pk")
    writers: dict[int, list[int]] = {pk: [] for pk in numbers}
    for change, number, by in rows.values_list("change_id", "number", "by_id"):
        if number == numbers[change]:
            writers[change].append(by)
    fillers = _fillers(changes)
    return {
        change.pk: _parts(
            change, writers[change.pk], fillers.get(change.package_id or 0, [])
        )
        for change in changes
    }


def _fillers(changes: Sequence[ChangeRequest]) -> dict[int, list[int | None]]:
    """Package -> who put it together, by its timeline, and who sealed it."""
    packages = {change.package_id: change.package for change in changes}
    found: dict[int, list[int | None]] = {
        package.pk: [package.sealed_by_id] for package in packages.values() if package
    }
    rows = PackageEvent.objects.filter(package__in=found, verb__in=FILLING)
    for package, actor in rows.values_list("package_id", "actor_id").order_by("pk"):
        found[package].append(actor)
    return found


def _parts(
    change: ChangeRequest, writers: Sequence[int], fillers: Sequence[int | None]
) -> dict[int, str]:
    author = change.package.author_id if change.package else None
    parts = (
        *((pk, "Who wrote this revision cannot vote on it.") for pk in writers),
        *((pk, "Who put the package together cannot vote on it.") for pk in fillers),
        (author, "The author of the package cannot vote on it."),
        (change.implementer_id, "Who implements a change cannot vote on it."),
        (change.requester_id, "Who asked for a change cannot vote on it."),
    )
    return {pk: reason for pk, reason in parts if pk is not None}


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
