"""What events come to: the totals of one (R-9001, R-9005), and those of a month (R-9011, R-9015).

Which code of revenue (CR) belongs to which nature of income is in tables of the Receita that are not known here: there
is one for each tax, so that sums can be checked. Calculated values (…Calc) equal the informed ones.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from malote_sim.reinf.books import Books
from malote_sim.reinf.events import Element, Event, find, money, text
from malote_sim.reinf.filed import Node

Leaves = dict[str, Decimal]
Totals = dict[tuple[tuple[str, str], ...], Leaves]
"""Amounts by the names and values that tell one total from the next."""

_TAXES = {
    "R-4010": (("058806", "vlrRendTrib", "vlrIR"),),
    "R-4020": (
        ("170806", "vlrBaseIR", "vlrIR"),
        ("595207", "vlrBaseAgreg", "vlrAgreg"),
        ("598707", "vlrBaseCSLL", "vlrCSLL"),
        ("596007", "vlrBaseCofins", "vlrCofins"),
        ("597907", "vlrBasePP", "vlrPP"),
    ),
    "R-4040": (("521701", "vlrBaseIR", "vlrIR"),),
    "R-4080": (("804506", "vlrBaseIR", "vlrIR"),),
}
_PAYMENTS = {"R-4010": "infoPgto", "R-4020": "infoPgto", "R-4040": "infoPgto", "R-4080": "infoRec"}


def of_event(event: Event) -> list[Node]:
    """The content of infoTotal, in R-9001 or R-9005; nothing where the kind has none."""
    if event.kind.code in _TAXES:
        return _retained(event)
    summed = _SOCIAL.get(event.kind.code)
    if summed is None:
        return []
    tp, nr = ("tpInscEstab", "nrInscEstab")
    if event.kind.code == "R-2020":
        tp, nr = "tpInscEstabPrest", "nrInscEstabPrest"
    if event.kind.code == "R-2055":
        tp, nr = "tpInscAdq", "nrInscAdq"
    return [("ideEstab", [("tpInsc", event.text(tp)), ("nrInsc", event.text(nr)), *summed(event)])]


def of_month(books: Books, closing: Event) -> list[Node]:
    """The content of infoTotalContrib in R-9011, or the elements after infoRecEv in R-9015."""
    escrit = f"{closing.period.replace('-', '')}{closing.contributor[1][:8]}"
    if closing.kind.code == "R-2099":
        return _social_month(books, closing.period, escrit)
    if closing.reopens:
        return []
    summed: Totals = {}
    for filed in books.all_active(*_TAXES, period=closing.period):
        _add(summed, _by_revenue(filed.event))
    there = [("indExistInfo", "1" if summed else "3"), ("identEscritDCTF", escrit)]
    each = [_revenue(names, leaves, ("Inf", "DCTF"), tail=True) for names, leaves in summed.items()]
    by_code: Totals = {}
    for names, leaves in summed.items():
        _add(by_code, {tuple(each for each in names if each[0] != "natRend"): leaves})
    short = [_revenue(names, leaves, ("DCTF",), tail=False) for names, leaves in by_code.items()]
    return [("infoCR_CNR", [*there, *_in_order(each)]), *([("infoTotalCR", _in_order(short))] if short else [])]


def _in_order(nodes: list[Node]) -> list[Node]:
    return sorted(nodes, key=lambda node: ("totApurMen", "totApurDia").index(node[0]))


def _retained(event: Event) -> list[Node]:
    number = event.text("cpfBenef") or event.text("cnpjBenef") or event.text("cnpjFont")
    holder: list[Node] = [("tpInsc", event.text("tpInscEstab")), ("nrInsc", event.text("nrInscEstab"))]
    told = (("nrInscBenef", number), ("nmBenef", event.text("nmBenef")), ("ideEvtAdic", event.text("ideEvtAdic")))
    holder += [(name, value) for name, value in told if value]
    summed = _by_revenue(event)
    return [("ideEstab", [*holder, *(_apportioned(names, leaves) for names, leaves in summed.items())])]


def _by_revenue(event: Event) -> Totals:
    summed: Totals = {}
    for nature in event.main.iter("{*}natRend"):
        group = nature.getparent()
        for payment in group.iter(f"{{*}}{_PAYMENTS[event.kind.code]}"):
            day = text(payment, "dtFG")[8:].lstrip("0") if event.kind.code == "R-4040" else ""
            for code, base, tax in _TAXES[event.kind.code]:
                if find(payment, tax) is None and find(payment, base) is None:
                    continue
                names = (("perApurDia", day), ("CR", code), ("natRend", nature.text or ""))
                amounts = {"base": money(text(payment, base)), "tax": money(text(payment, tax))}
                _add(summed, {tuple(each for each in names if each[1]): amounts})
    return summed


def _apportioned(names: tuple[tuple[str, str], ...], leaves: Leaves) -> Node:
    """As R-9005 has it: totApurMen, or totApurDia where there is a day."""
    told = dict(names)
    unit = "Dia" if "perApurDia" in told else "Men"
    nodes: list[Node] = [("perApurDia", told["perApurDia"])] if unit == "Dia" else []
    nodes += [(f"CR{unit}", told["CR"]), (f"vlrBaseCR{unit}", _money(leaves["base"])), ("natRend", told["natRend"])]
    taxes: list[Node] = [(f"vlrCR{unit}{how}", _money(leaves["tax"])) for how in ("Inf", "Calc")]
    return (f"totApur{unit}", [*nodes, (f"totApurTrib{unit}", taxes)])


def _revenue(names: tuple[tuple[str, str], ...], leaves: Leaves, hows: tuple[str, ...], *, tail: bool) -> Node:
    """As R-9015 has it."""
    told = dict(names)
    unit = "Dia" if "perApurDia" in told else "Men"
    nodes: list[Node] = [("perApurDia", told["perApurDia"])] if unit == "Dia" else []
    nodes += [(f"CR{unit}", told["CR"]), *((f"vlrCR{unit}{how}", _money(leaves["tax"])) for how in hows)]
    return (f"totApur{unit}", [*nodes, *([("natRend", told["natRend"])] if tail else [])])


def _add(summed: Totals, more: Totals) -> None:
    for names, leaves in more.items():
        there = summed.setdefault(names, {})
        for name, amount in leaves.items():
            there[name] = there.get(name, Decimal(0)) + amount


# R-2010 to R-3010


def _taken(event: Event) -> list[Node]:
    code = "114106" if event.text("indCPRB") == "1" else "116201"
    retained = event.amount("vlrTotalRetPrinc") + event.amount("vlrTotalRetAdic")
    return [
        ("RTom", [
            ("cnpjPrestador", event.text("cnpjPrestador")),
            ("vlrTotalBaseRet", _money(event.amount("vlrTotalBaseRet"))),
            ("infoCRTom", [("CRTom", code), ("vlrCRTom", _money(retained))]),
        ])
    ]  # fmt: skip


def _given(event: Event) -> list[Node]:
    names = ("vlrTotalBaseRet", "vlrTotalRetPrinc")
    amounts: list[Node] = [(name, _money(event.amount(name))) for name in names]
    return [("RPrest", [*_texts(event, "tpInscTomador", "nrInscTomador"), *amounts])]


def _passed_on(event: Event) -> list[Node]:
    return [
        ("RRecRepAD", [
            ("cnpjAssocDesp", text(each, "cnpjAssocDesp")),
            ("vlrTotalRep", text(each, "vlrTotalRep")),
            ("CRRecRepAD", "115102"),
            ("vlrCRRecRepAD", text(each, "vlrTotalRet")),
        ])
        for each in event.main.iter("{*}recursosRep")
    ]  # fmt: skip


def _coded(group: str, *codes: tuple[str, str]) -> Callable[[Event], list[Node]]:
    """Of each code of revenue the amount that stands under a name."""

    def nodes(event: Event) -> list[Node]:
        return [
            (group, [(f"CR{group[1:]}", code), (f"vlrCR{group[1:]}", _money(event.amount(name)))])
            for code, name in codes
        ]

    return nodes


def _spectacle(event: Event) -> list[Node]:
    total: Element | None = find(event.main, "receitaTotal")
    told = [("vlrReceitaTotal", text(total, "vlrReceitaTotal")), ("vlrCRRecEspetDesp", text(total, "vlrCP"))]
    return [("RRecEspetDesp", [("CRRecEspetDesp", "115101"), *told])]


_SOCIAL: dict[str, Callable[[Event], list[Node]]] = {
    "R-2010": _taken,
    "R-2020": _given,
    "R-2040": _passed_on,
    "R-2050": _coded("RComl", ("165701", "vlrCPApur"), ("165702", "vlrRatApur"), ("121302", "vlrSenarApur")),
    "R-2055": _coded("RAquis", ("165601", "vlrCPDescPR"), ("165602", "vlrRatDescPR"), ("121306", "vlrSenarDesc")),
    "R-2060": _coded("RCPRB", ("299101", "vlrCPApurTotal")),
    "R-3010": _spectacle,
}
_IN_A_MONTH = ("RTom", "RPrest", "RRecRepAD", "RComl", "RAquis", "RCPRB")
_LISTED = ("RTom", "RPrest")
"""Told one by one, and not as a sum of each code."""


def _social_month(books: Books, period: str, escrit: str) -> list[Node]:
    codes = [code for code in _SOCIAL if code != "R-3010"]
    there = [filed.event for filed in books.all_active(*codes, period=period)]
    told = [node for event in there for node in _SOCIAL[event.kind.code](event)]
    summed: Totals = {}
    for group, children in told:
        if group not in _LISTED:
            leaves = {name: value for name, value in children if isinstance(value, str)}
            code = f"CR{group[1:]}"
            amounts = {f"vlr{code}": money(leaves[f"vlr{code}"])}
            _add(summed, {(("group", group), (code, leaves[code])): amounts})
    nodes = [node for node in told if node[0] in _LISTED]
    for (group, code), amounts in summed.items():
        nodes.append((group[1], [code, *((name, _money(amount)) for name, amount in amounts.items())]))
    nodes.sort(key=lambda node: _IN_A_MONTH.index(node[0]))
    return [("indExistInfo", "1" if nodes else "3"), ("identEscritDCTF", escrit), *nodes]


def _texts(event: Event, *names: str) -> list[Node]:
    return [(name, event.text(name)) for name in names]


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")
