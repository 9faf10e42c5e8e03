from collections import defaultdict

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from changes.models import ChangeEvent, ChangeRequest, Promotion
from changes.moves import CHANGE_MOVES
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.models import ApprovalRequest
from opsdesk.site.demo import loading, places
from opsdesk.site.demo.change_lives import tales
from snags.models import ClockRevision, Rollup, Snag
from snags.moves import Status
from snags.services import replay, sweep


@pytest.fixture
def developing(settings):
    settings.DEBUG = True


def test_the_demo_company_is_alive_and_the_sweep_has_nothing_old_to_tell(
    db, developing
):
    loading.load()

    assert Snag.objects.count() > 500
    assert set(Snag.objects.values_list("status", flat=True)) == set(Status)
    assert Rollup.objects.filter(breached__gt=0).exists()
    assert replay.drifted(ClockRevision.objects.order_by("pk")) == []
    assert {user.job for user in User.objects.filter(is_demo=True)} >= {
        "Payroll officer",
        "Support analyst",
        "Service manager",
        "Release administrator",
    }
    check_changes()
    check_timelines()

    at = Snag.objects.order_by("-updated_at").first().updated_at

    assert sweep.fire_batch(at=at) == 0


def check_changes():
    """Sixty of the kinds real logs have, in every state, with people waited for."""
    kinds = list(ChangeRequest.objects.values_list("kind", flat=True))
    assert {kind: kinds.count(kind) for kind in ChangeRequest.Kind.values} == {
        "normal": 24,
        "standard": 33,
        "emergency": 2,
        "statutory": 1,
    }
    states = set(ChangeRequest.objects.values_list("state", flat=True))
    assert states == set(ChangeRequest.State.values)
    assert Promotion.objects.filter(outcome="DIGEST_MISMATCH").count() == 1
    assert Promotion.objects.filter(state="rolled_back").count() == 2
    assert Promotion.objects.filter(state="failed").count() == 3
    reviewed = ChangeRequest.objects.get(closure="failed")
    assert (reviewed.pir.outcome, reviewed.pir.objectives_met) == ("failed", False)
    waiting = set(ApprovalRequest.objects.open().values_list("kind", flat=True))
    assert waiting == {"change", "promotion", "template"}
    done = Promotion.objects.filter(state="succeeded").exclude(kind="rollback")
    assert all(
        row.installation.sha256 == row.sha256
        for row in done.select_related("installation")
    )


def check_timelines():
    """Every change was moved as the table of moves allows, in the order of time."""
    states, runs = {}, defaultdict(list)
    for event in ChangeEvent.objects.order_by("at", "pk"):
        pk, verb = event.change_id, event.verb
        state, move = states.get(pk, ""), CHANGE_MOVES.get(verb)
        if verb == "drafted":
            states[pk] = "draft"
        elif move and (state, verb) != ("review", "review"):
            assert state in move.sources, (pk, verb)
            states[pk] = move.target
        if "promotion" in event.params:
            assert state not in {"", "draft", "closed"}, (pk, verb)
            runs[event.params["promotion"]].append(verb)
    assert states == dict(ChangeRequest.objects.values_list("pk", "state"))
    assert {verbs[0] for verbs in runs.values()} == {"scheduled", "rolling_back"}


def test_the_same_day_tells_the_same_company(db):
    now = clock.now()
    world = places.build(timezone.localdate(now))
    office = loading.office_hours()

    first, again = (loading.told(world, office, now) for _ in range(2))

    assert len(first) > 500
    assert first == again
    changes = [list(tales()) for _ in range(2)]
    assert (len(changes[0]), changes[0] == changes[1]) == (57, True)


@pytest.mark.parametrize("debug", [False])
def test_demo_passwords_are_refused_outside_development(db, settings, debug):
    settings.DEBUG = debug

    with pytest.raises(CommandError, match="development only"):
        call_command("load_demo")

    assert User.objects.count() == 0


def test_somebodys_data_is_never_overwritten(sam, developing):
    with pytest.raises(CommandError, match="not empty"):
        call_command("load_demo")
    call_command("load_demo", "--if-empty")

    assert list(User.objects.all()) == [sam]


def test_an_empty_installation_says_how_to_make_the_first_person(db, settings, capsys):
    call_command("demo_logins")

    said = capsys.readouterr().out
    assert "create_admin" in said
    assert f"OPSDESK_SITE_URL={settings.SITE_URL} " in said


def test_once_somebody_is_there_the_start_says_nothing_of_it(sam, capsys):
    call_command("demo_logins")

    assert capsys.readouterr().out == ""
