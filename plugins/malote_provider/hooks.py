"""The hook: from Airflow connections to the parts of the core."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk.log import mask_secret

from malote.clock import Clock, SystemClock
from malote.errors import Misconfigured
from malote.institution import load
from malote.texts import english
from malote_provider import masking
from malote_provider.connections import access_of, dsn_of, keys_of, legacy_of, secrets_of, text_of
from malote_provider.options import option
from malote_provider.version_compat import AirflowNotFoundException, amask_secret

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from airflow.sdk import Connection

    from malote.archive import Archive, Keys
    from malote.hours import Pace
    from malote.institution import Access, Institution
    from malote.journal import Journal
    from malote.scope import Scope
    from malote.trip import Asking, Collecting, Courier, Kit
    from malote.wire import AsyncDriver, Certificate, SyncDriver

T = TypeVar("T")

ARCHIVE_CONN_ID = "malote_archive"


class MaloteHook(HttpHook):
    """One institution as its connection describes it; a context manager that closes what it opened.

    A subclass names its ``institution`` and the usual hook attributes. Of :class:`HttpHook` it keeps the connection's
    vocabulary; nothing of ``extra`` leaves as a header, login and password are no HTTP login, no status raises before
    it is read, and :meth:`run` and :meth:`get_conn` are closed: what is sent goes through the courier.

    :param conn_id: the institution's connection
    :param warehouse_conn_id: the ``postgres`` connection; by default ``[malote] warehouse_conn_id``
    """

    institution: ClassVar[str]
    seals: ClassVar[bool] = False
    """Its documents hold what must be encrypted at rest: the connection ``malote_archive`` is mandatory."""
    shows_certificate: ClassVar[bool] = True
    """It demands a client certificate."""
    cnpj_of_certificate: ClassVar[bool] = False
    """``extra.cnpj`` may be left out: it is that of the client certificate."""
    clock: ClassVar[Clock] = SystemClock()
    """The one clock of everything that a task or a trigger does; no other is looked at below ``plugins/``."""
    conn_name_attr = "conn_id"

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if not getattr(cls, "institution", ""):
            raise TypeError(f"{cls.__name__} does not say which `institution` it reaches")

    def __init__(self, conn_id: str | None = None, *, warehouse_conn_id: str | None = None) -> None:
        super().__init__(http_conn_id=conn_id or self.default_conn_name)
        self.warehouse_conn_id = warehouse_conn_id or option("warehouse_conn_id")
        self._connections: dict[str, Connection | None] = {}
        self._parts: dict[str, Any] = {}

    def __enter__(self) -> MaloteHook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened: the driver's connections, the journal's and the pace's to the database."""
        for name in ("driver", "journal", "pace"):
            if name in self._parts:
                self._parts.pop(name).close()

    async def fetch(self) -> None:
        """Get all connections without blocking the event loop; afterwards no method asks Airflow again."""
        for conn_id in (self.http_conn_id, self.warehouse_conn_id, ARCHIVE_CONN_ID):
            try:
                self._connections[conn_id] = await masking.aconnection(conn_id)
            except AirflowNotFoundException:
                self._connections[conn_id] = None
        self._connection(self.warehouse_conn_id)
        for found in (self._connection(self.http_conn_id), self._connections[ARCHIVE_CONN_ID]):
            for secret in secrets_of(found):
                await amask_secret(secret)

    def _connection(self, conn_id: str) -> Connection:
        if conn_id not in self._connections:
            try:
                self._connections[conn_id] = masking.connection(conn_id)
            except AirflowNotFoundException:
                self._connections[conn_id] = None
            if conn_id in (self.http_conn_id, ARCHIVE_CONN_ID):
                for secret in secrets_of(self._connections[conn_id]):
                    mask_secret(secret)
        found = self._connections[conn_id]
        if found is None:
            raise Misconfigured(
                english("s_conn_none", conn=repr(conn_id)), institution=self.institution,
                todo=english("s_do_create_conn", name=conn_id.upper()))  # fmt: skip
        return found

    def access(self) -> Access:
        """What the connection says about reaching the institution."""
        found = access_of(self._connection(self.http_conn_id), self.institution)
        if self.cnpj_of_certificate and not found.extra.get("cnpj"):
            held = self.certificate()
            return replace(found, extra={**found.extra, "cnpj": held.cnpj}) if held and held.cnpj else found
        return found

    def certificate(self) -> Certificate | None:
        """What the client certificate says of itself, valid or not; None where the connection names none."""
        from malote.wire import tls

        extra = access_of(self._connection(self.http_conn_id), self.institution).extra
        path, password = text_of(extra, "client_certificate"), text_of(extra, "client_certificate_password")
        return self._part("certificate", lambda: tls.describe(path, password)) if path else None

    def get_institution(self) -> Institution:
        """The institution, with the connection's rules."""
        return self._part("institution", lambda: load(self.institution)(self.access()))

    def warehouse_dsn(self) -> str:
        """libpq connection string of the warehouse."""
        return dsn_of(self._connection(self.warehouse_conn_id))

    def run(self, *_: Any, **__: Any) -> Any:
        """Closed: a request of this hook would bypass the journal."""
        raise NotImplementedError("a request outside the journal may be sent twice: use the operators or the courier")

    get_conn = run

    def tls(self) -> ssl.SSLContext:
        """The TLS context of the driver: client certificate, and whom to trust."""
        from malote.wire import tls

        extra = self.access().extra
        return self._part(
            "tls",
            lambda: tls.context(
                certificate=text_of(extra, "client_certificate"), ca_bundle=text_of(extra, "ca_bundle"),
                password=text_of(extra, "client_certificate_password"), legacy=legacy_of(extra), now=self.clock.now(),
            ),
        )  # fmt: skip

    def driver(self) -> SyncDriver:
        """The driver of tasks."""
        from malote.wire import SyncDriver

        return self._part("driver", lambda: SyncDriver(*self._way()))

    def async_driver(self) -> AsyncDriver:
        """The driver of the triggerer; whoever asks for it closes it."""
        from malote.wire import AsyncDriver

        return AsyncDriver(*self._way())

    def _way(self) -> tuple[ssl.SSLContext, float, str | None]:
        timeout = self.get_institution().rules.connect_timeout.total_seconds()
        return self.tls(), timeout, text_of(self.access().extra, "proxy")

    def archive(self) -> Archive:
        """The archive of ``[malote] archive_url``, with the keys of connection ``malote_archive``, if any."""
        from malote.archive import Archive

        return self._part("archive", lambda: Archive(option("archive_url"), self.archive_keys()))

    def archive_keys(self) -> Keys:
        """What seals card data, the password of connection ``malote_archive``, and ``old_keys`` that open it still."""
        return keys_of(self.known(ARCHIVE_CONN_ID))

    def known(self, conn_id: str) -> Connection | None:
        """A connection; None where there is none of that id."""
        try:
            return self._connection(conn_id)
        except Misconfigured:
            return None

    def journal(self) -> Journal:
        """The journal of the warehouse."""
        from malote.journal import Journal

        return self._part("journal", lambda: Journal(self.warehouse_dsn(), self.clock))

    def pace(self) -> Pace:
        """The request budget that all users of this account share."""
        from malote.hours import Pace

        institution = self.get_institution()
        name = f"{institution.name}/{institution.access.environment}/{institution.account}"
        limit, window = institution.rules.requests, institution.rules.window
        return self._part("pace", lambda: Pace(self.warehouse_dsn(), name, limit=limit, window=window))

    def kit(self) -> Kit:
        """What a run of this account has in its hands."""
        from malote.trip import Kit
        from malote_provider.metrics import meter_of

        parts = self.get_institution(), self.warehouse_dsn(), self.journal(), self.archive(), self.pace(), self.clock
        return Kit(*parts, meter=meter_of(self.access()))

    def courier(self) -> Courier:
        """Who hands submissions over."""
        from malote.trip import Courier

        return Courier(self.kit())

    def asking(self) -> Asking:
        """Who asks for answers."""
        from malote.trip import Asking

        return Asking(self.kit())

    def collecting(self) -> Collecting:
        """Who lands answers."""
        from malote.trip import Collecting

        return Collecting(self.kit())

    def scope(self, pouch: str, scope: str, service: str) -> Scope:
        """What a wait or a landing is about: ``"pouch"``, or ``"service"`` for everything open of that service."""
        from malote.scope import Scope

        if scope == "pouch":
            return Scope.pouch(pouch)
        institution = self.get_institution()
        return Scope.service(institution.name, institution.access.environment, institution.account, service)

    def _part(self, name: str, make: Callable[[], T]) -> T:
        if name not in self._parts:
            self._parts[name] = make()
        return self._parts[name]  # type: ignore[no-any-return]

    def test_connection(self) -> tuple[bool, str]:
        """Try it without sending anything: whether it works, and what is there or what is wrong."""
        from malote_provider.trying import tried

        try:
            return tried(self)
        finally:
            self.close()
