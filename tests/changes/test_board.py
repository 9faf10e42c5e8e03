"""What the board of promotions tells whom."""

from changes.queries.board import board
from changes.services import asking
from environments.models import WindowKind
from opsdesk.core import clock
from tests.changes.factories import say_yes
from tests.environments.planning import make_window


def cards(found, title):
    groups = [group for lane in found.lanes for group in lane.groups]
    return [card for group in groups if group.title == title for card in group.cards]


def test_who_is_asked_agrees_from_the_board_and_is_asked_no_more(w):
    tested = w.tested(risk_manual="medium")
    change = asking.request_approval(tested, actor=w.rita)

    (asked,) = cards(board(w.cora, clock.now()), "Change approval")
    (seen,) = cards(board(w.ian, clock.now()), "Change approval")

    assert (asked.action, asked.foot) == ("Approve", "0 of 2 agreed")
    assert asked.checks[-1].text == (
        "Waits for 1 technical approver and 1 business approver"
    )
    assert (seen.action, seen.waits_for_me) == ("", False)
    assert board(w.cora, clock.now()).mine == 1

    say_yes(change, w.cora)

    (agreed,) = cards(board(w.cora, clock.now()), "Change approval")
    assert (agreed.people, agreed.has_voted) == ([w.cora], True)
    assert (agreed.foot, agreed.action) == ("1 of 2 agreed", "")


def test_a_lane_says_how_it_differs_from_production(w):
    w.ran_before()
    w.tried("1.1")

    heads = {lane.environment: lane.head for lane in board(w.eve, clock.now()).lanes}

    assert heads[w.dev].note.text == "1 version differs"
    assert heads[w.failover].note.text == f"Matches {w.live}"
    assert heads[w.live].note is None


def test_production_says_when_maintenance_comes_next(w, ada):
    rule = make_window(w.live, ada, kind=WindowKind.MAINTENANCE)
    at = rule.occurrences.order_by("during")[0].starts_at

    lanes = board(w.eve, at).lanes

    assert lanes[2].environment == w.live
    assert lanes[2].head.note.text.startswith("Maintenance until")
