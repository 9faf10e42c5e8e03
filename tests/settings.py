"""The product's settings, with cheap passwords and mail kept in memory."""

import os
import re

from opsdesk.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
# Clearing a cache empties its database: each worker of the suite has one of its own.
CACHES["default"]["LOCATION"] = re.sub(  # noqa: F405
    r"(?<=[/=])\d+$",
    str(1 + int(WORKER.removeprefix("gw")) % 15),
    REDIS_URL,  # noqa: F405
)
CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = f"test-{WORKER}:"  # noqa: F405
MEDIA_ROOT = VAR_DIR / "test-attachments" / WORKER  # noqa: F405
LOGGING["root"]["level"] = "CRITICAL"  # noqa: F405
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
