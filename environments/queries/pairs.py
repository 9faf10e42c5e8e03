"""Production and what stands by, after a failover too: they swap, the rules stay.

Paths and windows are written for production and for its failover. Once the failover
serves the business, those of production bind it, and those of the failover bind the
production it took over from, until they swap back.
"""

from django.db.models import Q, QuerySet

from environments.models import Environment


def standbys(environment: Environment) -> QuerySet[Environment]:
    """What follows it as its copy: all others of its pair while it serves."""
    lead = environment.pairs_with_id
    if not environment.may_serve or (lead and not environment.is_serving):
        return Environment.objects.none()
    pair = Q(pairs_with=lead or environment.pk) | Q(pk=lead)
    others = Environment.objects.in_use().filter(pair, is_serving=False)
    return others.exclude(pk=environment.pk).order_by("pk")


def leader(environment: Environment) -> Environment | None:
    """What a copy follows: who serves in its pair, else the production of it."""
    if environment.is_serving or not environment.may_serve:
        return None
    return _stand_in(environment) or environment.pairs_with


def swapped(environment: Environment) -> dict[Environment, Environment]:
    """The production that stands by and the failover that serves, each to the other;
    nothing while they are what they were made for."""
    serving = _stand_in(environment)
    if serving is None or serving.pairs_with is None:
        return {}
    return {serving: serving.pairs_with, serving.pairs_with: serving}


def role_of(environment: Environment) -> Environment:
    """The one it plays the part of, whose rules bind it: itself, or its other half."""
    return swapped(environment).get(environment, environment)


def windows_of(environment: Environment) -> list[Environment]:
    """Whose windows bind it: those of its part, and those made for itself since."""
    return [environment, role_of(environment)]


def _stand_in(environment: Environment) -> Environment | None:
    """The failover that serves in place of its pair's production, if one does."""
    production = environment.pairs_with or environment
    if production.is_serving or not environment.may_serve:
        return None
    if environment.is_serving:
        return environment
    return production.failovers.serving().order_by("pk").first()
