"""Settings, from the environment alone (12-factor); docs/operations.md lists them.

Every variable may instead be given as NAME_FILE, the path of a file that holds the
value: the way container platforms hand over secrets.
"""

from pathlib import Path

import environ
import structlog
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from opsdesk.core.beat import OnTheSecond

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

# --- Where we run ---
OPSDESK_ENV = env.str("OPSDESK_ENV", "development")
if OPSDESK_ENV not in {"development", "production"}:
    raise ImproperlyConfigured("OPSDESK_ENV must be “development” or “production”.")
PRODUCTION = OPSDESK_ENV == "production"
DEBUG = env.bool("OPSDESK_DEBUG", not PRODUCTION)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("OPSDESK_DEBUG must stay off in production.")
VAR_DIR = Path(env.str("OPSDESK_VAR", str(BASE_DIR / "var")))

SECRET_KEY = env.str("OPSDESK_SECRET_KEY", "" if PRODUCTION else "for-development-only")
if not SECRET_KEY:
    raise ImproperlyConfigured("Set OPSDESK_SECRET_KEY (or OPSDESK_SECRET_KEY_FILE).")
ALLOWED_HOSTS = env.list(
    "OPSDESK_ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1"]
)
if PRODUCTION and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured(
        "Name this installation's hosts in OPSDESK_ALLOWED_HOSTS; “*” is refused."
    )
SITE_URL = env.str("OPSDESK_SITE_URL", "http://localhost:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL.startswith("https://") else []
ORGANISATION_NAME = env.str("OPSDESK_ORGANISATION", "")

# --- Applications, lowest layer first ---
INSTALLED_APPS = [
    "opsdesk.core",
    "opsdesk.accounts",
    "environments",
    "sla",
    "snags",
    "changes",
    "monitoring",
    "training",
    "opsdesk.site",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "simple_history",
    "template_partials",
]
MIDDLEWARE = [
    "opsdesk.core.guards.InputGuardMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "opsdesk.accounts.middleware.SessionAgeMiddleware",
    "opsdesk.core.middleware.LoginRequiredMiddleware",
    "opsdesk.accounts.middleware.PersonalSettingsMiddleware",
    "opsdesk.accounts.middleware.RequireMfaMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "opsdesk.core.middleware.PolicyMiddleware",
    "opsdesk.core.middleware.RefusalMiddleware",
]
ROOT_URLCONF = "opsdesk.urls"
WSGI_APPLICATION = "opsdesk.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "opsdesk.site.context.shell",
            ],
            "builtins": [
                "opsdesk.core.templatetags.ui",
                "django.templatetags.static",
            ],
        },
    }
]
FORM_RENDERER = "opsdesk.core.forms.OpsdeskRenderer"

# --- Data ---
DATABASES = {
    "default": {
        **env.db_url("DATABASE_URL", "postgresql:///opsdesk"),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # A page that needs longer than this is broken; batch jobs lift it.
            "options": "-c statement_timeout=15000 -c lock_timeout=5000"
            " -c idle_in_transaction_session_timeout=60000",
        },
    }
}
REDIS_URL = env.str("REDIS_URL", "redis://localhost:6379/0")
CACHES = {
    "default": {
        "BACKEND": "opsdesk.core.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": env.str("OPSDESK_CACHE_PREFIX", "opsdesk"),
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}
MEDIA_ROOT = VAR_DIR / "attachments"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
ATTACHMENT_MAX_BYTES = 25 * 1024 * 1024
ATTACHMENTS_PER_POST = 10
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 20

# --- People ---
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "opsdesk.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"reset_password": "opsdesk.accounts.forms.ResetPasswordForm"}
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "30/m/ip,5/300s/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("OPSDESK_TRUSTED_PROXIES", 0)
MFA_ADAPTER = "opsdesk.accounts.adapter.MfaAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "opsdesk"
MFA_TOTP_TOLERANCE = 0
USERSESSIONS_TRACK_ACTIVITY = False
# A manager, approver or administrator must carry a second factor. Demo data is the
# one place where nobody has a phone to hand.
MFA_REQUIRED_FOR_POWER = env.bool("OPSDESK_REQUIRE_MFA", PRODUCTION)
SESSION_COOKIE_AGE = 8 * 3600
SESSION_SAVE_EVERY_REQUEST = False
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# --- Time and language ---
USE_TZ = True
TIME_ZONE = env.str("OPSDESK_TIME_ZONE", "Europe/London")
LANGUAGE_CODE = "en-gb"
USE_I18N = False

# --- Celery: Postgres is the truth, the broker is a doorbell ---
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 25
CELERY_TASK_SOFT_TIME_LIMIT = 20
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than any task may run, and swept often: a killed worker's task is back
    # within seconds instead of the default hour.
    "visibility_timeout": 60,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "global_keyprefix": env.str("OPSDESK_CACHE_PREFIX", "opsdesk") + ":",
    "socket_timeout": 30,
    "socket_connect_timeout": 2,
    "retry_on_timeout": True,
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    name: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for name, task, seconds in (
        ("tick", "opsdesk.site.tasks.tick", 1.0),
        ("outbox", "opsdesk.core.tasks.deliver", 2.0),
        ("sweep", "opsdesk.site.tasks.sweep", 30.0),
        ("rollup", "snags.tasks.roll_up", 60.0),
    )
}
CELERY_BEAT_SCHEDULE["tick"]["schedule"] = OnTheSecond(1.0)
CELERY_BEAT_SCHEDULE["nightly"] = {
    "task": "opsdesk.site.tasks.nightly",
    # An hour of the day: every 24 hours would never come where beat restarts daily.
    "schedule": crontab(hour="2", minute="10"),
}

# --- Mail ---
DEFAULT_FROM_EMAIL = env.str("OPSDESK_MAIL_FROM", "opsdesk@localhost")
if env.str("OPSDESK_MAIL_URL", ""):
    vars().update(env.email_url("OPSDESK_MAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_TIMEOUT = 10

# --- Static files ---
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "opsdesk" / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "opsdesk.core.assets.BuiltAssetsFinder",
]
UI_BUILD_DIR = VAR_DIR / "ui-build"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# --- Browser-side safety ---
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb")
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("OPSDESK_SSL_REDIRECT", True)
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    if ALLAUTH_TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- API ---
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "opsdesk.core.api.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["opsdesk.core.api.ScopedPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["opsdesk.core.api.BoundedJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "opsdesk.core.api.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "opsdesk.core.api.refuse",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env.str("OPSDESK_API_RATE", "600/min")},
    "UNAUTHENTICATED_USER": None,
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "opsdesk",
    "DESCRIPTION": (
        "Snags and their clocks, environments, changes and promotions.\n\n"
        "Verbs and edits want the `ETag` that was read in `If-Match`; a request under"
        " an `Idempotency-Key` may be repeated until it is answered."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]+",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "opsdesk.core.api_schema.describe_refusals",
    ],
    "ENUM_NAME_OVERRIDES": {
        "SnagKindEnum": "snags.models.Snag.Kind",
        "ClockKindEnum": "snags.models.Clock.Kind",
        "EnvironmentKindEnum": "environments.models.Environment.Kind",
        "LevelEnum": "snags.models.Snag.Level",
        "ServerRoleEnum": "environments.models.Server.Role",
        "ComponentKindEnum": "environments.models.Component.Kind",
        "WindowKindEnum": "environments.models.WindowKind",
        "PackageClassEnum": "environments.models.PackageClass",
        "PackageStateEnum": "changes.models.Package.State",
        "ChangeKindEnum": "changes.models.ChangeRequest.Kind",
        "ChangeStateEnum": "changes.models.ChangeRequest.State",
        "PromotionKindEnum": "changes.models.Promotion.Kind",
        "PromotionStateEnum": "changes.models.Promotion.State",
        "PromotionStepKindEnum": "changes.models.PromotionStep.Kind",
        "ClosureEnum": "changes.models.ChangeRequest.Closure",
        "RiskEnum": "changes.models.ChangeRequest.Risk",
        "ApprovalStateEnum": "opsdesk.core.models.ApprovalRequest.State",
    },
}
API_TOKEN_PEPPER = env.str("OPSDESK_TOKEN_PEPPER", SECRET_KEY)

# Beat silent for so many seconds: the workers tick by themselves.
WATCH_PATIENCE = env.int("OPSDESK_WATCH_PATIENCE", 15)
# May an emergency approver start a change before anybody has agreed to it?
BREAK_GLASS = env.bool("OPSDESK_BREAK_GLASS", True)

HEALTH_TOKEN = env.str("OPSDESK_HEALTH_TOKEN", "")

# --- Logs: one JSON line an event in production ---
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer()
            if PRODUCTION
            else structlog.dev.ConsoleRenderer(colors=False),
            "foreign_pre_chain": [
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso"),
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["console"], "level": env.str("OPSDESK_LOG_LEVEL", "INFO")},
    "loggers": {"django_structlog": {"level": "WARNING"}},
}

# --- History: the service says who acted ---
SIMPLE_HISTORY_REVERT_DISABLED = True
