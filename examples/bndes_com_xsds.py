"""An Airflow DAG by BNDES's own XSDs: an element that they have and ours lack is one alias more."""

# --8<-- [start:dag]
from malote_provider.flows import bndes_operacoes

PROPOSTAS = """
    select ano || '/' || numero as "reference", ano as "anoProposta", numero as "numeroProposta",
           linha_credito as "linhaCredito", cnpj as "beneficiario.cpfCnpj", valor as "valorFinanciado"
    from credito.proposta
    where not exists (select 1 from malote.travelling as t where t.reference = ano || '/' || numero)
    order by ano, numero
"""
# The connection bndes_oficial: its extra has "schemas": "/etc/malote/apa", the folder with BNDES's files.
dag = bndes_operacoes(
    "bndes_com_xsds", conn_id="bndes_oficial", servico="financiamento", schedule=None, outgoing_sql=PROPOSTAS
)
# --8<-- [end:dag]
