"""System checks: a mistake that must not reach production stops the start."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from opsdesk.core.policy import policy_of, routes


@register
def every_route_has_a_policy(**_kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"The route {name!r} does not say who may use it.",
            hint="Mark its view with @policy(...) or @public.",
            id="opsdesk.E001",
        )
        for name, route in routes()
        if policy_of(route.callback, route.name) is None
    ]
