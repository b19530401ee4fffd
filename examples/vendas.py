"""An Airflow DAG of one's own: what our CRM has sold goes to the CCEE, and nothing of it twice."""

# --8<-- [start:dag]
from malote_provider.flows import ccee_contratos

VENDAS = """
    select numero as "reference", 'R' as "Contrato.@tipoGravacao", numero as "Contrato.@referencia",
           inicio as "Contrato.@dataDeInicio", fim as "Contrato.@dataDeFim",
           comprador as "Contrato.@idComprador", vendedor as "Contrato.@idVendedor",
           '1' as "Contrato.@idSubMerEntrega",
           inicio as "Contrato.MontanteMedio.@dataDeInicio", fim as "Contrato.MontanteMedio.@dataDeFim",
           mw as "Contrato.MontanteMedio..@montanteMedio",
           'F' as "Contrato.MontanteMedio.TipoModulacao.@tipoModulacao"
    from crm.venda
    where not exists (select 1 from malote.travelling as t where t.reference = numero)
    order by numero
"""
dag = ccee_contratos("vendas", schedule=None, outgoing_sql=VENDAS)
# --8<-- [end:dag]
