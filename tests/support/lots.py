"""What has landed of trips of Cielo's lots."""

from __future__ import annotations

from typing import Any

import psycopg

from support.trip import Trip


def landed(trip: Trip, *columns: str) -> list[Any]:
    with psycopg.connect(trip.dsn) as connection:
        return connection.execute(f"select {', '.join(columns)} from cielo.transacao order by reference, 1").fetchall()
