"""Whole runs of the DAG ``cielo_lote`` against the simulated Cielo: card to token to charge to capture, and no leak."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from malote.archive import Seal
from malote_provider.cielo import OPERACOES
from support.planted import ARCHIVE_KEY
from support.runs import rows, runs, xcom

# No card number stands in the SQL text: the server puts it together, as a card environment of one's own would.
CARD, HOLDER = "4012001038443335", "FULANO PLANTADO"
PORTADOR = """'4012' || '00103844' || '3335' as "dados-portador.numero",
           '209912' as "dados-portador.validade", 'FULANO ' || 'PLANTADO' as "dados-portador.nome-portador"
"""
TOKENIZACAO = f"""
    select 'cliente-' || n as "reference", {PORTADOR} from generate_series(1, 2) as n
"""
AUTORIZACAO = f"""
    select 'P' || n as "reference", {PORTADOR},
           'P' || n as "dados-pedido.numero", 10000 + 100 * n as "dados-pedido.valor", 986 as "dados-pedido.moeda",
           timestamp '2026-11-22 08:00:00' as "dados-pedido.data-hora", 'visa' as "forma-pagamento.bandeira",
           '1' as "forma-pagamento.produto", 1 as "forma-pagamento.parcelas", 3 as "autorizar", false as "capturar"
    from generate_series(1, 3) as n
"""
BY_TOKEN = AUTORIZACAO.replace(PORTADOR, """
           (select codigo_token from cielo.transacao where reference = 'cliente-1') as "dados-portador.token"
""")  # fmt: skip
CAPTURA = """
    select tid as "reference", tid as "tid", valor as "valor", autorizacao_valor as "autorizado.valor",
           autorizacao_data_hora as "autorizado.data-hora"
    from cielo.transacao where operacao = '02' and status = '4'
"""


@pytest.fixture
def run(airflow_db: None, cielo: SimpleNamespace, said_since: Callable[[], str]) -> Iterator[Any]:
    """``run(operacao=…, param=…)``: the finished run; nothing that it leaves may hold a card, a token or the chave."""
    planted = [CARD, HOLDER, cielo.connection["password"], ARCHIVE_KEY]

    def tokens() -> Iterator[str]:
        yield from planted
        yield from (each for [each] in rows(cielo.dsn, "select codigo_token from cielo.transacao") if each)

    yield from runs("cielo_lote", said_since, tokens())


def test_a_card_becomes_a_token_a_charge_and_a_capture_and_the_archive_keeps_nothing_of_it(
    run: Any, cielo: SimpleNamespace
) -> None:
    assert run(operacao="tokenizacao", outgoing_sql=TOKENIZACAO).state == "success"
    authorised = run(operacao="autorizacao", outgoing_sql=BY_TOKEN)
    captured = run(operacao="captura", outgoing_sql=CAPTURA)
    assert (authorised.state, captured.state) == ("success", "success")
    assert cielo.office.charged == {"P1": 1, "P2": 1, "P3": 1}
    landed = "select reference, status, captura_valor from cielo.transacao where operacao = '{}' order by valor"
    assert [row[:2] for row in rows(cielo.dsn, landed.format("02"))] == [("P1", "4"), ("P2", "4"), ("P3", "4")]
    assert [row[1:] for row in rows(cielo.dsn, landed.format("04"))] == [("6", 10100), ("6", 10200), ("6", 10300)]
    assert set(cielo.office.lots) == {"1006993069/87", "1006993069/88", "1006993069/89"}
    assert xcom("cielo_lote", authorised.id, "submit") == {
        "pouch": f"cielo_lote/{authorised.id}/submit",
        "submissions": 1,
        "items": 3,
        "held": 0,
        "held_because": {},
        "invalid": 0,
        "received": 1,
        "refused": 0,
        "in_doubt": 0,
    }
    assert xcom("cielo_lote", captured.id, "land")["rows"] == 3
    assert rows(cielo.dsn, "select distinct purged_at is not null from malote.submission") == [(True,)]


def test_another_run_over_the_same_orders_charges_nobody_again(run: Any, cielo: SimpleNamespace) -> None:
    run(outgoing_sql=AUTORIZACAO)
    again = run(outgoing_sql=AUTORIZACAO)
    assert again.state == "success"
    assert xcom("cielo_lote", again.id, "submit")["held"] == 3
    assert cielo.office.charged_more_than_once == 0


def test_a_denied_order_travels_again_only_when_asked_for_and_permitted(run: Any, cielo: SimpleNamespace) -> None:
    cielo.office.set(deny_orders={"P1": "51", "P2": "43"})  # 51: try again; 43: never
    assert run(outgoing_sql=AUTORIZACAO).state == "success"
    held = run(outgoing_sql=AUTORIZACAO)
    assert xcom("cielo_lote", held.id, "submit")["submissions"] == 0
    cielo.office.set(deny_orders={})
    again = run(outgoing_sql=AUTORIZACAO, resend_refused=True)
    assert xcom("cielo_lote", again.id, "submit")["items"] == 1
    assert cielo.office.charged == {"P1": 1, "P3": 1}


def test_a_lot_whose_upload_answer_is_lost_is_found_and_not_sent_under_another_number(
    run: Any, cielo: SimpleNamespace
) -> None:
    cielo.office.play("lost_reply", on="upload")
    assert run(outgoing_sql=AUTORIZACAO).state == "success"
    assert cielo.office.charged == {"P1": 1, "P2": 1, "P3": 1}
    assert set(cielo.office.lots) == {"1006993069/87"}
    assert cielo.office.requests["upload"] == 1
    told = rows(cielo.dsn, "select detail ->> 'how' from malote.event where what = 'received' order by id")
    assert told == [("found",)]


def test_wrong_rows_stop_a_lot_or_are_left_out(run: Any, cielo: SimpleNamespace) -> None:
    wrong = AUTORIZACAO.replace("10000 + 100 * n", "case n when 2 then 0 else 10000 end")
    stopped = run(outgoing_sql=wrong)
    assert stopped.state == "failed"
    assert "item P2" in stopped.log and not cielo.office.charged
    rest = run(outgoing_sql=wrong, valid_rest=True)
    assert rest.state == "success"
    assert (xcom("cielo_lote", rest.id, "submit")["items"], xcom("cielo_lote", rest.id, "submit")["invalid"]) == (2, 1)
    assert cielo.office.charged == {"P1": 1, "P3": 1}


def test_a_lot_may_be_cut_smaller(run: Any, cielo: SimpleNamespace) -> None:
    done = run(outgoing_sql=AUTORIZACAO, items_per_lot=1)
    assert xcom("cielo_lote", done.id, "submit")["submissions"] == 3
    assert xcom("cielo_lote", done.id, "land")["landed"] == 3


def test_the_report_checks_transactions_and_those_that_the_return_left_out(run: Any, cielo: SimpleNamespace) -> None:
    cielo.office.set(unanswered=["P2"])
    run(outgoing_sql=AUTORIZACAO)
    assert rows(cielo.dsn, "select situacao from cielo.transacao where reference = 'P2'") == [("sem_retorno",)]
    assert run("relatorio_diario").state == "success"
    day = rows(cielo.dsn, "select instituicao, submissoes, itens_aceitos from report.resumo_diario")
    assert day == [("cielo", 1, 2)]
    rows(cielo.dsn, "delete from cielo.transacao where reference = 'P1' returning 1")
    assert run("relatorio_diario").state == "failed"


def test_a_newcomers_rows_travel_by_the_shipped_sql_and_the_card_only_sealed(run: Any, cielo: SimpleNamespace) -> None:
    card = {"numero": CARD, "validade": "209912", "nome-portador": HOLDER}
    sealed = Seal(ARCHIVE_KEY).seal_text(json.dumps(card))
    put(cielo, "insert into outgoing.cielo_tokenizacao values ('cliente-1', %s)", sealed)
    assert run(operacao="tokenizacao").state == "success"
    put(
        cielo,
        """insert into outgoing.cielo_autorizacao (numero_pedido, valor, token, bandeira)
           select 'P1', 10100, codigo_token, 'visa' from cielo.transacao""",
    )
    assert run(operacao="autorizacao").state == "success"
    put(cielo, "insert into outgoing.cielo_captura (tid) select tid from cielo.transacao where status = '4'")
    put(cielo, "insert into outgoing.cielo_consulta_chsec values ('c1', 'P1')")
    assert run(operacao="captura").state == run(operacao="consulta_chsec").state == "success"
    found = rows(cielo.dsn, "select operacao, situacao_item, situacao from report.cielo_transacoes order by operacao")
    assert found == [
        *(("02", "aceito", "Autorizada"), ("04", "aceito", "Capturada"), ("05", "aceito", "Tokenizada")),
        ("07", "aceito", "Capturada"),
    ]
    assert cielo.office.charged == {"P1": 1}


def test_an_order_that_travelled_may_lose_its_sealed_card(run: Any, cielo: SimpleNamespace) -> None:
    sealed = Seal(ARCHIVE_KEY).seal_text(json.dumps({"numero": CARD, "validade": "209912", "codigo-seguranca": "123"}))
    order = "insert into outgoing.cielo_autorizacao (numero_pedido, valor, cartao_selado, bandeira)"
    put(cielo, f"{order} values ('P1', 10100, %s, 'visa')", sealed)
    assert run().state == "success"
    put(cielo, "update outgoing.cielo_autorizacao set cartao_selado = null")  # a CVC may not be kept after this
    put(cielo, f"{order} values ('P2', 10200, %s, 'visa')", sealed)
    again = run()
    assert again.state == "success"
    assert (xcom("cielo_lote", again.id, "submit")["items"], xcom("cielo_lote", again.id, "submit")["held"]) == (1, 0)
    assert cielo.office.charged == {"P1": 1, "P2": 1}


def put(cielo: SimpleNamespace, statement: str, *values: str) -> None:
    with psycopg.connect(cielo.dsn) as connection:
        connection.execute(statement, values)


@pytest.mark.parametrize("operacao", list(OPERACOES))
def test_every_operation_has_its_shipped_sql_and_an_empty_table_is_a_success(
    run: Any, cielo: SimpleNamespace, operacao: str
) -> None:
    done = run(operacao=operacao)
    assert done.state == "success"
    assert "nothing to send" in done.log
    assert not cielo.office.requests["upload"]
