"""Writes what the pretended EFD-Reinf answers: the return of a lote, and in it a signed R-9001 … R-9015 an event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from lxml import etree

from malote_sim.reinf import signature
from malote_sim.reinf.events import Element
from malote_sim.reinf.filed import Filed, Node, Recebido
from malote_sim.reinf.kinds import CLOSING, EXCLUSION, RETORNO, SCHEMAS, VERSION
from malote_sim.reinf.words import Ocorrencia

RECIBO = f"{SCHEMAS}retornoReciboEvento/v1_00_00"
"""Ours: what the answer of that query looks like is not known. A third party lists what it tells (instant, receipt, Id,
ATIVO, RETIFICADO or EXCLUIDO, channel); the names are a guess."""
_SCHEMAS = {
    "R-9001": ("evtTotal", "evtTotal"),
    "R-9005": ("evtRet", "evtRet"),
    "R-9011": ("evtTotalContrib", "evtTotalContrib"),
    "R-9015": ("evtRetCons", "evtRetCons"),
}
_TEXTS = {
    "1": "O lote foi recebido e está aguardando processamento.",
    "2": "Lote processado com sucesso: todos os eventos foram aceitos.",
    "3": "Lote processado: há eventos com ocorrências.",
    "7": "Lote não recebido: há ocorrências.",
    "8": "Consulta não realizada: há ocorrências.",
    "9": "Lote não encontrado.",
    "99": "Erro interno. Identificador do erro: {}.",
}


class Writer:
    """Writes by the settings; `identity` is the PEM of key and certificate that sign, at one instant."""

    def __init__(self, settings: Mapping[str, Any], identity: bytes, now: datetime) -> None:
        self._settings, self._identity, self._now = settings, identity, now
        self._prefix = settings["prefix"] or None

    def lote(
        self,
        contributor: tuple[str, str],
        code: str,
        *,
        said: Iterable[Ocorrencia] = (),
        about: str = "",
        received: Recebido | None = None,
        protocol: str = "",
        told: Iterable[tuple[str, Filed]] = (),
    ) -> bytes:
        """A retornoLoteEventosAssincrono. `told` are the events of its result, each under an Id."""
        root = self._element(None, RETORNO, "Reinf")
        inside = self._element(root, RETORNO, "retornoLoteEventosAssincrono")
        status: list[Node] = [("cdResposta", code), ("descResposta", _TEXTS.get(code, "Resposta {}.").format(about))]
        if ocorrencias := [_ocorrencia(each) for each in said]:
            status.append(("ocorrencias", ocorrencias))
        nodes: list[Node] = [
            ("ideContribuinte", [("tpInsc", contributor[0]), ("nrInsc", contributor[1])]),
            ("status", status),
        ]
        if received is not None:
            reception = [("dhRecepcao", self._stamp(received.received_at)), ("versaoAplicativoRecepcao", "1.0.0")]
            nodes.append(("dadosRecepcaoLote", [*reception, *([("protocoloEnvio", protocol)] if protocol else [])]))
            if code in ("2", "3"):
                nodes.append(("dadosProcessamentoLote", [("versaoAplicativoProcessamentoLote", "1.0.0")]))
        self._fill(inside, RETORNO, [*self._extra(), *nodes])
        events = list(told)
        if received is not None and events:
            holder = self._element(inside, RETORNO, "retornoEventos")
            for number, (identity, filed) in enumerate(events, 1):
                evento = self._element(holder, RETORNO, "evento")
                evento.set("Id", identity)
                if filed.repeats is not None and not self._silent(filed):
                    evento.set("evtDupl", "true")
                retorno = self._element(evento, RETORNO, "retornoEvento")
                self._event(retorno, filed, received, identity, number)
        return self._written(root)

    def receipts(self, found: Iterable[tuple[Filed, str]], words: str) -> bytes:
        """What the query of receipts tells, each event with its situation then."""
        root = self._element(None, RECIBO, "Reinf")
        inside = self._element(root, RECIBO, "retornoReciboEvento")
        told: list[Node] = [
            (
                "evento",
                [
                    ("id", filed.sent.id),
                    ("dtHoraRecebimento", self._stamp(filed.received_at)),
                    ("nrRecibo", filed.receipt),
                    ("situacaoEvento", situation),
                    ("aplicacaoRecepcao", "WEBSERVICE"),
                ],
            )
            for filed, situation in found
        ]
        status: list[Node] = [("cdRetorno", "0" if told else "1"), ("descRetorno", words)]
        events: list[Node] = [("retornoEventos", told)] if told else []
        self._fill(inside, RECIBO, [*self._extra(), ("ideStatus", status), *events])
        return self._written(root)

    def _event(self, retorno: Element, filed: Filed, received: Recebido, identity: str, number: int) -> None:
        first = filed.repeats or filed
        kind = self._told_by(filed)
        schema, name = _SCHEMAS[kind]
        namespace = f"{SCHEMAS}{schema}/{VERSION}"
        root = etree.SubElement(retorno, f"{{{namespace}}}Reinf", nsmap={None: namespace})
        main = etree.SubElement(root, f"{{{namespace}}}{name}")
        tp_insc, nr_insc = received.lote.contributor
        stamp = self._now.strftime("%Y%m%d%H%M%S")
        main.set("id", f"ID{tp_insc}{nr_insc.ljust(14, '0')}{stamp}{number:05d}")
        event = filed.sent.event
        period = "" if event is None else event.period
        if period and event is not None and event.kind.group != EXCLUSION:
            etree.SubElement(main, f"{{{namespace}}}ideEvento").append(_leaf(namespace, "perApur", period))
        wrong = filed.refused
        status: list[Node] = [("cdRetorno", "1" if wrong else "0"), ("descRetorno", "ERRO" if wrong else "SUCESSO")]
        status += [_occurred(each) for each in filed.said]
        reception: list[Node] = [
            ("dhRecepcao", self._stamp(received.received_at)),
            ("dhProcess", self._stamp(first.decided_at or self._now)),
            ("tpEv", "R-0000" if event is None else event.kind.code),
            ("idEv", identity),
            ("hash", "" if event is None else event.hash),
        ]
        self._fill(
            main,
            namespace,
            [
                ("ideContri", [("tpInsc", tp_insc), ("nrInsc", nr_insc)]),
                ("ideRecRetorno", [("ideStatus", status)]),
                ("infoRecEv", [*_numbers(kind, filed.receipt, received.protocol), *reception, *_finality(kind, filed)]),
                *self._totals(kind, first),
            ],
        )
        if self._settings["signed"]:
            signature.sign(root, main, self._identity)

    def _told_by(self, filed: Filed) -> str:
        event = filed.sent.event
        if event is None or (filed.refused and self._settings["refused_in"] == "R-9001"):
            return "R-9001"
        code = event.text("tpEvento").upper() if event.kind.group == EXCLUSION else event.kind.code
        retained = code.startswith("R-4")
        if event.kind.group == CLOSING:
            return "R-9015" if retained else "R-9011"
        return "R-9005" if retained else "R-9001"

    def _totals(self, kind: str, first: Filed) -> list[Node]:
        if not first.receipt or not first.totals:
            return []
        return {
            "R-9015": first.totals,
            "R-9011": [("infoTotalContrib", first.totals)],
        }.get(kind, [("infoTotal", first.totals)])

    def _silent(self, filed: Filed) -> bool:
        first = filed.repeats
        return bool(self._settings["duplicates"] == "silent" and first and first.sent.id == filed.sent.id)

    def _extra(self) -> list[Node]:
        return [("elementoNovo", "1")] if self._settings["extras"] else []

    def _stamp(self, at: datetime) -> str:
        """xs:dateTime; whether with a fraction or an offset is not known."""
        form = self._settings["timestamps"]
        written = at.isoformat(timespec="milliseconds")
        return {"local": written[:19], "fraction": written[:23], "offset": f"{written[:19]}{written[23:]}"}[form]

    def _element(self, parent: Element | None, namespace: str, name: str) -> Element:
        tag = f"{{{namespace}}}{name}"
        if parent is None:
            return etree.Element(tag, nsmap={self._prefix: namespace})
        return etree.SubElement(parent, tag)

    def _fill(self, parent: Element, namespace: str, nodes: Iterable[Node]) -> None:
        for name, content in nodes:
            element = etree.SubElement(parent, f"{{{namespace}}}{name}")
            if isinstance(content, str):
                element.text = content
            else:
                self._fill(element, namespace, content)

    def _written(self, root: Element) -> bytes:
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _leaf(namespace: str, name: str, value: str) -> Element:
    element = etree.Element(f"{{{namespace}}}{name}")
    element.text = value
    return element


def _numbers(kind: str, receipt: str, protocol: str) -> list[Node]:
    """Receipt and protocol in the order of each schema; R-9005 and R-9015 have a receipt even where there is none."""
    receipt = receipt.strip()
    base: list[Node] = [("nrRecArqBase", receipt)] if receipt or kind in ("R-9005", "R-9015") else []
    if kind == "R-9011":
        return [("nrProtEntr", protocol), *base]
    return [*base, ("nrProtEntr" if kind == "R-9001" else "nrProtLote", protocol)]


def _finality(kind: str, filed: Filed) -> list[Node]:
    return [("fechRet", filed.event.text("fechRet") or "0")] if kind == "R-9015" else []


def _ocorrencia(each: Ocorrencia) -> Node:
    where: list[Node] = [("localizacao", each.localizacao)] if each.localizacao else []
    told: list[Node] = [("codigo", each.codigo), ("descricao", each.descricao[:2048]), ("tipo", str(each.tipo))]
    return ("ocorrencia", [*told, *where])


def _occurred(each: Ocorrencia) -> Node:
    where: list[Node] = [("localErroAviso", each.localizacao[:200])] if each.localizacao else []
    told: list[Node] = [("codResp", each.codigo[:6]), ("dscResp", each.descricao[:999])]
    return ("regOcorrs", [("tpOcorr", str(each.tipo)), *where, *told])
