from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from opsdesk.accounts.forms import TokenForm
from opsdesk.accounts.models import ApiToken, User
from opsdesk.accounts.services import tokens
from opsdesk.accounts.tokens import WrongAddressError, authenticate, digest
from opsdesk.core import clock
from opsdesk.core.errors import CONSTRAINTS, NotAllowedError, RuleError
from tests import factories


@pytest.fixture
def issued(sam):
    return tokens.issue_token(
        sam, name="Nightly export", scopes=["snags:read"], days=30, actor=sam
    )


def test_a_secret_is_shown_once_and_stored_nowhere(issued, sam):
    token, secret = issued

    assert secret.startswith("odk_")
    assert token.digest == digest(secret) != secret
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM accounts_apitoken t")
        assert secret not in cursor.fetchone()[0]
    assert authenticate(secret) == (sam, token)


def test_the_digest_hangs_on_the_pepper(issued, settings):
    _, secret = issued
    settings.API_TOKEN_PEPPER = "another"

    assert authenticate(secret) is None


@pytest.mark.parametrize("raw", ["", "odk_unknown", "ödk", "x" * 5000, "Bearer odk_x"])
def test_nonsense_opens_nothing(raw, issued):
    assert authenticate(raw) is None


def test_expired_revoked_and_orphaned_tokens_open_nothing(issued, sam):
    token, secret = issued
    row = ApiToken.objects.filter(pk=token.pk)

    row.update(created_at=F("created_at") - timedelta(days=9), expires_at=clock.now())
    assert authenticate(secret) is None
    row.update(expires_at=clock.now() + timedelta(days=9))
    assert authenticate(secret)
    User.objects.filter(pk=sam.pk).update(is_active=False)
    assert authenticate(secret) is None
    User.objects.filter(pk=sam.pk).update(is_active=True)
    tokens.revoke_token(token, actor=sam)
    assert authenticate(secret) is None


def test_last_use_is_written_at_most_once_a_minute(issued):
    token, secret = issued
    authenticate(secret)
    first = ApiToken.objects.get(pk=token.pk).last_used_at

    authenticate(secret)

    assert ApiToken.objects.get(pk=token.pk).last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    authenticate(secret)
    assert ApiToken.objects.get(pk=token.pk).last_used_at >= first


def test_a_token_costs_two_statements(issued):
    with CaptureQueriesContext(connection) as asked:
        authenticate(issued[1])

    assert len(asked) == 2


@pytest.mark.parametrize(
    ("networks", "address", "admitted"),
    [
        ([], None, True),
        ([], "203.0.113.9", True),
        (["192.0.2.7/32"], "192.0.2.7", True),
        (["192.0.2.7/32"], "192.0.2.8", False),
        (["10.0.0.0/8", "2001:db8::/32"], "10.255.0.1", True),
        (["10.0.0.0/8", "2001:db8::/32"], "2001:db8::1", True),
        (["10.0.0.0/8", "2001:db8::/32"], "2001:db9::1", False),
        (["10.0.0.0/8"], "::ffff:10.1.1.1", True),
        (["10.0.0.0/8"], None, False),
    ],
)
def test_a_token_is_used_only_from_where_it_may_be(networks, address, admitted, sam):
    token, secret = tokens.issue_token(
        sam, name="x", scopes=["snags:read"], days=7, actor=sam, networks=networks
    )

    if admitted:
        assert authenticate(secret, address) == (sam, token)
    else:
        with pytest.raises(WrongAddressError):
            authenticate(secret, address)
    token.refresh_from_db()
    assert (token.last_used_at is not None) == admitted


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", []),
        (" 192.0.2.7\n10.20.0.0/16, 192.0.2.7 ", ["192.0.2.7/32", "10.20.0.0/16"]),
        ("2001:DB8::/32", ["2001:db8::/32"]),
        ("10.20.1.1/16", None),
        ("example.org", None),
        ("fe80::1%eth0", None),
        ("10.0.0.0/33", None),
        (" ".join(f"192.0.2.{n}" for n in range(21)), None),
    ],
)
def test_networks_are_read_one_a_line(typed, kept):
    form = TokenForm(
        {"name": "x", "scopes": ["snags:read"], "days": 7, "networks": typed}
    )

    assert form.is_valid() == (kept is not None)
    assert form.cleaned_data.get("networks") == kept


def test_everybody_makes_their_own(ann, sam, rob):
    for actor in (ann, rob):
        with pytest.raises(NotAllowedError):
            tokens.issue_token(
                sam, name="His", scopes=["snags:read"], days=1, actor=actor
            )

    assert not ApiToken.objects.exists()


def test_a_service_account_gets_them_from_an_access_administrator(ann, sam):
    bot = factories.make_user("bot", "support", is_service=True)

    with pytest.raises(NotAllowedError):
        tokens.issue_token(bot, name="x", scopes=["snags:read"], days=1, actor=sam)
    token, _ = tokens.issue_token(
        bot, name="Monitoring", scopes=["snags:write"], days=365, actor=ann
    )

    assert token.owner == bot


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"scopes": []}, "Choose at least one"),
        ({"scopes": ["root"]}, "Choose at least one"),
        ({"days": 0}, "between 1 and 365"),
        ({"days": 366}, "between 1 and 365"),
    ],
)
def test_a_token_is_scoped_and_ends(given, sentence, sam):
    values = {"name": "x", "scopes": ["snags:read"], "days": 7, **given}

    with pytest.raises(RuleError, match=sentence):
        tokens.issue_token(sam, **values, actor=sam)

    assert not ApiToken.objects.exists()


def test_twenty_are_enough(sam):
    for number in range(20):
        tokens.issue_token(
            sam, name=str(number), scopes=["snags:read"], days=1, actor=sam
        )

    with pytest.raises(RuleError, match="20 tokens are enough"):
        tokens.issue_token(sam, name="x", scopes=["snags:read"], days=1, actor=sam)

    assert ApiToken.objects.count() == 20


def test_a_token_is_revoked_by_its_owner_or_who_looks_after_access(issued, ann, rob):
    token, _ = issued

    with pytest.raises(NotAllowedError):
        tokens.revoke_token(token, actor=rob)
    token.refresh_from_db()
    assert token.revoked_at is None
    first = tokens.revoke_token(token, actor=ann).revoked_at
    assert tokens.revoke_token(token, actor=ann).revoked_at == first


@pytest.mark.parametrize(
    ("name", "expires_at"),
    [
        ("token_expires_after_creation", "2001-01-01T00:00Z"),
        ("token_expires_at_is_sane", "2100-01-01T00:00Z"),
    ],
)
def test_the_database_refuses(name, expires_at, issued):
    with pytest.raises(IntegrityError) as refused:
        ApiToken.objects.update(expires_at=expires_at)

    assert refused.value.__cause__.diag.constraint_name == name
    assert name in CONSTRAINTS
