"""The four roles of the warehouse: what each may do, made again without harm, made for what is there already."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import conninfo

from malote.errors import Misconfigured
from malote.migrations import upgrade
from malote.migrations.roles import OWNER, READER, ROLES, RUNTIME, SELECT
from malote_local.postgres import EmbeddedPostgres

PASSWORDS = {role: role for role in ROLES}  # as in all tests: a role, and its password, is one for the whole server
As = Callable[[str], str]


@pytest.fixture(scope="module")
def as_(postgres: EmbeddedPostgres) -> Iterator[As]:
    """``as_(role)``: the dsn of one warehouse with roles."""
    dsn = postgres.create("roles")
    upgrade(dsn, roles=PASSWORDS)
    yield lambda role: of(dsn, role)
    postgres.drop("roles")


def of(dsn: str, role: str) -> str:
    parts = {**conninfo.conninfo_to_dict(dsn), "user": role, "password": PASSWORDS.get(role, f"of-{role}")}
    return conninfo.make_conninfo(**parts)


MAY = [
    ("select 1 from malote.submission", {OWNER, RUNTIME, SELECT}),
    ("select 1 from malote.event", {OWNER, RUNTIME}),
    ("insert into malote.sequence select * from malote.sequence", {OWNER, RUNTIME}),
    ("update malote.submission set receipt = 'x'", {OWNER, RUNTIME}),
    ("update malote.event set what = 'x'", set()),
    ("delete from malote.event", set()),
    ("truncate malote.event", set()),
    ("delete from malote.submission", {OWNER}),
    ("delete from malote.item_row", {OWNER}),
    ("insert into malote.register_new values (1, 1, 'accepted')", {OWNER}),
    ("select malote.retire('{}', now())", {OWNER, RUNTIME}),
    ("select malote.retire_landed('{}', now())", {OWNER, RUNTIME}),
    ("select malote.fold_register(0, 0)", {OWNER, RUNTIME}),
    ("select malote.forget_export('s3://bucket')", {OWNER, RUNTIME}),
    ("update malote.export set up_to = 1", {OWNER, RUNTIME}),
    ("delete from malote.export", {OWNER}),
    ("select * from malote.retired('s', 'r')", {OWNER, RUNTIME, SELECT}),
    ("update malote.alembic_version set version_num = 'x'", {OWNER}),
    ("select 1 from outgoing.ccee_contratos", {OWNER, RUNTIME, SELECT}),
    ("delete from outgoing.ccee_contratos", {OWNER}),
    ("select 1 from cielo.transacao", {OWNER, RUNTIME, SELECT, READER}),
    ("select 1 from ccee.resultado_processamento", {OWNER, RUNTIME, READER}),
    ("delete from bndes.operacao", {OWNER, RUNTIME}),
    ("select 1 from reinf.vigente", {OWNER, RUNTIME, SELECT, READER}),
    ("select 1 from reinf.pendencia", {OWNER, RUNTIME, SELECT, READER}),
    ("select 1 from reinf.em_aberto", {OWNER, RUNTIME, SELECT, READER}),
    ("select 1 from reinf.evento", {OWNER, RUNTIME, READER}),
    ("select 1 from report.submissoes_abertas", {OWNER, RUNTIME, READER}),
    ("create table outgoing.mine (n int)", {OWNER}),
    ("create table malote.mine (n int)", {OWNER}),
    ("create temporary table mine (n int)", {OWNER, RUNTIME}),
    ("create role another", set()),
    ("select pg_read_file('/etc/hostname')", set()),
    ("copy (select 1) to program 'id'", set()),
    ("set role malote", set()),
    ("alter table malote.event disable trigger all", set()),
]


@pytest.mark.parametrize(("statement", "those"), MAY, ids=lambda each: each if isinstance(each, str) else "")
@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_it_is_for_and_no_more(as_: As, role: str, statement: str, those: set[str]) -> None:
    forbidden = (
        psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.RaiseException
    )  # fmt: skip
    with psycopg.connect(as_(role)) as connection:
        try:
            connection.execute(statement)
            may = True
        except forbidden:
            may = False
        except psycopg.Error:  # it may, and the statement is nonsense
            may = True
        connection.rollback()
    assert may == (role in those)


def test_none_of_them_is_mighty(as_: As) -> None:
    with psycopg.connect(as_(READER)) as connection:
        rows = connection.execute(
            """select bool_or(rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication), count(*)
               from pg_roles where rolname = any (%s)""",
            (list(ROLES),),
        ).fetchall()
    assert rows == [(False, 4)]


def test_passwords_that_are_not_given_stay_and_the_owner_migrates(as_: As) -> None:
    upgrade(as_(OWNER))
    with psycopg.connect(as_(SELECT)) as connection:
        assert connection.execute("select current_user").fetchone() == (SELECT,)


def test_what_was_made_before_becomes_the_owners_and_what_others_made_stays_theirs(postgres: EmbeddedPostgres) -> None:
    dsn = postgres.create("before")
    upgrade(dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute("create role somebody")
        connection.execute("create table outgoing.theirs (n int)")
        connection.execute("alter table outgoing.theirs owner to somebody")
    for _ in range(2):
        upgrade(dsn, roles=PASSWORDS)
    upgrade(of(dsn, OWNER))
    with psycopg.connect(dsn) as connection:
        owners = connection.execute(
            """select distinct relowner::regrole::text, relname = 'theirs' from pg_class
               where relnamespace::regnamespace::text = any ('{malote,outgoing,report,ccee,cielo,bndes,reinf}')
               order by 2"""
        ).fetchall()
    assert owners == [(OWNER, False), ("somebody", True)]
    with pytest.raises(Misconfigured, match="is malote_owner's"):
        upgrade(of(dsn, RUNTIME))
    postgres.drop("before")


def test_an_administrator_who_is_no_superuser_can_make_them() -> None:
    with EmbeddedPostgres() as server:  # of its own: on the tests' one the roles are there already
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create role administrator login createrole password 'of-administrator'")
            connection.execute("create database theirs owner administrator")
        dsn = of(server.dsn("theirs"), "administrator")
        upgrade(dsn)
        for roles in (PASSWORDS, {}, None):
            upgrade(dsn, roles=roles)
        for role in ROLES:
            with psycopg.connect(of(dsn, role)) as connection:
                assert connection.execute("select current_user").fetchone() == (role,)


@pytest.mark.parametrize("attribute", ["superuser", "createrole", "createdb", "bypassrls", "replication"])
def test_a_role_of_that_name_that_may_more_is_not_taken_over(
    as_: As, postgres: EmbeddedPostgres, attribute: str
) -> None:
    dsn = postgres.dsn("roles")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"alter role {READER} {attribute}")
        try:
            with pytest.raises(Misconfigured, match="may more"):
                upgrade(dsn, roles={})
        finally:
            connection.execute(f"alter role {READER} no{attribute}")


def test_a_role_that_may_read_files_of_the_server_is_not_taken_over(as_: As, postgres: EmbeddedPostgres) -> None:
    dsn = postgres.dsn("roles")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"grant pg_read_server_files to {SELECT}")
        try:
            with pytest.raises(Misconfigured, match="may more"):
                upgrade(dsn, roles={})
        finally:
            connection.execute(f"revoke pg_read_server_files from {SELECT}")


def test_a_password_of_nobody_is_refused_and_roles_are_made_by_those_who_may(as_: As) -> None:
    with pytest.raises(Misconfigured, match="no role somebody"):
        upgrade(as_(OWNER), roles={"somebody": "x"})
    with pytest.raises(Misconfigured, match="may not do that"):
        upgrade(as_(OWNER), roles=PASSWORDS)
