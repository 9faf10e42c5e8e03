from django.urls import reverse

from environments.services import feeds
from tests import factories
from tests.changes.drafts import make_asked, make_change


def test_a_booked_slot_is_in_the_calendar_and_its_feed(
    client, live, sam, sue, rob, mia
):
    ana = factories.make_user("ana", "support")
    asked = make_asked(live, sam, sue, ana, rob)
    draft = make_change(live, sam, sue, ana, label="1.2", title="Only an idea")
    client.force_login(mia)
    feed = reverse("environments:feed", args=[feeds.open_feed(actor=mia)])
    day = asked.targets.get(environment=live).slot.lower

    page = client.get(reverse("environments:calendar"), {"view": "list"})
    other = client.get(
        reverse("environments:calendar"),
        {"view": "list", "environment": asked.targets.first().environment_id},
    )
    text = client.get(feed).content.decode().replace("\r\n ", "")

    assert str(asked) in page.content.decode()
    assert asked.get_absolute_url() in page.content.decode()
    assert str(draft) not in page.content.decode()
    assert str(asked) not in other.content.decode()
    assert f"DTSTART:{day:%Y%m%dT%H%M%SZ}" in text
