"""The portal's settings, on a database and a data folder of the tests' own."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

if "PYTEST_XDIST_WORKER" not in os.environ:
    _home = tempfile.mkdtemp(prefix="trunkline-tests-")
    atexit.register(shutil.rmtree, _home, ignore_errors=True)
    os.environ |= {"TRUNKLINE_HOME": _home, "DEBUG": "1", "SECRET_KEY": "", "CREDENTIALS_KEY": ""}
    # Nothing listens there: what needs a broker starts one.
    os.environ["REDIS_URL"] = "redis://127.0.0.1:1/0"
    if os.environ.get("TEST_DATABASE") == "postgresql":
        from tests.support.postgres import start_postgres

        os.environ["DATABASE_URL"] = start_postgres()
    else:
        os.environ["DATABASE_URL"] = f"sqlite:///{_home}/tests.sqlite3"

# Playwright's loop runs in the thread of the test, which asks the database too.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

from config.settings import *  # noqa: F403
from config.settings import DATABASES, PORTAL_HOSTS, TRUNKLINE_HOME

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads and processes of a test share it, as the portal's do.
    DATABASES["default"]["TEST"] = {"NAME": str(TRUNKLINE_HOME / "test.sqlite3")}
WHITENOISE_AUTOREFRESH = True  # or each test client looks through every static file there is
PORTAL_HOSTS = [*PORTAL_HOSTS, "testserver"]
SEND_TIMEOUT = 5
