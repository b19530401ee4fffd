-- One row is one transaction to be asked for (operation 06).
-- `reference` is what may not travel twice: your own name for the question, because one tid can be asked for again.
select
    consulta.referencia as "reference",
    consulta.tid as "tid"
from outgoing.cielo_consulta as consulta
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = consulta.referencia
    )
order by consulta.referencia
