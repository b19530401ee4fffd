"""The connection test: a harmless exchange, and plain words about what is there or what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from malote.clock import day_of
from malote.errors import MaloteError, Misconfigured, ReplyLost
from malote.warehouse import connect, examine
from malote_provider.connections import legacy_of
from malote_provider.selectors import who_selects

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.sdk import Connection

    from malote.archive import Keys
    from malote.clock import Clock
    from malote.institution import Access, Institution
    from malote.wire import Certificate, SyncDriver


LEGACY = (
    "Warning: tls.legacy is on, so short keys, old ciphers and the unsafe renegotiation of TLS are taken: whoever "
    "stands in between may read along. Ask the institution until when, and take it out"
)


class Tried(Protocol):
    """What is tried of a hook."""

    seals: ClassVar[bool]
    shows_certificate: ClassVar[bool]
    clock: ClassVar[Clock]
    warehouse_conn_id: str

    def access(self) -> Access: ...
    def certificate(self) -> Certificate | None: ...
    def get_institution(self) -> Institution: ...
    def driver(self) -> SyncDriver: ...
    def known(self, conn_id: str) -> Connection | None: ...
    def warehouse_dsn(self) -> str: ...
    def archive_keys(self) -> Keys: ...


def tried(hook: Tried) -> tuple[bool, str]:
    """Whether the connection works, and what is there or what is wrong. Nothing is sent that counts."""
    try:
        institution = hook.get_institution()
        account = institution.account
        certificate = hook.certificate() if hook.shows_certificate else None
        driver = hook.driver()
        calls = {call.name: call for call in (institution.preflight(), institution.probe())}  # Cielo's are one
        said = ", ".join(map(driver.send, calls.values()))
        with connect(hook.warehouse_dsn()) as warehouse:
            examine(warehouse)
        if hook.seals:
            _sealing(hook, institution.title)
    except ReplyLost as lost:
        return False, f"{lost}\n{_certificate_hint(hook)}" if hook.shows_certificate else str(lost)
    except MaloteError as error:
        return False, str(error)
    told = [f"{institution.title}, {institution.access.environment}, account {account}: {said}"]
    if legacy_of(institution.access.extra):
        told.append(LEGACY)
    if certificate:
        told.append(_about(certificate, account, hook.clock.now()))
    return True, ". ".join([*told, who_selects(hook)])


def _sealing(hook: Tried, title: str) -> None:
    try:
        hook.archive_keys().present  # noqa: B018 (it raises)
    except Misconfigured as wrong:
        raise Misconfigured(f"{title} can be reached, but {wrong.what}", todo=wrong.todo) from None


def _certificate_hint(hook: Tried) -> str:
    """TLS 1.3 hides a refused client certificate: it looks like a request whose reply was lost."""
    named = "may be refused" if hook.access().extra.get("client_certificate") else "is not set"
    return f"client_certificate {named}: a server that demands another ends the connection just like this."


def _about(certificate: Certificate, account: str, now: datetime) -> str:
    """Whose the client certificate is, until when, and what is wrong or soon will be."""
    cnpj = certificate.cnpj
    said = [f"Client certificate of {f'CNPJ {cnpj}' if cnpj else 'no CNPJ'}, until {day_of(certificate.not_after)}"]
    if cnpj and len(account) == len(cnpj) and cnpj != account:
        said.append(f"Warning: the connection says CNPJ {account}")
    if warning := certificate.warning(now):
        said.append(f"Warning: {warning}")
    return ". ".join(said)
