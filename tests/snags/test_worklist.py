import re
from copy import copy
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse

from opsdesk.core import clock
from snags.models import Snag
from snags.queries import worklist_counts
from snags.queries.worklist import COLUMNS
from snags.services.lifecycle import resolve, triage
from snags.services.talk import comment
from tests import factories
from tests.accounts import fresh
from tests.kept import kept, undone

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


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker):
    with kept(django_db_blocker, company_with_five) as made:
        yield made


def company_with_five():
    """Late, soon due, on track, and two without a deadline."""
    live, rob = factories.make_landscape(), factories.make_user("rob", "reporter")
    rows = [
        factories.make_snag(live, rob, title=title)
        for title in ("Late", "Soon", "Fine", "Bare one", "Bare two")
    ]
    put_due(rows[0], -1, -3)
    put_due(rows[1], 1, -1)
    put_due(rows[2], 50, 30)
    return SimpleNamespace(live=live, rob=rob)


@pytest.fixture
def db(company):
    with undone():
        yield


@pytest.fixture
def live(db, company):
    return company.live


@pytest.fixture
def rob(db, company):
    return fresh(company.rob)


@pytest.fixture
def five(db):
    return list(Snag.objects.order_by("pk"))


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


def test_the_filters_of_a_search_count_what_the_page_shows(as_mia, five):
    def counts(query):
        facets = as_mia.get(f"{LIST}?{query}").context["facets"]
        return {o.value: o.count for f in facets if f.name == "kind" for o in f.options}

    alike = [copy(five[0]) for _ in range(52)]
    for row in alike:
        row.pk, row.title = None, "Totals differ"
    Snag.objects.bulk_create(alike)

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
