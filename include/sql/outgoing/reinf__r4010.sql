-- One row is one R-4010: the payments of one establishment, person and month, as in reinf__r4020.sql. The aliases are
-- paths below evtRetPF. The reference holds your own number of the person, never the CPF.
-- Payments of one event that are of different persons wait, and `falta` says so, too.
with natureza as (
    select
        p.evento,
        p.per_apur,
        p.nat_rend,
        max(p.retificacao) as retificacao,
        min(p.tp_insc_estab) as tp_insc_estab,
        min(p.nr_insc_estab) as nr_insc_estab,
        min(p.cpf_benef) as cpf_benef,
        min(p.nm_benef) as nm_benef,
        max(p.cpf_benef) as outro_cpf,
        max(p.nm_benef) as outro_nome,
        min(p.ide_evt_adic) as ide_evt_adic,
        jsonb_agg(p.dt_fg order by p.referencia) as dt_fg,
        jsonb_agg(replace(p.vlr_rend_bruto::text, '.', ',') order by p.referencia) as vlr_rend_bruto,
        jsonb_agg(replace(nullif(p.vlr_rend_trib, 0)::text, '.', ',') order by p.referencia) as vlr_rend_trib,
        jsonb_agg(replace(nullif(p.vlr_ir, 0)::text, '.', ',') order by p.referencia) as vlr_ir
    from outgoing.reinf_r4010 as p
    group by p.evento, p.per_apur, p.nat_rend
),

evento as (
    select
        n.evento,
        max(n.retificacao) as retificacao,
        coalesce(min(n.cpf_benef) <> max(n.outro_cpf), min(n.nm_benef) <> max(n.outro_nome), false) as diverge,
        min(n.per_apur) as "ideEvento.perApur",
        min(n.tp_insc_estab) as "ideEstab.tpInscEstab",
        min(n.nr_insc_estab) as "ideEstab.nrInscEstab",
        min(n.cpf_benef) as "ideEstab.ideBenef.cpfBenef",
        min(n.nm_benef) as "ideEstab.ideBenef.nmBenef",
        min(n.ide_evt_adic) as "ideEstab.ideBenef.ideEvtAdic",
        array_agg(n.nat_rend order by n.nat_rend) as "ideEstab.ideBenef.idePgto[].natRend",
        jsonb_agg(n.dt_fg order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].dtFG",
        jsonb_agg(n.vlr_rend_bruto order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].vlrRendBruto",
        jsonb_agg(n.vlr_rend_trib order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].vlrRendTrib",
        jsonb_agg(n.vlr_ir order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].vlrIR"
    from natureza as n
    group by n.evento
)

select
    e.evento || case when e.retificacao > 0 then '/r' || e.retificacao else '' end as "reference",
    v.ambiente as "ambiente",
    v.conta as "conta",
    case
        when e.diverge then 'os pagamentos deste evento não são todos da mesma pessoa (cpf_benef, nm_benef)'
        when e.retificacao > 0 then reinf.versao_falta(e.evento, e.retificacao)
    end as "falta",
    case when v.nr_recibo is null then '1' else '2' end as "ideEvento.indRetif",
    v.nr_recibo as "ideEvento.nrRecibo",
    e."ideEvento.perApur",
    e."ideEstab.tpInscEstab",
    e."ideEstab.nrInscEstab",
    e."ideEstab.ideBenef.cpfBenef",
    e."ideEstab.ideBenef.nmBenef",
    e."ideEstab.ideBenef.ideEvtAdic",
    e."ideEstab.ideBenef.idePgto[].natRend",
    e."ideEstab..idePgto[].infoPgto[].dtFG",
    e."ideEstab..idePgto[].infoPgto[].vlrRendBruto",
    e."ideEstab..idePgto[].infoPgto[].vlrRendTrib",
    e."ideEstab..idePgto[].infoPgto[].vlrIR"
from evento as e
left join reinf.vigente as v
    on e.evento = v.declarado and e.retificacao > 0 and v.evento = 'R-4010' and not v.excluido
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = e.evento || case when e.retificacao > 0 then '/r' || e.retificacao else '' end
    )
order by e."ideEvento.perApur", e.evento
