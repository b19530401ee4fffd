"""The local stage on any day and at any hour: BNDES's counter opens soon, whatever the time is."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from malote.hours import ZONE, Counter
from malote.rules import Rules
from malote.warehouse import dsn_of, merged
from malote_local.connections import connections, opening
from malote_local.postgres import USER, EmbeddedPostgres
from malote_local.roles import ROLES, owned, passwords
from malote_local.stage import _migrate

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    "now",
    [
        *("2026-11-26T09:00", "2026-11-22T12:00", "2026-11-26T19:59:30", "2027-02-09T12:00:59", "2028-02-29T23:37:59"),
        *("2026-11-26T23:38", "2026-11-26T23:59:30", "2026-12-31T23:58:00", "2026-11-26T00:00:00"),
    ],
)
def test_the_counter_is_closed_now_opens_when_it_says_and_stays_open_long_enough(now: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=ZONE)
    opens, hours = opening(at)
    counter = Counter.of(Rules(closing_margin=timedelta()).override(hours))
    assert not counter.is_open(at)
    assert counter.opens_at(at) == opens
    assert counter.closes_at(opens) is None or counter.closes_at(opens) - opens >= 20 * MINUTE
    assert opens - at <= 2 * MINUTE or opens.time().isoformat() == "00:00:00"


def test_no_connection_of_make_up_is_a_superusers(tmp_path: Path) -> None:
    logins = passwords(tmp_path / "roles.json", ROLES)
    with EmbeddedPostgres() as server:  # of its own: on the tests' one the roles have no such passwords
        warehouse = _migrate(server, logins)
        ports = dict.fromkeys(("ccee", "cielo", "bndes", "reinf"), 1)
        known = connections(server, ports, tmp_path, archive_key="k", logins=logins, hours={})
        given = {name: dsn_of(each) for name, each in known.items() if each["conn_type"] == "postgres"}
        given["malote_select"] = merged(given["malote_warehouse"], given["malote_select"])
        given |= {"malote --local": warehouse, "Airflow's own": owned(server, "airflow", "airflow", "x")}
        who = {}
        for name, dsn in given.items():
            with psycopg.connect(dsn) as connection:
                who[name] = connection.execute(
                    """select rolname, rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls
                       from pg_roles where rolname = current_user"""
                ).fetchone()
        with psycopg.connect(server.dsn()) as connection:
            mighty = connection.execute("select rolname from pg_roles where rolsuper").fetchall()
    assert who == {
        "malote_warehouse": ("malote_runtime", False),
        "malote_select": ("malote_select", False),
        "malote --local": ("malote_owner", False),
        "Airflow's own": ("airflow", False),
    }
    assert mighty == [(USER,)], "who makes roles and databases, and whom no connection names"
