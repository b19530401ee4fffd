"""The container files are sound as far as that can be told without a container engine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from malote.warehouse import dsn_of
from support import ROOT

COMPOSE = ROOT / "docker-compose.yaml"
DOCKERFILE = ROOT / "Dockerfile"
EXAMPLE = ROOT / ".env.example"
IMAGES = ROOT / "tests" / "containers" / "images.yaml"
NOT_OURS = {"postgres", "redis"}
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(:[?-][^}]*)?\}")


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


def test_make_containers_runs_each_service_on_another_image_and_is_otherwise_as_the_file_says(
    services: dict[str, dict[str, Any]],
) -> None:
    other = yaml.safe_load(IMAGES.read_text())
    assert list(other) == ["services"]
    assert {name: list(about) for name, about in other["services"].items()} == {name: ["image"] for name in services}


def test_all_parts_of_airflow_and_the_simulators_are_there(services: dict[str, dict[str, Any]]) -> None:
    airflow = {"init", "api-server", "scheduler", "dag-processor", "worker", "triggerer"}
    assert set(services) == {*airflow, "simulators", *NOT_OURS}


def test_one_image_serves_everything_that_is_ours(services: dict[str, dict[str, Any]]) -> None:
    assert len({services[name]["image"] for name in set(services) - NOT_OURS}) == 1
    assert {str(services[name]["build"]) for name in set(services) - NOT_OURS} == {"."}


def test_the_image_is_built_of_every_folder_that_goes_into_the_wheel() -> None:
    wheel = (ROOT / "pyproject.toml").read_text().split("[tool.hatch.build.targets.wheel")[1:3]
    wanted = {
        each.split("/")[0] for part in wheel for each in re.findall(r'"([\w/]+)"(?: =|[,\]])', part.split("\n[")[0])
    }
    build = DOCKERFILE.read_text().split("\nFROM ")[1]
    assert wanted >= {"plugins", "include", "schemas", "dags"}
    assert wanted - set(re.findall(r"^COPY .* \./(\w+)$", build, re.MULTILINE)) == set()


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


SECRET = re.compile(r"PASSWORD|SECRET|KEY|TOKEN|SQL_ALCHEMY_CONN|RESULT_BACKEND|BROKER_URL")


def test_every_secret_is_a_file_that_a_service_names_and_never_a_variable(services: dict[str, dict[str, Any]]) -> None:
    for service, name, value in environments(services):
        where = f"{service}: {name}"
        assert not name.startswith("AIRFLOW_CONN_"), where
        assert not re.search(r"://[^:/@\s]*:[^@\s]+@", value), where
        if SECRET.search(name):
            assert re.fullmatch(r"(cat )?/(run/secrets/\w+|opt/airflow/state/logins\.json)", value), where


def test_a_service_reads_only_the_secrets_that_it_names(services: dict[str, dict[str, Any]]) -> None:
    for name, about in services.items():
        read = set(re.findall(r"/run/secrets/(\w+)", json.dumps([about.get("command"), about.get("healthcheck")])))
        assert read <= set(about.get("secrets", [])), name


HOLDERS = {
    "connections": {"worker", "triggerer"},
    "pages": {"api-server"},
    "warehouse_admin": {"init"},
    "postgres": {"postgres"},
    "malote_owner": {"init"},
    "malote_runtime": {"init"},
    "malote_select": {"init"},
    "malote_reader": {"init"},
    "airflow_admin": {"init"},
    "airflow_database": {"postgres"},
    "redis": {"redis"},
    "celery_broker": {"scheduler", "worker"},
    "celery_results": {"scheduler", "worker"},
    "airflow_jwt": {"api-server", "scheduler"},
    "airflow_api": {"api-server", "scheduler", "triggerer", "worker"},
    "airflow_fernet": {"init", "api-server", "scheduler", "dag-processor", "triggerer", "worker"},
    "metadata": {"init", "api-server", "scheduler", "dag-processor", "triggerer", "worker"},
}


def test_each_secret_is_in_the_containers_that_need_it_and_in_no_other(
    services: dict[str, dict[str, Any]], secrets: Path
) -> None:
    named = yaml.safe_load(COMPOSE.read_text())["secrets"]
    assert named == {name: {"file": f"./secrets/{name}"} for name in HOLDERS}
    holders: dict[str, set[str]] = {name: set() for name in HOLDERS}
    for service, about in services.items():
        for name in about.get("secrets", []):
            holders[name].add(service)
    assert holders == HOLDERS
    assert all((secrets / name).stat().st_size for name in HOLDERS)


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `secrets.sh` makes."""
    folder = tmp_path_factory.mktemp("compose")
    script = folder / "secrets.sh"
    script.write_text((ROOT / "secrets.sh").read_text())
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    return folder / "secrets"


def test_secrets_are_made_once_each_another_and_only_their_maker_reaches_them(secrets: Path) -> None:
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    subprocess.run(["sh", str(secrets.parent / "secrets.sh")], check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before
    assert len(set(before.values())) == len(before) and min(map(len, before.values())) >= 32
    assert secrets.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in secrets.iterdir()), "the containers' users read them"


@pytest.mark.parametrize("name", ["connections", "pages"])
def test_the_connections_are_what_airflow_reads_and_log_in_as_no_superuser(secrets: Path, name: str) -> None:
    told = subprocess.run(
        ["sh", "-c", f'. "{secrets / name}" && env -0'], check=True, capture_output=True, env={"PATH": os.defpath}
    ).stdout.decode()
    known = dict(each.split("=", 1) for each in told.split("\0") if each.startswith("AIRFLOW_CONN_"))
    found = {key.removeprefix("AIRFLOW_CONN_").lower(): json.loads(value) for key, value in known.items()}
    logins = {key: about.get("login") for key, about in found.items() if about["conn_type"] == "postgres"}
    if name == "pages":
        assert logins == {"malote_warehouse": "malote_runtime"} and len(found) == 1
    else:
        assert logins == {"malote_warehouse": "malote_runtime", "malote_select": "malote_select"}
        assert {"ccee_default", "cielo_default", "bndes_default", "reinf_default", "malote_archive"} <= set(found)
    assert "host=postgres" in dsn_of(found["malote_warehouse"])


def test_every_container_gives_up_all_powers_and_runs_as_nobody_mighty(services: dict[str, dict[str, Any]]) -> None:
    for name, about in services.items():
        assert about["cap_drop"] == ["ALL"], name
        assert "cap_add" not in about and not about.get("privileged"), name
        assert about["security_opt"] == ["no-new-privileges:true"], name
        assert str(about["user"]).split(":")[0] not in ("root", "0", ""), name
        for port in about.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
        assert not [each for each in about.get("volumes", []) if each.startswith(("/", "."))], name


def test_no_container_of_ours_writes_but_into_its_volumes_and_tmp(services: dict[str, dict[str, Any]]) -> None:
    for name in set(services) - NOT_OURS:
        assert services[name]["read_only"] is True and services[name]["tmpfs"] == ["/tmp:mode=1777"], name


def test_redis_asks_for_a_password_and_nobody_is_superuser_at_run_time(services: dict[str, dict[str, Any]]) -> None:
    assert "requirepass" in services["redis"]["command"][-1]
    text = COMPOSE.read_text()
    assert "create role airflow login password" in text and "database airflow owner airflow" in text
    assert "migrate --roles --passwords /run/secrets" in services["init"]["command"][-1]


def test_the_way_to_pin_images_by_digest_is_told() -> None:
    assert "docker compose config --resolve-image-digests" in COMPOSE.read_text()


def test_nothing_long_and_random_is_written_in_any_container_file() -> None:
    for path in (COMPOSE, DOCKERFILE, EXAMPLE):  # secrets.sh holds what Cielo publishes for tests
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
    said = DOCKERFILE.read_text()
    assert re.findall(r"^ARG BASE=apache/airflow:(\S+)-python3\.12$", said, flags=re.M) == [locked[1]]
    assert re.findall(r"^FROM (\S+)", said, flags=re.M) == ["${BASE}"] * 2
