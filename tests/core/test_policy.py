"""Default deny: a route nobody has thought about stops the start and admits no one."""

from types import ModuleType

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.checks import run_checks
from django.http import HttpResponse
from django.urls import path, reverse

from opsdesk.core.checks import every_route_has_a_policy
from opsdesk.core.policy import policy, policy_of, public, routes
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def hello(_request):
    return HttpResponse("hello")


@policy()
def signed_in(_request):
    return HttpResponse("signed in")


@policy("manager")
def managers(_request):
    return HttpResponse("managers")


@public
def world(_request):
    return HttpResponse("world")


@login_not_required
@policy("manager")
def muddled(_request):
    return HttpResponse("muddled")


@pytest.fixture
def site(settings):
    """A site of a few pages, one of them forgotten."""
    module = ModuleType("a_site")
    module.urlpatterns = [
        path("hello/", hello, name="hello"),
        path("in/", signed_in, name="signed_in"),
        path("managers/", managers, name="managers"),
        path("world/", world, name="world"),
        path("muddled/", muddled, name="muddled"),
        path("login/", world, name="account_login"),
        path("mfa/", world, name="mfa_index"),
    ]
    settings.ROOT_URLCONF = module


def test_the_products_own_routes_all_have_one():
    assert every_route_has_a_policy() == []
    assert sum(1 for _ in routes()) > 80


def test_a_route_without_one_stops_the_start(site):
    found = [error for error in run_checks() if error.id == "opsdesk.E001"]

    assert [error.msg for error in found] == [
        "The route 'hello' does not say who may use it."
    ]


def test_a_route_without_one_admits_nobody(site, client, mia):
    client.force_login(mia)

    answer = client.get("/hello/")

    assert answer.status_code == 403
    assert "has no owner" in answer.content.decode()


def test_each_policy_admits_whom_it_names(site, client, mia, sam):
    assert client.get("/world/").status_code == 200
    assert client.get("/in/").status_code == 302
    assert client.get("/managers/").status_code == 302
    client.force_login(sam)
    assert client.get("/in/").status_code == 200
    assert client.get("/managers/").status_code == 403
    client.force_login(mia)
    assert client.get("/managers/").content == b"managers"


def test_a_page_for_a_role_is_never_open_to_strangers(site, client):
    assert client.get("/muddled/").status_code == 403


def test_a_superuser_has_no_workflow_right(client, live, db):
    root = make_user("root", is_superuser=True, is_staff=True)
    client.force_login(root)

    for name in ("snags:list", "snags:new", "sla:dashboard", "core:outbox"):
        assert client.get(reverse(name)).status_code == 403, name
    assert client.get(reverse("core:inbox")).status_code == 200


def test_policies_are_found_on_views_and_classes():
    class Page:
        policy = policy_of(managers, None)

    def view(_request):
        """A class's view as frameworks make it."""

    view.cls = Page

    assert policy_of(view, None).roles == {"manager"}
    assert policy_of(hello, "account_login").is_public
    assert policy_of(hello, "hello") is None
