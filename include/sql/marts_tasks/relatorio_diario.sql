-- One row of report.resumo_diario is one day (Brasília) of sending to one institution, and what became of it so far.
-- A late answer changes its day again, so the last 40 days are written each time; what is the same is left alone.
insert into report.resumo_diario (
    dia,
    instituicao,
    submissoes,
    itens_aceitos,
    itens_recusados,
    itens_sem_resposta,
    itens_retidos,
    em_duvida,
    atrasadas,
    escrito_em
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
    from malote.held_back
    group by submission_id
)

select
    enviada.dia,
    enviada.institution as instituicao,
    count(*) as submissoes,
    coalesce(sum(item.accepted), 0) as itens_aceitos,
    coalesce(sum(item.refused), 0) as itens_recusados,
    coalesce(sum(item.unanswered), 0) as itens_sem_resposta,
    coalesce(sum(retida.items), 0) as itens_retidos,
    count(*) filter (where enviada.standing = 'in_doubt') as em_duvida,
    count(*) filter (where enviada.standing = 'overdue') as atrasadas,
    now() as escrito_em
from enviada
left join item on enviada.id = item.submission
left join retida on enviada.id = retida.submission_id
group by enviada.dia, enviada.institution
on conflict (dia, instituicao) do update set
    submissoes = excluded.submissoes,
    itens_aceitos = excluded.itens_aceitos,
    itens_recusados = excluded.itens_recusados,
    itens_sem_resposta = excluded.itens_sem_resposta,
    itens_retidos = excluded.itens_retidos,
    em_duvida = excluded.em_duvida,
    atrasadas = excluded.atrasadas,
    escrito_em = excluded.escrito_em
where (
    resumo_diario.submissoes, resumo_diario.itens_aceitos, resumo_diario.itens_recusados,
    resumo_diario.itens_sem_resposta, resumo_diario.itens_retidos, resumo_diario.em_duvida, resumo_diario.atrasadas
) is distinct from (
    excluded.submissoes, excluded.itens_aceitos, excluded.itens_recusados,
    excluded.itens_sem_resposta, excluded.itens_retidos, excluded.em_duvida, excluded.atrasadas
)
