"""The web application, for gunicorn and for runserver."""

import os

import django

from opsdesk.core.guards import GuardedHandler
from opsdesk.local import servers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsdesk.settings")
servers.use()
django.setup(set_prefix=False)
application = GuardedHandler()
