"""Each gate of the table is kept by the route's policy, and by nothing else.

The matrix sees who gets as far as the view. Here the policy is opened, and the refused
get there too. A token meets the policy within the API's view, whatever is asked of it:
here what it offers (OPTIONS), which reads no row, so that a 403 is the policy's. One of
the refused comes by the front door; the others are known to the view already.
"""

from functools import wraps

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.urls import resolve
from rest_framework.test import APIRequestFactory, force_authenticate

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
def tokens(world):
    """A token of every scope for each of the cast."""
    with transaction.atomic():
        yield {
            name: make_token(world.people[name], "all", *ApiToken.Scope.values)
            for name in CAST
        }
        transaction.set_rollback(True)


@pytest.mark.parametrize("line", [g for g in GATED.values() if g.is_api], ids=str)
def test_for_a_token_too(line, world, tokens, monkeypatch):
    url = asking.address(line, world, "sam", "ours")
    view = PATTERNS[line.route].callback
    refused = tokens[min(set(CAST) - line.gate)]

    def from_outside(token):
        shown = {"authorization": f"Bearer {token.secret}"}
        return Door().options(url, headers=shown).status_code

    codes = {name: _within(view, url, token) for name, token in tokens.items()}
    assert codes == {name: 200 if name in line.gate else 403 for name in CAST}
    assert from_outside(refused) == 403

    monkeypatch.setattr(view.cls, "policy", SIGNED_IN)
    if "policy" in view.initkwargs:
        monkeypatch.setitem(view.initkwargs, "policy", SIGNED_IN)
    assert from_outside(refused) == 200


def _within(view, url, token):
    request = APIRequestFactory().options(url)
    force_authenticate(request, token.owner, token)
    return view(request, **resolve(url).kwargs).status_code


def test_there_are_gates_to_keep():
    assert len(GATED) > 100
    assert not any(ANONYMOUS in line.gate for line in GATED.values())
