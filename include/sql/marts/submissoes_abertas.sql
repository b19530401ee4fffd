-- One row: one submission that is not settled, or that a person must decide about.
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
    s.message
from malote.submission as s
where s.standing not in ('landed', 'refused', 'withdrawn');
