"""The table of moves is what the services do, no more and no less."""

from itertools import product
from types import SimpleNamespace

import pytest

from opsdesk.core.errors import RuleError
from snags.models import Snag, SnagEvent
from snags.moves import MOVES, OPEN, Status
from snags.queries.verbs import BUTTONS, EXTRA, may
from snags.services import lifecycle
from tests.accounts import fresh
from tests.factories import make_landscape, make_party, make_snag, make_user
from tests.kept import kept, undone

BY_HAND = sorted(set(MOVES) - {"auto_close"})


@pytest.fixture(scope="module")
def cast(django_db_setup, django_db_blocker):
    def build():
        return SimpleNamespace(
            live=make_landscape(),
            rob=make_user("rob", "reporter"),
            sam=make_user("sam", "support"),
            northgate=make_party("Northgate ERP Partners", "supplier"),
        )

    with kept(django_db_blocker, build) as made:
        yield made


@pytest.fixture
def db(cast):
    with undone():
        yield


@pytest.fixture
def desk(db, cast):
    """A snag for each state, and how each verb is called on it."""
    live, northgate = cast.live, cast.northgate
    rob, sam = fresh(cast.rob), fresh(cast.sam)

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
        return getattr(lifecycle, verb)(snag, actor=doer(verb), **words())

    def doer(verb):
        return rob if verb == "confirm" else sam

    return snag_in, doer, call


@pytest.mark.parametrize(("status", "verb"), list(product(Status, BY_HAND)))
def test_a_verb_is_offered_and_done_exactly_as_the_table_says(desk, status, verb):
    snag_in, doer, call = desk
    snag = snag_in(status)
    lines = SnagEvent.objects.filter(snag=snag).count()
    accepted = status in MOVES[verb].sources
    # A supplier has it: it is handed back, not simply gone on with.
    held = (status, verb) == (Status.WAITING, "resume")

    assert may(doer(verb), snag, verb) == (accepted and not held)
    if accepted:
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


def test_every_button_is_a_verb_of_the_table_or_a_known_extra():
    assert set(BUTTONS) == (set(MOVES) - {"auto_close"}) | set(EXTRA)
