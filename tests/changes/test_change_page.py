"""The page of a change: what it offers to whom, and what it keeps from whom."""

import re

from django.urls import reverse

from changes.queries.conflicts import conflicts_of
from changes.services import running, starting
from tests.changes.factories import again, fresh, sign


def page_of(client, user, change):
    client.force_login(user)
    return client.get(change.get_absolute_url()).content.decode()


def test_a_manager_accepts_conditions_where_the_verdict_stands(w, client):
    change = w.tried()
    sign(change, w.dev, w.tom, "conditional", conditions="The logo is green.")

    assert ">Accept<" not in page_of(client, w.rita, change)
    page = page_of(client, w.max, change)
    (accept,) = re.findall(r'action="([^"]*/accept/)"', page)
    answer = client.post(accept, follow=True)

    assert f"Accepted by {w.max.name}." in answer.content.decode()
    assert ">Accept<" not in answer.content.decode()


def test_no_button_invites_to_what_would_be_refused(w, client):
    change = w.change(backout_plan="Short.")

    page = page_of(client, w.rita, change)

    assert "does not say how to back out. Write the back-out plan" in page
    assert not re.search(r'<button class="btn pri">.*?Submit</button>', page)
    assert re.search(r'<button class="btn ">.*?Submit</button>', page)


def test_a_tester_outside_reads_no_other_changes_title(w, client):
    w.submitted("1.0", title="Nobody else's business")
    change = fresh(w.tried("1.1"))
    change.requester = w.tom
    change.save()

    assert conflicts_of(change)
    assert "Nobody else" in page_of(client, w.rita, change).replace("&#x27;", "'")
    assert "Nobody else" not in page_of(client, w.tom, change)


def test_a_slip_of_the_hand_is_no_digest(w, client):
    promotion = starting.start(w.ready(), actor=w.ian)
    for step in promotion.steps.exclude(kind="postcheck").order_by("ordinal"):
        running.do_step(promotion, actor=w.ian, ordinal=step.ordinal, evidence="Seen.")
    client.force_login(w.ian)
    address = reverse("changes:promotion_report", args=[promotion.pk])

    answers = [
        client.post(address, {"sha256": said}) for said in ("", "f00d", "g" * 64)
    ]

    assert [answer.status_code for answer in answers] == [409, 409, 409]
    assert "64 characters" in answers[1].content.decode()
    assert again(promotion).state == "running"

    client.post(address, {"sha256": f"{promotion.sha256.upper()}  -"})

    assert again(promotion).state == "verifying"


def test_a_change_that_is_assessed_is_planned_into_dev_test_first(w, client):
    client.force_login(w.ian)
    url = reverse("changes:promotion_new", args=[w.submitted().pk])

    page = client.get(url).content.decode()

    assert f'<option value="{w.dev.pk}" selected>' in page
    there = client.get(f"{url}?environment={w.live.pk}").content.decode()
    assert f'<option value="{w.live.pk}" selected>' in there
