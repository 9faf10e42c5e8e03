"""Reporting: by the one who has the problem, or written down for them."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from environments.models import Environment, Module
from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError
from snags.models import BusinessProcess, Snag, Snaglist
from snags.services import editing, lifecycle
from tests.factories import (
    make_contract,
    make_landscape,
    make_party,
    make_snag,
    make_user,
)

pytestmark = pytest.mark.django_db
REPORT, NEW, MINE = (reverse(f"snags:{n}") for n in ("report", "new", "mine"))


def answers(live, **more):
    """What the form sends when only the first line was written."""
    return {
        "title": "Invoices print twice",
        "impact": 3,
        "urgency": 2,
        "environment": live.pk,
        "kind": "fault",
        "sensitivity": "normal",
        **more,
    }


def test_one_line_is_enough(client, live, rob):
    make_contract(live.landscape, p4_response=600)
    client.force_login(rob)

    sent = client.post(REPORT, answers(live))

    snag = Snag.objects.get()
    assert sent["Location"] == f"{snag.get_absolute_url()}?reported=1"
    assert (snag.title, snag.reported_by, snag.environment) == (
        "Invoices print twice",
        rob,
        live,
    )
    assert (snag.priority, snag.channel, snag.logged_by) == (4, "web", None)
    told = client.get(sent["Location"]).content.decode()
    assert f"This is {snag.ref}." in told
    assert "We answer by" in told


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"),
    [(1, 1, 1), (1, 2, 2), (2, 2, 3), (3, 2, 4), (3, 3, 4), (1, 3, 3)],
)
def test_two_plain_questions_make_the_priority(
    client, live, rob, impact, urgency, priority
):
    client.force_login(rob)

    client.post(REPORT, answers(live, impact=impact, urgency=urgency))

    assert Snag.objects.get().priority == priority


def test_the_form_offers_the_serving_production_first(client, live, rob):
    client.force_login(rob)

    html = client.get(REPORT).content.decode()

    assert f'<option value="{live.pk}" selected>' in html
    assert "What is wrong?" in html


def test_files_come_with_the_report(client, live, rob, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(rob)
    pictures = [SimpleUploadedFile(f"{n}.png", b"\x89PNG") for n in range(3)]

    client.post(REPORT, answers(live, files_added=pictures))

    names = Snag.objects.get().attachments.values_list("name", flat=True)
    assert list(names) == ["0.png", "1.png", "2.png"]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "x" * 201}, "at most 200"),
        ({"impact": 0}, "valid choice"),
        ({"impact": "1e400"}, "valid choice"),
        ({"environment": 10**17}, "valid choice"),
        ({"environment": "' OR 1"}, "valid choice"),
        ({"kind": "wish"}, "valid choice"),
        ({"kind": "revisit"}, "Say which decision should be revisited."),
        ({"kind": "extend"}, "Say what should be added."),
        ({"kind": "unforeseen"}, "Say when it was first seen."),
        ({"kind": "data_enquiry"}, "Say by when you need it."),
        ({"kind": "unforeseen", "first_seen_on": "0001-01-01"}, "2000"),
        ({"kind": "data_enquiry", "needed_by_on": "soon"}, "valid date"),
        ({"detail": "x" * 10_001}, "at most 10000"),
    ],
)
def test_a_report_that_says_too_little_comes_back_typed(
    client, live, rob, more, sentence
):
    client.force_login(rob)

    refused = client.post(REPORT, answers(live, **more))

    assert refused.status_code == 422
    assert sentence in refused.content.decode()
    assert not Snag.objects.exists()


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("revisit", {"original_decision": "Two copies per invoice."}),
        ("extend", {"addition": "A third copy."}),
        ("unforeseen", {"first_seen_on": date(2026, 3, 2)}),
        ("data_enquiry", {"needed_by_on": date(2026, 3, 9), "sensitivity": "personal"}),
        ("request", {}),
    ],
)
def test_each_kind_keeps_its_own_fields_only(client, live, rob, kind, fields):
    client.force_login(rob)
    everything = {
        "original_decision": "Two copies per invoice.",
        "addition": "A third copy.",
        "first_seen_on": "2026-03-02",
        "needed_by_on": "2026-03-09",
        "sensitivity": "personal",
    }

    client.post(REPORT, answers(live, kind=kind, **everything))

    snag = Snag.objects.get()
    empty = {
        "original_decision": "",
        "addition": "",
        "first_seen_on": None,
        "needed_by_on": None,
        "sensitivity": "normal",
    }
    kept = {name: getattr(snag, name) for name in empty}
    assert (snag.kind, kept) == (kind, {**empty, **fields})


def test_a_process_report_sets_design_beside_practice(client, live, rob):
    process = BusinessProcess.objects.create(landscape=live.landscape, name="Pay run")
    client.force_login(rob)

    client.post(
        REPORT,
        answers(
            live,
            process=process.pk,
            step="Bank file",
            designed_step="The ERP sends it.",
            actual_step="We edit it first.",
        ),
    )

    snag = Snag.objects.get()
    html = client.get(snag.get_absolute_url()).content.decode()
    assert "The ERP sends it." in html
    assert "We edit it first." in html
    assert (snag.process, snag.step) == (process, "Bank file")


def test_a_module_of_another_system_is_refused(client, live, rob):
    other = make_landscape("Payroll")
    module = Module.objects.create(landscape=other.landscape, name="Bonus")
    client.force_login(rob)

    refused = client.post(REPORT, answers(live, module=module.pk))

    assert "not part of this system" in refused.content.decode()
    assert not Snag.objects.exists()


def test_a_report_goes_on_the_list_of_its_module(client, live, rob):
    module = Module.objects.create(landscape=live.landscape, name="Payroll")
    golive = live.landscape.golives.get()
    own = Snaglist.objects.create(golive=golive, name="Payroll", module=module)
    client.force_login(rob)

    client.post(REPORT, answers(live, module=module.pk))
    client.post(REPORT, answers(live))

    lists = Snag.objects.order_by("pk").values_list("snaglist__name", flat=True)
    assert list(lists) == [own.name, "General"]


def test_with_no_open_list_nothing_is_lost_silently(client, live, rob):
    Snaglist.objects.update(is_open=False)
    client.force_login(rob)

    refused = client.post(REPORT, answers(live))

    assert "No list takes new snags" in refused.content.decode()
    assert not Snag.objects.exists()


def test_a_double_click_reports_once(client, live, rob):
    client.force_login(rob)
    sent = answers(live, form_token="abc")

    first, second = client.post(REPORT, sent), client.post(REPORT, sent)

    assert first["Location"] == second["Location"]
    assert Snag.objects.count() == 1


def test_nobody_reports_as_somebody_else(client, live, rob, sam):
    client.force_login(rob)
    forged = {"reported_by": sam.pk, "status": "closed", "priority": 1, "owner": rob.pk}

    client.post(REPORT, answers(live, **forged))

    snag = Snag.objects.get()
    assert (snag.reported_by, snag.status, snag.priority, snag.owner) == (
        rob,
        "new",
        4,
        None,
    )
    assert client.post(NEW, answers(live, **forged)).status_code == 403
    assert Snag.objects.count() == 1


def test_suppliers_report_nothing(client, live, vic):
    client.force_login(vic)

    assert client.get(REPORT).status_code == 403
    assert client.post(REPORT, answers(live)).status_code == 403
    assert not Snag.objects.exists()


@pytest.mark.parametrize("channel", ["phone", "walk_in"])
def test_a_call_is_answered_when_it_is_written_down(client, live, rob, sam, channel):
    make_contract(live.landscape, p4_response=60, p4_resolution=480)
    client.force_login(sam)

    client.post(NEW, answers(live, reported_by=rob.pk, channel=channel))

    snag = Snag.objects.get()
    assert (snag.reported_by, snag.logged_by, snag.channel) == (rob, sam, channel)
    states = dict(snag.clocks.values_list("kind", "state"))
    assert states == {"response": "stopped", "resolution": "running"}


def test_a_call_may_have_been_earlier_within_bounds(client, live, rob, sam):
    client.force_login(sam)
    call = {"reported_by": rob.pk, "channel": "phone"}
    times = {
        "earlier": clock.now() - timedelta(hours=3),
        "ahead": clock.now() + timedelta(hours=3),
        "stale": clock.now() - timedelta(days=15),
    }
    sent = {
        name: client.post(NEW, answers(live, **call, at=f"{at:%Y-%m-%dT%H:%M}"))
        for name, at in times.items()
    }

    assert sent["earlier"].status_code == 302
    assert Snag.objects.get().reported_at == times["earlier"].replace(second=0)
    for name in ("ahead", "stale"):
        assert "Choose a time between" in sent[name].content.decode()


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00", "9999-12-31T23:59", "yesterday", "2026-03-29T01:30"]
)
def test_impossible_times_get_a_sentence(client, live, rob, sam, at):
    client.force_login(sam)
    call = {"reported_by": rob.pk, "channel": "phone", "at": at}

    refused = client.post(NEW, answers(live, **call))

    assert refused.status_code == 422
    assert 'class="error' in refused.content.decode()
    assert not Snag.objects.exists()


def test_the_reporter_is_found_by_name_address_or_department(client, live, rob, sam):
    rob.department = make_party("Payroll office")
    rob.save()
    make_user("eve", "reporter")
    make_user("vera", "supplier", supplier=make_party("Acme", "supplier"))
    client.force_login(sam)

    def found(who):
        return client.get(reverse("snags:people"), {"who": who}).content.decode()

    for text in ("ro", "ROB@example", "payroll"):
        assert f'value="{rob.pk}"' in found(text)
    assert "Eve" not in found("rob")
    assert "Vera" not in found("")
    assert "Nobody of that name" in found("%_'")
    client.force_login(rob)
    assert client.get(reverse("snags:people")).status_code == 403


def test_support_of_one_department_writes_down_reports_of_that_one_only(client, live):
    finance, sales = make_party("Finance"), make_party("Sales")
    dee = make_user("dee", "support", scope=finance)
    near = make_user("near", "reporter", department=finance)
    far = make_user("far", "reporter", department=sales)
    client.force_login(dee)

    offered = client.get(NEW).content.decode()
    searched = client.get(reverse("snags:people")).content.decode()
    refused = client.post(NEW, answers(live, reported_by=far.pk, channel="phone"))

    for page in (offered, searched):
        assert (f'value="{near.pk}"' in page, f'value="{far.pk}"' in page) == (
            True,
            False,
        )
    assert "valid choice" in refused.content.decode()
    with pytest.raises(NotAllowedError, match="the departments you look after"):
        make_snag(live, dee, reported_by=far)
    assert not Snag.objects.exists()

    client.post(NEW, answers(live, reported_by=near.pk, channel="phone"))
    assert Snag.objects.get().reported_by == near


def test_a_supplier_contact_is_nobody_to_report_for(client, live, sam, vic):
    client.force_login(sam)

    refused = client.post(NEW, answers(live, reported_by=vic.pk, channel="phone"))

    assert "valid choice" in refused.content.decode()
    assert not Snag.objects.exists()


def test_similar_open_snags_are_suggested(client, live, rob, sam):
    mine = make_snag(live, rob)
    secret = make_snag(live, sam, title="Invoices print twice in secret")
    shared = make_snag(live, sam, title="Invoices print twice in Leeds")
    editing.share(shared, actor=sam, is_shared=True)
    client.force_login(rob)

    html = client.get(reverse("snags:similar"), {"title": "Invoices print"})

    page = html.content.decode()
    assert mine.ref in page
    assert shared.title in page
    assert secret.title not in page
    for nonsense in ("", "in", "'", '"&|!(', "x" * 5000, "🙂" * 50):
        answer = client.get(reverse("snags:similar"), {"title": nonsense})
        assert answer.status_code == 200


def test_my_reports_put_what_needs_me_first(client, live, rob, sam):
    titles = ["asked", "fixed", "plain", "closed", "not mine", "known"]
    rows = {
        title: make_snag(
            live, sam if title in {"not mine", "known"} else rob, title=title
        )
        for title in titles
    }
    lifecycle.start(rows["asked"], actor=sam)
    lifecycle.wait(rows["asked"], actor=sam, waiting_for="reporter", body="Which one?")
    for title in ("fixed", "closed"):
        lifecycle.resolve(
            rows[title], actor=sam, resolution="no_fault", resolution_note="Try again."
        )
    lifecycle.confirm(rows["closed"], actor=rob)
    editing.share(rows["known"], actor=sam, is_shared=True)
    client.force_login(rob)

    html = client.get(MINE).content.decode()

    places = [html.index(f"{rows[t].ref} ") for t in ("asked", "fixed")]
    places += [
        html.index(f"{rows[t].ref}</span> {t}") for t in ("plain", "known", "closed")
    ]
    assert places == sorted(places)
    assert "Which one?" in html
    assert "Try again." in html
    assert "not mine" not in html
    for words in ("We need your answer", "Is it fixed?", "Known problems"):
        assert words in html


def test_my_reports_cost_the_same_however_many(client, same_queries, live, rob, sam):
    client.force_login(rob)

    def add(count):
        for _ in range(count):
            snag = make_snag(live, rob)
            lifecycle.start(snag, actor=sam)
            lifecycle.wait(snag, actor=sam, waiting_for="reporter", body="Which?")

    same_queries(MINE, add, budget=12)


def test_my_reports_say_what_to_do_when_there_are_none(client, live, rob):
    client.force_login(rob)

    assert "You have reported nothing yet" in client.get(MINE).content.decode()


def test_the_report_page_costs_little(client, live, rob, django_assert_max_num_queries):
    Environment.objects.get(pk=live.pk)
    client.force_login(rob)
    client.get(REPORT)

    with django_assert_max_num_queries(14):
        client.get(REPORT)
