"""Who may open which page of people, parties and tokens, and who may act there."""

from types import SimpleNamespace

import pytest
from django.urls import reverse

from opsdesk.accounts.models import ApiToken, Membership, Party, RoleRequest, User
from opsdesk.accounts.services import roles
from opsdesk.core.policy import routes
from tests import factories
from tests.accounts import fresh, sign_in
from tests.kept import kept, undone

CAST = ("rob", "sam", "mia", "ada", "ann", "tim", "bea", "vic", "amy")
LOOKS_AFTER_ACCESS = {"ann"}
SEES_PEOPLE = {"ann", "mia", "amy"}

# Route -> (who may use it, how its address is made).
GETS = {
    "profile": (set(CAST), ()),
    "token_new": (set(CAST), ()),
    "people": (SEES_PEOPLE, ()),
    "person": (SEES_PEOPLE, ("person",)),
    "parties": (SEES_PEOPLE, ()),
    "role_requests": ({"ann", "amy"}, ()),
    "person_new": (LOOKS_AFTER_ACCESS, ()),
    "person_edit": (LOOKS_AFTER_ACCESS, ("person",)),
    "service_token_new": (LOOKS_AFTER_ACCESS, ("person",)),
    "role_grant": (LOOKS_AFTER_ACCESS, ("person",)),
    "role_end": (LOOKS_AFTER_ACCESS, ("membership",)),
    "party_new": (LOOKS_AFTER_ACCESS, ()),
    "party_edit": (LOOKS_AFTER_ACCESS, ("party",)),
}
POSTS = {
    "token_revoke": (set(), ("token",)),  # everybody, of what they may see
    "person_invite": (LOOKS_AFTER_ACCESS, ("person",)),
    "deactivate": (LOOKS_AFTER_ACCESS, ("person",)),
    "reactivate": (LOOKS_AFTER_ACCESS, ("gone",)),
    "second_factor_reset": (LOOKS_AFTER_ACCESS, ("person",)),
    "role_confirm": (LOOKS_AFTER_ACCESS, ("request",)),
    "role_refuse": (LOOKS_AFTER_ACCESS, ("request",)),
    "role_withdraw": (LOOKS_AFTER_ACCESS, ("request",)),
    "party_deactivate": (LOOKS_AFTER_ACCESS, ("party",)),
    "party_reactivate": (LOOKS_AFTER_ACCESS, ("party",)),
}


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker):
    with kept(django_db_blocker, rows_for_every_address) as made:
        yield made


@pytest.fixture
def db(scene):
    with undone():
        yield


@pytest.fixture
def ann(db, scene):
    return fresh(scene.ann)


def rows_for_every_address():
    """Zoe, her role, a token, a pending request, a party, and Ann who sees to them."""
    ann = factories.make_user("ann", "access_administrator")
    factories.make_party("Northgate ERP Partners", "supplier")
    zoe = factories.make_user("zoe", "reporter")
    ben = factories.make_user("ben", "access_administrator")
    return SimpleNamespace(
        ann=ann,
        person=zoe,
        membership=zoe.memberships.get(),
        gone=factories.make_user("gus", is_active=False),
        party=factories.make_party("Night shift", "team"),
        request=roles.grant_role(
            zoe, role="approver_business", reason="Covers", actor=ben
        ),
        token=ApiToken.objects.create(
            owner=zoe, name="x", digest="d", scopes=[], expires_at="2099-01-01T00:00Z"
        ),
    )


def address(name, args, scene):
    return reverse(f"accounts:{name}", args=[getattr(scene, arg).pk for arg in args])


def test_every_route_is_in_the_matrix():
    ours = {
        name.partition(":")[2] for name, _ in routes() if name.startswith("accounts:")
    }

    assert ours == GETS.keys() | POSTS.keys()


@pytest.mark.parametrize("name", CAST)
def test_pages_open_for_whom_they_are_meant(name, request, scene, client):
    sign_in(client, request.getfixturevalue(name))

    answers = {
        route: client.get(address(route, args, scene)).status_code
        for route, (_, args) in GETS.items()
    }

    assert answers == {
        route: 200 if name in allowed else 403 for route, (allowed, _) in GETS.items()
    }


@pytest.mark.parametrize("name", sorted(set(CAST) - LOOKS_AFTER_ACCESS))
def test_acts_are_refused_to_everybody_else(name, request, scene, client):
    sign_in(client, request.getfixturevalue(name))
    before = everything()

    answers = {
        route: client.post(address(route, args, scene)).status_code
        for route, (_, args) in POSTS.items()
    }

    unseen = 403 if name in SEES_PEOPLE else 404
    assert answers == dict.fromkeys(POSTS, 403) | {"token_revoke": unseen}
    assert everything() == before


@pytest.mark.parametrize("route", POSTS)
def test_acts_are_posts(route, scene, ann, client):
    sign_in(client, ann)

    assert client.get(address(route, POSTS[route][1], scene)).status_code == 405


@pytest.mark.parametrize("route", [*GETS, *POSTS])
def test_a_stranger_is_sent_to_sign_in(route, scene, db, client):
    url = address(route, (GETS | POSTS)[route][1], scene)

    answer = client.get(url)

    assert answer.status_code == 302
    assert answer["Location"] == f"/account/login/?next={url}"


def everything():
    return [
        list(model.objects.order_by("pk").values())
        for model in (User, Membership, Party, RoleRequest, ApiToken)
    ]
