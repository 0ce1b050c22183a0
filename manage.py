#!/usr/bin/env python3
"""Django's commands and the gallery's own, on the library that was used last.

Any python3 will do to call it: it goes on inside `.venv`, which ./run_gallery.sh makes.
"""

import os
import sys
from pathlib import Path

CODE = Path(__file__).resolve().parent
# Django's own commands that write; ours say themselves which library they work on (LibraryCommand).
DJANGO_WRITERS = {
    "migrate",
    "changepassword",
    "createsuperuser",
    "flush",
    "loaddata",
    "remove_stale_contenttypes",
}


def main() -> None:
    """Run the command named on the command line."""
    go_on_inside_venv()
    sys.path.insert(0, str(CODE))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gallery_site.settings")

    from gallery_site.library import data_folder, ensure_secret_key

    folder = data_folder(CODE)
    try:
        ensure_secret_key(folder)
        for name in ("media", "tmp"):  # before the first start, or after somebody tidied up
            (folder / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(f"The data folder cannot be used: {error}")

    from django.core.management import execute_from_command_line

    if len(sys.argv) > 1 and sys.argv[1] in DJANGO_WRITERS and "--help" not in sys.argv:
        import django

        django.setup()
        from photos.management.library import library_line

        print(library_line(), file=sys.stderr)
    execute_from_command_line(sys.argv)


def go_on_inside_venv() -> None:
    """Start over with the Python of `.venv`, unless Django can be imported right here."""
    inside = Path(sys.prefix).resolve() == (CODE / ".venv").resolve()
    python = CODE / ".venv" / "bin" / "python"
    if inside:
        return
    if python.exists():
        os.execv(python, [str(python), str(CODE / "manage.py"), *sys.argv[1:]])
    try:
        import django  # noqa: F401  another environment that has everything, a container's for example
    except ImportError:
        sys.exit("Nothing is installed here yet: run ./run_gallery.sh (or ./run_tests.sh) once first.")


if __name__ == "__main__":
    main()
