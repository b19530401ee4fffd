"""An Airflow DAG that charges subscriptions: by the token that Cielo gave, no card number is near."""

# --8<-- [start:dag]
from malote_provider.flows import cielo_lote

COBRANCAS = """
    select mensalidade.numero as "reference", cartao.codigo_token as "dados-portador.token",
           mensalidade.numero as "dados-pedido.numero", mensalidade.centavos as "dados-pedido.valor",
           986 as "dados-pedido.moeda", mensalidade.vence_em as "dados-pedido.data-hora",
           'visa' as "forma-pagamento.bandeira", '1' as "forma-pagamento.produto", 1 as "forma-pagamento.parcelas",
           3 as "autorizar", true as "capturar"
    from loja.mensalidade
    join lateral (
        select t.codigo_token from cielo.transacao as t
        where t.operacao = '05' and t.reference = mensalidade.cliente and t.codigo_token is not null
        order by t.landed_at desc limit 1
    ) as cartao on true
    where not exists (select 1 from malote.travelling as t where t.reference = mensalidade.numero)
    order by mensalidade.numero
"""
dag = cielo_lote("cobranca_por_token", schedule=None, outgoing_sql=COBRANCAS)
# --8<-- [end:dag]
