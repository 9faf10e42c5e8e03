"""How gunicorn serves opsdesk, by `make run` and in containers alike."""

import gc
import os
from pathlib import Path

bind = os.environ.get("OPSDESK_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = int(os.environ.get("OPSDESK_WEB_THREADS", "4"))
# Loaded once and shared by the workers; a restart replaces them all.
preload_app = True
timeout = 30
graceful_timeout = 30
keepalive = 15
max_requests = 20_000
max_requests_jitter = 2_000
# The heartbeat file must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
forwarded_allow_ips = os.environ.get("OPSDESK_FORWARDED_ALLOW_IPS", "127.0.0.1")
accesslog = None
errorlog = "-"
control_socket_disable = True


def when_ready(_server: object) -> None:
    """What is loaded stays: workers share it and never search it for garbage."""
    gc.freeze()
