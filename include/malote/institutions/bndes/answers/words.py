"""Words that decide: what a status means, and what a message says; whole words, whatever their case and accents."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from malote.institutions.bndes.answers.elements import Fields, plain, statuses
from malote.institutions.bndes.rules import BndesRules, Service
from malote.texts import english

log = logging.getLogger("malote.institutions.bndes")

REHEARSE = english("s_do_rehearse")

_ASIDE = re.compile(
    r"\S*\d\S*|foi|foram|de|d?[aeo]s?|com|n[ao]?\W*|numeros?|informad[ao]s?|dados|tal|ano|este|esta|para"
)
"""What may stand between the words of an absence: `proposta nº 2026/17 não foi encontrada`."""

_TROUBLE = re.compile(r"\b(?:erros?|falh\w*|intern[ao]s?|indispon\w+|tabelas?|cadastr\w*|tente|timeout|exce[cp]\w*)\b")


@dataclass(frozen=True)
class Words:
    """The words of one connection's rules."""

    rules: BndesRules
    _warned: set[str] = field(default_factory=set, kw_only=True)

    def verdict(self, service: Service, status: str | None) -> str:
        """`yes`, `no`, `pending` or `unknown`: what a `status` means; one that is not known is said once."""
        word, words = plain(status or ""), self.rules.words
        if word and word in map(plain, words["pending"]):
            return "pending"
        if word and word in map(plain, (*words["yes"], *service.done)):
            return "yes"
        if word and word in map(plain, words["no"]):
            return "no"
        if word not in self._warned:
            self._warned.add(word)
            log.warning(
                "%s: %s, so it is waited for; %s", service.name, self.unknown(status), REHEARSE,
            )  # fmt: skip
        return "unknown"

    def judged(self, service: Service, fields: Fields) -> str:
        """As :meth:`verdict`, of the status of an answer: `unknown` where another one in it says yes to its no."""
        verdict = self.verdict(service, fields.get("status"))
        if verdict not in ("yes", "no"):
            return verdict
        said = set(map(plain, statuses(fields.element, self.rules.tags)))
        if len(said) < 2:
            return verdict
        yes, no = (*self.rules.words["yes"], *service.done), self.rules.words["no"]
        return "unknown" if said & set(map(plain, yes)) and said & set(map(plain, no)) else verdict

    def unknown(self, status: str | None) -> str:
        """What is wrong with a status that means nothing, and the rule that would mend it."""
        if not status:
            names = ", ".join(self.rules.tags["status"])
            return english("s_bndes_no_status", names=names)
        return english("s_bndes_status", status=repr(status[:60]))

    def says(self, what: str, texts: Iterable[str], more: Sequence[str] = ()) -> bool:
        """Whether one of the texts holds one of the words of a list, or of ``more``."""
        return self.word(what, texts, more) is not None

    def finds_none(self, texts: Iterable[str]) -> bool:
        """Whether the texts of a search's answer say that no operation is there, and nothing of trouble: absence sends
        a document again, so that what is merely not understood is none."""
        said = [plain(text) for text in texts]
        bare = (" ".join(word for word in text.split() if not _ASIDE.fullmatch(word)) for text in said)
        return self.says("absent", (*said, *bare)) and not any(map(_TROUBLE.search, said))

    def word(self, what: str, texts: Iterable[str], more: Sequence[str] = ()) -> str | None:
        """The word of a list, or of ``more``, that stands in one of the texts: whole, not within others."""
        said = [plain(text) for text in texts]
        words = (*self.rules.words[what], *more)
        return next((word for word in words if any(map(_whole(plain(word)).search, said))), None)


@lru_cache(maxsize=256)
def _whole(word: str) -> re.Pattern[str]:
    """A word, or some, that do not stand within others; a long last one may have an ending (`encontrad`, `a`)."""
    ending = "[a-z]{0,2}" if re.search(r"[a-z]{5}\Z", word) else ""
    return re.compile(rf"(?<![a-z0-9]){re.escape(word)}{ending}(?![a-z0-9])")


def brief(text: str) -> str:
    """`já foi enviada`, `já se encontra enviada` as `ja enviada`."""
    return re.sub(r"\bja (?:foi|esta|se encontra|encontra-se) ", "ja ", plain(text))
