"""BNDES's APA, pretended: approves indirect operations of agents who show an e-CNPJ, in the hours of its counter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

from malote_sim.bndes import answers, counter, settings
from malote_sim.bndes.acts import ACTS, Case, result, take
from malote_sim.bndes.answers import Node, Writer
from malote_sim.bndes.desk import Desk
from malote_sim.bndes.document import NotAForm, Rejected
from malote_sim.bndes.operation import Solicitacao
from malote_sim.bndes.services import (
    ASYNCHRONOUS,
    BASE,
    CRITICAS,
    OPERATIONS,
    PESQUISA,
    RETORNO,
    STATUS,
    SUBCREDITO,
    SYNCHRONOUS,
    layout_of,
)
from malote_sim.bndes.words import Message, said
from malote_sim.certificates import cnpj_of
from malote_sim.faults import Fault, Kind, Reply, kind, page
from malote_sim.simulator import Asked, Simulator

_RETORNOS = tuple(name + RETORNO for name in ASYNCHRONOUS)
_PAGES = {401: "Acesso indevido", 403: "Acesso indevido", 404: "Nada aqui", 415: "Tipo não aceito", 503: "Fora do ar"}
_WELL = "Sistema de Aprovações Automáticas: em funcionamento normal.\n"
_SHUT = "Sistema de Aprovações Automáticas: em funcionamento. Protocolo fechado no momento; horário: {}.\n"


class Bndes(Simulator):
    """What its settings, faults and triggers mean is written in `malote_sim.bndes.settings`."""

    name = "bndes"
    operations = OPERATIONS
    uncounted = (STATUS,)
    faults_of_its_own: ClassVar[Mapping[str, Kind]] = {
        "own_500": kind("its own 500 in XML: nothing was done", accepts=False),
        "gateway": kind("a gateway's HTML page with `status` (502)", "status", "accept", accepts=True),
        "denied": kind("an HTML page with `status` (403)", "status", accepts=False),
        "reject": kind("400 in its own XML", "codigo", "mensagem", "accept", accepts=False),
        "late": kind(
            "processing for these asks; takes `seconds` (simulated) more",
            "seconds",
            accepts=True,
            operations=(*ASYNCHRONOUS, *_RETORNOS),
        ),
        "partial": kind(
            "a result without what matters, a search without its last `missing` (1)",
            "missing",
            accepts=True,
            operations=(*_RETORNOS, PESQUISA, SUBCREDITO),
        ),
        "wrong_protocol": kind("the result of another request", accepts=True, operations=_RETORNOS),
        "iso": kind("the reply in ISO-8859-1", accepts=True),
        "empty": kind("the right status and no body", "accept", accepts=True),
    }
    behaviour: ClassVar[Mapping[str, Any]] = settings.DEFAULTS
    desk: Desk

    @property
    def solicitacoes(self) -> dict[str, Solicitacao]:
        """What was accepted, by numeroProtocolo."""
        return self.desk.solicitacoes

    @property
    def approved(self) -> Counter[str]:
        """How often each reference was approved; what is due by the clock is processed first."""
        with self.lock:
            self.desk.process(self.clock.now(), self.settings)
            return self.desk.approved()

    @property
    def approved_more_than_once(self) -> int:
        """How many references were approved more than once."""
        return sum(times > 1 for times in self.approved.values())

    def forget(self) -> None:
        """Forget what was accepted; its numbers are not given out again."""
        if hasattr(self, "desk"):
            self.desk.clear()
        else:
            self.desk = Desk()

    def check(self, name: str, value: Any) -> None:
        """See the base class."""
        settings.check(name, value)

    def set(self, **given: Any) -> None:
        """See the base class. What is due by the clock happens by the settings as they were."""
        with self.lock:
            self.desk.process(self.clock.now(), self.settings)
            super().set(**given)

    def operation(self, method: str, path: str, query: str) -> str | None:  # noqa: ARG002
        """See the base class."""
        if not path.startswith(BASE):
            return None
        rest = path[len(BASE) :]
        for name in ASYNCHRONOUS:
            own = self._path(name)
            if method == "POST" and rest == own:
                return name
            if method == "GET" and rest.startswith(self._path(name + RETORNO) + "/"):
                return name + RETORNO
        for name, (wanted, _, _) in SYNCHRONOUS.items():
            own = self._path(name)
            if method == wanted and (rest.startswith(own + "/") if name in (SUBCREDITO, CRITICAS) else rest == own):
                return name
        return None

    def _path(self, operation: str) -> str:
        given: str | None = self.settings["paths"].get(operation)
        if given is not None:
            return given.strip("/")
        if operation in SYNCHRONOUS:
            return SYNCHRONOUS[operation][1]
        service = operation.removesuffix(RETORNO)
        return ASYNCHRONOUS[service].path if operation == service else self._path(service) + "/retorno"

    def answer(self, asked: Asked, fault: Fault | None) -> Reply:
        """See the base class."""
        try:
            reply = self._serve(asked, fault)
        except NotAForm:
            reply = _page(415)
        except Rejected as rejected:
            reply = self._rejected(asked.operation, rejected)
        if fault is None:
            return reply
        if fault.name in ("gateway", "reject"):
            return self.refusal(asked, fault)
        if fault.name == "empty":
            return Reply(b"", reply.status, reply.headers)
        if fault.name == "iso":
            words = reply.body.decode().replace('encoding="UTF-8"', 'encoding="ISO-8859-1"', 1)
            return Reply(words.encode("iso-8859-1", "xmlcharrefreplace"), reply.status, reply.headers)
        return reply

    def refusal(self, asked: Asked, fault: Fault) -> Reply:
        """See the base class."""
        if fault.name == "own_500":
            return self._xml(asked.operation, answers.messages([said(self.settings, "internal")]), status=500)
        if fault.name == "reject":
            usual = said(self.settings, "refused")
            code, words = fault.options.get("codigo", usual.code), fault.options.get("mensagem", usual.words)
            return self._refused(asked.operation, [Message(str(code), str(words))])
        if fault.name == "closed":
            return self._closed(asked.operation)
        usual_status = {"denied": 403, "gateway": 502}.get(fault.name, 503)
        return _page(int(fault.options.get("status", usual_status)))

    def _serve(self, asked: Asked, fault: Fault | None) -> Reply:
        cnpj, operation = cnpj_of(asked.certificate), asked.operation
        if not cnpj:
            return _page(self.settings["unauthorised"])
        rights = self.settings["agents"].get(cnpj, [])
        if not rights or (rights != "*" and operation not in (*rights, STATUS)):
            return _page(403)
        if self.settings["maintenance"]:
            return _page(503)
        now = self.clock.now()
        hours = {name: self.settings[name] for name in ("hours", "days", "closed_days")}
        shut = not counter.is_open(now, **hours)
        if operation == STATUS:
            words = self.settings["status_text"] or (_SHUT if shut else _WELL).format(hours["hours"])
            return Reply(words.encode(), headers={"content-type": "text/plain;charset=UTF-8"})
        if shut and operation in self.settings["bound"]:
            return self._closed(operation)
        self.desk.process(now, self.settings)
        service = operation.removesuffix(RETORNO)
        case = Case(
            operation=service,
            cnpj=cnpj,
            now=now,
            argument=asked.path[len(BASE) + len(self._path(operation)) + 1 :],
            content_type=asked.headers.get("content-type", ""),
            body=asked.body,
            fault=fault,
            desk=self.desk,
            settings=self.settings,
            depart=self.depart,
        )
        act = ACTS.get(operation, take if operation in ASYNCHRONOUS else result)(case)
        if act.filed is not None:
            self.accepted[act.filed.reference] += 1
            self.keep(act.filed.kept())
        if act.status == 404 and self.settings["not_found"] != "xml":
            return _page(404) if self.settings["not_found"] == "html" else Reply(status=404)
        return self._xml(operation, act.nodes, status=act.status)

    def _rejected(self, operation: str, rejected: Rejected) -> Reply:
        about = dict(rejected.about)
        told: list[Node] = []
        if rejected.key == "already_there" and self.settings["duplicate_protocol"]:
            told = [("numeroProtocolo", str(about["numero"]))]
        return self._refused(operation, [said(self.settings, rejected.key, about)], told)

    def _refused(self, operation: str, words: list[Message], told: list[Node] | None = None) -> Reply:
        status: list[Node] = [("status", "rejeitado")] if operation in ASYNCHRONOUS else []
        return self._xml(operation, [*(told or []), *status, *answers.messages(words)], status=400)

    def _closed(self, operation: str) -> Reply:
        status, _, form = self.settings["closed_as"].partition(" ")
        if form == "html":
            return _page(int(status))
        if form == "empty":
            return Reply(status=int(status))
        words = said(self.settings, "closed", {"horas": self.settings["hours"]})
        return self._xml(operation, answers.messages([words]), status=int(status))

    def _xml(self, operation: str, nodes: list[Node], *, status: int) -> Reply:
        body = Writer(self.settings).written(layout_of(operation) or "erro", nodes)
        return Reply(body, status, {"content-type": self.settings["content_type"]})

    def show(self) -> dict[str, Any]:
        """The requests, how the operations stand, and how often each reference was approved."""
        now = self.clock.now()
        approved = self.approved
        operations = (self.desk.operation(cnpj, proposal, now) for cnpj, proposal in self.desk.filed)
        return {
            "approved": dict(approved),
            "approved_more_than_once": sum(times > 1 for times in approved.values()),
            "same_bytes": self.desk.same_bytes(),
            "operacoes": {each.proposal: each.shown() for each in operations},
            "solicitacoes": {protocol: each.shown(now) for protocol, each in self.solicitacoes.items()},
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """See the base class."""
        filed = Solicitacao.restored(kept)
        self.desk.put(filed)
        self.accepted[filed.reference] += 1


def _page(status: int) -> Reply:
    return page(status, _PAGES.get(status, "Erro"))
