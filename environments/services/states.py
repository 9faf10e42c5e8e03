"""Taking an environment out of use, out of reach, or stopping the line for a while."""

from django.db import transaction

from environments.models import Environment, Lease
from environments.moves import MOVES
from environments.services.rows import keep, locked, log
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.records import save


@transaction.atomic
def retire(environment: Environment, *, actor: User, reason: str) -> Environment:
    """It is used no more, and serves nobody; another may take its place."""
    keep(actor)
    environment = locked(environment)
    lease = Lease.objects.filter(environment=environment, ended_at=None).first()
    if lease is not None:
        raise RuleError(f"It is taken by {lease.label}; let that end first.")
    environment.is_serving = False
    return _move(environment, "retire", actor, reason, "is_serving")


@transaction.atomic
def quarantine(environment: Environment, *, actor: User, reason: str) -> Environment:
    """Nobody is to log in and nothing is promoted until it is released."""
    keep(actor)
    environment = locked(environment)
    if environment.is_serving:
        raise RuleError("It serves the business; pause it instead.", code="serving")
    return _move(environment, "quarantine", actor, reason)


@transaction.atomic
def release(environment: Environment, *, actor: User, reason: str) -> Environment:
    """End a quarantine."""
    keep(actor)
    return _move(locked(environment), "release", actor, reason)


@transaction.atomic
def pause(environment: Environment, *, actor: User, reason: str) -> Environment:
    """Stop the line: nothing new starts here until somebody lets it go on."""
    keep(actor)
    environment = locked(environment)
    if environment.is_retired:
        raise RuleError(f"{environment} is retired.", code="not_now")
    if environment.paused_at is not None:
        raise RuleError(f"{environment} is paused already.", code="not_now")
    environment.paused_at = at = clock.now()
    environment.paused_by, environment.pause_reason = actor, reason
    save(environment, "paused_at", "paused_by", "pause_reason", actor=actor)
    log(environment, "paused", actor=actor, at=at, reason=reason)
    return environment


@transaction.atomic
def resume(environment: Environment, *, actor: User, reason: str = "") -> Environment:
    """Let the line go on."""
    keep(actor)
    environment = locked(environment)
    if environment.paused_at is None:
        raise RuleError(f"{environment} is not paused.", code="not_now")
    environment.paused_at = environment.paused_by = None
    environment.pause_reason = ""
    save(environment, "paused_at", "paused_by", "pause_reason", actor=actor)
    log(environment, "resumed", actor=actor, at=clock.now(), reason=reason)
    return environment


def _move(
    environment: Environment, verb: str, actor: User, reason: str, *fields: str
) -> Environment:
    move = MOVES[verb]
    if environment.status not in move.sources:
        state = environment.get_status_display().lower()
        raise RuleError(f"{environment} is {state}.", code="not_now")
    environment.status = move.target
    save(environment, "status", *fields, actor=actor)
    log(environment, f"{verb}d", actor=actor, at=clock.now(), reason=reason)
    return environment
