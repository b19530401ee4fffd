#!/usr/bin/env bash
# Waits for Airflow's database, then runs `bash …`, `python …` or a command of airflow's, as the official image's does.
set -euo pipefail
umask 0002
LD_PRELOAD="/usr/lib/$(uname -m)-linux-gnu/libstdc++.so.6"
export LD_PRELOAD
left="${CONNECTION_CHECK_MAX_COUNT:-20}"
while [ "$left" -gt 0 ]; do
    if said="$(airflow db check 2>&1)"; then break; fi
    left=$((left - 1))
    [ "$left" -gt 0 ] || { echo "$said" >&2; exit 1; }
    sleep "${CONNECTION_CHECK_SLEEP_TIME:-3}"
done
case "${1:-}" in
    bash | python | airflow) exec "$@" ;;
    *) exec airflow "$@" ;;
esac
