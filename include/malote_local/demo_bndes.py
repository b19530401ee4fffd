"""The demo's BNDES part: a counter that opens, closes half-way and opens again; financiamento to liberação."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

import psycopg

from malote_local.run import Run
from malote_local.stage import Stage

DAG = "bndes_operacoes"
SECONDS = 900
"""So long after the opening all must have landed."""

ROWS = """
    insert into outgoing.bndes_financiamento
        (ano_proposta, numero_proposta, programa, beneficiario_cpf_cnpj, beneficiario_nome, valor_financiado)
    select '2026', case i when 5 then '99991001' else i::text end, 'PRONAMP', '52998224725', 'Fazenda ' || i, 100000 * i
    from generate_series(1, 5) i
    on conflict do nothing;
    insert into outgoing.bndes_contratacao (ano_proposta, numero_proposta, data_contratacao, valor_contratado)
    select ano_proposta, numero_proposta, date '2026-11-23', valor_financiado from outgoing.bndes_financiamento
    on conflict do nothing;
    insert into outgoing.bndes_liberacao (referencia, ano_proposta, numero_proposta, valor)
    values ('parcela-1', '2026', '1', 25000), ('parcela-2', '2026', '1', 25000), ('unica-2', '2026', '2', 200000)
    on conflict do nothing;
"""
EXPECTED = {"financiamento": 5, "contratacao": 4, "liberacao": 3}
"""What lands: the rejected one is never contracted; two liberações of one operation are of equal value."""


def begin(running: Stage, run: Run) -> None:
    """Ask for all three steps at once, at a counter that is still closed: nothing waits in a worker.

    It opens, is closed again after two documents, and opens for good some seconds later.
    """
    print(f"\nBNDES 1. A run at a closed counter: it opens at {running.opens:%H:%M}, and the run goes on by itself")
    running.tell("bndes", "settings", {"hours": "", "closed_as": "503 xml", "equal_documents": "apart"})
    running.tell("bndes", "faults", [{"on": "financiamento", "fault": "closed", "skip": 2}])
    with psycopg.connect(running.warehouse) as warehouse:
        warehouse.execute(ROWS)
    run.trigger(DAG)


def finish(running: Stage, run: Run) -> list[str]:
    """Watch each landing start the next step; returns what did not end as it should."""
    print("\nBNDES 2. What lands starts the next step, by its Asset: financiamento, contratação, liberação")
    began, seen = time.monotonic(), 0
    until = began + SECONDS + max(0.0, (running.opens - datetime.now(running.opens.tzinfo)).total_seconds())
    while (landed := _landed(running)) != EXPECTED and time.monotonic() < until:
        running.airflow.check()
        if sum(landed.values()) != seen:
            print(f"  {time.monotonic() - began:6.1f} s  landed: {', '.join(f'{k} {n}' for k, n in landed.items())}")
            seen = sum(landed.values())
        time.sleep(0.5)
    states = run.all_ended(DAG)
    wrong = _closings(running)
    _print(running)
    wrong += [] if landed == EXPECTED else [f"bndes: landed {landed}, expected {EXPECTED}"]
    return wrong + [f"bndes: a run ended in {state}" for state in states if state != "success"]


def _landed(running: Stage) -> dict[str, int]:
    with psycopg.connect(running.warehouse) as warehouse:
        rows = warehouse.execute("select servico, count(*) from bndes.resultado group by 1").fetchall()
    return dict(sorted(rows, key=lambda row: list(EXPECTED).index(row[0])))


def _closings(running: Stage) -> list[str]:
    """Show how the first pouch met the closing; returns what was otherwise."""
    if not running.simulator("bndes")["faults"]["played"]:
        print("\n  These rows travelled in an earlier demo: no counter was met")
        return []
    with psycopg.connect(running.warehouse) as warehouse:
        told = warehouse.execute(
            """select to_char(e.at at time zone 'America/Sao_Paulo', 'HH24:MI:SS'), i.reference, e.what,
                      e.detail ->> 'why'
               from malote.event e
               join malote.submission s on s.id = e.submission
               join malote.item i on i.submission = s.id
               where s.institution = 'bndes' and s.service = 'financiamento' and e.what in ('received', 'not sent')
               order by e.id"""
        ).fetchall()
    print("\n  The pouch met a closing half-way, waited in the triggerer, and went on at that document")
    for at, reference, what, why in told:
        print(f"  {at}  {reference:<14} {why or what}")
    if half_way([(reference, what) for _, reference, what, _ in told]):
        return []
    return ["bndes: the pouch did not meet the closing of the counter half-way"]


def half_way(told: Sequence[tuple[str, str]]) -> bool:
    """Whether a document of five met the closing and all of them were received, each once, that one after it.

    Several are on their way at a time, so which of them it is, and what was received before, is chance.
    """
    met = [at for at, (_, what) in enumerate(told) if what == "not sent"]
    received = [reference for reference, what in told if what == "received"]
    once = len(received) == len(set(received)) == 5
    return once and 0 < len(met) < 5 and all((told[at][0], "received") in told[at:] for at in met)


def _print(running: Stage) -> None:
    with psycopg.connect(running.warehouse) as warehouse:
        steps = warehouse.execute(
            """select reference, servico, situacao, numero_bndes, data_prevista_liberacao
               from bndes.resultado order by submission_id, ordem"""
        ).fetchall()
        reasons = warehouse.execute("select reference, codigo, mensagem from bndes.critica order by 1, 2").fetchall()
    print("\n  bndes.resultado: reference, servico, situacao, numeroBNDES, credit expected")
    for row in steps:
        print("  " + "  ".join(f"{each or '-'!s:<14}" for each in row))
    print("  bndes.critica")
    for row in reasons:
        print("  " + "  ".join(f"{each or '-'!s:<14}" for each in row))
