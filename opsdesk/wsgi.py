"""The web application, for gunicorn and for runserver."""

import os
from importlib import import_module

import django

from opsdesk.core.guards import GuardedHandler
from opsdesk.local import servers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsdesk.settings")
servers.use()
django.setup(set_prefix=False)
application = GuardedHandler()
# Every page is loaded before workers are forked, not by the first visitor of each.
import_module("opsdesk.urls")
