"""5,000 BNDES documents rendered and judged, beside xmlschema's own encode and one validation of each: CPU time.

What a run of ours costs with its archive, where every document is flushed to the disk, is told beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from goals import Goals

N = int(os.environ.get("MALOTE_BENCH_DOCUMENTS", "5000"))


def rows(n: int) -> Iterator[dict[str, Any]]:
    for number in range(1, n + 1):
        yield {
            "reference": f"2026/{number}",
            "anoProposta": "2026",
            "numeroProposta": str(number),
            "programa": "0154 MODERFROTA",
            "beneficiario.cpfCnpj": f"{number:011}",
            "beneficiario.nome": "Fazenda São João & Filhos",
            "municipio": "3550308",
            "valorFinanciado": Decimal(number) + Decimal("0.50"),
            "prazoCarencia": 12,
            "prazoAmortizacao": 72,
            "item[].descricao": ["Trator", "Arado"],
            "item[].valor": [Decimal("900.10"), Decimal("99.90")],
        }


def ours(n: int, folder: str) -> int:
    """Rows to documents, each judged before any is written, in an archive that keeps nothing."""
    from malote.archive import Archive
    from malote.submission import Stored

    class Sheet:
        def write(self, data: bytes) -> int:
            self.stored = Stored("x", hashlib.sha256(data).hexdigest(), len(data))
            return len(data)

    class Nowhere(Archive):
        @contextmanager
        def write(self, *_: object, **__: object) -> Iterator[Any]:
            yield Sheet()

    return _rendered(n, Nowhere(folder))


def archived(n: int, folder: str) -> int:
    """The same into a real one, as a submit task does."""
    from malote.archive import Archive

    return _rendered(n, Archive(folder))


def _rendered(n: int, archive: Any) -> int:
    from malote.institution import Access
    from malote.institutions.bndes.institution import Bndes
    from malote.submission import Order

    there = Bndes(Access("bndes", "simulator", "https://localhost/apa", extra={"cnpj": "33657248000189"}))
    made = there.render(Order("p", "financiamento"), rows(n), archive, lambda _, all: set(all), lambda *_: 0)
    return sum(1 for _ in made)


def xmlschemas(n: int, folder: str) -> int:
    """xmlschema alone: encode (which validates as it goes), the text, one validation of the text. Nothing is kept."""
    from xml.etree import ElementTree

    import xmlschema

    schema = _SCHEMA[0] if _SCHEMA else xmlschema.XMLSchema10(_path())
    _SCHEMA[:] = [schema]
    count = 0
    for row in rows(n):
        items = zip(row["item[].descricao"], row["item[].valor"], strict=True)
        element: Any = schema.encode(
            {
                "anoProposta": row["anoProposta"],
                "numeroProposta": row["numeroProposta"],
                "programa": row["programa"],
                "beneficiario": {"cpfCnpj": row["beneficiario.cpfCnpj"], "nome": row["beneficiario.nome"]},
                "municipio": row["municipio"],
                "valorFinanciado": row["valorFinanciado"],
                "prazoCarencia": row["prazoCarencia"],
                "prazoAmortizacao": row["prazoAmortizacao"],
                "item": [{"descricao": text, "valor": value} for text, value in items],
            },
            path="financiamento",
        )
        text = ElementTree.tostring(element, encoding="UTF-8", xml_declaration=True)
        schema.validate(text.decode())
        count += 1
    return count


_SCHEMA: list[Any] = []


def _path() -> str:
    from malote.place import schemas

    return str(schemas("bndes") / "v1_0" / "financiamento.xsd")


def main() -> None:
    if len(sys.argv) > 1:
        work = {"ours": ours, "ours and archive": archived, "xmlschema": xmlschemas}[sys.argv[1]]
        with tempfile.TemporaryDirectory(prefix="malote-bench-") as folder:
            work(10, folder)  # imports and the schema's compilation are nobody's fault
            begun, wall = time.process_time(), time.perf_counter()
            count = work(N, folder)
            took = {"cpu": time.process_time() - begun, "wall": time.perf_counter() - wall}
        assert count == N, count
        print(json.dumps(took))
        return
    cpu: dict[str, list[float]] = {"ours": [], "ours and archive": [], "xmlschema": []}
    wall: dict[str, list[float]] = {name: [] for name in cpu}
    for _ in range(3):
        for name in cpu:
            done = subprocess.run([sys.executable, __file__, name], check=True, capture_output=True, text=True)
            took = json.loads(done.stdout)
            cpu[name].append(took["cpu"])
            wall[name].append(took["wall"])
    spent = {name: round(statistics.median(values), 3) for name, values in cpu.items()}
    waited = {name: round(statistics.median(values), 3) for name, values in wall.items()}
    print(json.dumps({"bench": "documents", "documents": N, "cpu_seconds": spent, "wall_seconds": waited}))
    ratio = round(spent["ours"] / spent["xmlschema"], 3)
    print(json.dumps({"with archive": round(spent["ours and archive"] / spent["xmlschema"], 3)}))
    goals = Goals()
    goals.most("documents/xmlschema", ratio, 1.5)
    sys.exit(goals.end())


if __name__ == "__main__":
    main()
