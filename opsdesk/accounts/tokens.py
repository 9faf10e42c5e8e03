"""API tokens: digests, and who stands behind a secret that came in a header."""

import hashlib
import hmac
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

import structlog
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from opsdesk.accounts.models import ApiToken, User
from opsdesk.core.errors import NotAllowedError

log = structlog.get_logger()

# "Last used" is for people to read; once a minute is exact enough and keeps a busy
# integration from writing a row with every read.
USED_EVERY = timedelta(minutes=1)
MAX_SECRET = 100


def digest(secret: str) -> str:
    """What is stored: useless without the pepper, which is not in the database."""
    pepper = settings.API_TOKEN_PEPPER.encode()
    return hmac.new(pepper, secret.encode(), hashlib.sha256).hexdigest()


class WrongAddressError(NotAllowedError):
    """The secret is right, but the token may not be used from there."""

    code = "address_not_allowed"


def authenticate(raw: str, address: str | None = None) -> tuple[User, ApiToken] | None:
    """The owner and the token behind a secret; None when it opens nothing any more.

    Whatever is wrong (unknown, expired, revoked, owner inactive) looks the same. The
    look-up is by keyed digest, so its timing says nothing about the secret. Whoever
    holds the secret is told when it is not for the address they come from.
    """
    if not raw or len(raw) > MAX_SECRET or not raw.isascii():
        return None
    key = digest(raw)
    token = (
        ApiToken.objects.filter(
            digest=key,
            revoked_at__isnull=True,
            expires_at__gt=Now(),
            owner__is_active=True,
        )
        .select_related("owner")
        .first()
    )
    if token is None or not hmac.compare_digest(token.digest, key):
        return None
    if not admits(token, address):
        log.warning("token_refused", token=token.pk, owner=token.owner_id, ip=address)
        raise WrongAddressError("This token is not for use from your address.")
    _note_use(token)
    return token.owner, token


def admits(token: ApiToken, address: str | None) -> bool:
    """May the token be used from there? From nowhere known, only if it has no limit."""
    if not token.networks:
        return True
    if address is None:
        return False
    place = ip_address(address)
    if isinstance(place, IPv6Address) and place.ipv4_mapped:
        place = place.ipv4_mapped
    return any(place in ip_network(network) for network in token.networks)


def _note_use(token: ApiToken) -> None:
    noted = token.last_used_at
    if noted is None or noted < timezone.now() - USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=Now())
