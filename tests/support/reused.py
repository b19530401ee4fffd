"""One database that tests take in turn: each finds it as the first one did, without the price of making another."""

from __future__ import annotations

import time
from typing import Any

import psycopg

from malote_local.postgres import EmbeddedPostgres

CATALOGUES = (
    "attrdef", "attribute", "cast", "collation", "constraint", "conversion", "default_acl", "description", "enum",
    "event_trigger", "extension", "foreign_server", "index", "inherits", "language", "largeobject_metadata",
    "opclass", "operator", "policy", "proc", "publication", "range", "rewrite", "sequence",
    "statistic_ext", "trigger", "ts_config", "type", "user_mapping",
)  # fmt: skip
"""Where a layout is written down, less what emptying (``pg_class``) and temporary tables (``pg_namespace``) change."""

UNCHANGED = """
    select (select array_agg((c.oid, relname, relnamespace, relowner, relkind, relacl, reloptions, relrowsecurity,
                              relreplident)::text order by c.oid) from pg_class c where c.oid >= 16384),
           (select array_agg(n::text order by n.oid) from pg_namespace n where nspname !~ '^pg_(toast_)?temp_'),
           (select array_agg(s::text order by s::text) from pg_db_role_setting s
             where setdatabase in (0, (select oid from pg_database where datname = current_database()))),
           (select (datallowconn, datconnlimit, datacl, datdba)::text from pg_database
             where datname = current_database()),
""" + ", ".join(f"(select (count(*), max(xmin::text::bigint))::text from pg_{name})" for name in CATALOGUES)
"""The layout, roughly but soundly: a row that came has the newest xmin, a row that went is missed in the count."""

OURS = "not starts_with(nspname, 'pg_') and nspname <> 'information_schema'"

THINGS = f"""
    select 'schema', oid, quote_ident(nspname) from pg_namespace where {OURS}
    union all
    select case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                        else 'table' end, c.oid, c.oid::regclass::text
      from pg_class c join pg_namespace n on n.oid = relnamespace where relkind in ('r', 'p', 'v', 'm', 'S') and {OURS}
"""

SMALL = 2 * 8192
"""Bytes of a table up to which its rows are deleted: truncating makes new files, also of whatever refers to it."""

WRITTEN = f"""
    select case when relkind = 'S' then 'sequence' when pg_relation_size(c.oid) > {SMALL} then 'large' else 'small' end
           as kind, c.oid::regclass::text
      from pg_class c join pg_namespace n on n.oid = relnamespace
     where {OURS} and case relkind when 'r' then pg_relation_size(c.oid) > 0
                                   when 'S' then pg_sequence_last_value(c.oid) is not null end
"""
"""Tables that have, or had, a row, by how they are emptied; sequences that gave a number."""


class Reused:
    """A database that is emptied, not dropped, between tests.

    What a test wrote is deleted, sequences begin again, what it made (schemas, tables, views) is dropped and who is
    still connected is thrown out. A test may alter anything: a database whose layout, settings or first rows are not as
    they were is dropped, and the next test gets a new one.

    :param template: the database it is a copy of; None for an empty one
    """

    def __init__(self, server: EmbeddedPostgres, name: str, template: str | None = None) -> None:
        self._server, self._name, self._template = server, name, template
        self._connection: psycopg.Connection[Any] | None = None
        self._taken = False
        self._as_made: Any = None
        self._things: set[int] = set()
        self._kept: tuple[str, ...] = ()

    def take(self) -> str:
        """The dsn of the database, as new, whatever became of who had it last."""
        if self._taken:
            self.give_back()
        self._taken = True
        if self._connection is None:
            dsn = self._server.create(self._name, self._template)
            self._connection = psycopg.connect(dsn, autocommit=True)
            self._connection.execute("set session_replication_role = replica")  # a journal that refuses to be emptied
            self._things = {oid for _, oid, _ in self._connection.execute(THINGS)}
            self._kept = tuple(name for _, name in self._connection.execute(WRITTEN))
            self._as_made = self._state()
        return self._server.dsn(self._name)

    def give_back(self) -> None:
        """Make it as new again; where that cannot be, drop it."""
        self._taken = False
        try:
            self._throw_out()
            self._empty()
            if self._state() == self._as_made:
                return
        except psycopg.Error:  # whatever was done to it: a new one has none of that
            pass
        self.drop()

    def drop(self) -> None:
        """Drop the database, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._server.drop(self._name)

    @property
    def gone(self) -> bool:
        """Whether the next to take it is given a new one."""
        return self._connection is None

    def _throw_out(self) -> None:
        """Whoever is still connected, and wait until what they had in hand is rolled back."""
        others = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        while self._one(f"select count(pg_terminate_backend(pid)) {others} and backend_type = 'client backend'"):
            time.sleep(0.002)

    def _empty(self) -> None:
        assert self._connection is not None
        for kind, oid, name in sorted(self._connection.execute(THINGS)):  # schemas first, they take the rest along
            if oid not in self._things:
                self._connection.execute(f"drop {kind} if exists {name} cascade")
        written = [row for row in self._connection.execute(WRITTEN) if row[1] not in self._kept]
        if small := [name for kind, name in written if kind == "small"]:
            self._connection.execute("; ".join(f"delete from {name}" for name in small))
        if large := ", ".join(name for kind, name in written if kind == "large"):
            self._connection.execute(f"truncate {large} cascade")
        for kind, name in written:
            if kind == "sequence":
                start = "(select seqstart from pg_sequence where seqrelid = %(name)s::regclass)"
                self._connection.execute(f"select setval(%(name)s::regclass, {start}, false)", {"name": name})

    def _state(self) -> Any:
        assert self._connection is not None
        rows = [self._one(f"select array_agg(t::text order by t::text) from {name} t") for name in self._kept]
        return self._connection.execute(UNCHANGED).fetchall(), rows

    def _one(self, query: str) -> Any:
        assert self._connection is not None
        found = self._connection.execute(query).fetchone()
        return found[0] if found else None
