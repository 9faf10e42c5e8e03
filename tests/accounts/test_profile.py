import pytest

from opsdesk.accounts.services.profile import save_profile
from opsdesk.core.errors import NotAllowedError, RuleError
from tests.accounts import fresh

SETTINGS = {
    "time_zone": "Asia/Tokyo",
    "theme": "dark",
    "shortcuts": False,
    "mail_me": False,
}


def test_everybody_keeps_their_own_settings(rob, ann):
    with pytest.raises(NotAllowedError):
        save_profile(rob, **SETTINGS, actor=ann)
    assert fresh(rob).theme == ""

    save_profile(rob, **SETTINGS, actor=rob)

    after = fresh(rob)
    assert {name: getattr(after, name) for name in SETTINGS} == SETTINGS
    assert after.history.latest().history_user == rob


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"time_zone": "Mars/Olympus"}, "not a time zone"), ({"theme": "pink"}, "theme")],
)
def test_what_does_not_exist_is_refused(given, sentence, rob):
    with pytest.raises(RuleError, match=sentence):
        save_profile(rob, **{**SETTINGS, **given}, actor=rob)

    assert fresh(rob).time_zone == ""
