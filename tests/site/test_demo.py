import pytest
from django.core.management import CommandError, call_command

from opsdesk.accounts.models import User
from opsdesk.site.demo import loading
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

    at = Snag.objects.order_by("-updated_at").first().updated_at

    assert sweep.fire_batch(at=at) == 0


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
