-- One row is one contratação to be asked for (manual 5.7), of a financiamento that BNDES has approved: its landed
-- numeroBNDES is sent. `reference` is anoProposta/numeroProposta. `ambiente` and `conta` are no paths: a row
-- travels only to the environment and for the CNPJ that the approval came from. Other aliases are paths of
-- schemas/bndes/v1_0/contratacao.xsd.
select
    contrato.ano_proposta || '/' || contrato.numero_proposta as "reference",
    aprovado.ambiente as "ambiente",
    aprovado.conta as "conta",
    aprovado.numero_bndes as "numeroBNDES",
    contrato.ano_proposta as "anoProposta",
    contrato.numero_proposta as "numeroProposta",
    contrato.data_contratacao as "dataContratacao",
    contrato.valor_contratado as "valorContratado"
from outgoing.bndes_contratacao as contrato
inner join bndes.aprovado as aprovado
    on contrato.ano_proposta = aprovado.ano_proposta and contrato.numero_proposta = aprovado.numero_proposta
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = contrato.ano_proposta || '/' || contrato.numero_proposta
    )
order by contrato.ano_proposta, contrato.numero_proposta
