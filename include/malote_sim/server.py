"""Runs the simulators: one HTTPS server an institution and one plain one for control, in a thread of this process."""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from malote_sim.bndes.simulator import Bndes
from malote_sim.ccee.simulator import Ccee
from malote_sim.certificates import Certificates, make
from malote_sim.cielo.simulator import Cielo
from malote_sim.clock import SimulatedClock
from malote_sim.control import Control
from malote_sim.reinf.simulator import Reinf
from malote_sim.simulator import Simulator
from malote_sim.wire import Line

SIMULATORS: dict[str, type[Simulator]] = {"ccee": Ccee, "cielo": Cielo, "bndes": Bndes, "reinf": Reinf}
"""Every institution that can be pretended, by name."""


class Running:
    """Simulators that are serving. Each is also an attribute: `running.ccee`."""

    def __init__(self, simulators: Mapping[str, Simulator], clock: SimulatedClock, certificates: Certificates) -> None:
        self.simulators, self.clock, self.certificates = simulators, clock, certificates
        self.host = "localhost"
        self.ports: dict[str, int] = {}
        self.control = ""
        """Base URL of the control page, plain HTTP: GET `{control}/_sim/ccee/`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["simulators"][name]
        except KeyError:
            raise AttributeError(f"no simulator {name!r} is running") from None

    def url(self, institution: str) -> str:
        """Base URL of an institution, like https://localhost:41234: the certificate names that host and 127.0.0.1."""
        return f"https://{self.host}:{self.ports[institution]}"


@contextmanager
def running(
    *institutions: str,
    folder: Path | str | None = None,
    ports: Mapping[str, int] | None = None,
    control_port: int = 0,
    clock_speed: float = 1.0,
    host: str = "127.0.0.1",
    journal: Path | str | None = None,
) -> Iterator[Running]:
    """Serve `institutions` (all that exist, when none is named) while the block lasts.

    `folder` keeps the certificates (a temporary one otherwise: give one, as making them takes half a second); a port
    of 0, or none, is a free one. OSError when a port is taken.
    """
    clock = SimulatedClock(speed=clock_speed)
    names = institutions or tuple(ports or SIMULATORS)
    kept = None if journal is None else Path(journal)
    simulators = {name: SIMULATORS[name](clock, journal=kept) for name in names}
    with tempfile.TemporaryDirectory(prefix="malote_sim") as temporary:
        certificates = make(Path(folder or temporary), host=host)
        for simulator in simulators.values():
            simulator.authority, simulator.identity = certificates.ca.read_bytes(), certificates.server.read_bytes()
        run = Running(simulators, clock, certificates)
        control = Control(simulators, clock)
        sockets = {name: _bound(host, (ports or {}).get(name, 0)) for name in simulators}
        control_socket = _bound(host, control_port)
        run.ports = {name: bound.getsockname()[1] for name, bound in sockets.items()}
        reached = "127.0.0.1" if host in ("localhost", "0.0.0.0") else host
        run.host = "localhost" if reached == "127.0.0.1" else host
        run.control = f"http://{reached}:{control_socket.getsockname()[1]}"
        servers = [
            (_server(_with_control(each, control), certificates, _asking(each)), sockets[name])
            for name, each in simulators.items()
        ]
        servers.append((_server(control, None, ssl.CERT_NONE), control_socket))
        over: Future[None] = Future()
        thread = threading.Thread(target=lambda: asyncio.run(_serve(servers, over)), name="malote_sim", daemon=True)
        thread.start()
        try:
            while not all(server.started for server, _ in servers):
                if not thread.is_alive():
                    raise RuntimeError("the simulators did not start")
                thread.join(0.005)
            yield run
        finally:
            over.set_result(None)
            thread.join(2)


async def _serve(servers: list[tuple[uvicorn.Server, socket.socket]], over: Future[None]) -> None:
    """Serve until it is over; then at once: uvicorn looks every 0.1 s, and waits for clients that keep a connection."""
    serving = [asyncio.ensure_future(server.serve(sockets=[bound])) for server, bound in servers]
    await asyncio.wait([asyncio.wrap_future(over), *serving], return_when=asyncio.FIRST_COMPLETED)
    for each in serving:
        each.cancel()
    for server, _ in servers:
        for listener in server.servers:
            listener.close()
        for connection in list(server.server_state.connections):
            connection.transport.abort()  # those kept alive, and those that a `timeout` holds
    await asyncio.gather(*serving, return_exceptions=True)
    await asyncio.sleep(0.01)


def _asking(simulator: Simulator) -> ssl.VerifyMode:
    if simulator.demands_certificate:
        return ssl.CERT_REQUIRED
    return ssl.CERT_OPTIONAL if simulator.asks_certificate else ssl.CERT_NONE


def _server(application: Any, certificates: Certificates | None, asking: ssl.VerifyMode) -> uvicorn.Server:
    tls: dict[str, Any] = {}
    if certificates is not None:
        tls = {"ssl_certfile": str(certificates.server)}
        if asking != ssl.CERT_NONE:
            tls |= {"ssl_ca_certs": str(certificates.ca), "ssl_cert_reqs": asking}
    config = uvicorn.Config(
        application,
        http=Line,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,  # a connection that is cut early is a fault, and faults are only played when asked for
        **tls,
    )
    return uvicorn.Server(config)


def _with_control(simulator: Simulator, control: Control) -> Any:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = control if scope["path"].startswith("/_sim") else simulator
        await chosen(scope, receive, send)

    return application


def _bound(host: str, port: int) -> socket.socket:
    # With the protocol named asyncio sets TCP_NODELAY; without, each chunked reply waited 40 ms for an ACK.
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"port {port} of {host} cannot be had: {error.strerror}") from None
    bound.listen(2048)
    return bound
