-- One row is one R-4020: the payments of one establishment, company and month, natures of income (idePgto) and the
-- payments of each (infoPgto) as arrays, two levels deep: hence jsonb, whose inner arrays may differ in length. Amounts
-- are text with a comma there. The aliases are paths below evtRetPJ. A rectification (retificacao > 0) travels with the
-- receipt that landed, to the environment and for the contributor that it came from; while nobody knows what became of
-- an earlier version it waits, and `falta` says so; so do payments of one event that are of different companies, or of
-- one that is exempt in some.
with natureza as (
    select
        p.evento,
        p.per_apur,
        p.nat_rend,
        max(p.retificacao) as retificacao,
        min(p.tp_insc_estab) as tp_insc_estab,
        min(p.nr_insc_estab) as nr_insc_estab,
        min(p.cnpj_benef) as cnpj_benef,
        min(p.nm_benef) as nm_benef,
        min(p.isen_imun) as isen_imun,
        max(p.nm_benef) as outro_nome,
        max(p.isen_imun) as outra_isencao,
        min(p.ide_evt_adic) as ide_evt_adic,
        jsonb_agg(p.dt_fg order by p.referencia) as dt_fg,
        jsonb_agg(replace(p.vlr_bruto::text, '.', ',') order by p.referencia) as vlr_bruto,
        jsonb_agg(replace(nullif(p.vlr_base_ir, 0)::text, '.', ',') order by p.referencia) as vlr_base_ir,
        jsonb_agg(replace(nullif(p.vlr_ir, 0)::text, '.', ',') order by p.referencia) as vlr_ir,
        jsonb_agg(replace(nullif(p.vlr_base_agreg, 0)::text, '.', ',') order by p.referencia) as vlr_base_agreg,
        jsonb_agg(replace(nullif(p.vlr_agreg, 0)::text, '.', ',') order by p.referencia) as vlr_agreg,
        jsonb_agg(replace(nullif(p.vlr_base_csll, 0)::text, '.', ',') order by p.referencia) as vlr_base_csll,
        jsonb_agg(replace(nullif(p.vlr_csll, 0)::text, '.', ',') order by p.referencia) as vlr_csll,
        jsonb_agg(replace(nullif(p.vlr_base_cofins, 0)::text, '.', ',') order by p.referencia) as vlr_base_cofins,
        jsonb_agg(replace(nullif(p.vlr_cofins, 0)::text, '.', ',') order by p.referencia) as vlr_cofins,
        jsonb_agg(replace(nullif(p.vlr_base_pp, 0)::text, '.', ',') order by p.referencia) as vlr_base_pp,
        jsonb_agg(replace(nullif(p.vlr_pp, 0)::text, '.', ',') order by p.referencia) as vlr_pp
    from outgoing.reinf_r4020 as p
    group by p.evento, p.per_apur, p.nat_rend
),

evento as (
    select
        n.evento,
        max(n.retificacao) as retificacao,
        coalesce(min(trim(n.cnpj_benef)) = '' and min(n.nm_benef) <> max(n.outro_nome), false)
        or coalesce(min(n.isen_imun) <> max(n.outra_isencao), false) as diverge,
        min(n.per_apur) as "ideEvento.perApur",
        min(n.tp_insc_estab) as "ideEstab.tpInscEstab",
        min(n.nr_insc_estab) as "ideEstab.nrInscEstab",
        min(n.cnpj_benef) as "ideEstab.ideBenef.cnpjBenef",
        min(n.nm_benef) as "ideEstab.ideBenef.nmBenef",
        min(n.isen_imun) as "ideEstab.ideBenef.isenImun",
        min(n.ide_evt_adic) as "ideEstab.ideBenef.ideEvtAdic",
        array_agg(n.nat_rend order by n.nat_rend) as "ideEstab.ideBenef.idePgto[].natRend",
        jsonb_agg(n.dt_fg order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].dtFG",
        jsonb_agg(n.vlr_bruto order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].vlrBruto",
        jsonb_agg(n.vlr_base_ir order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].retencoes.vlrBaseIR",
        jsonb_agg(n.vlr_ir order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].retencoes.vlrIR",
        jsonb_agg(n.vlr_base_agreg order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].retencoes.vlrBaseAgreg",
        jsonb_agg(n.vlr_agreg order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].retencoes.vlrAgreg",
        jsonb_agg(n.vlr_base_csll order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].retencoes.vlrBaseCSLL",
        jsonb_agg(n.vlr_csll order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].retencoes.vlrCSLL",
        jsonb_agg(n.vlr_base_cofins order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].retencoes.vlrBaseCofins",
        jsonb_agg(n.vlr_cofins order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].retencoes.vlrCofins",
        jsonb_agg(n.vlr_base_pp order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].retencoes.vlrBasePP",
        jsonb_agg(n.vlr_pp order by n.nat_rend) as "ideEstab..idePgto[].infoPgto[].retencoes.vlrPP"
    from natureza as n
    group by n.evento
)

select
    e.evento || case when e.retificacao > 0 then '/r' || e.retificacao else '' end as "reference",
    v.ambiente as "ambiente",
    v.conta as "conta",
    case
        when e.diverge then 'os pagamentos deste evento não são todos da mesma empresa (nm_benef, isen_imun)'
        when e.retificacao > 0 then reinf.versao_falta(e.evento, e.retificacao)
    end as "falta",
    case when v.nr_recibo is null then '1' else '2' end as "ideEvento.indRetif",
    v.nr_recibo as "ideEvento.nrRecibo",
    e."ideEvento.perApur",
    e."ideEstab.tpInscEstab",
    e."ideEstab.nrInscEstab",
    e."ideEstab.ideBenef.cnpjBenef",
    e."ideEstab.ideBenef.nmBenef",
    e."ideEstab.ideBenef.isenImun",
    e."ideEstab.ideBenef.ideEvtAdic",
    e."ideEstab.ideBenef.idePgto[].natRend",
    e."ideEstab..idePgto[].infoPgto[].dtFG",
    e."ideEstab..idePgto[].infoPgto[].vlrBruto",
    e."ideEstab..idePgto[].infoPgto[].retencoes.vlrBaseIR",
    e."ideEstab..idePgto[].infoPgto[].retencoes.vlrIR",
    e."ideEstab..idePgto[].infoPgto[].retencoes.vlrBaseAgreg",
    e."ideEstab..idePgto[].infoPgto[].retencoes.vlrAgreg",
    e."ideEstab..idePgto[].infoPgto[].retencoes.vlrBaseCSLL",
    e."ideEstab..idePgto[].infoPgto[].retencoes.vlrCSLL",
    e."ideEstab..idePgto[].infoPgto[].retencoes.vlrBaseCofins",
    e."ideEstab..idePgto[].infoPgto[].retencoes.vlrCofins",
    e."ideEstab..idePgto[].infoPgto[].retencoes.vlrBasePP",
    e."ideEstab..idePgto[].infoPgto[].retencoes.vlrPP"
from evento as e
left join reinf.vigente as v
    on e.evento = v.declarado and e.retificacao > 0 and v.evento = 'R-4020' and not v.excluido
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = e.evento || case when e.retificacao > 0 then '/r' || e.retificacao else '' end
    )
order by e."ideEvento.perApur", e.evento
