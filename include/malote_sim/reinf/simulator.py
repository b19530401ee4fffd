"""The EFD-Reinf, pretended: takes lotes of signed events from who shows a certificate, and tells what came of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from malote_sim.certificates import cnpj_of
from malote_sim.faults import Fault, Kind, Reply, page
from malote_sim.reinf import faults, settings, signature
from malote_sim.reinf.acts import ACTS, PATHS, Case, error_page
from malote_sim.reinf.answers import Writer
from malote_sim.reinf.desk import Desk
from malote_sim.reinf.faults import CONSULTA, RECEPCAO, RECIBO, is_fault
from malote_sim.reinf.filed import Recebido
from malote_sim.reinf.words import Refused
from malote_sim.simulator import Asked, Simulator


class Reinf(Simulator):
    """What its settings, faults and refusals mean is written in `malote_sim.reinf.settings`."""

    name = "reinf"
    demands_certificate = False
    asks_certificate = True
    operations = (RECEPCAO, CONSULTA, RECIBO)
    limited = (CONSULTA,)
    faults_of_its_own: ClassVar[Mapping[str, Kind]] = faults.OWN
    behaviour: ClassVar[Mapping[str, Any]] = settings.DEFAULTS
    desk: Desk

    @property
    def lotes(self) -> dict[str, Recebido]:
        """What was received, by protocol; what is due by the clock is processed first."""
        with self.lock:
            self.desk.process(self.clock.now(), self.settings)
            return self.desk.lotes

    @property
    def declared(self) -> Counter[str]:
        """How often a receipt was given for each reference; what is due by the clock is processed first."""
        with self.lock:
            self.desk.process(self.clock.now(), self.settings)
            return self.desk.declared()

    @property
    def declared_more_than_once(self) -> int:
        """How many references have more than one receipt."""
        return sum(times > 1 for times in self.declared.values())

    def forget(self) -> None:
        """Forget what was received; its numbers are not given out again."""
        signature.library()
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
        if method == "POST" and path == PATHS[RECEPCAO]:
            return RECEPCAO
        return next((name for name in (CONSULTA, RECIBO) if method == "GET" and path.startswith(PATHS[name])), None)

    def answer(self, asked: Asked, fault: Fault | None) -> Reply:
        """See the base class."""
        reply = self._answer(asked, fault)
        if is_fault(fault, "empty"):
            return Reply(status=reply.status)
        if is_fault(fault, "iso"):
            text = reply.body.decode().replace("encoding='UTF-8'", "encoding='ISO-8859-1'", 1)
            return replace(reply, body=text.encode("iso-8859-1", "xmlcharrefreplace"))
        if fault is not None and fault.name in ("own_500", "gateway", "json", "refuse"):
            return self.refusal(asked, fault)
        return reply

    def refusal(self, asked: Asked, fault: Fault) -> Reply:
        """See the base class."""
        usual = {"gateway": 502, "json": 503, "certificate": 495, "unsupported": 415}
        status = int(fault.options.get("status", usual.get(fault.name, 503)))
        if fault.name == "json":
            body = json.dumps({"status": status, "message": "Serviço indisponível"}, ensure_ascii=False)
            return Reply(body.encode(), status, {"content-type": "application/json"})
        if fault.name == "refuse":
            return self._refused(asked, Refused(faults.refusal(fault, self.settings)))
        if fault.name == "own_500":
            error = f"{self.clock.now():%Y%m%d%H%M%S}-{sum(self.requests.values())}"
            return self._xml(self._writer().lote(_holder(asked), "99", about=error), 500)
        return error_page(status) if fault.name in ("certificate", "unsupported") else page(status, "Fora do ar")

    def _answer(self, asked: Asked, fault: Fault | None) -> Reply:
        cnpj = cnpj_of(asked.certificate)
        if not cnpj:
            return error_page(495 if asked.certificate else 496)
        now = self.clock.now()
        self.desk.process(now, self.settings)
        writer = self._writer()
        case = Case(asked, cnpj, now, fault, self.desk, self.settings, self.authority, writer, self._taken)
        try:
            return ACTS[asked.operation](case)
        except Refused as refused:
            return self._refused(asked, refused)

    def _taken(self, received: Recebido) -> None:
        self.accepted.update(each.reference for each in received.filed if each.counted)
        self.keep(received.kept())

    def _refused(self, asked: Asked, refused: Refused) -> Reply:
        code = "7" if asked.operation == RECEPCAO else "8"
        return self._xml(self._writer().lote(_holder(asked), code, said=refused.said), 422)

    def _writer(self) -> Writer:
        return Writer(self.settings, self.identity, self.clock.now())

    def _xml(self, body: bytes, status: int) -> Reply:
        return Reply(body, status, {"content-type": self.settings["content_type"]})

    def show(self) -> dict[str, Any]:
        """The lotes with their events, which months are closed, and how often each reference has a receipt."""
        declared, received = self.declared, self.lotes
        return {
            "declared": dict(declared),
            "declared_more_than_once": sum(times > 1 for times in declared.values()),
            "same_bytes": self.desk.same_bytes(),
            "meses": self.desk.months(),
            "lotes": {protocol: each.shown() for protocol, each in received.items()},
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """See the base class."""
        received = Recebido.restored(kept, self.settings)
        self.desk.restore(received, self.settings)
        self.accepted.update(each.reference for each in received.filed if each.counted)


def _holder(asked: Asked) -> tuple[str, str]:
    """Whom an answer is about when it is about no lote: the holder of the certificate."""
    return "1", cnpj_of(asked.certificate)[:8] or "00000000"
