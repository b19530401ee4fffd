"""A simulated EFD-Reinf that runs, and who calls it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
import requests

import malote_sim
from support.sim.reinf import NOW, Caller, Signer


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[malote_sim.Running]:
    with malote_sim.running("reinf", folder=tmp_path_factory.mktemp("certificates")) as run:
        yield run


@pytest.fixture
def sim(serving: malote_sim.Running) -> malote_sim.Running:
    serving.reinf.reset()
    serving.clock.speed = 0
    serving.clock.set(datetime.fromisoformat(NOW))
    return serving


@pytest.fixture(scope="module")
def session(serving: malote_sim.Running) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(serving.certificates.ca)
        session.cert = str(serving.certificates.client_pem)
        yield session


@pytest.fixture(scope="module")
def sign(serving: malote_sim.Running) -> Signer:
    return Signer(serving.certificates.client)


@pytest.fixture
def caller(sim: malote_sim.Running, session: requests.Session, sign: Signer) -> Caller:
    return Caller(sim, session, sign)
