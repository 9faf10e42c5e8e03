"""Packages and changes over HTTP: written, sealed, submitted, asked about, told."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from changes.manifest import Entry, digest
from changes.models import ChangeRequest, Package
from changes.services import promoting
from tests.api.asking import act, etag, make_token, patch, post
from tests.changes.drafts import make_change, make_component, make_package
from tests.changes.making import make_draft
from tests.factories import make_landscape

API = "/api/v1/"
SCOPES = ("changes:read", "changes:write")


@pytest.fixture
def world(w):
    return w


@pytest.fixture
def as_rita(world):
    return make_token(world.rita, *SCOPES)


def refusal(answer):
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_a_package_is_filled_sealed_and_checked_by_its_manifest(client, world):
    headers = make_token(world.ana, *SCOPES)
    part = make_component(world.live.landscape)
    body = {"component": part.pk, "label": "2.0", "package_class": "minor"}
    made = post(client, f"{API}packages/", body, **headers).json()
    url = f"{API}packages/{made['id']}/"

    empty = act(client, url, "seal", **headers)
    added = client.post(
        f"{url}upload/",
        {"files": SimpleUploadedFile("run.sql", b"select 1;\n"), "folder": "sql"},
        headers={**headers, **etag(client, url, headers)},
    )
    declared = {"path": "big.dmp", "size": 7, "sha256": "a" * 64}
    stray = {**declared, "path": "stray"}
    named = act(client, url, "declare", {"entries": [declared]}, **headers)
    stray = act(client, url, "declare", {"entries": [stray]}, **headers)
    gone = act(client, url, "remove", {"path": "stray"}, **headers)
    absent = act(client, url, "remove", {"path": "stray"}, **headers)
    sealed = act(client, url, "seal", **headers)

    assert refusal(empty) == (409, "no_files")
    assert added.status_code == named.status_code == 200, added.content
    assert (stray.status_code, gone.status_code, absent.status_code) == (200, 200, 404)
    text = client.get(f"{url}manifest/", headers={**headers, "accept": "text/plain"})
    assert text["Content-Type"].startswith("text/plain")
    assert hashlib.sha256(text.content).hexdigest() == sealed.json()["sha256"]
    paths = client.get(f"{url}files/", headers=headers).json()["results"]
    assert {row["path"]: row["is_stored"] for row in paths} == {
        "big.dmp": False,
        "sql/run.sql": True,
    }
    again = act(client, url, "declare", {"entries": [declared]}, **headers)
    assert refusal(again) == (409, "sealed")


def test_who_has_not_read_what_is_in_a_package_now_does_not_seal_it(client, world):
    headers = make_token(world.ana, *SCOPES)
    package = make_draft(make_component(world.live.landscape), world.ana)
    url = f"{API}packages/{package.pk}/"
    entry = {"path": "big.dmp", "size": 7, "sha256": "a" * 64}
    act(client, url, "declare", {"entries": [entry]}, **headers)
    read = client.get(url, headers=headers)
    other = {**entry, "sha256": "b" * 64}
    act(client, url, "declare", {"entries": [other]}, **headers)

    late = post(client, f"{url}seal/", **headers, **{"if-match": read["ETag"]})

    assert refusal(late) == (412, "stale")
    theirs = late.json()["theirs"]["files_sha256"]
    assert theirs != read.json()["files_sha256"]
    assert (theirs, Package.objects.get().state) == (digest([Entry(**other)]), "draft")

    sealed = act(client, url, "seal", **headers).json()

    assert sealed["files_sha256"] == sealed["sha256"] == theirs


def test_s11_a_path_that_climbs_out_is_refused(client, world):
    headers = make_token(world.ana, *SCOPES)
    part = make_component(world.live.landscape)
    body = {"component": part.pk, "label": "2.0", "package_class": "minor"}
    made = post(client, f"{API}packages/", body, **headers).json()
    entry = {"path": "a/../b", "size": 1, "sha256": "b" * 64}

    url = f"{API}packages/{made['id']}/"
    answer = act(client, url, "declare", {"entries": [entry]}, **headers)

    assert refusal(answer) == (409, "bad_path")
    assert not Package.objects.get().files.exists()


def test_two_packages_are_compared(client, world):
    part = make_component(world.live.landscape)
    old = make_package(part, world.ana, "1.0")
    new = make_package(part, world.ana, "1.1", content=b"select 2;\n")
    url = f"{API}packages/{new.pk}/diff/{old.pk}/"

    told = client.get(url, headers=make_token(world.ana, *SCOPES)).json()

    (line,) = told["differences"]
    assert (line["path"], line["kind"], told["unchanged"]) == (
        "sql/run.sql",
        "changed",
        1,
    )
    nowhere = f"{API}packages/{new.pk}/diff/999999/"
    found = client.get(nowhere, headers=make_token(world.ana, *SCOPES))
    assert found.status_code == 404


def test_a_change_is_drafted_revised_and_submitted(client, world, as_rita):
    part = make_component(world.live.landscape)
    package = make_package(part, world.ana)
    draft = {
        "landscape": world.live.landscape_id,
        "title": "Round invoices",
        "targets": [{"environment": world.live.pk, "minutes": 20}],
    }
    made = post(client, f"{API}changes/", draft, **as_rita)
    assert made.status_code == 201, made.content
    url = f"{API}changes/{made.json()['id']}/"

    read = etag(client, url, as_rita)
    early = act(client, url, "submit", **as_rita)
    assert refusal(early) == (409, "gates_failed")
    unmet = [gate["code"] for gate in early.json()["gates"] if not gate["ok"]]
    assert {"FIELDS", "PACKAGE"} <= set(unmet)
    assert ChangeRequest.objects.get().state == "draft"

    rest = {
        "description": "The sum is rounded.",
        "reason": "Customers complain.",
        "impact": "Little.",
        "package": package.pk,
        "implementation_plan": "Run it.",
        "test_plan": "Print ten.",
        "backout_plan": "Run undo.sql and print one invoice.",
        "is_rehearsed": True,
        "implementer": world.ian.pk,
        "earliest_start": "2030-01-01T10:00Z",
        "latest_end": "2030-01-02T10:00Z",
    }
    edited = patch(client, url, rest, **as_rita, **read)
    assert edited.status_code == 200, edited.content
    assert edited.json()["title"] == "Round invoices"
    stale = patch(client, url, {"title": "Other"}, **as_rita, **read)
    assert refusal(stale) == (412, "stale")
    assert stale.json()["yours"] == {"title": "Other"}
    assert stale.json()["theirs"]["title"] == "Round invoices"

    done = post(client, f"{url}submit/", **as_rita, **{"if-match": edited["ETag"]})
    assert done.json()["state"] == "assessing", done.content
    names = [row["environment"]["name"] for row in done.json()["targets"]]
    assert names == ["ERP Production", "ERP Failover"]
    told = client.get(f"{url}timeline/", headers=as_rita).json()["results"]
    assert [event["verb"] for event in told] == ["submit", "edited", "drafted"]
    said = client.get(f"{url}revisions/", headers=as_rita).json()["results"]
    assert said[0]["sha256"] == done.json()["sha256"]
    assert client.get(f"{url}conflicts/", headers=as_rita).status_code == 200


def test_an_edit_of_targets_names_them_whole(client, world, as_rita):
    draft = {"landscape": world.live.landscape_id, "title": "Round invoices"}
    made = post(client, f"{API}changes/", draft, **as_rita).json()
    url = f"{API}changes/{made['id']}/"
    read = etag(client, url, as_rita)

    nowhere = patch(client, url, {"targets": [{"minutes": 5}]}, **as_rita, **read)
    aim = {"environment": world.live.pk}
    there = patch(client, url, {"targets": [aim]}, **as_rita, **read)

    assert refusal(nowhere) == (400, "bad_input")
    assert [(t["minutes"], t["exclusive"]) for t in there.json()["targets"]] == [
        (30, False)
    ]
    assert there.json()["title"] == "Round invoices"


def test_what_is_of_another_landscape_is_refused_by_name(client, world, as_rita):
    other = make_component(world.live.landscape)
    elsewhere = make_landscape("CRM")
    draft = {
        "landscape": world.live.landscape_id,
        "title": "Round invoices",
        "components": [other.pk],
        "targets": [{"environment": elsewhere.pk}],
    }

    answer = post(client, f"{API}changes/", draft, **as_rita)

    assert refusal(answer) == (400, "bad_input")
    assert [*answer.json()["fields"]] == ["targets"]
    assert not ChangeRequest.objects.exists()


def test_a_revision_is_compared_with_another(client, world, as_rita):
    change = world.submitted()
    url = f"{API}changes/{change.pk}/"
    plan = {"backout_plan": "Run undo.sql twice, then print an invoice."}
    version = client.get(url, headers=as_rita)["ETag"]
    patch(client, url, plan, **as_rita, **{"if-match": version})

    lines = client.get(f"{url}diff/?from=1&to=2", headers=as_rita).json()
    lost = client.get(f"{url}diff/?from=1&to=9", headers=as_rita)

    assert [line["label"] for line in lines] == ["Back-out plan"]
    assert lost.status_code == 404


def test_a_hold_by_anybody_but_a_manager_is_refused(client, world, as_rita):
    change = world.submitted()
    url = f"{API}changes/{change.pk}/"
    why = {"reason": "Audit."}

    mine = act(client, url, "hold", why, **as_rita)
    theirs = act(client, url, "hold", why, **make_token(world.max, *SCOPES))

    assert refusal(mine) == (403, "not_allowed")
    assert theirs.json()["is_held"]


def test_a_change_that_is_not_mine_is_not_there(client, world, vic):
    change = make_change(world.live, world.rita, world.ian, world.ana)
    headers = make_token(vic, *SCOPES)

    hidden = client.get(f"{API}changes/{change.pk}/", headers=headers)
    absent = client.get(f"{API}changes/{change.pk + 99}/", headers=headers)

    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content


def test_a_tester_outside_reads_nothing_of_other_changes(client, world):
    world.submitted("1.0", title="Nobody else's business")
    change = world.tried("1.1")
    change.requester = world.tom
    change.save(update_fields=["requester"])
    promoting.schedule(change, actor=world.ian, environment=world.failover)
    url = f"{API}changes/{change.pk}/"

    def asked(person):
        headers = make_token(person, *SCOPES)
        conflicts = client.get(f"{url}conflicts/", headers=headers)
        gates = client.get(f"{url}gates/", headers=headers)
        planned = client.get(f"{url}gates/?env={world.failover.pk}", headers=headers)
        codes = {gate["code"] for gate in gates.json()}
        about_others = codes & {"CONFLICT", "ACCEPTED"}
        return conflicts.json(), about_others, planned.status_code

    (conflict,), theirs, planned = asked(world.rita)
    assert "Nobody else's business" in conflict["text"]
    assert (theirs, planned) == ({"CONFLICT", "ACCEPTED"}, 200)
    assert asked(world.tom) == ([], set(), 404)


def test_the_calendar_tells_slots_and_windows(client, world, as_rita):
    world.approved()
    url = f"{API}calendar/?from=2026-01-01T00:00Z&to=2099-01-01T00:00Z"

    told = client.get(url, headers=as_rita).json()
    none = client.get(f"{url}&kinds=freeze", headers=as_rita).json()
    bad = client.get(f"{API}calendar/?from=x", headers=as_rita)

    assert [entry["kind"] for entry in told] == ["change"]
    assert none == []
    assert refusal(bad) == (400, "bad_input")


def test_the_list_costs_the_same_for_any_number_of_changes(client, world, same_queries):
    client.force_login(world.rita)
    package = make_package(make_component(world.live.landscape), world.ana)
    same_queries(
        f"{API}changes/",
        lambda n: [
            make_change(world.live, world.rita, world.ian, world.ana, package=package)
            for _ in range(n)
        ],
        budget=9,
    )
