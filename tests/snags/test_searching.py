from datetime import UTC, datetime

import pytest
from django.db import connection

from snags.models import Snag, SourceRecord
from snags.queries import searching
from snags.queries.searching import SearchTooWideError, patience, search, similar_open
from snags.services.lifecycle import resolve
from tests import factories


def found(user, text):
    return [snag.title for snag in search(user, text)]


@pytest.fixture
def three(live, rob):
    return [
        factories.make_snag(live, rob, title=title, detail=detail)
        for title, detail in (
            ("Payroll export is rejected", "The bank refuses the sort code."),
            ("Bank file carries the wrong date", "Export of Friday."),
            ("Label printer prints in Greek", "Warehouse 3."),
        )
    ]


@pytest.mark.parametrize("text", ["SN-{pk}", "sn{pk}", "{pk}", "  SN-{pk} "])
def test_a_number_finds_its_snag(mia, three, text):
    assert search(mia, text.format(pk=three[1].pk)) == [three[1]]


def test_a_number_finds_its_snag_whatever_the_view_shows(client, mia, three, sam):
    resolve(three[0], actor=sam, resolution="answered", resolution_note="Explained.")
    client.force_login(mia)

    page = client.get(f"/snags/?view=mine&priority=1&q={three[0].ref}").context["page"]

    assert page.ids == [three[0].pk]


def test_the_number_of_another_system_finds_its_snag(mia, three):
    SourceRecord.objects.create(
        snag=three[2],
        system="servicenow",
        number="INC0000045",
        digest="0",
        opened_at=datetime(2026, 1, 5, tzinfo=UTC),
    )

    assert search(mia, "INC0000045") == search(mia, "inc0000045") == [three[2]]
    assert search(mia, "INC0000046") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("export", {"Payroll export is rejected", "Bank file carries the wrong date"}),
        (
            "exporting",
            {"Payroll export is rejected", "Bank file carries the wrong date"},
        ),
        ("export bank -date", {"Payroll export is rejected"}),
        ('"sort code"', {"Payroll export is rejected"}),
        ('"code sort"', set()),
        (
            "greek or friday",
            {"Label printer prints in Greek", "Bank file carries the wrong date"},
        ),
        ("payr", {"Payroll export is rejected"}),
        ("the of", set()),
        ("", set()),
        ("'", set()),
        ("o'brien & (:*", set()),
    ],
)
def test_words_find_snags_as_a_search_engine_would(mia, three, text, expected):
    assert set(found(mia, text)) == expected


def test_what_is_in_the_title_comes_first(mia, live, rob):
    factories.make_snag(live, rob, title="Something", detail="About depreciation.")
    factories.make_snag(live, rob, title="Depreciation is off")
    factories.make_snag(live, rob, title="Other", detail="Depreciation again.")

    assert found(mia, "depreciation")[0] == "Depreciation is off"


def test_nobody_finds_what_they_may_not_see(rob, vic, live, sam, three):
    other = factories.make_user("rita", "reporter")

    for stranger in (other, vic):
        assert search(stranger, three[0].ref) == []
        assert search(stranger, "payroll") == []
        assert similar_open(stranger, "Payroll export rejected by the bank") == []

    Snag.objects.filter(pk=three[0].pk).update(is_shared=True)
    assert search(other, "payroll") == similar_open(other, "payroll") == [three[0]]
    assert search(vic, "payroll") == []


def test_a_search_within_a_department_follows_the_snag_when_it_moves(live, rob):
    mine, theirs = (factories.make_party(name) for name in ("Payroll", "Stores"))
    lena = factories.make_user("lena", "support", scope=mine)
    snag, other, _ = [
        factories.make_snag(live, rob, title="Totals differ") for _ in range(3)
    ]
    Snag.objects.filter(pk=snag.pk).update(department=mine)
    Snag.objects.filter(pk=other.pk).update(department=theirs)

    assert search(lena, "totals") == search(lena, "totals -greek") == [snag]
    assert similar_open(lena, "totals") == [snag]
    assert search(lena, "the of") == []

    Snag.objects.filter(pk=snag.pk).update(department=theirs)
    assert search(lena, "totals") == similar_open(lena, "totals") == []


@pytest.mark.parametrize("text", ["@{pk}", "'@{pk}'", '"@{pk}"', "department @{pk}"])
def test_nobody_can_type_the_word_that_stands_for_a_department(mia, live, rob, text):
    department = factories.make_party("Payroll")
    snag = factories.make_snag(live, rob, title="Totals differ")
    Snag.objects.filter(pk=snag.pk).update(department=department)

    assert search(mia, text.format(pk=department.pk)) == []


def test_only_the_newest_matches_are_ranked(mia, live, rob, monkeypatch):
    monkeypatch.setattr(searching, "RANKED", 2)
    rows = [factories.make_snag(live, rob, title="Tax is off") for _ in range(4)]

    assert {snag.pk for snag in search(mia, "tax")} == {rows[2].pk, rows[3].pk}


def test_similar_ones_are_open_and_most_alike_first(mia, three, sam, live, rob):
    alike = factories.make_snag(live, rob, title="Bank rejected the payroll export")

    assert similar_open(mia, "Payroll export rejected")[0] in {alike, three[0]}
    assert three[2] not in similar_open(mia, "Payroll export rejected")

    resolve(alike, actor=sam, resolution="configuration", resolution_note="Fixed.")
    assert alike not in similar_open(mia, "Payroll export rejected")
    assert similar_open(mia, "of the and") == []
    assert similar_open(mia, "") == []


def test_no_more_similar_ones_than_asked_for(mia, live, rob):
    for _ in range(4):
        factories.make_snag(live, rob, title="Totals differ")

    assert len(similar_open(mia, "totals differ", limit=3)) == 3


@pytest.mark.django_db
def test_a_search_that_takes_too_long_is_given_up_in_words(monkeypatch):
    monkeypatch.setattr(searching, "PATIENCE_MS", 20)

    with pytest.raises(SearchTooWideError, match="rarer word"), patience():
        connection.cursor().execute("SELECT pg_sleep(1)")


def test_the_list_says_that_a_search_takes_too_long(client, mia, three, monkeypatch):
    client.force_login(mia)
    monkeypatch.setattr("snags.views.worklist.page_of", give_up)

    response = client.get("/snags/?q=export")

    assert response.status_code == 200
    assert "That search takes too long" in response.content.decode()


def give_up(*_args):
    raise SearchTooWideError
