"""The web application, for gunicorn and for runserver."""

import os

from django.core.wsgi import get_wsgi_application

from opsdesk.local import servers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsdesk.settings")
servers.use()
application = get_wsgi_application()
