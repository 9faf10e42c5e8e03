"""Requests made on somebody's behalf: other sites, other hosts, other addresses.

That no post leads elsewhere, whatever its form or its sender says, the matrix sees.
"""

from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from opsdesk.core.models import Message
from tests.accounts import sign_in
from tests.factories import PASSWORD
from tests.proof import asking
from tests.proof.conftest import Rows
from tests.proof.rights import ANONYMOUS, lines
from tests.proof.world import CAST

pytestmark = pytest.mark.usefixtures("db")
EVIL = (
    "//evil.example",
    "https:evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "%2f%2fevil.example",
    "https://testserver@evil.example",
    "https://evil.example/",
    "\thttps://evil.example",
)
POSTS = [line for line in lines() if line.method == "POST" and not line.is_api]


def _somebody(line):
    return next((name for name in sorted(line.may) if name != ANONYMOUS), "rob")


@pytest.mark.parametrize("where", EVIL)
def test_the_log_in_goes_nowhere_else(where, doors, world):
    cache.clear()
    typed = {"login": world.rob.email, "password": PASSWORD, "next": where}
    for url in ("/account/login/", f"/account/login/?next={quote(where)}"):
        answer = Client().post(url, typed)
        assert answer.status_code == 302
        place = urlsplit(answer["Location"].strip())
        assert place.netloc in {"", "testserver"}, answer["Location"]


def test_every_post_wants_its_token(world):
    """No form works from another site, which cannot know the token."""
    sides = {name: Client(enforce_csrf_checks=True) for name in CAST}
    for name, client in sides.items():
        sign_in(client, world.people[name])
    before = Rows()
    for line in POSTS:
        name = _somebody(line)
        url = asking.address(line, world, name, "ours")
        cookies = sides[name].cookies.copy()
        answer = sides[name].post(url, **asking.payload(line, world))
        sides[name].cookies = cookies
        assert answer.status_code == 403, url
    assert before.changed() == []


def test_a_session_writes_to_the_api_only_with_the_token(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.sam)
    before = Rows()
    for line in lines():
        if line.is_api and line.method == "POST":
            url = asking.address(line, world, "sam", "ours")
            answer = client.post(url, **asking.payload(line, world))
            assert answer.status_code == 403, url
    assert before.changed() == []


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://testserver.evil.example",
        "https://testserver",
        "http://testserver:81",
        "null",
    ],
)
def test_another_origin_writes_nothing_though_it_had_the_token(world, origin):
    client = Client(enforce_csrf_checks=True)
    sign_in(client, world.sam)
    client.get("/profile/")
    before = Rows()
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    asked = [
        (line, asking.address(line, world, "sam", "ours"))
        for line in lines()
        if str(line) in {"POST accounts:profile", "POST api:snag-list"}
    ]

    def send(sender):
        headers = {"x-csrftoken": token, "origin": sender}
        sent = [(url, asking.payload(line, world)) for line, url in asked]
        return [
            client.post(
                url, **{**data, "headers": data.get("headers", {}) | headers}
            ).status_code
            for url, data in sent
        ]

    assert send(origin) == [403, 403]
    assert before.changed() == []
    assert send("http://testserver") == [302, 201]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:80@evil.example", "a b"])
def test_another_host_gets_nothing(host, world, at_rest):
    for path in ("/account/login/", "/account/password/reset/", "/api/v1/snags/"):
        answer = Client().post(path, {"email": world.rob.email}, headers={"host": host})
        assert answer.status_code == 400
    assert at_rest.changed() == []


def test_a_forged_forwarded_host_does_not_get_into_a_mail(world):
    cache.clear()
    answer = Client().post(
        "/account/password/reset/",
        {"email": world.rob.email},
        headers={"x-forwarded-host": "evil.example"},
    )

    assert answer.status_code == 302
    mail = Message.objects.order_by("-pk").first()
    assert mail.to == world.rob.email
    assert "evil.example" not in mail.body
