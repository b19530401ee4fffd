"""The examples that the docs include: each file runs by dag.test() against the simulators, and does what it says."""

from __future__ import annotations

import json
import re
import runpy
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from malote_provider.version_compat import AIRFLOW_V_3_3_PLUS
from support import ROOT
from support.airflow_names import TOLD_WHY
from support.runs import rows

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PAGES = [ROOT / "docs" / name for name in ("examples.md", "examples.pt.md")]
INCLUDED = re.compile(r'^--8<-- "examples/([\w.]+):(\w+)"$', re.MULTILINE)
SHOP = """
    create schema loja;
    create table loja.pedido (numero text, loja text, token text, centavos integer, feito_em timestamp);
    create table loja.cartao (cliente text, numero text);
    create table loja.mensalidade (numero text, cliente text, centavos integer, vence_em timestamp);
    grant usage on schema loja to public;
    grant select on all tables in schema loja to public;
    insert into loja.cartao select 'cliente-' || n, '4012001038443335' from generate_series(1, 2) as n;
    insert into loja.mensalidade values ('M202611C1', 'cliente-1', 5000, '2026-11-22 08:00');
"""
TOKENS = """
    select cliente as "reference", numero as "dados-portador.numero", '209912' as "dados-portador.validade"
    from loja.cartao
"""
ORDERS = """
    insert into loja.pedido
    select 'P' || n, case n when 1 then 'centro' else 'praia' end,
        (select t.codigo_token from cielo.transacao as t join malote.submission as s on s.id = t.submission_id
         where t.reference = 'cliente-1' and s.account = %(ec)s), 100 * n, '2026-11-22 08:00'
    from generate_series(%(first)s::integer, %(last)s::integer) as n
"""


@pytest.fixture(autouse=True)
def _in_airflow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The examples are the DAGs of this Airflow, beside one that makes tokens of two cards."""
    more = tmp_path / "dags"
    more.mkdir()
    lines = [
        f"cielo_lote({name!r}, conn_id={conn!r}, schedule=None, operacao='tokenizacao', outgoing_sql={TOKENS!r})"
        for name, conn in (("tokens", "cielo_default"), ("tokens_praia", "cielo_praia"))
    ]
    text = ["# Airflow DAGs", "from malote_provider.flows import cielo_lote", *lines]
    (more / "tokens.py").write_text("\n".join(text))
    local = "airflow.dag_processing.bundles.local.LocalDagBundle"
    bundles = [
        {"name": path.name, "classpath": local, "kwargs": {"path": str(path)}} for path in (ROOT / "examples", more)
    ]
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps(bundles))


def dags(name: str, folder: Path = ROOT / "examples") -> dict[str, Any]:
    """The DAGs of an example, parsed afresh."""
    from support.airflow_names import DagBag

    found = DagBag(folder / name)
    assert not found.import_errors
    return found.dags


def run(dag: Any, **conf: Any) -> str:
    """Run a DAG to its end; the state that it ended in."""
    for task in dag.tasks:
        task.retry_delay = timedelta()
    return str(dag.test(run_conf=conf or None).state)


def execute(dsn: str, query: str, **values: Any) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(query, values or None)


def test_every_example_stands_in_both_pages_and_every_page_includes_what_is_there() -> None:
    for page in PAGES:
        included = set(INCLUDED.findall(page.read_text("utf-8")))
        marked = {
            (path.name, name)
            for path in EXAMPLES
            for name in re.findall(r"--8<-- \[start:(\w+)\]", path.read_text("utf-8"))
        }
        assert included == marked and len(marked) == len(EXAMPLES)


def test_a_table_of_ones_own_is_sent_once_and_so_says_the_test_of_ones_own_ci(
    airflow_db: None, connected: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    execute(
        connected,
        """create schema crm;
           create table crm.venda (numero text, inicio timestamp, fim timestamp, comprador text, vendedor text,
               mw numeric);
           insert into crm.venda values ('V-1', '2027-01-01 00:00', '2027-12-31 23:00', '64983', '66242', 7.5);
           grant usage on schema crm to public;
           grant select on crm.venda to public""",
    )
    example = runpy.run_path(str(ROOT / "examples" / "test_vendas.py"))
    example["test_a_sale_is_registered_once"](monkeypatch, tmp_path)
    assert rows(connected, "select codigo_origem, status from ccee.resultado_processamento") == [("V-1", "SUCESSO")]


def test_a_file_of_ones_own_is_sent_byte_for_byte(airflow_db: None, ccee: SimpleNamespace, own_folder: Path) -> None:
    from malote_local.demo_ccee import CONTRATO, FILE

    text = FILE.format(contratos="\n".join(CONTRATO.format(i=i) for i in (1, 2))).strip()
    (own_folder / "contratos.xml").write_text(text, encoding="iso-8859-1")
    assert run(dags("arquivo_proprio.py")["arquivo_proprio"]) == "success"
    assert ccee.office.accepted == {"ARQ-001": 1, "ARQ-002": 1}
    (sent,) = ccee.office.submissions.values()
    assert sent.content == (own_folder / "contratos.xml").read_bytes()


@pytest.fixture
def shop(airflow_db: None, cielo: SimpleNamespace, tmp_path: Path) -> SimpleNamespace:
    """A shop's tables, and two cards that have become tokens."""
    execute(cielo.dsn, SHOP)
    assert run(dags("tokens.py", tmp_path / "dags")["tokens"]) == "success"
    execute(cielo.dsn, ORDERS, ec=cielo.connection["login"], first=1, last=2)
    return cielo


def test_two_shops_charge_each_by_its_own_ec(shop: SimpleNamespace, set_connection: Any, tmp_path: Path) -> None:
    own = shop.connection["password"]
    shop.office.set(stores={shop.connection["login"]: own, "1234567890": own})
    execute(shop.dsn, "delete from loja.pedido where loja = 'praia'")
    set_connection("cielo_centro", **shop.connection)
    set_connection("cielo_praia", **{**shop.connection, "login": "1234567890"})
    assert run(dags("tokens.py", tmp_path / "dags")["tokens_praia"]) == "success", "a token is of its EC"
    execute(shop.dsn, ORDERS, ec="1234567890", first=2, last=2)
    both = dags("duas_lojas.py")
    assert [run(both[f"cielo_{each}"]) for each in ("centro", "praia")] == ["success", "success"]
    found = rows(shop.dsn, "select account, count(*) from malote.submission where service = 'autorizacao' group by 1")
    assert sorted(found) == sorted([(shop.connection["login"], 1), ("1234567890", 1)])
    assert shop.office.charged == {"P1": 1, "P2": 1}


def test_a_subscription_is_charged_by_its_token_once_a_month(shop: SimpleNamespace) -> None:
    for _ in range(2):
        assert run(dags("cobranca_por_token.py")["cobranca_por_token"]) == "success"
    assert shop.office.charged == {"M202611C1": 1}


def test_what_is_authorised_is_captured_by_the_run_that_it_triggers(shop: SimpleNamespace) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    chain = dags("autoriza_e_captura.py")
    assert run(chain["captura"]) == "success", "there is nothing to capture yet"
    assert run(chain["autoriza"]) == "success"
    with create_session() as session:
        query = select(DagRun.state).where(DagRun.dag_id == "captura", DagRun.state == "queued")
        assert len(list(session.scalars(query))) == 1
    assert run(dags("autoriza_e_captura.py")["captura"]) == "success"
    captured = "select status, captura_valor from cielo.transacao where operacao = '04' order by 2"
    assert rows(shop.dsn, captured) == [("6", 100), ("6", 200)]


def test_an_element_of_bndes_own_xsd_is_one_alias_more(
    airflow_db: None, bndes: SimpleNamespace, set_connection: Any, tmp_path: Path
) -> None:
    for path in (ROOT / "schemas" / "bndes" / "v1_0").glob("*.xsd"):
        text = path.read_text("utf-8")
        if path.name == "financiamento.xsd":
            programa = re.search(r'^ *<xs:element name="programa".*$', text, re.MULTILINE)
            assert programa
            own = '<xs:element name="linhaCredito" type="Texto"/>'
            text = text[: programa.end()] + own + text[programa.end() :]
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    set_connection(
        "bndes_oficial", **{**bndes.connection, "extra": {**bndes.connection["extra"], "schemas": str(tmp_path)}}
    )
    execute(
        bndes.dsn,
        """create schema credito;
           create table credito.proposta (ano text, numero text, linha_credito text, cnpj text, valor numeric);
           insert into credito.proposta values ('2026', '17', 'FINAME', '52998224725', 1000);
           grant usage on schema credito to public;
           grant select on credito.proposta to public""",
    )
    assert run(dags("bndes_com_xsds.py")["bndes_com_xsds"]) == "success"
    assert rows(bndes.dsn, "select situacao from bndes.resultado") == [("aprovado",)]
    (sent,) = bndes.office.solicitacoes.values()
    assert "FINAME" in [text for name, text in sent.leaves if name.endswith("linhaCredito")]


def test_who_is_on_call_is_written_to_at_once_and_in_the_morning(
    airflow_db: None, ccee: SimpleNamespace, mails: Any
) -> None:
    execute(
        ccee.dsn,
        """insert into outgoing.ccee_contratos
               (referencia, data_de_inicio, data_de_fim, id_comprador, id_vendedor, montante_medio)
           values ('CT-1', '2027-01-01 00:00', '2027-12-31 23:00', '64983', '66242', 1.5)""",
    )
    ccee.office.play("lost_reply", on="importarArquivo")
    both = dags("aviso_por_email.py")
    assert run(both["contratos_com_aviso"]) == "failed"
    assert [(to, "não se sabe se chegou" in body or not TOLD_WHY) for _, to, body in mails()] == [
        ("plantao@empresa.com.br", True)
    ]
    assert run(both["vigia_com_aviso"]) == "failed", "red while it needs a person"
    assert len(mails()) == 2 and sum("ccee-" in body for *_, body in mails()) == 1 + TOLD_WHY


@pytest.mark.skipif(not AIRFLOW_V_3_3_PLUS, reason="a task names partitions of an Asset since Airflow 3.3")
def test_each_day_that_landed_is_a_partition_of_its_own(airflow_db: None, ccee: SimpleNamespace) -> None:
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    execute(
        ccee.dsn,
        """create schema relatorio;
           create table relatorio.contratos_do_dia (dia date primary key, aceitos integer, recusados integer);
           grant usage on schema relatorio to public;
           grant all on relatorio.contratos_do_dia to public;
           insert into outgoing.ccee_contratos
               (referencia, data_de_inicio, data_de_fim, id_comprador, id_vendedor, montante_medio)
           select 'CT-' || n, '2027-01-01 00:00', '2027-12-31 23:00', '64983', '66242', 1.5
           from generate_series(1, 3) as n""",
    )
    contratos = dags("aviso_por_email.py")["contratos_com_aviso"]
    assert run(contratos) == "success"
    consumers = dags("fecha_o_dia.py")
    assert run(consumers["contratos_por_dia"]) == "success"
    days = [day for (day,) in rows(ccee.dsn, "select distinct (landed_at at time zone 'America/Sao_Paulo')::date::text "
                                             "from ccee.resultado_processamento")]  # fmt: skip
    with create_session() as session:
        query = select(AssetEvent.partition_key).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
        keys = list(session.scalars(query.where(AssetModel.name == "contratos_do_dia")))
    assert keys == days and len(days) == 1
    assert run(consumers["fecha_o_dia"], dia=days[0]) == "success"
    assert rows(ccee.dsn, "select dia::text, aceitos, recusados from relatorio.contratos_do_dia") == [(days[0], 3, 0)]
