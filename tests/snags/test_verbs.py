"""Each verb as people do it: by form, by one click, twice, too late, wrongly."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from opsdesk.core import clock
from opsdesk.core.models import Duty
from snags.models import BusinessProcess, Effort, Snag, SnagComment, SnagEvent
from snags.services import lifecycle, talk
from tests.accounts import fresh
from tests.factories import (
    make_contract,
    make_landscape,
    make_party,
    make_snag,
    make_user,
)
from tests.kept import kept, undone


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker):
    """Rob reported a snag, Sam works on snags."""

    def build():
        live, rob = make_landscape(), make_user("rob", "reporter")
        sam, snag = make_user("sam", "support"), make_snag(live, rob)
        return SimpleNamespace(live=live, rob=rob, sam=sam, snag=snag)

    with kept(django_db_blocker, build) as made:
        yield made


@pytest.fixture
def db(company):
    with undone():
        yield


@pytest.fixture
def live(db, company):
    return company.live


@pytest.fixture
def rob(db, company):
    return fresh(company.rob)


@pytest.fixture
def sam(db, company):
    return fresh(company.sam)


@pytest.fixture
def snag(db, company):
    return Snag.objects.get(pk=company.snag.pk)


@pytest.fixture
def working(snag, sam):
    lifecycle.start(snag, actor=sam)
    snag.refresh_from_db()
    return snag


def do(client, user, verb, snag, **data):
    client.force_login(user)
    return client.post(reverse(f"snags:{verb}", args=[snag.pk]), data)


def state(snag):
    return Snag.objects.get(pk=snag.pk).status


def later(days=3):
    return (clock.now() + timedelta(days=days)).date().isoformat()


def test_the_second_to_note_a_workaround_keeps_both_texts(client, working, sam, sue):
    read = working.version
    first = {"workaround": "Tray 2.", "review_on": later(), "version": read}
    mine = {**first, "workaround": "Use the printer upstairs."}
    assert do(client, sue, "workaround", working, **first).status_code == 302

    shown = do(client, sam, "workaround", working, **mine)

    html = shown.content.decode()
    assert shown.status_code == 422
    assert Snag.objects.get().workaround == "Tray 2."
    assert "Tray 2.</pre>" in html
    assert "Use the printer upstairs.</pre>" in html
    assert f'name="version" value="{read + 1}"' in html
    again = do(client, sam, "workaround", working, **{**mine, "version": read + 1})
    assert again.status_code == 302
    assert Snag.objects.get().workaround == "Use the printer upstairs."


def test_the_second_to_describe_a_snag_sees_what_differs(client, working, sam, sue):
    about = {
        "kind": "fault",
        "environment": working.environment_id,
        "sensitivity": "normal",
        "version": working.version,
    }
    theirs = {**about, "addition": "A second tray.", "cause": "habit"}
    assert do(client, sue, "properties", working, **theirs).status_code == 302

    shown = do(client, sam, "properties", working, **about, addition="A new tray.")

    html = shown.content.decode()
    assert shown.status_code == 422
    for words in ("A second tray.</pre>", "A new tray.</pre>", "Habit</pre>"):
        assert words in html
    assert "environment: what it says now" not in html.lower()
    assert Snag.objects.get().addition == "A second tray."


def test_a_form_without_the_version_it_started_from_is_refused(client, working, sam):
    shown = do(client, sam, "workaround", working, workaround="x", review_on=later())

    assert shown.status_code == 422
    assert Snag.objects.get().workaround == ""


def test_a_snag_goes_from_triage_to_confirmed_by_forms_alone(
    client, snag, rob, sam, northgate
):
    triage = {"impact": 2, "urgency": 2, "owner": sam.pk, "cause": "defect"}
    assert do(client, sam, "triage", snag, **triage).status_code == 302
    assert do(client, sam, "start", snag).status_code == 302
    question = {"waiting_for": "reporter", "body": "Which?", "follow_up_at": later()}
    assert do(client, sam, "wait", snag, **question).status_code == 302
    assert state(snag) == "waiting"
    assert do(client, rob, "comment", snag, body="That one.").status_code == 302
    assert state(snag) == "in_progress"
    assert do(client, sam, "hand_over", snag, supplier=northgate.pk).status_code == 302
    assert do(client, sam, "hand_back", snag, body="Fixed.").status_code == 302
    done = {"resolution": "configuration", "resolution_note": "Tray swapped."}
    assert do(client, sam, "resolve", snag, **done).status_code == 302
    assert do(client, rob, "reopen", snag, body="No.").status_code == 302
    assert do(client, sam, "resolve", snag, **done).status_code == 302
    assert do(client, rob, "confirm", snag).status_code == 302

    assert state(snag) == "closed"


@pytest.mark.parametrize(
    ("verb", "data", "sentence"),
    [
        ("triage", {}, "required"),
        ("triage", {"impact": 9, "urgency": 1, "owner": 1}, "valid choice"),
        ("wait", {"waiting_for": "supplier"}, "valid choice"),
        ("wait", {"waiting_for": "reporter"}, "Say what you need to know"),
        ("resolve", {"resolution": "magic", "resolution_note": "x"}, "valid choice"),
        ("resolve", {"resolution": "no_fault"}, "required"),
        ("reject", {"resolution": "deferred"}, "required"),
        ("merge", {"into": "SN-999999"}, "There is no such snag."),
        ("merge", {"into": "<b>"}, "There is no such snag."),
        ("hand_over", {"supplier": 10**18}, "valid choice"),
        ("effort", {"minutes": 0, "kind": "fix", "spent_on": "2026-03-02"}, "greater"),
        ("effort", {"minutes": "1e9", "kind": "fix"}, "whole number"),
        ("effort", {"minutes": 5, "kind": "fix", "spent_on": "0001-01-01"}, "2000"),
        ("workaround", {"workaround": "x", "review_on": "9999-12-31"}, "2000"),
        (
            "workaround",
            {"workaround": "x", "review_on": "2020-01-01", "version": 1},
            "after today",
        ),
        ("follow_up", {"follow_up_on": "2020-01-01"}, "after today"),
        ("assign", {"owner": "x"}, "valid choice"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(
    client, working, sam, verb, data, sentence
):
    events = SnagEvent.objects.count()

    answer = do(client, sam, verb, working, **data)

    if verb == "triage":
        assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert answer.status_code == 422
    assert Snag.objects.get() == working
    assert Snag.objects.get().status == "in_progress"
    assert (SnagEvent.objects.count(), Effort.objects.count()) == (events, 0)
    assert not Duty.objects.exists()


def test_another_priority_than_the_matrix_says_needs_a_reason(client, working, sam):
    wanted = {"impact": 3, "urgency": 3, "priority": 1}

    refused = do(client, sam, "priority", working, **wanted)
    assert refused.status_code == 422
    assert "say why it is P1" in refused.content.decode()
    assert Snag.objects.get().priority == 3

    because = {**wanted, "priority_reason": "The board asked."}
    assert do(client, sam, "priority", working, **because).status_code == 302
    assert Snag.objects.get().priority == 1


WORK = (
    "triage",
    "start",
    "wait",
    "hand_over",
    "acknowledge",
    "resolve",
    "reject",
    "merge",
    "assign",
    "priority",
    "move_list",
    "share",
    "workaround",
    "follow_up",
    "properties",
    "effort",
)


@pytest.mark.parametrize("verb", WORK)
def test_work_is_refused_to_whoever_does_not_do_it(client, snag, rob, amy, verb):
    url = reverse(f"snags:{verb}", args=[snag.pk])
    for person in (rob, amy):
        client.force_login(person)
        assert client.post(url).status_code == 403
        assert client.get(url).status_code == 403

    assert state(snag) == "new"
    assert SnagEvent.objects.count() == 1


@pytest.mark.parametrize("verb", [*WORK, "resume", "hand_back", "reopen", "confirm"])
def test_every_verb_asks_its_question_or_says_why_not(client, working, sam, verb):
    client.force_login(sam)

    answer = client.get(reverse(f"snags:{verb}", args=[working.pk]))

    possible = verb not in {"triage", "start", "resume", "hand_back", "reopen"}
    possible &= verb != "confirm"
    assert answer.status_code == (200 if possible else 302)
    if not possible:
        page = client.get(answer["Location"])
        assert "is not possible now" in page.content.decode()
    assert state(working) == "in_progress"
    assert SnagEvent.objects.count() == 2


def test_a_question_asked_from_the_page_is_a_part_of_it(client, working, sam):
    client.force_login(sam)
    url = reverse("snags:resolve", args=[working.pk])

    part = client.get(url, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in part
    assert f'action="{url}"' in part


def test_a_double_click_does_it_once(client, snag, sam):
    client.force_login(sam)
    url = reverse("snags:effort", args=[snag.pk])
    entry = {"minutes": 15, "kind": "fix", "spent_on": clock.now().date()}

    first = client.post(url, {**entry, "form_token": "one"})
    second = client.post(url, {**entry, "form_token": "one"})

    assert first["Location"] == second["Location"]
    assert Effort.objects.count() == 1
    client.post(url, {**entry, "form_token": "two"})
    assert Effort.objects.count() == 2


def test_a_refused_form_can_be_corrected_with_its_token(client, working, sam):
    words = {"form_token": "t", "resolution": "no_fault"}

    assert do(client, sam, "resolve", working, **words).status_code == 422
    words["resolution_note"] = "Seen."
    assert do(client, sam, "resolve", working, **words).status_code == 302

    assert state(working) == "resolved"


def test_asking_for_the_head_of_a_page_never_moves_a_snag(client, working, sam):
    client.force_login(sam)
    for verb in WORK:
        client.head(reverse(f"snags:{verb}", args=[working.pk]))

    assert state(working) == "in_progress"
    assert SnagEvent.objects.count() == 2


def test_a_reply_is_the_response_and_a_note_is_not(client, live, rob, sam):
    make_contract(live.landscape, p3_response=60)
    snag = make_snag(live, rob)
    do(client, sam, "comment", snag, body="Between us.", audience="internal")
    assert snag.clocks.get().state == "running"

    do(client, sam, "comment", snag, body="Hello Rob.", audience="everyone")

    assert snag.clocks.get().state == "stopped"
    assert list(snag.comments.values_list("body", "audience")) == [
        ("Between us.", "internal"),
        ("Hello Rob.", "everyone"),
    ]


def test_send_and_resolve_is_one_step(client, working, sam):
    do(client, sam, "comment", working, body="Tray swapped.", do="configuration")

    after = Snag.objects.get()
    assert (after.status, after.resolution_note) == ("resolved", "Tray swapped.")
    assert not SnagComment.objects.exists()
    assert SnagEvent.objects.latest("pk").params["note"] == "Tray swapped."


def test_send_and_resolve_keeps_the_files_with_the_words(client, working, sam):
    file = SimpleUploadedFile("proof.txt", b"It prints once.")

    do(
        client,
        sam,
        "comment",
        working,
        body="See file.",
        do="configuration",
        files_added=file,
    )

    assert state(working) == "resolved"
    assert SnagComment.objects.get().attachments.get().name == "proof.txt"


def test_send_and_wait_asks_the_reporter(client, working, sam):
    do(client, sam, "comment", working, body="Which tray?", do="wait")

    after = Snag.objects.get()
    assert (after.status, after.waiting_for) == ("waiting", "reporter")
    assert SnagComment.objects.get().body == "Which tray?"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"body": ""}, "required"),
        ({"body": "x", "audience": "supplier"}, "valid choice"),
        ({"body": "x", "audience": "internal", "do": "wait"}, "choose “Reply”"),
        ({"body": "x", "do": "magic"}, "not a way to resolve"),
        ({"body": "x" * 10_001}, "at most 10000"),
    ],
)
def test_a_message_that_cannot_be_sent_comes_back_typed(
    client, working, sam, data, sentence
):
    answer = do(client, sam, "comment", working, **data)

    html = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in html
    assert data["body"] in html
    assert state(working) == "in_progress"
    assert not SnagComment.objects.exists()


def test_a_reporter_cannot_whisper(client, snag, rob):
    for audience in ("internal", "supplier"):
        answer = do(client, rob, "comment", snag, body="Psst.", audience=audience)
        assert answer.status_code == 422

    assert not SnagComment.objects.exists()


def test_an_auditor_says_nothing(client, snag, amy):
    assert do(client, amy, "comment", snag, body="Hm.").status_code == 403
    assert not SnagComment.objects.exists()


def test_a_supplier_receives_answers_and_hands_back(client, working, sam, vic):
    lifecycle.hand_over(working, supplier=vic.memberships.get().supplier, actor=sam)

    assert do(client, vic, "accept", working).status_code == 302
    do(client, vic, "comment", working, body="Send the log.")
    assert do(client, vic, "hand_back", working, body="Patched.").status_code == 302

    assert state(working) == "in_progress"
    assert working.handovers.get().acknowledged_at is not None
    said = working.comments.values_list("body", "audience").order_by("pk")
    assert list(said) == [("Send the log.", "supplier"), ("Patched.", "supplier")]


def test_a_supplier_acknowledges_once(client, working, sam, vic):
    lifecycle.hand_over(working, supplier=vic.memberships.get().supplier, actor=sam)
    do(client, vic, "accept", working)
    when = working.handovers.get().acknowledged_at
    answer = do(client, vic, "accept", working)

    assert "acknowledged already" in answer.content.decode()
    assert working.handovers.get().acknowledged_at == when


def test_a_supplier_without_the_ball_cannot_act(client, working, sam, vic):
    lifecycle.hand_over(working, supplier=vic.memberships.get().supplier, actor=sam)
    lifecycle.hand_back(working, actor=sam)

    assert do(client, vic, "hand_back", working).status_code == 403
    assert do(client, vic, "comment", working, body="Hello?").status_code == 403
    assert state(working) == "in_progress"


def test_support_of_another_department_does_not_know_of_it(client, live, rob):
    other = make_party("Warehouse")
    far = make_user("far", "support", scope=other)
    snag = make_snag(live, rob)

    assert do(client, far, "start", snag).status_code == 404
    assert state(snag) == "new"


def test_somebody_elses_snag_is_not_confirmed(client, live, rob, sam):
    eve = make_user("eve", "reporter")
    snag = make_snag(live, rob)
    lifecycle.resolve(snag, actor=sam, resolution="no_fault", resolution_note="x")

    assert do(client, eve, "confirm", snag).status_code == 404
    assert do(client, sam, "confirm", snag).status_code == 403
    assert state(snag) == "resolved"


def test_a_merge_says_where_it_goes_on(client, live, rob, sam):
    original, twin = make_snag(live, rob), make_snag(live, rob)

    answer = do(client, sam, "merge", twin, into=original.ref.lower())

    assert answer.status_code == 302
    html = client.get(original.get_absolute_url()).content.decode()
    assert twin.ref in html
    assert "merged" in html
    assert do(client, sam, "merge", original, into=original.pk).status_code == 422


def test_a_process_snag_is_not_closed_by_an_answer(client, live, rob, sam):
    process = BusinessProcess.objects.create(landscape=live.landscape, name="Pay run")
    snag = make_snag(live, rob, process=process)
    words = {"resolution_note": "Use the spreadsheet."}

    assert do(client, sam, "resolve", snag, resolution="answered", **words).status_code
    assert state(snag) == "new"
    noted = {"workaround": "The spreadsheet.", "review_on": later(), "version": 1}
    assert do(client, sam, "workaround", snag, **noted).status_code == 302
    assert state(snag) == "new"
    assert Duty.objects.get().kind == "workaround"


def test_properties_stay_inside_the_landscape(client, working, sam):
    process = BusinessProcess.objects.create(
        landscape=working.environment.landscape, name="Pay run"
    )
    said = {
        "kind": "fault",
        "environment": working.environment_id,
        "process": process.pk,
        "step": "Bank file",
        "cause": "said_vs_done",
        "sensitivity": "normal",
        "observed_by": sam.pk,
        "observed_on": "2026-03-02",
        "version": working.version,
    }

    assert do(client, sam, "properties", working, **said).status_code == 302
    after = Snag.objects.get()
    assert (after.process, after.step, after.cause) == (
        process,
        "Bank file",
        "said_vs_done",
    )
    wrong = {**said, "kind": "revisit", "version": after.version}
    refused = do(client, sam, "properties", working, **wrong)
    assert "Say which decision" in refused.content.decode()
    assert Snag.objects.get().kind == "fault"


def test_answers_from_my_reports_lead_back_there(client, snag, rob, sam):
    lifecycle.start(snag, actor=sam)
    lifecycle.wait(snag, actor=sam, waiting_for="reporter", body="Which?")

    answer = do(client, rob, "comment", snag, body="This.", next="mine")
    assert answer["Location"] == reverse("snags:mine")
    answer = do(client, rob, "comment", snag, body="Or that.", next="//evil.example")
    assert answer["Location"].startswith(snag.get_absolute_url())


def test_a_follow_up_is_set_moved_and_dropped(client, working, sam):
    do(client, sam, "follow_up", working, follow_up_on=later(2))
    first = Snag.objects.get().follow_up
    do(client, sam, "follow_up", working, follow_up_on=later(4))
    second = Snag.objects.get().follow_up
    do(client, sam, "follow_up", working)

    assert first.pk != second.pk
    assert Snag.objects.get().follow_up is None
    assert not Duty.objects.open().exists()


def test_words_to_a_supplier_after_it_gave_back_still_reach_it(
    client, working, sam, vic
):
    lifecycle.hand_over(working, supplier=vic.memberships.get().supplier, actor=sam)
    lifecycle.hand_back(working, actor=sam)
    before = vic.notifications.count()

    talk.comment(working, body="Thanks.", actor=sam, audience="supplier")

    assert vic.notifications.count() == before + 1
