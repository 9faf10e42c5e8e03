"""Words nobody else may read, looked for in every list and on every page of a snag.

The matrix looks for them in each answer of each route, and so does whoever crawls from
link to link. Here each is also found by somebody who may read it, so that an empty page
proves nothing.
"""

import pytest
from django.urls import reverse

from opsdesk.core.models import Message
from tests.proof.secrets import LOOKERS, SECRETS, told
from tests.proof.world import STATES

pytestmark = pytest.mark.usefixtures("db")
OF_SNAG = ("detail", "clocks", "history", "resolve", "edit", "merge")
ASKED = (
    "/search/suggest/?q=printer",
    "/search/suggest/?q=theirs",
    "/search/suggest/?q=Southgate",
    "/search/suggest/?q=retitled",
    "/snags/similar/?title=theirs+printer+prints",
    "/snags/?q=inside",
    "/snags/?view=all&q=theirs",
    "/snags/export.csv?view=all",
    "/snags/export.xlsx?view=all",
    "/sla/figures/opened.xlsx?first=2026-01-01&last=2026-12-31",
    "/sla/tables/team.csv",
    "/api/v1/snags/?page_size=200",
    "/api/v1/snags/?ordering=id",
)


def test_only_those_who_may_ever_read_them(world, looks, at_rest):
    found = {
        (name, url): looks.at(name, url)
        for name in LOOKERS
        for url in (*ASKED, *_pages(world))
    }
    assert {at: said for at, look in found.items() if (said := told(at[0], look))} == {}
    known = {words for look in found.values() for words in look.words}
    for words, kept_from in SECRETS.items():
        assert words in known or kept_from == set(LOOKERS), words
    assert at_rest.changed() == []


def test_whose_they_are_finds_their_own_private_things(doors):
    page = doors["sue"].get("/inbox/").content.decode()
    assert "duty of sue" in page
    assert "note of sue" in page
    assert "view of sue" in doors["sue"].get("/snags/").content.decode()


def test_mails_tell_outsiders_only_what_is_theirs(world):
    mails = {name: _mails(world.people[name]) for name in ("rob", "rex", "vic", "val")}

    for name in ("rob", "rex"):
        assert "inside" not in mails[name]
        assert "supplier ours" not in mails[name]
    assert "theirs" not in mails["rob"] + mails["vic"]
    assert "ours" not in mails["rex"] + mails["val"]
    assert "ours" in mails["rob"]
    assert "ours" in mails["vic"]


def _mails(person):
    rows = Message.objects.filter(to=person.email).order_by("pk")
    return "\n".join(f"{row.subject}\n{row.body}" for row in rows)


def _pages(world):
    for state in STATES:
        for snag in (world.ours[state], world.theirs[state]):
            for page in OF_SNAG:
                yield reverse(f"snags:{page}", args=[snag.pk])
            yield reverse("api:snag-detail", args=[snag.pk])
            for part in ("comment", "event", "clock"):
                yield reverse(f"api:{part}-list", args=[snag.pk])
