"""Words nobody else may read, looked for everywhere a person can look.

The words are in notes, files, rivals' snags and private names. Each is also found at
least once by somebody who may read it, so that an empty page proves nothing.
"""

import io
import zipfile

import pytest
from django.urls import reverse

from opsdesk.core.models import Message
from tests.proof import asking
from tests.proof.conftest import read
from tests.proof.crawling import crawl
from tests.proof.rights import lines
from tests.proof.world import STATES

pytestmark = pytest.mark.usefixtures("db")
# words -> who must not find them; everybody else who looks must.
SECRETS = {
    "inside ours": {"rob", "vic"},
    "effort ours": {"rob", "vic"},
    "supplier ours": {"rob"},
    "supplier theirs": {"rob", "vic", "dee"},
    "inside theirs": {"rob", "vic", "dee"},
    "open theirs": {"rob", "vic", "dee"},
    "later ours": {"vic"},
    "later theirs": {"rob", "vic", "dee"},
    "retitled ours": {"vic"},
    "described ours": {"vic"},
    "added ours": {"vic"},
    "ended ours": {"vic"},
    "retitled theirs": {"rob", "vic", "dee"},
    "ended theirs": {"rob", "vic", "dee"},
    "theirs new printer": {"rob", "vic", "dee"},
    "theirs handed printer": {"rob", "vic", "dee"},
    "theirs resolved printer": {"rob", "vic", "dee"},
    "Southgate": {"rob", "vic"},
    "view of sue": {"rob", "vic", "dee", "sam"},
    "duty of sue": {"rob", "vic", "dee", "sam"},
    "note of sue": {"rob", "vic", "dee", "sam"},
}
LOOKERS = ("rob", "vic", "dee", "sam")
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


@pytest.fixture(scope="module")
def readings(world, doors):
    """Everything each of them can get to read, as one text with addresses."""
    return {name: _all_of(world, doors[name], name) for name in LOOKERS}


@pytest.mark.parametrize("words", SECRETS)
def test_only_those_who_may_ever_read_it(words, readings):
    for name, texts in readings.items():
        places = [url for url, text in texts.items() if words in text]
        if name in SECRETS[words]:
            assert places == [], f"{name} can read “{words}”"
    assert any(
        words in text
        for name in set(LOOKERS) - SECRETS[words]
        for text in readings[name].values()
    ) or SECRETS[words] == set(LOOKERS)


def test_whose_they_are_finds_their_own_private_things(doors):
    page = doors["sue"].get("/inbox/").content.decode()
    assert "duty of sue" in page
    assert "note of sue" in page
    assert "view of sue" in doors["sue"].get("/snags/").content.decode()


def test_the_secret_of_a_token_is_nowhere(world, readings):
    for token in world.tokens.values():
        for texts in readings.values():
            assert [url for url, text in texts.items() if token.secret in text] == []


def test_mails_tell_outsiders_only_what_is_theirs(world):
    told = {name: _mails(world.people[name]) for name in ("rob", "rex", "vic", "val")}

    for name in ("rob", "rex"):
        assert "inside" not in told[name]
        assert "supplier ours" not in told[name]
    assert "theirs" not in told["rob"] + told["vic"]
    assert "ours" not in told["rex"] + told["val"]
    assert "ours" in told["rob"]
    assert "ours" in told["vic"]


def _mails(person):
    rows = Message.objects.filter(to=person.email).order_by("pk")
    return "\n".join(f"{row.subject}\n{row.body}" for row in rows)


def _all_of(world, client, name):
    found = {url: answer.body for url, answer in crawl(client, each=1).items()}
    for url in {*ASKED, *_addresses(world, name)} - set(found):
        found[url] = read(client.get(url)).body
    return {url: _text(body) for url, body in found.items()}


def _addresses(world, name):
    for line in lines():
        if line.method == "GET":
            for whose in ("ours", "theirs") if asking.has_rival(line) else ("ours",):
                yield asking.address(line, world, name, whose)
    for state in STATES:
        for snag in (world.ours[state], world.theirs[state]):
            for page in OF_SNAG:
                yield reverse(f"snags:{page}", args=[snag.pk])
            yield reverse("api:snag-detail", args=[snag.pk])
            for part in ("comment", "event", "clock"):
                yield reverse(f"api:{part}-list", args=[snag.pk])


def _text(body):
    """What is in an answer; a spreadsheet is unpacked."""
    if not body.startswith(b"PK"):
        return body.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        return "".join(packed.read(name).decode() for name in packed.namelist())
