"""The ways a package takes from one environment to the next, and what it must bring."""

from typing import TypedDict, Unpack

from django.db import transaction

from environments.models import Environment, PromotionPath
from environments.services.rows import describe, keep, locked, log
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.records import delete, save


class PathFacts(TypedDict, total=False):
    """From where, for which class of package, and what it must bring."""

    upstream: Environment
    package_class: str
    soak_hours: int
    sign_offs: int
    approvals: int


@transaction.atomic
def lay_path(
    target: Environment, *, actor: User, **facts: Unpack[PathFacts]
) -> PromotionPath:
    """A package may enter the target from another environment of its landscape."""
    keep(actor)
    target = locked(target)
    path = PromotionPath(target=target, **facts)
    _judge(path, facts)
    save(path, actor=actor)
    _log(path, "path_laid", actor)
    return path


@transaction.atomic
def edit_path(
    path: PromotionPath,
    *,
    actor: User,
    version: int | None,
    **facts: Unpack[PathFacts],
) -> PromotionPath:
    """Ask more or less of packages; what counts is read at the start of a promotion."""
    keep(actor)
    locked(path.target)
    rows = PromotionPath.objects.select_for_update(of=("self",))
    path = rows.select_related("target", "upstream").get(pk=path.pk)
    _judge(path, facts)
    if describe(path, facts, version=version, actor=actor):
        _log(path, "path_changed", actor)
    return path


@transaction.atomic
def drop_path(path: PromotionPath, *, actor: User) -> None:
    """Nothing is asked of packages from there any more. Dropping twice is once."""
    keep(actor)
    locked(path.target)
    row = PromotionPath.objects.filter(pk=path.pk).first()
    if row is not None:
        delete(row, actor=actor)
        _log(path, "path_dropped", actor)


def _judge(path: PromotionPath, facts: PathFacts) -> None:
    upstream = facts.get("upstream")
    if upstream and upstream.landscape_id != path.target.landscape_id:
        raise RuleError("That environment is of another landscape.", code="bad_path")


def _log(path: PromotionPath, verb: str, actor: User) -> None:
    log(
        path.target,
        verb,
        actor=actor,
        at=clock.now(),
        upstream=path.upstream.name,
        package=path.get_package_class_display() or "any package",
    )
