-- For each event whose layout malote does not ship; {servico} stands for its name. It says no more than the month,
-- which is enough for a R-2098: for all else write your own, whose aliases are paths of the XSD in extra.schemas.
select
    referencia as "reference",
    per_apur as "ideEvento.perApur"
from outgoing.reinf_outros as o
where
    servico = '{servico}'
    and not exists (
        select 1
        from malote.travelling as t
        where t.reference = o.referencia
    )
order by referencia
