-- One row is one R-9000: an event is excluded by its receipt, which reinf.vigente shows beside its reference.
select
    nr_rec_evt as "reference",
    tp_evento as "infoExclusao.tpEvento",
    nr_rec_evt as "infoExclusao.nrRecEvt",
    per_apur as "infoExclusao.perApur"
from outgoing.reinf_r9000 as e
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = e.nr_rec_evt
    )
order by per_apur, nr_rec_evt
