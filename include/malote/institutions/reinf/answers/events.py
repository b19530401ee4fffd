"""The events of a return as rows that land: what became of each, its receipt, its totals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from lxml import etree

from malote.institution import AnswerRow
from malote.institutions.reinf.answers.retorno import Retorno, kind_of
from malote.institutions.reinf.answers.table import EVENTO
from malote.institutions.reinf.answers.totals import totals
from malote.institutions.reinf.masking import masked, quoted_away
from malote.institutions.reinf.rules import RECEIPTLESS, ReinfRules
from malote.reading import figures, markup
from malote.submission import Submission

SITUACAO = {"accepted": "aceito", "refused": "recusado", "unanswered": "desconhecido"}
_ERROR = "1"


def events(retorno: Retorno, submission: Submission, rules: ReinfRules) -> Iterator[AnswerRow]:
    """Each event of a return as a row of reinf.evento; it is about the item of its Id."""
    frozen: Mapping[str, Mapping[str, str]] = submission.facts.get("eventos") or {}
    for id, event in retorno.events():
        yield _row(id, event, submission, rules, frozen.get(id) or {})


def _row(
    id: str, event: etree._Element, submission: Submission, rules: ReinfRules, sent: Mapping[str, str]
) -> AnswerRow:
    def said(name: str) -> str | None:
        return markup.first_text(event, name) or None

    unread: dict[str, str] = {}

    def when(name: str) -> str | None:
        if (text := said(name)) is None:
            return None
        at = figures.instant(text)
        if at is None:
            unread[name] = text
        return at.isoformat() if at else None

    found = list(_ocorrencias(event))
    duplicate = any(
        markup.local(name) == "evtDupl" and value.strip().lower() in ("true", "1")
        for name, value in event.attrib.items()
    )
    receipt = said("nrRecArqBase")
    outcome = _outcome(said("cdRetorno"), receipt, found, submission, rules, duplicate=duplicate)
    errors = [each for each in found if each.get("tipo") == _ERROR] if outcome != "accepted" else []
    code = errors[0].get("codigo") if errors else said("cdRetorno")
    text = "; ".join(each["descricao"] for each in errors if each.get("descricao"))
    message = (text or masked(said("descRetorno") or ""))[:2000] or None
    estab = next(event.iter("{*}ideEstab"), None)

    def key(name: str, frozen: str) -> str | None:
        return (markup.first_text(estab, name) if estab is not None else None) or sent.get(frozen)

    own = {
        "evento": kind_of(said("tpEv"), submission),
        "id_evento": id,
        "per_apur": sent.get("perApur") or said("perApur"),
        "tp_insc_estab": key("tpInsc", "tpInscEstab"),
        "nr_insc_estab": key("nrInsc", "nrInscEstab"),
        "nr_insc_benef": key("nrInscBenef", "cnpjBenef"),
        "ide_evt_adic": key("ideEvtAdic", "ideEvtAdic"),
        "ind_retif": sent.get("indRetif"),
        "nr_recibo_base": sent.get("nrRecibo") or sent.get("nrRecEvt"),
        "fech_ret": said("fechRet") or sent.get("fechRet"),
        "situacao": SITUACAO[outcome],
        "cd_retorno": said("cdRetorno"),
        "descricao": masked(said("descRetorno") or "")[:2000] or None,
        "duplicado": "true" if duplicate else "false",
        "nr_recibo": receipt,
        "nr_protocolo": said("nrProtLote") or said("nrProtEntr") or submission.receipt,
        "recebido_em": when("dhRecepcao"),
        "processado_em": when("dhProcess"),
        "hash": said("hash"),
        "totais": totals(event, unread),
        "ocorrencias": json.dumps(found, ensure_ascii=False) if found else None,
        "codigo": code,
        "mensagem": message,
    }
    own["nao_lido"] = figures.kept(unread)
    # The table keeps their words; logs and the journal leave out what stands in quotes, which may be a name.
    return (*(own[name] for name in EVENTO.columns), id, outcome, code, message and quoted_away(message))


def _outcome(
    cd: str | None,
    receipt: str | None,
    found: list[dict[str, str]],
    submission: Submission,
    rules: ReinfRules,
    *,
    duplicate: bool,
) -> str:
    """What became of an event.

    An event that was received before is accepted, with the receipt of then (`evtDupl`, X). One without a receipt that
    it must have is looked at again; so is one that is refused as a duplicate of what this very lote may have brought.
    """
    if cd == "0":
        return "accepted" if receipt or submission.service in RECEIPTLESS else "unanswered"
    if cd != "1":
        return "unanswered"
    if duplicate:
        return "accepted" if receipt else "unanswered"
    again = submission.attempt > 1 or submission.repeats > 0
    if again and any(each.get("codigo") in rules.duplicate_codes for each in found):
        return "accepted" if receipt else "unanswered"
    return "refused"


def _ocorrencias(event: etree._Element) -> Iterator[dict[str, str]]:
    names = {"tpOcorr": "tipo", "codResp": "codigo", "dscResp": "descricao", "localErroAviso": "local"}
    for _, each in zip(range(100), event.iter("{*}regOcorrs"), strict=False):
        texts = {markup.local(child.tag): " ".join("".join(map(str, child.itertext())).split()) for child in each}
        yield {ours: masked(texts[theirs])[:1000] for theirs, ours in names.items() if texts.get(theirs)}
