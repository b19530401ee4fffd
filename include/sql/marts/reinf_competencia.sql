-- One row: one month of one contributor: what was declared of it, what is still open or not sent yet, whether it is
-- closed, and the totals by code of revenue, as the Receita told them last, of the events that stand. A closing counts
-- as an event.
create or replace view report.reinf_competencia as
with evento as (
    select
        s.environment as ambiente,
        s.account as conta,
        e.per_apur,
        e.situacao
    from reinf.evento as e
    inner join malote.submission as s on e.submission_id = s.id
    where e.per_apur is not null
    union all
    select
        s.environment as ambiente,
        s.account as conta,
        s.facts -> 'eventos' -> i.echo ->> 'perApur' as per_apur,
        'aberto' as situacao
    from malote.submission as s
    inner join malote.item_row as i on s.id = i.submission
    where
        s.institution = 'reinf'
        and s.standing in ('prepared', 'sending', 'received', 'answered', 'in_doubt', 'overdue')
),

competencia as (
    select
        ambiente,
        conta,
        per_apur,
        count(*) as declarados,
        count(*) filter (where situacao = 'aceito') as aceitos,
        count(*) filter (where situacao = 'recusado') as recusados,
        count(*) filter (where situacao not in ('aceito', 'recusado')) as abertos
    from evento
    where per_apur is not null
    group by ambiente, conta, per_apur
),

pendente as (
    select
        ambiente,
        conta,
        per_apur,
        string_agg(evento || ' ' || estado || ': ' || quantos, '; ' order by evento, estado) as falta
    from reinf.pendencia
    where per_apur is not null
    group by ambiente, conta, per_apur
),

mes as (
    select
        coalesce(c.ambiente, p.ambiente) as ambiente,
        coalesce(c.conta, p.conta) as conta,
        coalesce(c.per_apur, p.per_apur) as per_apur,
        coalesce(c.declarados, 0) as declarados,
        coalesce(c.aceitos, 0) as aceitos,
        coalesce(c.recusados, 0) as recusados,
        coalesce(c.abertos, 0) as abertos,
        p.falta
    from competencia as c
    full join pendente as p on c.ambiente = p.ambiente and c.conta = p.conta and c.per_apur = p.per_apur
)

select
    c.per_apur,
    c.declarados,
    c.aceitos,
    c.recusados,
    c.abertos,
    coalesce(f.fech_ret = '0', false) as fechada,
    f.nr_recibo as fechamento_recibo,
    f.recebido_em as fechada_em,
    c.falta,
    t.totais,
    c.ambiente,
    c.conta
from mes as c
left join lateral (
    select
        e.fech_ret,
        e.nr_recibo,
        e.recebido_em
    from reinf.evento as e
    inner join malote.submission as s on e.submission_id = s.id
    where
        s.environment = c.ambiente and s.account = c.conta and e.evento = 'R-4099' and e.per_apur = c.per_apur
        and e.situacao = 'aceito'
    order by s.number desc, e.ordem desc
    limit 1
) as f on true
left join lateral (
    select jsonb_object_agg(x.cr, x.informado) as totais
    from (
        select
            y ->> 'CR' as cr,
            sum(coalesce((y ->> 'vlrCRInf')::numeric, (y ->> 'vlrCR')::numeric, 0)) as informado
        from reinf.vigente as v
        cross join lateral jsonb_array_elements(v.totais) as y
        where
            v.ambiente = c.ambiente and v.conta = c.conta and v.per_apur = c.per_apur
            and v.evento not in ('R-2099', 'R-4099') and not v.excluido
        group by y ->> 'CR'
    ) as x
) as t on true;
