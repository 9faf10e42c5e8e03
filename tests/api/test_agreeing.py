"""Over HTTP: questions taken back, leave, duties, templates, and who must agree."""

from datetime import timedelta

import pytest

from changes.models import ChangeDuty, ChangeTemplate, FreezeOverride
from changes.services import after, asking, submitting
from opsdesk.core import clock
from opsdesk.core.models import ApprovalPolicy, ApprovalRequest
from tests.api.asking import act, etag, make_token, patch, post
from tests.changes.companies import kept
from tests.changes.drafts import make_change, make_successes, make_tested, promoted
from tests.changes.factories import freeze, fresh, say_yes, sign

API = "/api/v1/"
SCOPES = ("changes:read", "changes:write", "promotions:run")
WHY = {"reason": "The price list is not final."}


@pytest.fixture
def world(w):
    return w


@pytest.fixture(scope="module")
def company(company):
    w = company
    w.drafted = make_change(w.live, w.rita, w.ian, w.ana)
    return w


drafted = kept("drafted")


@pytest.fixture
def asked(world, drafted):
    """Rita's change, which people are asked to agree to."""
    change = submitting.submit(drafted, actor=world.rita)
    make_tested(change, world.live, world.tom)
    return asking.request_approval(
        change, actor=world.rita, conflicts_accepted="Known."
    )


def refusal(answer):
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def as_(person):
    return make_token(person, *SCOPES)


def request_url(owner):
    return f"{API}approval-requests/{owner.approval_id}/"


def test_who_asked_takes_the_question_back_and_the_change_is_assessed_again(
    client, world, asked
):
    url = request_url(asked)

    answer = act(client, url, "withdraw", WHY, **as_(world.rita))

    assert answer.json()["state"] == "withdrawn", answer.content
    change = fresh(asked)
    assert change.state == "assessing"
    assert not change.targets.filter(is_booked=True).exists()
    last = change.events.latest("pk")
    assert (last.verb, last.actor, last.params["note"]) == (
        "withdraw",
        world.rita,
        WHY["reason"],
    )
    again = f"{API}changes/{change.pk}/"
    why = {"conflicts_accepted": "Known."}
    told = act(client, again, "request-approval", why, **as_(world.rita)).json()
    assert (told["state"], told["approval"] != asked.approval_id) == ("awaiting", True)


def test_nobody_else_takes_a_question_back_but_a_manager(client, world, asked):
    url = request_url(asked)

    refused = act(client, url, "withdraw", WHY, **as_(world.cora))

    assert refusal(refused) == (403, "not_allowed")
    assert fresh(asked).state == "awaiting"
    assert act(client, url, "withdraw", WHY, **as_(world.max)).status_code == 200


def test_what_is_decided_is_not_taken_back(client, world, asked):
    say_yes(asked, world.cora)

    answer = act(client, request_url(asked), "withdraw", WHY, **as_(world.rita))

    assert refusal(answer) == (409, "not_open")
    assert fresh(asked).state == "approved"


def test_a_promotion_is_asked_about_anew_once_its_question_was_taken_back(
    client, world, asked
):
    say_yes(asked, world.cora)
    ian = as_(world.ian)
    body = {"change": asked.pk, "environment": world.live.pk}
    made = post(client, f"{API}promotions/", body, **ian).json()
    url = f"{API}approval-requests/{made['approval']}/"

    taken = act(client, url, "withdraw", WHY, **ian)
    promotion = f"{API}promotions/{made['id']}/"
    anew = act(client, promotion, "request-approval", **ian).json()

    assert taken.json()["state"] == "withdrawn"
    assert anew["state"] == "scheduled"
    assert anew["approval"] != made["approval"]


def test_what_was_done_without_asking_is_judged_and_not_taken_back(
    client, world, asked
):
    retro = ApprovalRequest.objects.get(pk=asked.approval_id)
    retro.pk, retro.kind = None, "retro"
    retro.save()
    due_at = clock.now() + timedelta(days=1)
    after.owe(asked, "retro_approval", due_at=due_at, approval=retro)

    url = f"{API}approval-requests/{retro.pk}/"
    answer = act(client, url, "withdraw", WHY, **as_(world.rita))

    assert refusal(answer) == (409, "by_doing")
    assert ApprovalRequest.objects.get(pk=retro.pk).state == "open"


def test_leave_during_a_freeze_is_asked_for_and_granted(client, world, drafted):
    frozen = freeze(world.live, "Month end")
    body = {"change": drafted.pk, "occurrence": frozen.pk, "reason": "Wrong totals."}
    url = f"{API}freeze-overrides/"

    short = post(client, url, body, **as_(world.ian))
    body["reason"] = "The invoices of this month are wrong."
    theirs = post(client, url, body, **as_(world.cora))
    assert refusal(short) == (409, "reason_missing")
    assert refusal(theirs) == (403, "not_allowed")
    assert not FreezeOverride.objects.exists()

    made = post(client, url, body, **as_(world.ian))
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["freeze"], told["state"], told["revision"]) == (
        "Month end",
        "open",
        drafted.revision,
    )
    say_yes(FreezeOverride.objects.get(), world.max)
    granted = client.get(f"{url}{told['id']}/", headers=as_(world.ian))
    assert granted.json()["state"] == "granted"
    assert granted["ETag"] != made["ETag"]


def test_a_duty_is_settled_by_hand_and_waived_by_who_does_not_owe_it(
    client, world, drafted
):
    due_at = clock.now() + timedelta(days=1)
    test = after.owe(drafted, "retro_test", due_at=due_at)
    back = after.owe(drafted, "retrofit", due_at=due_at + timedelta(days=1))
    review = after.owe(drafted, "review", due_at=due_at)
    url, ian = f"{API}duties/", as_(world.ian)

    owed = client.get(
        f"{url}?change={drafted.pk}&is_settled=false&ordering=-due_at", headers=ian
    ).json()["results"]
    own = act(client, f"{url}{back.pk}/", "waive", WHY, **ian)
    done = {"note": "Tried by Tom, ten invoices."}
    by_doing = act(client, f"{url}{review.pk}/", "settle", done, **as_(world.max))
    settled = act(client, f"{url}{test.pk}/", "settle", done, **ian)
    waived = act(client, f"{url}{back.pk}/", "waive", WHY, **as_(world.max))
    twice = act(client, f"{url}{back.pk}/", "waive", WHY, **as_(world.max))

    assert [row["id"] for row in owed] == [back.pk, review.pk, test.pk]
    assert refusal(own) == (403, "not_allowed")
    assert refusal(by_doing) == (409, "by_doing")
    assert (settled.json()["is_settled"], settled.json()["note"]) == (
        True,
        done["note"],
    )
    assert waived.json()["waived_by"] == {"id": world.max.pk, "name": "Max"}
    assert refusal(twice) == (409, "not_now")
    assert [*ChangeDuty.objects.filter(is_settled=False)] == [review]


def test_a_template_is_proposed_agreed_to_and_taken_out_of_use(client, world):
    went_well = make_successes(world.live, world.rita, world.ian, world.ana)
    body = {
        "landscape": world.live.landscape_id,
        "code": "price-list",
        "title": "Load a price list",
        "environments": [world.live.pk],
        "evidence": [change.pk for change in went_well],
        "expires_on": f"{clock.today() + timedelta(days=90)}",
        "locked": ["backout_plan"],
        "implementation_plan": "Load it.",
        "backout_plan": "Load the one before.",
    }
    url, rita = f"{API}change-templates/", as_(world.rita)

    bare = post(client, url, {**body, "evidence": []}, **rita)
    odd = post(client, url, {**body, "locked": ["state"]}, **rita)
    assert refusal(bare) == (409, "evidence_missing")
    assert refusal(odd) == (400, "bad_input")
    assert not ChangeTemplate.objects.exists()

    made = post(client, url, body, **rita)
    assert made.status_code == 201, made.content
    one = f"{url}{made.json()['id']}/"
    template = ChangeTemplate.objects.get()
    for person in (world.cora, world.max):
        template.approval.refresh_from_db()
        say_yes(template, person)
    read = etag(client, one, rita)
    mine = act(client, one, "suspend", {"because": "Wrong prices."}, **rita)
    shut = act(client, one, "suspend", {"because": "Wrong."}, **as_(world.max))
    stale = post(client, f"{one}retire/", **as_(world.max), **read)
    gone = act(client, one, "retire", **as_(world.max))

    assert made.json()["body"]["implementation_plan"] == "Load it."
    assert refusal(mine) == (403, "not_allowed")
    assert (shut.json()["state"], gone.json()["state"]) == ("suspended", "retired")
    assert refusal(stale) == (412, "stale")


def test_a_manager_says_who_must_agree_from_now_on(client, world):
    url, max_ = f"{API}approval-policies/", as_(world.max)
    rows = client.get(url, headers=max_).json()["results"]
    low = next(r for r in rows if (r["kind"], r["level"]) == ("change", "low"))
    one = f"{url}{low['id']}/"
    steps = [{"asked": "manager", "needed": 2}]
    read = etag(client, one, max_)

    theirs = patch(client, one, {"steps": steps}, **as_(world.rita), **read)
    twice = patch(client, one, {"steps": steps * 2}, **max_, **read)
    nobody = patch(client, one, {"steps": []}, **max_, **read)
    assert refusal(theirs) == (403, "not_allowed")
    assert refusal(twice) == refusal(nobody) == (400, "bad_input")
    assert ApprovalPolicy.objects.get(pk=low["id"]).steps == low["steps"]

    done = patch(client, one, {"steps": steps}, **max_, **read)
    assert done.json()["steps"] == [{**steps[0], "sequence": 0}]
    assert done.json()["valid_days"] == low["valid_days"]
    assert done.json()["version"] == low["version"] + 1


def test_promotions_and_their_verdicts_cost_the_same_for_any_number(
    client, world, drafted, same_queries
):
    client.force_login(world.max)
    tries, areas = iter(range(2, 20)), iter("ABCDEFGH")

    def fail(count):
        for _ in range(count):
            extra = {"state": "failed", "attempt": next(tries)}
            row = promoted(drafted, world.dev, world.ian, **extra)
            row.steps.create(ordinal=1, kind="apply", title="Run it.")

    def say(count):
        for _ in range(count):
            sign(drafted, world.dev, world.tom, area=next(areas))

    same_queries(f"{API}promotions/", fail, budget=5)
    same_queries(f"{API}test-signoffs/", say, budget=6)


def test_questions_templates_leave_and_duties_cost_the_same_for_any_number(
    client, world, drafted, same_queries
):
    client.force_login(world.max)
    at, codes = clock.now(), iter("abcdefgh")
    freezes = [freeze(world.live, f"Close {n}") for n in range(8)]
    places = iter([world.live, world.dev, world.failover, world.training] * 2)
    kinds = iter(["retro_test"] * 4 + ["retrofit"] * 4)

    def question():
        row = ApprovalRequest.objects.create(
            kind="change",
            title="Yes?",
            url="/",
            sha256="0" * 64,
            revision=1,
            requested_by=world.rita,
            requested_at=at,
            expires_at=at + timedelta(days=1),
        )
        row.steps.create(asked="manager")
        row.votes.create(user=world.cora, decision="approve")
        return row

    def template(code):
        row = ChangeTemplate.objects.create(
            landscape=world.live.landscape,
            code=code,
            title="Load.",
            expires_on=at.date(),
            proposed_by=world.rita,
        )
        row.environments.set([world.live])
        row.evidence.set([drafted])

    def leave(occurrence):
        FreezeOverride.objects.create(
            change=drafted,
            revision=1,
            occurrence=occurrence,
            reason="It is wrong.",
            requested_by=world.ian,
            approval=question(),
        )

    def owe(kind):
        after.owe(drafted, kind, due_at=at, environment=next(places))

    def times(make, source=None):
        return lambda count: [
            make(next(source)) if source else make() for _ in range(count)
        ]

    for path, add in (
        ("approval-requests", times(question)),
        ("change-templates", times(template, codes)),
        ("freeze-overrides", times(leave, iter(freezes))),
        ("duties", times(owe, kinds)),
    ):
        same_queries(f"{API}{path}/", add, budget=7)
