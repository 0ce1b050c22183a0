#!/usr/bin/env bash
# Starts Photo Gallery: makes .venv beside itself on the first start, then hands over to gallery_site.start.
# ./run_gallery.sh --help lists the options. PYTHON names another Python (3.11 or newer).
set -euo pipefail
export GALLERY_CALLED_FROM=$PWD # what a relative --data is relative to
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=gallery_site/environment.sh
. gallery_site/environment.sh

find_python
for argument in "$@"; do
    case $argument in
        -h | --help) exec "$PYTHON" -m gallery_site.start --help ;;
    esac
done
fill_venv ""
exec .venv/bin/python -m gallery_site.start "$@"
