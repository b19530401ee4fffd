"""Who may see and do what: by Airflow's auth manager, by DAG; and the token against forged requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import psycopg
from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.configuration import conf
from airflow.models.dag import DagModel
from fastapi import Depends, Request
from itsdangerous import BadData, URLSafeTimedSerializer

from malote.desk import dags
from malote.errors import MaloteError, Misconfigured, Transient
from malote.journal import Journal
from malote.submission import Submission
from malote.texts import english
from malote_provider import masking
from malote_provider.connections import dsn_of
from malote_provider.options import option
from malote_provider.version_compat import AirflowNotFoundException

_PATIENCE_MS = 15_000
_TOKEN_LIVES = 8 * 3600
"""Seconds: a page that was open for a working day must be loaded again before it decides anything."""


class Unseen(MaloteError):
    """Raised where there is no such thing, or the user may not see it: nobody learns which."""


class JournalAway(MaloteError):
    """Raised where the warehouse cannot be reached."""


class Forged(MaloteError):
    """Raised where a decision did not come from a page of ours, or from one too old."""


class NotYours(MaloteError):
    """Raised where the user may see, but not decide: ``what`` is the DAG."""


def open_journal(request: Request) -> Iterator[Journal]:
    """The journal of the warehouse, for one request.

    :raises JournalAway: where it cannot be reached
    """
    conn_id = option("warehouse_conn_id")
    try:
        journal = Journal(dsn_of(masking.connection(conn_id)), request.state.clock)
        journal.connection.execute(f"set statement_timeout = {_PATIENCE_MS}")
    except (Transient, psycopg.OperationalError, AirflowNotFoundException, Misconfigured) as error:
        why = error.what if isinstance(error, MaloteError) else type(error).__name__
        raise JournalAway(why) from None
    with journal:
        yield journal


JournalDep = Annotated[Journal, Depends(open_journal)]


@dataclass(frozen=True, slots=True)
class Reader:
    """The user, the journal, and the DAGs whose submissions the user may read."""

    user: BaseUser
    journal: Journal
    dags: tuple[str, ...]

    @property
    def name(self) -> str:
        """As it is written into stories."""
        return str(self.user.get_name())

    def submission(self, id: str) -> Submission:
        """A submission that the user may read.

        :raises Unseen: where there is none, or it is another's
        """
        try:
            found = self.journal.submission(id)
        except Misconfigured:
            raise Unseen(id) from None
        if dag_of(found.pouch) not in self.dags:
            raise Unseen(id)
        return found

    def may_decide(self, dag: str) -> bool:
        """Whether the user may edit that DAG and clear its tasks."""
        return all(_allowed(self.user, dag, "PUT", entity) for entity in (None, DagAccessEntity.TASK_INSTANCE))


def reader(user: GetUserDep, journal: JournalDep) -> Reader:
    """Who asks. The DAGs are those of the journal, so that what a deleted DAG sent is not lost to sight."""
    return Reader(user, journal, readable(user, dags(journal)))


ReaderDep = Annotated[Reader, Depends(reader)]


def readable(user: BaseUser, among: Sequence[str]) -> tuple[str, ...]:
    """Those of the DAGs that the user may read."""
    return tuple(dag for dag in among if _allowed(user, dag, "GET", None))


def dag_of(pouch: str) -> str:
    """The DAG that a pouch belongs to."""
    return pouch.split("/", 1)[0]


def token_for(user: BaseUser, submission: str) -> str:
    """What a page of ours puts into its form, for this user and submission."""
    return _serializer().dumps([str(user.get_id()), submission])


def check_origin(request: Request, user: BaseUser, submission: str, token: str) -> None:
    """A decision by cookie comes from a page of ours; one with a bearer token cannot be forged by another site.

    :raises Forged: where it did not
    """
    if request.headers.get("authorization", "").lower().startswith("bearer "):
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forged(english("s_forged_site"))
    try:
        meant: Any = _serializer().loads(token, max_age=_TOKEN_LIVES)
    except BadData:
        raise Forged(english("s_forged_token")) from None
    if meant != [str(user.get_id()), submission]:
        raise Forged(english("s_forged_other"))


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(conf.get("api", "secret_key"), salt="malote.desk")


def _allowed(user: BaseUser, dag: str, method: Any, entity: DagAccessEntity | None) -> bool:
    details = DagDetails(id=dag, team_name=DagModel.get_team_name(dag))
    return bool(get_auth_manager().is_authorized_dag(method=method, access_entity=entity, details=details, user=user))
