"""The pages of contracts, driven as the people they are for."""

import pytest
from django.urls import reverse

from sla.models import Contract, ContractVersion, Target
from sla.services.contracts import Conditions, Line, amend_contract
from tests.factories import make_contract, make_party, make_snag, make_user

CONDITIONS = {
    "warn_percents": "50, 75 %",
    "late_minutes": "30 m, 4 h",
    "reopen_mode": "new_cycle",
    "reopen_window_days": "3",
    "auto_close_days": "5",
    "compliance_percent": "90",
}


@pytest.fixture
def agreement(live):
    return make_contract(live.landscape, p1_response=15, p2_resolution=240)


@pytest.fixture
def office(agreement):
    return Target.objects.first().calendar


def targets(calendar, **lengths):
    given = {}
    for key, length in lengths.items():
        priority, kind = key.split("_")
        given[f"length_{priority[1]}_{kind}"] = length
        given[f"calendar_{priority[1]}_{kind}"] = str(calendar.pk)
    return given


def page(client, name, *args, **query):
    return client.get(reverse(f"sla:{name}", args=args), query)


def test_a_manager_writes_a_contract(client, mia, us, office):
    client.force_login(mia)
    assert page(client, "contract_new").status_code == 200
    given = {
        "name": "Everywhere",
        "kind": "sla",
        "party": us.pk,
        **CONDITIONS,
        **targets(office, p1_response="30 m", p2_resolution="2 days"),
    }
    done = client.post(reverse("sla:contract_new"), given)

    contract = Contract.objects.get(name="Everywhere")
    assert done["Location"] == contract.get_absolute_url()
    version = contract.versions.get()
    assert (version.warn_percents, version.late_minutes) == ([50, 75], [30, 240])
    written = set(version.targets.values_list("kind", "minutes", "business_days"))
    assert written == {("response", 30, None), ("resolution", None, 2)}
    html = client.get(done["Location"]).content.decode()
    assert "2 days" in html
    assert "30 m" in html


def test_the_page_computes_what_would_be_due(client, mia, agreement):
    client.force_login(mia)
    shown = page(client, "contract", agreement.pk, at="2026-03-06T16:00")
    due = {(f.priority, f.kind): f.due_at for f in shown.context["forecast"]}
    assert f"{due[2, 'resolution']:%a %H:%M}" == "Mon 12:00"
    assert f"{due[1, 'response']:%a %H:%M}" == "Fri 16:15"


@pytest.mark.parametrize("at", ["", "now", "0000-00-00", "9999-12-31T23:59", "2026"])
def test_an_instant_that_makes_no_sense_computes_from_now(client, mia, agreement, at):
    client.force_login(mia)
    shown = page(client, "contract", agreement.pk, at=at)
    assert shown.status_code == 200
    assert shown.context["forecast"]


@pytest.mark.parametrize(
    ("role", "status"),
    [("support", 200), ("auditor", 200), ("administrator", 200), ("reporter", 403)],
)
def test_who_may_read_and_nobody_else_may_write(
    client, agreement, office, role, status
):
    client.force_login(make_user("nosy", role))
    assert page(client, "contracts").status_code == status
    assert page(client, "contract", agreement.pk).status_code == status
    given = {"version": 1, **CONDITIONS, **targets(office, p1_response="5 m")}
    url = reverse("sla:contract_amend", args=[agreement.pk])
    assert client.get(url).status_code == 403
    assert client.post(url, given).status_code == 403
    assert ContractVersion.objects.count() == 1


def test_an_amendment_counts_for_later_snags(client, mia, rob, live, agreement, office):
    client.force_login(mia)
    given = {"version": 1, **CONDITIONS, **targets(office, p3_resolution="1 h 30 m")}
    url = reverse("sla:contract_amend", args=[agreement.pk])
    shown = client.post(url, {**given, "preview": "1"})
    assert [row["after"].length for row in shown.context["trial"]] == ["1 h 30 m"]
    assert agreement.versions.count() == 1

    client.post(url, given)

    assert agreement.versions.count() == 2
    snag = make_snag(live, rob)
    assert snag.clocks.get().target_seconds == 5400


def test_a_correction_says_how_many_clocks_would_move(
    client, mia, rob, live, agreement, office
):
    make_snag(live, rob, impact=1, urgency=1)
    client.force_login(mia)
    url = reverse("sla:contract_correct", args=[agreement.pk, 1])
    assert client.get(url).status_code == 200
    given = {
        "version": 1,
        "replaces": 1,
        "reason": "Typo.",
        **CONDITIONS,
        **targets(office, p1_response="20 m"),
    }
    shown = client.post(url, {**given, "preview": "1"})
    assert shown.context["moving"].total == 1

    client.post(url, given)

    assert agreement.versions.get(number=1).replaced_by.number == 2
    assert (
        "0 clocks computed again so far"
        in page(client, "contract", agreement.pk).content.decode()
    )


def test_the_second_editor_sees_the_first(client, mia, agreement, office):
    amend_contract(
        agreement,
        actor=mia,
        version=1,
        targets=[Line("response", 4, office, minutes=7)],
        conditions=Conditions(),
    )
    client.force_login(mia)
    given = {"version": 1, **CONDITIONS, **targets(office, p1_response="5 m")}
    shown = client.post(reverse("sla:contract_amend", args=[agreement.pk]), given)
    html = shown.content.decode()
    assert "Somebody else changed this" in html
    assert "<b>7 m</b>" in html
    assert agreement.versions.count() == 2


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("length_1_response", "soon", "is no length"),
        ("length_1_response", "0", "is no length"),
        ("length_1_response", "0 days", "ten years|is no length|above zero"),
        ("length_1_response", "99999999 h", "ten years"),
        ("length_1_response", "1.5 days", "is no length"),
        ("length_1_response", "", "at least one target"),
        ("warn_percents", "120", "1 to 99"),
        ("late_minutes", "2 days", "Write lengths"),
        ("compliance_percent", "0", "greater than or equal to 1"),
        ("auto_close_days", "", "required"),
        ("reopen_mode", "maybe", "Select a valid choice"),
        ("calendar_1_response", "", "Choose the calendar"),
        ("calendar_1_response", "9999", "Choose the calendar"),
    ],
)
def test_nonsense_gets_a_sentence_and_changes_nothing(
    client, mia, agreement, office, field, value, sentence
):
    client.force_login(mia)
    base = {"version": 1, **CONDITIONS, **targets(office, p1_response="5 m")}
    url = reverse("sla:contract_amend", args=[agreement.pk])
    for extra in ({}, {"preview": "1"}):
        shown = client.post(url, {**base, field: value, **extra})
        assert shown.status_code == 200
        if not extra:
            html = shown.content.decode()
            assert any(part in html for part in sentence.split("|"))
    assert ContractVersion.objects.count() == 1


def test_one_agreement_covers_a_landscape(client, mia, us, live, agreement, office):
    client.force_login(mia)
    given = {
        "name": "Another",
        "kind": "sla",
        "party": us.pk,
        "landscape": live.landscape_id,
        **CONDITIONS,
        **targets(office, p1_response="5 m"),
    }
    shown = client.post(reverse("sla:contract_new"), given)
    assert "covers this landscape already" in shown.content.decode()
    supplier = make_party("Northgate", "supplier")
    shown = client.post(reverse("sla:contract_new"), {**given, "party": supplier.pk})
    assert "promised by a supplier" in shown.content.decode()
    assert Contract.objects.count() == 1


def test_a_contract_goes_out_of_force_and_back(client, mia, rob, live, agreement):
    client.force_login(mia)
    url = reverse("sla:contract_active", args=[agreement.pk])
    client.post(url, {"is_active": "no"})
    assert not make_snag(live, rob, impact=1, urgency=1).clocks.exists()
    assert "Out of force" in page(client, "contracts").content.decode()
    client.post(url, {"is_active": "yes"})
    assert make_snag(live, rob, impact=1, urgency=1).clocks.count() == 1


def test_a_contract_that_is_not_there_is_not_found(client, mia, agreement):
    client.force_login(mia)
    assert page(client, "contract", 10**18).status_code == 404
    assert page(client, "contract_correct", agreement.pk, 9).status_code == 404


def test_the_list_costs_the_same_however_long(client, mia, office, same_queries):
    client.force_login(mia)
    made = iter(range(100))
    us = make_party("Marlowe Fabrications", "organisation")

    def add(count):
        for _ in range(count):
            Contract.objects.create(
                name=f"Team {next(made)}", kind=Contract.Kind.OLA, party=us
            )

    same_queries(reverse("sla:contracts"), add, budget=13)
