"""The inventory over HTTP: read by page, kept by administrators, never overwritten."""

import pytest

from environments.models import Environment, Placement, Server, WindowRule
from environments.services import servers
from tests.api.asking import act, etag, make_token, patch, post

API = "/api/v1/"
SCOPES = ("inventory:read", "inventory:write")


@pytest.fixture
def as_ada(ada):
    return make_token(ada, *SCOPES)


def refusal(answer):
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_s05_who_only_views_does_not_change_an_environment(client, live, amy):
    headers = make_token(amy, *SCOPES)
    url = f"{API}environments/{live.pk}/"
    read = etag(client, url, headers)

    answer = patch(client, url, {"name": "X"}, **headers, **read)

    assert refusal(answer) == (403, "not_allowed")
    assert Environment.objects.get(pk=live.pk).name == "ERP Production"


def test_s06_of_two_editors_the_second_is_shown_both_values(client, live, ada, as_ada):
    server = servers.add_server(live, actor=ada, hostname="db1", os="RHEL 8")
    url = f"{API}servers/{server.pk}/"
    read = etag(client, url, as_ada)
    first = patch(client, url, {"os": "RHEL 9"}, **as_ada, **read)

    second = patch(client, url, {"os": "Ubuntu"}, **as_ada, **read)

    assert (first.status_code, first.json()["version"]) == (200, 2)
    assert first["ETag"] == etag(client, url, as_ada)["if-match"] != read["if-match"]
    assert refusal(second) == (412, "stale")
    told = second.json()
    assert told["yours"] == {"os": "Ubuntu"}
    assert (told["theirs"]["os"], told["theirs"]["version"]) == ("RHEL 9", 2)
    assert Server.objects.get().os == "RHEL 9"


@pytest.mark.parametrize(("verb", "body"), [("", {"name": "X"}), ("pause/", {})])
def test_s07_without_if_match_nothing_is_changed(client, live, as_ada, verb, body):
    url = f"{API}environments/{live.pk}/{verb}"
    send = post if verb else patch

    answer = send(client, url, {"reason": "Stop."} if verb else body, **as_ada)

    assert refusal(answer) == (428, "precondition_required")
    fresh = Environment.objects.get(pk=live.pk)
    assert (fresh.name, fresh.paused_at) == ("ERP Production", None)


@pytest.mark.parametrize("given", ['"1"', "*", "W/x", '""', '"' + "9" * 40 + '"'])
def test_what_no_row_shows_is_stale(client, live, as_ada, given):
    url = f"{API}environments/{live.pk}/"

    answer = patch(client, url, {"name": "X"}, **as_ada, **{"if-match": given})

    assert refusal(answer) == (412, "stale")
    assert Environment.objects.get(pk=live.pk).name == "ERP Production"


def test_an_environment_is_paused_and_goes_on(client, live, as_ada):
    url = f"{API}environments/{live.pk}/"

    paused = act(client, url, "pause", {"reason": "Odd orders."}, **as_ada)
    standing = client.get(f"{url}status/", headers=as_ada).json()
    again = act(client, url, "pause", {"reason": "Odd."}, **as_ada)
    resumed = act(client, url, "resume", **as_ada)

    assert paused.json()["pause_reason"] == "Odd orders."
    assert standing["paused_at"] == paused.json()["paused_at"]
    assert refusal(again) == (409, "not_now")
    assert resumed.json()["paused_at"] is None
    told = client.get(f"{url}timeline/", headers=as_ada).json()["results"]
    assert [event["verb"] for event in told] == ["resumed", "paused"]


def test_the_inventory_is_built_and_read_as_a_matrix(client, live, as_ada):
    landscape = live.landscape.pk
    part = post(
        client,
        f"{API}components/",
        {"landscape": landscape, "code": "APP", "name": "ERP", "kind": "application"},
        **as_ada,
    ).json()
    body = {"environment": live.pk, "hostname": "app1", "cpus": 4}
    server = post(client, f"{API}servers/", body, **as_ada).json()
    body = {
        "environment": live.pk,
        "component": part["id"],
        "server": server["id"],
    }
    placed = post(client, f"{API}placements/", body, **as_ada)
    twice = post(client, f"{API}placements/", body, **as_ada)

    assert placed.status_code == 201, placed.content
    assert twice.status_code == 409
    grid = client.get(f"{API}landscapes/{landscape}/matrix/", headers=as_ada).json()
    assert [line["component"]["code"] for line in grid["lines"]] == ["APP"]
    assert len(grid["lines"][0]["cells"]) == len(grid["environments"]) == 4
    assert {cell["label"] for cell in grid["lines"][0]["cells"]} == {None}
    url = f"{API}placements/{placed.json()['id']}/"
    assert client.delete(url, headers=as_ada).status_code == 204
    assert not Placement.objects.exists()


def test_a_cell_of_the_matrix_may_be_empty_and_the_schema_says_so(client, as_ada):
    answer = client.get(f"{API}schema/?format=json", headers=as_ada)

    cell = answer.json()["components"]["schemas"]["CellOut"]["properties"]
    empty = {name for name, shape in cell.items() if shape.get("nullable")}
    assert empty == {"label", "sha256", "since", "due_at"}


def test_a_second_production_is_refused_until_the_first_is_retired(
    client, live, as_ada
):
    body = {"landscape": live.landscape_id, "kind": "production", "name": "ERP 2"}

    answer = post(client, f"{API}environments/", body, **as_ada)

    assert answer.status_code == 409
    assert Environment.objects.filter(kind="production").count() == 1


def test_a_path_is_laid_narrowed_and_dropped(client, live, as_ada, amy):
    dev = Environment.objects.get(kind="dev_test").pk
    url = f"{API}promotion-paths/"
    body = {"target": live.pk, "upstream": dev, "soak_hours": 24}

    refused = post(client, url, body, **make_token(amy, *SCOPES))
    made = post(client, url, body, **as_ada)
    twice = post(client, url, body, **as_ada)
    one = f"{url}{made.json()['id']}/"
    read = etag(client, one, as_ada)
    asked = patch(client, one, {"sign_offs": 2}, **as_ada, **read)
    gone = client.delete(one, headers=as_ada)

    assert refusal(refused) == (403, "not_allowed")
    assert refusal(twice) == (409, "already_there")
    assert (asked.json()["soak_hours"], asked.json()["sign_offs"]) == (24, 2)
    assert gone.status_code == 204
    told = client.get(f"{API}environments/{live.pk}/timeline/", headers=as_ada).json()
    assert [event["verb"] for event in told["results"]] == [
        "path_dropped",
        "path_changed",
        "path_laid",
    ]


def test_a_freeze_is_previewed_planned_and_called_off(client, live, as_ada):
    rule = {
        "starts_local": "2030-03-30T23:00",
        "minutes": 240,
        "time_zone": "Europe/London",
    }
    url = f"{API}freeze-windows/"
    shown = post(client, f"{url}preview/", rule, **as_ada)
    never = post(client, f"{url}preview/", {**rule, "rrule": "FREQ=X"}, **as_ada)
    assert shown.status_code == 200, shown.content
    assert refusal(never) == (409, "bad_rule")
    assert not WindowRule.objects.exists()

    soon = {"rrule": "FREQ=MONTHLY;BYMONTHDAY=-1", "starts_local": "2026-01-31T18:00"}
    body = {
        **rule,
        **soon,
        "landscape": live.landscape_id,
        "name": "Month end",
        "environments": [live.pk],
        "exempt": ["emergency"],
    }
    made = post(client, url, body, **as_ada)
    assert made.status_code == 201, made.content
    assert made.json()["exempt"] == ["emergency"]

    one = f"{url}{made.json()['id']}/"
    read, off = etag(client, one, as_ada), {"reason": "No month end."}
    longer = patch(client, one, {"minutes": 300}, **as_ada, **read)
    stale = post(client, f"{one}cancel/", off, **as_ada, **read)
    done = act(client, one, "cancel", off, **as_ada)
    assert longer.json()["minutes"] == 300
    assert refusal(stale) == (412, "stale")
    assert done.json()["cancelled_at"]


def test_windows_of_the_other_kind_are_not_found(client, live, as_ada):
    body = {
        "landscape": live.landscape_id,
        "name": "Sunday",
        "environments": [live.pk],
        "starts_local": "2026-01-04T02:00",
        "minutes": 120,
        "time_zone": "Europe/London",
        "rrule": "FREQ=WEEKLY",
    }
    made = post(client, f"{API}maintenance-windows/", body, **as_ada).json()

    answer = client.get(f"{API}freeze-windows/{made['id']}/", headers=as_ada)

    assert answer.status_code == 404
    assert WindowRule.objects.get().kind == "maintenance"


@pytest.mark.parametrize("scope", ["snags:write", "inventory:read", "changes:write"])
def test_a_token_of_another_scope_writes_nothing(client, live, ada, scope):
    body = {"name": "WMS"}

    answer = post(client, f"{API}landscapes/", body, **make_token(ada, scope))

    assert refusal(answer) == (403, "permission_denied")


def test_who_may_report_names_environments_but_reads_no_more(client, live, rob):
    headers = make_token(rob, "snags:read")

    listed = client.get(f"{API}environments/", headers=headers)
    versions = client.get(f"{API}environments/{live.pk}/versions/", headers=headers)
    servers_ = client.get(f"{API}servers/", headers=headers)

    assert listed.status_code == 200
    assert len(listed.json()["results"]) == 4
    assert versions.status_code == servers_.status_code == 403


def test_a_list_is_narrowed_by_declared_questions_only(client, live, as_ada):
    url = f"{API}environments/"

    found = client.get(f"{url}?kind=failover&ordering=name", headers=as_ada).json()
    bad = client.get(f"{url}?owner__email=x", headers=as_ada)

    assert [row["kind"] for row in found["results"]] == ["failover"]
    assert refusal(bad) == (400, "bad_input")


@pytest.mark.parametrize(
    "path", ["landscapes", "environments", "servers", "components", "placements"]
)
def test_nothing_is_replaced_whole_or_in_bulk(client, live, as_ada, path):
    for method in ("put", "patch", "delete"):
        answer = getattr(client, method)(f"{API}{path}/", headers=as_ada)
        assert answer.status_code == 405


def test_the_list_costs_the_same_for_any_number_of_rows(
    client, live, ada, same_queries
):
    client.force_login(ada)
    same_queries(
        f"{API}servers/",
        lambda n: [
            servers.add_server(live, actor=ada, hostname=f"h{n}-{i}") for i in range(n)
        ],
        budget=8,
    )
