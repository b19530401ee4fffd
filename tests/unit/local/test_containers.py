"""The container files are sound as far as that can be told without a container engine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import ROOT

COMPOSE = ROOT / "docker-compose.yaml"
DOCKERFILE = ROOT / "Dockerfile"
EXAMPLE = ROOT / ".env.example"
NOT_OURS = {"postgres", "redis"}
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(:[?-][^}]*)?\}")
GIVEN = re.compile(r"(?<!\$)\$\{\w+:\?[^}]+\}")  # stops the start when it is empty


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    return yaml.safe_load(COMPOSE.read_text())["services"]


def environments(services: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for service, about in services.items():
        for name, value in about.get("environment", {}).items():
            yield service, name, str(value)


def check(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_compose_file_follows_the_compose_specification(tmp_path: Path) -> None:
    assert check(COMPOSE).returncode == 0
    wrong = tmp_path / "docker-compose.yaml"
    wrong.write_text(COMPOSE.read_text().replace("healthcheck:", "healtcheck:"))
    assert check(wrong).returncode != 0


def test_all_parts_of_airflow_and_the_simulators_are_there(services: dict[str, dict[str, Any]]) -> None:
    airflow = {"init", "api-server", "scheduler", "dag-processor", "worker", "triggerer"}
    assert set(services) == {*airflow, "simulators", *NOT_OURS}


def test_one_image_serves_everything_that_is_ours(services: dict[str, dict[str, Any]]) -> None:
    assert len({services[name]["image"] for name in set(services) - NOT_OURS}) == 1
    assert {str(services[name]["build"]) for name in set(services) - NOT_OURS} == {"."}


def test_every_service_that_stays_has_a_health_check(services: dict[str, dict[str, Any]]) -> None:
    for name, about in services.items():
        assert ("healthcheck" in about) == (about.get("restart") != "no"), name


def test_a_service_waits_only_for_services_that_exist_and_by_a_condition_they_can_meet(
    services: dict[str, dict[str, Any]],
) -> None:
    for name, about in services.items():
        for other, how in about.get("depends_on", {}).items():
            met = "service_healthy" if "healthcheck" in services[other] else "service_completed_successfully"
            assert how["condition"] == met, f"{name} on {other}"


def test_the_triggerer_may_open_many_files(services: dict[str, dict[str, Any]]) -> None:
    assert services["triggerer"]["ulimits"]["nofile"]["soft"] >= 65536


def test_every_variable_is_in_the_example_and_the_example_names_no_other() -> None:
    used = {name for name, _ in VARIABLE.findall(COMPOSE.read_text())}
    shown = dict(line.split("=", 1) for line in EXAMPLE.read_text().splitlines() if re.match(r"\w+=", line))
    assert set(shown) == used
    assert {name: value for name, value in shown.items() if value} == {"AIRFLOW_PORT": "8080"}


def test_no_secret_is_written_in_the_compose_file(services: dict[str, dict[str, Any]]) -> None:
    for service, name, value in environments(services):
        where = f"{service}: {name}"
        if name.startswith("AIRFLOW_CONN_"):
            for key, inner in leaves(json.loads(value)):
                if "password" in key or (key == "login" and "ccee" in value):
                    assert GIVEN.fullmatch(inner), f"{where}.{key}"
        elif re.search(r"PASSWORD$|SECRET|KEY|TOKEN", name):
            assert GIVEN.fullmatch(value), where
        for password in re.findall(r"://[^:/@\s\"]+:([^@\s\"]+)@", GIVEN.sub("GIVEN", value)):
            assert password == "GIVEN", where


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, name)
    else:
        yield key, str(value)


def test_nothing_long_and_random_is_written_in_any_container_file() -> None:
    for path in (COMPOSE, DOCKERFILE, EXAMPLE):
        for word in re.findall(r"[A-Za-z0-9+/=]{24,}", path.read_text()):
            mixed = sum(bool(re.search(kind, word)) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
            assert mixed < 3 and not re.fullmatch(r"[0-9a-f]+", word), f"{path.name}: {word}"


def test_the_image_gets_no_env_file() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    assert not [line for line in lines if line.startswith("!.")]


def test_the_dockerfile_copies_only_what_exists_and_is_let_through() -> None:
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = []
    for line in DOCKERFILE.read_text().splitlines():
        if line.startswith("COPY") and "--from" not in line:
            *sources, _ = [word for word in line.split()[1:] if not word.startswith("--")]
            copied += sources
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert source in let_through, source


def test_the_image_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)", DOCKERFILE.read_text(), flags=re.M)
    assert users[-1:] == ["airflow"]
    assert "root" not in users


def test_the_image_has_the_airflow_that_is_locked() -> None:
    locked = re.search(r'name = "apache-airflow"\nversion = "([^"]+)"', (ROOT / "uv.lock").read_text())
    assert locked is not None
    images = re.findall(r"^FROM apache/airflow:(\S+)-python3\.12", DOCKERFILE.read_text(), flags=re.M)
    assert images == [locked[1]] * 2
