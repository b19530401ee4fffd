"""Which column each element of a return file lands in, by its own name and that of the element around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from malote.institutions.cielo.answers.elements import DADOS_TOKEN, ERRO, TRANSACAO, Names
from malote.institutions.cielo.answers.table import TABLE

Place = tuple[str, ...]


def _known(around: str, names: Names) -> Iterator[tuple[Place, str]]:
    for name, meaning in names.known.items():
        if isinstance(meaning, int):
            yield (around, name), TABLE.columns[meaning]
        elif isinstance(meaning, Names):
            yield from _known(name, meaning)


COLUMNS: Mapping[Place, str] = {
    **dict(_known("transacao", TRANSACAO)),
    **dict(_known("retorno-token", TRANSACAO)),
    **dict(_known("dados-token", DADOS_TOKEN)),
    ("cancelamento", "valor"): "cancelado_valor, a sum",
    ("cancelamento", "data-hora"): "cancelamento_data_hora, the last one's",
    ("cancelamento", "mensagem"): "cancelamento_mensagem, the last one's",
    ("autenticacao", "eci"): "eci",
    ("dados-portador", "numero"): "renova_cartao_truncado, first 6 and last 4",
    ("dados-portador", "token"): "codigo_token",
    **{("erro", name): f"{TABLE.columns[at]} or erro_{name}" for name, at in ERRO.known.items()},
}
"""What a return says and where it lands; what is not here does not land."""
