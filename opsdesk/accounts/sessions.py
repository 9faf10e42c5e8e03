"""How long a sign-in lasts, and how to end all of a person's at once."""

import time
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session

from opsdesk.accounts.access import Access
from opsdesk.accounts.models import Membership, User

Role = Membership.Role

LONGEST = timedelta(hours=24)
LONGEST_WITH_WEIGHT = timedelta(hours=12)
SHORT_LIVED = (Role.APPROVER_TECHNICAL, Role.APPROVER_BUSINESS, Role.SUPPLIER)
# The idle limit (SESSION_COOKIE_AGE) runs from the last save; saving with every read
# would turn each page into a write.
SAVE_EVERY = timedelta(minutes=5)

SINCE = "signed_in_at"
SEEN = "seen_at"


def is_signed_in(session: SessionBase) -> bool:
    return SESSION_KEY in session


def keep_alive(session: SessionBase) -> None:
    """Stamp the session's start once and its use now and then."""
    at = int(time.time())
    if SINCE not in session:
        session[SINCE] = at
    if at - session.get(SEEN, 0) >= SAVE_EVERY.total_seconds():
        session[SEEN] = at


def may_be_over(session: SessionBase) -> bool:
    """Past the shortest limit, so that roles have to be looked at."""
    return _age(session) >= LONGEST_WITH_WEIGHT


def is_over(session: SessionBase, access: Access) -> bool:
    """However busy, a sign-in ends after a day; for approvers and suppliers, half."""
    limit = LONGEST_WITH_WEIGHT if access.has(*SHORT_LIVED) else LONGEST
    return _age(session) >= limit


def end_all(person: User) -> None:
    """Sign the person out everywhere, within the caller's transaction."""
    known = UserSession.objects.filter(user=person)
    Session.objects.filter(session_key__in=known.values("session_key")).delete()
    known.delete()


def _age(session: SessionBase) -> timedelta:
    return timedelta(seconds=max(0.0, time.time() - session.get(SINCE, time.time())))
