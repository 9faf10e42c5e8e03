"""What a change has come to in its environments, and what therefore is owed."""

from itertools import chain, islice

from django.db.models import QuerySet

from changes import permissions
from changes.models import ChangeDuty, ChangeRequest, Promotion
from changes.moves import PromotionState
from environments.models import Component, Environment
from environments.queries.installed import installed
from environments.queries.pairs import standbys
from environments.queries.placing import having
from opsdesk.accounts.access import Role, people_with
from opsdesk.accounts.models import User

Kind = ChangeDuty.Kind
SYNCS = (Kind.FAILOVER_SYNC, Kind.TRAINING_SYNC)


def followers(
    environment: Environment, component: Component
) -> list[tuple[str, Environment]]:
    """What follows the environment people work in, of all that has the component: its
    standbys, then training."""
    training = Environment.objects.in_use().filter(
        landscape=environment.landscape_id, kind=Environment.Kind.TRAINING
    )
    places = [*standbys(environment), *training.order_by("pk")]
    return [
        (Kind.FAILOVER_SYNC if place.may_serve else Kind.TRAINING_SYNC, place)
        for place in having(places, component)
    ]


def runs(environment: Environment, component: int) -> str:
    """The digest of a component there now; "" when none is known."""
    found = installed(environment).get(component)
    return found.sha256 if found is not None else ""


def syncs_done_by(promotion: Promotion) -> QuerySet[ChangeDuty]:
    """The syncs this promotion settles: of its digest, and older ones of the same
    component once the environment runs what people work with."""
    component, brings = promotion.package.component_id, promotion.brings_sha256
    serving = Environment.objects.serving().filter(
        landscape=promotion.environment.landscape_id
    )
    owed = ChangeDuty.objects.filter(
        kind__in=SYNCS,
        environment=promotion.environment,
        is_settled=False,
        change__package__component=component,
    ).order_by("pk")
    if any(runs(each, component) == brings for each in serving):
        return owed
    return owed.filter(sha256=brings)


def is_everywhere(change: ChangeRequest) -> bool:
    """It runs wherever it had to go, or a later one does, or somebody said that it need
    not."""
    done = change.promotions.filter(state=PromotionState.SUCCEEDED)
    there = set(
        done.exclude(kind=Promotion.Kind.ROLLBACK).values_list(
            "environment_id", flat=True
        )
    )
    settled = change.duties.filter(kind__in=SYNCS, is_settled=True)
    there |= set(settled.values_list("environment_id", flat=True))
    needed = change.targets.filter(is_mandatory=True)
    return set(needed.values_list("environment_id", flat=True)) <= there


def owner_for(change: ChangeRequest, kind: str, place: Environment | None) -> User:
    """Who owes it: a manager a judgement; a sync, of who looks after the environment,
    the implementer and the administrators, the first who may promote; else one of the
    former."""
    if kind in {Kind.REVIEW, Kind.RETRO_APPROVAL}:
        managers = people_with(Role.MANAGER)
        free = [who for who in managers if who.pk != change.implementer_id]
        return next(iter(free), change.requester)
    near = [place.owner if place is not None else None, change.implementer]
    known = [who for who in near if who is not None]
    if kind in SYNCS:
        able = chain(known, people_with(Role.ADMINISTRATOR))
        planners = (who for who in able if permissions.can_plan(who, change))
        known = [*islice(planners, 1)] or known
    return next(iter(known), change.requester)
