-- One row: one submission that is not settled, or that a person must decide about: in doubt, or with items unanswered.
create or replace view report.submissoes_abertas as
select
    s.id as submission_id,
    s.institution,
    s.environment,
    s.account,
    s.service,
    s.operation,
    s.standing,
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
    u.items as items_unanswered
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
