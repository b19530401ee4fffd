"""A rehearsal of reading an answer of Cielo's: what each element is, and what would come of it."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator

from malote.errors import Malformed
from malote.institution import Reply
from malote.institutions.cielo.answers import COLUMNS, PEEK, TABLE, holds_return, rows, unwrapped
from malote.institutions.cielo.calls import heard, receipt
from malote.reading import explaining, markup
from malote.submission import Standing, Stored, Submission

_ANYWHERE = {
    "numero-lote": "the lot's number, which must be that of the lot that was sent",
    "data-envio": "when the lot was received",
    "data-retorno": "when its return is promised",
    "@id": "item_id",
}
_STATUS, _LR, _SITUACAO = (TABLE.columns.index(name) for name in ("status", "lr", "situacao"))


def explained(operation: str, answer: bytes, status: int) -> Iterator[str]:
    """The lines of a rehearsal."""
    with unwrapped(io.BytesIO(answer)) as inside:
        file = inside.read()
    root = markup.parse(file)
    yield from explaining.lines(root, _meaning)
    if holds_return(answer[:PEEK], attached=False):
        yield explaining.heard(f"the return of a lot of operation {operation}", lambda: _returned(operation, file))
        return
    number = int(markup.first_text(root, "numero-lote") or 0)
    lot = Submission(
        "cielo-0", "p", "cielo", "simulator", "", "", operation, Standing.SENDING, "x.xml", Stored("x", "", 0), 1, {}
    )
    reply = Reply(status, {"content-type": "text/xml"}, answer)
    yield explaining.heard("the answer to an upload", lambda: _received(lot, number, reply))
    yield explaining.heard("the answer to a question for a return", lambda: heard(reply, "").why)


def _meaning(names: tuple[str, ...]) -> str | None:
    return COLUMNS.get(names[-2:]) or _ANYWHERE.get(names[-1])


def _received(lot: Submission, number: int, reply: Reply) -> str:
    found = receipt(lot, number, "", reply)
    return f"received{f' at {found.received_at:%Y-%m-%d %H:%M:%S %z}' if found.received_at else ''}"


def _returned(operation: str, file: bytes) -> str:
    number = markup.first_text(markup.parse(file), "numero-lote") or "0"
    if not number.isdigit():
        raise Malformed("its numero-lote is no number", todo="compare it with the lot that was sent")
    told = Counter(
        (row[_SITUACAO], row[_STATUS], row[_LR], row[-3]) for row in rows(io.BytesIO(file), operation, int(number))
    )
    found = [
        f"{n} {situacao}{f', status {status}' if status else ''}{f', LR {lr}' if lr else ''} ({became})"
        for (situacao, status, lr, became), n in told.most_common(20)
    ]
    return f"lot {number}: {'; '.join(found) or 'no item'}"
