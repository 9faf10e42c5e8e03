"""The page of one snag: what each reader sees of it, and at what cost."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from opsdesk.accounts.models import Membership, User
from opsdesk.core import clock
from opsdesk.core.models import Message
from snags.models import Handover, Snag, SnagComment, SnagEvent
from snags.queries import feed
from snags.queries.feed import PAGE
from snags.queries.page import snag_by_number
from snags.services import editing, lifecycle, talk
from snags.wording import SAYINGS, sentence
from tests.api.asking import make_token
from tests.factories import NINE, make_contract, make_party, make_snag, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def snag(live, rob):
    return make_snag(live, rob)


@pytest.fixture
def handed(live, rob, sam, northgate):
    """A snag Northgate has, with a word for each audience."""
    snag = make_snag(live, rob)
    lifecycle.triage(snag, actor=sam, owner=sam, impact=2, urgency=2)
    lifecycle.hand_over(snag, supplier=northgate, actor=sam, body="For Northgate.")
    talk.comment(snag, body="For everyone.", actor=sam)
    talk.comment(snag, body="For us only.", actor=sam, audience="internal")
    talk.add_effort(
        snag, actor=sam, minutes=35, kind="fix", spent_on=clock.now().date()
    )
    snag.refresh_from_db()
    return snag


def page(client, user, snag, query=""):
    client.force_login(user)
    return client.get(snag.get_absolute_url() + query)


def text_of(response):
    return response.content.decode()


def test_support_reads_everything_and_gets_its_verbs(client, handed, sam):
    html = text_of(page(client, sam, handed))

    for words in ("For Northgate.", "For everyone.", "For us only.", "35 m", "Finance"):
        assert (words in html) == (words != "Finance")
    for verb in ("resolve", "hand_back", "wait", "merge"):
        assert (reverse(f"snags:{verb}", args=[handed.pk]) in html) == (verb != "wait")


def test_the_reporter_reads_no_internal_note_and_no_effort(client, handed, rob):
    html = text_of(page(client, rob, handed))

    assert "For everyone." in html
    for secret in ("For us only.", "For Northgate.", "35 m", "Time spent"):
        assert secret not in html
    assert reverse("snags:resolve", args=[handed.pk]) not in html


def test_a_supplier_reads_its_own_words_only(client, handed, vic, live, sam):
    rival = make_party("Acme Hosting", "supplier")
    wile = make_user("wile", "supplier", supplier=rival)
    talk.comment(handed, body="Northgate answers.", actor=vic, audience="supplier")
    talk.comment(handed, body="Northgate to all.", actor=vic)
    lifecycle.hand_back(handed, actor=vic)
    handed.refresh_from_db()
    lifecycle.hand_over(handed, supplier=rival, actor=sam, body="For Acme.")

    theirs = text_of(page(client, wile, handed))
    ours = text_of(page(client, vic, handed))

    assert "For Acme." in theirs
    assert "For everyone." in theirs
    for secret in ("Northgate", "Vic", "For us only.", "35 m", "SLA clocks"):
        assert secret not in theirs, secret
    assert "For Northgate." in ours
    assert "Northgate answers." in ours
    for secret in ("Acme", "For us only.", "35 m"):
        assert secret not in ours, secret


def test_a_former_supplier_reads_what_was_written_up_to_its_end_and_no_further(
    client, handed, vic, sam, rob
):
    added = SimpleUploadedFile("before.txt", b"before", "text/plain")
    talk.comment(handed, body="Seen before.", actor=rob, files_added=[added])
    lifecycle.hand_back(handed, actor=vic, body="It was the tray.")
    added = SimpleUploadedFile("after.txt", b"after", "text/plain")
    later = talk.comment(handed, body="Said after.", actor=rob, files_added=[added])
    long_ago = handed.reported_at
    talk.comment(handed, body="Dated before.", actor=sam, at=long_ago)
    talk.comment(handed, body="A word to you.", actor=sam, audience="supplier")
    editing.set_priority(handed, actor=sam, impact=1, urgency=1)

    html = text_of(page(client, vic, handed))

    for words in (
        "For Northgate.",
        "For everyone.",
        "Seen before.",
        "before.txt",
        "It was the tray.",
        "A word to you.",
        "ended its hand-over",
    ):
        assert words in html, words
    for words in ("Said after.", "after.txt", "Dated before.", "changed P3"):
        assert words not in html, words
    file = later.attachments.get()
    where = reverse("snags:attachment", args=[handed.pk, file.pk])
    assert client.get(where).status_code == 404
    said = client.get(reverse("api:comment-list", args=[handed.pk])).json()
    assert "Said after." not in str(said)
    assert "Seen before." in str(said)
    assert not Message.objects.filter(to=vic.email, body__contains="after").exists()
    stamps = feed.stamp(vic, handed)
    talk.comment(handed, body="And again.", actor=rob)
    assert feed.stamp(vic, handed) == stamps
    assert feed.new_since(vic, handed, stamps) == 0

    lifecycle.hand_over(handed, supplier=handed.handovers.get().supplier, actor=sam)
    again = text_of(page(client, vic, handed))
    for words in ("Said after.", "Dated before.", "And again.", "changed P3"):
        assert words in again


def test_files_that_came_with_the_report_stay_in_reach(
    client, live, rob, sam, vic, northgate
):
    added = SimpleUploadedFile("screen.txt", b"x", "text/plain")
    snag = make_snag(live, rob, files_added=[added])
    lifecycle.triage(snag, actor=sam, owner=sam, impact=2, urgency=2)
    lifecycle.hand_over(snag, supplier=northgate, actor=sam)
    lifecycle.hand_back(snag, actor=vic)

    assert "screen.txt" in text_of(page(client, vic, snag))


def test_an_imported_turn_reaches_by_the_times_of_its_log(live, rob, vic, northgate):
    snag = make_snag(live, rob, at=NINE)
    day = timedelta(days=1)
    Handover.objects.create(
        snag=snag, supplier=northgate, from_at=NINE + day, to_at=NINE + 2 * day
    )
    for at, verb in ((NINE + day, "resumed"), (NINE + 3 * day, "reopened")):
        SnagEvent.objects.create(snag=snag, verb=verb, actor=rob, at=at)
    SnagEvent.objects.create(snag=snag, verb="edited", actor=rob, at=NINE + day)

    seen = feed.events_for(vic, snag).values_list("verb", flat=True)

    assert set(seen) == {"raised", "edited"}


def test_who_reported_a_snag_reads_on_after_their_supplier_had_it(
    handed, rob, sam, northgate
):
    Membership.objects.create(user=rob, role="supplier", supplier=northgate)
    lifecycle.hand_back(handed, actor=sam)
    talk.comment(handed, body="Said after.", actor=sam)

    said = feed.comments_for(User.objects.get(pk=rob.pk), handed)

    assert said.filter(body="Said after.").exists()


def test_everybody_here_reads_who_has_the_ball_and_no_other_supplier(
    client, handed, rob, sam, amy, vic
):
    token = {person: make_token(person, "snags:read") for person in (rob, vic)}
    where = reverse("api:snag-detail", args=[handed.pk])

    def holder(person):
        return client.get(where, headers=token[person]).json()["handed_to"]

    for person in (rob, sam, amy, vic):
        assert "<dt>With</dt>" in text_of(page(client, person, handed))
    assert (
        holder(rob)
        == holder(vic)
        == {
            "id": handed.handed_to_id,
            "name": "Northgate ERP Partners",
        }
    )
    rival = make_party("Acme Hosting", "supplier")
    lifecycle.hand_over(handed, supplier=rival, actor=sam)
    assert holder(rob)["name"] == "Acme Hosting"
    assert holder(vic) is None
    assert "<dt>With</dt>" not in text_of(page(client, vic, handed))


def test_a_snag_of_another_supplier_does_not_exist(client, handed):
    wile = make_user("wile", "supplier", supplier=make_party("Acme", "supplier"))
    client.force_login(wile)

    seen = client.get(handed.get_absolute_url())
    nowhere = client.get(reverse("snags:detail", args=[10**9]))

    assert seen.status_code == nowhere.status_code == 404
    assert re.sub(r"\d+", "", text_of(seen)) == re.sub(r"\d+", "", text_of(nowhere))
    for name in ("clocks", "edit", "reopen", "comment"):
        assert client.get(reverse(f"snags:{name}", args=[handed.pk])).status_code == 404
        assert client.post(reverse(f"snags:{name}", args=[handed.pk])).status_code in {
            404,
            405,
        }
    assert Snag.objects.get(pk=handed.pk).version == handed.version


def test_an_auditor_reads_and_has_no_verbs(client, handed, amy):
    html = text_of(page(client, amy, handed))

    assert "For us only." in html
    assert 'class="composer"' not in html
    assert reverse("snags:resolve", args=[handed.pk]) not in html


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox)",
        "[x](java&#10;script:alert(1))",
    ],
)
def test_script_in_any_text_stays_text(client, live, rob, sam, body):
    snag = make_snag(live, rob, title=body, detail=body)
    talk.comment(snag, body=body, actor=sam)
    lifecycle.resolve(snag, actor=sam, resolution="no_fault", resolution_note=body)

    html = text_of(page(client, sam, snag))

    assert "<script>alert" not in html
    assert not re.search(r"<[^>]*\son\w+=", html.replace("&lt;", ""))
    assert not re.search(r'href="\s*(java\s*script|data|vbscript):', html)
    assert SnagComment.objects.get().body == body


def test_a_display_name_is_escaped_everywhere(client, live, sam):
    eve = make_user("eve", "reporter")
    eve.name = '"><img src=x onerror=alert(1)>'
    eve.save()
    snag = make_snag(live, eve)

    assert "<img src=x" not in text_of(page(client, sam, snag))


def test_the_page_costs_the_same_however_much_was_said(
    client, same_queries, live, rob, sam, northgate
):
    make_contract(live.landscape, p3_response=60, p3_resolution=480)
    snag = make_snag(live, rob)
    lifecycle.triage(snag, actor=sam, owner=sam, impact=2, urgency=2)
    lifecycle.hand_over(snag, supplier=northgate, actor=sam)
    client.force_login(sam)

    def say_more(count):
        for number in range(count):
            talk.comment(snag, body=f"Word {number}.", actor=sam, audience="internal")
            editing.share(snag, actor=sam, is_shared=bool(number % 2))
            talk.add_effort(
                snag, actor=sam, minutes=5, kind="fix", spent_on=clock.now().date()
            )

    same_queries(snag.get_absolute_url(), say_more, budget=19)


def test_a_long_feed_is_paged_with_nothing_lost(client, snag, sam):
    at = clock.now()
    SnagComment.objects.bulk_create(
        SnagComment(
            snag=snag, author=sam, audience="internal", body=f"Word {n:03}.", at=at
        )
        for n in range(PAGE + 30)
    )

    newest = text_of(page(client, sam, snag))
    older = text_of(page(client, sam, snag, "?page=2"))

    words = [f"Word {n:03}." for n in range(PAGE + 30)]
    assert [w for w in words if w in newest] == words[30:]
    assert [w for w in words if w in older] == words[:30]
    assert "Show older entries" in newest
    assert "Show older entries" not in older


@pytest.mark.parametrize(("show", "said", "done"), [("talk", 1, 0), ("history", 0, 1)])
def test_the_feed_can_be_narrowed(client, snag, sam, show, said, done):
    talk.comment(snag, body="A word.", actor=sam)

    html = text_of(page(client, sam, snag, f"?a={show}"))

    assert ("A word." in html) == said
    assert ("reported this snag" in html) == done


@pytest.mark.parametrize(
    "query",
    [
        "?page=0&a=x",
        "?page=-1",
        "?page=99999999999999999999999",
        "?seen=1",
        "?seen=a-b",
        "?seen=" + "9" * 5000,
        "?a[]=all&page=1.5",
        "?reported=maybe",
    ],
)
def test_nonsense_in_the_address_changes_nothing(client, snag, sam, query):
    assert page(client, sam, snag, query).status_code == 200
    assert client.get(reverse("snags:clocks", args=[snag.pk]) + query).status_code < 300


def stamps(html):
    found = re.search(r"\?since=([^&]+)&amp;seen=([\d-]+)", html)
    return {"since": found[1], "seen": found[2]}


def test_a_poll_answers_204_until_something_changes(client, live, rob, sam):
    make_contract(live.landscape, p3_response=600, p3_resolution=4800)
    snag = make_snag(live, rob)
    asked = stamps(text_of(page(client, rob, snag)))
    url = reverse("snags:clocks", args=[snag.pk])

    assert client.get(url, asked).status_code == 204
    talk.comment(snag, body="An internal word.", actor=sam, audience="internal")
    assert client.get(url, asked).status_code == 204
    talk.comment(snag, body="A first word.", actor=sam)
    changed = client.get(url, asked)

    assert changed.status_code == 200
    assert "1 new entry" in text_of(changed)
    assert "Met" in text_of(changed)
    assert "A first word." not in text_of(changed)
    again = stamps(text_of(changed))
    assert again["seen"] == asked["seen"]
    assert client.get(url, again).status_code == 204


def test_a_poll_is_cheap(client, live, rob, sam):
    make_contract(live.landscape, p3_response=600, p3_resolution=4800)
    snag = make_snag(live, rob)
    asked = stamps(text_of(page(client, sam, snag)))
    url = reverse("snags:clocks", args=[snag.pk])

    with CaptureQueriesContext(connection) as queries:
        assert client.get(url, asked).status_code == 204

    assert len(queries) <= 11


def test_new_entries_are_marked_once_shown(client, snag, rob, sam):
    asked = stamps(text_of(page(client, rob, snag)))
    talk.comment(snag, body="News.", actor=sam)

    html = text_of(page(client, rob, snag, f"?seen={asked['seen']}"))

    assert html.count('class="fresh"') == 1


def test_the_number_and_what_comes_next_are_told(client, live, rob):
    make_contract(live.landscape, p3_response=600, p3_resolution=4800)
    snag = make_snag(live, rob)

    html = text_of(page(client, rob, snag, "?reported=1"))

    assert f"This is {snag.ref}." in html
    assert "We answer by" in html


def test_every_verb_the_services_log_has_a_sentence(live, rob, sam):
    for verb in SAYINGS:
        told = sentence(verb, {})
        assert told.text
        assert not told.text.endswith(".")

    with pytest.raises(KeyError):
        sentence("teleported", {})


def test_a_snag_is_found_by_what_people_type(snag, rob, sam):
    stranger = make_user("eve", "reporter")

    for text in (snag.ref, f"sn{snag.pk}", f" {snag.pk} ", f"Sn-{snag.pk}"):
        assert snag_by_number(sam, text) == snag
    for text in ("", "SN-", "0", "٣", "9" * 30, f"{snag.pk}; drop", "SN--1"):
        assert snag_by_number(sam, text) is None
    assert snag_by_number(stranger, snag.ref) is None


def test_the_history_of_fields_reads_old_and_new(client, live, rob, sam, mia):
    snag = make_snag(live, rob)
    lifecycle.triage(
        snag,
        actor=sam,
        owner=sam,
        impact=2,
        urgency=2,
        priority=1,
        priority_reason="Board.",
    )
    editing.edit_text(snag, actor=sam, version=None, title="Invoices print thrice")
    client.force_login(mia)

    html = text_of(client.get(reverse("snags:history", args=[snag.pk])))

    for words in (
        "Invoices print twice",
        "Invoices print thrice",
        "<dt>Owner</dt>",
        "<ins>Critical</ins>",
        "<ins>Triaged</ins>",
        "Sam",
    ):
        assert words in html
    beyond = client.get(reverse("snags:history", args=[snag.pk]), {"page": 999})
    assert beyond.status_code == 200


def test_the_history_is_paged_and_costs_the_same(client, same_queries, snag, sam):
    client.force_login(sam)

    def change(count):
        for number in range(count):
            editing.edit_text(
                snag, actor=sam, version=None, title=f"Title {number} of {count}"
            )

    same_queries(reverse("snags:history", args=[snag.pk]), change, budget=12)
    change(60)
    first = client.get(reverse("snags:history", args=[snag.pk]))
    assert text_of(first).count('<li class="card">') == 50


def test_outsiders_have_no_history_of_fields(client, handed, rob, vic):
    for person in (rob, vic):
        client.force_login(person)
        url = reverse("snags:history", args=[handed.pk])
        assert client.get(url).status_code == 403


def test_the_second_writer_keeps_both_texts(client, snag, sam, sue):
    url = reverse("snags:edit", args=[snag.pk])
    read = {"version": snag.version}
    editing.edit_text(snag, actor=sue, version=snag.version, title="Sue's words")
    client.force_login(sam)

    refused = client.post(url, {**read, "title": "Sam's words", "detail": "Mine."})

    html = text_of(refused)
    assert refused.status_code == 409
    assert "Sue&#x27;s words" in html
    assert html.count("Sam&#x27;s words") == 2
    assert Snag.objects.get().title == "Sue's words"
    assert not SnagEvent.objects.filter(actor=sam).exists()

    newer = re.search(r'name="version" value="(\d+)"', html)[1]
    saved = client.post(url, {"version": newer, "title": "Sam's words"})
    assert saved.status_code == 302
    assert Snag.objects.get().title == "Sam's words"


def test_fields_nobody_asked_for_are_ignored(client, snag, sam):
    client.force_login(sam)
    extra = {"status": "closed", "reported_by": sam.pk, "priority": 1, "id": 99}

    client.post(
        reverse("snags:edit", args=[snag.pk]),
        {"version": snag.version, "title": "New words", **extra},
    )

    after = Snag.objects.get()
    assert (after.pk, after.title, after.status) == (snag.pk, "New words", "new")
    assert (after.reported_by_id, after.priority) == (snag.reported_by_id, 3)


def test_the_reporter_rewords_only_until_somebody_looked(client, snag, rob, sam):
    url = reverse("snags:edit", args=[snag.pk])
    client.force_login(rob)
    assert client.get(url).status_code == 200
    lifecycle.triage(snag, actor=sam, owner=sam, impact=2, urgency=2)

    refused = client.post(url, {"version": snag.version, "title": "Too late"})

    assert refused.status_code == 403
    assert Snag.objects.get().title == "Invoices print twice"


def test_similar_resolved_snags_are_shown_to_workers(client, live, rob, sam):
    old = make_snag(
        live,
        rob,
        title="Invoices print twice in Leeds",
        at=clock.now() - timedelta(days=9),
    )
    lifecycle.resolve(old, actor=sam, resolution="no_fault", resolution_note="Tray.")
    snag = make_snag(live, rob)

    assert old.title in text_of(page(client, sam, snag))
    assert old.title not in text_of(page(client, rob, snag))
