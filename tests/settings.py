"""The product's settings, with cheap passwords and mail kept in memory."""

import os
import re

# Django takes its settings from the names of one module, so all of the product's must
# be in this one; naming each would leave the next new one out of the tests.
from opsdesk.settings import *  # noqa: F403
from opsdesk.settings import (
    CACHES,
    CELERY_BROKER_TRANSPORT_OPTIONS,
    DATABASES,
    LOGGING,
    REDIS_URL,
    STORAGES,
    VAR_DIR,
)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
# Clearing a cache empties its database: each worker of the suite has one of its own.
CACHES["default"]["LOCATION"] = re.sub(
    r"(?<=[/=])\d+$",
    str(1 + int(WORKER.removeprefix("gw")) % 15),
    REDIS_URL,
)
CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = f"test-{WORKER}:"
MEDIA_ROOT = VAR_DIR / "test-attachments" / WORKER
DATABASES["default"]["ENGINE"] = "tests.plugins.swept"
# The level of the root does not stop what is logged below it: two lines of each refusal
# and, of a request to another host, a drawn stack that takes seconds.
LOGGING["root"]["level"] = LOGGING["handlers"]["console"]["level"] = "CRITICAL"
# Files are looked up when asked for; every new client would else list them all first.
WHITENOISE_AUTOREFRESH = True
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
