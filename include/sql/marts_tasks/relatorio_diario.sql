-- One row of report.resumo_diario is one day (Brasília) of sending to one institution, and what became of it so far.
-- A late answer changes its day again, so the last 40 days are written each time; what is the same is left alone.
insert into report.resumo_diario (
    dia,
    institution,
    submissions,
    items_accepted,
    items_refused,
    items_unanswered,
    items_held,
    in_doubt,
    overdue,
    written_at
)
with enviada as (
    select
        id,
        institution,
        standing,
        (sent_at at time zone 'America/Sao_Paulo')::date as dia
    from malote.submission
    where sent_at >= (date_trunc('day', now() at time zone 'America/Sao_Paulo') - interval '40 days')
    at time zone 'America/Sao_Paulo'
),

item as (
    select
        i.submission,
        count(*) filter (where i.standing = 'accepted') as accepted,
        count(*) filter (where i.standing = 'refused') as refused,
        count(*) filter (where i.standing = 'unanswered') as unanswered
    from malote.item as i
    inner join enviada on i.submission = enviada.id
    group by i.submission
),

-- What selections wanted to send again since, and what of that day's submissions holds it back.
retida as (
    select
        submission_id,
        count(*) as items
    from report.retidas
    group by submission_id
)

select
    enviada.dia,
    enviada.institution,
    count(*) as submissions,
    coalesce(sum(item.accepted), 0) as items_accepted,
    coalesce(sum(item.refused), 0) as items_refused,
    coalesce(sum(item.unanswered), 0) as items_unanswered,
    coalesce(sum(retida.items), 0) as items_held,
    count(*) filter (where enviada.standing = 'in_doubt') as in_doubt,
    count(*) filter (where enviada.standing = 'overdue') as overdue,
    now() as written_at
from enviada
left join item on enviada.id = item.submission
left join retida on enviada.id = retida.submission_id
group by enviada.dia, enviada.institution
on conflict (dia, institution) do update set
    submissions = excluded.submissions,
    items_accepted = excluded.items_accepted,
    items_refused = excluded.items_refused,
    items_unanswered = excluded.items_unanswered,
    items_held = excluded.items_held,
    in_doubt = excluded.in_doubt,
    overdue = excluded.overdue,
    written_at = excluded.written_at
where (
    resumo_diario.submissions, resumo_diario.items_accepted, resumo_diario.items_refused,
    resumo_diario.items_unanswered, resumo_diario.items_held, resumo_diario.in_doubt, resumo_diario.overdue
) is distinct from (
    excluded.submissions, excluded.items_accepted, excluded.items_refused,
    excluded.items_unanswered, excluded.items_held, excluded.in_doubt, excluded.overdue
)
