"""Reads one item of a lot, leniently; of a card it keeps first 6 and last 4 digits, expiry and an opaque stand-in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

OPERATIONS = {
    "requisicao-transacao": "02",
    "requisicao-cancelamento": "03",
    "requisicao-captura": "04",
    "requisicao-token": "05",
    "requisicao-consulta": "06",
    "requisicao-consulta-chsec": "07",
    "requisicao-autorizacao-tid": "08",
}
"""The code of each operation, by the name of its item's element."""

_PARTS = {
    "dados-ec": "numero chave nome codigo-pais",
    "dados-portador": "numero validade indicador codigo-seguranca nome-portador token cnpj-cpf-portador tipo-pessoa",
    "dados-pedido": "numero valor moeda data-hora descricao idioma taxa-embarque soft-descriptor",
    "forma-pagamento": "bandeira produto parcelas",
}
_ORDER = {
    "02": "dados-ec dados-portador dados-pedido forma-pagamento url-retorno autorizar capturar campo-livre bin"
    " gerar-token avs dados-autenticacao-mpi-externa analise-fraude",
    "03": "tid dados-ec valor",
    "04": "tid dados-ec valor anexo taxa-embarque",
    "05": "dados-ec dados-portador",
    "06": "tid dados-ec",
    "07": "numero-pedido dados-ec",
    "08": "tid dados-ec",
}
_NEEDED = {
    "02": "dados-pedido/numero dados-pedido/valor dados-pedido/moeda dados-pedido/data-hora forma-pagamento/produto"
    " forma-pagamento/parcelas autorizar capturar",
    "05": "dados-portador/numero",
    "07": "numero-pedido",
}
_VALUES = {
    "tid": "[0-9a-zA-Z]{20,40}",
    "numero-pedido": "[a-zA-Z0-9]{1,20}",
    "valor": "[0-9]{1,9}",
    "taxa-embarque": "[0-9]{1,9}",
    "autorizar": "[0-4]",
    "capturar": "true|false|0|1",
    "gerar-token": "true|false|0|1",
    "bin": "[0-9]{6}",
    "campo-livre": "(?s:.{0,128})",
    "dados-pedido/numero": "[a-zA-Z0-9]{1,20}",
    "dados-pedido/valor": "0*[1-9][0-9]{0,8}",
    "dados-pedido/moeda": "[0-9]{1,3}",
    "dados-pedido/data-hora": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?",
    "dados-pedido/idioma": "PT|EN|ES",
    "dados-pedido/taxa-embarque": "[0-9]{1,9}",
    "dados-pedido/soft-descriptor": r"[\s*a-zA-Z0-9]{0,13}",
    "forma-pagamento/bandeira": "visa|mastercard|elo|diners|discover|amex|aura|jcb|hipercard",
    "forma-pagamento/produto": "[123A]",
    "forma-pagamento/parcelas": "[1-9][0-9]{0,2}",
    "dados-portador/numero": "[0-9]{0,19}",
    "dados-portador/validade": "[0-9]{0,6}",
    "dados-portador/indicador": "[0129]",
    "dados-portador/codigo-seguranca": "([0-9]{3,4})?",
    "dados-portador/nome-portador": ".{1,50}",  # recorded: an empty element is erro 001
    "dados-portador/token": ".{0,100}",
}
_RULES: dict[str, Callable[[str], object]] = {path: re.compile(rule).fullmatch for path, rule in _VALUES.items()}
_VERSIONS = ("1.0.0", "1.1.0", "1.1.1", "1.2.0", "1.2.1", "1.3.0", "1.4.0")
_OPEN = ("analise-fraude/", "dados-autenticacao-mpi-externa/")


@dataclass(frozen=True, slots=True)
class Card:
    """A card as it is remembered: `pan` is the 44 characters that answers give instead of the number."""

    truncated: str
    pan: str
    validade: str


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `valor` is in centavos, 0 when there is none; `wrong` is the erro it gets in any case, or 0."""

    operation: str
    id: str
    versao: str
    tid: str = ""
    pedido: str = ""
    valor: int = 0
    moeda: str = ""
    data_hora: str = ""
    descricao: str = ""
    idioma: str = ""
    taxa_embarque: str = ""
    bandeira: str = ""
    produto: str = ""
    parcelas: str = ""
    autorizar: str = ""
    capturar: bool = False
    gerar_token: bool = False
    card: Card | None = None
    token: str = ""
    wrong: int = 0

    @property
    def reference(self) -> str:
        """What may not be accepted twice: the order number of an authorisation, else operation and tid, order or id."""
        if self.operation == "02":
            return self.pedido or f"02:{self.id}"
        partial = f":{self.valor}" if self.operation == "03" and self.valor else ""
        return f"{self.operation}:{self.tid or self.pedido or self.id}{partial}"

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that a setting may call it by."""
        return tuple(name for name in (self.pedido, self.tid, self.id, self.reference) if name)


def read_item(element: etree._Element, ec: tuple[str, str], depart: Callable[[str], None]) -> Item:
    """One item of the lot of `ec` (number and chave); `depart` is told what is not as the schema has it."""
    name = local(element)
    operation = OPERATIONS[name]
    values, shape = _flat(element)
    for departure in _departures(name, shape):
        depart(departure)
    identity, versao = element.get("id", ""), element.get("versao", "")
    if not identity:
        depart(f"{name} without id")
    if versao not in _VERSIONS:
        depart(f"{name} with a versao that the schema does not have" if versao else f"{name} without versao")
    text = values.get
    number = text("dados-portador/numero", "")
    short = {key: sys.intern(text(path, "")) for key, path in _SHORT.items()}
    valor = text("dados-pedido/valor" if operation == "02" else "valor", "")
    return Item(
        operation=operation,
        id=identity,
        versao=sys.intern(versao),
        tid=text("tid", ""),
        pedido=text("dados-pedido/numero" if operation == "02" else "numero-pedido", ""),
        valor=int(valor) if valor.isascii() and valor.isdigit() else 0,
        data_hora=text("dados-pedido/data-hora", ""),
        descricao=text("dados-pedido/descricao", ""),
        **short,
        capturar=text("capturar") in ("true", "1"),
        gerar_token=text("gerar-token") in ("true", "1"),
        card=_card(number, text("dados-portador/validade", "")) if number else None,
        token=text("dados-portador/token", ""),
        wrong=_wrong(operation, values, ec),
    )


_SHORT = {
    "moeda": "dados-pedido/moeda",
    "idioma": "dados-pedido/idioma",
    "taxa_embarque": "dados-pedido/taxa-embarque",
    "bandeira": "forma-pagamento/bandeira",
    "produto": "forma-pagamento/produto",
    "parcelas": "forma-pagamento/parcelas",
    "autorizar": "autorizar",
}


def _wrong(operation: str, values: Mapping[str, str], ec: tuple[str, str]) -> int:
    needed = _NEEDED.get(operation, "tid").split()
    if operation != "02" and any(f"dados-ec/{name}" in values for name in ("nome", "codigo-pais")):
        return 1  # only the dados-ec of a 02 has more than numero and chave
    if any(not values.get(path) for path in needed):
        return 1
    if any((rule := _RULES.get(path)) and not rule(value) for path, value in values.items()):
        return 1
    if (values.get("dados-ec/numero", ec[0]), values.get("dados-ec/chave", ec[1])) != ec:
        return 2
    if operation != "02":
        return 0
    number, token = bool(values.get("dados-portador/numero")), bool(values.get("dados-portador/token"))
    if number == token or (number and not values.get("dados-portador/validade")):
        return 10
    code = bool(values.get("dados-portador/codigo-seguranca"))
    amex = number and values.get("forma-pagamento/bandeira") == "amex"
    return 17 if not code and (amex or values.get("dados-portador/indicador") == "1") else 0


def _card(number: str, validade: str) -> Card:
    truncated = f"{number[:6]}{'*' * max(0, len(number) - 10)}{number[-4:]}" if len(number) > 10 else "*" * len(number)
    digest = hmac.digest(b"malote_sim", number.encode(), hashlib.sha256)
    return Card(truncated, base64.b64encode(digest).decode(), validade)


def _flat(element: etree._Element) -> tuple[dict[str, str], tuple[str, ...]]:
    values: dict[str, str] = {}
    shape: list[str] = []
    for child in element:
        name = local(child)
        shape.append(name)
        if len(child) == 0:
            values[name] = (child.text or "").strip()
        for grandchild in child:
            path = f"{name}/{local(grandchild)}"
            shape.append(path)
            values[path] = (grandchild.text or "").strip()
    return values, tuple(shape)


@lru_cache(maxsize=1024)
def _departures(name: str, shape: tuple[str, ...]) -> tuple[str, ...]:
    known: list[str] = []
    for part in _ORDER[OPERATIONS[name]].split():
        inside = "numero chave" if part == "dados-ec" and name != "requisicao-transacao" else _PARTS.get(part, "")
        known += [part, *(f"{part}/{each}" for each in inside.split())]
    told = [f"{name}: unknown element {path}" for path in shape if path not in known and not path.startswith(_OPEN)]
    places = [known.index(path) for path in shape if path in known]
    if any(here >= after for here, after in itertools.pairwise(places)):
        told.append(f"{name}: elements not in the schema's order")
    if name != "requisicao-transacao" and "dados-ec" not in shape:
        told.append(f"{name} without dados-ec")
    return tuple(told)


@lru_cache(maxsize=4096)
def _localname(tag: str) -> str:
    return tag.rpartition("}")[2]


def local(element: etree._Element) -> str:
    """An element's name without its namespace; empty for a comment."""
    return _localname(element.tag) if isinstance(element.tag, str) else ""
