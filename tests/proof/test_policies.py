"""Each gate of the table is kept by the route's policy, and by nothing else.

The matrix sees who gets as far as the view. Here the policy is opened, and the refused
get there too. A token meets the policy within the API's view, whatever is asked of it:
here what it offers (OPTIONS), which reads no row, so that a 403 is the policy's.
"""

from functools import wraps

import pytest
from django.db import transaction
from django.http import HttpResponse

from opsdesk.accounts.models import ApiToken
from opsdesk.core.policy import SIGNED_IN, policy_of, routes
from tests.proof import asking
from tests.proof.looking import Door
from tests.proof.rights import ANONYMOUS, lines
from tests.proof.world import CAST, make_token

pytestmark = pytest.mark.usefixtures("db")
PATTERNS = dict(routes())
# One line of each route that is not for everybody.
GATED = {
    line.route: line
    for line in lines()
    if policy_of((route := PATTERNS[line.route]).callback, route.name).roles
}
REACHED = HttpResponse("reached").content


def let_everybody_in(monkeypatch, pattern):
    """A view that does nothing in place of the real one, open to who is signed in."""

    @wraps(pattern.callback)
    def view(*_args, **_kwargs):
        return HttpResponse(REACHED)

    view.policy = SIGNED_IN
    monkeypatch.setattr(pattern, "callback", view)


def test_nothing_but_the_policy_keeps_a_gate(world, doors, monkeypatch):
    kept = []
    for line in GATED.values():
        refused = min(set(CAST) - line.gate)
        let_everybody_in(monkeypatch, PATTERNS[line.route])
        answer = doors[refused].get(asking.address(line, world, "sam", "ours"))
        if answer.content != REACHED:
            kept.append(f"{refused} at {line}: {answer.status_code}")
    assert kept == []


@pytest.fixture(scope="module")
def by_token(world):
    """A client for each of the cast that shows a token of every scope."""
    with transaction.atomic():
        yield {name: _client(world.people[name]) for name in CAST}
        transaction.set_rollback(True)


def _client(person):
    token = make_token(person, "all scopes", *ApiToken.Scope.values)
    return Door(headers={"authorization": f"Bearer {token.secret}"})


@pytest.mark.parametrize("line", [g for g in GATED.values() if g.is_api], ids=str)
def test_for_a_token_too(line, world, by_token, monkeypatch):
    url = asking.address(line, world, "sam", "ours")
    view = PATTERNS[line.route].callback

    def admitted(people):
        codes = {name: by_token[name].options(url).status_code for name in people}
        assert set(codes.values()) <= {200, 403}
        return {name for name, code in codes.items() if code == 200}

    assert admitted(CAST) == set(line.gate)

    refused = {min(set(CAST) - line.gate)}
    monkeypatch.setattr(view.cls, "policy", SIGNED_IN)
    if "policy" in view.initkwargs:
        monkeypatch.setitem(view.initkwargs, "policy", SIGNED_IN)
    assert admitted(refused) == refused


def test_there_are_gates_to_keep():
    assert len(GATED) > 100
    assert not any(ANONYMOUS in line.gate for line in GATED.values())
