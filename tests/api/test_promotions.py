"""A deployment tool's way: start, do the steps, report the digest, finish."""

import pytest

from changes.models import Promotion, TestSignOff
from environments.models import Environment, Installation, Lease
from opsdesk.core.models import Vote
from tests import factories
from tests.api.asking import act, make_token, post
from tests.changes.companies import kept
from tests.changes.factories import fresh, say_yes, to_production

API = "/api/v1/"
RUN = ("changes:read", "changes:write", "promotions:run")


@pytest.fixture
def world(w):
    return w


@pytest.fixture(scope="module")
def company(company):
    company.ran_before()
    company.agreed = company.approved()
    return company


agreed = kept("agreed")


@pytest.fixture
def ready(world, agreed):
    """NC: approved, signed off, its promotion to production approved, its slot now."""
    return to_production(world, agreed)


def start(client, promotion, key="k1", **headers):
    url = f"{API}promotions/{promotion.pk}/"
    return act(client, url, "start", **headers, **{"idempotency-key": key})


def refusal(answer):
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


class Tool:
    """A deployment tool: it reads, then acts on what it read, and sends all twice."""

    def __init__(self, client, token):
        self.client, self.token, self.sent = client, token, 0

    def get(self, url):
        answer = self.client.get(url, headers=self.token)
        assert answer.status_code == 200, answer.content
        return answer

    def post(self, url, body=None, **headers):
        """The answer, which a retry under the same key repeats to the letter."""
        self.sent += 1
        headers = {**headers, "idempotency-key": f"job-17-{self.sent}"}
        first, again = (
            post(self.client, url, body, **self.token, **headers) for _ in range(2)
        )
        assert first.status_code < 300, first.content
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert again["Idempotent-Replayed"] == "true"
        return first

    def act(self, url, verb, body=None):
        read = self.get(url)["ETag"]
        return self.post(f"{url}{verb}/", body, **{"if-match": read}).json()


@pytest.fixture
def bot(client):
    """A pipeline's own account: it runs promotions, and never votes."""
    bot = factories.make_user("bot", "administrator", is_service=True)
    return Tool(client, make_token(bot, "changes:read", "promotions:run"))


def test_a_tool_brings_steps_of_its_own_but_a_backup_is_never_left_out(
    client, world, bot
):
    change = world.agreed
    Environment.objects.filter(pk=world.live.pk).update(needs_backup=True)
    backup, apply = ({"kind": kind, "title": kind} for kind in ("backup", "apply"))
    body = {"change": change.pk, "environment": world.live.pk}

    for steps in ([apply], [apply, backup]):
        said = {**body, "steps": steps}
        answer = post(client, f"{API}promotions/", said, **bot.token)
        assert refusal(answer) == (409, "backup_missing")
    assert not Promotion.objects.filter(environment=world.live).exists()

    planned = bot.post(f"{API}promotions/", {**body, "steps": [backup, apply]}).json()
    assert [step["kind"] for step in planned["steps"]] == ["backup", "apply"]


def test_a_tool_asks_for_a_promotion_and_carries_it_through(client, world, bot):
    change = world.agreed
    body = {"change": change.pk, "environment": world.live.pk}

    asked = bot.post(f"{API}promotions/", body).json()
    url = f"{API}promotions/{asked['id']}/"
    waiting = [g["code"] for g in bot.get(f"{url}gates/").json() if not g["ok"]]
    say_yes(Promotion.objects.get(pk=asked["id"]), world.eve)
    begun = bot.act(url, "start")
    for step in begun["steps"]:
        if step["kind"] != "postcheck":
            seen = {"evidence": "Log 17."}
            bot.act(url, f"steps/{step['ordinal']}/complete", seen)
    told = bot.act(url, "report-digest", {"sha256": asked["sha256"]})
    for step in begun["steps"]:
        if step["kind"] == "postcheck":
            bot.act(url, f"steps/{step['ordinal']}/complete")
    done = bot.act(url, "succeed")

    assert waiting == ["PROMO_APPROVAL"]
    states = [row["state"] for row in (asked, begun, told, done)]
    assert states == ["scheduled", "running", "verifying", "succeeded"]
    now = Installation.objects.get(environment=world.live, during__upper_inf=True)
    assert now.sha256 == asked["sha256"]
    assert not Lease.objects.filter(ended_at=None).exists()
    told = [event.verb for event in change.events.filter(actor__name="Bot")]
    assert told.count("step") == len(begun["steps"])
    assert told.count("started") == told.count("succeeded") == 1


def test_every_verb_makes_what_was_read_stale(client, world, ready, bot):
    url = f"{API}promotions/{ready.pk}/"
    read = bot.get(url)["ETag"]
    begun = bot.act(url, "start")

    again = post(client, f"{url}abort/", **bot.token, **{"if-match": read})

    assert refusal(again) == (412, "stale")
    assert again.json()["theirs"] == begun
    assert Promotion.objects.get(pk=ready.pk).state == "running"
    weak = {
        "if-match": f"W/{bot.get(url)['ETag']}"
    }  # as behind a proxy that compresses
    step = post(client, f"{url}steps/1/complete/", **bot.token, **weak)
    assert step.status_code == 200, step.content
    assert step["ETag"] == bot.get(url)["ETag"] not in {read, weak["if-match"][2:]}


def test_s37_another_digest_than_was_approved_has_failed(client, world, ready, bot):
    url = f"{API}promotions/{ready.pk}/"
    for step in bot.act(url, "start")["steps"]:
        if step["kind"] != "postcheck":
            seen = {"evidence": "Seen."}
            bot.act(url, f"steps/{step['ordinal']}/complete", seen)

    told = bot.act(url, "report-digest", {"sha256": "0" * 64})

    assert (told["state"], told["outcome"]) == ("failed", "DIGEST_MISMATCH")
    assert world.label(world.live) == "1.0"


def test_one_key_does_not_do_two_things(client, world, ready, bot):
    bot.act(f"{API}promotions/{ready.pk}/", "start")

    other = post(
        client,
        f"{API}promotions/{ready.pk}/steps/1/complete/",
        **bot.token,
        **{"idempotency-key": f"job-17-{bot.sent}"},
    )

    assert refusal(other) == (422, "idempotency_key_reused")
    assert not ready.steps.exclude(done_at=None).exists()


def test_s39_the_same_start_three_times_is_one_with_three_same_answers(
    client, world, ready
):
    headers = make_token(world.ian, *RUN)

    answers = [start(client, ready, "same", **headers) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert Lease.objects.filter(environment=world.live).count() == 1


def test_s39_with_different_keys_one_starts_and_two_are_refused(client, world, ready):
    headers = make_token(world.ian, *RUN)

    answers = [start(client, ready, key, **headers) for key in ("a", "b", "c")]

    assert [answer.status_code for answer in answers] == [200, 409, 409]
    assert refusal(answers[1]) == (409, "gates_failed")
    unmet = [g["code"] for g in answers[1].json()["gates"] if not g["ok"]]
    assert {"LEASE", "REPLAY"} <= set(unmet)
    assert Lease.objects.filter(environment=world.live).count() == 1


def test_a_start_without_a_key_begins_nothing(client, world, ready):
    url = f"{API}promotions/{ready.pk}/start/"

    answer = post(client, url, **make_token(world.ian, *RUN), **{"if-match": '"1"'})

    assert refusal(answer) == (428, "idempotency_key_required")
    assert Promotion.objects.get(pk=ready.pk).state == "scheduled"


def test_a_token_that_may_not_run_starts_nothing(client, world, ready):
    headers = make_token(world.ian, "changes:read", "changes:write")

    answer = start(client, ready, **headers)

    assert refusal(answer) == (403, "permission_denied")
    assert Promotion.objects.get(pk=ready.pk).state == "scheduled"


def test_a_refused_start_tells_every_gate_and_leaves_no_row(client, world):
    change = world.agreed
    headers = make_token(world.ian, *RUN)
    body = {"change": change.pk, "environment": world.live.pk}
    made = post(client, f"{API}promotions/", body, **headers)
    assert made.status_code == 201, made.content
    promotion = Promotion.objects.get(pk=made.json()["id"])

    answer = start(client, promotion, **headers)

    assert refusal(answer) == (409, "gates_failed")
    gates = {gate["code"]: gate for gate in answer.json()["gates"]}
    assert len(gates) >= 20
    assert not gates["PROMO_APPROVAL"]["ok"]
    assert gates["PROMO_APPROVAL"]["detail"]
    assert Promotion.objects.get(pk=promotion.pk).state == "scheduled"
    assert not Lease.objects.filter(environment=world.live).exists()
    waiting = client.get(
        f"{API}changes/{change.pk}/gates/?env={world.live.pk}", headers=headers
    ).json()
    assert [g["code"] for g in waiting if not g["ok"]] == ["PROMO_APPROVAL"]


def test_s26_a_superuser_without_a_role_neither_votes_nor_starts(client, world, ready):
    headers = make_token(world.su, *RUN)
    request = ready.approval
    body = {"revision": request.revision, "subject_sha256": request.sha256}

    voted = post(
        client, f"{API}approval-requests/{request.pk}/approve/", body, **headers
    )
    url = f"{API}promotions/{ready.pk}/start/"
    started = post(client, url, **headers, **{"idempotency-key": "k1"})

    assert refusal(voted) == refusal(started) == (403, "permission_denied")
    assert not Vote.objects.filter(user=world.su).exists()
    assert Promotion.objects.get(pk=ready.pk).state == "scheduled"


def test_a_roll_back_is_a_promotion_of_its_own(client, world):
    ready = to_production(world, world.agreed)
    headers = make_token(world.ian, *RUN)
    start(client, ready, **headers)
    url = f"{API}promotions/{ready.pk}/"
    failed = act(client, url, "fail", {"note": "Out of disk."}, **headers)
    assert failed.json()["state"] == "failed"

    back = act(client, url, "rollback", **headers, **{"idempotency-key": "back"})

    assert back.status_code == 201, back.content
    told = back.json()
    assert (told["kind"], told["undoes"], told["state"]) == (
        "rollback",
        ready.pk,
        "running",
    )


def test_votes_and_promotions_are_never_put_or_deleted(client, world, ready):
    headers = make_token(world.eve, *RUN)
    for path in (f"promotions/{ready.pk}", f"approval-requests/{ready.approval_id}"):
        for method in ("put", "patch", "delete"):
            answer = getattr(client, method)(f"{API}{path}/", headers=headers)
            assert answer.status_code == 405
    assert Promotion.objects.filter(pk=ready.pk).exists()


def test_a_tester_signs_off_and_the_author_does_not(client, world):
    change = world.tried("1.2")
    body = {
        "change": change.pk,
        "environment": world.dev.pk,
        "area": "Sales",
        "verdict": "pass",
        "cases_run": 4,
    }
    url = f"{API}test-signoffs/"

    own = post(client, url, body, **make_token(world.ana, *RUN))
    given = post(client, url, body, **make_token(world.carl, *RUN))

    assert own.status_code == 403
    assert given.status_code == 201, given.content
    assert TestSignOff.objects.get(change=change).tester == world.carl
    one, carl = f"{url}{given.json()['id']}/", make_token(world.carl, *RUN)
    taken = act(client, one, "revoke", {"reason": "Wrong build."}, **carl)
    assert taken.json()["revoked_at"]


def test_breaking_the_glass_needs_a_key_and_the_code_typed_again(client, world):
    change = world.change("1.2")
    snag = factories.make_snag(world.live, world.tom, impact=1, urgency=1)
    change.snags.add(snag)
    headers = make_token(world.emil, *RUN)
    url = f"{API}changes/{change.pk}/"
    body = {
        "environment": world.live.pk,
        "code": "PRD",
        "reason": "Nobody can post an invoice since eight.",
    }

    keyless = act(client, url, "break-glass", body, **headers)
    typed = {**body, "code": "DEV"}
    headers |= {"idempotency-key": "1"}
    mistyped = act(client, url, "break-glass", typed, **headers)
    assert refusal(keyless) == (428, "idempotency_key_required")
    assert refusal(mistyped) == (409, "break_glass")
    assert not change.promotions.exists()

    headers |= {"idempotency-key": "2"}
    done = act(client, url, "break-glass", body, **headers)
    assert done.status_code == 200, done.content
    assert done.json()["is_break_glass"]
    assert change.promotions.get().state == "running"
    assert fresh(change).state == "implementing"


def test_who_approves_a_promotion_votes_for_exactly_what_was_read(client, world):
    change = world.agreed
    headers = make_token(world.ian, *RUN)
    body = {"change": change.pk, "environment": world.live.pk}
    promotion = Promotion.objects.get(
        pk=post(client, f"{API}promotions/", body, **headers).json()["id"]
    )
    eve = make_token(world.eve, *RUN)
    waiting = client.get(f"{API}approval-requests/?mine=pending", headers=eve).json()
    (asked,) = waiting["results"]
    url = f"{API}approval-requests/{asked['id']}/approve/"

    vote = {"revision": asked["revision"], "subject_sha256": asked["sha256"]}
    stale = post(client, url, {**vote, "subject_sha256": "0" * 64}, **eve)
    own = post(client, url, vote, **headers)
    given = post(client, url, vote, **eve)

    assert refusal(stale) == (409, "stale")
    assert refusal(own) == (403, "sod")
    assert given.json()["state"] == "granted"
    assert [v["user"]["name"] for v in given.json()["votes"]] == ["Eve"]
    assert asked["id"] == promotion.approval_id


def test_a_service_account_never_votes(client, world):
    bot = factories.make_user("bot", "administrator", is_service=True)
    change = world.agreed
    body = {"change": change.pk, "environment": world.live.pk}
    made = post(client, f"{API}promotions/", body, **make_token(world.ian, *RUN))
    promotion = Promotion.objects.get(pk=made.json()["id"])
    request = promotion.approval
    vote = {"revision": request.revision, "subject_sha256": request.sha256}

    answer = post(
        client,
        f"{API}approval-requests/{request.pk}/approve/",
        vote,
        **make_token(bot, *RUN),
    )

    assert refusal(answer) == (403, "not_allowed")
    assert not Vote.objects.filter(user=bot).exists()
