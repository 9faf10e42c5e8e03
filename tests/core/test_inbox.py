"""The inbox, duties and the outbox as pages: who sees what, and at what cost."""

from datetime import timedelta

import pytest
from django.urls import reverse

from opsdesk.core import clock
from opsdesk.core.models import Duty, Message, Notification
from opsdesk.core.services import duties, inbox
from opsdesk.core.services.outbox import Note, notify

pytestmark = pytest.mark.django_db
PAGE = "/inbox/"
NEW = "/inbox/duties/new/"


def told(person, key="k", **extra):
    notify([person], Note(key=key, title=f"Title of {key}", **extra))
    return Notification.objects.get(recipient=person, key=key)


def owed(owner, **extra):
    due_at = clock.now() + timedelta(hours=1)
    fields = {"kind": "task", "title": "Test the backup", "due_at": due_at, **extra}
    return duties.owe(owner=owner, **fields)


def text(response):
    return response.content.decode()


def by(client, person):
    client.force_login(person)
    return client


def test_it_shows_what_one_owes_and_was_told_and_nothing_of_others(client, sam, sue):
    told(sam, "mine")
    told(sue, "theirs")
    owed(sam, title="My backup")
    owed(sue, title="Their backup", deputy=sam)
    owed(sue, title="Only theirs")

    html = text(by(client, sam).get(PAGE))

    for words in ("Title of mine", "My backup", "Their backup"):
        assert words in html
    for words in ("Title of theirs", "Only theirs"):
        assert words not in html


def test_an_empty_inbox_says_what_will_come(client, rob):
    html = text(by(client, rob).get(PAGE))

    assert "Nothing yet." in html
    assert "New duty" not in html


def test_reading_the_inbox_changes_nothing(client, sam):
    note = told(sam, url="/inbox/")

    for _ in range(2):
        by(client, sam).get(PAGE)
    client.get(reverse("core:read", args=[note.pk]))

    assert Notification.objects.get().read_at is None


def test_a_line_leads_where_it_points_and_is_read_with_all_that_point_there(
    client, sam, sue
):
    note = told(sam, "one", url="/snags/1/")
    told(sam, "same", url="/snags/1/")
    told(sam, "else", url="/snags/2/")
    told(sue, "one", url="/snags/1/")

    answer = by(client, sam).post(reverse("core:read", args=[note.pk]))

    assert answer["Location"] == "/snags/1/"
    unread = Notification.objects.filter(read_at=None).order_by("pk")
    assert [(n.recipient, n.key) for n in unread] == [(sam, "else"), (sue, "one")]


def test_a_line_that_leads_nowhere_is_read_alone(client, sam):
    note = told(sam, "one")
    told(sam, "two")

    answer = by(client, sam).post(reverse("core:read", args=[note.pk]))

    assert answer["Location"] == PAGE
    assert Notification.objects.get(read_at=None).key == "two"


def test_reading_again_keeps_when_it_was_read(sam):
    note = told(sam)
    assert inbox.mark_read(note, actor=sam) == 1
    Notification.objects.update(read_at=clock.now() - timedelta(days=1))
    before = Notification.objects.get().read_at

    assert inbox.mark_read(note, actor=sam) == 0
    assert Notification.objects.get().read_at == before


def test_anothers_line_is_not_there(client, sam, sue):
    note = told(sue)

    assert by(client, sam).post(reverse("core:read", args=[note.pk])).status_code == 404
    assert Notification.objects.get().read_at is None


def test_all_of_ones_own_can_be_read_at_once(client, sam, sue):
    for key in "abc":
        told(sam, key)
    told(sue)

    by(client, sam).post(reverse("core:read_all"))
    client.post(reverse("core:read_all"))

    assert Notification.objects.get(read_at=None).recipient == sue


@pytest.mark.parametrize("query", ["page=2", "page=99", "page=x", "page=-1", "page="])
def test_any_page_asked_for_is_answered(client, sam, query):
    for n in range(51):
        told(sam, f"k{n}")

    assert by(client, sam).get(f"{PAGE}?{query}").status_code == 200
    assert "Title of k0<" in text(client.get(f"{PAGE}?page=2"))


def test_the_inbox_costs_the_same_for_few_and_many(client, same_queries, mia, sam):
    client.force_login(mia)

    def more(count):
        for _ in range(count):
            n = Notification.objects.count()
            told(mia, f"k{n}")
            owed(mia, deputy=sam)
            late = owed(sam)
            Duty.objects.filter(pk=late.pk).update(step=Duty.Step.MANAGER)

    same_queries(PAGE, more, budget=11)


def test_duties_are_paged_like_everything_else(client, mia, sam):
    for number in range(51):
        owed(mia, title=f"Mine {number}.")
        late = owed(sam, title=f"Theirs {number}.")
        Duty.objects.filter(pk=late.pk).update(step=Duty.Step.MANAGER)

    first = text(by(client, mia).get(PAGE))
    second = text(client.get(f"{PAGE}?owed=2&late=2"))

    assert ("Mine 50." in first, "Theirs 50." in first) == (False, False)
    assert ("Mine 50." in second, "Theirs 50." in second) == (True, True)
    assert first.count("1–50 of 51") == 2
    assert 'href="?owed=1&amp;late=2"' in second


def test_no_pager_counts_past_its_bound(client, mia, ada, monkeypatch):
    monkeypatch.setattr("opsdesk.core.paging.MOST", 100)
    for number in range(101):
        told(mia, f"k{number}")

    first = text(by(client, mia).get(PAGE))
    last = text(client.get(f"{PAGE}?page=99"))
    outbox = text(by(client, ada).get(reverse("core:outbox")))

    assert "1–50 of 100+" in first
    assert "51–100 of 100+" in last
    assert "Title of k1<" in last
    assert "Title of k0<" not in last
    assert "1–50 of 100+" in outbox


def test_what_was_read_long_ago_is_forgotten_and_nothing_else(mia):
    now = clock.now()
    for key, days in {"old": 91, "new": 89, "unread": None}.items():
        note = told(mia, key)
        read_at = days and now - timedelta(days=days)
        Notification.objects.filter(pk=note.pk).update(
            created_at=now - timedelta(days=100), read_at=read_at
        )

    assert (inbox.forget_old(), inbox.forget_old()) == (1, 0)
    assert set(Notification.objects.values_list("key", flat=True)) == {"new", "unread"}


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("sam", 200),
        ("mia", 200),
        ("ada", 200),
        ("rob", 403),
        ("ann", 403),
        ("vic", 403),
    ],
)
def test_who_may_give_duties(client, request, who, status):
    assert by(client, request.getfixturevalue(who)).get(NEW).status_code == status


def given(sam, **extra):
    fields = {"title": "Test it", "owner": sam.pk, "due_at": "2099-01-05T09:00"}
    return {**fields, **extra}


def test_a_duty_is_given_with_its_deputy_and_cadence(client, sam, sue, mia):
    answer = by(client, mia).post(NEW, given(sam, deputy=sue.pk, every_days=7))

    assert answer["Location"] == PAGE
    duty = Duty.objects.get()
    assert (duty.owner, duty.deputy, duty.every_days) == (sam, sue, 7)
    assert (duty.kind, duty.title) == ("task", "Test it")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": ""}, "required"),
        ({"title": "x" * 201}, "at most 200"),
        ({"owner": "999999"}, "valid choice"),
        ({"owner": "abc"}, "valid choice"),
        ({"due_at": "2020-01-01T09:00"}, "from now on"),
        ({"due_at": "2100-01-01T09:00"}, "before 2100"),
        ({"due_at": "9999-12-31T23:59"}, "before 2100"),
        ({"due_at": "tomorrow"}, "valid date"),
        ({"every_days": "0"}, "greater than or equal to 1"),
        ({"every_days": "731"}, "less than or equal to 730"),
        ({"deputy": "owner"}, "somebody else"),
    ],
)
def test_a_duty_that_makes_no_sense_is_refused(client, sam, wrong, sentence):
    if wrong.get("deputy"):
        wrong = {"deputy": sam.pk}

    answer = by(client, sam).post(NEW, given(sam, **wrong))

    assert answer.status_code == 422
    assert sentence in text(answer)
    assert not Duty.objects.exists()


def test_nobody_outside_the_desk_can_be_given_one(client, sam, rob, vic):
    for person in (rob, vic):
        assert by(client, sam).post(NEW, given(person)).status_code == 422
    assert not Duty.objects.exists()


def test_owner_and_deputy_say_it_is_done(client, sam, sue):
    for person in (sam, sue):
        duty = owed(sam, deputy=sue)
        answer = by(client, person).post(reverse("core:duty_done", args=[duty.pk]))
        assert answer["Location"] == PAGE
        assert Duty.objects.get(pk=duty.pk).done_by == person


def test_to_all_others_anothers_duty_is_not_there(client, sam, sue, ada, rob, mia):
    duty = owed(sam)
    for person in (sue, ada, rob, mia):
        answer = by(client, person).post(reverse("core:duty_done", args=[duty.pk]))
        assert answer.status_code == 404

    assert Duty.objects.open().get() == duty


def test_what_a_change_is_owed_is_settled_on_its_page_not_in_the_inbox(
    client, sam, mia
):
    duty = owed(sam, kind="change_review", url="/changes/7/")
    Duty.objects.update(step=Duty.Step.MANAGER)
    done = reverse("core:duty_done", args=[duty.pk])

    for person in (sam, mia):
        html = text(by(client, person).get(PAGE))
        assert 'class="btn sm" href="/changes/7/"' in html
        assert done not in html
        assert client.post(done).status_code == 404

    assert Duty.objects.open().get() == duty


def test_what_climbed_to_the_managers_is_theirs_to_settle(client, sam, mia, ada):
    duty = owed(sam, title="Sync the standby")
    Duty.objects.update(step=Duty.Step.MANAGER)
    assert "Sync the standby" not in text(by(client, ada).get(PAGE))

    html = text(by(client, mia).get(PAGE))
    assert "Late with others" in html
    assert "Sam owes it" in html
    client.post(reverse("core:duty_done", args=[duty.pk]), {"note": "Sam is ill."})

    duty.refresh_from_db()
    assert (duty.done_by, duty.note) == (mia, "Sam is ill.")


def dead(key="dead"):
    return Message.objects.create(
        key=key,
        to="x@example.org",
        subject="Your deadline",
        body="Secret body.",
        attempts=8,
        dead_at=clock.now(),
        last_error="SMTPRecipientsRefused: no such mailbox",
    )


@pytest.mark.parametrize(
    ("who", "sees", "mends"),
    [
        ("ada", 200, 302),
        ("ann", 200, 302),
        ("amy", 200, 403),
        ("mia", 403, 403),
        ("sam", 403, 403),
        ("rob", 403, 403),
        ("vic", 403, 403),
        ("tim", 403, 403),
    ],
)
def test_who_sees_the_outbox_and_who_may_try_again(client, request, who, sees, mends):
    message = dead()
    client.force_login(request.getfixturevalue(who))

    page = client.get(reverse("core:outbox"))
    answer = client.post(reverse("core:message_retry", args=[message.pk]))

    assert (page.status_code, answer.status_code) == (sees, mends)
    assert ("Try again" in text(page)) == (mends == 302)
    assert "Secret body." not in text(page)
    assert Message.objects.dead().exists() == (mends != 302)


def test_only_dead_letters_are_tried_again(client, ada):
    message = dead()
    Message.objects.update(dead_at=None)
    url = reverse("core:message_retry", args=[message.pk])

    answer = by(client, ada).post(url, headers={"referer": "http://testserver/inbox/"})

    assert answer["Location"] == "http://testserver/inbox/"
    assert Message.objects.get().attempts == 8


def test_the_outbox_costs_the_same_for_few_and_many(client, same_queries, ada):
    client.force_login(ada)

    def more(count):
        for _ in range(count):
            dead(f"k{Message.objects.count()}")

    same_queries(reverse("core:outbox"), more, budget=8)


def test_dead_letters_stand_apart_from_what_left(client, ada):
    dead()
    Message.objects.create(
        key="sent", to="y@example.org", subject="Good news", sent_at=clock.now()
    )

    page = by(client, ada).get(reverse("core:outbox"))

    assert [row.subject for row in page.context["dead"]] == ["Your deadline"]
    assert [row.subject for row in page.context["page"]] == ["Good news"]
