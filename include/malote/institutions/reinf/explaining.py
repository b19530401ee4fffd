"""A rehearsal of reading an answer of the EFD-Reinf: what each element is, and what would come of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from malote.institution import Reply
from malote.institutions.reinf.answers import Retorno, events
from malote.institutions.reinf.calls import Calls
from malote.institutions.reinf.rules import EVENTS, ReinfRules
from malote.reading import explaining, markup
from malote.submission import Standing, Stored, Submission

_READ = {
    "cdResposta": "what became of the lote",
    "protocoloEnvio": "the receipt of the lote",
    "cdRetorno": "cd_retorno: what became of the event",
    "descRetorno": "descricao",
    "nrRecArqBase": "nr_recibo",
    "dhProcess": "processado_em",
    "hash": "hash",
    "fechRet": "fech_ret",
    "nrInscBenef": "nr_insc_benef",
    **dict.fromkeys(("codigo", "codResp"), "codigo of an ocorrência"),
    **dict.fromkeys(("descricao", "dscResp"), "descricao of an ocorrência"),
    **dict.fromkeys(("localizacao", "localErroAviso"), "localizacao of an ocorrência"),
    **dict.fromkeys(("tipo", "tpOcorr"), "tipo of an ocorrência: 1 error, 2 warning"),
    "@evtDupl": "duplicado: received before",
    "@Id": "the event's Id: which item it is about",
}


def explained(calls: Calls, rules: ReinfRules, service: str, answer: bytes, status: int) -> Iterator[str]:
    """The lines of a rehearsal."""
    root = markup.parse(answer)
    yield from explaining.lines(root, partial(_meaning, rules.tags))
    ids = [id for id, _ in Retorno(root).events()]
    whose = markup.first_text(root, "nrInsc") or ""
    nobody = Submission(
        "reinf-0", "p", "reinf", "simulator", whose, service, EVENTS[service].code, Standing.SENDING, "x.xml",
        Stored("x", "", 0), len(ids), {"eventos": {id: {} for id in ids}}, attempt=1,
        receipt=Retorno(root).protocol or "0",
    )  # fmt: skip
    reply = Reply(status, {"content-type": "application/xml"}, answer)
    yield explaining.heard("the reply to a lote", lambda: f"received, protocol {calls.receipt(nobody, reply).number}")
    yield explaining.heard("the result of a lote", lambda: _result(calls, rules, nobody, reply))
    yield explaining.heard("an answer of reciboevento", lambda: _recibo(calls, reply))


def _meaning(tags: Mapping[str, Sequence[str]], names: tuple[str, ...]) -> str | None:
    found = [column for column, known in tags.items() if names[-1] in known]
    return _READ.get(names[-1]) or (f"{found[0]} (tags.{found[0]})" if found else None)


def _result(calls: Calls, rules: ReinfRules, nobody: Submission, reply: Reply) -> str:
    told = Counter(str(row[-3]) for row in events(calls.answer(reply, nobody), nobody, rules))
    return f"{sum(told.values())} events: {', '.join(f'{n} {name}' for name, n in told.items()) or 'still in process'}"


def _recibo(calls: Calls, reply: Reply) -> str:
    found = calls.shown(reply)
    return "nothing is there" if found is None else f"{len(found.ids)} events under their own Ids"
