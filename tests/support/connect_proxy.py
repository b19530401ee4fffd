"""A proxy that opens tunnels by CONNECT and does nothing else."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass
class ConnectProxy:
    """Tunnels to whatever is asked for, or answers `status`; notes each head. ``login`` is what it wants, in base64."""

    status: str = "200 Connection established"
    login: str = ""
    fields: str = ""
    heads: list[str] = field(default_factory=list)

    def __enter__(self) -> ConnectProxy:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.where = f"127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                inside, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(inside,), daemon=True).start()

    def _serve(self, inside: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if not (piece := inside.recv(1)):
                return inside.close()
            head += piece
        self.heads.append(head.decode())
        method, where, _ = head.decode().split(" ", 2)
        status = self.status
        if self.login and f"Proxy-Authorization: Basic {self.login}\r\n" not in head.decode():
            status = "407 Proxy Authentication Required"
        if method != "CONNECT":
            status = "405 Method Not Allowed"
        inside.sendall(f"HTTP/1.{0 if self.fields else 1} {status}\r\n{self.fields}\r\n".encode())
        if not status.startswith("200"):
            return inside.close()
        host, _, port = where.rpartition(":")
        outside = socket.create_connection((host, int(port)))
        for one, other in ((inside, outside), (outside, inside)):
            threading.Thread(target=_pour, args=(one, other), daemon=True).start()
        return None


def _pour(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)
