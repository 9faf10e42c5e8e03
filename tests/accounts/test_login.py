"""The way in: by password and code, within limits, and never to somewhere else."""

import re
import time
from urllib.parse import unquote

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.test import Client

from opsdesk.accounts.models import User
from opsdesk.accounts.services import people, tokens
from opsdesk.accounts.tokens import authenticate
from opsdesk.core.models import Message
from tests import factories
from tests.accounts import fresh, sign_in

LOGIN = "/account/login/"
SECRET = "JBSWY3DPEHPK3PXP"
ELSEWHERE = [
    "//evil.example",
    "https:evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "\\/evil.example",
    "javascript:alert(1)",
    "%2f%2fevil.example",
    "https://testserver@evil.example",
    "///evil.example",
    " //evil.example",
    "http://testserver.evil.example/",
]


@pytest.fixture(autouse=True)
def _empty_limits():
    cache.clear()


def enter(client, user, password=factories.PASSWORD, **more):
    return client.post(LOGIN, {"login": user.email, "password": password, **more})


def is_in(client):
    return client.get("/profile/").status_code == 200


def test_address_and_password_open_the_door(rob, client):
    answer = enter(client, rob)

    assert answer["Location"] == "/"
    assert is_in(client)


def test_signing_in_is_kept_as_the_last_time_and_no_line_of_history(rob, client):
    lines = User.history.filter(id=rob.pk).count()

    enter(client, rob)

    rob.refresh_from_db()
    assert rob.last_login is not None
    assert User.history.filter(id=rob.pk).count() == lines
    rob.name = "Robert"
    rob.save()
    assert User.history.filter(id=rob.pk).count() == lines + 1


@pytest.mark.parametrize(
    ("email", "password"),
    [("rob@example.org", "wrong"), ("nobody@example.org", factories.PASSWORD)],
)
def test_a_wrong_guess_says_no_more_than_no(email, password, rob, client):
    answer = client.post(LOGIN, {"login": email, "password": password})

    assert answer.status_code == 200
    assert "not correct" in answer.content.decode()
    assert not is_in(client)


def test_who_has_left_does_not_come_in(ann, rob, client):
    people.deactivate_person(rob, actor=ann)

    enter(client, rob)

    assert not is_in(client)


def test_a_service_account_does_not_come_in(db, client):
    bot = factories.make_user("bot", "support", is_service=True)

    assert enter(client, bot)["Location"] == "/account/inactive/"
    assert not is_in(client)


def test_nobody_signs_up(client, db):
    assert client.get("/account/signup/").status_code == 404
    assert client.get("/account/email/").status_code == 404


def test_leaving_takes_a_post(rob, client):
    enter(client, rob)

    assert client.get("/account/logout/").status_code == 405
    assert is_in(client)
    client.post("/account/logout/")
    assert not is_in(client)


def test_the_session_key_changes_at_the_door(rob, client):
    """T-AUTH-05."""
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key

    enter(client, rob)

    assert client.session.session_key != planted
    assert not client.session.exists(planted)
    other = Client()
    other.cookies["sessionid"] = planted
    assert not is_in(other)


def test_six_wrong_passwords_shut_one_account(rob, client):
    """T-AUTH-01; the right password waits too, and another account does not."""
    for _ in range(5):
        enter(client, rob, "wrong")

    answer = enter(client, rob)

    assert (answer.status_code, answer["Retry-After"]) == (429, "300")
    assert not is_in(client)
    cache.clear()  # what five minutes do
    enter(client, rob)
    assert is_in(client)


def test_thirty_tries_shut_one_address_whatever_it_claims(rob, client):
    """T-AUTH-01 and -02."""
    for number in range(30):
        client.post(
            LOGIN,
            {"login": f"{number}@example.org", "password": "wrong"},
            headers={"x-forwarded-for": f"10.0.0.{number}"},
        )

    answer = client.post(
        LOGIN,
        {"login": rob.email, "password": factories.PASSWORD},
        headers={"x-forwarded-for": "10.9.9.9"},
    )

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) >= 60


def test_signing_in_does_not_hang_on_the_cache(rob, client, settings, monkeypatch):
    dead = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": dead}
    begun = time.monotonic()

    enter(client, rob)

    assert is_in(client)
    assert time.monotonic() - begun < 5


def test_a_forgotten_password_is_answered_alike_for_everybody(rob, client):
    """T-AUTH-03, light: same status, same place, and only the known one gets mail."""
    answers = [
        client.post("/account/password/reset/", {"email": email})
        for email in (rob.email, "nobody@example.org")
    ]

    assert answers[0].status_code == answers[1].status_code == 302
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Message.objects.get().to == rob.email


def test_a_service_account_and_who_left_get_no_link(db, client):
    factories.make_user("bot", is_service=True)
    factories.make_user("gus", is_active=False)

    for name in ("bot", "gus"):
        client.post("/account/password/reset/", {"email": f"{name}@example.org"})

    assert not Message.objects.exists()


@pytest.mark.parametrize("header", ["x-forwarded-host", "forwarded", "x-host"])
def test_links_lead_to_the_site_whatever_was_asked(header, rob, client, settings):
    """T-HOST-02."""
    settings.SITE_URL = "https://ops.example.org"

    client.post(
        "/account/password/reset/",
        {"email": rob.email},
        headers={header: "evil.example"},
    )

    assert "https://ops.example.org/account/password/reset/key/" in mailed()
    assert "evil" not in mailed()


def test_a_foreign_host_gets_no_answer_and_no_mail(rob, client):
    """T-HOST-01."""
    answer = client.post(
        "/account/password/reset/",
        {"email": rob.email},
        headers={"host": "evil.example"},
    )

    assert answer.status_code == 400
    assert not Message.objects.exists()


def mailed():
    return Message.objects.latest("pk").body


def link():
    return re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", mailed())[1]


def test_a_link_lets_one_choose_a_password_once(rob, client):
    client.post("/account/password/reset/", {"email": rob.email})
    path = link()
    form = client.get(path, follow=True)
    where = form.redirect_chain[-1][0]
    given = {"password1": "a brand new horse", "password2": "a brand new horse"}

    done = client.post(where, given)

    assert done["Location"] == "/account/password/reset/key/done/"
    assert fresh(rob).check_password("a brand new horse")
    again = Client().get(path, follow=True)
    assert not again.redirect_chain
    enter(client, rob, "a brand new horse")
    assert is_in(client)


def test_an_invitation_leads_to_the_first_sign_in(ann, client):
    person = people.create_person(email="nia@example.org", name="Nia", actor=ann)
    where = client.get(link(), follow=True).redirect_chain[-1][0]

    client.post(where, {"password1": "a first horse", "password2": "a first horse"})

    enter(client, person, "a first horse")
    assert is_in(client)


def test_a_new_password_ends_other_sessions_and_tokens(rob, client):
    """T-AUTH-06."""
    other = Client()
    enter(other, rob)
    enter(client, rob)
    _, secret = tokens.issue_token(
        rob, name="x", scopes=["snags:read"], days=1, actor=rob
    )

    client.post(
        "/account/password/change/",
        {
            "oldpassword": factories.PASSWORD,
            "password1": "another fine horse",
            "password2": "another fine horse",
        },
    )

    assert fresh(rob).check_password("another fine horse")
    assert is_in(client)
    assert not is_in(other)
    assert authenticate(secret) is None
    assert "your API tokens revoked" in mailed()
    assert "127.0.0.1" in mailed()


@pytest.mark.parametrize("url", ELSEWHERE)
def test_the_door_leads_nowhere_else(url, rob, client):
    """T-RED-01, on every page that takes a `next`."""
    entered = enter(client, rob, next=url)
    assert entered["Location"] == "/"
    already_in = client.get(LOGIN, {"next": url})
    assert already_in["Location"] == "/"
    again = client.post(
        "/account/reauthenticate/", {"password": factories.PASSWORD, "next": url}
    )
    assert again["Location"] == "/"
    left = client.post("/account/logout/", {"next": url})
    assert left["Location"] == "/"


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_demo_click_and_a_code_lead_nowhere_else(url, rob, client, settings):
    settings.DEBUG = True
    User.objects.filter(pk=rob.pk).update(is_demo=True)
    assert client.post(f"/account/demo/{rob.pk}/", {"next": url})["Location"] == "/"
    client.logout()
    enrol(rob)
    enter(client, rob, next=url)

    answer = client.post("/account/second-factor/code/", {"code": code(), "next": url})

    assert answer["Location"] == "/"


def test_a_page_of_ours_is_where_one_goes(rob, client):
    assert enter(client, rob, next="/profile/?x=1")["Location"] == "/profile/?x=1"


# --- The second factor --------------------------------------------------------


def enrol(user):
    return Authenticator.objects.create(
        user=user, type="totp", data={"secret": get_adapter().encrypt(SECRET)}
    )


def code(window=0):
    counter = next(yield_hotp_counters_from_time()) + window
    return format_hotp_value(hotp_value(SECRET, counter))


def test_a_second_factor_is_set_up_and_asked_for(mia, client):
    enter(client, mia)
    page = client.get("/account/second-factor/app/")
    secret = page.context["form"].secret
    counter = next(yield_hotp_counters_from_time())
    given = {"code": format_hotp_value(hotp_value(secret, counter))}

    done = client.post("/account/second-factor/app/", given)

    assert done["Location"] == "/account/second-factor/recovery-codes/"
    stored = Authenticator.objects.get(user=mia, type="totp")
    assert secret not in str(stored.data)
    client.post("/account/logout/")
    assert enter(client, mia)["Location"] == "/account/second-factor/code/"
    assert not is_in(client)


def test_a_code_opens_the_door_once(mia, client):
    """T-AUTH-08: neither the same code again nor the one before."""
    enrol(mia)
    now, former = code(), code(-1)
    enter(client, mia)
    client.post("/account/second-factor/code/", {"code": former})
    assert not is_in(client)
    client.post("/account/second-factor/code/", {"code": now})
    assert is_in(client)

    other = Client()
    enter(other, mia)
    other.post("/account/second-factor/code/", {"code": now})

    assert not is_in(other)


def test_a_second_factor_survives_a_new_key_and_a_lost_one_opens_nothing(
    mia, client, settings
):
    enrol(mia)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    enter(client, mia)
    client.post("/account/second-factor/code/", {"code": code()})
    assert is_in(client)

    settings.SECRET_KEY_FALLBACKS = []
    cache.clear()
    other = Client()
    enter(other, mia)
    answer = other.post("/account/second-factor/code/", {"code": code()})

    assert answer.status_code == 200
    assert not is_in(other)


def test_a_recovery_code_opens_the_door_once(mia, client):
    enrol(mia)
    enter(client, mia)
    client.post("/account/second-factor/code/", {"code": code()})
    client.post("/account/second-factor/recovery-codes/new/")
    page = client.get("/account/second-factor/recovery-codes/")
    recovery = page.context["unused_codes"][0]
    client.post("/account/logout/")

    enter(client, mia)
    client.post("/account/second-factor/code/", {"code": recovery})

    assert is_in(client)
    other = Client()
    enter(other, mia)
    other.post("/account/second-factor/code/", {"code": recovery})
    assert not is_in(other)


def test_codes_are_not_guessed_for_ever(mia, client):
    enrol(mia)
    enter(client, mia)
    for _ in range(5):
        client.post("/account/second-factor/code/", {"code": "000000"})

    client.post("/account/second-factor/code/", {"code": code()})

    assert not is_in(client)


@pytest.mark.parametrize("name", ["mia", "tim", "bea", "ada", "ann"])
def test_power_waits_for_a_second_factor(name, request, client, settings):
    user = request.getfixturevalue(name)
    settings.MFA_REQUIRED_FOR_POWER = True
    enter(client, user)

    assert client.get("/profile/")["Location"] == "/account/second-factor/app/"
    assert client.post("/profile/")["Location"] == "/account/second-factor/app/"
    assert client.get("/account/second-factor/app/").status_code == 200
    assert client.get("/api/v1/anything/").status_code in {403, 404}
    enrol(user)
    assert is_in(client)


@pytest.mark.parametrize("name", ["rob", "sam", "vic", "amy"])
def test_everybody_else_may_do_without(name, request, client, settings):
    settings.MFA_REQUIRED_FOR_POWER = True
    enter(client, request.getfixturevalue(name))

    assert is_in(client)


def test_who_owes_a_second_factor_keeps_it(mia, rob, client, settings):
    settings.MFA_REQUIRED_FOR_POWER = True
    for user in (mia, rob):
        enrol(user)
        sign_in(client, user)
        client.post("/account/second-factor/app/off/")

    assert [row.user for row in Authenticator.objects.all()] == [mia]


# --- Proof of identity --------------------------------------------------------


def test_rights_are_changed_only_by_who_proved_themselves_lately(ann, rob, client):
    client.force_login(ann)
    url = f"/people/{rob.pk}/grant/"

    asked = client.post(url, {"role": "support"})

    assert unquote(asked["Location"]) == f"/account/reauthenticate/?next={url}"
    assert rob.memberships.count() == 1
    resumed = client.post(asked["Location"], {"password": factories.PASSWORD})
    assert resumed["Location"] == f"/people/{rob.pk}/"
    assert rob.memberships.count() == 2


def test_a_proof_wears_off(ann, client, settings):
    enter(client, ann)
    assert client.get("/people/new/").status_code == 200
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() - 601}
    ]
    session.save()

    assert client.get("/profile/tokens/new/").status_code == 302
    assert (
        client.post("/account/reauthenticate/", {"password": "wrong"}).status_code
        == 200
    )
    assert client.get("/profile/tokens/new/").status_code == 302


# --- How long it lasts --------------------------------------------------------


def age(client, hours):
    session = client.session
    session["signed_in_at"] = int(time.time() - hours * 3600)
    session.save()


@pytest.mark.parametrize(
    ("name", "hours", "lasts"),
    [
        ("sam", 23, True),
        ("sam", 24, False),
        ("tim", 11, True),
        ("tim", 12, False),
        ("bea", 13, False),
        ("vic", 12, False),
        ("mia", 13, True),
    ],
)
def test_a_sign_in_ends_however_busy(name, hours, lasts, request, client):
    enter(client, request.getfixturevalue(name))
    client.get("/profile/")
    key = client.session.session_key
    age(client, hours)

    assert is_in(client) == lasts
    assert client.session.exists(key) == lasts


def test_reading_does_not_write_the_session_each_time(rob, client):
    enter(client, rob)
    is_in(client)
    first = client.session["seen_at"]

    assert "sessionid" not in client.get("/profile/").cookies
    session = client.session
    session["seen_at"] = first - 301
    session.save()
    assert "sessionid" in client.get("/profile/").cookies


def test_an_idle_session_is_over(rob, client, settings):
    enter(client, rob)
    session = client.session

    assert 8 * 3600 - 60 < session.get_expiry_age() <= 8 * 3600
    assert session.get_expire_at_browser_close()


# --- Demo ---------------------------------------------------------------------


def test_one_click_opens_a_demo_account_in_development_only(rob, sam, client, settings):
    User.objects.filter(pk=rob.pk).update(is_demo=True)
    assert client.post(f"/account/demo/{rob.pk}/").status_code == 404

    settings.DEBUG = True
    assert client.post(f"/account/demo/{sam.pk}/").status_code == 404
    assert client.get(f"/account/demo/{rob.pk}/").status_code == 405
    client.post(f"/account/demo/{rob.pk}/")

    assert is_in(client)


def test_sessions_are_listed_and_ended(rob, client):
    other = Client()
    enter(other, rob)
    enter(client, rob)
    page = client.get("/account/sessions/")
    assert len(page.context["sessions"]) == 2

    client.post("/account/sessions/")

    assert is_in(client)
    assert not is_in(other)
