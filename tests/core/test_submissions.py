"""One POST, one effect: double clicks, two tabs, lost answers."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from opsdesk.core import clock, submissions
from opsdesk.core.models import Duty, Submission
from opsdesk.core.submissions import KeyReusedError, StillRunningError
from tests.factories import make_user

pytestmark = pytest.mark.django_db
NEW = "/inbox/duties/new/"


def fields(owner, **extra):
    return {
        "title": "Test the backup",
        "owner": owner.pk,
        "due_at": "2099-01-05T09:00",
        "form_token": "one",
        **extra,
    }


def said(response):
    return [str(message) for message in response.wsgi_request._messages]


def test_a_double_click_does_it_once_and_lands_where_the_first_did(client, sam):
    client.force_login(sam)

    first = client.post(NEW, fields(sam))
    second = client.post(NEW, fields(sam))

    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"] == reverse("core:inbox")
    assert Duty.objects.count() == 1
    assert "nothing was done twice" in said(second)[-1]


def test_another_form_of_the_same_words_is_another_deed(client, sam):
    client.force_login(sam)

    client.post(NEW, fields(sam))
    client.post(NEW, fields(sam, form_token="two"))

    assert Duty.objects.count() == 2


def test_a_form_with_mistakes_can_be_corrected_and_sent_again(client, sam):
    client.force_login(sam)

    wrong = client.post(NEW, fields(sam, title=""))
    assert wrong.status_code == 422
    assert not Submission.objects.exists()
    assert client.post(NEW, fields(sam)).status_code == 302

    assert Duty.objects.count() == 1


def test_a_refusal_gives_the_token_back(client, sam, sue):
    """A rule that is broken now may be kept later; nothing of the try remains."""
    duty = Duty.objects.create(
        kind="task", title="Once", owner=sam, due_at=clock.now(), done_at=clock.now()
    )
    client.force_login(sam)

    client.post(reverse("core:duty_done", args=[duty.pk]), {"form_token": "one"})

    assert not Submission.objects.exists()


def test_anothers_token_is_no_obstacle(client, sam, sue):
    for person in (sam, sue):
        client.force_login(person)
        assert client.post(NEW, fields(sam)).status_code == 302

    assert Duty.objects.count() == 2


def test_a_token_of_another_page_is_refused(client, sam):
    client.force_login(sam)
    client.post(NEW, fields(sam))
    duty = Duty.objects.get()

    answer = client.post(
        reverse("core:duty_done", args=[duty.pk]), {"form_token": "one"}
    )

    assert "already used for another request" in said(answer)[-1]
    assert Duty.objects.get().done_at is None


def test_a_token_nobody_handed_out_is_refused(client, sam):
    client.force_login(sam)

    answer = client.post(NEW, fields(sam, form_token="x" * 241))

    assert answer.status_code == 400
    assert not Duty.objects.exists()


def test_without_a_token_a_form_works_as_ever(client, sam):
    client.force_login(sam)

    client.post(NEW, fields(sam, form_token=""))

    assert Duty.objects.count() == 1
    assert not Submission.objects.exists()


def test_the_answer_is_kept_with_the_key(sam):
    assert submissions.claim(sam, "k", "d") is None
    submissions.finish(sam, "k", location="/snags/1/", status=201, body="{}")

    first = submissions.claim(sam, "k", "d")

    assert (first.location, first.status, first.body) == ("/snags/1/", 201, "{}")
    with pytest.raises(KeyReusedError):
        submissions.claim(sam, "k", "another")


def test_a_long_address_is_kept_without_its_question(sam):
    submissions.claim(sam, "k", "d")

    submissions.finish(sam, "k", location="/snags/?q=" + "x" * 600)

    assert Submission.objects.get().location == "/snags/"


def test_old_keys_are_forgotten_in_batches(sam):
    for n in range(5):
        submissions.claim(sam, f"k{n}", "d")
    old = Submission.objects.exclude(key="k4")
    old.update(created_at=clock.now() - submissions.KEPT_FOR - timedelta(minutes=1))

    assert submissions.forget_old(limit=3) == 3
    assert submissions.forget_old(limit=3) == 1
    assert submissions.forget_old(limit=3) == 0
    assert Submission.objects.get().key == "k4"


def together(*calls):
    """Run the calls at the same moment, each on a connection of its own."""
    start, answers = threading.Barrier(len(calls)), []

    def run(call):
        start.wait()
        answers.append(call())
        connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_two_posts_at_once_do_it_once():
    sam = make_user("sam", "support")
    clients = [Client(), Client()]
    for one in clients:
        one.force_login(sam)

    answers = together(*(lambda one=one: one.post(NEW, fields(sam)) for one in clients))

    assert {a["Location"] for a in answers} == {reverse("core:inbox")}
    assert Duty.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_waited_too_long_for_the_first_is_told_so():
    sam = make_user("sam", "support")
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            submissions.claim(sam, "k", "d")
            held.set()
            done.wait(10)
        connection.close()

    first = threading.Thread(target=hold)
    first.start()
    held.wait(10)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    with pytest.raises(StillRunningError):
        submissions.claim(sam, "k", "d")
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")
    done.set()
    first.join()

    assert Submission.objects.count() == 1
