"""Each gate of the table is kept by the route's policy, and by nothing else.

The matrix sees a refusal and not who refused: a service's own check or an object that
is not there would look the same. Here every view only says that it was reached, so that
a refusal can only be the policy's; and with the policy opened the refused reach it too.
"""

from functools import wraps

import pytest
from django.http import HttpResponse
from django.test import Client

from opsdesk.accounts.models import ApiToken
from opsdesk.core.policy import SIGNED_IN, policy_of, routes
from tests.proof import asking
from tests.proof.rights import ANONYMOUS, lines
from tests.proof.world import CAST, make_token

pytestmark = pytest.mark.usefixtures("db")
PATTERNS = dict(routes())
GATED = [
    line
    for line in lines()
    if policy_of((route := PATTERNS[line.route]).callback, route.name).roles
]
REACHED = HttpResponse("reached").content


def reached_by(line, world, doors, people):
    """Whom of these the route lets through to its view."""
    url = asking.address(line, world, "sam", "ours")
    answers = {name: doors[name].generic(line.method, url) for name in people}
    through = {name for name, a in answers.items() if a.content == REACHED}
    assert {a.status_code for n, a in answers.items() if n not in through} <= {403}
    return through


def say_reached(monkeypatch, pattern):
    """A view that does nothing, marked as the real one is."""

    @wraps(pattern.callback)
    def view(*_args, **_kwargs):
        return HttpResponse(REACHED)

    monkeypatch.setattr(pattern, "callback", view)
    return view


@pytest.mark.parametrize("line", GATED, ids=str)
def test_the_policy_alone_keeps_the_gate(line, world, doors, monkeypatch):
    view = say_reached(monkeypatch, PATTERNS[line.route])

    assert reached_by(line, world, doors, CAST) == set(line.gate)

    refused = set(CAST) - line.gate
    view.policy = SIGNED_IN
    assert reached_by(line, world, doors, refused) == refused


@pytest.mark.parametrize("line", [g for g in GATED if g.is_api], ids=str)
def test_for_a_token_too(line, world, monkeypatch):
    """Only the policy answers 403 to a GET; where there is none to get, it is a 405."""
    view = PATTERNS[line.route].callback
    scopes = ApiToken.Scope.values
    tokens = {n: make_token(world.people[n], "all scopes", *scopes) for n in CAST}
    url = asking.address(line, world, "sam", "ours")

    def admitted(people):
        shown = {name: f"Bearer {tokens[name].secret}" for name in people}
        codes = {
            name: Client().get(url, headers={"authorization": token}).status_code
            for name, token in shown.items()
        }
        assert set(codes.values()) <= {200, 403, 404, 405}
        return {name for name, code in codes.items() if code != 403}

    assert admitted(CAST) == set(line.gate)

    refused = set(CAST) - line.gate
    monkeypatch.setattr(view.cls, "policy", SIGNED_IN)
    if "policy" in view.initkwargs:
        monkeypatch.setitem(view.initkwargs, "policy", SIGNED_IN)
    assert admitted(refused) == refused


def test_there_are_gates_to_keep():
    assert len(GATED) > 100
    assert not any(ANONYMOUS in line.gate for line in GATED)
