"""The layouts of events: one XSD each, the Receita's from the user's folder, or the shipped reconstruction."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from malote import place
from malote.institutions.reinf.rules import Event, misfit
from malote.texts import english
from malote.treaty import EXPLAINED, Treaty, treaty

log = logging.getLogger("malote.institutions.reinf")

ID = f"ID{'0' * 34}"
"""Stands for the Id of an event until it has one: the form is the same."""

_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_SIGNATURE = (
    '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>'
    f'<CanonicalizationMethod Algorithm="{_C14N}"/>'
    '<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
    f'<Reference URI="#{ID}"><Transforms>'
    '<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>'
    f'<Transform Algorithm="{_C14N}"/></Transforms>'
    '<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue>AA==</DigestValue></Reference>'
    "</SignedInfo><SignatureValue>AA==</SignatureValue>"
    "<KeyInfo><X509Data><X509Certificate>AA==</X509Certificate></X509Data></KeyInfo></Signature>"
)
"""What a layout sees in the place of the signature: an event is judged before it is signed."""


class Layout:
    """One kind of event as its schema describes it: what :class:`malote.treaty.Plan` writes rows by.

    The record is the event's main element, and paths begin below it: `ideEvento.perApur`.
    """

    lead = ""

    def __init__(self, agreed: Treaty, *, shipped: bool) -> None:
        self.record: Any = agreed.record
        self.shipped = shipped
        self._agreed = agreed
        self._head, self._tail = agreed.tags({})

    @property
    def name(self) -> str:
        """The main element, e.g. `evtRetPJ`."""
        return str(self.record.local_name)

    def document(self, record: str, id: str) -> str:
        """An event, not yet signed, without an XML declaration.

        :param record: its main element, as it was judged
        """
        return f"{self._head}{record.replace(ID, id, 1)}{self._tail}"

    def problems(self, record: str, *, explain: bool = True) -> list[tuple[str, str]]:
        """What breaks the layout: path below the main element, and rule in words; none where it is valid."""
        frame = self._head, f"{_SIGNATURE}{self._tail}"
        found = self._agreed.problems(frame, [(None, None, record)], EXPLAINED if explain else 0)
        return [(each.path.removeprefix(f"{self.name}."), each.rule) for each in found]


def layout_of(event: Event, folder: Path | None) -> Layout:
    """The layout of an event: of several versions in one folder the last by name, from there or the shipped one.

    :raises Misconfigured: where there is none, or it cannot be read
    """
    shipped = place.schemas("reinf")
    for home in (folder, shipped) if folder else (shipped,):
        names = sorted(path.name for path in home.glob(f"{event.code}-*.xsd"))
        if names:
            if folder and home == shipped:
                log.warning("no schema in %s is of %s: malote's reconstruction of it is used", folder, event.code)
            return Layout(treaty((home,), names[-1:], "Reinf", institution="reinf"), shipped=home == shipped)
    raise misfit(
        english("s_reinf_no_layout", code=event.code, names=", ".join(_shipped(shipped))),
        english("s_do_receita_xsd"),
    )


def _shipped(home: Path) -> list[str]:
    return sorted(path.name[:6] for path in home.glob("R-*.xsd"))
