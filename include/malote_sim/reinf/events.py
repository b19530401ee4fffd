"""One event as it was sent: who it is about, what tells it from others, and its values by their local names."""

from __future__ import annotations

import base64
import copy
import hashlib
from dataclasses import dataclass, field
from decimal import Decimal

from lxml import etree

from malote_sim.reinf.kinds import BY_NAMESPACE, REOPENING, TABLE, Kind

Element = etree._Element


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a kind that is known. Nothing of it is judged here."""

    kind: Kind
    id: str
    """Of its main element."""
    main: Element = field(repr=False)
    alone: Element = field(repr=False)
    """Its root as a document of its own, with the namespaces that it uses and no others."""

    def text(self, name: str) -> str:
        """The text of the first element of that local name, or ""."""
        return text(self.main, name)

    @property
    def contributor(self) -> tuple[str, str]:
        """tpInsc, and nrInsc up to what `root_of` leaves of it."""
        about = find(self.main, "ideContri")
        return text(about, "tpInsc"), root_of(text(about, "tpInsc"), text(about, "nrInsc"))

    @property
    def period(self) -> str:
        """perApur (AAAA-MM), or "" where the event belongs to none."""
        return self.text("perApur")

    @property
    def key(self) -> tuple[str, ...]:
        """The values of what tells it apart. A person who is named by number needs no name."""
        values = [self.text(name) for name in self.kind.key]
        if "nmBenef" in self.kind.key and values[3]:
            values[4] = ""
        return tuple(values)

    @property
    def action(self) -> str:
        """Of a table "inclusao", "alteracao" or "exclusao"; of a R-4099 "reabertura" if that is what it is; or ""."""
        if self.kind.group == TABLE:
            return next((local(each[0]) for each in self.main if local(each).startswith("info") and len(each)), "")
        return "reabertura" if self.reopens else ""

    @property
    def reopens(self) -> bool:
        """Whether it opens a closed month again: R-2098, and R-4099 with fechRet 1."""
        return self.kind.group == REOPENING or self.text("fechRet") == "1"

    @property
    def rectifies(self) -> str:
        """The receipt of what it replaces (indRetif 2), or ""."""
        return self.text("nrRecibo") if self.text("indRetif") == "2" else ""

    @property
    def hash(self) -> str:
        """SHA-256 of its canonical form, in base64: what an answer tells as `hash`."""
        return base64.b64encode(hashlib.sha256(_canonical(self.alone)).digest()).decode()

    @property
    def content(self) -> str:
        """SHA-256 of what it declares: of all but its Id, its signature and what software made it."""
        bare = copy.deepcopy(self.main)
        bare.attrib.pop("id", None)
        for each in [each for each in bare.iter("{*}verProc")]:
            each.text = ""
        return hashlib.sha256(_canonical(bare)).hexdigest()

    def amount(self, name: str, within: Element | None = None) -> Decimal:
        """The sum of all amounts of that local name."""
        found = (self.main if within is None else within).iter(f"{{*}}{name}")
        return sum((money(each.text or "") for each in found), Decimal(0))


def read(root: Element) -> Event | None:
    """The event whose root this is; None when no kind has its namespace and main element."""
    kind = BY_NAMESPACE.get(etree.QName(root).namespace or "")
    main = root[0] if len(root) else None
    if kind is None or local(root) != "Reinf" or main is None or main.tag != f"{{{kind.namespace}}}{kind.main}":
        return None
    return Event(kind, main.get("id", ""), main, copy.deepcopy(root))


def _canonical(element: Element) -> bytes:
    try:
        return etree.tostring(element, method="c14n")
    except etree.C14NError:  # what has no canonical form, such as a namespace without a scheme, has no signature either
        return etree.tostring(element)


def root_of(tp_insc: str, nr_insc: str) -> str:
    """What makes two inscriptions one contributor: 8 digits of a CNPJ, all of a CPF."""
    return nr_insc[:8] if tp_insc == "1" else nr_insc


def money(written: str) -> Decimal:
    """An amount with a decimal comma; 0 of what is none."""
    whole, _, cents = written.partition(",")
    return Decimal(f"{whole}.{cents}") if whole.isdigit() and cents.isdigit() else Decimal(0)


def local(element: Element) -> str:
    """The local name; "" of a comment or an instruction."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def find(element: Element | None, name: str) -> Element | None:
    """The first element of that local name below."""
    return None if element is None else next(element.iter(f"{{*}}{name}"), None)


def text(element: Element | None, name: str) -> str:
    """The text of the first element of that local name below, or ""."""
    found = find(element, name)
    return "" if found is None else found.text or ""
