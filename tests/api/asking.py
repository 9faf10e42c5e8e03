"""How these tests ask: with a token of a person, in JSON."""

import json
from datetime import timedelta

from django.utils import timezone

from opsdesk.accounts.models import ApiToken
from opsdesk.accounts.tokens import digest

SNAGS = "/api/v1/snags/"


def make_token(user, *scopes, days=30, **limits):
    secret = ApiToken.new_secret()
    ApiToken.objects.create(
        owner=user,
        name="test",
        digest=digest(secret),
        hint=secret[:8],
        scopes=list(scopes),
        expires_at=timezone.now() + timedelta(days=days),
        **limits,
    )
    return {"authorization": f"Bearer {secret}"}


def post(client, url, body=None, **headers):
    return client.post(
        url, json.dumps(body or {}), content_type="application/json", headers=headers
    )


def patch(client, url, body=None, **headers):
    return client.patch(
        url, json.dumps(body or {}), content_type="application/json", headers=headers
    )


def act(client, url, verb, body=None, **headers):
    """Read a row, then do a verb to what was read, as a client does."""
    return post(client, f"{url}{verb}/", body, **headers, **etag(client, url, headers))


def etag(client, url, headers):
    """If-Match for what is there now."""
    return {"if-match": client.get(url, headers=headers)["ETag"]}
