#!/usr/bin/env bash
# `make rehearsal`: CeleryExecutor, two workers, an object store. It needs Debian's redis-server, and installs it as root.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v redis-server > /dev/null; then
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || { echo "needs redis-server: apt install redis-server" >&2; exit 1; }
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends redis-server > /dev/null
fi
SEED="${SEED:-}" .venv/bin/python -m pytest tests/rehearsal -s ${ONLY:+-k "$ONLY"}
