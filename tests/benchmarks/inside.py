"""python -m tests.benchmarks.inside MODULE:FUNCTION HANDLE ARGUMENTS: one measurement on a scratch library.

Started by `scratch.Library` in the environment of that library. The result goes to the file descriptor HANDLE.
"""

from __future__ import annotations

import importlib
import json
import os
import sys


def main() -> None:
    import django

    django.setup()
    module, _, function = sys.argv[1].partition(":")
    result = getattr(importlib.import_module(f"tests.benchmarks.{module}"), function)(
        **json.loads(sys.argv[3])
    )
    with os.fdopen(int(sys.argv[2]), "w") as answer:
        json.dump(result, answer)


def prepare() -> bool:
    """Tables and static files, as a start makes them."""
    from gallery_site import prepare

    prepare.update_tables()
    prepare.collect_static()
    return True


if __name__ == "__main__":
    main()
