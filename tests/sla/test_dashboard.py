import csv
import io
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from openpyxl import load_workbook

from opsdesk.core import clock
from opsdesk.core.exports import unguarded
from snags.models import Snag
from snags.services import lifecycle, rollups, talk
from tests.accounts import fresh
from tests.factories import (
    make_contract,
    make_landscape,
    make_party,
    make_snag,
    make_user,
)
from tests.kept import kept, undone

HOUR = timedelta(hours=1)
LINK = re.compile(r'<a href="(/sla/figures/[^"]+)"[^>]*>\s*([\d,]+)(?: [a-z ]+)?</a>')
FIGURE = re.compile(r'<h1>[^<]*<span class="num">([\d,]+)</span>')


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker):
    with kept(django_db_blocker, company_with_a_week) as made:
        yield made


@pytest.fixture
def db(company):
    cache.clear()
    with undone():
        yield
    cache.clear()


@pytest.fixture
def week(company):
    """The team of the week's snags."""
    return company.desk


@pytest.fixture
def sam(db, company):
    return fresh(company.sam)


def company_with_a_week():
    """Four snags of this week: answered late, resolved, still new, owned by a team."""
    live, rob = make_landscape(), make_user("rob", "reporter")
    sam = make_user("sam", "support")
    make_contract(live.landscape, p3_response=60, p3_resolution=480)
    desk = make_party("Desk", "team")
    now = clock.now()
    late = make_snag(live, rob, at=now - 30 * HOUR, title="Late")
    talk.comment(late, body="Sorry.", actor=sam, at=now - HOUR)
    done = make_snag(live, rob, at=now - 5 * HOUR, title="=1+1")
    lifecycle.triage(done, actor=sam, owner=sam, impact=2, urgency=2, team=desk)
    lifecycle.resolve(
        done, actor=sam, resolution="configuration", resolution_note="Ok."
    )
    make_snag(live, rob, at=now - 2 * HOUR, title="New")
    make_snag(live, rob, at=now - 20 * 24 * HOUR, title="Old")
    rollups.roll_up(limit=1000)
    return SimpleNamespace(live=live, sam=sam, desk=desk)


def page(client, query=""):
    response = client.get(f"/sla/?{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_every_number_leads_to_as_many_rows(client, mia, week):
    client.force_login(mia)
    links = dict(LINK.findall(page(client)))
    for table in ("team", "owner", "process", "cause", "weeks", "curve", "ageing"):
        links |= dict(
            LINK.findall(client.get(f"/sla/tables/{table}/").content.decode())
        )
    assert len(links) > 40

    for href, number in links.items():
        found = client.get(href.replace("&amp;", "&")).content.decode()
        assert (href, FIGURE.search(found)[1]) == (href, number)


def test_a_limited_manager_counts_only_her_departments(client, company, week):
    north = make_party("North")
    ned = make_user("ned", "reporter", department=north)
    nora = make_user("nora", "manager", scope=north)
    make_snag(company.live, ned, title="Of the north")
    rollups.roll_up()
    client.force_login(nora)

    shown = page(client)

    assert "your departments" in shown
    assert "of 1 open" in shown
    day = clock.today()
    listed = client.get(f"/sla/figures/open/?first={day}&last={day}").content.decode()
    assert "Of the north" in listed
    assert "Late" not in listed
    assert FIGURE.search(listed)[1] == "1"


def test_two_people_of_different_scope_never_share_a_drawn_page(client, mia, week):
    client.force_login(mia)
    assert "of 3 open" in page(client)
    client.force_login(make_user("nora", "manager", scope=make_party("North")))

    assert "of 3 open" not in page(client)


def test_figures_move_when_they_have_been_counted_again(client, mia, sam, week):
    client.force_login(mia)
    before = page(client)
    assert "of 3 open" in before

    snag = Snag.objects.get(title="New")
    lifecycle.resolve(
        snag, actor=sam, resolution="configuration", resolution_note="Ok."
    )
    rollups.roll_up()

    assert "of 2 open" in page(client)


def test_it_says_as_of_when(client, mia, week):
    client.force_login(mia)

    assert re.search(r"figures as of \d\d:\d\d, \d+ s ago", page(client))


def test_every_period_has_its_page(client, mia, week):
    client.force_login(mia)

    for period in ("4", "12", "26", "52", "golive", "custom"):
        shown = page(client, f"p={period}&first=2026-02-03&last=2026-11-12&priority=3")

        assert f'value="{period}" checked' in shown
        assert "P3 medium" in shown


NONSENSE = {
    "p=custom&first=2026-05-02&last=2026-05-01": "must not be after the last",
    "p=custom&first=2026-05-02": "Give the first and the last day",
    "p=custom&first=2001-05-02&last=2026-05-01": "ten years at most",
    "p=custom&first=soon&last=2026-05-01": "Enter a valid date",
    "p=7": "not one of the available choices",
    "priority=9": "not one of the available choices",
    "team=x&golive=-1": "not one of the available choices",
}


def test_nonsense_is_named_and_the_usual_period_shown(client, mia, week):
    client.force_login(mia)

    for query, said in NONSENSE.items():
        shown = page(client, query)

        assert said in shown, query
        assert 'value="12" checked' in shown, query


NO_PAGES = (
    "figures/nothing/?first=2026-01-01&last=2026-01-31",
    "figures/open/",
    "figures/open/?first=2026-01-01&last=x",
    "figures/open/?first=2026-02-01&last=2026-01-31",
    "figures/open/?first=2026-01-01&last=2026-01-31&by=owner&key=x",
    "figures/open/?first=2026-01-01&last=2026-01-31&by=owner&key=99999999999999999999",
    "figures/open/?first=2026-01-01&last=2026-01-31&by=moon&key=1",
    "figures/open/?first=2026-01-01&last=2026-01-31&priority=5",
    "figures/open.exe?first=2026-01-01&last=2026-01-31",
    "tables/moon/",
    "tables/team.exe",
)


def test_an_address_that_makes_no_sense_is_no_page(client, mia, week):
    client.force_login(mia)

    codes = {path: client.get(f"/sla/{path}").status_code for path in NO_PAGES}

    assert codes == dict.fromkeys(NO_PAGES, 404)


def test_pages_and_orders_that_do_not_exist_show_the_nearest(client, mia, week):
    client.force_login(mia)
    base = f"/sla/figures/open/?first={clock.today()}&last={clock.today()}&sort=moon"
    pages = ("2", "-1", "x", "99999")

    codes = {
        number: client.get(f"{base}&page={number}").status_code for number in pages
    }

    assert codes == dict.fromkeys(pages, 200)


@pytest.mark.parametrize("name", ["open", "breached"])
def test_a_list_is_sorted_by_each_column_both_ways(client, mia, week, name):
    client.force_login(mia)
    day = clock.today()
    base = f"/sla/figures/{name}/?first={day - timedelta(days=40)}&last={day}"
    shown = client.get(base).content.decode()

    for column in set(re.findall(r"sort=-?([a-z]+)", shown)):
        for order in (column, f"-{column}"):
            again = client.get(f"{base}&sort={order}")
            assert again.status_code == 200
            assert FIGURE.search(again.content.decode())[1] == FIGURE.search(shown)[1]


def test_one_teams_page_counts_its_snags(client, mia, week):
    client.force_login(mia)

    shown = page(client, f"team={week.pk}")

    assert "of 0 open" in shown
    assert "choose all teams" in shown
    assert client.get(f"/sla/tables/owner/?team={week.pk}").status_code == 404
    assert client.get(f"/sla/tables/weeks/?team={week.pk}").status_code == 200


def test_a_drill_down_leaves_as_csv_and_xlsx_without_a_formula(client, mia, week):
    client.force_login(mia)
    day = clock.today()
    query = f"first={day - timedelta(days=2)}&last={day}"

    text = client.get(f"/sla/figures/resolved.csv?{query}")
    book = client.get(f"/sla/figures/resolved.xlsx?{query}")

    body = b"".join(text.streaming_content).decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(body))
    assert header[:3] == ["Snag", "Title", "Priority"]
    assert row[1] == "'=1+1"
    assert unguarded(row[1]) == "=1+1"
    sheet = load_workbook(io.BytesIO(b"".join(book.streaming_content))).active
    assert sheet["B2"].value == "'=1+1"
    assert sheet["B2"].data_type == "s"


@pytest.mark.parametrize(
    "name", ["team", "owner", "process", "cause", "weeks", "curve", "ageing"]
)
def test_every_table_leaves_as_a_file_with_plain_numbers(client, mia, week, name):
    client.force_login(mia)

    text = client.get(f"/sla/tables/{name}.csv")
    book = client.get(f"/sla/tables/{name}.xlsx")

    rows = list(
        csv.reader(io.StringIO(b"".join(text.streaming_content).decode("utf-8-sig")))
    )
    sheet = load_workbook(io.BytesIO(b"".join(book.streaming_content))).active
    assert len(rows) > 1
    assert all(len(row) == len(rows[0]) for row in rows)
    for cell in (cell for row in rows[1:] for cell in row[1:] if cell):
        float(cell)
    assert sheet.max_row == len(rows)
    assert {type(c.value) for c in sheet[2][1:]} <= {int, float, type(None)}
