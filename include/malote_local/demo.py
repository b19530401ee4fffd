"""``make demo``: every flow of malote, seen as it happens, and the figures held against what the simulators counted."""

from __future__ import annotations

import json
import time
from typing import Any

import psycopg

from malote_local import demo_bndes, demo_ccee, demo_cielo, demo_reinf
from malote_local.presence import Presence
from malote_local.run import Run
from malote_local.stage import STATE, Stage, stage

TABLES = {
    "ccee": "ccee.resultado_processamento",
    "cielo": "cielo.transacao",
    "bndes": "bndes.resultado",
    "reinf": "reinf.evento",
}


def demo() -> int:
    """Run every flow and compare the figures; returns the exit code, 0 when all agree."""
    began = time.monotonic()
    with Presence(STATE, "make demo"), stage(say=print) as running:
        for dag_id in ("ccee_contratos", "cielo_lote", "bndes_operacoes", "reinf_eventos", "relatorio_diario"):
            running.airflow.rest.wait_dag(dag_id)
            running.airflow.rest.unpause(dag_id)
        run = Run(running)
        demo_bndes.begin(running, run)
        wrong = demo_ccee.show(running, run) + demo_bndes.finish(running, run)
        wrong += demo_reinf.show(running, run)
        wrong += demo_cielo.show(running, run) + demo_cielo.search(running)
        figures = {name: _figures(running, name, table) for name, table in TABLES.items()}
        (STATE / "demo.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
        print(f"\n{json.dumps(figures, indent=2)}")
        wrong += [f"{name}: {problem}" for name, each in figures.items() for problem in _problems(each)]
    for problem in wrong:
        print(f"DOES NOT AGREE: {problem}")
    print(f"{'FAILED' if wrong else 'everything agrees'}, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


def _figures(running: Stage, institution: str, table: str) -> dict[str, Any]:
    simulator = running.simulator(institution)
    with psycopg.connect(running.warehouse) as warehouse:
        standings = warehouse.execute(
            "select standing, count(*) from malote.submission where institution = %s group by standing", (institution,)
        ).fetchall()
        sent = warehouse.execute(
            """select count(*) from malote.item i join malote.submission s on s.id = i.submission
               where s.institution = %s and s.sent_at is not null""",
            (institution,),
        ).fetchone()
        landed = warehouse.execute(f"select count(*) from {table}").fetchone()
    return {
        "submissions": dict(standings),
        "items_sent": sent[0] if sent else 0,
        "items_accepted": simulator["items_accepted"],
        "accepted_more_than_once": simulator["accepted_more_than_once"],
        "rows_landed": landed[0] if landed else 0,
    }


def _problems(figures: dict[str, Any]) -> list[str]:
    found = []
    if set(figures["submissions"]) != {"landed"}:
        found.append(f"not everything landed: {figures['submissions']}")
    if figures["accepted_more_than_once"]:
        found.append(f"{figures['accepted_more_than_once']} items were accepted more than once")
    if not figures["items_sent"] == figures["items_accepted"] == figures["rows_landed"]:
        found.append("sent, accepted and landed are not the same number")
    return found
