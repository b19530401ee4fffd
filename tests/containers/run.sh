#!/usr/bin/env bash
# `make containers`: runs docker-compose.yaml on images that are made here. As root on Debian it installs what it lacks.
set -euo pipefail
cd "$(dirname "$0")/../.."
NAME=malote-containers
SUITE=trixie
FOLDER="$PWD/.malote/containers"
mkdir -p "$FOLDER"

need() { # COMMAND PACKAGE
    if command -v "$1" > /dev/null; then return; fi
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || { echo "needs $1: apt install $2" >&2; exit 1; }
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$2" > /dev/null
}

answers() { docker info > /dev/null 2>&1; }

if ! answers; then
    need dockerd docker.io
    need docker docker-cli
    if ! answers; then # where installing it has not started it
        dockerd > "$FOLDER/dockerd.log" 2>&1 &
        engine=$!
        trap 'kill "$engine"; wait "$engine" || true' EXIT
        for _ in $(seq 60); do
            if answers; then break; fi
            kill -0 "$engine" || { tail "$FOLDER/dockerd.log" >&2; exit 1; }
            sleep 1
        done
    fi
fi

if ! docker image inspect "$NAME/debian:$SUITE" > /dev/null 2>&1; then
    need debootstrap debootstrap
    echo "debian: debootstrap"
    root="$(mktemp -d)"
    debootstrap --variant=minbase --include=ca-certificates "$SUITE" "$root" > "$FOLDER/debootstrap.log"
    rm -rf "$root"/var/cache/apt/archives/*.deb
    bundle=/etc/ssl/certs/ca-certificates.crt
    cp --dereference "$bundle" "$root$bundle" # builds trust whom this machine trusts
    tar --directory "$root" --create . | docker import --change "ENV SSL_CERT_FILE=$bundle" - "$NAME/debian:$SUITE" > /dev/null
    rm -rf "$root"
fi
build() { # NAME ARGUMENT…
    echo "$1: docker build"
    docker build --network host --tag "$NAME/$1" "${@:2}" > "$FOLDER/build-$1.log" 2>&1 || { tail -n 40 "$FOLDER/build-$1.log" >&2; exit 1; }
}
build postgres tests/containers/postgres
build redis tests/containers/redis
build airflow --build-arg "UV_VERSION=$UV_VERSION" tests/containers/airflow
build malote --build-arg "BASE=$NAME/airflow" .
build played --file tests/containers/played/Dockerfile tests/support/system

compose="docker compose"
has="$($compose version --short 2> /dev/null || echo 0)"
if [ "$(printf '%s\n' 2.23.1 "${has#v}" | sort --version-sort | head -n 1)" != 2.23.1 ]; then # older ones know no `configs: content:`
    compose="$FOLDER/docker-compose"
    test -x "$compose" || docker run --rm --network host "$NAME/debian:$SUITE" sh -ec '
        cd /tmp
        apt-get -qq update
        apt-get -qq download docker-compose
        dpkg-deb --fsys-tarfile docker-compose_*.deb' 2> "$FOLDER/compose.log" |
        tar --extract --to-stdout ./usr/libexec/docker/cli-plugins/docker-compose > "$compose.part"
    test -x "$compose" || { chmod +x "$compose.part"; mv "$compose.part" "$compose"; }
fi
MALOTE_COMPOSE="$compose" SEED="${SEED:-}" .venv/bin/python -m pytest tests/containers -s
