"""Puts rows to send into the outgoing tables of a fresh warehouse, for whoever looks around."""

from __future__ import annotations

import json
from datetime import date, timedelta

import psycopg

CONTRACTS = """
    insert into outgoing.ccee_contratos
        (referencia, data_de_inicio, data_de_fim, id_comprador, id_vendedor, montante_medio)
    values
        ('EXEMPLO-1', '2027-01-01 00:00', '2027-12-31 23:00', '64983', '66242', 1.5),
        ('EXEMPLO-2', '2027-01-01 00:00', '2027-12-31 23:00', '64983', '66242', 2.25),
        ('AVISO-3', '2027-01-01 00:00', '2027-06-30 23:00', '64983', '66242', 3),
        ('ERRO-4', '2027-01-01 00:00', '2027-06-30 23:00', '64983', '66242', 4)
    on conflict do nothing
"""
PROPOSALS = """
    insert into outgoing.bndes_financiamento
        (ano_proposta, numero_proposta, programa, beneficiario_cpf_cnpj, beneficiario_nome, valor_financiado)
    values
        ('2026', '901', 'PRONAMP', '52998224725', 'Fazenda Boa Vista', 150000),
        ('2026', '902', 'PRONAMP', '52998224725', 'Sítio das Flores', 80000)
    on conflict do nothing
"""
ORDERS = """
    insert into outgoing.cielo_autorizacao (numero_pedido, valor, bandeira, cartao_selado)
    values
        ('EXEMPLO1', 102000, 'visa', %(card)s),
        ('EXEMPLO2', 5000, 'visa', %(card)s),
        ('EXEMPLO3', 9950, 'visa', %(card)s)
    on conflict do nothing
"""
MONTH = """
    insert into outgoing.reinf_r1000 (ini_valid, class_trib, nm_ctt, cpf_ctt)
    values ('2020-01', '99', 'FULANA DE EXEMPLO', '52998224725') on conflict do nothing;
    insert into outgoing.reinf_r4010
        (referencia, per_apur, nr_insc_estab, beneficiario, cpf_benef, nat_rend, dt_fg, vlr_rend_bruto, vlr_rend_trib,
         vlr_ir)
    values ('EXEMPLO-1', %(month)s, %(own)s, 'autonomo-1', '52998224725', '10001', %(day)s, 500, 500, 7.5)
    on conflict do nothing;
    insert into outgoing.reinf_r4020
        (referencia, per_apur, nr_insc_estab, cnpj_benef, nat_rend, dt_fg, vlr_bruto, vlr_base_ir, vlr_ir)
    values
        ('EXEMPLO-1', %(month)s, %(own)s, '10000001000190', '15001', %(day)s, 1000, 1000, 15),
        ('EXEMPLO-2', %(month)s, %(own)s, '10000001000190', '15001', %(day)s, 2000, 2000, 30),
        ('EXEMPLO-3', %(month)s, %(own)s, '10000002000134', '15001', %(day)s, 1000, 1000, 2000)
    on conflict do nothing;
    insert into outgoing.reinf_r4099 (per_apur) values (%(month)s) on conflict do nothing;
"""
CARD = {"numero": "4012001037141112", "validade": "203911", "nome-portador": "FULANA DE EXEMPLO", "indicador": "0"}
"""The number that Cielo publishes for tests."""


def put(warehouse: str, archive_key: str, today: date) -> None:
    """Rows of each institution, ready to be sent; those that are there stay as they are.

    Of the contracts one comes back with a warning and one is refused; of the orders one is denied (Cielo's test
    environment denies what does not end in 00 centavos); of the events of the last month one is refused (its tax is
    above its base), and its closing waits.

    :param warehouse: dsn of its owner
    :param archive_key: what seals the made-up card of the orders
    :param today: in Brasília
    """
    from malote.archive import Seal
    from malote_sim.certificates import CNPJ

    last = today.replace(day=1) - timedelta(days=1)
    card = Seal(archive_key).seal_text(json.dumps(CARD))
    with psycopg.connect(warehouse) as connection:
        connection.execute(CONTRACTS)
        connection.execute(PROPOSALS)
        connection.execute(ORDERS, {"card": card})
        psycopg.ClientCursor(connection).execute(MONTH, {"month": f"{last:%Y-%m}", "day": last, "own": CNPJ})
