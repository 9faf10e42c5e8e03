"""What a supplier reads of a snag it gave back: the snag as it was, and no later."""

import pytest
from django.urls import reverse

from environments.models import Module
from opsdesk.core import clock
from snags.models import Handover, Snag
from snags.queries.as_left import as_left
from snags.queries.searching import search
from snags.services import editing, lifecycle
from tests.api.asking import SNAGS, make_token
from tests.factories import make_party, make_snag, make_user

pytestmark = pytest.mark.django_db
DONE = {"resolution": "configuration", "resolution_note": "The tray is set."}


@pytest.fixture
def handed(live, rob, sam, northgate):
    """handed("Title"): a snag Northgate has."""

    def make(title="Invoices print twice"):
        snag = make_snag(live, rob, title=title, detail="From tray two.")
        lifecycle.triage(snag, actor=sam, owner=sam, impact=2, urgency=2)
        return lifecycle.hand_over(snag, supplier=northgate, actor=sam)

    return make


def reword(snag, actor, title, detail=""):
    return editing.edit_text(
        snag, actor=actor, version=None, title=title, detail=detail
    )


def change(snag, sam):
    """Everything a supplier could read of it becomes something else."""
    module = Module.objects.create(
        landscape=snag.environment.landscape, name="Secret ledger"
    )
    reword(snag, sam, "Fraud in the ledger", "Names of customers.")
    editing.set_properties(
        snag, actor=sam, module=module, kind="extend", addition="A secret wish."
    )
    editing.set_priority(snag, actor=sam, impact=1, urgency=1)
    lifecycle.resolve(snag, actor=sam, **DONE)


def read(user, snag):
    return as_left(user, list(Snag.objects.visible_to(user).filter(pk=snag.pk)))[0]


def page(client, user, snag):
    client.force_login(user)
    return client.get(snag.get_absolute_url()).content.decode()


def test_page_list_and_program_read_it_as_it_was_given_back(client, handed, vic, sam):
    snag = handed()
    lifecycle.hand_back(snag, actor=vic)
    change(snag, sam)

    told = client.get(f"{SNAGS}{snag.pk}/", headers=make_token(vic, "snags:read"))
    listed = client.get(SNAGS, headers=make_token(vic, "snags:read"))
    shown = page(client, vic, snag)
    mine = client.get(reverse("snags:handed")).content.decode()

    for words in ("Fraud", "customers", "ledger", "wish", "tray is set", "Resolved"):
        for text in (shown, mine, told.content.decode(), listed.content.decode()):
            assert words not in text
    assert "Invoices print twice" in shown
    assert "From tray two." in shown
    assert "With you until" in shown
    row = told.json()
    assert listed.json()["results"] == [row]
    assert (row["title"], row["detail"]) == ("Invoices print twice", "From tray two.")
    assert (row["status"], row["waiting_for"], row["priority"]) == (
        "waiting",
        "supplier",
        3,
    )
    assert (row["kind"], row["module"], row["handed_to"]) == ("fault", None, None)
    assert (row["resolution"], row["resolved_at"]) == ("", None)
    assert row["left_at"] == row["updated_at"] is not None


def test_those_who_work_here_and_its_reporter_read_it_as_it_is(handed, rob, vic, sam):
    snag = handed()
    lifecycle.hand_back(snag, actor=vic)
    change(snag, sam)

    for person in (rob, sam):
        now = read(person, snag)
        assert (now.title, now.status) == ("Fraud in the ledger", "resolved")
        assert now.left_at is None


def test_while_it_has_the_ball_a_supplier_reads_what_is_changed(handed, vic, sam):
    snag = handed()
    reword(snag, sam, "Changed with them")
    assert read(vic, snag).title == "Changed with them"

    lifecycle.hand_back(snag, actor=vic)
    reword(snag, sam, "Changed after")
    assert read(vic, snag).title == "Changed with them"


def test_the_last_of_several_turns_counts(handed, vic, sam, northgate):
    snag = handed()
    lifecycle.hand_back(snag, actor=vic)
    reword(snag, sam, "Between the turns")
    lifecycle.hand_over(snag, supplier=northgate, actor=sam)
    assert read(vic, snag).title == "Between the turns"
    lifecycle.hand_back(snag, actor=vic)
    reword(snag, sam, "After them")

    assert read(vic, snag).title == "Between the turns"


def test_what_is_changed_with_the_next_supplier_is_not_told(handed, vic, sam):
    snag = handed()
    rival = make_party("Acme Hosting", "supplier")
    lifecycle.hand_over(snag, supplier=rival, actor=sam)
    reword(snag, sam, "For Acme only")

    left = read(vic, snag)

    assert (left.title, left.handed_to) == ("Invoices print twice", None)
    assert left.left_at == Handover.objects.get(snag=snag, to_at__isnull=False).to_at
    wile = make_user("wile", "supplier", supplier=rival)
    assert read(wile, snag).title == "For Acme only"


def test_what_everybody_may_read_is_read_as_it_is(handed, vic, sam):
    snag = handed()
    lifecycle.hand_back(snag, actor=vic)
    reword(snag, sam, "Known to all")
    editing.share(snag, actor=sam, is_shared=True)
    assert read(vic, snag).title == "Invoices print twice"

    vic.memberships.create(user=vic, role="reporter")
    vic = type(vic).objects.get(pk=vic.pk)
    assert read(vic, snag).title == "Known to all"


def test_a_snag_whose_turn_was_imported_does_not_tell_its_end(
    live, rob, sam, vic, northgate
):
    now = clock.now()
    snag = make_snag(live, rob, title="As imported")
    Handover.objects.create(snag=snag, supplier=northgate, from_at=now, to_at=now)
    changed = {
        "owner": sam,
        "status": "closed",
        "resolution": "no_fault",
        "resolution_note": "Ours.",
    }
    Snag.objects.filter(pk=snag.pk).update(**changed, resolved_at=now, closed_at=now)

    left = read(vic, snag)

    assert (left.title, left.resolution_note) == ("As imported", "")
    assert (left.status, left.closed_at, left.left_at) == ("waiting", None, now)


def test_later_words_do_not_find_it_and_its_number_tells_the_old(handed, vic, sam):
    snag = handed()
    assert [row.pk for row in search(vic, "invoices")] == [snag.pk]
    lifecycle.hand_back(snag, actor=vic)
    reword(snag, sam, "Fraud in the ledger")

    assert search(vic, "fraud") == []
    assert [row.title for row in search(vic, snag.ref)] == ["Invoices print twice"]
    assert [row.title for row in search(sam, "fraud")] == ["Fraud in the ledger"]


@pytest.mark.parametrize(
    "query",
    ["status=resolved", "priority=1", "kind=extend", "updated_after=2020-01-01"],
)
def test_a_program_cannot_ask_what_became_of_it(client, handed, vic, sam, query):
    held, back = handed("Held"), handed("Back")
    lifecycle.hand_back(back, actor=vic)
    change(back, sam)
    headers = make_token(vic, "snags:read")

    asked = client.get(f"{SNAGS}?{query}", headers=headers).json()["results"]
    lasting = client.get(f"{SNAGS}?reported_after=2000-01-01", headers=headers)

    assert {row["id"] for row in asked} <= {held.pk}
    assert {row["id"] for row in lasting.json()["results"]} == {held.pk, back.pk}


def test_a_poll_of_its_page_does_not_tell_that_it_changed(client, handed, vic, sam):
    snag = handed()
    lifecycle.hand_back(snag, actor=vic)
    client.force_login(vic)
    pulse = client.get(snag.get_absolute_url()).context["page"].pulse
    change(snag, sam)

    answer = client.get(reverse("snags:clocks", args=[snag.pk]), {"since": pulse})

    assert answer.status_code == 204


def test_a_list_of_what_was_left_costs_the_same(client, same_queries, handed, vic, sam):
    token = make_token(vic, "snags:read")["authorization"]
    client.defaults["HTTP_AUTHORIZATION"] = token

    def more(count):
        for number in range(count):
            snag = handed(f"Snag {number}")
            module = Module.objects.create(
                landscape=snag.environment.landscape, name=f"M {snag.pk}"
            )
            editing.set_properties(snag, actor=sam, module=module)
            lifecycle.hand_back(snag, actor=vic)
            reword(snag, sam, "Changed")
            editing.set_properties(snag, actor=sam, module=None)

    same_queries(SNAGS, more, budget=12)
