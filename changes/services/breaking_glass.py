"""Breaking the glass: a change starts before anybody agreed, and all are told."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from changes.models import ChangeDuty, ChangeRequest, Promotion, Waiver
from changes.queries.scheduling import retro_sha256, sheet
from changes.queries.separation import excluded_from_promotion
from changes.services import after, promoting, rows, starting
from changes.services.promotion_rows import hold_environments, log
from changes.services.revisions import record
from changes.written import LEAST, SAY_WHY, is_enough
from environments.models import Environment
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.approving import asked_of, people_asked
from opsdesk.core.errors import RuleError, require
from opsdesk.core.models import Asked
from opsdesk.core.records import save
from opsdesk.core.services import approvals
from opsdesk.core.services.outbox import Note, notify

Duty = ChangeDuty.Kind
RETRO_WITHIN = timedelta(hours=24)
# Whatever an emergency may pass is passed here, in the name of who broke the glass.
PASSED = ("ROUTE", "SIGNOFF", "SOAK", "WINDOW", "SLOT", "FAILOVER")


@transaction.atomic
def break_glass(
    change: ChangeRequest,
    *,
    actor: User,
    environment: Environment,
    code: str,
    reason: str,
) -> Promotion:
    """Start a drafted change at once; two people judge it within 24 hours.

    Sealed package, digest, lease, freezes and the way back hold as ever. Raises
    RuleError or GatesError, and nothing is begun, when it may not be.
    """
    change = rows.locked(change)
    is_asked = Asked.EMERGENCY in asked_of([actor.pk])[actor.pk]
    require(is_asked, "Only an emergency approver breaks the glass.")
    rows.judge(change, "break_glass")
    environment = hold_environments(environment.pk)
    _check(change, environment, code, reason)
    at = clock.now()
    change.kind, change.is_break_glass = ChangeRequest.Kind.EMERGENCY, True
    save(change, "kind", "is_break_glass", actor=actor)
    record(change, actor=actor, at=at)
    target = change.targets.filter(environment=environment).get()
    target.environment = environment
    promotion = promoting.create(
        change,
        actor=actor,
        target=target,
        kind=Promotion.Kind.DEPLOY,
        steps=sheet(change, environment, change.implementation_plan),
    )
    rows.move(change, "break_glass", actor=actor)
    log(promotion, "break_glass", actor=actor, at=at, note=reason)
    _waive(promotion, actor, reason)
    _owe_approval(promotion, actor, reason)
    return starting.start(promotion, actor=actor)


def _check(
    change: ChangeRequest, environment: Environment, code: str, reason: str
) -> None:
    named = environment.code or environment.name
    package = change.package
    faults = (
        (not settings.BREAK_GLASS, "Breaking the glass is switched off."),
        (
            not change.snags.open().filter(priority=1).exists(),
            "Link the open P1 snag it is for.",
        ),
        (package is None or not package.is_usable, "The package must be sealed."),
        (
            not is_enough(change.backout_plan),
            f"Write the back-out plan first, {LEAST} characters or more.",
        ),
        (
            not change.targets.filter(environment=environment).exists(),
            f"{change.ref} does not go to {environment}.",
        ),
        (code.strip() != named, f"Type {named} to say that you mean it."),
        (not is_enough(reason), SAY_WHY),
        (
            ChangeDuty.objects.filter(
                kind=Duty.RETRO_APPROVAL, environment=environment, is_settled=False
            ).exists(),
            f"The glass was broken in {environment} before and nobody has judged it.",
        ),
    )
    found = [why for is_fault, why in faults if is_fault]
    if found:
        raise RuleError(" ".join(found), code="break_glass")


def _waive(promotion: Promotion, actor: User, reason: str) -> None:
    """For a day; what was waived for it before, and has lapsed, is waived anew."""
    at = clock.exact()
    rows = [
        Waiver(
            change=promotion.change,
            environment=promotion.environment,
            gate=gate,
            reason=reason,
            by=actor,
            at=at,
            until=at + starting.WAIVED_FOR,
        )
        for gate in PASSED
    ]
    Waiver.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["change", "environment", "gate"],
        update_fields=["reason", "by", "at", "until"],
    )


def _owe_approval(promotion: Promotion, actor: User, reason: str) -> None:
    """Two people judge it afterwards, and everybody who was not asked is told now."""
    change, at = promotion.change, clock.now()
    request = approvals.ask(
        kind="retro",
        level=after.JUDGED_AS,
        title=f"After the fact: {change}"[:200],
        url=change.get_absolute_url(),
        revision=change.revision,
        sha256=retro_sha256(promotion, reason),
        actor=actor,
        excluded=excluded_from_promotion(promotion)
        | {actor.pk: "Who broke the glass does not judge it."},
    )
    after.owe(
        change,
        Duty.RETRO_APPROVAL,
        due_at=at + RETRO_WITHIN,
        environment=promotion.environment,
        sha256=promotion.sha256,
        approval=request,
    )
    after.owe(change, Duty.REVIEW, due_at=at + after.REVIEW_WITHIN)
    note = Note(
        key=f"break-glass-{promotion.pk}",
        title=f"{actor} broke the glass in {promotion.environment}: {change}"[:200],
        body=reason,
        url=promotion.get_absolute_url(),
    )
    skipped = people_asked([str(each) for each in Asked])
    notify([person for person in skipped if person.pk != actor.pk], note)
