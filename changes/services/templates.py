"""Standard changes: a template is proposed, agreed to, suspended and retired.

An edit is a new row of the next number, agreed to anew; the one before stays in force
until then.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from changes import permissions
from changes.digest import sha256_of
from changes.models import ChangeRequest, ChangeTemplate
from changes.moves import TEMPLATE_MOVES, TemplateState
from changes.queries.separation import excluded_from_template
from changes.queries.templates import evidence_for
from environments.models import Environment, Landscape
from opsdesk.accounts.access import Role, people_with
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.approving import standing
from opsdesk.core.errors import RuleError, require
from opsdesk.core.models import ApprovalRequest
from opsdesk.core.records import save
from opsdesk.core.services import approvals
from opsdesk.core.services.outbox import Note, notify

State = TemplateState
LEAST_EVIDENCE = 2


@transaction.atomic
def propose(
    *,
    actor: User,
    landscape: Landscape,
    code: str,
    title: str,
    body: dict[str, Any],
    locked: Sequence[str],
    environments: Sequence[Environment],
    evidence: Sequence[ChangeRequest],
    expires_on: date,
) -> ChangeTemplate:
    """Write the next number of a template and ask for agreement to it.

    It rests on normal changes that went well in this way before.
    """
    require(permissions.can_prepare(actor))
    if expires_on <= clock.today():
        raise RuleError("Choose a day to come.", code="expired")
    Landscape.objects.select_for_update(of=("self",)).get(pk=landscape.pk)
    _judge_evidence(landscape, evidence)
    before = ChangeTemplate.objects.filter(landscape=landscape, code=code)
    last = before.order_by("-number").first()
    template = ChangeTemplate(
        landscape=landscape,
        code=code,
        number=last.number + 1 if last else 1,
        title=title,
        body={**body, "title": title},
        locked=list(locked),
        expires_on=expires_on,
        proposed_by=actor,
    )
    save(template, actor=actor)
    template.environments.set(environments)
    template.evidence.set(evidence)
    return _ask(template, actor)


@transaction.atomic
def propose_again(template: ChangeTemplate, *, actor: User) -> ChangeTemplate:
    """Ask anew for a suspended one, or for one that has not been agreed to."""
    template = locked_template(template)
    require(permissions.can_prepare(actor))
    _judge(template, "approve")
    if template.approval is not None and template.approval.is_live:
        raise RuleError("People are being asked already.", code="asked")
    return _ask(template, actor)


@transaction.atomic(savepoint=False)
def put_in_force(
    template: ChangeTemplate, request: ApprovalRequest, *, actor: User
) -> None:
    """The last yes: it takes the place of the numbers before, about which nobody is
    asked any more. The template is locked."""
    _judge(template, "approve")
    excluded = excluded_from_template(template)
    now = standing(request, excluded=excluded, at=clock.now())
    approvals.consume(request, actor=actor, now=now)
    earlier = ChangeTemplate.objects.filter(
        landscape=template.landscape, code=template.code, number__lt=template.number
    ).exclude(state=State.RETIRED)
    for old in earlier.select_related("approval").order_by("number"):
        _retire(old, actor)
    template.suspended_because = ""
    _move(template, "approve", "suspended_because", actor=actor)


@transaction.atomic
def suspend_template(
    template: ChangeTemplate, *, because: str, actor: User | None, at: datetime
) -> ChangeTemplate:
    """Nothing is submitted from it until it is agreed to anew. Twice is once.

    `actor` None is opsdesk itself, after one of its changes failed or was backed out.
    """
    template = locked_template(template)
    require(actor is None or permissions.can_manage(actor))
    if template.state == State.SUSPENDED:
        return template
    if actor is None and template.state != State.APPROVED:
        return template
    _judge(template, "suspend")
    template.suspended_because = because[:200]
    _move(template, "suspend", "suspended_because", actor=actor)
    note = Note(
        key=f"template-{template.pk}-suspended-{at:%Y%m%d%H%M%S}",
        title=f"Suspended: {template} {template.title}",
        body=because,
        url=template.get_absolute_url(),
    )
    notify({template.proposed_by, *people_with(Role.MANAGER)}, note)
    return template


@transaction.atomic
def retire_template(template: ChangeTemplate, *, actor: User) -> ChangeTemplate:
    """Out of use for good; changes made from it stay as they are."""
    template = locked_template(template)
    require(permissions.can_manage(actor))
    _judge(template, "retire")
    _retire(template, actor)
    return template


def _judge_evidence(landscape: Landscape, evidence: Sequence[ChangeRequest]) -> None:
    named = {change.pk for change in evidence}
    known = set(
        evidence_for(landscape).filter(pk__in=named).values_list("pk", flat=True)
    )
    if len(named) < LEAST_EVIDENCE or named != known:
        raise RuleError(
            "Name two normal changes or more that were closed as successful:"
            " only what has gone well before is done without asking.",
            code="evidence_missing",
        )


def locked_template(template: ChangeTemplate) -> ChangeTemplate:
    """The template as it is now, held until the transaction ends."""
    return (
        ChangeTemplate.objects.select_for_update(of=("self",), no_key=True)
        .select_related("landscape", "approval", "proposed_by")
        .get(pk=template.pk)
    )


def _ask(template: ChangeTemplate, actor: User) -> ChangeTemplate:
    excluded = excluded_from_template(template)
    template.approval = approvals.ask(
        kind="template",
        level="normal",
        title=f"Standard change {template}: {template.title}",
        url=template.get_absolute_url(),
        revision=template.number,
        sha256=sha256_of(_substance(template)),
        actor=actor,
        excluded=excluded,
    )
    save(template, "approval", actor=actor)
    return template


def _substance(template: ChangeTemplate) -> dict[str, Any]:
    """What is agreed to."""
    return {
        "code": template.code,
        "number": template.number,
        "body": template.body,
        "locked": template.locked,
        "environments": sorted(template.environments.values_list("pk", flat=True)),
        "evidence": sorted(template.evidence.values_list("pk", flat=True)),
        "expires_on": str(template.expires_on),
    }


def _retire(template: ChangeTemplate, actor: User) -> None:
    if template.approval is not None:
        approvals.end(template.approval, ApprovalRequest.State.WITHDRAWN)
    _move(template, "retire", actor=actor)


def _judge(template: ChangeTemplate, verb: str) -> None:
    if template.state not in TEMPLATE_MOVES[verb].sources:
        state = template.get_state_display().lower()
        raise RuleError(f"{template} is {state}, so not now.", code="not_now")


def _move(
    template: ChangeTemplate, verb: str, *fields: str, actor: User | None
) -> None:
    template.state = TEMPLATE_MOVES[verb].target
    template.version += 1
    save(template, "state", "version", *fields, actor=actor)
