"""What the pretended EFD-Reinf says: ocorrências by key. The real list is on the portal only, so codes are ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ERROR, WARNING = 1, 2

WORDS: dict[str, tuple[str, str]] = {
    # of a lote, or of a query: 422
    "xml": ("MS1001", "O XML não pôde ser lido: {porque}."),
    "lote": ("MS1002", "O lote não está conforme o leiaute: {porque}."),
    "many": ("MS1003", "O lote tem {quantos} eventos; o máximo é {maximo}."),
    "large": ("MS1004", "O lote excede {maximo} bytes."),
    "other_contributor": ("MS1005", "O contribuinte do evento {id} não é o do lote."),
    "no_power": ("MS1006", "O certificado da conexão não é do contribuinte {nrInsc} nem de seu procurador."),
    "id_twice": ("MS1007", "O Id {id} está mais de uma vez no lote."),
    "id_apart": ("MS1008", "O atributo Id de evento ({id}) não é o do evento que contém."),
    "same_lote": ("MS1009", "Lote já recebido sob o protocolo {numero}."),
    "query": ("MS1010", "A consulta não está conforme o leiaute: {porque}."),
    "not_yours": ("MS1011", "O certificado da conexão não é do contribuinte consultado nem de seu procurador."),
    "hurried": ("MS1012", "Consulta repetida em menos de {segundos} segundos."),
    "simulated": ("MS1099", "Ocorrência simulada."),
    # of an event, whatever it declares
    "schema": ("MS0030", "O evento não está conforme o leiaute: {porque}."),
    "signature": ("MS0031", "Assinatura inválida: {porque}."),
    "signer": ("MS0032", "Quem assinou o evento não é o contribuinte nem seu procurador."),
    "id": ("MS0033", "O Id não é ID + tpInsc + nrInsc + AAAAMMDDHHMMSS + sequencial: {porque}."),
    "ambient": ("MS0034", "tpAmb {tpAmb} não é o do ambiente {ambiente}."),
    # of an event, by what is there already
    "identical": ("MS0022", "Evento idêntico já recebido; segue o recibo original."),
    "id_taken": ("MS0035", "Já há outro evento com este Id."),
    "key_taken": ("MS0036", "Já há evento ativo com esta chave, recibo {recibo}: retifique-o ou exclua-o."),
    "no_contributor": ("MS0040", "Não há R-1000 do contribuinte válido em {periodo}."),
    "unknown_process": ("MS0041", "O processo {numero} não está em R-1070 válido em {periodo}."),
    "no_record": ("MS0042", "Não há registro desta tabela a que a {acao} se refira."),
    "no_receipt": ("MS0050", "Não há evento deste tipo e período com o recibo {recibo}."),
    "not_active": ("MS0051", "O evento de recibo {recibo} está {situacao}."),
    "other_key": ("MS0052", "A retificação tem outra chave que o evento de recibo {recibo}."),
    "not_excludable": ("MS0053", "Evento {evento} não se exclui por R-9000."),
    "closed": ("MS0060", "O período {periodo} está fechado por {fechamento}: reabra-o antes."),
    "not_closed": ("MS0061", "O período {periodo} não está fechado."),
    "events_missing": ("MS0062", "{campo} diz S e não há {evento} ativo em {periodo}."),
    "events_there": ("MS0063", "{campo} diz N e há {evento} ativo em {periodo}."),
    "no_events": ("MS0064", "Não há evento da série R-4000 ativo em {periodo}."),
    # of an event, by what it declares
    "inscription": ("MS0070", "{campo} tem dígitos verificadores inválidos."),
    "outside": ("MS0071", "{campo} {valor} não está no período {periodo}."),
    "excess": ("MS0072", "{campo} excede a sua base de cálculo."),
    "zero": ("MS0073", "{campo} é zero: não se informa."),
}


@dataclass(frozen=True, slots=True)
class Ocorrencia:
    """One thing that is said of a lote or of an event."""

    codigo: str
    descricao: str
    tipo: int = ERROR
    localizacao: str = ""


class Refused(Exception):
    """The lote, or the query, is not taken: 422 with these ocorrências."""

    def __init__(self, *said: Ocorrencia) -> None:
        super().__init__(*(each.codigo for each in said))
        self.said = said


def said(settings: Mapping[str, Any], key: str, *, tipo: int = ERROR, where: str = "", **about: object) -> Ocorrencia:
    """The ocorrência known as `key`, or with that code if it is no key."""
    code, words = settings["messages"].get(key) or WORDS.get(key) or (key, WORDS["simulated"][1])
    return Ocorrencia(code, words.format_map(_Kept(about)), tipo, where)


class _Kept(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"
