"""Opens psql on the warehouse that `make up` or `make demo` runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

from psycopg import conninfo

from malote.clock import ZONE
from malote_local.quarters import Quarters

WORDS = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}


def psql(state: Path, statement: str = "") -> NoReturn:
    """Become psql, as the warehouse's owner, with instants in Brasília's time; the password is seen by nobody.

    :param statement: run that and end, instead of asking
    :raises RuntimeError: where nothing runs
    """
    address = state / "warehouse.dsn"
    if not address.is_file():
        raise RuntimeError(f"Nothing runs in {state}. Start it with `make up`, and leave it running meanwhile.")
    parts = conninfo.conninfo_to_dict(address.read_text(encoding="utf-8"))
    known = {WORDS[name]: str(value) for name, value in parts.items()}
    options = ["-v", "ON_ERROR_STOP=1", *(("-c", statement) if statement else ())]
    os.execve(Quarters().binary("psql"), ["psql", *options], {**os.environ, **known, "PGTZ": ZONE.key})
