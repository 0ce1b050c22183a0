"""The gallery's own settings, with a data folder of their own for each test process.

The environment is set before the real settings are read, so that nothing of a person's library, .env or
shell can reach a test. Processes that a test starts (a worker, the decoder) inherit it and see the same
folder. GALLERY_TEST_DATABASE names a PostgreSQL; without it each process has a SQLite file.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "GALLERY_TEST_ROOT" not in os.environ:
    os.environ["GALLERY_TEST_ROOT"] = tempfile.mkdtemp(prefix="gallery-tests-")
    atexit.register(shutil.rmtree, os.environ["GALLERY_TEST_ROOT"], ignore_errors=True)

_data = Path(os.environ["GALLERY_TEST_ROOT"]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
for _name in ("media", "tmp", "staticfiles", "logs"):
    (_data / _name).mkdir(parents=True, exist_ok=True)

for _name in [name for name in os.environ if name.startswith("GALLERY_") and "_TEST_" not in name]:
    if _name not in ("GALLERY_REQUIRE_BROWSER", "GALLERY_SAMPLES"):
        del os.environ[_name]
_sqlite = f"sqlite:///{_data / 'gallery.sqlite3'}"
os.environ.update(
    GALLERY_DATA=str(_data),
    # A child of a test is told the test's own database; see the fixture `start_worker`.
    DATABASE_URL=os.environ.get("GALLERY_TEST_CHILD_DATABASE")
    or os.environ.get("GALLERY_TEST_DATABASE")
    or _sqlite,
    SECRET_KEY="only-for-tests-" + "0123456789abcdef" * 4,
    DEBUG="0",
    GALLERY_TIME_ZONE="Europe/Berlin",  # neither UTC nor without daylight saving, so that mistakes show
    DJANGO_ALLOW_ASYNC_UNSAFE="1",  # Playwright's sync API runs an event loop in the test's own thread
)

from gallery_site.settings import *  # noqa: E402, F403  the environment above has to come first
from gallery_site.settings import DATABASES, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in a real library: the in-memory shared cache fails a third of parallel writes.
    DATABASES["default"]["TEST"] = {"NAME": str(_data / "test.sqlite3")}

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, and only here
