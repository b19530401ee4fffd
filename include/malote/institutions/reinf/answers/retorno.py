"""The return of a lote: its status, its protocol, its ocorrências, its events; read by local names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from malote.errors import Malformed
from malote.institutions.reinf.masking import masked, quoted_away
from malote.institutions.reinf.rules import EVENTS
from malote.reading import Repairs, instant, markup
from malote.submission import Submission
from malote.texts import english

PROTOCOL = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,48}")
MOST = 1000
"""Ocorrências of one answer, at most: each is a row that lands."""

_SAID = re.compile("[a-zà-ÿ]{3}")
_NOTHING = re.compile(
    r"n[ãa]o (?:h[áa]|exist\w+|(?:foi |foram )?(?:encontrad|localizad)[ao]s?) (?:recibo|evento|registro|resultado)"
    r"|nenhum (?:recibo|evento|registro|resultado)"
    r"|(?:recibo|evento|registro|resultado)s? (?:inexistente|n[ãa]o (?:exist|(?:foi |foram )?(?:encontrad|localizad)))",
    re.IGNORECASE,
)
"""That there is none, in words: inferred, for the sheet knows none."""


@dataclass(frozen=True, slots=True)
class Retorno:
    """What an answer of `/recepcao/lotes` or `/consulta/lotes` says."""

    root: etree._Element

    @classmethod
    def of(cls, body: bytes, repairs: Repairs | None = None) -> Retorno:
        """From the bytes of a reply.

        :raises Malformed: where it is no such return
        """
        root = markup.parse(body, repairs=repairs)
        if markup.local(root.tag) != "Reinf" or next(root.iter("{*}cdResposta"), None) is None:
            raise Malformed(english("s_reinf_no_return", root=markup.local(root.tag)[:60]), institution="reinf")
        return cls(root)

    @property
    def code(self) -> int | None:
        """`cdResposta`."""
        said = markup.first_text(self.root, "cdResposta") or ""
        return int(said) if said.isascii() and said.isdecimal() and len(said) < 6 else None

    @property
    def empty(self) -> bool:
        """It is the Receita's, and says nothing but that nothing is there."""
        words = [text for text in map(str, self.root.itertext()) if _SAID.search(text)]
        return markup.local(self.root.tag) == "Reinf" and all(_NOTHING.search(text) for text in words)

    @property
    def protocol(self) -> str | None:
        """`protocoloEnvio`, where it has the form of one."""
        said = markup.first_text(self.root, "protocoloEnvio") or ""
        return said if PROTOCOL.fullmatch(said) else None

    @property
    def received_at(self) -> datetime | None:
        """`dhRecepcao` of the lote: Brasília time where it says no zone."""
        held = next(self.root.iter("{*}dadosRecepcaoLote"), None)
        said = markup.first_text(held, "dhRecepcao") if held is not None else None
        return instant(said) if said else None

    def words(self) -> str:
        """`descResposta` and the first ocorrências, as they came."""
        said = [markup.first_text(self.root, "descResposta") or ""]
        said += [f"{row[5]} {row[6]}" for _, row in zip(range(5), self.ocorrencias(None), strict=False)]
        return "; ".join(filter(None, (" ".join(each.split())[:300] for each in said)))

    def told(self) -> str:
        """The same for a log, without anybody's CPF, nor what they quote."""
        return quoted_away(self.words()) or english("s_no_reason")

    def events(self) -> list[tuple[str, etree._Element]]:
        """Each `evento` with its Id."""
        found = []
        # An event, and not what stands inside of one under the same name.
        for each in markup.outermost(self.root, lambda tag: markup.local(tag) == "evento"):
            ids = [str(value).strip() for name, value in markup.attributes(each) if markup.local(name).lower() == "id"]
            if ids:
                found.append((ids[0], each))
        return found

    def strange_to(self, submission: Submission) -> bool:
        """Whether it is about another contributor, by `ideContribuinte`."""
        held = next(self.root.iter("{*}ideContribuinte"), None)
        said = markup.first_text(held, "nrInsc") if held is not None else None
        return bool(said) and not _same(str(said), submission.account)

    def ocorrencias(self, protocol: str | None) -> Iterator[tuple[str | None, ...]]:
        """The ocorrências of the lote and of its events, as rows of reinf.ocorrencia."""
        for count, (event, id, each) in enumerate(self._found()):
            if count == MOST:
                return
            texts = {markup.local(child.tag): " ".join("".join(map(str, child.itertext())).split()) for child in each}
            yield (
                event, id, protocol, "evento" if id else "porta",
                texts.get("tipo") or texts.get("tpOcorr"), texts.get("codigo") or texts.get("codResp"),
                masked(texts.get("descricao") or texts.get("dscResp") or "")[:2000] or None,
                masked(texts.get("localizacao") or texts.get("localErroAviso") or "")[:2000] or None,
            )  # fmt: skip

    def _found(self) -> Iterator[tuple[str | None, str | None, etree._Element]]:
        for each in self.root.iter("{*}ocorrencia"):
            yield None, None, each
        for id, event in self.events():
            for each in event.iter("{*}regOcorrs"):
                yield markup.first_text(event, "tpEv"), id, each


def kind_of(said: str | None, submission: Submission) -> str:
    """The event's code as it lands: that of the service, whatever the spelling of the answer."""
    return EVENTS[submission.service].code if submission.service in EVENTS else said or submission.operation


def _same(said: str, ours: str) -> bool:
    """One contributor: a CNPJ and its root are the same one."""
    said = re.sub(r"\W", "", said).upper()
    return said == ours or (len(said) != 11 != len(ours) and said[:8] == ours[:8])
