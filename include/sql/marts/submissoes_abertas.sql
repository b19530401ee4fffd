-- One row: one submission that is not settled, or that a person must decide about: in doubt, or with items unanswered.
create or replace view report.submissoes_abertas as
select
    s.id as submission_id,
    s.institution as instituicao,
    s.environment as ambiente,
    s.account as conta,
    s.service as servico,
    s.operation as operacao,
    report.em_portugues(s.standing) as situacao,
    s.receipt as protocolo,
    s.item_count as itens,
    s.pouch as malote,
    s.prepared_at as preparada_em,
    s.sent_at as enviada_em,
    s.received_at as recebida_em,
    s.next_at as proxima_pergunta_em,
    s.deadline as prazo,
    s.asked as perguntas,
    coalesce(s.message, l.words) as mensagem,
    u.items as itens_sem_resposta
from (
    select o.id
    from malote.submission as o
    where o.standing in ('prepared', 'sending', 'received', 'answered', 'in_doubt', 'overdue')
    union
    select i.submission as id
    from malote.item_row as i
    inner join malote.submission as o on i.submission = o.id
    where i.outcome = 'unanswered' and o.standing = 'landed'
) as open
inner join malote.submission as s on open.id = s.id
left join malote.load as l on s.id = l.submission
cross join lateral (
    select count(*) as items
    from malote.item_row as i
    where i.submission = s.id and i.outcome = 'unanswered'
) as u;
