#!/usr/bin/env bash
# Runs the tests twice: everything on SQLite, then what touches the database on a real PostgreSQL.
#
#   ./run_tests.sh                        everything
#   ./run_tests.sh tests/unit -k recipe   arguments go to pytest, in both passes
#   ./run_tests.sh --require-browser      a missing Chromium is an error instead of skipped tests
#   ./run_tests.sh --thorough             every page in all four looks (light, dark, desktop, phone), not in two,
#                                        and no second try
#   ./run_tests.sh --sqlite               the first pass alone, for a quick look
#
# PYTHON names another Python, CHROME_PATH another browser, JOBS the number of test processes (2).
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=gallery_site/environment.sh
. gallery_site/environment.sh

passes="sqlite postgres"
arguments=()
for argument in "$@"; do
    case $argument in
        --require-browser) export GALLERY_REQUIRE_BROWSER=1 ;;
        --thorough) export GALLERY_TEST_THOROUGH=1 ;;
        --sqlite) passes="sqlite" ;;
        -h | --help)
            sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
            exit
            ;;
        *) arguments+=("$argument") ;;
    esac
done

find_python
fill_venv test

counts=$(mktemp)
trap 'rm -f "$counts"' EXIT
export GALLERY_TEST_COUNTS=$counts
unset GALLERY_TEST_DATABASE GALLERY_TEST_ROOT
python=.venv/bin/python
suite=("$python" -m pytest -n "${JOBS:-2}" --dist worksteal ${arguments[@]+"${arguments[@]}"})
passed=0 failed=0 skipped=0 worst=0 summary=""

# run_pass TITLE COMMAND...: adds its counts to the totals; pytest's 5 (no test here) is not a failure.
run_pass() {
    local title=$1 status=0 words p=0 f=0 s=0 began=$SECONDS
    shift
    printf '\n=== %s ===\n' "$title"
    : >"$counts"
    "$@" || status=$?
    read -r p f s <"$counts" || true
    passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0})) skipped=$((skipped + ${s:-0}))
    case $status in
        0) words="passed" ;;
        5) words="no test to run" ;;
        *) words="FAILED" worst=$status ;;
    esac
    summary+="$title: $words (${p:-0} passed, ${f:-0} failed, ${s:-0} skipped, $((SECONDS - began)) s)"$'\n'
}

case $passes in
    *sqlite*) run_pass "Pass 1: everything, on SQLite" "${suite[@]}" ;;
esac
case $passes in
    *postgres*) run_pass "Pass 2: the database tests again, on PostgreSQL" "$python" -m tests.databases "${suite[@]}" ;;
esac

printf '\n%s\n' "$summary"
# A pass that ended without counts (a crash, a mistake in the arguments) is a failure too.
if [ "$worst" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
if [ "$passed" -eq 0 ] && [ "$failed" -eq 0 ]; then
    say "No test was run."
    exit 5
fi
say "$passed passed, $failed failed, $skipped skipped"
exit "$worst"
