"""What a supplier's contacts find first: what is with them, what was, nothing else."""

from datetime import timedelta

import pytest
from django.urls import reverse

from opsdesk.core import clock
from snags.models import Handover, Snag, SnagComment
from snags.queries import handed as shown
from snags.queries.handed import handed_to
from snags.services import lifecycle, talk
from tests.factories import make_party, make_snag, make_user

pytestmark = pytest.mark.django_db
PAGE = "/snags/handed/"
DONE = {"resolution": "configuration", "resolution_note": "The tray is set."}


@pytest.fixture
def hand(live, rob, sam, northgate):
    """hand("Title", body="Please look."): a snag Northgate has."""

    def make(title="Invoices print twice", supplier=northgate, **extra):
        snag = make_snag(live, rob, title=title)
        lifecycle.triage(snag, actor=sam, owner=sam, impact=2, urgency=2)
        return lifecycle.hand_over(snag, supplier=supplier, actor=sam, **extra)

    return make


def seen(user):
    return handed_to(user, clock.now())


def page(client, user):
    client.force_login(user)
    return client.get(PAGE).content.decode()


def post(client, user, verb, snag, **fields):
    client.force_login(user)
    url = reverse(f"snags:{verb}", args=[snag.pk])
    return client.post(url, {"next": "handed", **fields})


def test_the_ball_comes_first_and_what_waited_longest_leads(hand, vic):
    first, second = hand("Second in line"), hand("First in line")
    Handover.objects.filter(snag=second).update(
        from_at=clock.now() - timedelta(days=2, hours=4)
    )

    found = seen(vic)

    assert [row.snag.pk for row in found.held] == [second.pk, first.pk]
    assert found.held[0].waited == "2 d 4 h"
    assert found.unseen == 2
    assert found.returned == []


def test_a_row_tells_its_reference_its_follow_up_and_what_was_asked(hand, vic, sam):
    snag = hand(
        reference="NG-77",
        follow_up_at=clock.now() + timedelta(days=2),
        body="Please **look**.",
    )
    talk.comment(snag, body="We look.", actor=vic, audience="supplier")

    (row,) = seen(vic).held

    assert (row.reference, row.last_said) == ("NG-77", "Please **look**.")
    assert row.asked_again
    assert not row.is_late
    assert row.acknowledged == ""


def test_what_went_back_follows_whatever_became_of_it(hand, vic, sam):
    back, done, again = hand("Back"), hand("Done"), hand("Again")
    for snag in (back, done, again):
        lifecycle.hand_back(snag, actor=vic)
    lifecycle.resolve(done, actor=sam, **DONE)
    lifecycle.hand_over(
        again, supplier=vic.memberships.get().supplier, actor=sam, body="Not yet."
    )

    found = seen(vic)

    assert [row.snag.title for row in found.held] == ["Again"]
    assert [row.snag.title for row in found.returned] == ["Done", "Back"]
    assert {row.snag.status for row in found.returned} == {"waiting"}
    assert not [row for row in found.returned if row.snag.resolution]


def test_back_and_forth_is_one_row(hand, vic, sam, northgate):
    snag = hand()
    for _ in range(3):
        lifecycle.hand_back(snag, actor=vic)
        lifecycle.hand_over(snag, supplier=northgate, actor=sam)
    lifecycle.hand_back(snag, actor=vic)

    assert len(seen(vic).returned) == 1


def test_it_tells_nothing_of_others_or_of_the_business(client, hand, vic, sam, rob):
    rival = make_party("Acme Hosting", "supplier")
    wile = make_user("wile", "supplier", supplier=rival)
    moved = hand("Moved on")
    talk.comment(moved, body="Inner thoughts.", actor=sam, audience="internal")
    talk.add_effort(moved, actor=sam, minutes=35, kind="fix", spent_on=clock.today())
    lifecycle.hand_over(moved, supplier=rival, actor=sam, body="For Acme only.")
    hand("Acme alone", supplier=rival)

    ours, theirs = page(client, vic), page(client, wile)

    for words in ("Acme", "Inner thoughts", "35 m", "SLA", "Waiting"):
        assert words not in ours
    assert "Moved on" in ours
    assert "Handed back" in ours
    for words in ("For Acme only.", "Acme alone", "Moved on"):
        assert words in theirs


def test_acknowledging_is_one_click_and_leads_back_here(client, hand, vic):
    snag = hand()
    assert "New for you" in page(client, vic)
    assert "1 to acknowledge" in page(client, vic)

    answer = post(client, vic, "accept", snag)

    assert answer["Location"] == PAGE
    assert Handover.objects.get().acknowledged_at is not None
    after = page(client, vic)
    assert f"{snag.ref} is acknowledged." in after
    assert reverse("snags:accept", args=[snag.pk]) not in after
    assert "to acknowledge" not in after


def test_the_snags_own_page_offers_it_once_a_hand_over(
    client, hand, vic, sam, northgate
):
    snag = hand()
    url = reverse("snags:accept", args=[snag.pk])
    client.force_login(vic)
    assert url in client.get(snag.get_absolute_url()).content.decode()

    lifecycle.accept(snag, actor=vic)
    assert url not in client.get(snag.get_absolute_url()).content.decode()
    lifecycle.hand_back(snag, actor=vic)
    lifecycle.hand_over(snag, supplier=northgate, actor=sam)
    assert url in client.get(snag.get_absolute_url()).content.decode()


def test_an_answer_goes_to_support_and_leads_back_here(client, hand, vic):
    snag = hand()

    answer = post(
        client, vic, "comment", snag, body="Send a trace.", audience="supplier"
    )

    assert answer["Location"] == PAGE
    said = SnagComment.objects.get()
    assert (said.body, said.audience, said.author) == ("Send a trace.", "supplier", vic)


def test_handing_back_says_what_was_found_and_leads_back_here(client, hand, vic):
    snag = hand()

    answer = post(client, vic, "hand_back", snag, body="A setting was wrong.")

    assert answer["Location"] == PAGE
    assert Snag.objects.get().handed_to is None
    assert "You have handed everything back." in page(client, vic)


def test_only_pages_of_ours_are_landed_on(client, hand, vic):
    snag = hand()

    answer = post(client, vic, "accept", snag, next="https://evil.example/")

    assert answer["Location"] == snag.get_absolute_url()


def test_a_supplier_who_was_handed_nothing_reads_what_will_come(client, vic):
    html = page(client, vic)

    assert "Nothing has been handed to you" in html
    assert reverse("snags:report") not in html


@pytest.mark.parametrize("who", ["rob", "sam", "mia", "ada", "ann", "tim", "amy"])
def test_the_page_is_for_suppliers(client, request, who):
    client.force_login(request.getfixturevalue(who))

    assert client.get(PAGE).status_code == 403


def test_a_contact_whose_time_is_over_sees_nothing(client, hand, vic):
    hand()
    vic.memberships.update(ends_on=clock.today() - timedelta(days=1))

    client.force_login(vic)
    assert client.get(PAGE).status_code == 403
    assert seen(vic).is_empty


def test_who_speaks_for_two_suppliers_sees_which_is_meant(client, hand, vic):
    rival = make_party("Acme Hosting", "supplier")
    vic.memberships.create(user=vic, role="supplier", supplier=rival)
    hand("One")
    hand("Two", supplier=rival)

    found = seen(vic)

    assert found.speaks_for_several
    assert [row.supplier for row in found.held] == [
        "Northgate ERP Partners",
        "Acme Hosting",
    ]
    assert "Acme Hosting" in page(client, vic)


def test_a_late_follow_up_says_so(hand, vic, sam):
    snag = hand(follow_up_at=clock.now() + timedelta(days=1))
    duty = Snag.objects.get(pk=snag.pk).follow_up
    duty.due_at = clock.now() - timedelta(hours=1)
    duty.save()

    assert seen(vic).held[0].is_late


def test_more_than_a_page_holds_is_said(client, hand, vic, monkeypatch):
    monkeypatch.setattr(shown, "MOST_HELD", 1)
    hand("One")
    hand("Two")

    assert len(seen(vic).held) == 1
    assert "The rest appears" in page(client, vic)


def test_the_page_costs_the_same_for_few_and_many(client, same_queries, hand, vic, sam):
    client.force_login(vic)

    def more(count):
        for n in range(count):
            hand(f"With us {n}", body="Look.")
            lifecycle.hand_back(hand(f"Back {n}"), actor=vic)
            done = hand(f"Done {n}")
            lifecycle.hand_back(done, actor=vic)
            lifecycle.resolve(done, actor=sam, **DONE)

    same_queries(PAGE, more, budget=9)
