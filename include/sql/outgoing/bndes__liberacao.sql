-- One row is one liberação to be asked for (manual 5.9), of an operation whose contratação BNDES has approved.
-- `reference` is yours and never goes over the wire: nothing there tells two liberações apart, so it alone keeps
-- one from travelling twice. `ambiente` and `conta` are no paths: a row travels only to the environment and for the
-- CNPJ that the approval came from.
select
    liberacao.referencia as "reference",
    contratado.ambiente as "ambiente",
    contratado.conta as "conta",
    contratado.numero_bndes as "numeroBNDES",
    liberacao.valor as "valor",
    liberacao.chave_nota_fiscal as "notaFiscal[].chaveAcesso"
from outgoing.bndes_liberacao as liberacao
inner join bndes.contratado as contratado
    on liberacao.ano_proposta = contratado.ano_proposta and liberacao.numero_proposta = contratado.numero_proposta
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = liberacao.referencia
    )
order by liberacao.referencia
