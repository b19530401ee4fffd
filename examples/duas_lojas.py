"""Airflow DAGs of two shops: each has its own EC at Cielo, its own connection, its own numbers of lots."""

# --8<-- [start:dag]
from malote_provider.flows import cielo_lote

PEDIDOS = """
    select numero as "reference", token as "dados-portador.token",
           numero as "dados-pedido.numero", centavos as "dados-pedido.valor", 986 as "dados-pedido.moeda",
           feito_em as "dados-pedido.data-hora", 'visa' as "forma-pagamento.bandeira",
           '1' as "forma-pagamento.produto", 1 as "forma-pagamento.parcelas", 3 as "autorizar", true as "capturar"
    from loja.pedido
    where loja = '{loja}'
      and not exists (select 1 from malote.travelling as t where t.reference = numero)
    order by numero
"""
for loja in ("centro", "praia"):  # the connections cielo_centro and cielo_praia: login EC, password chave
    cielo_lote(f"cielo_{loja}", conn_id=f"cielo_{loja}", schedule=None, outgoing_sql=PEDIDOS.format(loja=loja))
# --8<-- [end:dag]
