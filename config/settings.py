"""All settings, from the environment; `.env.example` lists them with their defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ

from channels_app import providers
from config.keys import credentials_keys, secret_key
from config.logs import logging_settings
from config.schedule import SCHEDULE, TASK_ROUTES

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

# DEBUG=1 is for trying out and developing: keys are generated on the first run and plain http will do.
# Django's own debug mode has its own switch: it keeps every query in memory and shows variables on error pages.
TRYING_OUT = env.bool("DEBUG", default=True)
DEBUG = env.bool("DJANGO_DEBUG", default=False)

TRUNKLINE_HOME = (BASE_DIR / env.path("TRUNKLINE_HOME", default="var")()).resolve()
SECRET_KEY = secret_key(env.str("SECRET_KEY", default=""), TRUNKLINE_HOME, may_make=TRYING_OUT)
CREDENTIALS_KEYS = credentials_keys(
    env.list("CREDENTIALS_KEY", default=[]), TRUNKLINE_HOME, may_make=TRYING_OUT
)

# -- Who may ask what ------------------------------------------------------------------------------------------

# config.middleware.PortalHostMiddleware decides: the portal answers on PORTAL_HOSTS and on the domains of the
# portal's own list, webhook addresses and file links on any host.
ALLOWED_HOSTS = ["*"]
PORTAL_HOSTS = env.list("PORTAL_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
PORT = env.int("PORT", default=8000)
EVENTS_PORT = env.int("EVENTS_PORT", default=8001)
# In production a proxy passes /events/ of the portal's own address on to that port.
EVENTS_ON_PORT = TRYING_OUT
# Seconds after which a stream notices that its person has signed out or changed queues.
EVENTS_LOOK_AGAIN = env.float("EVENTS_LOOK_AGAIN", default=30)
LOCAL_ORIGIN = f"http://127.0.0.1:{PORT}"  # where the simulator on this machine fetches files

TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
if env.bool("TRUST_FORWARDED_PROTO", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SECURE_HTTPS = env.bool("SECURE_HTTPS", default=not TRYING_OUT)
SECURE_SSL_REDIRECT = SECURE_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_HTTPS else 0
# Both also bind a company's other host names, so somebody who knows these has to decide.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("HSTS_SUBDOMAINS", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # they ask for exactly that
SESSION_COOKIE_SECURE = SECURE_HTTPS
CSRF_COOKIE_SECURE = SECURE_HTTPS
SESSION_COOKIE_NAME = "trunkline_session"
CSRF_COOKIE_NAME = "trunkline_csrf"
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"

AUTH_USER_MODEL = "channels_app.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "config.views.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# Otherwise whoever keeps trying locks a login for ever, and its row grows with each try.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True

# -- Parts -------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "config.portal.site.PortalConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "axes",
    "channels_app",
    "messaging",
    "config.apps.ConfigApp",
]

MIDDLEWARE = [
    "config.middleware.ClientAddressMiddleware",
    "config.middleware.ItspMiddleware",
    "config.middleware.PortalHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.middleware.BodyLimitMiddleware",
    "config.middleware.FormsMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "config.time_zone.TimeZoneMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.ContentSecurityMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
            ],
        },
    },
]

# -- Where things are kept ---------------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{TRUNKLINE_HOME / 'trunkline.sqlite3'}")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    if not env.str("DATABASE_URL", default=""):
        TRUNKLINE_HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
    DATABASES["default"] |= {
        "ENGINE": "config.fair_sqlite3",  # SQLite's own way of waiting lets a few requests wait for a second
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # Without IMMEDIATE a transaction that reads before it writes fails at once under load.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,  # seconds; the longest wait seen with 16 writers was 4.8
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
        },
    }
else:
    DATABASES["default"]["OPTIONS"] = {
        # A process that was stopped or cut off in a transaction must not hold up all others for long.
        "options": "-c idle_in_transaction_session_timeout=10s",
        "keepalives_idle": 10,  # seconds
        "tcp_user_timeout": 10_000,  # milliseconds
        **DATABASES["default"].get("OPTIONS", {}),
        "pool": {
            "min_size": 1,
            "max_size": env.int("DATABASE_POOL", default=20),
            "timeout": 10,
            "reconnect_timeout": 5,  # instead of 300, with which pauses grow to minutes while the database is away
        },
    }

SPOOL_FOLDER = TRUNKLINE_HOME / "spool"
MAX_FILES_BYTES = 100 * 1024 * 1024
# Base64 turns 3 bytes into 4; one more mebibyte for the rest of the body.
MAX_WEBHOOK_BYTES = MAX_FILES_BYTES * 4 // 3 + 1024 * 1024
MAX_FORM_BYTES = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_FORM_BYTES

# -- Languages, times, files of the pages --------------------------------------------------------------------------

LANGUAGE_CODE = "en"
# The languages of our own texts: Django has ninety, and a page would mix two.
LANGUAGES = [("en", "English")]
USE_I18N = True
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = None if TRYING_OUT else BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = TRYING_OUT
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "files": {
        "BACKEND": "messaging.files.storage.SyncedFolder",
        "OPTIONS": {
            "location": str(TRUNKLINE_HOME / "files"),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TRYING_OUT
        else "config.static_files.HashedStaticFiles"
    },
}

if FILES_S3_BUCKET := env.str("FILES_S3_BUCKET", default=""):
    STORAGES["files"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": FILES_S3_BUCKET,
            "endpoint_url": env.str("FILES_S3_ENDPOINT", default="") or None,
            "region_name": env.str("FILES_S3_REGION", default="") or None,
            "access_key": env.str("FILES_S3_ACCESS_KEY", default="") or None,
            "secret_key": env.str("FILES_S3_SECRET_KEY", default="") or None,
            "location": "files",
            "default_acl": None,
            "max_memory_size": 1024 * 1024,  # larger files go through the disk
        },
    }

# -- ITSPs -------------------------------------------------------------------------------------------------------

# The API address of each ITSP by slug, if not the adapter's own; a channel's own takes precedence.
PROVIDER_BASE_URLS = {
    slug: env.str(f"{slug.upper().replace('-', '_')}_BASE_URL", default="") for slug in providers.PROVIDERS
}
# One hand-over takes at most this long, in seconds; a claim older than CLAIM_LIFETIME belongs to a dead worker.
SEND_TIMEOUT = 40
CLAIM_LIFETIME = 50
SEND_THREADS = env.int("SEND_THREADS", default=256)
WAITED_TOO_LONG_HOURS = 24
# People are away this long after closing their last page; colleagues see a customer who waits this long for them.
AWAY_AFTER_MINUTES = 10
WAITING_TOO_LONG_MINUTES = 30
FILE_HOURS = env.int("FILE_HOURS", default=72)
WEBHOOK_LOG_DAYS = 7
ROTATED_TOKEN_HOURS = 24
SIGN_IN_LINK_HOURS = 48

# -- Workers -----------------------------------------------------------------------------------------------------

BROKER_PORT = env.int("BROKER_PORT", default=8003)
REDIS_URL = env.str("REDIS_URL", default="") or f"redis://127.0.0.1:{BROKER_PORT}/0"
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ROUTES = TASK_ROUTES
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(TRUNKLINE_HOME / "beat-schedule")
CELERY_BEAT_SCHEDULE = SCHEDULE

LOGGING = logging_settings(env.str("LOG_LEVEL", default="INFO"))

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}

from config.portal.theme import UNFOLD  # noqa: E402, F401
