"""A simulated CCEE that runs, and who calls it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

import malote_sim
from support.sim.ccee import Caller


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[malote_sim.Running]:
    with malote_sim.running("ccee", folder=tmp_path_factory.mktemp("certificates")) as run:
        yield run


@pytest.fixture
def sim(serving: malote_sim.Running) -> malote_sim.Running:
    serving.ccee.reset()
    serving.ccee.set(users={"user": {"password": "pass", "profiles": ["1234"]}})
    serving.clock.speed = 1
    return serving


@pytest.fixture
def session(serving: malote_sim.Running) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify, session.cert = str(serving.certificates.ca), str(serving.certificates.client_pem)
        yield session


@pytest.fixture
def caller(sim: malote_sim.Running, session: requests.Session) -> Caller:
    return Caller(sim, session)
