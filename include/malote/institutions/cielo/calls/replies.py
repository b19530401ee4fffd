"""What Cielo's replies say: receipt, stage, refusal; read leniently, by local names, then by pattern (sheet 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from malote.errors import InDoubt, Malformed, MaloteError, Misconfigured, Refused, Throttled, Unavailable
from malote.institution import Reply
from malote.institutions.cielo.answers import PEEK, holds_return, spaceless
from malote.institutions.cielo.masking import masked
from malote.institutions.cielo.rules import PROMISED, batch_code
from malote.reading import Repairs, instant, markup, mended
from malote.rules import Code
from malote.submission import Receipt, Submission
from malote.texts import english

E = TypeVar("E", bound=MaloteError)

_ENVIO = re.compile(rb"<(?:[\w.-]{1,80}:)?data-envio(?:\s[^<>]{0,500})?>([^<>]{0,100})")
_RETORNO = re.compile(rb"<(?:[\w.-]{1,80}:)?data-retorno(?:\s[^<>]{0,500})?>([^<>]{0,100})")
_ASIDE = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_ERRO = re.compile(rb"<(?:[\w.-]{1,80}:)?erro[\s/>]")
_FARTHEST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a download request was answered: a return file, or why there is none.

    :param code: the number of its `erro`, as an integer; None where it has none
    """

    ready: bool
    code: int | None
    why: str


def receipt(submission: Submission, number: int, ec: str, reply: Reply) -> Receipt:
    """The answer to an upload: a receipt that is overlooked is a lot in doubt, so whatever can be one is one.

    So is "the number is in use" (072, 100): most likely by this very lot; its return is compared before it lands.

    :raises Refused: pre-validation turned the lot down, nothing was taken
    :raises Misconfigured: EC or chave are wrong, nothing was taken
    :raises InDoubt: everything else; its ``code`` is that of the `erro`, as the table writes it
    """

    def doubt(what: str, code: Code | None = None, said: str = "") -> InDoubt:
        return InDoubt(
            what, institution="cielo", submission=submission.id, code=code.code if code else None,
            meaning=code.meaning if code else None, facts={"mensagem": said} if said else {},
            todo=english("s_do_asked_before"),
            kept=english("s_kept_lot"),
        )  # fmt: skip

    repairs = Repairs()
    try:
        root = markup.parse(spaceless(mended(reply.body, repairs)), repairs=repairs)
    except Malformed as broken:
        bare = _ASIDE.sub(b"", reply.body)
        if (sent := _ENVIO.search(bare)) and not _ERRO.search(bare):
            promised = _RETORNO.search(bare)
            return _receipt(number, _latin(sent), _latin(promised), "", read=english("s_cielo_leniently"))
        raise doubt(english("s_cielo_unreadable", status=reply.status, what=broken.what)) from None
    envio, retorno = markup.first_text(root, "data-envio"), markup.first_text(root, "data-retorno")
    erro = next(root.iter("{*}erro"), None)
    said = _told(markup.first_text(root if erro is None else erro, "mensagem"))
    if erro is None:
        if envio is None and retorno is None and markup.local(root.tag) != "retorno-upload-lote":
            raise doubt(english("s_cielo_no_answer", status=reply.status, root=markup.local(root.tag)))
        return _receipt(number, envio, retorno, said, **repairs.facts())
    if envio is not None or retorno is not None:
        raise doubt(english("s_cielo_both"), said=said)
    printed = markup.first_text(erro, "codigo")
    code = batch_code(printed)
    if code and code.kind == "refused":
        what = english("s_cielo_door")
        raise _about(Refused, what, code, said, kept=english("s_kept_items"))
    if code and code.kind == "misconfigured":
        raise denied(code, said, ec)
    if (
        code and code.kind == "arrived"
    ):  # an early question would settle no more: its return is compared before it lands
        return known(submission, number, english("s_cielo_in_use", number=number, code=code.code), said)
    raise doubt(_unclear(code, printed), code, said)


def _unclear(code: Code | None, printed: str | None) -> str:
    if code is None:
        return english("s_cielo_upload_code", code=_short(printed))
    return english("s_cielo_unsaid")


def known(submission: Submission, number: int, how: str, said: str = "") -> Receipt:
    """The receipt of a lot that Cielo knows by its number: its return is promised a day after it was sent."""
    sent = submission.sent_at
    facts = {"found": how, "mensagem": said} if said else {"found": how}
    return Receipt(str(number), received_at=sent, promised_at=sent + PROMISED if sent else None, facts=facts)


def heard(reply: Reply, ec: str) -> Heard:
    """The answer to a download request, of which the first :data:`PEEK` bytes are at hand.

    :raises Misconfigured: EC or chave are wrong
    :raises Unavailable: a failure over there (079), or a gateway that says so
    :raises Throttled: a gateway that says so
    :raises Malformed: where it is neither a return file nor words that are known
    """
    attached = reply.headers.get("content-disposition", "").strip().lower().startswith("attachment")
    if reply.status == 200 and holds_return(reply.body, attached=attached):
        return Heard(True, None, english("s_cielo_return_there"))
    try:
        if len(reply.body) >= PEEK:
            root_name = markup.root_of(reply.body[:PEEK]) or english("s_xml_not")
            raise Malformed(english("s_cielo_too_long", root=root_name))
        root = markup.parse(spaceless(mended(reply.body)))
    except Malformed as wrong:
        raise _gateway(reply, wrong) from None
    erro = next(root.iter("{*}erro"), None)
    said = _told(markup.first_text(root if erro is None else erro, "mensagem"))
    if erro is None:
        if said:  # the segunda via, whose XML nobody has seen (sheet 3)
            return Heard(False, None, said)
        raise _gateway(reply, Malformed(english("s_cielo_no_download", root=markup.local(root.tag))))
    printed = markup.first_text(erro, "codigo")
    code = batch_code(printed)
    if code is None:
        raise Malformed(
            english("s_cielo_question_code", code=_short(printed)), institution="cielo",
            facts={"mensagem": said}, todo=english("s_do_ask_cielo"),
        )  # fmt: skip
    if code.kind == "wait":
        return Heard(False, int(code.code), f"{code.code}: {said or code.meaning}")
    if code.kind == "misconfigured":
        raise denied(code, said, ec)
    if code.kind == "doubt":
        raise _about(Unavailable, english("s_cielo_could_not"), code, said)
    raise _about(Malformed, english("s_cielo_odd_error"), code, said)


def denied(code: Code, said: str, ec: str) -> Misconfigured:
    """EC or chave are wrong, in words that say which of the connection's fields it is about."""
    what = english("s_cielo_not_ec", ec=ec) if code.code == "084" else english("s_cielo_not_chave", ec=ec)
    return _about(Misconfigured, what, code, said, kept=english("s_kept_undone_there"))


def _about(kind: type[E], what: str, code: Code, said: str, kept: str | None = None) -> E:
    facts = {"mensagem": said} if said else {}
    return kind(
        what, institution="cielo", code=code.code, meaning=code.meaning, todo=code.action, facts=facts, kept=kept
    )


def _gateway(reply: Reply, wrong: Malformed) -> MaloteError:
    """A reply to a question whose status speaks, not its body."""
    what = english("s_cielo_http", status=reply.status, what=wrong.what)
    if reply.status == 429:
        return Throttled(what, institution="cielo", code="429", retry_after=reply.retry_after)
    if reply.status >= 500:
        return Unavailable(what, institution="cielo", todo=english("s_do_asked_again"))
    if reply.status in (401, 403):
        todo = english("s_do_cielo_between")
        return Misconfigured(what, institution="cielo", todo=todo)
    return Malformed(what, institution="cielo", todo=english("s_do_look_address"))


def _receipt(number: int, envio: str | None, retorno: str | None, said: str, **facts: str) -> Receipt:
    received, promised = instant(envio or ""), instant(retorno or "")
    if received and promised and not timedelta() <= promised - received <= _FARTHEST:
        promised = None
    facts = {name: text for name, text in (("mensagem", said), ("data-retorno", _short(retorno))) if text} | facts
    return Receipt(str(number), received, promised if received else None, facts=facts)


def _told(text: str | None) -> str:
    return masked(" ".join((text or "").split()))[:500]


def _short(text: str | None) -> str:
    return masked(" ".join((text or "").split()))[:40]


def _latin(found: re.Match[bytes] | None) -> str | None:
    return found[1].decode("latin-1") if found else None
