"""The running copies of a landscape: registered and described."""

from typing import TypedDict, Unpack

from django.db import transaction

from environments.models import Environment, Landscape
from environments.services.rows import describe, keep, locked, locked_landscape, log
from opsdesk.accounts.models import Party, User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.records import save

Kind = Environment.Kind


class EnvironmentFacts(TypedDict, total=False):
    """What may be said about an environment; its kind never changes."""

    name: str
    code: str
    url: str
    app_version: str
    is_serving: bool
    pairs_with: Environment | None
    hosting: str
    supplier: Party | None
    owner: User | None
    data_owner: User | None
    data: str
    rto_minutes: int | None
    rpo_minutes: int | None
    needs_window: bool
    needs_backup: bool


@transaction.atomic
def add_environment(
    landscape: Landscape, *, actor: User, kind: str, **facts: Unpack[EnvironmentFacts]
) -> Environment:
    """Register a running copy; a landscape has one production, and one that serves."""
    keep(actor)
    landscape = locked_landscape(landscape)
    environment = Environment(landscape=landscape, kind=kind, **facts)
    _judge(environment, facts)
    save(environment, actor=actor)
    log(environment, "registered", actor=actor, at=clock.now(), kind=kind)
    return environment


@transaction.atomic
def edit_environment(
    environment: Environment,
    *,
    actor: User,
    version: int | None,
    **facts: Unpack[EnvironmentFacts],
) -> Environment:
    """Describe a running copy anew; what it is for stays as it is."""
    keep(actor)
    environment = locked(environment)
    _judge(environment, facts)
    changed = describe(environment, facts, version=version, actor=actor)
    if changed:
        log(environment, "described", actor=actor, at=clock.now(), fields=changed)
    return environment


def _judge(environment: Environment, facts: EnvironmentFacts) -> None:
    """Only production, or a failover that took over, serves; a failover has a pair."""
    serves = facts.get("is_serving", environment.is_serving)
    if serves and not environment.may_serve:
        raise RuleError(
            "Only production or a failover can serve the business.",
            code="kind_cannot_serve",
        )
    pair = facts.get("pairs_with", environment.pairs_with)
    if environment.kind == Kind.FAILOVER and pair is None:
        raise RuleError("Say which production it stands in for.", code="pairs_with")
    if pair is not None and (
        environment.kind != Kind.FAILOVER
        or pair.kind != Kind.PRODUCTION
        or pair.landscape_id != environment.landscape_id
    ):
        raise RuleError(
            "A failover stands in for a production of its own landscape.",
            code="pairs_with",
        )
