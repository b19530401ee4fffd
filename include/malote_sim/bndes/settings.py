"""What can be asked of and told to the pretended BNDES beside what `malote_sim.control` says of all institutions.

All is served below /apa/ (the manual's base URL ends in it). Operations: `financiamento`, `contratacao`, `liberacao`,
`cancelamento` and, listed by the manual without an endpoint, `prorrogacaoPrazo`, `cancelamentoSaldo`, `aditivo`,
`previaFinanciamento`, `simularContratacao`, `simularLiberacao`: POST api/v1/NAME; each with a `NAME_retorno`; and
`pesquisa`, `consultaSubcredito`, `logCriticas`, `status` (which a fault on `*` leaves alone).

Shown: `solicitacoes` {protocol: …}, `operacoes` {"2026/1": situacao, numeroBNDES, total, released, balance},
`approved` {reference: times}, `approved_more_than_once`, `same_bytes` {sha256: times, where more than once}. In Python:
`sim.bndes.solicitacoes[protocol]`, `.approved`, `.approved_more_than_once`.

References in `accepted`: "financiamento 2026/1" (anoProposta/numeroProposta; "BNDES n" when the numeroBNDES is of no
operation). " #2" is added when the first was rejected and the client has been told so (by retorno, logCriticas or
pesquisa): then it may travel again. A service that an operation takes more than once (liberacao, aditivo, prévia and
simulations) has nothing on the wire that tells one from the next, so the document's own bytes do:
"liberacao 2026/1 1f2e3d4c5b6a". The same bytes twice are one item accepted twice, unless `equal_documents` is "apart".

Without any setting a document is rejected by what it holds:
    numeroProposta 99990…                   400 at the door, in financiamento
    numeroProposta 99991…, 2…, 3…, 4…       financiamento, contratacao, liberacao, cancelamento rejected, two críticas
    numeroProposta 99995…                   approved, with a crítica that is only an alert
    valor (see `amount`) ends in 666.66     rejected; another valor under the same proposta is approved
Not a person's choice: a liberação beyond the balance, a cancelamento when there is none, are rejected; what the life
cycle forbids and what is there already is 400.

Faults of its own, (A) and (-) as in `malote_sim.control`; those of all institutions are the same here, and `closed` is
answered as `closed_as` says, a `throttle` as: "fault" like a gateway's 503:
    own_500 (-)         its own 500 in its own XML: nothing was done (5.2)
    gateway (A?)        a gateway's HTML page with `status` (502), after the request was acted upon
    denied (-)          an HTML page with `status` (403)
    reject (-?)         400 in its own XML: `codigo` ("4000"), `mensagem`
    late (A)            on a retorno: still processing for `times` asks, and for `seconds` (simulated) more; on a POST:
                        that one is ready `seconds` later
    partial (A)         a final retorno without numeroBNDES, dates and messages; a search without its last `missing` (1)
    wrong_protocol (A)  a retorno of another request of that service, or the same under a protocol that nobody has
    iso (A)             the reply in ISO-8859-1
    empty (A?)          the right status, and no body

Settings, the default first. NAME stands for a protocol, a reference, "2026/1", a service, or "*":
    hours               "08:00-20:00", Brasília; "": never closed
    days, closed_days   "bank" (ANBIMA's) | "all"; []: more closed days, like ["2026-01-20"] (both for D+2 and D+3 too)
    bound               every asynchronous POST: operations that are not served outside the hours
    closed_as           "503 html" | "503 xml" | "400 xml" | "403 html" | "503 empty"
    maintenance         false; true: 503 for everything
    status_text         "": the text of api/status, instead of the usual
    result_after        3: simulated seconds of processing, of what is accepted from now on
    search_lag          0: simulated seconds by which pesquisa and consultaSubcredito are behind (900,
                        3600: a read side that lags by a quarter of an hour, by an hour)
    search_hides        []: situations that pesquisa leaves out, of processando, aprovado, rejeitado, contratado,
                        cancelado
    search_protocols    true; false: searches tell no numeroProtocolo
    nothing_found       "empty" (202 and no operacao) | "400"
    duplicates          "refuse" (400: the same proposta again, unless rejected and modified; a second contratacao or
                        cancelamento while the first is processing or approved) | "accept" | "same" (202 with the
                        numeroProtocolo of the first, and nothing is taken in)
    duplicate_protocol  false; true: that 400 tells the numeroProtocolo of the first
    life_cycle          "door" (what it forbids is 400) | "result" (it is taken, and rejected after processing)
    equal_documents     "one" | "apart" (see above)
    contract_number     "same" (numeroContratoBNDES is numeroBNDES) | "own" (told by contratacao and by searches)
    agents              {CNPJ of `certificates.make`: "*"}: who may do what: "*", or a list of operations (else 403);
                        a certificate without a CNPJ is 401
    unauthorised        401: that status
    reject              {}: {NAME: ["cadin", "4711"]}: rejected with these críticas (keys of WORDS, or codes)
    status              {}: {NAME: "emAnalise"} or {NAME: {"status": …, "http": 202}}: what a retorno tells (200)

Names and forms that the manual does not give, our guess first:
    form_fields         {"*": "xml"}: by operation (the manual says so of pesquisa)
    paths               {}: {operation: "api/v1/other"}, below /apa/; a retorno follows its service
    names               {}: {"numeroProtocolo": "protocolo"}: elements of answers. Ours: numeroProtocolo,
                        dataHoraRecebimento, mensagens/mensagem/codigo+descricao, dataPrevistaLiberacao, valorLiberado,
                        valorCancelado, tipoCancelamento, dataLimitePrimeiroPL, numeroContratoBNDES, operacoes/operacao,
                        situacao, eventos/evento/tipo, saldo, liberacoes/liberacao, criticas/critica/tipo, valor; roots
                        are the layouts' names, like financiamento_retorno
    values              {}: {"aprovado": "APROVADA"}: of status and situacao. Ours: processando (that one is the
                        manual's), aprovado, rejeitado, contratado, cancelado
    messages            {}: {"already_there": ["405", "Já existe"]}: keys of `bndes_words.WORDS`
    amount              "": which leaf is the amount of a document; the first whose name starts with valor
    protocol            "{year}{number:010d}": the form of a numeroProtocolo
    timestamps          "local" (2026-11-23T10:00:00) | "offset" (…-03:00) | "br" (23/11/2026 10:00:00)
    not_found           "xml" | "html" | "empty": the 404 of a retorno
    content_type        "text/xml": of every answer in XML
    namespace, prefix   "", "": of every answer
    extras              false; true: answers hold elements that no schema has
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from malote_sim.bndes import counter
from malote_sim.bndes.services import ASYNCHRONOUS, OPERATIONS
from malote_sim.certificates import CNPJ

SITUATIONS = ("processando", "aprovado", "rejeitado", "contratado", "cancelado")
DEFAULTS: dict[str, Any] = {
    "hours": "08:00-20:00",
    "days": "bank",
    "closed_days": [],
    "bound": list(ASYNCHRONOUS),
    "closed_as": "503 html",
    "maintenance": False,
    "status_text": "",
    "result_after": 3,
    "search_lag": 0,
    "search_hides": [],
    "search_protocols": True,
    "nothing_found": "empty",
    "duplicates": "refuse",
    "duplicate_protocol": False,
    "life_cycle": "door",
    "equal_documents": "one",
    "contract_number": "same",
    "agents": {CNPJ: "*"},
    "unauthorised": 401,
    "reject": {},
    "status": {},
    "form_fields": {"*": "xml"},
    "paths": {},
    "names": {},
    "values": {},
    "messages": {},
    "amount": "",
    "protocol": "{year}{number:010d}",
    "timestamps": "local",
    "not_found": "xml",
    "content_type": "text/xml",
    "namespace": "",
    "prefix": "",
    "extras": False,
}

_NAME = re.compile(r"[^\W\d][\w.-]*")
_CHOICES: dict[str, tuple[object, ...]] = {
    "days": ("bank", "all"),
    "closed_as": ("503 html", "503 xml", "400 xml", "403 html", "503 empty"),
    "nothing_found": ("empty", "400"),
    "duplicates": ("refuse", "accept", "same"),
    "life_cycle": ("door", "result"),
    "equal_documents": ("one", "apart"),
    "contract_number": ("same", "own"),
    "unauthorised": (401, 403),
    "timestamps": ("local", "offset", "br"),
    "not_found": ("xml", "html", "empty"),
    **dict.fromkeys(("maintenance", "search_protocols", "duplicate_protocol", "extras"), (True, False)),
}


def _known(operations: Any) -> bool:
    return isinstance(operations, list) and set(operations) <= set(OPERATIONS)


def _words(given: Any) -> bool:
    return all(isinstance(value, str) and value for value in given.values())


_RIGHT: dict[str, Callable[[Any], bool]] = {
    **{name: lambda value, choices=choices: value in choices for name, choices in _CHOICES.items()},  # type: ignore[misc]
    "hours": lambda value: value == "" or bool(counter.span(value)),
    "closed_days": lambda value: all(re.fullmatch(r"\d{4}-\d\d-\d\d", each) for each in value),
    "bound": _known,
    "agents": lambda value: all(each == "*" or _known(each) for each in value.values()),
    "search_hides": lambda value: isinstance(value, list) and set(value) <= set(SITUATIONS),
    "reject": lambda value: all(isinstance(each, list) and each for each in value.values()),
    "status": lambda value: all(isinstance(each, str) or "status" in each for each in value.values()),
    "form_fields": lambda value: "*" in value and _words(value),
    "paths": lambda value: set(value) <= set(OPERATIONS) and _words(value),
    "names": lambda value: all(_NAME.fullmatch(each) for each in value.values()),
    "values": lambda value: set(value) <= set(SITUATIONS) and _words(value),
    "messages": lambda value: all(len(each) == 2 for each in value.values()),
    "protocol": lambda value: value.format(year=2026, number=1) != value.format(year=2026, number=2),
    "prefix": lambda value: value == "" or bool(_NAME.fullmatch(value)),
    **dict.fromkeys(("result_after", "search_lag"), lambda value: value >= 0),
    **dict.fromkeys(("amount", "content_type", "namespace", "status_text"), lambda value: isinstance(value, str)),
}


def check(name: str, value: Any) -> None:
    """ValueError when the setting cannot have this value."""
    if name in _RIGHT and not _RIGHT[name](value):
        raise ValueError(f"the setting {name} cannot be {value!r}; see malote_sim.bndes.settings")


def named(given: dict[str, Any], *names: str) -> Any:
    """What a setting by NAME says of something that goes by these names; None when it says nothing."""
    return next((given[name] for name in (*names, "*") if name in given), None)
