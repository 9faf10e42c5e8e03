"""Pages of the worklist: who has one, what it costs, how one walks it and keeps it."""

from copy import copy
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from opsdesk.core import clock
from opsdesk.core.models import SavedView
from opsdesk.core.services.saved_views import save_view
from snags.models import Snag
from snags.queries import worklist_counts
from snags.queries.worklist import Asked
from snags.queries.worklist_rows import cursor_of, page_of
from snags.services.lifecycle import start, triage, wait
from tests import factories

LIST = "/snags/"


def seen(response):
    """The snags a page lists, in its order."""
    return [row.pk for group in response.context["page"].groups for row in group.rows]


def titles(response):
    return [
        row.title for group in response.context["page"].groups for row in group.rows
    ]


def put_due(snag, hours, risk=None):
    """Place the cached instants: what the list sorts by and nothing else."""
    now = clock.now()
    Snag.objects.filter(pk=snag.pk).update(
        next_due_at=None if hours is None else now + timedelta(hours=hours),
        at_risk_from=None if risk is None else now + timedelta(hours=risk),
    )


@pytest.fixture
def as_mia(client, mia):
    client.force_login(mia)
    return client


def bulk(client, rows, **data):
    return client.post(
        reverse("snags:bulk"), {"ids": [row.pk for row in rows], **data}, follow=True
    )


def told(response):
    return [str(message) for message in response.context["messages"]]


def news(client, since, shown):
    on = ",".join(str(pk) for pk in shown)
    return client.get(
        f"{LIST}changes/", {"since": since.isoformat(), "on": on, "view": "open"}
    )


def test_a_paused_clock_shows_what_is_left_of_it(as_mia, live, sam, rob):
    factories.make_contract(live.landscape, p3_resolution=480)
    snag = factories.make_snag(live, rob)
    triage(snag, actor=sam, owner=sam, impact=2, urgency=2)
    start(snag, actor=sam)
    wait(snag, actor=sam, waiting_for="reporter", body="Which printer?")

    page = as_mia.get(LIST).context["page"]

    assert [group.name for group in page.groups] == ["paused"]
    assert "8 h 00 m" in page.groups[0].rows[0].clock


def test_what_is_late_is_counted_among_however_many_rows(live, rob):
    """Six hundred rows that are not late do not hide the three that are."""
    sales = factories.make_party("Sales")
    dee = factories.make_user("dee", "support", scope=sales)
    row = factories.make_snag(live, rob)
    row.department = sales
    rows = [copy(row) for _ in range(603)]
    for late in rows[-3:]:
        late.next_due_at = clock.now() - timedelta(hours=1)
    rows[-1].status, rows[-1].owner = "triaged", dee
    for each in rows:
        each.pk = None
    Snag.objects.bulk_create(rows)

    _, counts = worklist_counts.tab_counts(dee)

    assert counts == {"open": 100, "mine": 1, "hot": 3, "waiting": 0, "new": 100}


# --- Pages


@pytest.mark.parametrize("who", ["mia", "dee"])
def test_pages_hold_every_row_once_whichever_way_one_walks(
    live, rob, mia, who, monkeypatch
):
    monkeypatch.setattr("snags.queries.worklist_rows.PAGE", 3)
    sales = factories.make_party("Sales")
    dee = factories.make_user("dee", "support", scope=sales)
    user = {"mia": mia, "dee": dee}[who]
    for number in range(11):
        snag = factories.make_snag(live, rob, title=f"Number {number}")
        put_due(snag, None if number % 3 == 0 else number % 2)
    Snag.objects.update(department=sales)
    every, now = sorted(Snag.objects.values_list("pk", flat=True)), clock.now()

    for sort in ("due", "newest", "oldest", "priority", "changed"):
        forward, cursor = [], ""
        while True:
            page = page_of(user, Asked(sort=sort, cursor=cursor_of(cursor)), now)
            forward.append([row.pk for group in page.groups for row in group.rows])
            if not page.older:
                break
            cursor = page.older
        back, cursor = [forward[-1]], page.newer
        while cursor:
            page = page_of(user, Asked(sort=sort, cursor=cursor_of(cursor)), now)
            back.insert(0, [row.pk for group in page.groups for row in group.rows])
            cursor = page.newer

        rows = [pk for part in forward for pk in part]
        assert len(forward) == 4, sort
        assert sorted(rows) == every, sort
        assert [pk for part in back for pk in part][-len(rows) :] == rows, sort


def test_a_row_that_arrives_meanwhile_moves_no_other(live, rob, mia, monkeypatch):
    monkeypatch.setattr("snags.queries.worklist_rows.PAGE", 2)
    for number in range(4):
        put_due(factories.make_snag(live, rob), number + 1)
    first = page_of(mia, Asked(), clock.now())

    put_due(factories.make_snag(live, rob), 0.5)
    second = page_of(mia, Asked(cursor=cursor_of(first.older)), clock.now())

    assert not set(first.ids) & set(second.ids)
    assert len(second.ids) == 2


# --- Who


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("rob", 403),
        ("vic", 403),
        ("sam", 200),
        ("mia", 200),
        ("ada", 200),
        ("ann", 200),
        ("tim", 200),
        ("bea", 200),
        ("amy", 200),
    ],
)
def test_the_worklist_is_for_internal_people(client, request, live, who, status):
    client.force_login(request.getfixturevalue(who))

    for url in (LIST, f"{LIST}export.csv", f"{LIST}views/save/", f"{LIST}lists/"):
        assert client.get(url).status_code == status
    assert client.get(f"{LIST}changes/").status_code == (
        status if status == 403 else 204
    )


def test_a_department_and_ones_own_are_all_that_a_limited_person_lists(
    client, live, rob, mia
):
    sales, stock = factories.make_party("Sales"), factories.make_party("Stock")
    dee = factories.make_user("dee", "support", scope=sales)
    theirs, foreign, owned = (factories.make_snag(live, rob) for _ in range(3))
    own = factories.make_snag(live, dee)
    Snag.objects.filter(pk=theirs.pk).update(department=sales)
    Snag.objects.filter(pk__in=[foreign.pk, owned.pk, own.pk]).update(department=stock)
    Snag.objects.filter(pk=owned.pk).update(owner=dee)
    client.force_login(dee)

    assert set(seen(client.get(LIST))) == {theirs.pk, owned.pk, own.pk}
    assert seen(client.get(f"{LIST}?q={foreign.ref}")) == []
    assert set(Snag.objects.visible_to(dee)) == {theirs, owned, own}


def test_only_those_who_work_on_snags_may_tick_them(client, live, rob, amy, mia):
    factories.make_snag(live, rob)

    client.force_login(amy)
    assert 'class="pick"' not in client.get(LIST).content.decode()
    assert client.post(f"{LIST}bulk/", {"do": "take"}).status_code == 403
    client.force_login(mia)
    assert 'class="pick"' in client.get(LIST).content.decode()


# --- Cost


def test_the_list_costs_htmx_the_same_for_two_rows_and_eight(
    client, live, rob, sam, same_queries
):
    client.force_login(sam)
    client.defaults["HTTP_HX_REQUEST"] = "true"

    def add(count):
        for _ in range(count):
            factories.make_snag(live, rob)

    same_queries(f"{LIST}?status=new", add, budget=8)


@pytest.mark.parametrize("query", ["", "?view=hot", "?view=mine", "?sort=changed"])
def test_the_list_costs_the_same_for_two_rows_and_eight(
    client, live, rob, sam, same_queries, query
):
    factories.make_contract(live.landscape, p3_response=60, p3_resolution=480)
    client.force_login(sam)

    def add(count):
        for _ in range(count):
            snag = factories.make_snag(live, rob)
            start(snag, actor=sam)
            put_due(snag, -1, -2)

    same_queries(f"{LIST}{query}", add, budget=10)


# --- News


def test_news_of_what_one_may_not_see_is_no_news(client, live, rob):
    sales = factories.make_party("Sales")
    client.force_login(factories.make_user("dee", "support", scope=sales))
    foreign = factories.make_snag(live, rob)

    since = clock.now() - timedelta(minutes=1)

    assert news(client, since, [foreign.pk]).status_code == 204


# --- Saved views


def test_a_view_is_saved_with_what_it_knows_and_nothing_else(as_mia, live, mia):
    url = f"{LIST}views/save/?view=hot&priority=1&priority=2&q=tax&evil=1&sort=newest"

    response = as_mia.post(url, {"name": "Pressing tax", "is_shared": "on"})

    view = SavedView.objects.get()
    assert response["Location"] == f"{LIST}?{view.query}"
    assert (view.owner, view.name, view.is_shared) == (mia, "Pressing tax", True)
    assert view.query == "view=hot&q=tax&sort=newest&priority=1&priority=2"


def test_shared_views_are_everybodys_and_private_ones_ones_own(as_mia, live, mia, sam):
    for owner, name, shared in ((mia, "Mine", False), (sam, "His", False)):
        save_view(owner=owner, screen="snags", name=name, query="", is_shared=shared)
    ours = save_view(
        owner=sam, screen="snags", name="Ours", query="view=hot", is_shared=True
    )

    page = as_mia.get(f"{LIST}?view=hot")

    assert [view.name for view in page.context["saved"]] == ["Mine", "Ours"]
    assert page.context["current"] == ours


def test_a_view_needs_a_name(as_mia, live):
    response = as_mia.post(f"{LIST}views/save/?view=hot", {"name": " "})

    assert response.status_code == 422
    assert not SavedView.objects.exists()


def test_a_private_view_of_somebody_else_cannot_be_found_to_delete(
    client, live, mia, sam
):
    view = save_view(owner=mia, screen="snags", name="Mine", query="")
    client.force_login(sam)

    assert client.post(f"{LIST}views/{view.pk}/delete/").status_code == 404
    assert SavedView.objects.count() == 1

    client.force_login(mia)
    assert client.post(f"{LIST}views/{view.pk}/delete/").status_code == 302
    assert not SavedView.objects.exists()


# --- Many at once


def test_rows_one_may_not_see_cannot_be_ticked(client, live, rob):
    dee = factories.make_user("dee", "support", scope=factories.make_party("Sales"))
    foreign = factories.make_snag(live, rob)
    client.force_login(dee)

    bulk(client, [foreign], do="take")

    foreign.refresh_from_db()
    assert (foreign.owner, foreign.status) == (None, "new")


def test_nobody_lists_anything_before_logging_in(live):
    response = Client().get(LIST)

    assert response.status_code == 302
    assert "login" in response["Location"]
