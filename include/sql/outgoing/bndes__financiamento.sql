-- One row is one financiamento to be asked for (manual 5.5). `reference` must be anoProposta/numeroProposta: it is
-- what may not travel twice. Every other alias is a path below the root of the layout
-- (schemas/bndes/v1_0/financiamento.xsd), which is a reconstruction: change the aliases with BNDES's own XSD. A
-- refused one travels again when asked for, once it has changed.
select
    proposta.ano_proposta || '/' || proposta.numero_proposta as "reference",
    proposta.ano_proposta as "anoProposta",
    proposta.numero_proposta as "numeroProposta",
    proposta.programa as "programa",
    proposta.beneficiario_cpf_cnpj as "beneficiario.cpfCnpj",
    proposta.beneficiario_nome as "beneficiario.nome",
    proposta.municipio_ibge as "municipio",
    proposta.valor_financiado as "valorFinanciado",
    proposta.prazo_carencia as "prazoCarencia",
    proposta.prazo_amortizacao as "prazoAmortizacao",
    proposta.item_descricao as "item[].descricao",
    proposta.item_valor as "item[].valor"
from outgoing.bndes_financiamento as proposta
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = proposta.ano_proposta || '/' || proposta.numero_proposta
    )
order by proposta.ano_proposta, proposta.numero_proposta
