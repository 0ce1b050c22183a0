# shellcheck shell=bash
# Sourced by run_gallery.sh and run_tests.sh, which lie beside .venv and set pipefail: finds a Python, fills .venv.
# Bash 3.2 (macOS) has to understand it.

say() { printf '%s\n' "$*"; }

give_up() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

# Sets PYTHON (a command) and PYTHON_IS (its version and home: what a .venv is made of).
find_python() {
    local candidate oldest=""
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 python3.13 python3.12 python3.11; fi
    for candidate in "$@"; do
        # It has to run, not only to be there: version managers leave shims that end with an error.
        PYTHON_IS=$("$candidate" -c 'import sys; print("%d.%d.%d %s" % (sys.version_info[:3] + (sys.base_prefix,)))' 2>/dev/null) || continue
        case $PYTHON_IS in
            3.1[1-9].* | 3.[2-9][0-9].*)
                PYTHON=$candidate
                return
                ;;
        esac
        [ -n "$oldest" ] || oldest="$candidate is Python ${PYTHON_IS%% *}"
    done
    [ -z "$oldest" ] || give_up "Python 3.11 or newer is needed; $oldest. Name another like this: PYTHON=/path/to/python3.12 $0"
    [ -z "${PYTHON:-}" ] || give_up "PYTHON is set to $PYTHON, and that does not run."
    give_up "Python 3.11 or newer is needed and none was found. Debian and Ubuntu: sudo apt install python3 python3-venv"
}

# fill_venv EXTRA: the dependencies of pyproject.toml, and of that extra when it is not empty.
# A stamp in .venv says what it was filled from; while that has not changed this takes milliseconds.
fill_venv() {
    local extra=$1 stamp want log
    stamp=.venv/.filled-${extra:-run}
    want="$(cksum <pyproject.toml) $PYTHON_IS"
    if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then
        return
    fi
    can_write_here
    make_venv
    log=.venv/install.log
    say "Installing what the gallery needs into .venv (the first time this takes about a minute) ..."
    "$PYTHON" - "$extra" >.venv/requirements.txt <<'PYTHON_END' || give_up "pyproject.toml cannot be read."
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
print(*project["dependencies"], *project["optional-dependencies"].get(sys.argv[1], []), sep="\n")
PYTHON_END
    # The dependencies alone: building the project too would leave an egg-info folder beside the code.
    PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install --no-input --prefer-binary \
        -r .venv/requirements.txt 2>&1 | tee "$log" | show_pip || explain_failure "$log"
    printf '%s\n' "$want" >"$stamp" || explain_failure "$log"
    say "Installed."
}

make_venv() {
    local has=""
    if [ -d .venv ]; then
        has=$(.venv/bin/python -c 'import sys; print("%d.%d.%d %s" % (sys.version_info[:3] + (sys.base_prefix,)))' 2>/dev/null) || has=""
        [ "$has" = "$PYTHON_IS" ] && return
        say "Python has changed; making .venv anew."
    fi
    "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || give_up "Python ${PYTHON_IS%% *} is here without its venv package.
Debian and Ubuntu: sudo apt install python3-venv"
    local said
    said=$("$PYTHON" -m venv --clear .venv 2>&1) || {
        rm -rf .venv
        case $said in
            *ensurepip*) give_up "Python ${PYTHON_IS%% *} is here without its venv package.
Debian and Ubuntu: sudo apt install python3-venv" ;;
            *"No space left"*) give_up "The disk is full: $(pwd) needs about 400 MB for what the gallery is made of." ;;
            *) give_up "No .venv could be made: $said" ;;
        esac
    }
}

can_write_here() {
    local probe=.write-probe.$$
    if ! : 2>/dev/null >"$probe"; then
        give_up "Nothing can be written to $(pwd): it is read-only, full, or belongs to someone else."
    fi
    rm -f "$probe"
}

# One short line for each package as pip comes to it; the rest is in the log.
show_pip() {
    local line name names count=0
    while IFS= read -r line; do
        case $line in
            "Collecting "* | "Processing "*.whl*)
                name=${line#* }
                name=${name%% *}
                name=${name##*/}
                name=${name%%-[0-9]*}
                name=${name%%[<>=~!;[]*}
                count=$((count + 1))
                if [ -t 1 ]; then printf '\r\033[K  %d  %s' "$count" "$name"; else say "  $count  $name"; fi
                ;;
            "Installing collected packages"*)
                if [ -t 1 ]; then printf '\r\033[K'; fi
                names=${line//[^,]/}
                say "  unpacking $((${#names} + 1)) packages"
                ;;
        esac
    done
    if [ -t 1 ]; then printf '\r\033[K'; fi
}

explain_failure() {
    local log=$1
    printf '\n' >&2
    grep -vE '^WARNING: Location|━' "$log" | tail -n 10 >&2 || true
    if grep -q 'No space left on device' "$log"; then
        give_up "The disk is full: $(pwd)/.venv needs about 400 MB."
    elif grep -qE 'Read-only file system|Permission denied' "$log"; then
        give_up "Nothing can be written to $(pwd)/.venv: it is read-only or belongs to someone else."
    elif grep -qE 'NewConnectionError|Temporary failure in name resolution|Could not fetch URL|ReadTimeout|ProxyError' "$log"; then
        give_up "The packages could not be fetched: is this machine online? Run the same command again; it goes on where it was."
    fi
    give_up "The packages could not be installed. The whole story: $(pwd)/$log"
}
