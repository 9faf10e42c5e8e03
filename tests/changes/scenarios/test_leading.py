"""Whoever is asked to do what is next finds the way to it among the first buttons."""

import re

import pytest

from changes.models import ChangeRequest
from changes.services import files, promoting, submitting
from tests.changes.drafts import promoted
from tests.changes.factories import fresh, sign
from tests.changes.making import make_component, make_draft, make_file, make_package

VERBS = re.compile(r'aria-label="What you can do">(.*?)</div>\s', re.DOTALL)
PRIMARY = re.compile(
    r'class="btn (?:pri|ok)"[^>]*>(?:<svg.*?</svg>)?([^<]*)', re.DOTALL
)


@pytest.fixture
def led(w, pages):
    """The primary button of a change for each of these people, "" where none is."""

    def read(change, *people):
        found = []
        for person in people:
            page = pages.see(person, change.get_absolute_url())
            (verbs,) = VERBS.findall(page) or [""]
            said = [label.strip() for label in PRIMARY.findall(verbs)]
            assert len(said) <= 1
            found.append(said[0] if said else "")
        return found

    return read


@pytest.fixture
def fixed(w, db):
    """A second package, so that NC keeps its own."""
    part = make_component(w.live.landscape)
    return make_package(part, w.ana, "1.2", b"select 2;\n")


def test_a_draft_leads_to_writing_sealing_and_submitting(w, led):
    package = make_draft(make_component(w.live.landscape), w.ana, "1.3")
    files.upload(package, actor=w.ana, uploads=[make_file()])
    change = w.change(package=package, test_plan="")

    assert led(change, w.rita, w.cora) == ["Edit", ""]

    change.test_plan = "Print ten invoices."
    change.save(update_fields=["test_plan"])
    assert led(change, w.ana) == ["Seal the package"]


def test_while_it_is_assessed_it_is_promoted_tried_and_asked_about(w, led, fixed):
    change = submitting.submit(w.change(package=fixed), actor=w.rita)
    assert led(change, w.ian, w.eve, w.max) == ["Plan promotion into dev/test"] * 2 + [
        ""
    ]

    promoted(change, w.dev, w.ian)
    assert led(change, w.rita) == ["Ask for a test"]

    sign(change, w.dev, w.tom, "conditional", conditions="The logo is green.")
    assert led(change, w.max) == ["Read the conditions"]


def test_a_vote_a_start_and_what_is_owed_lead_to_whom_they_wait_for(w, nc, led):
    change = nc.change
    assert led(change, w.ian, w.max) == ["Open the run sheet", ""]

    promoting.cancel(nc, actor=w.ian)
    promoting.schedule(fresh(change), actor=w.ian, environment=w.live)
    assert led(change, w.ed) == ["Read and vote"]

    change.promotions.filter(state="scheduled").delete()
    promoted(change, w.live, w.ian, attempt=3)
    ChangeRequest.objects.filter(pk=change.pk).update(state="implementing")
    assert led(change, w.ian) == [f"Plan promotion into {w.failover}"]


def test_who_is_asked_to_try_it_is_led_to_their_verdict(w, nc, led):
    assert led(nc.change, w.tom, w.carl) == ["Say whether it works", ""]
