"""The demo's Cielo part: all seven operations in lots, twelve hours in three seconds, and a search for the cards."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import psycopg

from malote_local.connections import CHAVE
from malote_local.leaks import leaks
from malote_local.run import Run
from malote_local.stage import STATE, Stage

DAG = "cielo_lote"
FAST = 14400  # four simulated hours in a second
CARDS = {
    "CLIENTE-1": {"numero": "4012001037141112", "validade": "203911", "nome-portador": "FULANA PLANTADA DE TAL"},
    "CLIENTE-2": {"numero": "5453010000066167", "validade": "203911", "nome-portador": "SICRANO PLANTADO DE TAL"},
}
CVC = {"indicador": "1", "codigo-seguranca": "917"}
ONLINE = {"10069930690000ABCDE1": "WEB1", "10069930690000ABCDE2": "WEB2"}
"""Transactions of the shop's own pages that stopped after authentication: tid and order."""

CLIENTS = """
    insert into outgoing.cielo_tokenizacao (referencia, cartao_selado) values (%(name)s, %(card)s)
    on conflict do nothing
"""
ORDERS = """
    insert into outgoing.cielo_autorizacao (numero_pedido, valor, bandeira, cartao_selado, token)
    select 'PEDIDO' || to_char(i, 'FM000'), case when i %% 7 = 0 then 100 * i + 50 else 100 * i end,
           case i %% 2 when 0 then 'visa' else 'mastercard' end,
           case when i %% 4 < 2 then case i %% 2 when 0 then %(visa)s else %(mastercard)s end end,
           case when i %% 4 >= 2 then t.codigo_token end
    from generate_series(1, 24) i
    join cielo.transacao t on t.reference = case i %% 2 when 0 then 'CLIENTE-1' else 'CLIENTE-2' end
    on conflict do nothing
"""
CAPTURES = """
    insert into outgoing.cielo_captura (tid, valor)
    select tid, case when numero_pedido = 'PEDIDO002' then 100 end
    from cielo.transacao where operacao = '02' and status = '4'
    on conflict do nothing
"""
THE_REST = """
    insert into outgoing.cielo_cancelamento (referencia, tid, valor)
    select 'devolucao-' || numero_pedido, tid, case when numero_pedido = 'PEDIDO003' then 100 end
    from cielo.transacao where operacao = '02' and numero_pedido in ('PEDIDO003', 'PEDIDO004') and status = '4'
    on conflict do nothing;
    insert into outgoing.cielo_consulta (referencia, tid)
    select 'consulta-' || numero_pedido, tid from cielo.transacao
    where operacao = '02' and numero_pedido in ('PEDIDO005', 'PEDIDO007')
    on conflict do nothing;
    insert into outgoing.cielo_consulta_chsec (referencia, numero_pedido)
    values ('pergunta-1', 'PEDIDO006'), ('pergunta-2', 'NUNCAHOUVE')
    on conflict do nothing;
"""
AUTHENTICATED = "insert into outgoing.cielo_autorizacao_tid (tid) values (%(tid)s) on conflict do nothing"


def show(running: Stage, run: Run) -> list[str]:
    """Play Cielo's flows; returns what did not end as it should."""
    wrong = []
    sealed = _sealed(running)
    print("\nCielo 1. Two sealed cards become tokens (05); the clock of the simulators makes the 12 hours short")
    _do(running, *((CLIENTS, {"name": name, "card": sealed[name]}) for name in CARDS))
    wrong += _lots(running, run, "tokenizacao")

    print("\nCielo 2. A lot of authorisations (02), by sealed card and by token; some are denied")
    _do(running, (ORDERS, {"visa": sealed["CLIENTE-1 with code"], "mastercard": sealed["CLIENTE-2 with code"]}))
    wrong += _lots(running, run, "autorizacao")

    print("\nCielo 3. What was authorised is captured (04)")
    _do(running, (CAPTURES, {}))
    wrong += _lots(running, run, "captura")

    print(
        "\nCielo 4. Cancellations (03), questions by tid (06) and by order (07), authorisations of a tid (08), at once"
    )
    running.tell(
        "cielo", "settings", {"online": {t: {"pedido": o, "valor": 5000, "status": 2} for t, o in ONLINE.items()}}
    )
    _do(running, (THE_REST, None), *((AUTHENTICATED, {"tid": tid}) for tid in ONLINE))
    wrong += _lots(running, run, "cancelamento", "consulta", "consulta_chsec", "autorizacao_tid")
    _print(running)
    return wrong


def search(running: Stage) -> list[str]:
    """Search all that the runs left behind for the cards and the chave; returns where one stands."""
    secrets = {f"{what} of {name}": text for name, card in CARDS.items() for what, text in card.items()}
    databases = [running.postgres.dsn(name) for name in running.postgres.databases() if name != "template0"]
    found = leaks(STATE, databases, {**secrets, "the chave": CHAVE}, aside=("simulators.jsonl",))
    print(f"\n  searched {STATE.name} and every table for {len(secrets) + 1} secrets: found {len(found)}")
    return [f"cielo: {each}" for each in found]


def _sealed(running: Stage) -> dict[str, str]:
    """What `malote seal` makes of the cards, with and without their codes."""
    from malote.archive import Seal

    seal = Seal(running.archive_key)
    plain = {name: json.dumps(card) for name, card in CARDS.items()}
    coded = {f"{name} with code": json.dumps({**card, **CVC}) for name, card in CARDS.items()}
    return {name: seal.seal_text(text) for name, text in {**plain, **coded}.items()}


def _do(running: Stage, *statements: tuple[str, dict[str, str] | None]) -> None:
    with psycopg.connect(running.warehouse) as warehouse:
        for statement, values in statements:
            warehouse.execute(statement, values)


def _lots(running: Stage, run: Run, *operations: str) -> list[str]:
    """Runs of the DAG side by side; once all lots are there, the simulators' clock runs fast until they are back."""
    states = run.together(
        DAG,
        [{"operacao": operation, "scope": "service"} for operation in operations],
        sent=lambda: running.tell("cielo", "clock", {"speed": FAST}),
    )
    running.tell("cielo", "clock", {"speed": 1})
    running.tell("cielo", "clock", {"set": datetime.now(timezone.utc).isoformat()})
    return [
        f"cielo: the run of {operation} ended in {state}"
        for operation, state in zip(operations, states, strict=True)
        if state != "success"
    ]


def _print(running: Stage) -> None:
    with psycopg.connect(running.warehouse) as warehouse:
        rows = warehouse.execute(
            """select operacao, situacao, coalesce(lr, erro_codigo), count(*), sum(valor) / 100
               from cielo.transacao group by 1, 2, 3 order by 1, 2, 3"""
        ).fetchall()
    print("\n  cielo.transacao: operacao, situacao, LR or erro, items, R$")
    for operacao, situacao, code, items, valor in rows:
        print(f"  {operacao}  {situacao or '-':<28} {code or '-':<5} {items:>3} {valor or 0:>10.2f}")
