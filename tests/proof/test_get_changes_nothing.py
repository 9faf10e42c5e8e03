"""Looking is free: every page a person can reach opens, and leaves all rows alone.

And none of them says what that person may not know.
"""

from functools import partial

import pytest

from tests.proof import asking
from tests.proof.crawling import crawl
from tests.proof.rights import lines
from tests.proof.secrets import told
from tests.proof.world import CAST

pytestmark = pytest.mark.usefixtures("db")
# Somebody's day starts on pages like these: a crawl that misses them proves nothing.
REACHED = {
    "rob": "/snags/report/",
    "sam": "/snags/new/",
    "dee": "/snags/",
    "mia": "/sla/",
    "tim": "/inbox/",
    "bea": "/inbox/",
    "ada": "/environments/landscapes/new/",
    "ann": "/people/new/",
    "vic": "/snags/mine/",
    "amy": "/people/",
}


@pytest.mark.parametrize("name", CAST)
def test_no_link_leads_to_a_refusal_to_a_secret_or_to_a_change(
    name, world, looks, at_rest
):
    """Of each kind of page: the one the matrix opens too, and another."""
    opened = {
        asking.address(line, world, name, "ours")
        for line in lines()
        if line.method == "GET" and name in line.gate
    }

    found = crawl(partial(looks.at, name), each=1, all_of=opened)

    assert {u: a.code for u, a in found.items() if a.code >= 400} == {}
    assert {u: said for u, a in found.items() if (said := told(name, a))} == {}
    assert REACHED[name] in found
    assert at_rest.changed() == []


def test_other_methods_than_the_expected_change_nothing(world, looks, at_rest):
    """A page takes what forms send; what the API does not list has no effect there."""
    bad = []
    listed = {(line.route, line.method) for line in lines()}
    for line in {line.route: line for line in lines()}.values():
        name = min(line.may - {"nobody signed in"} or {"sam"})
        url = asking.address(line, world, name, "ours")
        asked = ("PUT", "PATCH", "DELETE", "OPTIONS") if line.is_api else ("DELETE",)
        for method in (m for m in asked if (line.route, m) not in listed):
            code = looks.ask(name, method.lower(), url).code
            if code >= 500 or (code != 405 and not line.is_api):
                bad.append(f"{method} {url}: {code}")
    assert bad == []
    assert at_rest.changed() == []
