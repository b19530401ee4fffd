"""One exchange over the network: one driver, one TLS context. Nothing else opens a socket or a certificate."""

from __future__ import annotations

from malote.wire.drivers import AsyncDriver, SyncDriver
from malote.wire.tls import Certificate, context, describe

__all__ = ["AsyncDriver", "Certificate", "SyncDriver", "context", "describe"]
