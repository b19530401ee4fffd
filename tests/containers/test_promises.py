"""What docker-compose.yaml promises of each container, asked from outside: the engine, and the kernel's own record."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.containers import PROJECT, SERVICES, WORKERS, Compose, docker, health

STAY = [name for name, about in SERVICES.items() if "healthcheck" in about]
SECOND = 1_000_000_000


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    """Each service."""
    return str(request.param)


@pytest.fixture
def said(service: str) -> dict[str, Any]:
    """What the file says of it."""
    return SERVICES[service]


@pytest.fixture
def each(compose: Compose, service: str) -> list[dict[str, Any]]:
    """Its containers."""
    return compose.containers(service)


def proc(container: dict[str, Any], what: str) -> str:
    """What the kernel says of the first process of a container."""
    return Path(f"/proc/{container['State']['Pid']}/{what}").read_text()


def test_as_many_run_as_were_asked_for_and_all_are_well(service: str, each: list[dict[str, Any]]) -> None:
    assert len(each) == (WORKERS if service == "worker" else 1)
    assert health(each) == ({"healthy"} if service in STAY else {"exited 0"})
    assert {container["RestartCount"] for container in each} == {0}


@pytest.mark.parametrize("service", STAY)
def test_its_health_is_asked_for_as_the_file_says(said: dict[str, Any], each: list[dict[str, Any]]) -> None:
    wanted = said["healthcheck"]
    for container in each:
        found = container["Config"]["Healthcheck"]
        assert found["Test"] == [part.replace("$$", "$") for part in wanted["test"]]
        assert found["Retries"] == wanted["retries"]
        for key, name in (("Interval", "interval"), ("Timeout", "timeout"), ("StartPeriod", "start_period")):
            assert f"{found[key] // SECOND}s" == wanted[name]


def test_it_has_the_volumes_and_the_secrets_that_it_names_and_no_other(
    compose: Compose, said: dict[str, Any], each: list[dict[str, Any]]
) -> None:
    volumes = {tuple(volume.split(":")) for volume in said.get("volumes", [])}
    secrets = {(str(compose.folder / "secrets" / name), f"/run/secrets/{name}") for name in said.get("secrets", [])}
    for container in each:
        mounts = container["Mounts"]
        found = {(m["Name"], m["Destination"]) for m in mounts if m["Type"] == "volume"}
        assert found == {(f"{PROJECT}_{name}", where) for name, where in volumes}
        assert {(m["Source"], m["Destination"]) for m in mounts if m["Type"] == "bind"} == secrets
        assert not [m for m in mounts if m["Type"] == "bind" and m["RW"]]


@pytest.mark.parametrize("service", STAY)
def test_its_processes_are_nobody_mighty_and_can_become_nobody_else(each: list[dict[str, Any]]) -> None:
    for container in each:
        status = dict(re.findall(r"^(\w+):\t(.*)$", proc(container, "status"), flags=re.M))
        assert "0" not in status["Uid"].split()
        assert {name: int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {
            name: 0 for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
        }
        assert status["NoNewPrivs"] == "1"


def test_the_engine_was_told_so(said: dict[str, Any], each: list[dict[str, Any]]) -> None:
    for container in each:
        host = container["HostConfig"]
        assert container["Config"]["User"] == said["user"]
        assert host["CapDrop"] == ["ALL"] and not host["CapAdd"] and not host["Privileged"]
        assert host["SecurityOpt"] == said["security_opt"]
        assert host["RestartPolicy"]["Name"] == said["restart"]
        assert host["ReadonlyRootfs"] is said.get("read_only", False)
        assert host["PidMode"] == "" and host["IpcMode"] == "private" and host["NetworkMode"] == f"{PROJECT}_default"


@pytest.mark.parametrize("service", [name for name in STAY if SERVICES[name].get("read_only")])
def test_nothing_can_be_written_but_into_volumes_and_tmp(said: dict[str, Any], each: list[dict[str, Any]]) -> None:
    volumes = [volume.split(":")[1] for volume in said.get("volumes", [])]
    writable = [*volumes, *(["/tmp"] if "tmpfs" in said else [])]
    for container in each:
        mounts = [line.split() for line in proc(container, "mounts").splitlines()]
        assert [options.split(",")[0] for _, where, _, options, *_ in mounts if where == "/"] == ["ro"]
        for folder in ("/", "/opt", "/home/airflow", "/opt/airflow", "/opt/airflow/dags", "/var/tmp", *writable):
            tried = ["docker", "exec", container["Id"], "sh", "-c", f"touch {folder}/x && rm {folder}/x"]
            written = subprocess.run(tried, capture_output=True, check=False).returncode == 0
            assert written == (folder in writable), folder


def test_it_may_open_as_many_files_as_the_file_says(
    compose: Compose, said: dict[str, Any], each: list[dict[str, Any]]
) -> None:
    wanted = said.get("ulimits", {}).get("nofile")
    if wanted and compose.lowered:
        pytest.skip(f"not even root may open {wanted['hard']} files here")
    for container in each:
        found = [(u["Name"], u["Soft"], u["Hard"]) for u in container["HostConfig"]["Ulimits"] or []]
        assert found == ([("nofile", wanted["soft"], wanted["hard"])] if wanted else [])
        if wanted and container["State"]["Running"]:
            limits = re.search(r"^Max open files +(\d+) +(\d+)", proc(container, "limits"), flags=re.M)
            assert limits and limits.groups() == (str(wanted["soft"]), str(wanted["hard"]))


def test_no_secret_is_seen_by_looking_at_it_from_outside(compose: Compose, each: list[dict[str, Any]]) -> None:
    secrets = {path.name: path.read_text() for path in (compose.folder / "secrets").iterdir()}
    for container in each:
        seen = str(container)
        if container["State"]["Running"]:
            seen += docker("top", container["Id"], "-o", "pid,args")
        assert [name for name, secret in secrets.items() if secret in seen] == []


def test_only_this_machine_reaches_its_ports(
    compose: Compose, said: dict[str, Any], each: list[dict[str, Any]]
) -> None:
    wanted = {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(compose.port)}]} if "ports" in said else {}
    for container in each:
        assert (container["HostConfig"]["PortBindings"] or {}) == wanted
