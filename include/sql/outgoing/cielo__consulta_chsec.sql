-- One row is one order number to be asked for (operation 07); Cielo gives its newest transaction only.
-- `reference` is what may not travel twice: your own name for the question.
select
    consulta.referencia as "reference",
    consulta.numero_pedido as "numero-pedido"
from outgoing.cielo_consulta_chsec as consulta
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = consulta.referencia
    )
order by consulta.referencia
