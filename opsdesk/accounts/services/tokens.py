"""API tokens: shown once, scoped, never longer than a year."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from opsdesk.accounts.models import ApiToken, User
from opsdesk.accounts.permissions import can_hold_tokens_of, can_revoke
from opsdesk.accounts.tokens import digest
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require

LONGEST_DAYS = 365
MOST_LIVE = 20
HINT = 8  # characters of the secret that stay readable, to tell tokens apart


@transaction.atomic
def issue_token(
    owner: User,
    *,
    name: str,
    scopes: Sequence[str],
    days: int,
    actor: User,
    networks: Sequence[str] = (),
) -> tuple[ApiToken, str]:
    """A new token and its secret, which nobody can read again.

    For oneself, or by an access administrator for a service account. With networks
    named, it opens nothing from anywhere else.
    """
    owner = User.objects.select_for_update(of=("self",), no_key=True).get(pk=owner.pk)
    require(can_hold_tokens_of(actor, owner), "Everybody makes their own tokens.")
    if not owner.is_active:
        raise RuleError(f"{owner} is deactivated.")
    known = set(ApiToken.Scope.values)
    if not scopes or not set(scopes) <= known:
        raise RuleError("Choose at least one thing the token may do.")
    if not 1 <= days <= LONGEST_DAYS:
        raise RuleError(f"A token lives between 1 and {LONGEST_DAYS} days.")
    at = clock.now()
    live = owner.api_tokens.filter(revoked_at__isnull=True, expires_at__gt=at)
    if live.count() >= MOST_LIVE:
        raise RuleError(f"{MOST_LIVE} tokens are enough; revoke one you do not use.")
    secret = ApiToken.new_secret()
    token = ApiToken.objects.create(
        owner=owner,
        name=name.strip(),
        digest=digest(secret),
        hint=secret[:HINT],
        scopes=sorted(set(scopes)),
        networks=list(networks),
        expires_at=at + timedelta(days=days),
    )
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, actor: User) -> ApiToken:
    """From the next request on, the token opens nothing. Revoking twice is once."""
    token = (
        ApiToken.objects.select_for_update(of=("self",))
        .select_related("owner")
        .get(pk=token.pk)
    )
    require(can_revoke(actor, token))
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
    return token
