-- One row is one cancelamento to be asked for (manual 5.12), at any point after the approval. Of an operation that
-- is partly released it cancels the balance, of one that is wholly released it is rejected. `reference` is yours.
-- `ambiente` and `conta` are no paths: a row travels only to the environment and for the CNPJ that the approval
-- came from.
select
    cancelamento.referencia as "reference",
    aprovado.ambiente as "ambiente",
    aprovado.conta as "conta",
    aprovado.numero_bndes as "numeroBNDES",
    cancelamento.motivo as "motivo"
from outgoing.bndes_cancelamento as cancelamento
inner join bndes.aprovado as aprovado
    on cancelamento.ano_proposta = aprovado.ano_proposta and cancelamento.numero_proposta = aprovado.numero_proposta
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = cancelamento.referencia
    )
order by cancelamento.referencia
