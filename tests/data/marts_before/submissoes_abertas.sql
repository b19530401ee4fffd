-- One row: one submission that is not settled, or that a person must decide about: in doubt, or with items unanswered.
create view before.submissoes_abertas as
select
    s.id as submission_id,
    s.institution,
    s.environment,
    s.account,
    s.service,
    s.operation,
    report.em_portugues(s.standing) as standing,
    s.receipt,
    s.item_count,
    s.pouch,
    s.prepared_at,
    s.sent_at,
    s.received_at,
    s.next_at as asked_next_at,
    s.deadline,
    s.asked as times_asked,
    coalesce(s.message, l.words) as message,
    coalesce(u.items, 0) as items_unanswered
from malote.submission as s
left join malote.load as l on s.id = l.submission
left join (
    select
        i.submission,
        count(*) as items
    from malote.item_row as i
    where i.outcome = 'unanswered'
    group by i.submission
) as u on s.id = u.submission
where s.standing not in ('landed', 'refused', 'withdrawn') or (s.standing = 'landed' and u.items > 0);
