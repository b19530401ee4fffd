"""What the pretended EFD-Reinf does for each of its three operations, once a caller has shown a certificate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from malote_sim.faults import Fault, Reply, page
from malote_sim.reinf import faults
from malote_sim.reinf import lote as lotes
from malote_sim.reinf.answers import Writer
from malote_sim.reinf.desk import Desk
from malote_sim.reinf.faults import CONSULTA, RECEPCAO, RECIBO, is_fault
from malote_sim.reinf.filed import ACTIVE, Filed, Recebido
from malote_sim.reinf.recibo import Unasked, look
from malote_sim.reinf.settings import may_act
from malote_sim.reinf.words import Refused, said
from malote_sim.simulator import Asked

PATHS = {RECEPCAO: "/recepcao/lotes", CONSULTA: "/consulta/lotes/", RECIBO: "/consulta/reciboevento/"}
PAGES = {
    403: "Acesso negado",
    404: "Nada aqui",
    415: "Tipo não aceito",
    429: "Requisições em excesso",
    495: "Certificado não aceito",
    496: "Certificado não apresentado",
}
_ECHO = ("1", "99999999")


@dataclass(frozen=True, slots=True)
class Case:
    """One request of a holder of a CNPJ, at an instant at which all that was due is processed."""

    asked: Asked
    cnpj: str
    now: datetime
    fault: Fault | None
    desk: Desk
    settings: Mapping[str, Any]
    authority: bytes
    writer: Writer
    taken: Callable[[Recebido], None]
    """Told of a lote that is taken in, before anything is answered."""

    @property
    def argument(self) -> str:
        """What follows the path: a protocol, or a key."""
        return self.asked.path[len(PATHS[self.asked.operation]) :]

    def may(self, cnpj: str, contributor: tuple[str, str]) -> bool:
        """Whether a CNPJ may act for a contributor."""
        return may_act(self.settings["powers"], cnpj, contributor)

    def xml(self, body: bytes, status: int) -> Reply:
        """An answer in XML."""
        return Reply(body, status, {"content-type": self.settings["content_type"]})


def receive(case: Case) -> Reply:
    """A lote: 201 and a protocol; `Refused` when it is 422."""
    media, _, parameters = case.asked.headers.get("content-type", "").lower().partition(";")
    if media.strip() != "application/xml" or ("charset" in parameters and "utf-8" not in parameters):
        return error_page(415)
    settings, fault = case.settings, case.fault
    lote = lotes.read(case.asked.body, settings)
    if not case.may(case.cnpj, lote.contributor):
        raise Refused(said(settings, "no_power", nrInsc=lote.nr_insc))
    lote = lotes.check(lote, authority=case.authority, powers=case.may, settings=settings)
    if is_fault(fault, "in_error"):
        lote = faults.in_error(lote, fault, settings)
    received = case.desk.same(lote) if settings["same_lote"] != "new_protocol" else None
    if received is not None and settings["same_lote"] == "refused":
        told = received.protocol if settings["same_lote_protocol"] else "que o lote já tem"
        raise Refused(said(settings, "same_lote", numero=told))
    if received is None:
        wait = settings["result_after"] + faults.seconds(fault)
        received = case.desk.enter(lote, at=case.now, wait=wait, settings=settings)
        case.taken(received)
    protocol = "" if is_fault(fault, "no_protocol") else received.protocol
    if is_fault(fault, "wrong_protocol"):
        protocol = case.desk.next_protocol(settings, case.now)
    return case.xml(_return(case, received, "1", protocol), 201)


def tell(case: Case) -> Reply:
    """What became of a lote: 200; 404 when there is none under that protocol."""
    settings, fault, protocol = case.settings, case.fault, case.argument
    received = case.desk.lotes.get(protocol)
    if received is None:
        if not protocol or len(protocol) > 28 or set(protocol) - set("0123456789."):
            raise Refused(said(settings, "query", porque="numeroProtocolo não tem a forma devida"))
        return _absent(case, settings["not_found"], case.writer.lote(("1", case.cnpj[:8]), "9"))
    _only_for(case, received.lote.contributor)
    since = received.asked(case.now)
    if since is not None and since < settings["too_soon"]:
        return _hurried(case)
    if is_fault(fault, "late"):
        received.told_from = max(received.told_from, case.now) + timedelta(seconds=faults.seconds(fault))
    if is_fault(fault, "late") or case.now < received.told_from or not received.decided:
        return case.xml(_return(case, received, "1", protocol), 200)
    if fault is None:
        for each in received.filed:
            each.told = True
    if is_fault(fault, "wrong_protocol"):
        others = [each for each in case.desk.lotes.values() if each is not received and each.decided]
        protocol = others[0].protocol if others else case.desk.next_protocol(settings, case.now)
        received = others[0] if others else received
    code = "3" if any(each.refused for each in received.filed) else "2"
    return case.xml(_return(case, received, code, protocol, faults.told(received, fault)), 200)


def find(case: Case) -> Reply:
    """The receipts of a key: 200; as `absent` says when there is none."""
    settings, then = case.settings, case.now - timedelta(seconds=case.settings["search_lag"])
    try:
        contributor, kind, found = look(case.argument, case.desk.books)
    except Unasked as error:
        raise Refused(said(settings, "query", porque=str(error))) from None
    _only_for(case, contributor)
    seen = [(each, each.situation_at(then)) for each in found]
    shown = [each for each in seen if each[1] == ACTIVE or (each[1] and settings["ended"] == "told")]
    if shown and not is_fault(case.fault, "partial"):
        return case.xml(case.writer.receipts(shown, "SUCESSO"), 200)
    body = case.writer.receipts([], f"Não há recibo de {kind.code} para a chave informada.")
    status, _, form = settings["absent"].partition(" ")
    return case.xml(body, 200) if status == "200" else _absent(case, form or "xml", body)


ACTS: dict[str, Callable[[Case], Reply]] = {RECEPCAO: receive, CONSULTA: tell, RECIBO: find}


def error_page(status: int) -> Reply:
    """What the web server before the institution says."""
    return page(status, PAGES.get(status, "Erro"))


def _only_for(case: Case, contributor: tuple[str, str]) -> None:
    if not case.may(case.cnpj, contributor):
        raise Refused(said(case.settings, "not_yours"))


def _hurried(case: Case) -> Reply:
    if case.settings["too_soon_as"] == "422":
        raise Refused(said(case.settings, "hurried", segundos=case.settings["too_soon"]))
    return error_page(int(case.settings["too_soon_as"]))


def _absent(case: Case, form: str, body: bytes) -> Reply:
    if form == "html":
        return error_page(404)
    return Reply(status=404) if form == "empty" else case.xml(body, 404)


def _return(
    case: Case, received: Recebido, code: str, protocol: str, told: list[tuple[str, Filed]] | None = None
) -> bytes:
    whose = _ECHO if is_fault(case.fault, "wrong_echo") else (received.lote.tp_insc, received.lote.nr_insc)
    if is_fault(case.fault, "code"):
        code = str(case.fault.options.get("cdResposta", "77"))
    return case.writer.lote(whose, code, received=received, protocol=protocol, told=told or [])
