import re
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
from snags.queries.worklist import COLUMNS, Asked
from snags.queries.worklist_rows import cursor_of, page_of
from snags.services.lifecycle import resolve, start, triage, wait
from snags.services.talk import comment
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
def five(live, rob):
    """Late, soon due, on track, and two without a deadline."""
    rows = [
        factories.make_snag(live, rob, title=title)
        for title in ("Late", "Soon", "Fine", "Bare one", "Bare two")
    ]
    put_due(rows[0], -1, -3)
    put_due(rows[1], 1, -1)
    put_due(rows[2], 50, 30)
    return rows


@pytest.fixture
def as_mia(client, mia):
    client.force_login(mia)
    return client


# --- What a page shows


def test_snags_are_sorted_by_next_due_and_grouped_by_their_clock(as_mia, five):
    page = as_mia.get(LIST).context["page"]

    assert [(g.name, g.count, len(g.rows)) for g in page.groups] == [
        ("breached", "1", 1),
        ("risk", "1", 1),
        ("ok", "1", 1),
        ("none", "2", 2),
    ]
    assert page.older == page.newer == ""


def test_the_pill_says_what_is_left_and_ticks(as_mia, five):
    text = as_mia.get(LIST).content.decode()

    assert '<span class="w">over</span>' in text
    assert text.count("data-count") == 3
    assert text.count("No target") == 2


def test_a_paused_clock_shows_what_is_left_of_it(as_mia, live, sam, rob):
    factories.make_contract(live.landscape, p3_resolution=480)
    snag = factories.make_snag(live, rob)
    triage(snag, actor=sam, owner=sam, impact=2, urgency=2)
    start(snag, actor=sam)
    wait(snag, actor=sam, waiting_for="reporter", body="Which printer?")

    page = as_mia.get(LIST).context["page"]

    assert [group.name for group in page.groups] == ["paused"]
    assert "8 h 00 m" in page.groups[0].rows[0].clock


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("open", {"Late", "Soon", "Fine", "Bare one", "Bare two"}),
        ("hot", {"Late", "Soon"}),
        ("mine", set()),
        ("waiting", set()),
        ("new", {"Late", "Soon", "Fine", "Bare one", "Bare two"}),
        ("all", {"Late", "Soon", "Fine", "Bare one", "Bare two", "Done"}),
    ],
)
def test_each_tab_shows_its_rows(as_mia, five, live, rob, sam, view, expected):
    done = factories.make_snag(live, rob, title="Done")
    resolve(done, actor=sam, resolution="configuration", resolution_note="Set right.")

    assert set(titles(as_mia.get(f"{LIST}?view={view}"))) == expected


def test_tabs_are_counted_to_the_cap(as_mia, five, mia, monkeypatch):
    now, counts = worklist_counts.tab_counts(mia)

    assert abs(now - clock.now()) < timedelta(minutes=1)
    assert counts == {"open": 5, "mine": 0, "hot": 2, "waiting": 0, "new": 5}

    monkeypatch.setattr(worklist_counts, "COUNT_CAP", 3)
    assert worklist_counts.tab_counts(mia)[1]["open"] == 3


def test_somebody_of_one_department_is_counted_within_it(live, rob, five):
    sales = factories.make_party("Sales")
    dee = factories.make_user("dee", "support", scope=sales)
    Snag.objects.filter(title__in=["Late", "Bare one"]).update(department=sales)

    _, counts = worklist_counts.tab_counts(dee)

    assert counts == {"open": 2, "mine": 0, "hot": 1, "waiting": 0, "new": 2}


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


# --- Filters


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("clock=breached", {"Late"}),
        ("clock=risk&clock=ok", {"Soon", "Fine"}),
        ("clock=none", {"Bare one", "Bare two"}),
        ("status=triaged", {"Fine"}),
        ("status=triaged&clock=breached", set()),
        ("priority=3", {"Late", "Soon", "Fine", "Bare one", "Bare two"}),
        ("priority=1", set()),
        ("owner=none", {"Late", "Soon", "Bare one", "Bare two"}),
        ("kind=fault&priority=3&clock=risk", {"Soon"}),
        ("status=closed", set()),
    ],
)
def test_filters_narrow_together(as_mia, five, sam, query, expected):
    triage(five[2], actor=sam, owner=sam, impact=2, urgency=2)
    put_due(five[2], 50, 30)

    assert set(titles(as_mia.get(f"{LIST}?{query}"))) == expected


def test_the_filters_of_a_search_count_what_the_page_shows(as_mia, five, live, rob):
    def counts(query):
        facets = as_mia.get(f"{LIST}?{query}").context["facets"]
        return {o.value: o.count for f in facets if f.name == "kind" for o in f.options}

    for _ in range(52):
        factories.make_snag(live, rob, title="Totals differ")

    assert counts("q=totals") == {"fault": "50+"}
    assert counts("q=totals&sort=newest&at=a.-.1") == {"fault": "52"}
    assert counts("q=totals&kind=fault") == {"fault": "52"}
    assert counts(f"q={five[0].ref}") == {"fault": "1"}
    assert counts("q=nothinglikeit") == {}


def test_filters_by_rows_of_other_tables_narrow_too(as_mia, five, live, sam):
    triage(five[0], actor=sam, owner=sam, impact=2, urgency=2)
    lists = five[0].snaglist_id

    assert seen(as_mia.get(f"{LIST}?owner={sam.pk}")) == [five[0].pk]
    assert len(seen(as_mia.get(f"{LIST}?snaglist={lists}"))) == 5
    assert len(seen(as_mia.get(f"{LIST}?environment={live.pk}"))) == 5
    assert seen(as_mia.get(f"{LIST}?environment={live.pk + 1}")) == []


def test_a_chosen_filter_still_offers_its_other_values(as_mia, five, sam):
    triage(five[0], actor=sam, owner=sam, impact=2, urgency=2)

    facets = as_mia.get(f"{LIST}?status=triaged").context["facets"]
    status = next(facet for facet in facets if facet.name == "status")
    owner = next(facet for facet in facets if facet.name == "owner")

    assert [(o.value, o.count, o.is_chosen) for o in status.options] == [
        ("new", "4", False),
        ("triaged", "1", True),
    ]
    assert [(o.label, o.count) for o in owner.options] == [("Sam", "1")]


@pytest.mark.parametrize(
    "query",
    [
        "view=nonsense&sort=sideways&at=a.b.c&status=flying&priority=99",
        "owner=99999999999999999999999&team=-1&module=1.5&process=%F0%9F%90%9B",
        "at=a.99999999999999999.1&at=b..",
        "at=a.9999999999999999.9999999999999999",
        "sort=priority&at=a.9999999999999999.1",
        "sort=changed&at=b.n.5&clock=yesterday",
        "q=%27%22%28%3A*%26%7C%21%29",
        "q=" + "x" * 500,
        "status=" + "&status=".join(["new"] * 60),
        "owner=" + "&owner=".join(map(str, range(200))),
    ],
)
def test_nonsense_in_the_address_counts_as_nothing(as_mia, five, query):
    assert as_mia.get(f"{LIST}?{query}").status_code == 200
    assert as_mia.get(f"{LIST}changes/?{query}&since=2026-99-99").status_code == 204


def test_finished_snags_are_sorted_only_as_an_index_finds_them(as_mia, five):
    page = as_mia.get(f"{LIST}?view=all&sort=due")

    assert page.context["asked"].order.name == "newest"
    offered = [order.name for order in page.context["orders"]]
    assert offered == ["newest", "oldest"]
    assert len(as_mia.get(LIST).context["orders"]) == 5


def test_a_part_is_answered_to_htmx_and_the_page_to_people(as_mia, five):
    part = as_mia.get(LIST, headers={"HX-Request": "true"})

    assert "<html" not in part.content.decode()
    assert seen(part) == seen(as_mia.get(LIST))
    assert "HX-Request" in part["Vary"]


# --- Pages


@pytest.mark.parametrize("sort", ["due", "newest", "oldest", "priority", "changed"])
@pytest.mark.parametrize("who", ["mia", "dee"])
def test_pages_hold_every_row_once_whichever_way_one_walks(
    live, rob, mia, sort, who, monkeypatch
):
    monkeypatch.setattr("snags.queries.worklist_rows.PAGE", 3)
    sales = factories.make_party("Sales")
    dee = factories.make_user("dee", "support", scope=sales)
    user = {"mia": mia, "dee": dee}[who]
    for number in range(11):
        snag = factories.make_snag(live, rob, title=f"Number {number}")
        put_due(snag, None if number % 3 == 0 else number % 2)
    Snag.objects.update(department=sales)
    now = clock.now()

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
    assert len(forward) == 4
    assert sorted(rows) == sorted(Snag.objects.values_list("pk", flat=True))
    assert [pk for part in back for pk in part][-len(rows) :] == rows


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


def test_a_filter_brings_the_counts_beside_all_filters(as_mia, five):
    part = as_mia.get(f"{LIST}?priority=3&sort=newest", headers={"HX-Request": "true"})

    html = part.content.decode()
    whole = as_mia.get(f"{LIST}?priority=3&sort=newest").content.decode()
    fresh = re.findall(
        r'<div id="(o-\w+)" hx-swap-oob="true">(.*?)</div>', html, re.DOTALL
    )
    assert [name for name, _ in fresh] == [f"o-{name}" for name in COLUMNS]
    for name, options in fresh:
        assert f'<div id="{name}">{options}</div>' in whole
    assert '<span id="sorted-by" hx-swap-oob="true">Newest</span>' in html


def test_the_next_page_leaves_the_counts_alone(as_mia, five):
    url = f"{LIST}?sort=newest&at=a.-.{five[0].pk}"
    part = as_mia.get(url, headers={"HX-Request": "true"})

    assert 'id="o-status"' not in part.content.decode()


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


def news(client, since, shown):
    on = ",".join(str(pk) for pk in shown)
    return client.get(
        f"{LIST}changes/", {"since": since.isoformat(), "on": on, "view": "open"}
    )


def test_an_open_list_hears_nothing_while_nothing_changes(as_mia, five):
    Snag.objects.update(updated_at=clock.now() - timedelta(minutes=5))

    assert news(as_mia, clock.now(), [s.pk for s in five]).status_code == 204


def test_an_open_list_hears_how_many_changed(as_mia, five, live, rob, sam):
    since = clock.now() - timedelta(minutes=1)
    Snag.objects.update(updated_at=since - timedelta(minutes=5))
    comment(five[0], body="I am on it.", actor=sam)
    resolve(five[1], actor=sam, resolution="configuration", resolution_note="Done.")
    factories.make_snag(live, rob, title="New")

    response = news(as_mia, since, [s.pk for s in five])

    assert response.status_code == 200
    assert "3 snags changed" in response.content.decode()


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


def bulk(client, rows, **data):
    return client.post(
        reverse("snags:bulk"), {"ids": [row.pk for row in rows], **data}, follow=True
    )


def told(response):
    return [str(message) for message in response.context["messages"]]


def test_new_snags_are_triaged_when_they_get_an_owner(as_mia, five, sam):
    response = bulk(as_mia, five[:2], do="apply", owner=sam.pk, back="view=new")

    assert told(response) == ["2 snags done."]
    assert response.redirect_chain[0][0] == f"{LIST}?view=new"
    owners = Snag.objects.filter(pk__in=[five[0].pk, five[1].pk])
    assert set(owners.values_list("owner_id", "status")) == {(sam.pk, "triaged")}


def test_what_is_refused_for_one_does_not_stop_the_others(as_mia, five, sam, mia):
    resolve(five[0], actor=sam, resolution="configuration", resolution_note="Done.")

    response = bulk(as_mia, five[:3], do="take")

    assert told(response)[0] == "2 snags done."
    assert told(response)[1].startswith(f"{five[0].ref}: ")
    five[0].refresh_from_db()
    assert five[0].status == "resolved"
    assert Snag.objects.filter(owner=mia, status="in_progress").count() == 2


def test_a_priority_other_than_the_matrix_needs_its_reason(as_mia, five):
    refused = bulk(as_mia, five[:1], do="apply", priority=1)
    five[0].refresh_from_db()

    assert "say why it is P1" in told(refused)[0]
    assert five[0].priority == 3

    bulk(as_mia, five[:1], do="apply", priority=1, reason="Payday is tomorrow.")
    five[0].refresh_from_db()
    assert (five[0].priority, five[0].priority_reason) == (1, "Payday is tomorrow.")


def test_rows_one_may_not_see_cannot_be_ticked(client, live, rob):
    dee = factories.make_user("dee", "support", scope=factories.make_party("Sales"))
    foreign = factories.make_snag(live, rob)
    client.force_login(dee)

    bulk(client, [foreign], do="take")

    foreign.refresh_from_db()
    assert (foreign.owner, foreign.status) == (None, "new")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"do": "apply"}, "Choose an owner or a priority."),
        ({"do": "explode", "ids": ["1"]}, "explode"),
        ({"do": "take", "ids": []}, "Tick some snags first."),
        ({"do": "take", "ids": ["x", "9" * 40]}, "Tick some snags first."),
    ],
)
def test_a_bulk_form_that_makes_no_sense_changes_nothing(as_mia, five, data, sentence):
    response = as_mia.post(
        reverse("snags:bulk"), {"ids": [five[0].pk], **data}, follow=True
    )

    assert sentence in told(response)[0]
    assert set(Snag.objects.values_list("status", flat=True)) == {"new"}


def test_a_bulk_form_returns_to_a_list_and_to_nowhere_else(as_mia, five):
    response = bulk(as_mia, five[:1], do="take", back="https://evil.example/?view=hot")

    assert response.redirect_chain[0][0].startswith(LIST)


# --- Files


def test_the_view_is_exported_as_it_is_filtered(as_mia, five):
    Snag.objects.filter(pk=five[0].pk).update(title="=1+1")

    response = as_mia.get(f"{LIST}export.csv?clock=breached")
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()

    assert len(lines) == 2
    assert lines[1].startswith(f"{five[0].ref},'=1+1,Fault,P3,New,")
    assert as_mia.get(f"{LIST}export.xlsx").status_code == 200
    assert as_mia.get(f"{LIST}export.pdf").status_code == 404


def test_nobody_lists_anything_before_logging_in(live):
    response = Client().get(LIST)

    assert response.status_code == 302
    assert "login" in response["Location"]
