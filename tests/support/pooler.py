"""A pooler in transaction mode: each transaction of a client gets the session that was free for the longest."""

from __future__ import annotations

import os
import socket
import struct
import threading
from contextlib import suppress
from queue import SimpleQueue
from select import select
from typing import Any

import psycopg
from psycopg import conninfo

_TERMINATE, _READY, _IDLE = b"X", b"Z", b"I"
_NO_TLS = (80877103, 80877104)
_SAID = ("server_version", "client_encoding", "standard_conforming_strings", "integer_datetimes", "TimeZone")


class Pooler:
    """Stands before a server. PgBouncer keeps some settings of each client apart; this one keeps none.

    :param dsn: of the database, and whose sessions these are
    :ivar dsn: the same by the pooler
    """

    def __init__(self, dsn: str, sessions: int = 4) -> None:
        self._server = dsn
        self._sessions: list[psycopg.Connection[Any]] = []
        self._free: SimpleQueue[socket.socket] = SimpleQueue()
        for _ in range(sessions):
            self._open()
        self._listening = socket.create_server(("127.0.0.1", 0))
        here = {"host": "127.0.0.1", "port": self._listening.getsockname()[1]}
        self.dsn = conninfo.make_conninfo(dsn, **here)

    def __enter__(self) -> Pooler:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        while not self._free.empty():
            self._free.get().close()
        for session in self._sessions:
            session.close()

    def _open(self) -> None:
        self._sessions.append(session := psycopg.connect(self._server, autocommit=True))
        self._free.put(own := socket.socket(fileno=os.dup(session.pgconn.socket)))
        own.setblocking(True)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(ConnectionError):
            self._greet(client)
            while (message := _message(client))[:1] != _TERMINATE:
                session = self._free.get()
                session.sendall(message)
                try:
                    self._transaction(client, session)
                except ConnectionError:  # who goes in the middle leaves a session that nobody can use
                    session.close()
                    self._open()
                    raise
                self._free.put(session)

    def _greet(self, client: socket.socket) -> None:
        while True:
            (length,) = struct.unpack("!I", _exactly(client, 4))
            (code,) = struct.unpack("!I", _exactly(client, length - 4)[:4])
            if code not in _NO_TLS:
                break
            client.sendall(b"N")
        client.sendall(b"R" + struct.pack("!II", 8, 0))
        for name in map(str.encode, _SAID):
            value = self._sessions[0].pgconn.parameter_status(name) or b""
            client.sendall(b"S" + struct.pack("!I", 4 + len(name) + len(value) + 2) + name + b"\0" + value + b"\0")
        client.sendall(b"K" + struct.pack("!III", 12, 1, 1) + _READY + struct.pack("!I", 5) + _IDLE)

    def _transaction(self, client: socket.socket, session: socket.socket) -> None:
        """Pass on what both say, until the session is in no transaction any more."""
        while True:
            heard, _, _ = select([client, session], [], [])
            if client in heard:
                if (message := _message(client))[:1] == _TERMINATE:
                    raise ConnectionError("gone")
                session.sendall(message)
            if session in heard:
                client.sendall(message := _message(session))
                if message[:1] == _READY and message[5:] == _IDLE:
                    return


def _message(of: socket.socket) -> bytes:
    head = _exactly(of, 5)
    return head + _exactly(of, struct.unpack("!I", head[1:])[0] - 4)


def _exactly(of: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        if not (piece := of.recv(size - len(data))):
            raise ConnectionError("gone")
        data += piece
    return data
