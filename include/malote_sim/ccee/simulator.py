"""The CCEE, pretended: ImportarArquivoBSv1 and ResultadoProcessamentoBSv1 behind a gateway that wants a certificate."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, TypeGuard

from malote_sim.ccee import contracts, faults, messages
from malote_sim.ccee.faults import Fails
from malote_sim.ccee.messages import BO, Request, Unreadable, Writer, find, local, text
from malote_sim.ccee.register import WHOLE, Register, Submission, details, of_the_file, stranger
from malote_sim.ccee.wsdl import SERVICES, wsdl
from malote_sim.faults import Fault, Kind, Reply, kind, page
from malote_sim.simulator import Asked, Simulator

IMPORT, RESULT, WSDL = "importarArquivo", "obterResultadoProcessamento", "wsdl"
_ROOTS = {IMPORT: IMPORT, RESULT: f"{RESULT}Request"}
_FAULT_OPTIONS = (
    *("errorCode", "message", "faultcode", "faultstring", "faultactor"),
    *("element", "namespace", "prefix", "form", "status", "accept"),
)
_ON_RESULT: dict[str, Any] = {"accepts": True, "operations": (RESULT,)}


class Ccee(Simulator):
    """What its settings and faults mean is written in `malote_sim.control`."""

    name = "ccee"
    operations = (IMPORT, RESULT, WSDL)
    uncounted = (WSDL,)
    limited = (RESULT,)
    faults_of_its_own: ClassVar[Mapping[str, Kind]] = {
        "late": kind("pending for these asks; takes `seconds` (simulated) more", "seconds", accepts=True),
        "partial": kind("the details of the last `missing` (1) records are not there", "missing", **_ON_RESULT),
        "fault": kind("a SOAP fault", *_FAULT_OPTIONS, accepts=False),
        "wrong_code": kind("the result of another codigoProcessamento", **_ON_RESULT),
        "iso": kind("the reply in ISO-8859-1", accepts=True, operations=(IMPORT, RESULT)),
        "whole_file": kind("one detalhe in ERRO for the file, without contrato", "descricao", **_ON_RESULT),
        "stranger": kind("a detalhe more, for a `reference` that was not sent", "reference", **_ON_RESULT),
    }
    behaviour: ClassVar[Mapping[str, Any]] = {
        "codigo_namespace": "BM",
        "prefixes": "manual",
        "pending": "no_detalhe",
        "details_per_record": 1,
        "order": "as_sent",
        "result_after": 0,
        "users": {"usuario": {"password": "senha", "profiles": ["1234"]}},
        "status": {},
        "decimal_sign": "",
    }
    register: Register

    @property
    def submissions(self) -> dict[str, Submission]:
        """What was accepted, by codigoProcessamento."""
        return self.register.submissions

    def forget(self) -> None:
        """Forget the submissions; their codes are not given out again."""
        if hasattr(self, "register"):
            self.register.submissions.clear()
        else:
            self.register = Register()

    def check(self, name: str, value: Any) -> None:
        """See the base class."""
        right: dict[str, Callable[[], bool]] = {
            "codigo_namespace": lambda: value in ("BM", "BO"),
            "prefixes": lambda: value in messages.PREFIXES if isinstance(value, str) else _can_be_told_apart(value),
            "pending": lambda: value in ("no_detalhe", "empty_result", "fault_3001", "fault_1-3001"),
            "details_per_record": lambda: set(value.values() if isinstance(value, dict) else [value]) <= {0, 1, 2},
            "order": lambda: value in ("as_sent", "reversed", "shuffled"),
            "result_after": lambda: value >= 0,
            "users": lambda: all({"password", "profiles"} == set(user) for user in value.values()),
            "status": lambda: isinstance(value, dict),
            "decimal_sign": lambda: value in ("", ",", "."),
        }
        if name in right and not right[name]():
            raise ValueError(f"the setting {name} cannot be {value!r}; see malote_sim.control")

    def operation(self, method: str, path: str, query: str) -> str | None:  # noqa: ARG002
        """See the base class."""
        if path not in SERVICES:
            return None
        return WSDL if method == "GET" else SERVICES[path].operation

    def answer(self, asked: Asked, fault: Fault | None) -> Reply:
        """See the base class."""
        if asked.operation == WSDL:
            if asked.query.lower() != "wsdl":
                return page(405, "Use POST")
            return _reply(wsdl(SERVICES[asked.path], f"{asked.address}{asked.path}"))
        try:
            request = self._admit(asked)
            body = (self._import if asked.operation == IMPORT else self._result)(request, fault)
        except Unreadable as error:
            return self._fault(asked, "4001", f"XML inválido: {error}")
        except Fails as fails:
            return self._fault(asked, fails.code, fails.message)
        return self.refusal(asked, fault) if _is(fault, "fault") else _reply(body)

    def refusal(self, asked: Asked, fault: Fault) -> Reply:
        """See the base class."""
        if fault.name in ("closed", "throttle"):
            words = faults.THROTTLED if fault.name == "throttle" else faults.SHUT
            return _reply(faults.of_the_gateway(words), status=500)
        code, message = str(fault.options.get("errorCode", "4001")), fault.options.get("message", "Erro simulado.")
        return self._fault(asked, code, message, fault.options)

    def _admit(self, asked: Asked) -> Request:
        if not asked.headers.get("content-type", "").lower().startswith(("text/xml", "application/xml")):
            raise Fails("2001", "Content-Type deve ser text/xml.")
        if asked.headers.get("soapaction", "").strip('" ') != asked.operation:
            raise Fails("2001", "URI de entrada inválida")
        request = messages.read_request(asked.body)
        if local(request.body) != _ROOTS[asked.operation]:
            raise Fails("4001", f"esperado o elemento {_ROOTS[asked.operation]}")
        for departure in request.departures:
            self.depart(departure)
        user = self.settings["users"].get(request.username)
        if user is None or user["password"] != request.password:
            raise Fails("2001", "Rejected: Usuário ou senha inválidos.")
        if request.perfil not in user["profiles"]:
            raise Fails("2001", faults.NOT_ALLOWED)
        return request

    def _import(self, request: Request, fault: Fault | None) -> bytes:
        arquivo = find(request.body, "arquivo")
        if arquivo is None:
            raise Fails("3006", "arquivo é obrigatório.")
        file = contracts.read_file(arquivo)
        for departure in file.departures:
            self.depart(departure)
        now = self.clock.now()
        wait = self.settings["result_after"] + (fault.options.get("seconds", 0) if _is(fault, "late") else 0)
        submission = self.register.enter(request.perfil, file, accepted_at=now, ready_at=now + timedelta(seconds=wait))
        self.accepted.update(record.referencia for record in submission.records)
        self.keep(submission.kept())
        namespace = self.settings["codigo_namespace"].lower()
        return self._writer(fault).imported(request.perfil, submission.codigo, namespace=namespace)

    def _result(self, request: Request, fault: Fault | None) -> bytes:
        submission = self._asked_for(request)
        codigo, writer = submission.codigo, self._writer(fault)
        submission.asks += 1
        if _is(fault, "late"):
            submission.ready_at += timedelta(seconds=fault.options.get("seconds", 0))
        if _is(fault, "late") or self.clock.now() < submission.ready_at:
            return self._pending(writer, request.perfil, codigo)
        if _is(fault, "wrong_code"):
            others = [other for other in self.submissions.values() if other is not submission]
            submission, codigo = (others[0], others[0].codigo) if others else (submission, str(int(codigo) + 1))
        missing = fault.options.get("missing", 1) if _is(fault, "partial") else 0
        if _is(fault, "whole_file"):
            return writer.result(request.perfil, codigo, [of_the_file(fault.options.get("descricao", WHOLE))])
        told = details(submission, self.settings, missing=missing)
        if _is(fault, "stranger"):
            told.append(stranger(str(fault.options.get("reference", "ESTRANHO-1"))))
        return writer.result(request.perfil, codigo, told)

    def _asked_for(self, request: Request) -> Submission:
        processamento = find(request.body, "processamento")
        element, tipo = find(processamento, "codigoProcessamento"), text(find(processamento, "tipoProcessamento"))
        codigo = text(element)
        if element is None or not (codigo.isascii() and codigo.isdigit()):
            raise Fails("3006", "codigoProcessamento é obrigatório e numérico.")
        if tipo not in ("", "IMPORTACAO_CONTRATOS"):
            raise Fails("3006", "tipoProcessamento inválido.")
        if element.tag != f"{{{BO}}}codigoProcessamento":
            self.depart(f"{element.tag} instead of {{{BO}}}codigoProcessamento")
        if codigo not in self.submissions:
            raise Fails("3001", faults.NO_DATA_FOUND)
        return self.submissions[codigo]

    def _pending(self, writer: Writer, perfil: str, codigo: str) -> bytes:
        pending = self.settings["pending"]
        if pending.startswith("fault_"):
            raise Fails(pending.removeprefix("fault_"), faults.NO_DATA_FOUND)
        return writer.result(perfil, codigo, []) if pending == "no_detalhe" else writer.result(perfil, None, None)

    def show(self) -> dict[str, Any]:
        """The submissions, and `registered`: how often each contract came into being (status SUCESSO or AVISO)."""
        registered = self.register.registered(self.settings)
        return {
            "registered": dict(registered),
            "registered_more_than_once": sum(times > 1 for times in registered.values()),
            "submissions": {codigo: each.shown() for codigo, each in self.submissions.items()},
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """See the base class."""
        submission = Submission.restored(kept)
        self.register.put(submission)
        self.accepted.update(record.referencia for record in submission.records)

    def _writer(self, fault: Fault | None) -> Writer:
        return Writer(self.settings["prefixes"], encoding="ISO-8859-1" if _is(fault, "iso") else "UTF-8")

    def _fault(self, asked: Asked, code: str, message: str, options: Mapping[str, Any] | None = None) -> Reply:
        prefixes = self.settings["prefixes"]
        body = faults.written(prefixes, uri=asked.path, code=code, message=message, options=options)
        return _reply(body, status=(options or {}).get("status", 500))


def _reply(body: bytes, *, status: int = 200) -> Reply:
    headers = {
        "content-type": "text/xml",  # without a charset, as the gateway before the real services sends it
        "x-backside-transport": "OK OK" if status == 200 else "FAIL FAIL",
        "x-global-transaction-id": uuid.uuid4().hex[:24],
    }
    return Reply(body, status, headers)


def _can_be_told_apart(prefixes: Mapping[str, str]) -> bool:
    given = {**messages.PREFIXES["manual"], **prefixes}
    return set(given) == set(_SPACES) and given["env"] != "" and given["bm"] != given["bo"]


def _is(fault: Fault | None, name: str) -> TypeGuard[Fault]:
    return fault is not None and fault.name == name


_SPACES = messages.PREFIXES["manual"]
