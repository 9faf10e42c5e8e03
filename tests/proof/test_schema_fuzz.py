"""The API keeps to its own schema, whatever is thrown at it."""

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from opsdesk.accounts.models import ApiToken, Membership
from opsdesk.wsgi import application
from tests.proof.world import make_token

pytestmark = pytest.mark.usefixtures("db")
# For each operation: the simplest, and two others in every run but those of CI.
EXAMPLES = 3
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
load_all_checks()


@pytest.fixture
def schema(doors):
    """What the API says of itself, asked of the product within this process."""
    made = doors["sam"].get("/api/v1/schema/?format=json")
    found = schemathesis.openapi.from_dict(made.json())
    found.app = application
    # As Django's own test client does: the transaction stays open.
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield found
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def headers(world, db):
    """A token for everything, of somebody who supports and administers."""
    Membership.objects.create(user=world.sam, role="administrator")
    token = make_token(world.sam, "fuzz", *ApiToken.Scope.values)
    return {
        "Authorization": f"Bearer {token.secret}",
        "Host": "localhost",
        "Accept-Encoding": "identity",
    }


def test_every_operation_answers_as_its_schema_says(schema, headers):
    asked, wrong = 0, []
    for found in schema.get_all_operations():
        cache.clear()  # who asks too often is told so, and proves nothing
        operation = found.ok()
        sent, fault = _throw_at(operation, headers)
        asked += sent
        if fault:
            wrong.append(f"{operation.label}: {fault}")
    assert wrong == []
    assert asked > 100


def _throw_at(operation, headers):
    """How many requests were made, and what was wrong with an answer."""
    sent = []

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case):
        sent.append(case)
        with transaction.atomic():
            answer = case.call(headers=headers)
            transaction.set_rollback(True)
        assert answer.status_code != 429
        case.validate_response(answer, checks=CHECKS)

    try:
        ask()
    except schemathesis.errors.SchemathesisError as error:
        return len(sent), str(error)[:400]
    except BaseExceptionGroup as group:
        return len(sent), " | ".join(str(one)[:400] for one in group.exceptions)
    return len(sent), ""
