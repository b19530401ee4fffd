"""A simulated Cielo that runs, and who calls it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
import requests

import malote_sim
from support.sim.cielo import Caller


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[malote_sim.Running]:
    with malote_sim.running("cielo", folder=tmp_path_factory.mktemp("certificates")) as run:
        yield run


@pytest.fixture
def sim(serving: malote_sim.Running) -> malote_sim.Running:
    serving.cielo.reset()
    serving.clock.speed = 0
    serving.clock.set(datetime.fromisoformat("2026-11-22T08:20:00.024-03:00"))
    return serving


@pytest.fixture
def session(serving: malote_sim.Running) -> Iterator[requests.Session]:
    with requests.Session() as session:  # no client certificate: Cielo asks for none
        session.trust_env = False
        session.verify = str(serving.certificates.ca)
        yield session


@pytest.fixture
def caller(sim: malote_sim.Running, session: requests.Session) -> Caller:
    return Caller(sim, session)
