"""A change is written down: afresh, from a snag, from a template."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from changes import permissions
from changes.content import COLUMNS, Content
from changes.models import ChangeRequest, ChangeTarget, ChangeTemplate
from changes.queries.risks import risk_of
from changes.risk import higher
from changes.services.revisions import ordinal_of
from changes.services.rows import log
from environments.models import Landscape
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.records import save
from snags.models import Snag

# The columns of an edit.
SAVED = (*COLUMNS, "risk_answers", "version")
LINKS = ("components", "processes", "snags")


@transaction.atomic
def draft(
    *,
    actor: User,
    landscape: Landscape,
    content: Content,
    requester: User | None = None,
    template: ChangeTemplate | None = None,
) -> ChangeRequest:
    """Write down what is to be altered. Whoever asked for it may be somebody else."""
    require(permissions.can_prepare(actor))
    change = ChangeRequest(
        landscape=landscape, requester=requester or actor, template=template
    )
    write(change, content, actor=actor)
    log(change, "drafted", actor=actor, at=clock.now(), snags=refs(content))
    return change


@transaction.atomic(savepoint=False)
def write(change: ChangeRequest, content: Content, *, actor: User) -> None:
    """Save what was written on a new or locked row; a draft's risk is counted."""
    for name, value in content.columns().items():
        setattr(change, name, value)
    if change.kind == ChangeRequest.Kind.STANDARD and not keeps_to_template(change):
        change.kind = ChangeRequest.Kind.NORMAL
    rehearsed = content.is_rehearsed
    change.risk_answers = {} if rehearsed is None else {"rehearsed": rehearsed}
    is_new = change._state.adding  # noqa: SLF001
    save(change, *(() if is_new else SAVED), actor=actor)
    for name in LINKS:
        if (linked := getattr(content, name)) or not is_new:
            getattr(change, name).set(linked)
    _aim(change, content)
    if change.state == ChangeRequest.State.DRAFT:
        before = change.risk_calculated, change.risk
        change.risk_calculated = risk_of(change, clock.now()).level
        change.risk = higher(change.risk_calculated, change.risk_manual)
        if before != (change.risk_calculated, change.risk):
            save(change, "risk_calculated", "risk", actor=actor)


def keeps_to_template(change: ChangeRequest) -> bool:
    """Does it say word for word what its template does not let anybody alter?"""
    template = change.template
    return template is not None and all(
        getattr(change, name) == template.body.get(name) for name in template.locked
    )


def refs(content: Content) -> list[str]:
    """SN-17 and the like, as events keep them."""
    return [snag.ref for snag in content.snags]


def content_of_snag(snag: Snag) -> dict[str, Any]:
    """What a change made of a snag starts with."""
    return {
        "title": snag.title,
        "description": snag.detail,
        "reason": f"{snag.ref} was reported by {snag.reported_by.name}.",
        "snags": snag.ref,
        "processes": [snag.process] if snag.process else [],
    }


def content_of_template(template: ChangeTemplate) -> dict[str, Any]:
    """What a standard change starts with: the words agreed to, where they reach."""
    aims = {f"to_{place.pk}": True for place in template.environments.order_by("pk")}
    return {**template.body, **aims, "kind": ChangeRequest.Kind.STANDARD}


def _aim(change: ChangeRequest, content: Content) -> None:
    """Make the targets those of the content; what is promoted to already stays."""
    wanted = {aim.environment.pk: aim for aim in content.aims}
    known = {row.environment_id: row for row in change.targets.order_by("pk")}
    _leave_out(change, known.keys() - wanted.keys())
    for pk, aim in wanted.items():
        row = known.get(pk) or ChangeTarget(change=change, environment=aim.environment)
        row.ordinal = ordinal_of(aim.environment)
        row.minutes, row.slot = aim.minutes, aim.slot
        row.is_exclusive = aim.is_exclusive
        row.save()


def _leave_out(change: ChangeRequest, environments: Collection[int]) -> None:
    if not environments:
        return
    try:
        change.targets.filter(environment__in=environments).delete()
    except ProtectedError:
        raise RuleError(
            "It has been promoted there already, so that target stays.",
            code="target_in_use",
        ) from None
