"""Where a component belongs: where it is placed; a standby has what nobody placed."""

from collections.abc import Iterable
from dataclasses import dataclass

from environments.models import Component, Environment, Placement
from environments.queries.installed import running


@dataclass(frozen=True)
class Places:
    """What the inventory of some landscapes says, as (environment, component) ids."""

    pairs: frozenset[tuple[int, int]]
    placed: frozenset[int]

    def hold(self, environment: Environment, component: int) -> bool:
        """Is the component part of this environment?

        Where nobody wrote down any place of it, what may serve the business has it.
        """
        if (environment.pk, component) in self.pairs:
            return True
        return environment.may_serve and component not in self.placed


def places_in(landscapes: Iterable[int]) -> Places:
    """Every placement of these landscapes, by id, in one statement."""
    rows = Placement.objects.filter(environment__landscape__in=landscapes)
    pairs = frozenset(rows.values_list("environment_id", "component_id"))
    return Places(pairs, frozenset(component for _, component in pairs))


def having(
    environments: Iterable[Environment], component: Component
) -> list[Environment]:
    """Those the component belongs in, or runs in whatever the inventory says."""
    found = list(environments)
    if not found:
        return []
    places, runs = places_in([component.landscape_id]), running(component, found)
    return [
        each for each in found if places.hold(each, component.pk) or each.pk in runs
    ]
