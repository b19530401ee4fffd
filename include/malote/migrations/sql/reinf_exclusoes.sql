-- A closing waits for its month's exclusions, too; when a version of an event has to wait is said once.

create index reinf_evento_of_receipt on reinf.evento (nr_recibo) where nr_recibo is not null;

-- What a version of an event waits for: null, or that the fate of an earlier one is not known yet.
create function reinf.versao_falta(evento text, retificacao integer) returns text
language sql stable as $$
    select 'a versão anterior ainda não tem resposta'
    where exists (
        select 1
        from generate_series(0, retificacao - 1) as n (vez)
        inner join reinf.em_aberto as a on a.reference = evento || case when n.vez > 0 then '/r' || n.vez else '' end
    )
$$;

-- One row: one event that the shipped outgoing tables ask for, by its reference.
create or replace view reinf.esperado as
select
    'r4010' as servico,
    'R-4010' as evento,
    p.per_apur,
    p.evento || case when max(p.retificacao) > 0 then '/r' || max(p.retificacao) else '' end as reference,
    null::text as ambiente,
    null::text as conta
from outgoing.reinf_r4010 as p
group by p.per_apur, p.evento
union all
select
    'r4020' as servico,
    'R-4020' as evento,
    p.per_apur,
    p.evento || case when max(p.retificacao) > 0 then '/r' || max(p.retificacao) else '' end as reference,
    null::text as ambiente,
    null::text as conta
from outgoing.reinf_r4020 as p
group by p.per_apur, p.evento
union all
select
    'r9000' as servico,
    'R-9000' as evento,
    p.per_apur,
    p.nr_rec_evt as reference,
    v.ambiente,
    v.conta
from outgoing.reinf_r9000 as p
left join lateral (
    select
        s.environment as ambiente,
        s.account as conta
    from reinf.evento as e
    inner join malote.submission as s on e.submission_id = s.id
    where e.nr_recibo = p.nr_rec_evt and e.situacao = 'aceito'
    limit 1
) as v on true;

-- One row: what of a month has not landed well, in words: it keeps the month's closing waiting.
create or replace view reinf.pendencia as
with casa as (
    select distinct
        environment as ambiente,
        account as conta,
        'reinf/' || environment || '/' || account || '/' as scope
    from malote.pouch
    where institution = 'reinf'
),

esperado as (
    select
        c.ambiente,
        c.conta,
        e.per_apur,
        e.evento,
        e.reference,
        coalesce(i.estado, k.estado, 'a enviar') as estado
    from reinf.esperado as e
    inner join casa as c
        on coalesce(e.ambiente, c.ambiente) = c.ambiente and coalesce(e.conta, c.conta) = c.conta
    left join lateral (
        select
            case
                when r.outcome = 'accepted' then 'aceito'
                when s.standing = 'withdrawn' then 'retirado'
                when s.standing = 'in_doubt' then 'em dúvida'
                when r.outcome = 'unanswered' then 'sem resposta'
                when r.outcome in ('refused', 'refused_for_good') then 'recusado'
                when s.standing = 'landed' then 'aceito'
                else 'a caminho'
            end as estado
        from malote.item_row as r
        inner join malote.submission as s on r.submission = s.id
        where
            r.scope = c.scope || e.servico || '/' || e.evento
            and r.reference = e.reference
        order by s.number desc
        limit 1
    ) as i on true
    -- What is over may have gone: then the register knows what became of it.
    left join lateral (
        select case r.fate when 'accepted' then 'aceito' when 'refused' then 'recusado' else 'sem resposta' end as estado
        from (
            select
                n.number,
                n.fate
            from malote.register_new as n
            where n.key = malote.key_of(c.scope || e.servico || '/' || e.evento, e.reference)
            union all
            select
                g.numbers[array_position(g.keys, malote.key_of(c.scope || e.servico || '/' || e.evento, e.reference))],
                g.fate
            from malote.register as g
            where
                g.bucket = (malote.key_of(c.scope || e.servico || '/' || e.evento, e.reference) >> 50)::integer
                and malote.key_of(c.scope || e.servico || '/' || e.evento, e.reference) = any(g.keys)
        ) as r
        where i.estado is null
        order by r.number desc
        limit 1
    ) as k on true
),

outros as (
    select
        s.environment as ambiente,
        s.account as conta,
        s.facts -> 'eventos' -> r.echo ->> 'perApur' as per_apur,
        s.operation as evento,
        r.reference,
        case when s.standing = 'in_doubt' then 'em dúvida' else 'a caminho' end as estado
    from malote.submission as s
    inner join malote.item_row as r on s.id = r.submission
    where
        s.institution = 'reinf'
        and s.standing in ('prepared', 'sending', 'answered', 'received', 'overdue', 'in_doubt')
        and s.operation not in ('R-4099', 'R-2099', 'R-2098')
        and not exists (
            select 1 from reinf.esperado as e
            where e.servico = s.service and e.reference = r.reference
        )
)

select
    x.ambiente,
    x.conta,
    x.per_apur,
    x.evento,
    x.estado,
    count(*) as quantos,
    (array_agg(x.reference order by x.reference))[1:5] as alguns
from (
    select * from esperado
    where estado <> 'aceito'
    union all
    select * from outros
) as x
group by x.ambiente, x.conta, x.per_apur, x.evento, x.estado;
