"""Default deny: every route says who may use it, or the system check fails.

`@policy(Role.MANAGER)` on a view (or `policy = allow(...)` on an API class) names the
roles; `@policy()` admits everybody who has logged in; `@public` admits the world.
Rows are a second matter: they come from `visible_to(user)` only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, get_resolver

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Policy:
    """Who may use a route: anyone, anyone logged in, or holders of a role."""

    roles: frozenset[str] = frozenset()
    is_public: bool = False


SIGNED_IN = Policy()
PUBLIC = Policy(is_public=True)

# Routes that packages bring; everything of our own is marked where it is written.
FOREIGN: dict[str, Policy] = {
    "account_login": PUBLIC,
    "account_logout": SIGNED_IN,
    "account_reset_password": PUBLIC,
    "account_reset_password_done": PUBLIC,
    "account_reset_password_from_key": PUBLIC,
    "account_reset_password_from_key_done": PUBLIC,
    "account_change_password": SIGNED_IN,
    "account_reauthenticate": SIGNED_IN,
    "account_inactive": PUBLIC,
    "mfa_authenticate": PUBLIC,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_index": SIGNED_IN,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
    "usersessions_list": SIGNED_IN,
}


def allow(*roles: str) -> Policy:
    return Policy(frozenset(roles))


def policy(*roles: str) -> Callable[[View], View]:
    """Admit holders of any of the roles; with none named, everybody logged in."""

    def mark(view: View) -> View:
        view.policy = allow(*roles)  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Admit the world: for health checks and the way in."""
    view.policy = PUBLIC  # type: ignore[attr-defined]
    return login_not_required(view)


def policy_of(view: Callable[..., Any], name: str | None) -> Policy | None:
    """The policy a route carries; None when nobody has thought about it.

    What one action of an API view says for itself comes before what its class says.
    """
    bare = getattr(view, "cls", None) or getattr(view, "view_class", None) or view
    return (
        getattr(view, "policy", None)
        or getattr(view, "initkwargs", {}).get("policy")
        or getattr(bare, "policy", None)
        or FOREIGN.get(name or "")
    )


def routes() -> Iterator[tuple[str, URLPattern]]:
    """Every route of the product as (full name, pattern)."""
    yield from _walk(get_resolver(), "")


def _walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            space = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from _walk(entry, space)
        else:
            yield f"{prefix}{entry.name}", entry
