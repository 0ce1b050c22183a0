"""The tests' settings for worker processes that a test kills: a slow engine, and leases that soon run out."""

import os

from tests.settings import *  # noqa: F403

GALLERY_ENGINES = {
    name: {"CLASS": "tests.doubles.SlowEngine", "OPTIONS": {"seconds": 0.15}} for name in ("slow", "other")
}
GALLERY_IMPORT_FOLDERS = os.environ.get("GALLERY_TEST_IMPORT_FOLDERS", "").split()
LEASE_SECONDS = 1.5
LEASE_SWEEP_SECONDS = 0.3
