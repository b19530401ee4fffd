"""Elements of a return file to rows: one pass over the children, by local names (sheet 4.3)."""

from __future__ import annotations

from typing import Any

from lxml import etree

from malote.institution import AnswerRow
from malote.institutions.cielo.answers import outcomes
from malote.institutions.cielo.answers.table import AT, NAO_LIDO, TABLE, Columns, amount, tidy
from malote.institutions.cielo.masking import masked, truncated
from malote.reading import markup

_BLANK = (None,) * len(TABLE.columns)


class Names(dict[str, Any]):
    """What an element's children mean, by tag: whatever the namespace, the local name decides; None for the unknown."""

    def __init__(self, **known: Any) -> None:
        super().__init__()
        self.known = {name.replace("_", "-"): meaning for name, meaning in known.items()}

    def __missing__(self, tag: str) -> Any:
        found = self.known.get(markup.local(tag))
        if len(self) < 200:
            self[tag] = found
        return found


_CANCELAMENTO, _CANCELAMENTOS, _TOKEN, _PORTADOR = "cancelamento", "cancelamentos", "token", "portador"
_AUTENTICACAO = "autenticacao"

ERRO = Names(codigo=AT["token_erro_codigo"], mensagem=AT["token_erro_mensagem"])
DADOS_TOKEN = Names(
    codigo_token=AT["codigo_token"],
    status=AT["token_status"],
    numero_cartao_truncado=AT["numero_cartao_truncado"],
)
TRANSACAO = Names(
    tid=AT["tid"],
    status=AT["status"],
    dados_pedido=Names(
        numero=AT["numero_pedido"], valor=AT["valor"], moeda=AT["moeda"], data_hora=AT["pedido_data_hora"]
    ),
    forma_pagamento=Names(bandeira=AT["bandeira"], produto=AT["produto"], parcelas=AT["parcelas"]),
    autenticacao=_AUTENTICACAO,
    autorizacao=Names(
        codigo=AT["autorizacao_codigo"],
        mensagem=AT["autorizacao_mensagem"],
        data_hora=AT["autorizacao_data_hora"],
        valor=AT["autorizacao_valor"],
        lr=AT["lr"],
        arp=AT["arp"],
        nsu=AT["nsu"],
    ),
    captura=Names(mensagem=AT["captura_mensagem"], data_hora=AT["captura_data_hora"], valor=AT["captura_valor"]),
    cancelamento=_CANCELAMENTO,
    cancelamentos=_CANCELAMENTOS,
    token=_TOKEN,
    dados_portador=_PORTADOR,
)
_CAPTURA = TRANSACAO["captura"]
_TOKEN_PARTS = Names(dados_token=DADOS_TOKEN, erro=ERRO)
_LEAVES = Names(
    **{name.replace("-", "_"): name for name in ("valor", "data-hora", "mensagem", "numero", "token", "eci")}
)
_CANCELAMENTO_TAG = Names(cancelamento=True)

_TOLD = 200
"""Signs of values that contradict each other; what comes beyond them changes nothing any more."""
_CODES = 5
"""Different codes of one `erro` that are told: more than one are no code that is known."""

_NO_ANSWER = "o retorno traz só um token, e o lote não é de tokenização: consulte a transação"

_RETRY = {"accepted": None, "refused": "t", "refused_for_good": "f", "unanswered": "f"}

_STATUS, _SITUACAO, _LR, _TID, _PEDIDO = (AT[n] for n in ("status", "situacao", "lr", "tid", "numero_pedido"))
_SIGNIFICADO, _RETENTATIVA = AT["lr_significado"], AT["permite_retentativa"]
_ITEM_ID, _ECI, _MENSAGEM, _CANCELAMENTOS_N = (
    AT[n] for n in ("item_id", "eci", "autorizacao_mensagem", "cancelamentos")
)
_CODIGO_TOKEN, _TOKEN_ERRO, _TOKEN_MENSAGEM = (
    AT[n] for n in ("codigo_token", "token_erro_codigo", "token_erro_mensagem")
)


def transacao(element: etree._Element, operation: str, number: str) -> AnswerRow:
    """One `transacao` as the row that lands: texts raw, amounts and instants that do not parse as None."""
    row = _begun(element, operation, number)
    captured = _filled(element, row, TRANSACAO)
    tidy(row)
    status, lr = row[_STATUS], row[_LR]
    cancelled = row[_CANCELAMENTOS_N] is not None
    became = outcomes.outcome(operation, status, lr, captured=captured, cancelled=cancelled)
    row[_SITUACAO] = outcomes.STATUS.get(status or "", outcomes.DESCONHECIDO)
    if lr:
        row[_SIGNIFICADO] = outcomes.lr_meaning(lr)
    if operation == "05":
        became, code, message = _tokenised(row)
    else:
        code, message = lr or status, row[_MENSAGEM]
    row[_RETENTATIVA] = _RETRY[became]
    name = row[_PEDIDO] if operation in ("02", "07") else row[_TID]
    return (*row, (row[_ITEM_ID], name), became, code, message)


def retorno_token(element: etree._Element, operation: str, number: str) -> AnswerRow:
    """One `retorno-token` as the row that lands. Only a tokenisation is accepted, or freed, by it."""
    row = _begun(element, operation, number)
    _filled(element, row, TRANSACAO)
    tidy(row)
    became, code, message = _tokenised(row)
    if operation != "05":
        became, message = "unanswered", _NO_ANSWER
    row[_RETENTATIVA] = _RETRY[became]
    return (*row, (row[_ITEM_ID], None), became, code, message)


def erro(element: etree._Element, operation: str, number: str) -> AnswerRow:
    """One `erro` of the list as the row that lands."""
    row = _begun(element, operation, number)
    codes = dict.fromkeys(filter(None, ((each.text or "").strip() for each in element.iter("{*}codigo"))))
    code, message = "; ".join([*codes][:_CODES]) or None, markup.first_text(element, "mensagem")
    message = masked(" ".join(message.split())) if message else None
    row[_SITUACAO], row[AT["erro_codigo"]], row[AT["erro_mensagem"]] = outcomes.ERRO, code, message
    became = outcomes.erro(code).outcome
    row[_RETENTATIVA] = _RETRY[became]
    return (*row, (row[_ITEM_ID], None), became, code, message or outcomes.erro(code).meaning or None)


def _begun(element: etree._Element, operation: str, number: str) -> Columns:
    row: Columns = list(_BLANK)
    # The first three columns.
    row[0:3] = operation, number, (element.get("id") or "").strip() or None
    return row


def _filled(element: etree._Element, row: Columns, names: Names) -> bool:
    """Put what the children hold where it belongs, in one pass; True where a `captura` is among them."""
    # A search per field costs four times as much, and 27,000 items have a million fields.
    captured = False
    for child in element:
        meaning = names[child.tag]
        if meaning is None:
            continue
        if type(meaning) is int:
            # A second one that says otherwise makes neither of them true.
            row[meaning] = child.text if row[meaning] is None else _both(row[meaning], child.text)
        elif type(meaning) is Names:
            captured = captured or meaning is _CAPTURA
            for leaf in child:
                at = meaning[leaf.tag]
                if at is not None:
                    row[at] = leaf.text if row[at] is None else _both(row[at], leaf.text)
        else:
            _PARTS[meaning](child, row)
    return captured


def _both(one: str | None, other: str | None) -> str | None:
    first, second = ((each or "").strip() for each in (one, other))
    return first if second in ("", first) or len(first) > _TOLD else f"{first}; {second}"


def _text(element: etree._Element) -> str | None:
    text = element.text
    return text.strip() or None if text else None


def _cancelamentos(element: etree._Element, row: Columns) -> None:
    _cancelled([each for each in element if _CANCELAMENTO_TAG[each.tag]], row)


def _cancelamento(element: etree._Element, row: Columns) -> None:
    if row[_CANCELAMENTOS_N] is None:  # the old single form, beside the list, is one of them
        _cancelled([element], row)


def _cancelled(elements: list[etree._Element], row: Columns) -> None:
    total = 0
    unread: list[str] = []
    for each in elements:
        said = {_LEAVES[leaf.tag]: _text(leaf) for leaf in each}
        value = amount(said.get("valor"))
        total += int(value or 0)
        unread += [] if value else [said.get("valor") or ""]
        row[AT["cancelamento_data_hora"]], row[AT["cancelamento_mensagem"]] = (
            said.get("data-hora"),
            said.get("mensagem"),
        )
    if elements:
        row[_CANCELAMENTOS_N] = str(len(elements))
        # A sum that leaves one out would be another amount.
        row[AT["cancelado_valor"]], row[NAO_LIDO] = (None, "; ".join(unread) or None) if unread else (str(total), None)


def _token(element: etree._Element, row: Columns) -> None:
    for part in element:
        names = _TOKEN_PARTS[part.tag]
        for leaf in part if names is not None else ():
            at = names[leaf.tag]
            if at is not None:
                row[at] = leaf.text if row[at] is None else _both(row[at], leaf.text)


def _portador(element: etree._Element, row: Columns) -> None:
    """Renova Fácil: a new card in clear, or a new token (sheet 4.3). Of the card only first 6 and last 4 go on."""
    row[AT["renova_facil"]] = "t"
    for leaf in element:
        name = _LEAVES[leaf.tag]
        if name == "numero" and (number := _text(leaf)):
            row[AT["renova_cartao_truncado"]] = truncated(number)
        elif name == "token" and not row[_CODIGO_TOKEN]:
            row[_CODIGO_TOKEN] = _text(leaf)


def _autenticacao(element: etree._Element, row: Columns) -> None:
    for leaf in element.iterchildren(reversed=True):  # `eci` is the last of five
        if _LEAVES[leaf.tag] == "eci":
            row[_ECI] = leaf.text
            return


_PARTS = {
    _CANCELAMENTO: _cancelamento,
    _CANCELAMENTOS: _cancelamentos,
    _TOKEN: _token,
    _PORTADOR: _portador,
    _AUTENTICACAO: _autenticacao,
}


def _tokenised(row: Columns) -> tuple[str, str | None, str | None]:
    """What a tokenisation came to: outcome, code and message."""
    if row[_CODIGO_TOKEN]:
        row[_SITUACAO] = outcomes.TOKENIZADA
        return "accepted", None, None
    code = row[_TOKEN_ERRO]
    if code:
        row[_SITUACAO] = outcomes.ERRO
        return outcomes.erro(code).outcome, code, row[_TOKEN_MENSAGEM] or outcomes.erro(code).meaning or None
    row[_SITUACAO] = outcomes.DESCONHECIDO
    return "unanswered", None, None
