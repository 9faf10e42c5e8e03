"""The page of a change: what it offers to whom, and what it keeps from whom."""

import re

import pytest

from changes.queries.conflicts import conflicts_of
from tests.changes.factories import World, fresh, sign


@pytest.fixture
def w(live):
    return World(live)


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
