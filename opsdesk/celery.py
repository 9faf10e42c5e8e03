"""The Celery application: workers and beat ring the bell, Postgres has the truth."""

import gc
import os
import sys
from pathlib import Path

from celery import Celery
from celery.signals import worker_process_init, worker_ready

from opsdesk.local import servers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsdesk.settings")
# Only a worker started by hand brings the servers along: whoever merely imports this
# module (a type checker, a test) must not start a database.
if Path(sys.argv[0]).parent.name == "celery" or Path(sys.argv[0]).name == "celery":
    servers.use()

app = Celery("opsdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def watch_beat(**_: object) -> None:
    """Every worker looks whether beat still ticks, and ticks itself if not."""
    from opsdesk.site import watch  # noqa: PLC0415  # apps are not loaded above

    watch.start()


@worker_process_init.connect
def keep_what_is_loaded(**_: object) -> None:
    """What is loaded stays: no process searches it for garbage again and again."""
    gc.freeze()
