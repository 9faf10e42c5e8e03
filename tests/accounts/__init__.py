import time

from opsdesk.accounts import sessions
from opsdesk.accounts.models import User


def fresh(user):
    """The person as a new request would see them, roles read anew."""
    return User.objects.get(pk=user.pk)


def sign_in(client, user):
    """Signed in a moment ago: the proof of identity is fresh, as after the log-in.

    The session bears its stamps, which the first request would else save again.
    """
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time()}
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    sessions.keep_alive(session)
    session.save()
