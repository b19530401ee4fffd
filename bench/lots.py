"""A Cielo lot of 27,000 items made, judged, sealed, flushed; beside libxml2's bare verdict, an lxml tree and xsdata."""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from goals import Goals
from lxml import etree

N = int(os.environ.get("MALOTE_BENCH_ITEMS", "27000"))
ROUNDS = int(os.environ.get("MALOTE_BENCH_ROUNDS", "5"))
NS = "http://ecommerce.cbmp.com.br"
NAMES = ("MARIA DA SILVA", "JOÃO & FILHOS LTDA", "ANTÔNIO SOUZA", "JOSE <PEPE> LIMA", "FRANCISCA OLIVEIRA", "ANA COSTA")
CARDS = ("4012001037141112", "4012001038443335", "5453010000066167", "376449047333005", "6362970000457013")
BRANDS = ("visa", "visa", "mastercard", "amex", "elo")


def rows(n: int, wrong: bool = False) -> Iterator[dict[str, Any]]:
    """Authorisations by card, 19 columns, of which three come and go."""
    for i in range(n):
        yield {
            "reference": f"PED{i:012}",
            "dados-portador.numero": CARDS[i % 5],
            "dados-portador.validade": f"20{27 + i % 5}{1 + i % 12:02}",
            "dados-portador.indicador": "1",
            "dados-portador.codigo-seguranca": f"{1000 + i % 9000}" if i % 5 == 3 else f"{100 + i % 900}",
            "dados-portador.nome-portador": NAMES[i % 16] if i % 16 < 6 else "CARLOS PEREIRA",
            "dados-pedido.numero": f"PED{i:012}",
            "dados-pedido.valor": 0 if wrong and i % 2 else 1000 + i,
            "dados-pedido.moeda": "986",
            "dados-pedido.data-hora": f"2026-11-22T10:{i // 60 % 60:02}:{i % 60:02}",
            "dados-pedido.descricao": f"Assinatura mensal {i}" if i % 3 else None,
            "dados-pedido.idioma": "pt" if wrong else "PT",
            "dados-pedido.soft-descriptor": "LOJA" if i % 50 else None,
            "forma-pagamento.bandeira": BRANDS[i % 5],
            "forma-pagamento.produto": "2" if i % 7 == 0 else "1",
            "forma-pagamento.parcelas": 3 if i % 7 == 0 else 1,
            "url-retorno": "null",
            "autorizar": "3",
            "capturar": True,
            "gerar-token": None if i % 40 else False,
        }


def peak() -> float:
    """Peak of this process so far, in MiB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def schema() -> etree.XMLSchema:
    from malote.place import schemas

    return etree.XMLSchema(etree.parse(str(schemas("cielo") / "ecm-lote.xsd")))


@lru_cache
def archive_in(folder: Path) -> Any:
    """One for the process, as in a run: its key is derived once, by scrypt, in 0.1 s and 32 MiB."""
    from malote.archive import Archive

    return Archive(str(folder), "5c1f0e97b6d24a83e1907fd26b4ac835")


def ours(given: Iterable[dict[str, Any]], folder: Path) -> int:
    """As a run does it, but for the journal; every lot is dropped once it is done."""
    from malote.institutions.cielo.documents import Sender, lots
    from malote.institutions.cielo.rules import CieloRules
    from malote.submission import Document, Order

    taken = iter(range(1, 1_000_000))
    archive, sender = archive_in(folder), Sender("1006993069", "chave", "simulator", CieloRules())
    order = Order("bench", "autorizacao", {}, datetime(2026, 11, 22, 12, tzinfo=timezone.utc))
    items = 0
    for document in lots(order, given, archive, lambda _, names: set(names), lambda *_: next(taken), sender):
        assert isinstance(document, Document)
        items += len(document.items)
        if (plain := folder / "plain.xml").parent.is_dir() and os.environ.get("MALOTE_BENCH_PLAIN"):
            plain.write_bytes(archive.open(document.stored).read())
        del document
    return items


def explained(given: Iterable[dict[str, Any]], folder: Path) -> int:
    """How many wrong items are named, each with its path and rule."""
    from malote.errors import Invalid

    try:
        return ours(given, folder)
    except Invalid as wrong:
        return len({each.reference for each in wrong.problems if each.path and each.rule})


class Silent:
    """A parser target without handlers."""

    def close(self) -> None:
        return None


def verdict(path: Path) -> None:
    """libxml2's fastest way: no tree, no callback."""
    parser = etree.XMLParser(schema=schema(), target=Silent())
    etree.parse(str(path), parser)
    assert not len(parser.feed_error_log)


def placed(row: dict[str, Any]) -> Iterator[tuple[list[str], str]]:
    """Path and text of each value of a row, in the schema's order, for the peers."""
    for name, value in row.items():
        if name != "reference" and value is not None:
            yield name.split("."), str(value).lower() if isinstance(value, bool) else str(value)


def tree(given: Iterable[dict[str, Any]], folder: Path) -> int:
    """An lxml tree built, judged, written and flushed."""
    root = etree.Element(f"{{{NS}}}requisicao-lote", nsmap={None: NS})
    head = etree.SubElement(root, f"{{{NS}}}dados-ec")
    etree.SubElement(head, f"{{{NS}}}numero").text = "1006993069"
    etree.SubElement(head, f"{{{NS}}}chave").text = "chave"
    etree.SubElement(root, f"{{{NS}}}numero-lote").text = "1"
    etree.SubElement(root, f"{{{NS}}}tipo-operacao").text = "2"
    into = etree.SubElement(root, f"{{{NS}}}lista-requisicoes")
    for at, row in enumerate(given):
        item = etree.SubElement(into, f"{{{NS}}}requisicao-transacao", id=f"{at:032}", versao="1.2.1")
        parents: dict[str, Any] = {}
        for path, text in placed(row):
            parent = item
            if len(path) > 1:
                parent = parents.get(path[0])
                if parent is None:
                    parent = parents[path[0]] = etree.SubElement(item, f"{{{NS}}}{path[0]}")
            etree.SubElement(parent, f"{{{NS}}}{path[-1]}").text = text
    assert schema().validate(root)
    with open(folder / "tree.xml", "wb") as file:
        etree.ElementTree(root).write(file, encoding="UTF-8", xml_declaration=True)
        file.flush()
        os.fsync(file.fileno())
    return len(into)


def xsdatas(given: Iterable[dict[str, Any]], folder: Path) -> int:
    """xsdata's serializer over dataclasses, its bytes written, flushed, then judged by libxml2's fastest way."""
    from xsdata.formats.dataclass.serializers import XmlSerializer

    def part(name: str, fields: Iterable[tuple[str, Any]]) -> type[Any]:
        shown, space = {}, {}
        for tag, kind in fields:
            slot = tag.replace("-", "_")
            where = "Attribute" if tag in ("id", "versao") else "Element"
            meta = {"name": tag, "type": where} | ({} if where == "Attribute" else {"namespace": NS})
            shown[slot] = kind | None if not isinstance(kind, str) else kind
            space[slot] = field(default=None, metadata=meta)
        meta_class = type("Meta", (), {"name": name, "namespace": NS})
        return dataclass(type(name.replace("-", "_"), (), {"__annotations__": shown, **space, "Meta": meta_class}))

    first = next(rows(1))
    names = [name.split(".") for name in first if name != "reference"]
    parts: dict[str, Any] = {}
    fields: list[tuple[str, Any]] = [("id", str), ("versao", str)]
    for path in names:
        if len(path) == 1:
            fields.append((path[0], str))
        elif path[0] not in parts:
            parts[path[0]] = part(path[0], [(each[1], str) for each in names if each[0] == path[0]])
            fields.append((path[0], parts[path[0]]))
    item_class = part("requisicao-transacao", fields)
    ec = part("dados-ec", [("numero", str), ("chave", str)])
    items = []
    for at, row in enumerate(given):
        values: dict[str, Any] = {"id": f"{at:032}", "versao": "1.2.1"}
        inside: dict[str, dict[str, str]] = {}
        for path, text in placed(row):
            if len(path) == 1:
                values[path[0].replace("-", "_")] = text
            else:
                inside.setdefault(path[0], {})[path[1].replace("-", "_")] = text
        values |= {name.replace("-", "_"): parts[name](**those) for name, those in inside.items()}
        items.append(item_class(**values))
    listed = dataclass(
        type("lista", (), {
            "__annotations__": {"requisicao_transacao": list[item_class]},
            "requisicao_transacao": field(default_factory=list, metadata={
                "name": "requisicao-transacao", "type": "Element", "namespace": NS}),
            "Meta": type("Meta", (), {"name": "lista-requisicoes", "namespace": NS}),
        })
    )  # fmt: skip
    lot = part(
        "requisicao-lote",
        [("dados-ec", ec), ("numero-lote", str), ("tipo-operacao", str), ("lista-requisicoes", listed)],
    )
    whole = lot(ec("1006993069", "chave"), "1", "2", listed(items))
    text = XmlSerializer().render(whole, ns_map={None: NS})
    path = folder / "xsdata.xml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    verdict(path)
    return len(items)


def child(which: str, n: int, folder: Path) -> None:
    """One measurement in a process of its own: imports and schema compilation are nobody's fault."""
    work = {"tree": tree, "xsdata": xsdatas, "wrong": explained}.get(which, ours)
    if which == "verdict":
        verdict(folder / "plain.xml")
    else:
        work(rows(50, which == "wrong"), folder)
    given: Any = rows(n) if which == "stream" else list(rows(n, which == "wrong")) if which != "verdict" else ()
    with open("/proc/self/clear_refs", "w") as peaks:
        peaks.write("5")
    memory, cpu, begun = peak(), time.process_time(), time.perf_counter()
    done = n
    if which == "verdict":
        verdict(folder / "plain.xml")
    else:
        done = work(given, folder)
    took, cpu = time.perf_counter() - begun, time.process_time() - cpu
    assert done == n, (which, done)
    print(json.dumps({"seconds": took, "cpu": cpu, "mib": peak() - memory}))


def measured(rounds: int, cases: dict[str, int], seldom: dict[str, int]) -> dict[str, list[dict[str, float]]]:
    """What each case took, round by round; ``seldom`` are those of every other round."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in cases | seldom}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "MALOTE_BENCH_PLAIN": "1"}
        subprocess.run(
            [sys.executable, __file__, "ours", str(N), folder], check=True, env=environment, stdout=subprocess.DEVNULL
        )
        for turn in range(rounds):
            for name, n in (cases if turn % 2 else cases | seldom).items():
                command = [sys.executable, __file__, name.split()[0], str(n), folder]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                found[name].append(json.loads(done.stdout))
                for made in Path(folder).glob("sealed/cielo/sent/*/*"):
                    made.unlink()
        size = (Path(folder) / "plain.xml").stat().st_size
    print(json.dumps({"bench": "lots", "items": N, "MB": round(size / 1e6, 1), "rounds": rounds}))
    return found


def main() -> None:
    if len(sys.argv) > 1:
        child(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
        return
    cases = {"verdict": N, "ours": N, "tree": N, "wrong": N}
    if importlib.util.find_spec("xsdata"):
        cases["xsdata"] = N
    else:
        print(json.dumps({"xsdata": "not installed: left out"}))
    found = measured(ROUNDS, cases, {"stream": N, "stream x10": 10 * N})

    def median(name: str, of: str) -> float:
        return statistics.median(each[of] for each in found[name])

    def ratio(one: str, other: str, of: str) -> float:
        """Of neighbours in time: what else the machine does changes from minute to minute."""
        return round(statistics.median(a[of] / b[of] for a, b in zip(found[one], found[other], strict=True)), 3)

    print(json.dumps({"seconds": {name: round(median(name, "seconds"), 3) for name in found}}))
    print(json.dumps({"cpu_seconds": {name: round(median(name, "cpu"), 3) for name in found}}))
    told = Goals()
    goals = [("ours", "verdict", 2.0), ("ours", "tree", 0.5), ("wrong", "ours", 6.0), ("stream x10", "stream", 11.0)]
    goals += [("ours", "xsdata", 1 / 12)] if "xsdata" in found else []
    for one, other, most in goals:
        ratios = {of: ratio(one, other, of) for of in ("seconds", "cpu")}
        print(json.dumps({f"{one}/{other}": ratios}))
        told.most(f"{one}/{other}", ratios["seconds"], most)
    memory = {name: round(median(name, "mib"), 1) for name in ("stream", "stream x10")}
    told.most("extra memory", memory["stream"], 16, "MiB")
    told.most("extra memory x10", memory["stream x10"], max(1.5 * memory["stream"], 16), "MiB")
    sys.exit(told.end())


if __name__ == "__main__":
    main()
