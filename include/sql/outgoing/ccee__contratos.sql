-- One row is one CCEAL Firme contract to be created (tipoGeracao 1), with one montante médio over its whole term.
-- `reference` is what may not travel twice; every other alias is a path of the treaty (schemas/ccee/contratos).
-- `..` leaves out elements in between, because PostgreSQL cuts a name at 63 bytes.
-- Times are Brasília wall time; montante médio is in MWmédio.
select
    contrato.referencia as "reference",
    contrato.tipo_gravacao as "Contrato.@tipoGravacao",
    contrato.data_de_inicio as "Contrato.@dataDeInicio",
    contrato.data_de_fim as "Contrato.@dataDeFim",
    contrato.id_comprador as "Contrato.@idComprador",
    contrato.id_vendedor as "Contrato.@idVendedor",
    contrato.id_submercado_entrega as "Contrato.@idSubMerEntrega",
    contrato.referencia as "Contrato.@referencia",
    contrato.data_de_inicio as "Contrato.MontanteMedio.@dataDeInicio",
    contrato.data_de_fim as "Contrato.MontanteMedio.@dataDeFim",
    contrato.montante_medio as "Contrato.MontanteMedio..@montanteMedio",
    contrato.tipo_modulacao as "Contrato.MontanteMedio.TipoModulacao.@tipoModulacao"
from outgoing.ccee_contratos as contrato
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = contrato.referencia
    )
order by contrato.referencia
