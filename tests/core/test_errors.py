"""What goes wrong on purpose is said in words, where the person was."""

from types import ModuleType

import pytest
from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.http import HttpResponse
from django.urls import path

from environments.models import Landscape
from opsdesk.core import errors
from opsdesk.core.errors import CONSTRAINTS, NotAllowedError, RuleError, as_rule_error
from opsdesk.core.models import Duty, SavedView
from opsdesk.core.policy import policy, public

pytestmark = pytest.mark.django_db


def raising(error):
    @policy()
    def view(_request):
        raise error

    return view


@policy()
def doubled(_request):
    Landscape.objects.create(name="Twice", product="Compiere")
    with transaction.atomic():
        Landscape.objects.create(name="Twice", product="Compiere")


@public
def page(_request):
    return HttpResponse("page")


@pytest.fixture
def site(settings):
    module = ModuleType("a_site")
    module.urlpatterns = [
        path("rule/", raising(RuleError("Not while it rains."))),
        path("right/", raising(NotAllowedError("Not you."))),
        path("twice/", doubled),
        path("away/", raising(OperationalError("gone"))),
        path("api/away/", raising(OperationalError("gone"))),
        path("bug/", raising(KeyError("bug"))),
        path("", page, name="home"),
        path("login/", page, name="account_login"),
        path("mfa/", page, name="mfa_index"),
    ]
    module.handler500 = "opsdesk.core.middleware.server_error"
    settings.ROOT_URLCONF = module


def said(response):
    return [str(message) for message in response.wsgi_request._messages]


def test_a_broken_rule_is_said_on_the_page_one_came_from(site, client, sam):
    client.force_login(sam)

    answer = client.post(
        "/rule/", headers={"referer": "http://testserver/inbox/?page=2"}
    )

    assert answer.status_code == 302
    assert answer["Location"] == "http://testserver/inbox/?page=2"
    assert said(answer) == ["Not while it rains."]


@pytest.mark.parametrize(
    "referer",
    [
        "",
        "https://evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "http://testserver.evil.example/",
        "http://testserver@evil.example/",
        "/\\evil.example",
    ],
)
def test_nobody_is_sent_to_a_place_that_is_not_ours(site, client, sam, referer):
    client.force_login(sam)

    answer = client.post("/rule/", headers={"referer": referer})

    assert answer["Location"] == "/"


def test_a_refused_page_does_not_lead_back_to_itself(site, client, sam):
    client.force_login(sam)

    answer = client.get("/rule/", headers={"referer": "http://testserver/rule/?a=1"})

    assert answer["Location"] == "/"


def test_a_part_of_a_page_takes_the_whole_page_back(site, client, sam):
    client.force_login(sam)

    answer = client.post(
        "/rule/",
        headers={"hx-request": "true", "referer": "http://testserver/inbox/"},
    )

    assert answer.status_code == 200
    assert answer["HX-Redirect"] == "http://testserver/inbox/"


def test_a_missing_right_is_a_403_with_its_reason(site, client, sam):
    client.force_login(sam)

    answer = client.post("/right/")

    assert answer.status_code == 403
    assert "Not you." in answer.content.decode()


def test_a_refused_row_is_explained_by_its_constraint(site, client, sam):
    client.force_login(sam)

    answer = client.post("/twice/")

    assert answer.status_code == 302
    assert said(answer) == ["A landscape has this name already."]


@pytest.mark.parametrize("path", ["/away/", "/api/away/"])
def test_a_database_that_is_away_is_a_503(site, client, sam, path):
    client.force_login(sam)

    answer = client.get(path)

    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert "database" in answer.content.decode()


@pytest.mark.parametrize("failing", ["operational_error", "interface_error"])
def test_it_is_a_503_too_before_any_page_is_asked(site, client, sam, settings, failing):
    """The session is read in middleware: there only the last handler can answer."""
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[:6],
        f"{__name__}.{failing}_middleware",
    ]
    client.raise_request_exception = False

    answer = client.get("/")

    assert answer.status_code == 503
    assert "Back in a moment" in answer.content.decode()


def operational_error_middleware(_get_response):
    def fail(_request):
        raise OperationalError("gone")

    return fail


def interface_error_middleware(_get_response):
    def fail(_request):
        raise InterfaceError("gone")

    return fail


def test_a_bug_is_a_500_and_loud(site, client, sam):
    client.force_login(sam)
    with pytest.raises(KeyError):
        client.get("/bug/")
    client.raise_request_exception = False

    answer = client.get("/bug/")

    assert answer.status_code == 500
    assert "This is our fault" in answer.content.decode()


def test_a_constraint_nobody_has_worded_is_a_bug(sam):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        Duty.objects.create(
            kind="task", title="", owner=sam, due_at="2026-03-02T09:00Z"
        )

    assert as_rule_error(caught.value) is None


def test_a_worded_constraint_speaks_with_its_code(sam, monkeypatch):
    monkeypatch.setitem(CONSTRAINTS, "one_view_per_name", ("name_taken", "Taken."))
    row = {"owner": sam, "screen": "snags", "name": "Mine", "query": ""}
    SavedView.objects.create(**row)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        SavedView.objects.create(**row)

    error = as_rule_error(caught.value)

    assert (error.code, str(error), error.status) == ("name_taken", "Taken.", 409)


def test_every_sentence_is_one_and_names_a_constraint_that_exists():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes"
        )
        known = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            "SELECT (regexp_matches(prosrc, $$CONSTRAINT = '([a-z_]+)'$$, 'g'))[1]"
            " FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        )
        raised = {row[0] for row in cursor.fetchall()}

    assert {name for name in CONSTRAINTS if name not in known | raised} == set()
    for code, sentence in CONSTRAINTS.values():
        assert sentence.endswith("."), sentence
        assert code == code.lower().strip()


def test_require_says_who_it_refuses():
    errors.require(allowed=True)
    with pytest.raises(NotAllowedError, match="does not permit"):
        errors.require(allowed=False)
