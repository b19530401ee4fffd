"""Airflow DAGs in a chain: what was authorised is captured by a run that the first one triggers."""

# --8<-- [start:dag]
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator

from malote_provider.flows import cielo_lote

AUTORIZAR = """
    select numero as "reference", token as "dados-portador.token",
           numero as "dados-pedido.numero", centavos as "dados-pedido.valor", 986 as "dados-pedido.moeda",
           feito_em as "dados-pedido.data-hora", 'visa' as "forma-pagamento.bandeira",
           '1' as "forma-pagamento.produto", 1 as "forma-pagamento.parcelas", 3 as "autorizar", false as "capturar"
    from loja.pedido
    where not exists (select 1 from malote.travelling as t where t.reference = numero)
    order by numero
"""
CAPTURAR = """
    select tid as "reference", tid as "tid", valor as "valor", autorizacao_valor as "autorizado.valor",
           autorizacao_data_hora as "autorizado.data-hora"
    from cielo.transacao
    where operacao = '02' and status = '4'
      and not exists (select 1 from malote.travelling as t where t.reference = tid)
    order by tid
"""
captura = cielo_lote("captura", schedule=None, operacao="captura", outgoing_sql=CAPTURAR)

with cielo_lote("autoriza", schedule=None, outgoing_sql=AUTORIZAR) as autoriza:
    # Only after a land that is green: where something is in doubt, nobody's money is taken.
    autoriza.get_task("land") >> TriggerDagRunOperator(task_id="captura", trigger_dag_id="captura")
# --8<-- [end:dag]
