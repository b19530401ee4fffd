"""CCEE's hours, limits, statuses and codes, as tables that a business person can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from malote.rules import Code, Rules
from malote.texts import english

PROCESSAMENTO = "IMPORTACAO_CONTRATOS"
"""The one value of `tipoProcessamento`, exactly so: enumerations are case sensitive (manual 4, 5.1.1)."""

REFERENCIA = 30
"""Characters that `referencia` may have (fact sheet 6, from a third-party copy of CCEE's specification)."""


@dataclass(frozen=True, kw_only=True)
class CceeRules(Rules):
    """CCEE's named values; only `requests` and `window` are documented (manual 3).

    :param return_after: ours: how long processing takes is undocumented
    :param poll_every: ours: 5,000 open codes at one a minute would need 5,000 requests a minute; pace holds them to 600
    :param patience: ours: how long a result may take, and how long it is kept, is undocumented
    :param settle, absent_times, absent_apart: as all: never reached, since nothing is asked after a lost reply; silence
        of CCEE is no evidence, a person decides
    :param opening_hours: "" because no hours are documented. The piloto is **not** a 24/7 environment (its hours are
        not published; its data is a month behind, refreshed on the first Saturday of the month): give hours there
    :param decimal_sign: of amounts in files made from rows, where the schema takes both: `,` in the CCEAL examples of a
        copy of CCEE's specification, `.` in a client that reads CCEE's own declaration (sheet 6)
    """

    return_after: timedelta = timedelta(seconds=30)
    poll_every: timedelta = timedelta(seconds=60)
    patience: timedelta = timedelta(hours=24)
    opening_hours: str = ""
    requests: int = 600
    window: timedelta = timedelta(seconds=60)
    decimal_sign: str = ","


class Status(NamedTuple):
    """One value of `detalhe/status`: what it means for the item, in whose words."""

    outcome: str
    meaning: str
    source: str


STATUS: Mapping[str, Status] = {
    "SUCESSO": Status("accepted", "Importações ocorridas com sucesso", "manual 5.1.2.1"),
    "AVISO": Status(
        "noted",
        "Mensagem de aviso, não impede o processamento da informação",
        "CCEE's Postman collection (sheet 3); not in the manual",
    ),
    "ERRO": Status("refused", "Importações que falharam", "manual 5.1.2.1; sheet 3: blocks"),
}
"""Statuses, case sensitive (manual 4). Any other is kept and leaves its item unanswered."""

CODES: tuple[Code, ...] = (
    Code(
        "2001",
        "Acesso Negado: usuário não autorizado a usar o codigoPerfilAgente, ou URI de entrada inválida",
        english("s_ccee_denied"),
        "misconfigured",
        False,
        "sheet 1.5 (mock, M), text also in CCEE's guia-primeiros-passos (H)",
    ),
    Code(
        "securityFault",
        english("s_ccee_denied_is"),
        english("s_ccee_denied"),
        "misconfigured",
        False,
        "sheet 1.5 (mock, M)",
    ),
    Code(
        "3001",
        "Dados não encontrados",
        english("s_ccee_no_data"),
        "wait",
        False,
        "sheet 1.5 (mock, M); that 1-3001 of the manual is 3001 on the wire is inferred (M)",
    ),
    Code("1-3001", "Dados não encontrados.", english("s_ccee_no_data"), "wait", False, "manual 6"),
    Code(
        "noDataFoundFault",
        english("s_ccee_no_data_is"),
        english("s_ccee_no_data"),
        "wait",
        False,
        "sheet 1.5 (mock, M)",
    ),
    Code(
        "3006",
        "Parâmetros Inválidos",
        english("s_ccee_turned_down"),
        "refused",
        True,
        "sheet 1.5 (mock, M)",
    ),
    Code(
        "1-3006",
        "A Data inicial não pode ser maior que a Data final.",
        english("s_ccee_turned_down"),
        "refused",
        True,
        "manual 6",
    ),
    Code(
        "invalidParametersFault",
        english("s_ccee_turned_down_is"),
        english("s_ccee_turned_down"),
        "refused",
        True,
        "sheet 1.5 (real schema, H)",
    ),
    Code(
        "unexpectedSchemaFault",
        english("s_ccee_schema_is"),
        english("s_ccee_schema"),
        "refused",
        True,
        "sheet 1.5 (real schema, H; that nothing was done is inferred, M)",
    ),
    Code(
        "4001",
        "Erro retornado pelo provedor da informação",
        english("s_ccee_behind"),
        "doubt",
        False,
        "sheet 1.5 (recorded fault, H)",
    ),
    Code(
        "unexpectedTechnicalFault",
        english("s_ccee_behind_is"),
        english("s_ccee_behind"),
        "doubt",
        False,
        "sheet 1.5 (recorded fault, H)",
    ),
    Code(
        "0000",
        "A Operação foi processada com sucesso!",
        english("s_ccee_no_code"),
        "arrived",
        False,
        "manual 6",
    ),
)
"""Every code and fault element we know. One that is not here is doubt on a submit, and no answer on a query."""

BY_CODE: Mapping[str, Code] = {code.code: code for code in CODES}


def verdict(code: str | None, element: str | None) -> Code | None:
    """What a fault means, by its `errorCode` and its detail element (local names).

    Where both are known and disagree, the one that claims less: the first of doubt, arrived, wait, refused,
    misconfigured. None where neither is known.
    """
    known = [BY_CODE[name] for name in (code, element) if name and name in BY_CODE]
    return min(known, key=lambda each: _CAUTION.index(each.kind), default=None)


_CAUTION = ("doubt", "arrived", "wait", "transient", "refused", "misconfigured")
