"""Puts rows to send into the outgoing tables of a fresh warehouse, for whoever looks around."""

from __future__ import annotations

import json

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
CARD = {"numero": "4012001037141112", "validade": "203911", "nome-portador": "FULANA DE EXEMPLO", "indicador": "0"}
"""The number that Cielo publishes for tests."""


def put(warehouse: str, archive_key: str) -> None:
    """Rows of each institution, ready to be sent; those that are there stay as they are.

    Of the contracts one comes back with a warning and one is refused; of the orders one is denied (Cielo's test
    environment denies what does not end in 00 centavos).

    :param warehouse: dsn of its owner
    :param archive_key: what seals the made-up card of the orders
    """
    from malote.archive import Seal

    card = Seal(archive_key).seal_text(json.dumps(CARD))
    with psycopg.connect(warehouse) as connection:
        connection.execute(CONTRACTS)
        connection.execute(PROPOSALS)
        connection.execute(ORDERS, {"card": card})
