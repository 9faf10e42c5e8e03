"""The dashboard of a go-live that lies years back."""

from datetime import date, timedelta

from opsdesk.core import clock
from snags.services import rollups
from tests.factories import make_snag


def test_a_go_live_of_years_is_labelled_by_month_and_year(client, mia, live, rob):
    live.landscape.golives.update(went_live_on=date(2024, 1, 1))
    make_snag(live, rob, at=clock.now() - timedelta(hours=1))
    rollups.roll_up(limit=1000)
    client.force_login(mia)

    shown = client.get("/sla/").content.decode()

    assert "Each four weeks since Go-live, 1 Jan 2024" in shown
    assert "Jan ’24" in shown
