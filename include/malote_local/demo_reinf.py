"""The demo's EFD-Reinf part: a month, its refusal, rectification and exclusion, a closing that waits, the totals."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import psycopg

from malote.clock import ZONE
from malote_local.connections import WAREHOUSE
from malote_local.leaks import leaks
from malote_local.run import Run
from malote_local.stage import Stage

DAG = "reinf_eventos"
PEOPLE = {"10000000108": "AUTONOMA PLANTADA DE TAL", "10000000280": "AUTONOMO PLANTADO DE TAL"}
PAYMENTS = """
    insert into outgoing.reinf_r1000 (ini_valid, class_trib, nm_ctt, cpf_ctt)
    values ('2020-01', '99', (%(names)s::text[])[1], (%(cpfs)s::text[])[1])
    on conflict do nothing;
    insert into outgoing.reinf_r4020
        (referencia, per_apur, nr_insc_estab, cnpj_benef, nat_rend, dt_fg, vlr_bruto, vlr_base_ir, vlr_ir)
    select %(month)s || '/NF-' || n, %(month)s, %(own)s, (%(companies)s::text[])[greatest(n - 1, 1)],
        case n when 2 then '17001' else '15001' end, (%(month)s || '-05')::date, 1000, 1000,
        case n when 3 then 2000 else 15 end
    from generate_series(1, 5) n
    on conflict do nothing;
    insert into outgoing.reinf_r4010
        (referencia, per_apur, nr_insc_estab, beneficiario, cpf_benef, nm_benef, nat_rend, dt_fg, vlr_rend_bruto,
         vlr_rend_trib, vlr_ir)
    select %(month)s || '/RPA-' || n, %(month)s, %(own)s, 'autonomo-' || n, (%(cpfs)s::text[])[n],
        (%(names)s::text[])[n], '10001',
        (%(month)s || '-05')::date, 500, 500, 7.5
    from generate_series(1, 2) n
    on conflict do nothing;
    insert into outgoing.reinf_r4099 (per_apur) values (%(month)s)
    on conflict do nothing;
"""
"""One company has two payments in one event; the tax of the second company's is above its base, which is refused."""
COMPANIES = ["10000001000190", "10000002000134", "10000003000189", "10000004000123"]
CORRECTIONS = """
    update outgoing.reinf_r4020 set vlr_ir = 15 where referencia = %(month)s || '/NF-3';
    update outgoing.reinf_r4020 set vlr_ir = 20, retificacao = 1 where referencia = %(month)s || '/NF-4';
    insert into outgoing.reinf_r9000
    select nr_recibo, evento, per_apur from reinf.vigente
    where evento = 'R-4020' and per_apur = %(month)s and declarado like '%%/' || (%(companies)s::text[])[4]
    on conflict do nothing;
"""
WAITS = ("R-4020 recusado: 1", False)
CLOSED = {"170806": Decimal(65), "058806": Decimal(15)}
"""What was withheld, by code of revenue (CR), once all is corrected."""


def month_of_payments(running: Stage) -> str:
    """Put the rows of the last month into the warehouse; returns which month that is."""
    month = _last_month()
    _do(running, PAYMENTS, month)
    return month


def show(running: Stage, run: Run) -> list[str]:
    """Play a month; returns what did not end as it should."""
    month = _last_month()
    wrong = []
    print(f"\nEFD-Reinf 1. The month {month}: tables, payments, and the closing, which waits for what was refused")
    known = _month(running, month) is not None
    _do(running, PAYMENTS, month)
    if known:
        print("  these rows travelled in an earlier demo")
    else:
        wrong += [] if run(DAG) == "success" else ["reinf: the run of the month did not succeed"]
        falta, closed, _ = _print_month(running, month)
        wrong += (
            [] if (falta, closed) == WAITS else [f"reinf: the closing did not wait as it should: {falta}, {closed}"]
        )

    print("\nEFD-Reinf 2. Corrected and sent again; rectified, with the receipt that landed; excluded; then it closes")
    _do(running, CORRECTIONS, month)
    wrong += [] if run(DAG, {"resend_refused": True}) == "success" else ["reinf: the second run did not succeed"]
    _print_events(running, month)
    falta, closed, totals = _print_month(running, month)
    if (falta, closed, totals) != (None, True, CLOSED):
        wrong.append(f"reinf: the month ended so: closed {closed}, missing {falta}, totals {totals}")
    return wrong + _search(running)


def _last_month() -> str:
    return (datetime.now(ZONE).replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def _do(running: Stage, statements: str, month: str) -> None:
    from malote_sim.certificates import CNPJ

    values = {"month": month, "own": CNPJ, "companies": COMPANIES, "cpfs": list(PEOPLE), "names": list(PEOPLE.values())}
    with psycopg.connect(running.warehouse, cursor_factory=psycopg.ClientCursor) as warehouse:
        warehouse.execute(statements, values)


def _month(running: Stage, month: str) -> tuple[int, int, bool, str | None, dict[str, Decimal] | None] | None:
    with psycopg.connect(running.warehouse) as warehouse:
        return warehouse.execute(
            """select aceitos, recusados, fechada, falta, totais from report.reinf_competencia where per_apur = %s""",
            (month,),
        ).fetchone()


def _print_month(running: Stage, month: str) -> tuple[str | None, bool, dict[str, Decimal]]:
    """Show a month; returns what it lacks, whether it is closed, what was withheld by code of revenue."""
    accepted, refused, closed, missing, told = _month(running, month) or (0, 0, False, None, None)
    totals = {code: Decimal(str(amount)) for code, amount in (told or {}).items()}
    withheld = ", ".join(f"CR {code} R$ {amount:.2f}" for code, amount in sorted(totals.items()))
    print("\n  report.reinf_competencia: per_apur, aceitos, recusados, fechada, falta, totais")
    print(f"  {month}  {accepted}  {refused}  {'sim' if closed else 'não'}  {missing or '-'}  {withheld or '-'}")
    return missing, closed, totals


def _print_events(running: Stage, month: str) -> None:
    with psycopg.connect(running.warehouse) as warehouse:
        rows = warehouse.execute(
            """select evento, reference, situacao, ind_retif, coalesce(nr_recibo, codigo), nr_recibo_base
               from reinf.evento where per_apur = %s or evento = 'R-1000' order by recebido_em, evento, reference""",
            (month,),
        ).fetchall()
    print("\n  reinf.evento: evento, reference, situacao, indRetif, recibo or codigo, recibo of what it replaces")
    for evento, reference, situacao, retif, told, base in rows:
        print(f"  {evento}  {reference:<42} {situacao:<9} {retif or '-'}  {told or '-':<26} {base or '-'}")


def _search(running: Stage) -> list[str]:
    """Search Airflow's logs and its own database, XComs too, for who was paid; returns where somebody stands."""
    told = {f"{what} of person {n}": text for n, each in enumerate(PEOPLE.items(), 1)
            for what, text in zip(("CPF", "name"), each, strict=True)}  # fmt: skip
    databases = [name for name in running.postgres.databases() if name not in ("template0", WAREHOUSE)]
    found = leaks(running.airflow.logs, [running.postgres.dsn(name) for name in databases], told)
    print(f"\n  searched Airflow's logs and database for {len(told)} names and CPFs: found {len(found)}")
    return [f"reinf: {each}" for each in found]
