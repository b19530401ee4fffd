-- UNDOCUMENTED: for each service that the manual only names (p. 7-9, 12), without an endpoint or a layout; {servico}
-- stands for its name. One row is one request; the aliases are those of schemas/bndes/v1_0/sem_leiaute.xsd, which is
-- made up and for the simulator only: rewrite them for the XSD that extra.schemas gives. `reference` is yours;
-- `ambiente` and `conta` say where an approval came from.
select
    pedido.referencia as "reference",
    aprovado.ambiente as "ambiente",
    aprovado.conta as "conta",
    aprovado.numero_bndes as "numeroBNDES",
    pedido.ano_proposta as "anoProposta",
    pedido.numero_proposta as "numeroProposta",
    pedido.valor as "valor",
    pedido.data as "data",
    pedido.motivo as "motivo"
from outgoing.bndes_solicitacao as pedido
left join bndes.aprovado as aprovado
    on pedido.ano_proposta = aprovado.ano_proposta and pedido.numero_proposta = aprovado.numero_proposta
where
    pedido.servico = '{servico}'
    and not exists (
        select 1
        from malote.travelling as t
        where t.reference = pedido.referencia
    )
order by pedido.referencia
