"""Writes what Cielo answers: of an upload, of an ask for the return, and the return file itself, as a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from malote_sim.cielo.codes import APPROVED, LOTS, item_words, written
from malote_sim.cielo.item import Item
from malote_sim.cielo.outcome import Outcome, Token, Transaction
from malote_sim.cielo.uploads import NAMESPACE, Lot
from malote_sim.clock import BRASILIA

UPLOADED = '<?XML version="1.0" encoding="UTF-8"?>'
"""How answers to an upload begin: recorded so, and not well-formed."""
DOWNLOADED = '<?xml version="1.0" encoding="ISO-8859-1" ?>'
SECOND_COPY = "Segunda via do arquivo solicitada. Favor efetuar nova requisição mais tarde."
_VALID = "Seu lote está válido para processamento. Favor aguardar o prazo determinado para retorno."
_PIECE = 256  # items written at a time


def accepted(at: datetime) -> bytes:
    """retorno-upload-lote: data-retorno is a day and a millisecond later, as in the one recording."""
    return (
        f'{UPLOADED}\n<retorno-upload-lote xmlns="{NAMESPACE}">\n  <data-envio>{_instant(at)}</data-envio>\n'
        f"  <data-retorno>{_instant(at + timedelta(days=1, milliseconds=1))}</data-retorno>\n"
        f"  <mensagem>{_VALID}</mensagem>\n</retorno-upload-lote>\r\n"
    ).encode()


def refused(code: int, *, digits: str, words: str | None = None) -> bytes:
    """The erro that an upload is refused with."""
    erro = _erro(code, LOTS.get(code, "Erro") if words is None else words, digits, attributes=f' xmlns="{NAMESPACE}"')
    return f"{UPLOADED}\n{erro}\r\n".encode()


def not_returned(code: int, *, digits: str, words: str | None = None) -> bytes:
    """retorno-download-lote with an erro, as the recorded 81 is."""
    erro = _erro(code, LOTS.get(code, "Erro") if words is None else words, digits)
    return _download(erro)


def message(words: str) -> bytes:
    """retorno-download-lote with a mensagem."""
    return _download(f"<mensagem>{escape(words)}</mensagem>")


def _download(inner: str) -> bytes:
    text = f'{DOWNLOADED}\n<retorno-download-lote xmlns="{NAMESPACE}">\n{inner}\n</retorno-download-lote>\n'
    return text.encode("iso-8859-1", "xmlcharrefreplace")


def _erro(code: int, words: str, digits: str, *, attributes: str = "", lot: bool = True) -> str:
    codigo = written(code, digits=digits, lot=lot)
    return f"<erro{attributes}>\n  <codigo>{codigo}</codigo>\n  <mensagem>{escape(words)}</mensagem>\n</erro>"


def within_arquivo(file: Iterable[bytes]) -> Iterator[bytes]:
    """The return file as the text of `arquivo`."""
    yield f'{DOWNLOADED}\n<retorno-download-lote xmlns="{NAMESPACE}"><arquivo>'.encode()
    for piece in file:
        yield piece.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    yield b"</arquivo></retorno-download-lote>\n"


def return_file(
    lot: Lot, chave: str, settings: Mapping[str, Any], *, missing: int = 0, strangers: Iterable[str] = ()
) -> Iterator[bytes]:
    """retorno-lote: all transacao, then all retorno-token, then all erro; without the last `missing` items sent."""
    lines = Lines(settings)
    told = list(lot.outcomes or ())
    told = told[: max(0, len(told) - missing)]
    if isinstance(silent := settings["unanswered"], int):
        told = told[: max(0, len(told) - silent)]
    else:
        told = [each for each in told if not _named(each.item, silent)]
    told = [_token_only(each) if _named(each.item, settings["only_token"]) else each for each in told]
    told += [each for each in told if _named(each.item, settings["answered_twice"])]
    told += [_stranger(lot, name) for name in (*settings["strangers"], *strangers)]
    yield (
        f'{DOWNLOADED}\n<retorno-lote xmlns="{NAMESPACE}"><dados-ec><numero>{lot.ec}</numero>'
        f"<chave>{escape(chave)}</chave></dados-ec><numero-lote>{lot.numero}</numero-lote><lista>"
    ).encode()
    for kind in ("transacao", "retorno-token", "erro"):
        piece: list[str] = []
        for each in told:
            if _kind(each) == kind:
                piece.append(lines.write(each))
            if len(piece) == _PIECE:
                yield "".join(piece).encode("iso-8859-1", "xmlcharrefreplace")
                piece.clear()
        yield "".join(piece).encode("iso-8859-1", "xmlcharrefreplace")
    yield b"</lista></retorno-lote>\n"


def _kind(outcome: Outcome) -> str:
    if outcome.wrong:
        return "erro"
    return "transacao" if outcome.transaction else "retorno-token"


def _token_only(outcome: Outcome) -> Outcome:
    given = outcome.token or Token("TOKEN" * 8, outcome.item.card.truncated if outcome.item.card else "")
    return replace(outcome, transaction=None, token=given, wrong=0)


def _named(item: Item, names: Iterable[str]) -> bool:
    return bool(names) and any(name in names for name in item.names)


def _stranger(lot: Lot, name: str) -> Outcome:
    item = Item(lot.operation, name, "1.2.1", pedido=name, valor=100, moeda="986", bandeira="visa", produto="1",
                parcelas="1", data_hora="2012-10-08T09:38:04")  # fmt: skip
    at = lot.process_at
    transaction = Transaction("9" * 20, lot.ec, item, "", 6, at, at, "00", "STRANG", "012345", 100, at)
    return Outcome(item, token=Token("", "999999******9999")) if lot.operation == "05" else Outcome(item, transaction)


class Lines:
    """Writes single outcomes as the settings say."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._digits: str = settings["codigo"]
        self._extras: bool = settings["extras"]

    def write(self, outcome: Outcome) -> str:
        """transacao, retorno-token or erro."""
        item = outcome.item
        echo = self._settings["echo_id"]
        identity = f" id={quoteattr(item.id)}" if item.id and echo else ""
        if outcome.wrong == 1 and echo == "semantic":
            identity = ' id=""'
        if outcome.wrong:
            return _erro(outcome.wrong, item_words(outcome.wrong), self._digits, attributes=identity, lot=False)
        attributes = f"{identity} versao={quoteattr(item.versao or '1.2.1')}"
        if outcome.transaction is None:
            return f"<retorno-token{attributes}>{self._token(outcome.token)}</retorno-token>"
        return f"<transacao{attributes}>{self._transacao(outcome, outcome.transaction)}</transacao>"

    def _transacao(self, outcome: Outcome, it: Transaction) -> str:
        settings, made = self._settings, it.item
        named = (*outcome.item.names, it.tid, made.pedido)
        status = next((settings["status"][name] for name in named if name in settings["status"]), it.status)
        pan = f"<pan>{it.pan}</pan>" if settings["pan"] and it.pan else ""
        novel = "<novidade>sim</novidade>" if self._extras else ""
        return "".join(
            (
                f"<tid>{it.tid}</tid>{pan}{self._pedido(made)}<forma-pagamento><bandeira>{escape(made.bandeira)}"
                f"</bandeira><produto>{made.produto}</produto><parcelas>{made.parcelas}</parcelas></forma-pagamento>"
                f"<status>{status}</status>{novel}",
                self._steps(it),
                self._token(outcome.token),
                self._cancelled(it),
                self._renewed(outcome),
            )
        )

    def _pedido(self, made: Item) -> str:
        optional = (("descricao", made.descricao), ("idioma", made.idioma), ("taxa-embarque", made.taxa_embarque))
        more = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in optional if value)
        novel = "<criptomoeda>false</criptomoeda>" if self._extras else ""
        return (
            f"<dados-pedido><numero>{escape(made.pedido)}</numero><valor>{made.valor}</valor><moeda>{made.moeda}</moeda>"
            f"<data-hora>{_stamped(made.data_hora)}</data-hora>{more}{novel}</dados-pedido>"
        )

    def _steps(self, it: Transaction) -> str:
        if it.authorised_at is None:
            return ""
        # Recorded: codigo is the transaction's status in every one of these, not the step's own.
        at, valor = it.authorised_at, it.item.valor
        approved = it.lr in APPROVED
        words = "Transação autorizada" if approved else "Autorização negada"
        arp = f"<arp>{it.arp}</arp>" if it.arp else ""
        novel = f"<par>{it.tid}PAR000000</par>" if self._extras else ""
        said = _step("autenticacao", it.status, "Transação sem autenticação", at, valor, f"<eci>{it.eci}</eci>")
        said += _step("autorizacao", it.status, words, at, valor, f"<lr>{it.lr}</lr>{arp}<nsu>{it.nsu}</nsu>{novel}")
        if it.captured_at is not None:
            said += _step("captura", it.status, "Transação capturada com sucesso", it.captured_at, it.captured)
        return said

    def _token(self, token: Token | None) -> str:
        if token is None:
            return ""
        if token.wrong:
            return f"<token>{_erro(token.wrong, item_words(token.wrong), self._digits, lot=False)}</token>"
        return (
            f"<token><dados-token><codigo-token>{token.code}</codigo-token><status>1</status>"
            f"<numero-cartao-truncado>{token.truncated}</numero-cartao-truncado></dados-token></token>"
        )

    def _cancelled(self, it: Transaction) -> str:
        words = "Transação cancelada com sucesso" if it.status == 9 else "Cancelamento parcial realizado com sucesso"
        steps = "".join(_step("cancelamento", it.status, words, at, valor) for valor, at in it.cancelled)
        return f"<cancelamentos>{steps}</cancelamentos>" if steps else ""

    def _renewed(self, outcome: Outcome) -> str:
        if (new := outcome.renewed) is None:
            return ""
        number = f"<numero>{new.number}</numero>" if new.number else ""
        token = f"<token>{new.token}</token>" if new.token else ""
        return f"<dados-portador>{number}<validade>{new.validade}</validade>{token}</dados-portador>"


def _step(name: str, status: int, words: str, at: datetime, valor: int, more: str = "") -> str:
    return (
        f"<{name}><codigo>{status}</codigo><mensagem>{words}</mensagem><data-hora>{_instant(at)}</data-hora>"
        f"<valor>{valor}</valor>{more}</{name}>"
    )


def _instant(at: datetime) -> str:
    return at.astimezone(BRASILIA).isoformat(timespec="milliseconds")


def _stamped(written_without_zone: str) -> str:
    """The order's data-hora as answers give it, with milliseconds and offset; as it came when it is no instant."""
    try:
        at = datetime.fromisoformat(written_without_zone.replace("Z", "+00:00"))
    except ValueError:
        return escape(written_without_zone)
    return (at.replace(tzinfo=BRASILIA) if at.tzinfo is None else at.astimezone(BRASILIA)).isoformat(
        timespec="milliseconds"
    )
