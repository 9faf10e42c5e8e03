from datetime import date, timedelta

import pytest
from django.urls import reverse

from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError, StaleError
from snags.models import GoLive, Snag, Snaglist
from snags.queries.lists import Progress, board_of
from snags.services import lists
from snags.services.lifecycle import confirm, resolve
from tests import factories

LISTS = "/snags/lists/"


@pytest.fixture
def golive(live):
    return GoLive.objects.get()


@pytest.fixture
def general(live):
    return Snaglist.objects.get()


def finish(snag, sam, *, closed_by=None):
    resolve(snag, actor=sam, resolution="configuration", resolution_note="Set right.")
    if closed_by:
        confirm(snag, actor=closed_by)


def test_a_list_knows_how_far_it_has_come(live, golive, general, rob, sam, mia):
    rows = [factories.make_snag(live, rob) for _ in range(4)]
    finish(rows[0], sam)
    finish(rows[1], sam, closed_by=rob)
    late = clock.now() - timedelta(hours=1)
    Snag.objects.filter(pk=rows[2].pk).update(next_due_at=late)

    board = board_of(mia, golive, clock.now())

    assert board.lines[0].progress == Progress(open=2, resolved=1, closed=1, late=1)
    assert (board.total.total, board.total.percent) == (4, 50)


def test_progress_counts_only_what_one_may_see(live, golive, rob):
    dee = factories.make_user("dee", "support", scope=factories.make_party("Sales"))
    factories.make_snag(live, rob)

    assert board_of(dee, golive, clock.now()).total == Progress()


def test_only_what_is_all_done_reads_a_hundred_percent():
    assert Progress(open=1, closed=999).percent == 99
    assert Progress(closed=999).percent == 100
    assert Progress().percent == 0


def test_a_golive_begins_with_a_list(live, mia):
    golive = lists.create_golive(
        actor=mia,
        landscape=live.landscape,
        name="Wave 2",
        went_live_on=date(2026, 5, 1),
    )

    assert [row.name for row in golive.snaglists.all()] == ["General"]
    assert golive.history.get().history_user == mia


def test_a_list_is_described_by_module_site_and_phase(live, golive, ada):
    module = live.landscape.modules.create(name="Payroll")
    site = factories.make_party("Plant 2")

    row = lists.create_snaglist(
        golive, actor=ada, name="Plant 2", module=module, site=site, phase="Hypercare"
    )

    assert (row.module, row.site, row.phase, row.is_open) == (
        module,
        site,
        "Hypercare",
        True,
    )


def test_a_module_of_another_landscape_is_refused(golive, mia):
    other = factories.make_landscape("CRM").landscape.modules.create(name="Leads")

    with pytest.raises(RuleError, match="another landscape"):
        lists.create_snaglist(golive, actor=mia, name="Leads", module=other)
    assert not Snaglist.objects.filter(name="Leads").exists()


def test_the_second_editor_does_not_overwrite_the_first(general, mia, ada):
    lists.edit_snaglist(general, actor=mia, version=1, name="Everything")

    with pytest.raises(StaleError):
        lists.edit_snaglist(general, actor=ada, version=1, name="All of it")
    assert Snaglist.objects.get().name == "Everything"


def test_the_last_open_list_stays_open(golive, general, mia):
    with pytest.raises(RuleError, match="only open list"):
        lists.close_snaglist(general, actor=mia)
    assert Snaglist.objects.get().is_open

    lists.create_snaglist(golive, actor=mia, name="Second")
    assert not lists.close_snaglist(general, actor=mia).is_open
    assert lists.open_snaglist(general, actor=mia).is_open


@pytest.mark.parametrize("who", ["rob", "sam", "tim", "amy", "vic", "ann"])
def test_lists_are_edited_by_managers_and_administrators_only(
    client, request, golive, general, who
):
    user = request.getfixturevalue(who)
    with pytest.raises(NotAllowedError):
        lists.create_snaglist(golive, actor=user, name="No")
    client.force_login(user)

    for name in ("snaglist_new", "golive_new"):
        assert client.get(reverse(f"snags:{name}")).status_code == 403
    for name in ("snaglist_edit", "snaglist_close", "snaglist_open"):
        assert (
            client.post(reverse(f"snags:{name}", args=[general.pk])).status_code == 403
        )
    assert Snaglist.objects.count() == 1


def test_a_list_is_made_and_edited_on_its_pages(client, golive, general, mia):
    client.force_login(mia)

    made = client.post(
        reverse("snags:snaglist_new"), {"golive": golive.pk, "name": "Plant 2"}
    )
    row = Snaglist.objects.get(name="Plant 2")
    assert made["Location"] == row.get_absolute_url()

    again = client.post(
        reverse("snags:snaglist_new"), {"golive": golive.pk, "name": "Plant 2"}
    )
    assert again.status_code == 422
    assert "already a list of this name" in again.content.decode()

    client.post(
        reverse("snags:snaglist_edit", args=[row.pk]),
        {"name": "Plant two", "version": 1, "phase": "Wave 2"},
    )
    stale = client.post(
        reverse("snags:snaglist_edit", args=[row.pk]), {"name": "Mine", "version": 1}
    )
    assert stale.status_code == 422
    row.refresh_from_db()
    assert (row.name, row.phase) == ("Plant two", "Wave 2")


def test_a_golive_is_made_and_edited_on_its_pages(client, live, golive, mia):
    client.force_login(mia)
    data = {"landscape": live.landscape_id, "name": "Wave 2"}

    assert client.post(reverse("snags:golive_new"), data).status_code == 422
    made = client.post(
        reverse("snags:golive_new"), {**data, "went_live_on": "2026-05-01"}
    )
    row = GoLive.objects.get(name="Wave 2")
    assert made["Location"] == f"{LISTS}?golive={row.pk}"

    edit = reverse("snags:golive_edit", args=[row.pk])
    data = {"name": "Wave two", "went_live_on": "2026-05-02", "version": 1}
    assert client.post(edit, data).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.went_live_on) == ("Wave two", date(2026, 5, 2))


def test_the_pages_show_progress_and_the_open_snags(client, live, general, rob, mia):
    factories.make_snag(live, rob, title="Invoices print twice")
    client.force_login(mia)

    assert "General" in client.get(f"{LISTS}?golive=nonsense").content.decode()
    page = client.get(general.get_absolute_url()).content.decode()
    assert "Invoices print twice" in page
    assert client.get(f"{LISTS}999999/").status_code == 404


def test_without_any_golive_the_page_says_what_to_do(client, mia):
    client.force_login(mia)

    assert "No go-live yet" in client.get(LISTS).content.decode()


def test_the_overview_costs_the_same_for_two_lists_and_eight(
    client, golive, mia, same_queries
):
    client.force_login(mia)

    def add(count):
        number = Snaglist.objects.count()
        for _ in range(count):
            number += 1
            lists.create_snaglist(golive, actor=mia, name=f"List {number}")

    same_queries(LISTS, add, budget=9)
