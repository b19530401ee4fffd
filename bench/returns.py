"""A Cielo return file to rows beside a bare event walk, and landed beside a tree parse with upserts, in one run.

Every case runs in a process of its own, round by round. The walk is lxml's iterparse and clear that reads nothing; the
peer is what people write: the whole tree, `findtext` per field, `executemany` of an upsert. One item in ten is an
`erro`, a token, a cancellation or a denial. Memory is measured at ten times the items too: one file of that size to
rows, and ten lots, which is how so many items land.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import psycopg
from goals import Goals
from lxml import etree

N = int(os.environ.get("MALOTE_BENCH_ITEMS", "27000"))
ROUNDS = int(os.environ.get("MALOTE_BENCH_ROUNDS", "5"))
EC, LOT = "1006993069", 86
SPACE = "{http://ecommerce.cbmp.com.br}"
HEAD = (
    '<?xml version="1.0" encoding="ISO-8859-1"?>\n<retorno-lote xmlns="http://ecommerce.cbmp.com.br"><dados-ec>'
    f"<numero>{EC}</numero><chave>x</chave></dados-ec><numero-lote>{LOT}</numero-lote><lista>\n"
)
ITEM = """<transacao id="{id}" versao="1.2.1"><tid>1006993069{i:010}</tid>
<pan>IqVz7P9zaIgTYdU41HaW/OB/d7Idwttqwb2vaTt8MT0=</pan><dados-pedido><numero>{order}</numero><valor>{valor}</valor>
<moeda>986</moeda><data-hora>2026-11-22T10:00:00.123-03:00</data-hora><descricao>Assinatura mensal, nº {i}</descricao>
<idioma>PT</idioma><taxa-embarque>0</taxa-embarque></dados-pedido><forma-pagamento><bandeira>visa</bandeira>
<produto>1</produto><parcelas>1</parcelas></forma-pagamento><status>{status}</status>
<autenticacao><codigo>{status}</codigo><mensagem>Transacao sem autenticacao</mensagem>
<data-hora>2026-11-22T23:10:01.203-03:00</data-hora><valor>{valor}</valor><eci>7</eci></autenticacao>
<autorizacao><codigo>{status}</codigo><mensagem>Transação autorizada</mensagem>
<data-hora>2026-11-22T23:10:01.207-03:00</data-hora><valor>{valor}</valor><lr>{lr}</lr><arp>{arp:06}</arp>
<nsu>{arp:06}</nsu></autorizacao>
{more}</transacao>
"""
CAPTURA = """<captura><codigo>6</codigo><mensagem>Transacao capturada com sucesso</mensagem>
<data-hora>2026-11-22T23:10:01.318-03:00</data-hora><valor>{valor}</valor></captura>
"""
TOKEN = """<token><dados-token><codigo-token>TuS6LeBHWjqFFtE7S3zR052Jl/KUlD+tYJFpAdlA87E=</codigo-token>
<status>1</status><numero-cartao-truncado>455187******0183</numero-cartao-truncado></dados-token></token>
"""
CANCELADA = """<cancelamentos><cancelamento><codigo>9</codigo><mensagem>Transacao cancelada</mensagem>
<data-hora>2026-11-23T08:00:00.000-03:00</data-hora><valor>{valor}</valor></cancelamento></cancelamentos>
"""
ERRO = '<erro id="{id}"><codigo>010</codigo><mensagem>Inconsistência no envio do cartão</mensagem></erro>\n'


def reference(i: int) -> str:
    return f"P{i:012}"


def item(i: int, order: str = "", lot: int = LOT, ec: str = EC) -> str:
    from malote.institutions.cielo.rules import item_id

    id, kind, valor = item_id(ec, lot, order or reference(i)), i % 40, 100 + i % 99999
    if kind == 0:
        return ERRO.format(id=id)
    status, lr, more = ("5", "51", "") if kind == 1 else ("6", "00", CAPTURA)
    more += {2: TOKEN, 3: CANCELADA}.get(kind, "")
    return ITEM.format(
        i=i, order=order or reference(i), id=id, valor=valor, status=status, lr=lr, arp=i % 999999,
        more=more.format(valor=valor),
    )  # fmt: skip


def write(path: str, n: int) -> None:
    with open(path, "w", encoding="iso-8859-1") as file:
        file.write(HEAD)
        for i in range(n):
            file.write(item(i))
        file.write("</lista></retorno-lote>")


def walk(path: str) -> int:
    n = 0
    for _, element in etree.iterparse(path, events=("end",), tag=(f"{SPACE}transacao", f"{SPACE}erro")):
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]  # type: ignore[index]
        n += 1
    return n


def rows(path: str) -> int:
    from malote.institutions.cielo.answers import retorno

    with open(path, "rb") as file:
        return sum(1 for _ in retorno.rows(file, "02", LOT))


def nothing_read(path: str) -> int:
    with open(path, "rb") as file:
        while file.read(65536):
            pass
    return 0


FIELDS = {
    "tid": "tid", "numero_pedido": "dados-pedido/numero", "valor": "dados-pedido/valor", "moeda": "dados-pedido/moeda",
    "pedido_data_hora": "dados-pedido/data-hora", "bandeira": "forma-pagamento/bandeira",
    "produto": "forma-pagamento/produto", "parcelas": "forma-pagamento/parcelas", "status": "status",
    "eci": "autenticacao/eci", "autorizacao_codigo": "autorizacao/codigo", "autorizacao_mensagem":
    "autorizacao/mensagem", "autorizacao_data_hora": "autorizacao/data-hora", "autorizacao_valor": "autorizacao/valor",
    "lr": "autorizacao/lr", "arp": "autorizacao/arp", "nsu": "autorizacao/nsu", "captura_mensagem": "captura/mensagem",
    "captura_data_hora": "captura/data-hora", "captura_valor": "captura/valor",
    "cancelamento_data_hora": "cancelamentos/cancelamento/data-hora",
    "cancelamento_mensagem": "cancelamentos/cancelamento/mensagem", "codigo_token": "token/dados-token/codigo-token",
    "token_status": "token/dados-token/status",
    "numero_cartao_truncado": "token/dados-token/numero-cartao-truncado", "token_erro_codigo": "token/erro/codigo",
    "token_erro_mensagem": "token/erro/mensagem", "erro_codigo": "codigo", "erro_mensagem": "mensagem",
}  # fmt: skip


def peer(path: str, dsn: str) -> int:
    """The same columns from a tree, a search per field, an upsert per row; it keeps no account of items."""
    from malote.institutions.cielo.answers import TABLE, outcomes

    paths = {name: "/".join(f"{SPACE}{part}" for part in where.split("/")) for name, where in FIELDS.items()}
    root = etree.parse(path).getroot()
    lista = root.find(f"{SPACE}lista")
    assert lista is not None
    names = ("submission_id", "ordem", "reference", *TABLE.columns)
    found = []
    for at, element in enumerate(lista, 1):
        row: dict[str, Any] = {name: element.findtext(where) for name, where in paths.items()}
        cancelled = element.findall(f"{SPACE}cancelamentos/{SPACE}cancelamento")
        row |= {
            "submission_id": "cielo-1", "ordem": at, "reference": row["numero_pedido"], "operacao": "02",
            "numero_lote": LOT, "item_id": element.get("id"), "cancelamentos": len(cancelled) or None,
            "cancelado_valor": sum(int(each.findtext(f"{SPACE}valor") or 0) for each in cancelled) or None,
            "situacao": "erro" if row["erro_codigo"] else outcomes.STATUS.get(row["status"]),
            "lr_significado": outcomes.lr_meaning(row["lr"]),
            "permite_retentativa": outcomes.may_retry(row["lr"]) if row["status"] == "5" else None,
            "renova_facil": None if element.find(f"{SPACE}dados-portador") is None else True,
        }  # fmt: skip
        found.append(tuple(row.get(name) for name in names))
    sets = ", ".join(f"{name} = excluded.{name}" for name in names[2:])
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.executemany(
            f"""insert into cielo.transacao ({", ".join(names)}, landed_at)
                values ({", ".join(["%s"] * len(names))}, now())
                on conflict (submission_id, ordem) do update set {sets}""",
            found,
        )
    return len(found)


def land(path: str, dsn: str) -> int:
    from malote.institution import Access
    from malote.institutions.cielo.institution import Cielo
    from malote.submission import Standing, Stored, Submission
    from malote.trip import Landing

    class Folder:  # in place of the archive: its own cost is measured elsewhere
        def open(self, stored: Stored) -> BinaryIO:
            return open(stored.name, "rb")

    with psycopg.connect(dsn) as connection:
        (lots,) = connection.execute("select count(*) from malote.submission").fetchone() or (0,)
    there = Cielo(Access("cielo", "simulator", "https://localhost", EC, "x"))
    stored = Stored(path, "x", 1)
    landing, landed = Landing(dsn, Folder()), 0  # type: ignore[arg-type]
    for lot in range(1, lots + 1):
        submission = Submission(
            f"cielo-{lot}", "p", "cielo", "simulator", EC, "autorizacao", "02", Standing.ANSWERED, "f", stored, N,
            {"numero_lote": LOT}, receipt=str(LOT), answer=stored,
        )  # fmt: skip
        landed += landing.land(there, [submission]).rows
    return landed


def reset(dsn: str, lots: int) -> None:
    with psycopg.connect(dsn) as c:
        c.execute("set session_replication_role = replica")  # the story refuses to be emptied
        c.execute("truncate malote.pouch, malote.submission, malote.item_row, malote.load, cielo.transacao cascade")
        c.execute("set session_replication_role = origin")
        c.execute("insert into malote.pouch values ('p','cielo','simulator','1','autorizacao','{}',now())")
        for lot in range(1, lots + 1):
            c.execute(
                """insert into malote.submission (id, pouch, institution, environment, account, service, operation,
                   standing, name, document, document_sha256, document_size, sealed, item_count, prepared_at, moved_at,
                   answer, answer_sha256, answer_size)
                   values (%s, 'p', 'cielo', 'simulator', '1', 'autorizacao', '02', 'answered', 'f', 'd', 'x', 1, true,
                   %s, now(), now(), 'a', 'x', 1)""",
                (f"cielo-{lot}", N),
            )
            with c.cursor().copy("copy malote.item_row (submission, ordinal, scope, reference) from stdin") as copy:
                for i in range(N):
                    copy.write_row((f"cielo-{lot}", i + 1, f"s{lot}", reference(i)))
    with psycopg.connect(dsn, autocommit=True) as c:
        c.execute("vacuum analyze malote.item_row, cielo.transacao")
        c.execute("checkpoint")


CASES: dict[str, Callable[..., int]] = {"walk": walk, "rows": rows, "peer": peer, "land": land}


def one(name: str, path: str, *rest: str) -> None:
    import malote.institutions.cielo.institution
    import malote.trip.landing  # noqa: F401 (imports are nobody's fault)

    nothing_read(path)
    _forget_peak()
    before, begun, cpu = _memory("VmRSS"), time.perf_counter(), time.process_time()
    n = CASES[name](path, *rest)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(json.dumps({"seconds": seconds, "cpu": cpu, "mib": _memory("VmHWM") - before, "rows": n}))


def _memory(field: str) -> float:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(field))


def _forget_peak() -> None:
    with open("/proc/self/clear_refs", "w") as switch:
        switch.write("5")


def measured(*args: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, __file__, *args], check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def ratio(found: dict[str, list[dict[str, Any]]], over: str, under: str, of: str) -> float:
    """Of neighbours in time: what else the machine does changes from minute to minute."""
    return round(statistics.median(a[of] / b[of] for a, b in zip(found[over], found[under], strict=False)), 3)


def main() -> None:
    if len(sys.argv) > 2 and sys.argv[1] in CASES:
        one(*sys.argv[1:])
        return
    from malote.migrations import upgrade
    from malote_local.postgres import EmbeddedPostgres

    found: dict[str, list[dict[str, Any]]] = {}

    def measure(name: str, *args: str) -> None:
        found.setdefault(name, []).append(measured(name.split()[0], *args))

    with EmbeddedPostgres(durable=True) as server, tempfile.TemporaryDirectory() as folder:
        small, large = str(Path(folder) / "return.xml"), str(Path(folder) / "return10.xml")
        write(small, N)
        write(large, 10 * N)
        dsn = server.create("bench")
        upgrade(dsn)
        for left in reversed(range(ROUNDS)):
            measure("walk", small)
            measure("rows", small)
            for name in ("peer", "land"):
                reset(dsn, 1)
                measure(name, small, dsn)
            if not left:
                measure("rows x10", large)
                reset(dsn, 10)
                measure("land x10", small, dsn)
        size = Path(small).stat().st_size
    show = {
        name: [round(statistics.median(each[of] for each in results), 2) for of in ("seconds", "cpu", "mib")]
        for name, results in found.items()
    }
    print(json.dumps({"bench": "returns", "items": N, "MB": round(size / 1e6, 1), "seconds, cpu, extra MiB": show}))
    goals = Goals()
    goals.most("rows/walk (cpu)", ratio(found, "rows", "walk", "cpu"), 2.5)
    goals.most("land/peer", ratio(found, "land", "peer", "seconds"), 0.333)
    for name in ("rows", "land"):
        grown = round(show[f"{name} x10"][1] / show[name][1], 1)
        goals.most(f"{name} x10 (cpu)", grown, 11)
        goals.most(f"{name} extra memory", show[name][2], 16, "MiB")
        goals.most(f"{name} x10 extra memory", show[f"{name} x10"][2], max(1.5 * show[name][2], 16), "MiB")
    sys.exit(goals.end())


if __name__ == "__main__":
    main()
