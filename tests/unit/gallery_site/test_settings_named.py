"""Every setting that can be set is written down, for the person who would set it."""

import itertools
import re
from pathlib import Path

CODE = Path(__file__).resolve().parents[3]
READ = re.compile(r"""\benv\.\w+\(\s*"([A-Z_]+)"|\benviron(?:\.get\(|\[)\s*"([A-Z_]+)\"""")
NOT_OURS = {"TZ", "DJANGO_SETTINGS_MODULE", "PATH", "HF_HOME", "HF_HUB_CACHE"}  # other programs name these
BETWEEN_SCRIPTS = {"GALLERY_CALLED_FROM"}  # run_gallery.sh tells start.py; nobody sets it


def names_read():
    files = [path for app in ("gallery_site", "photos", "generation") for path in (CODE / app).rglob("*.py")]
    found = {name for path in files for pair in READ.findall(path.read_text()) for name in pair if name}
    return found - NOT_OURS - BETWEEN_SCRIPTS


def names_in_example():
    return set(re.findall(r"^#([A-Z_]+)=", (CODE / ".env.example").read_text(), re.MULTILINE))


def test_the_example_names_every_variable_the_gallery_reads_and_no_other():
    assert names_in_example() == names_read()


def test_the_readme_explains_the_same_variables():
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", (CODE / "README.md").read_text(), re.MULTILINE))
    assert table == names_in_example()


def test_each_variable_in_the_example_has_a_line_that_says_why():
    lines = (CODE / ".env.example").read_text().splitlines()
    for above, line in itertools.pairwise(lines):
        if re.match(r"#[A-Z_]+=", line):
            assert above.startswith("# "), line


def test_the_example_with_every_line_switched_on_can_be_read(tmp_path):
    import environ

    text = re.sub(r"^#([A-Z_]+=)", r"\1", (CODE / ".env.example").read_text(), flags=re.MULTILINE)
    (tmp_path / ".env").write_text(text)

    class Env(environ.Env):
        ENVIRON = {}  # not this process's own

    env = Env()
    env.read_env(tmp_path / ".env")
    assert env.int("GALLERY_THREADS") == 8
    assert env.json("GALLERY_ENGINES") == {}
    assert env.list("GALLERY_HOSTS") == ["localhost", "127.0.0.1", "[::1]"]
    assert env.db("DATABASE_URL")["ENGINE"] == "django.db.backends.sqlite3"
