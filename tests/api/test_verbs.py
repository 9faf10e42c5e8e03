"""Verbs over HTTP: each calls the service of its page and is refused as there."""

import pytest

from opsdesk.core.models import Submission
from snags.models import Snag
from snags.services import lifecycle
from tests.api.asking import SNAGS, make_token, post
from tests.factories import make_contract, make_party, make_snag


@pytest.fixture
def snag(live, rob, sam):
    return lifecycle.start(make_snag(live, rob), actor=sam)


@pytest.fixture
def as_sam(sam):
    return make_token(sam, "snags:read", "snags:write")


def url(snag, verb):
    return f"{SNAGS}{snag.pk}/{verb}/"


def refusal(answer):
    body = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, body["code"]


def test_a_duplicate_closes_and_the_original_goes_on(client, live, rob, snag, as_sam):
    first = make_snag(live, rob)

    answer = post(client, url(snag, "merge"), {"into": first.pk}, **as_sam)

    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["status"], told["resolution"], told["merged_into"]) == (
        "closed",
        "duplicate",
        first.pk,
    )
    assert first.events.get(verb="absorbed").params == {"other": snag.pk}


def test_a_snag_is_not_merged_into_itself_nor_into_what_is_hidden(
    client, live, rob, snag, as_sam
):
    itself = post(client, url(snag, "merge"), {"into": snag.pk}, **as_sam)
    absent = post(client, url(snag, "merge"), {"into": snag.pk + 99}, **as_sam)

    assert refusal(itself) == (409, "same_snag")
    assert refusal(absent) == (400, "bad_input")
    assert [*absent.json()["fields"]] == ["into"]
    assert Snag.objects.get(pk=snag.pk).status == "in_progress"


def test_another_owner_is_given_with_a_team(client, snag, sue, as_sam):
    team = make_party("Second line", "team")

    body = {"owner": sue.pk, "team": team.pk}
    answer = post(client, url(snag, "assign"), body, **as_sam)

    assert answer.status_code == 200, answer.content
    assert answer.json()["owner"] == {"id": sue.pk, "name": "Sue"}
    assert answer.json()["team"] == {"id": team.pk, "name": "Second line"}


def test_an_owner_must_be_able_to_work_on_it(client, snag, rob, sam, as_sam):
    answer = post(client, url(snag, "assign"), {"owner": rob.pk}, **as_sam)

    assert refusal(answer) == (400, "bad_input")
    assert Snag.objects.get(pk=snag.pk).owner == sam


def test_an_owner_is_given_after_triage_only(client, live, rob, sue, as_sam):
    fresh = make_snag(live, rob)

    answer = post(client, url(fresh, "assign"), {"owner": sue.pk}, **as_sam)

    assert refusal(answer) == (409, "not_now")
    assert Snag.objects.get(pk=fresh.pk).owner is None


def test_priority_follows_impact_and_urgency_or_has_its_reason(
    client, live, rob, sam, as_sam
):
    make_contract(live.landscape, p1_response=30, p3_response=600)
    snag = make_snag(live, rob)
    pressing = {"impact": 3, "urgency": 3, "priority": 1}

    refused = post(client, url(snag, "priority"), pressing, **as_sam)
    assert refusal(refused) == (409, "reason_needed")
    assert Snag.objects.get().priority == 3

    reason = {**pressing, "priority_reason": "The auditors are here."}
    answer = post(client, url(snag, "priority"), reason, **as_sam)
    told = answer.json()
    assert (told["impact"], told["urgency"], told["priority"]) == (3, 3, 1)
    assert snag.clocks.get(state="running").target_seconds == 30 * 60


def test_a_known_problem_is_shared_and_hidden_again(client, snag, as_sam):
    shown = post(client, url(snag, "share"), **as_sam).json()
    hidden = post(client, url(snag, "unshare"), **as_sam).json()

    assert (shown["is_shared"], hidden["is_shared"]) == (True, False)


def test_what_is_sensitive_stays_private(client, live, rob, sam, as_sam):
    snag = make_snag(live, rob, sensitivity="personal")

    answer = post(client, url(snag, "share"), **as_sam)

    assert refusal(answer) == (409, "sensitive")
    assert not Snag.objects.get().is_shared


def test_the_supplier_says_that_it_has_it_once(client, snag, sam, northgate, vic):
    lifecycle.hand_over(snag, actor=sam, supplier=northgate)
    headers = make_token(vic, "snags:write")

    first = post(client, url(snag, "accept"), **headers)
    second = post(client, url(snag, "accept"), **headers)

    assert first.status_code == 200
    assert refusal(second) == (409, "already_answered")
    assert snag.handovers.get().acknowledged_at is not None
    assert snag.events.filter(verb="accepted").count() == 1


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("merge", {"into": 1}),
        ("assign", {"owner": 1}),
        ("priority", {"impact": 1, "urgency": 1}),
        ("share", {}),
        ("unshare", {}),
        ("accept", {}),
    ],
)
def test_a_reading_token_or_another_role_changes_nothing(
    client, snag, rob, sam, verb, body
):
    values = {"into": snag.pk, "owner": sam.pk}
    body = {name: values.get(name, value) for name, value in body.items()}
    before = Snag.objects.values().get(pk=snag.pk)

    reading = post(client, url(snag, verb), body, **make_token(sam, "snags:read"))
    reporter = post(client, url(snag, verb), body, **make_token(rob, "snags:write"))

    assert refusal(reading) == (403, "permission_denied")
    assert refusal(reporter) == (403, "not_allowed")
    assert Snag.objects.values().get(pk=snag.pk) == before


def test_a_verb_sent_twice_under_one_key_is_done_once(client, snag, sue, as_sam):
    headers = {**as_sam, "idempotency-key": "k1"}

    for _ in range(2):
        answer = post(client, url(snag, "assign"), {"owner": sue.pk}, **headers)

    assert answer["Idempotent-Replayed"] == "true"
    assert snag.events.filter(verb="assigned").count() == 1
    assert Submission.objects.count() == 1


def test_the_whole_report_of_a_process_step_is_taken(client, live, sam, mia, as_sam):
    process = live.landscape.processes.create(name="Order to cash", steps=["Pick"])
    report = {
        "title": "Pick lists are retyped",
        "environment": live.pk,
        "snaglist": live.landscape.golives.get().snaglists.get().pk,
        "kind": "data_enquiry",
        "needed_by_on": "2030-01-02",
        "process": process.pk,
        "step": "Pick",
        "designed_step": "Scan the list.",
        "actual_step": "Type it in.",
        "sensitivity": "confidential",
        "data_approver": mia.pk,
    }

    answer = post(client, SNAGS, report, **as_sam)

    assert answer.status_code == 201, answer.content
    told = answer.json()
    for name in ("step", "designed_step", "actual_step", "sensitivity"):
        assert told[name] == report[name]
    assert Snag.objects.get().data_approver == mia


def test_only_a_manager_approves_data(client, live, sam, as_sam):
    report = {
        "title": "Salaries by department",
        "environment": live.pk,
        "snaglist": live.landscape.golives.get().snaglists.get().pk,
        "data_approver": sam.pk,
    }

    answer = post(client, SNAGS, report, **as_sam)

    assert refusal(answer) == (400, "bad_input")
    assert [*answer.json()["fields"]] == ["data_approver"]
    assert not Snag.objects.exists()


def test_an_edit_changes_only_the_texts_it_names(client, live, rob, as_sam):
    snag = make_snag(live, rob, detail="Twice.", actual_step="By hand.")
    headers = {**as_sam, "if-match": '"1"'}

    post(client, url(snag, "edit"), {"title": "B", "designed_step": "Scan"}, **headers)

    fresh = Snag.objects.get()
    assert (fresh.title, fresh.detail) == ("B", "Twice.")
    assert (fresh.designed_step, fresh.actual_step) == ("Scan", "By hand.")
