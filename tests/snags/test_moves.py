"""The table of moves is what the services do, no more and no less."""

from itertools import product

import pytest
from django.core.exceptions import ValidationError

from opsdesk.core.errors import RuleError
from snags.models import Snag, SnagEvent
from snags.moves import MOVES, OPEN, Status
from snags.queries.verbs import BUTTONS, EXTRA, may
from snags.services import lifecycle
from tests.factories import make_party, make_snag

pytestmark = pytest.mark.django_db
BY_HAND = sorted(set(MOVES) - {"auto_close"})


@pytest.fixture
def desk(live, rob, sam, northgate):
    """A snag for each state, and how each verb is called on it."""

    def triaged(snag):
        lifecycle.triage(snag, actor=sam, owner=sam, impact=2, urgency=2)

    def waiting(snag):
        triaged(snag)
        lifecycle.hand_over(snag, supplier=northgate, actor=sam)

    def resolved(snag):
        lifecycle.resolve(
            snag, actor=sam, resolution="no_fault", resolution_note="Seen."
        )

    def closed(snag):
        resolved(snag)
        lifecycle.confirm(snag, actor=rob)

    ways = {
        Status.NEW: lambda snag: None,
        Status.TRIAGED: triaged,
        Status.IN_PROGRESS: lambda snag: lifecycle.start(snag, actor=sam),
        Status.WAITING: waiting,
        Status.RESOLVED: resolved,
        Status.CLOSED: closed,
    }

    def snag_in(status):
        snag = make_snag(live, rob)
        ways[status](snag)
        snag.refresh_from_db()
        assert snag.status == status
        return snag

    def call(verb, snag):
        said = {"resolution": "no_fault", "resolution_note": "Seen."}
        words = {
            "triage": lambda: {"owner": sam, "impact": 1, "urgency": 3},
            "wait": lambda: {"waiting_for": "change"},
            "hand_over": lambda: {"supplier": make_party("Acme", "supplier")},
            "resolve": lambda: said,
            "reject": lambda: said,
            "reopen": lambda: {"body": "Still there."},
            "merge": lambda: {"into": make_snag(live, rob)},
        }.get(verb, dict)
        actor = rob if verb == "confirm" else sam
        return getattr(lifecycle, verb)(snag, actor=actor, **words())

    return snag_in, call


@pytest.mark.parametrize(("status", "verb"), list(product(Status, BY_HAND)))
def test_a_verb_moves_a_snag_exactly_as_the_table_says(desk, status, verb):
    snag_in, call = desk
    snag = snag_in(status)
    lines = SnagEvent.objects.filter(snag=snag).count()

    if status in MOVES[verb].sources:
        call(verb, snag)

        assert Snag.objects.get(pk=snag.pk).status == MOVES[verb].target
        assert SnagEvent.objects.filter(snag=snag).count() > lines
    else:
        with pytest.raises(RuleError, match="cannot"):
            call(verb, snag)

        assert Snag.objects.get(pk=snag.pk).status == status
        assert SnagEvent.objects.filter(snag=snag).count() == lines


def test_every_state_can_be_reached_and_left():
    assert {move.target for move in MOVES.values()} == set(Status) - {Status.NEW}
    assert {state for move in MOVES.values() for state in move.sources} == set(Status)
    assert set(OPEN) == set(MOVES["merge"].sources)


@pytest.mark.parametrize("status", list(Status))
def test_a_button_is_offered_exactly_where_the_verb_is_accepted(
    desk, status, sam, rob, mia
):
    snag_in, call = desk
    offered, accepted = set(), set()

    for verb in BY_HAND:
        snag = snag_in(status)
        person = rob if verb == "confirm" else sam
        if may(person, snag, verb):
            offered.add(verb)
        try:
            call(verb, snag)
        except (RuleError, ValidationError):
            continue
        accepted.add(verb)

    # A supplier has it: it is handed back, not simply gone on with.
    assert offered == accepted - ({"resume"} if status == Status.WAITING else set())


def test_every_button_is_a_verb_of_the_table_or_a_known_extra():
    assert set(BUTTONS) == (set(MOVES) - {"auto_close"}) | set(EXTRA)
