-- One row is one R-9000: an event is excluded by its receipt, which reinf.vigente shows beside its reference:
-- a receipt that landed travels to where it came from.
select
    e.nr_rec_evt as "reference",
    v.ambiente as "ambiente",
    v.conta as "conta",
    e.tp_evento as "infoExclusao.tpEvento",
    e.nr_rec_evt as "infoExclusao.nrRecEvt",
    e.per_apur as "infoExclusao.perApur"
from outgoing.reinf_r9000 as e
left join lateral (
    select
        s.ambiente,
        s.conta
    from reinf.vigente as s
    where s.nr_recibo = e.nr_rec_evt
    order by s.reference
    limit 1
) as v on true
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = e.nr_rec_evt
    )
order by e.per_apur, e.nr_rec_evt
