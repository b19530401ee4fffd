"""BNDES APA's services, hours, cut-off and words, as tables that a business person can read; codes: codes.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from malote import address
from malote.rules import Rules, some_of
from malote.texts import english

misfit = partial(address.misfit, "bndes")
"""What is wrong with the connection."""

ASYNC, SYNC = "async", "sync"

RECEIVED = {202: "received", 400: "refused"}
"""What the statuses of a submission mean (manual 5.5 to 5.12)."""

RETURN = {200: "final", 202: "pending", 404: "unknown"}
"""What the statuses of `…/retorno/{numeroProtocolo}` mean (manual 5.6 to 5.14)."""

SEARCH = {202: "complete", 200: "complete", 400: "refused"}
"""What those of the two searches mean: 202 is complete (manual 5.3, 5.4); 200 is ours, to be lenient."""

LOG = {200: "complete", 202: "complete", 400: "refused"}
"""Those of the log de críticas (manual 5.15); 202 is ours."""

STATUS = {200: "up", 503: "down"}
"""Those of api/status (manual 5.11)."""


class Service(NamedTuple):
    """One service of the manual. A user corrects or adds one by `extra.rules.services`, field by field.

    :param kind: `async` travels: POST, protocol, later a result; `sync` answers at once
    :param path: below the base URL; `{}` is what is asked for
    :param return_path: of its result, where it is async
    :param schema_in: file of the layout that is sent; "" where nothing is
    :param schema_out: file of the layout that comes back
    :param statuses: what the HTTP statuses of `path` mean; those of `return_path` are :data:`RETURN`
    :param identity: what the reference of a row is: `proposta` (`anoProposta/numeroProposta`), `operacao` (that, or
        numeroBNDES), `propria` (the user's own: nothing on the wire tells two of them apart)
    :param done: further words of `status` that mean yes for this service
    :param there: as `words`' there, of this service; none for a liberação, which may be `já liberada` by another
    :param root: of the document that is sent; "" is the one that the schema declares
    :param form_field: the form parameter; the manual names it for pesquisa only
    :param documented: the manual gives it an endpoint
    """

    name: str
    kind: str
    method: str
    path: str
    return_path: str = ""
    schema_in: str = ""
    schema_out: str = ""
    statuses: Mapping[int, str] = RECEIVED
    identity: str = "propria"
    done: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    root: str = ""
    form_field: str = "xml"
    documented: bool = True
    source: str = ""


def _travels(name: str, identity: str, done: str, source: str, there: str = "") -> Service:
    path, schemas = f"api/v1/{name}", (f"{name}.xsd", f"{name}_retorno.xsd")
    return Service(
        name, ASYNC, "POST", path, f"{path}/retorno/{{}}", *schemas,
        identity=identity, done=tuple(done.split()), there=(there,) if there else (), source=source,
    )  # fmt: skip


def _undocumented(name: str, identity: str = "propria") -> Service:
    """By the manual's pattern, `api/v1/consultaSubcredito`: a path that nobody has seen (manual p.7-9, 12: a name)."""
    first, *rest = name.split("_")
    path = f"api/v1/{first}{''.join(word[:1].upper() + word[1:] for word in rest)}"
    return Service(
        name, ASYNC, "POST", path, f"{path}/retorno/{{}}", f"{name}.xsd", f"{name}_retorno.xsd",
        identity=identity, documented=False, source="manual p.7-9, 12: a name only; all else is inferred",
    )  # fmt: skip


SERVICES: Mapping[str, Service] = {
    each.name: each
    for each in (
        _travels("financiamento", "proposta", "contratado contratada liberado liberada", "manual 5.5, 5.6"),
        _travels("contratacao", "operacao", "contratado contratada", "manual 5.7, 5.8", "ja contratad"),
        _travels("liberacao", "propria", "liberado liberada", "manual 5.9, 5.10"),
        _travels("cancelamento", "propria", "cancelado cancelada", "manual 5.12 to 5.14", "ja cancelad"),
        _undocumented("prorrogacao_prazo"),
        _undocumented("cancelamento_saldo"),
        _undocumented("aditivo"),
        _undocumented("previa_financiamento"),
        _undocumented("simular_contratacao"),
        _undocumented("simular_liberacao"),
        Service(
            "pesquisa", SYNC, "POST", "api/v1/pesquisa", "", "pesquisa_operacao.xsd", "pesquisa_operacao_retorno.xsd",
            SEARCH, source="manual 5.3",
        ),
        Service(
            "consultaSubcredito", SYNC, "GET", "api/v1/consultaSubcredito/{}", "", "", "subcreditoRetorno.xsd",
            SEARCH, source="manual 5.4",
        ),
        Service(
            "logCriticas", SYNC, "GET", "api/v1/logCriticas/{}", "", "", "consulta_verificacao_retorno.xsd",
            LOG, source="manual 5.15",
        ),
        Service("status", SYNC, "GET", "api/status", statuses=STATUS, source="manual 5.11: no v1 in it, and no XML"),
    )
}  # fmt: skip
"""The catalogue: every service that the manual names, in its words."""

TRAVELLING: tuple[str, ...] = tuple(name for name, each in SERVICES.items() if each.kind == ASYNC)
"""The services that travel, in the order of an operation's life; the undocumented ones behind."""

UNDOCUMENTED: tuple[str, ...] = tuple(name for name, each in SERVICES.items() if not each.documented)
TAGS: Mapping[str, tuple[str, ...]] = {
    "status": ("status", "situacao"),
    "ano_proposta": ("anoProposta",),
    "numero_proposta": ("numeroProposta",),
    "numero_bndes": ("numeroBNDES",),
    "data_termino_carencia": ("dataTerminoCarencia",),
    "data_primeira_amortizacao": ("dataPrimeiraAmortizacao",),
    "data_ultima_amortizacao": ("dataUltimaAmortizacao",),
    "numero_protocolo": ("numeroProtocolo", "protocolo", "nrProtocolo", "numProtocolo", "codigoProtocolo"),
    "recebido_em": ("dataHoraRecebimento", "dataHoraRecepcao", "dataRecebimento", "dataHoraProtocolo", "dataHora"),
    "numero_contrato_bndes": ("numeroContratoBNDES", "numeroContrato", "numeroSubcredito"),
    "beneficiario": ("cpfCnpjBeneficiario", "cpfCnpj", "cnpjBeneficiario", "cpfBeneficiario", "cnpj", "cpf"),
    "valor": ("valor", "valorFinanciado", "valorLiberado", "valorCancelado", "valorContratado"),
    "critica": ("critica", "mensagem", "erro", "verificacao", "mensagemErro", "ocorrencia", "motivo"),
    "codigo": ("codigo", "codigoErro", "codigoMensagem", "codigoCritica", "cod"),
    "texto": ("descricao", "texto", "mensagem", "descricaoErro", "motivo"),
    "campo": ("campo", "elemento", "caminho", "xpath", "tag"),
    "tipo": ("resultado", "tipo", "severidade", "nivel", "situacao", "status"),
    "operacao": ("operacao", "proposta", "resultadoPesquisa"),
    "evento": ("financiamento", "contratacao", "liberacao", "pedidoLiberacao", "cancelamento", *UNDOCUMENTED),
    "tipo_evento": ("tipo", "tipoEvento", "evento", "servico"),
}
"""Local names of what is read, tried in order, whatever their case and accents. The first seven are documented (manual
5.5 to 5.8; `situacao` is not); all others are inferred, and `extra.rules.tags` replaces any list. evento: an element of
that name, or one whose `tipo_evento` says it."""

_NOUNS = "operacao operacoes proposta propostas financiamento financiamentos registro registros resultado resultados"
_NONE = ("nenhum {}|nenhuma {}|sem {}|nao ha {}|nao existe {}|nao existem {}|nao encontrada {}|nao encontradas {}"
         "|nao localizada {}|{} nao encontrad|{} nao localizad|{} nao existe|{} inexistente")  # fmt: skip
WORDS: Mapping[str, tuple[str, ...]] = {
    "pending": ("processando",),
    "yes": ("aprovado", "aprovada", "homologado", "homologada", "deferido", "deferida", "aceito", "aceita", "sucesso"),
    "no": ("rejeitado", "rejeitada", "reprovado", "reprovada", "recusado", "recusada", "negado", "negada",
           "indeferido", "indeferida"),
    "there": ("ja existe", "ja existente", "ja cadastrad", "ja recebid", "ja enviad", "ja protocolad", "duplicad",
              "duplicidade"),
    "absent": tuple(form.format(noun) for noun in _NOUNS.split() for form in _NONE.split("|")),
    "closed": ("fora do horario", "horario de funcionamento", "horario de protocolo", "protocolo fechado"),
}  # fmt: skip
"""Words that decide, whatever their case and accents. `processando` is documented (manual 5.5); all others are inferred
and `extra.rules.words` replaces any list. pending, yes, no: the whole of `status`, any other is kept waiting. there: a
refusal after an earlier attempt, proof that it arrived. absent: a search found no operation. closed: the counter is.
These three are looked for in messages, as whole words: a last word of five letters or more may have an ending of up to
two (`encontrad` is in `encontrada` and `encontrados`)."""


@dataclass(frozen=True, kw_only=True)
class BndesRules(Rules):
    """BNDES's named values.

    :param return_after: ours: "em três segundos", said the press of 2017 (sheet 1.6); it queries others (manual 5 b)
    :param poll_every: ours: no rhythm is documented
    :param patience: ours: how long a result is kept is undocumented
    :param settle: ours; absent_times and absent_apart as of all: how far pesquisa lags is undocumented, and a second
        financiamento may be accepted, so two hours of the twelve; of no other service does silence prove anything
    :param opening_hours: manual 2.5: "de 08:00hs às 20:00hs"; Brasília time is inferred (sheet 3.2)
    :param opening_days: inferred: bank days (sheet 3.2)
    :param bound_services: those taken in opening hours only. The manual names three, and "qualquer requisição"
    :param bound_results: results and críticas are asked for in opening hours only; whether "qualquer requisição" of
        manual 2.5 means them too is not known, and no is the lenient guess
    :param requests: ours, and modest: no limit is documented
    :param in_flight: ours: no document waits for another, and 5,000 are to be over there before the cut-off
    :param refused_unchanged: manual 5.5: a rejected financiamento "pode ser modificado e submetido novamente"; only it
    :param cut_off: manual 2.5: a liberação received "até às" this Brasília time is credited `days_before` bank days
        later, one received after it `days_after`
    :param answer_bytes: of a result or a search, at most; ours
    :param services: corrections to the catalogue and new services, e.g. `{"aditivo": {"path": "api/v1/aditivos"}}`
    :param tags: see :data:`TAGS`
    :param words: see :data:`WORDS`
    :param own_roots: further root elements by which an error page is known as BNDES's own
    """

    return_after: timedelta = timedelta(seconds=10)
    poll_every: timedelta = timedelta(seconds=30)
    patience: timedelta = timedelta(hours=24)
    settle: timedelta = timedelta(hours=2)
    opening_hours: str = "08:00-20:00"
    opening_days: str = "bank"
    bound_services: tuple[str, ...] = TRAVELLING
    bound_results: bool = False
    requests: int = 300
    window: timedelta = timedelta(seconds=60)
    in_flight: int = 4
    refused_unchanged: tuple[str, ...] = ("financiamento",)
    cut_off: str = "16:30:00"
    days_before: int = 2
    days_after: int = 3
    answer_bytes: int = 16 << 20
    services: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(TAGS))
    words: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(WORDS))
    own_roots: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, known in (("tags", TAGS), ("words", WORDS)):
            given = getattr(self, name)
            if strange := sorted(set(given) - set(known)):
                raise misfit(english("s_rules_names", rule=name, names=", ".join(strange)), some_of(known))
            if not all(isinstance(each, (list, tuple)) and each and all(map(_text, each)) for each in given.values()):
                raise misfit(english("s_rules_no_list", rule=name), english("s_do_tags_such"))


def catalogue(corrections: Mapping[str, Any]) -> dict[str, Service]:
    """The services with what `extra.rules.services` corrects or adds; one that is added is async, and undocumented.

    :raises Misconfigured: for a field that a service does not have, or a value that is no text
    """
    services = dict(SERVICES)
    for name, fields in corrections.items():
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,40}", name) or not isinstance(fields, Mapping):
            raise misfit(english("s_rules_service", name=repr(name)), english("s_do_objects"))
        if strange := sorted(field for field in fields if field not in _SETTABLE):
            raise misfit(english("s_rules_names", rule=f"services.{name}", names=repr(strange[0])), some_of(_SETTABLE))
        if wrong := sorted(field for field, value in fields.items() if not _text(value)):
            raise misfit(english("s_rules_no_text", rule=f"services.{name}.{wrong[0]}"), english("s_do_text"))
        service = services.get(name) or _undocumented(name)
        services[name] = service._replace(**{field: value.strip() for field, value in fields.items()})
        if services[name].identity not in ("proposta", "operacao", "propria"):
            raise misfit(english("s_rules_identity", name=name), english("s_do_identity"))
    return services


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


_SETTABLE = ("path", "return_path", "schema_in", "schema_out", "identity", "root", "form_field")
