"""What people set for themselves: how opsdesk looks and reaches them, nothing more."""

from zoneinfo import available_timezones

from django.db import transaction

from opsdesk.accounts.models import User
from opsdesk.core.errors import RuleError, require
from opsdesk.core.records import save


@transaction.atomic
def save_profile(
    person: User,
    *,
    time_zone: str,
    theme: str,
    shortcuts: bool,
    mail_me: bool,
    actor: User,
) -> User:
    """Personal settings; name, address and roles are not one's own to change."""
    require(person == actor, "Everybody keeps their own settings.")
    person = User.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)
    if time_zone and time_zone not in available_timezones():
        raise RuleError(f"“{time_zone}” is not a time zone.")
    if theme not in User.Theme.values:
        raise RuleError("There is no such theme.")
    person.time_zone, person.theme = time_zone, theme
    person.shortcuts, person.mail_me = shortcuts, mail_me
    save(person, "time_zone", "theme", "shortcuts", "mail_me", actor=actor)
    return person
