"""Django as it comes: no middleware, and its own SQLite."""

from config.settings import *  # noqa: F403
from config.settings import DATABASES

ROOT_URLCONF = "tests.benchmarks.bare"
MIDDLEWARE: list[str] = []
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["ENGINE"] = "django.db.backends.sqlite3"
