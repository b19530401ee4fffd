"""The demo's CCEE part: contracts from rows, a file of one's own, a lost reply and the way out of doubt."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg

from malote_local.run import Run
from malote_local.stage import STATE, Stage

DAG = "ccee_contratos"

ROWS = """
    insert into outgoing.ccee_contratos
        (referencia, data_de_inicio, data_de_fim, id_comprador, id_vendedor, montante_medio)
    select prefix || to_char(i, 'FM000'), '2027-01-01 00:00', '2027-12-31 23:00', '64983', '66242', 1.5 + i
    from generate_series(%(first)s::integer, %(last)s::integer) i,
         lateral (select case when i %% 10 = 0 then 'ERRO-' when i %% 10 = 5 then 'AVISO-' else 'CT-' end as prefix)
    on conflict do nothing
"""
FILE = """<?xml version="1.0" encoding="ISO-8859-1"?>
<ContratosCCEAL tipoGeracao="1" tipoCCEAL="1">
{contratos}
</ContratosCCEAL>
"""
CONTRATO = (
    '<Contrato sequencialControle="{i}" tipoGravacao="R" dataDeInicio="01/01/2027 00" dataDeFim="31/12/2027 23" '
    'idComprador="64983" idVendedor="66242" idSubMerEntrega="1" referencia="ARQ-{i:03}">'
    '<MontanteMedio dataDeInicio="01/01/2027 00" dataDeFim="31/12/2027 23">'
    '<MontanteMedioContratoCCEALFirme montanteMedio="1,500000"/><TipoModulacao tipoModulacao="F"/>'
    "</MontanteMedio></Contrato>"
)


def show(running: Stage, run: Run) -> list[str]:
    """Play the CCEE's flows; returns what did not end as it should."""
    wrong = []
    print("\nCCEE 1. Contracts from rows of outgoing.ccee_contratos")
    _insert(running, 1, 30)
    if run(DAG) != "success":
        wrong.append("ccee: the run with rows did not succeed")

    print("\nCCEE 2. A contract file of one's own, sent as it is")
    if run(DAG, {"arquivo": str(_own_file())}) != "success":
        wrong.append("ccee: the run with a file did not succeed")

    print("\nCCEE 3. The reply of importarArquivo is lost after they accepted: nothing is sent again by itself")
    _insert(running, 31, 34)
    if _left(running):
        running.tell("ccee", "faults", [{"on": "importarArquivo", "fault": "lost_reply"}])
        run(DAG)
        doubts = _doubts(running)
        if len(doubts) != 1:
            wrong.append(f"ccee: {len(doubts)} submissions in doubt where one was to be")
        for submission in doubts:
            _resolve(running, submission)
    else:
        print("  these rows travelled in an earlier demo")

    print("\nCCEE 4. Once more, over the same rows: all that is left to do is to bring home what was resolved")
    if run(DAG) != "success" or run.clear(DAG) != "success":
        wrong.append("ccee: running or clearing again did not succeed")
    wrong += _summarised(running)
    _print(running)
    return wrong


def _insert(running: Stage, first: int, last: int) -> None:
    with psycopg.connect(running.warehouse) as warehouse:
        warehouse.execute(ROWS, {"first": first, "last": last})


def _left(running: Stage) -> bool:
    with psycopg.connect(running.warehouse) as warehouse:
        row = warehouse.execute(
            """select count(*) from outgoing.ccee_contratos c
               where not exists (select 1 from malote.item i where i.reference = c.referencia)"""
        ).fetchone()
    return bool(row and row[0])


def _own_file() -> Path:
    path = STATE.absolute() / "arquivos" / "contratos.xml"
    path.parent.mkdir(exist_ok=True)
    contratos = "\n".join(CONTRATO.format(i=i) for i in range(1, 9))
    path.write_text(FILE.format(contratos=contratos), encoding="iso-8859-1")
    return path


def _doubts(running: Stage) -> list[tuple[str, str]]:
    with psycopg.connect(running.warehouse) as warehouse:
        return warehouse.execute(
            "select id, document_sha256 from malote.submission where standing = 'in_doubt' and institution = 'ccee'"
        ).fetchall()


def _resolve(running: Stage, doubt: tuple[str, str]) -> None:
    """What a person does: look it up over there, then tell malote."""
    from malote.commandline import main

    submission, sha256 = doubt
    print("\n  $ malote doubts")
    main(["--warehouse", running.warehouse, "doubts"])
    there = running.simulator("ccee")["submissions"]
    receipt = next(codigo for codigo, each in there.items() if each["sha256"] == sha256)
    why = ["--why", "found in CliqCCEE"]
    print(f"\n  $ malote resolve {submission} --receipt {receipt}")
    main(["--warehouse", running.warehouse, "resolve", submission, "--receipt", receipt, *why])


def _summarised(running: Stage) -> list[str]:
    """The consumer is started by the landed Asset; its summary must be there."""
    for _ in range(120):
        runs = running.airflow.rest.runs("relatorio_diario")
        if runs and set(runs.values()) <= {"success", "failed"}:
            break
        time.sleep(0.5)
    print(f"\n  relatorio_diario, started by the landed Asset: {', '.join(runs.values()) or 'never'}")
    return [] if "success" in runs.values() else ["relatorio_diario never succeeded"]


def _print(running: Stage) -> None:
    with psycopg.connect(running.warehouse) as warehouse:
        rows = warehouse.execute(
            """select referencia, codigo_contrato, comprador_codigo, vendedor_codigo, ultimo_status,
                      left(mensagem, 48), to_char(quando, 'HH24:MI:SS')
               from report.ccee_contratos order by referencia"""
        ).fetchall()
    print("\n  report.ccee_contratos")
    for row in rows:
        print("  " + "  ".join(f"{each or '-':<9}" for each in row))
