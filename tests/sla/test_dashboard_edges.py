"""The dashboard of who may not see it, has nothing yet, or has more than it shows."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from openpyxl import load_workbook

from opsdesk.core import clock
from opsdesk.core.exports import MOST
from opsdesk.core.models import Heartbeat
from snags.days import day_of, start_of
from snags.models import Rollup, Snag
from snags.services import rollups
from tests.factories import make_contract, make_snag

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def cold(db):
    cache.clear()
    yield
    cache.clear()


def page(client):
    response = client.get("/sla/")
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("mia", 200),
        ("amy", 200),
        ("sam", 200),
        ("ada", 200),
        ("tim", 200),
        ("rob", 403),
        ("vic", 403),
    ],
)
def test_those_who_work_here_see_it_and_reporters_and_suppliers_do_not(
    client, request, live, who, code
):
    client.force_login(request.getfixturevalue(who))

    for path in (
        "",
        "tables/team/",
        "tables/team.csv",
        "figures/open/?first=2026-01-01&last=2026-01-31",
        "figures/open.xlsx?first=2026-01-01&last=2026-01-31",
    ):
        assert client.get(f"/sla/{path}").status_code == code


def test_nobody_sees_it_without_logging_in(client, db):
    response = client.get("/sla/")

    assert response.status_code == 302


def test_it_says_when_nothing_was_ever_counted(client, mia, live):
    client.force_login(mia)

    assert "nothing has been counted yet" in page(client)


def test_without_a_contract_it_says_so_and_counts_snags(client, mia, live, rob):
    make_snag(live, rob)
    rollups.roll_up()
    client.force_login(mia)

    shown = page(client)

    assert "No agreement with the business is in force" in shown
    assert "The first settled promise appears here." in shown
    assert "of 1 open" in shown


def test_without_anything_it_says_what_to_do(client, mia, db):
    client.force_login(mia)

    assert "Nothing happened in these days" in page(client)


def test_the_usual_period_is_twelve_weeks_from_a_monday(client, mia, live, rob):
    make_snag(live, rob)
    client.force_login(mia)
    today = clock.today()
    monday = today - timedelta(days=today.weekday(), weeks=11)

    assert f"{monday.day} {monday:%b} to {today.day} {today:%b %Y}" in page(client)


def test_the_page_costs_the_same_however_much_there_is(
    client, mia, live, rob, same_queries
):
    make_contract(live.landscape, p3_response=60, p3_resolution=480)
    make_snag(live, rob)
    rollups.roll_up(limit=1000)
    client.force_login(mia)

    def add(count):
        for number in range(count):
            make_snag(live, rob, at=clock.now() - number * 24 * HOUR)
        rollups.roll_up()

    same_queries("/sla/", add, budget=15)


def test_a_list_costs_the_same_however_long_it_is(client, mia, live, rob, same_queries):
    make_contract(live.landscape, p3_response=60)
    client.force_login(mia)
    day = clock.today()

    def add(count):
        for _ in range(count):
            make_snag(live, rob, at=clock.now() - 2 * HOUR)

    for name in ("opened", "breached"):
        same_queries(f"/sla/figures/{name}/?first={day}&last={day}", add, budget=10)


def test_a_long_list_says_its_figure_and_how_far_it_goes(
    client, mia, live, rob, monkeypatch
):
    day = clock.today()
    for _ in range(7):
        make_snag(live, rob)
    rollups.roll_up(limit=1000)
    monkeypatch.setattr("sla.views.drilldown.LISTED", 5)
    monkeypatch.setattr("sla.views.drilldown.PER_PAGE", 3)
    client.force_login(mia)
    newest = [snag.ref for snag in Snag.objects.order_by("-pk")]

    for name in ("opened", "open", "backlog"):
        url = f"/sla/figures/{name}/?first={day}&last={day}&sort=ref"
        first, last = client.get(url), client.get(f"{url}&page=9")
        shown = first.content.decode()

        told = "5+" if name == "backlog" else "7"
        assert re.search(r'<span class="num">([^<]+)</span>', shown)[1] == told
        assert "The newest 5 are listed; a CSV file holds up to 50,000" in shown
        assert "1–3 of 5+" in shown
        assert "sort=-ref" not in shown
        rows = [
            line.cells[0] for page in (first, last) for line in page.context["lines"]
        ]
        assert rows == newest[:5]


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_a_file_ends_at_its_bound_and_says_so(client, mia, live, rob, monkeypatch, fmt):
    day = clock.today()
    for _ in range(4):
        make_snag(live, rob)
    client.force_login(mia)
    url = f"/sla/figures/open.{fmt}?first={day}&last={day}"

    def lines():
        body = b"".join(client.get(url).streaming_content)
        if fmt == "csv":
            return [row[0] for row in csv.reader(io.StringIO(body.decode("utf-8-sig")))]
        sheet = load_workbook(io.BytesIO(body)).active
        return [row[0].value for row in sheet.rows]

    monkeypatch.setitem(MOST, fmt, 4)
    assert len(lines()) == 5
    monkeypatch.setitem(MOST, fmt, 3)
    assert lines()[4:] == ["This file ends here: it holds the first 3 rows of more."]


def test_one_miss_in_many_is_never_a_hundred_percent(mia, client):
    met = {"response_met": 9_999, "response_missed": 1}
    missed = {"resolution_met": 1, "resolution_missed": 9_999}
    for span in Rollup.Span:
        start = start_of(day_of(clock.now()), span)
        both = {"dimension": "all", "priority": 3, **met, **missed}
        Rollup.objects.create(span=span, start=start, **both)
    Heartbeat.objects.create(name="rollup", at=clock.now())
    client.force_login(mia)

    html = page(client)

    assert "Answered in time: 99.9%" in html
    assert "Resolved in time: 0.1%" in html
    assert "Answered in time: 100%" not in html
    rows = client.get("/sla/tables/weeks.csv").getvalue().decode("utf-8-sig")
    line = list(csv.DictReader(io.StringIO(rows)))[-1]
    assert line["Answered in time, %"] == "99.9"
    assert line["Resolved in time, %"] == "0.1"
