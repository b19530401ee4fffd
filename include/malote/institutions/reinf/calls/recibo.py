"""An answer of `reciboevento`: its shape is not published, so it is read by names and by the form of what it says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from malote.institutions.reinf.answers import PROTOCOL
from malote.reading import instant, markup

_ID = re.compile(r"ID[12][0-9A-Z]{14}[0-9]{19}")


@dataclass(frozen=True, slots=True)
class Recibo:
    """What is shown under the key of an event."""

    root: etree._Element
    tags: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, root: etree._Element, tags: Mapping[str, Sequence[str]]) -> Recibo | None:
        """From a reply; None where it shows neither a receipt nor an event."""
        found = cls(root, tags)
        return found if found.ids or found._first(found.root, "recibo") else None

    @property
    def ids(self) -> set[str]:
        """The Ids of events that it names, wherever they stand."""
        texts = [str(text).strip() for text in self.root.itertext()]
        texts += [str(value).strip() for each in self.root.iter() for _, value in markup.attributes(each)]
        return {text for text in texts if _ID.fullmatch(text)}

    def of_event(self, id: str) -> tuple[str | None, datetime | None]:
        """Protocol and instant of reception beside an Id; None for what is not said."""
        beside = self._beside(id)
        protocol, at = self._first(beside, "protocolo"), self._first(beside, "recebido_em")
        return protocol if protocol and PROTOCOL.fullmatch(protocol) else None, instant(at) if at else None

    def _beside(self, id: str) -> etree._Element:
        """The largest element about one event alone that names the Id."""
        names = [each for each in self.root.iter() if self._names(each, id)]
        found = names[-1] if names else self.root
        while (above := found.getparent()) is not None and len(Recibo(above, self.tags).ids) <= 1:
            found = above
        return found

    @staticmethod
    def _names(element: etree._Element, id: str) -> bool:
        own = (element.text or "").strip() == id
        return own or any(str(value).strip() == id for _, value in markup.attributes(element))

    def _first(self, element: etree._Element, what: str) -> str | None:
        return next((text for tag in self.tags[what] if (text := markup.first_text(element, tag))), None)
