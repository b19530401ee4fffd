"""The connection test: a harmless exchange, and plain words about what is there or what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from malote.clock import day_of
from malote.errors import MaloteError, Misconfigured, ReplyLost
from malote.warehouse import connect, examine
from malote_provider.connections import legacy_of
from malote_provider.noting import words
from malote_provider.selectors import who_selects

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.sdk import Connection

    from malote.archive import Keys
    from malote.clock import Clock
    from malote.institution import Access, Institution
    from malote.texts import Words
    from malote.wire import Certificate, SyncDriver


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
    """Whether the connection works, and what is there or what is wrong, in the language of ``[malote] language``.

    Nothing is sent that counts.
    """
    say = words()
    try:
        institution = hook.get_institution()
        account = institution.account
        certificate = hook.certificate() if hook.shows_certificate else None
        driver = hook.driver()
        calls = {call.name: call for call in (institution.preflight(), institution.probe())}  # Cielo's are one
        said = ", ".join(say.again(driver.send(call)) for call in calls.values())
        with connect(hook.warehouse_dsn()) as warehouse:
            examine(warehouse)
        if hook.seals:
            _sealing(hook, institution.title, say)
    except ReplyLost as lost:
        hint = f"\n{_certificate_hint(hook, say)}" if hook.shows_certificate else ""
        return False, say.error(lost) + hint
    except MaloteError as error:
        return False, say.error(error)
    told = [
        say("c_works", title=institution.title, environment=institution.access.environment, account=account, said=said)
    ]
    if legacy_of(institution.access.extra):
        told.append(say("c_warning", what=say("c_legacy")))
    if certificate:
        told.append(_about(certificate, account, hook.clock.now(), say))
    return True, ". ".join([*told, who_selects(hook, say)])


def _sealing(hook: Tried, title: str, say: Words) -> None:
    try:
        hook.archive_keys().present  # noqa: B018 (it raises)
    except Misconfigured as wrong:
        raise Misconfigured(say("c_unsealed", title=title, what=say.again(wrong.what)), todo=wrong.todo) from None


def _certificate_hint(hook: Tried, say: Words) -> str:
    """TLS 1.3 hides a refused client certificate: it looks like a request whose reply was lost."""
    return say("c_maybe_refused" if hook.access().extra.get("client_certificate") else "c_not_set")


def _about(certificate: Certificate, account: str, now: datetime, say: Words) -> str:
    """Whose the client certificate is, until when, and what is wrong or soon will be."""
    cnpj, day = certificate.cnpj, day_of(certificate.not_after)
    said = [say("c_certificate", cnpj=cnpj, day=day) if cnpj else say("c_certificate_of_none", day=day)]
    if cnpj and len(account) == len(cnpj) and cnpj != account:
        said.append(say("c_warning", what=say("c_other_cnpj", account=account)))
    if warning := certificate.warning(now, say):
        said.append(say("c_warning", what=warning))
    return ". ".join(said)
