from contextlib import closing
from datetime import timedelta

import psycopg2
import pytest
from django.db import connection
from django.utils import timezone

from opsdesk.accounts.models import ApiToken
from opsdesk.core import clock
from opsdesk.core.forms import OUT_OF_BOUNDS
from opsdesk.core.models import Submission
from snags.models import Snag, SnagComment, Snaglist
from snags.queries import searching
from snags.services import lifecycle, talk
from tests.api.asking import SNAGS, make_token, post
from tests.factories import (
    NINE,
    make_contract,
    make_landscape,
    make_party,
    make_snag,
    make_user,
)


@pytest.fixture
def raising(live):
    return {
        "title": "Invoices print twice",
        "environment": live.pk,
        "snaglist": Snaglist.objects.get().pk,
    }


def test_a_token_raises_a_snag_and_its_clocks_run(client, live, sam, raising):
    make_contract(live.landscape, p4_response=60)
    headers = make_token(sam, "snags:write", "snags:read")

    answer = post(client, SNAGS, raising, **headers)

    assert answer.status_code == 201, answer.content
    snag = Snag.objects.get()
    assert (answer.json()["ref"], answer["ETag"]) == (snag.ref, '"1"')
    assert (snag.channel, snag.reported_by) == ("api", sam)
    clocks = client.get(f"{SNAGS}{snag.pk}/clocks/", headers=headers).json()
    assert [clock["kind"] for clock in clocks["results"]] == ["response"]


def test_the_same_key_does_it_once_and_gives_the_same_answer(client, sam, raising):
    headers = {**make_token(sam, "snags:write"), "idempotency-key": "k1"}

    first = post(client, SNAGS, raising, **headers)
    second = post(client, SNAGS, raising, **headers)

    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert Snag.objects.count() == 1


def test_a_key_used_for_another_request_is_refused(client, sam, raising):
    headers = {**make_token(sam, "snags:write"), "idempotency-key": "k1"}
    post(client, SNAGS, raising, **headers)

    answer = post(client, SNAGS, {**raising, "title": "Other"}, **headers)

    assert (answer.status_code, answer.json()["code"]) == (
        422,
        "idempotency_key_reused",
    )
    assert Snag.objects.count() == 1


def test_a_refused_write_gives_its_key_back(client, sam, raising):
    headers = {**make_token(sam, "snags:write"), "idempotency-key": "k1"}
    assert post(client, SNAGS, {}, **headers).status_code == 400

    assert Submission.objects.count() == 0
    assert post(client, SNAGS, raising, **headers).status_code == 201


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Bearer ", "Basic YTpi"])
def test_without_a_valid_token_nothing_is_told(client, live, rob, header):
    make_snag(live, rob)

    answer = client.get(SNAGS, headers={"authorization": header})

    assert answer.status_code == 401
    assert "results" not in answer.json()


def test_an_expired_or_revoked_token_opens_nothing(client, sam):
    headers = make_token(sam, "snags:read")
    assert client.get(SNAGS, headers=headers).status_code == 200

    ApiToken.objects.update(revoked_at=timezone.now())

    assert client.get(SNAGS, headers=headers).status_code == 401


def test_a_token_in_the_address_is_not_read(client, sam):
    secret = make_token(sam, "snags:read")["authorization"].split()[1]
    assert client.get(SNAGS, {"token": secret}).status_code == 401


@pytest.mark.parametrize(
    ("proxies", "claimed", "status"),
    [
        (0, None, 403),
        (0, "10.1.1.1", 403),
        (1, "10.1.1.1", 200),
        (1, "10.1.1.1, 203.0.113.9", 403),
        (2, "10.1.1.1, 203.0.113.9", 200),
        (2, "10.1.1.1", 403),
    ],
)
def test_a_token_bound_to_a_network_is_refused_from_elsewhere(
    client, settings, caplog, sam, proxies, claimed, status
):
    caplog.set_level("WARNING", "opsdesk.accounts.tokens")
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    headers = make_token(sam, "snags:read", networks=["10.0.0.0/8"])
    if claimed:
        headers["x-forwarded-for"] = claimed

    answer = client.get(SNAGS, headers=headers)

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "address_not_allowed"
        assert "token_refused" in caplog.text
        assert ApiToken.objects.get().last_used_at is None


def test_a_reading_token_cannot_write(client, sam, raising):
    answer = post(client, SNAGS, raising, **make_token(sam, "snags:read"))

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert Snag.objects.count() == 0


@pytest.mark.parametrize(
    "field", ["status", "id", "reported_at", "breached", "owner", "organisation"]
)
def test_a_field_that_cannot_be_set_is_refused_by_name(client, sam, raising, field):
    headers = make_token(sam, "snags:write")

    answer = post(client, SNAGS, {**raising, field: 1}, **headers)

    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert Snag.objects.count() == 0


@pytest.mark.parametrize(
    "query",
    [
        "?ordering=password",
        "?ordering=-updated_at",
        "?ordering=owner__password",
        "?owner__password__startswith=a",
        "?title__regex=(a%2B)%2B$",
        "?status=nope",
        "?owner=abc",
        "?reported_after=0000-01-01",
        "?reported_before=0075-01-09T12:24:40-23:27",
        "?updated_after=9999-12-31T23:59:59-12:00",
        "?page_size=abc&nope=1",
    ],
)
def test_a_question_nobody_declared_is_refused(client, sam, query):
    headers = make_token(sam, "snags:read")
    assert client.get(SNAGS + query, headers=headers).status_code == 400


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"title": "a\\u0000b"}', "application/json", 400),
        (b'{"title": "\\ud800"}', "application/json", 400),
        (b'{"a\\u0000": 1}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"x": NaN}', "application/json", 400),
        (b'{"x": ' + b"9" * 5000 + b"}", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"x": "' + b"a" * 1_100_000 + b'"}', "application/json", 413),
        (b"{}", "application/json; charset=bogus", 415),
        (b"<x/>", "application/xml", 415),
        (b"[1]", "application/json", 400),
    ],
)
def test_input_nobody_could_mean_is_refused(client, sam, body, content_type, status):
    headers = make_token(sam, "snags:write")

    answer = client.generic("POST", SNAGS, body, content_type, headers=headers)

    assert answer.status_code == status, answer.content[:200]
    assert Snag.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("at", "0001-01-01T00:00"),
        ("at", "1999-12-31T23:59:59Z"),
        ("at", "2100-01-01T00:00:00Z"),
        ("at", "9999-12-31T23:59:59-12:00"),
        ("first_seen_on", "1999-12-31"),
        ("needed_by_on", "2100-01-01"),
    ],
)
def test_a_date_out_of_bounds_is_refused(client, sam, raising, name, date):
    headers = make_token(sam, "snags:write")

    answer = post(client, SNAGS, {**raising, name: date}, **headers)

    assert answer.status_code == 400
    assert answer.json()["fields"] == {name: [OUT_OF_BOUNDS]}
    assert Snag.objects.count() == 0


def test_what_is_no_date_is_refused(client, sam, raising):
    headers = make_token(sam, "snags:write")
    assert post(client, SNAGS, {**raising, "at": "x"}, **headers).status_code == 400
    assert Snag.objects.count() == 0


def test_an_instant_in_an_odd_offset_is_understood(client, live, rob, sam):
    snag = make_snag(live, rob)
    headers = make_token(sam, "snags:read")
    query = {"reported_after": "2020-01-01T00:00:00-23:27"}

    answer = client.get(SNAGS, query, headers=headers)

    assert [row["id"] for row in answer.json()["results"]] == [snag.pk]


def test_what_changed_since_is_found_among_open_and_finished(client, live, rob, sam):
    for at in (1, 3, 5, 7):
        snag = make_snag(live, rob)
        changed = {"updated_at": NINE + timedelta(days=at)}
        if at in (3, 7):
            changed |= {"owner": sam, "status": "closed", "resolution": "no_fault"}
            changed |= {"resolved_at": snag.reported_at, "resolution_note": "-"}
            changed |= {"closed_at": snag.reported_at}
        Snag.objects.filter(pk=snag.pk).update(**changed)
    _, second, third, fourth = Snag.objects.order_by("pk")
    headers = make_token(sam, "snags:read")
    since = (NINE + timedelta(days=2)).isoformat().replace("+", "%2B")

    answer = client.get(f"{SNAGS}?updated_after={since}", headers=headers)

    found = [row["id"] for row in answer.json()["results"]]
    assert found == [fourth.pk, third.pk, second.pk]


def test_a_list_that_takes_too_long_is_given_up_with_a_code(client, sam, monkeypatch):
    headers = make_token(sam, "snags:read")
    monkeypatch.setattr(searching, "PATIENCE_MS", 50)
    with closing(psycopg2.connect(**connection.get_connection_params())) as other:
        other.cursor().execute("LOCK TABLE snags_snag")

        answer = client.get(SNAGS, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (409, "search_too_wide")


def test_what_one_may_not_see_is_like_what_is_not_there(client, live, rob, sam, vic):
    snag = make_snag(live, rob)
    headers = make_token(vic, "snags:read")

    hidden = client.get(f"{SNAGS}{snag.pk}/", headers=headers)
    absent = client.get(f"{SNAGS}{snag.pk + 999}/", headers=headers)

    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content


def test_a_reporter_reads_no_internal_note(client, live, rob, sam):
    snag = make_snag(live, rob)
    talk.comment(snag, body="Secret", actor=sam, audience="internal")
    talk.comment(snag, body="Open", actor=sam)

    url = f"{SNAGS}{snag.pk}/comments/"
    seen = client.get(url, headers=make_token(rob, "snags:read")).json()["results"]

    assert [row["body"] for row in seen] == ["Open"]


def test_a_verb_the_state_forbids_is_a_conflict(client, live, rob, sam):
    snag = make_snag(live, rob)

    answer = post(
        client, f"{SNAGS}{snag.pk}/confirm/", **make_token(rob, "snags:write")
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "not_now")
    assert Snag.objects.get().status == "new"


def test_a_verb_of_another_role_is_forbidden(client, live, rob):
    snag = make_snag(live, rob)

    answer = post(client, f"{SNAGS}{snag.pk}/start/", **make_token(rob, "snags:write"))

    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert Snag.objects.get().status == "new"


def test_an_edit_needs_the_version_it_was_made_from(client, live, rob, sam):
    snag = make_snag(live, rob)
    url, headers = f"{SNAGS}{snag.pk}/edit/", make_token(sam, "snags:write")

    assert post(client, url, {"title": "B"}, **headers).status_code == 428
    edit = post(client, url, {"title": "B"}, **headers, **{"if-match": '"1"'})
    assert (edit.status_code, edit["ETag"]) == (200, '"2"')
    stale = post(client, url, {"title": "C"}, **headers, **{"if-match": '"1"'})

    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert Snag.objects.get().title == "B"


def test_pages_by_cursor_show_every_row_once(client, live, rob, sam):
    made = {make_snag(live, rob).pk for _ in range(7)}
    headers = make_token(sam, "snags:read")
    url, seen = f"{SNAGS}?page_size=3", []

    while url:
        page = client.get(url, headers=headers).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]

    assert sorted(seen) == sorted(made)


def test_the_list_costs_the_same_for_any_number_of_rows(
    client, live, sam, same_queries
):
    client.force_login(sam)
    same_queries(SNAGS, lambda n: [make_snag(live, sam) for _ in range(n)], budget=8)


def test_a_comment_over_the_api_answers_the_reporter(client, live, rob, sam):
    make_contract(live.landscape, p3_response=60)
    snag = make_snag(live, rob)

    url = f"{SNAGS}{snag.pk}/comments/"
    answer = post(client, url, {"body": "On it."}, **make_token(sam, "snags:write"))

    assert answer.status_code == 201
    assert SnagComment.objects.get().is_response
    assert snag.clocks.get().state == "stopped"


def test_the_schema_and_its_page_come_from_here(client, sam):
    client.force_login(sam)
    assert client.get("/api/v1/schema/").status_code == 200
    page = client.get("/api/v1/docs/").content.decode()
    assert "https://" not in page
    assert "<script>" not in page


def test_the_reporter_who_answers_through_the_api_sets_it_going_again(
    client, live, rob, sam
):
    snag = lifecycle.start(make_snag(live, rob), actor=sam)
    lifecycle.wait(snag, actor=sam, waiting_for="reporter", body="Which?")

    said = post(
        client,
        f"{SNAGS}{snag.pk}/comments/",
        {"body": "The blue one."},
        **make_token(rob, "snags:write"),
    )

    assert (said.status_code, said.json()["body"]) == (201, "The blue one.")
    assert Snag.objects.get().status == Snag.Status.IN_PROGRESS


def test_what_belongs_to_another_system_is_refused(client, live, sam, raising):
    other = make_landscape("CRM").landscape
    headers = make_token(sam, "snags:write")
    for name, pk in (
        ("snaglist", Snaglist.objects.get(golive__landscape=other).pk),
        ("module", other.modules.create(name="Sales").pk),
        ("process", other.processes.create(name="Order to cash").pk),
    ):
        answer = post(client, SNAGS, {**raising, name: pk}, **headers)
        assert answer.status_code == 409, name
        assert "another system" in answer.json()["detail"]
    assert not Snag.objects.exists()


def test_only_support_says_that_it_was_reported_earlier(client, rob, sam, raising):
    day = timedelta(days=1)
    yesterday, long_ago = clock.now() - day, clock.now() - 15 * day
    earlier = {**raising, "at": yesterday.isoformat()}

    refused = post(client, SNAGS, earlier, **make_token(rob, "snags:write"))
    assert (refused.status_code, [*refused.json()["fields"]]) == (400, ["at"])
    assert not Snag.objects.exists()

    made = post(client, SNAGS, earlier, **make_token(sam, "snags:write"))
    assert Snag.objects.get(pk=made.json()["id"]).reported_at == yesterday

    for at in (long_ago, clock.now() + day):
        typed = {**raising, "at": at.isoformat()}
        refused = post(client, SNAGS, typed, **make_token(sam, "snags:write"))
        assert (refused.status_code, [*refused.json()["fields"]]) == (400, ["at"])
    assert Snag.objects.count() == 1


def test_support_writes_down_what_was_told_and_watched(
    client, live, rob, sam, amy, raising
):
    make_contract(live.landscape, p4_response=60)
    told = {
        "reported_by": rob.pk,
        "channel": "phone",
        "designed_step": "Three quotes.",
        "actual_step": "The last supplier again.",
        "observed_by": amy.pk,
        "observed_on": "2026-11-20",
    }

    made = post(client, SNAGS, raising | told, **make_token(sam, "snags:write"))

    assert made.status_code == 201, made.content
    snag = Snag.objects.get()
    assert (snag.reported_by, snag.logged_by, snag.channel) == (rob, sam, "phone")
    assert (snag.observed_by, f"{snag.observed_on}") == (amy, "2026-11-20")
    assert snag.clocks.get(kind="response").state == "stopped"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("channel", "phone"),
        ("observed_by", "sam"),
        ("observed_on", "2026-11-20"),
    ],
)
def test_others_cannot_write_down_what_was_told_or_watched(
    client, rob, sam, raising, name, value
):
    value = sam.pk if value == "sam" else value

    answer = post(
        client, SNAGS, {**raising, name: value}, **make_token(rob, "snags:write")
    )

    assert answer.status_code == 400
    assert answer.json()["fields"] == {name: ["This field is for support to set."]}
    assert not Snag.objects.exists()


def test_nobody_writes_down_a_report_they_would_not_see(
    client, live, raising, rob, tim, vic
):
    finance, sales = make_party("Finance"), make_party("Sales")
    dee = make_user("dee", "support", scope=finance)
    near = make_user("near", "reporter", department=finance)
    far = make_user("far", "reporter", department=sales)
    headers = make_token(dee, "snags:write")

    for person in (far, vic):
        answer = post(client, SNAGS, {**raising, "reported_by": person.pk}, **headers)
        assert (answer.status_code, [*answer.json()["fields"]]) == (
            400,
            ["reported_by"],
        )
    for person in (rob, tim):
        token, body = make_token(person, "snags:write"), {"reported_by": near.pk}
        assert post(client, SNAGS, raising | body, **token).status_code == 400
    assert not Snag.objects.exists()
    made = post(client, SNAGS, {**raising, "reported_by": near.pk}, **headers)
    assert made.json()["reported_by"]["id"] == near.pk


def test_a_mistyped_address_is_a_problem_and_no_page(client, sam):
    answer = client.get("/api/v1/nothing/", headers=make_token(sam, "snags:read"))

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"
