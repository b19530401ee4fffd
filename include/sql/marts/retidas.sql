-- One row: one item that a selection wanted to send and that is held back, until a person or an answer ends it.
-- What was accepted, or is on its way, is held back too, and is not listed: that is how a row travels once.
create or replace view report.retidas as
with stands as (
    select
        h.scope,
        h.reference,
        h.since as held_since,
        h.seen_at as held_again_at,
        s.id as submission_id,
        s.institution,
        s.environment,
        s.account,
        s.service,
        s.operation,
        s.pouch,
        coalesce(i.code, s.code) as code,
        coalesce(i.message, s.message) as message,
        case
            when i.outcome = 'refused' or i.submission is null then h.reason
            when i.outcome = 'unanswered' then 'unanswered'
            when s.standing in ('in_doubt', 'overdue') then s.standing
        end as reason
    from malote.held as h
    inner join malote.submission as s on h.submission = s.id
    left join malote.item_row as i on h.scope = i.scope and h.reference = i.reference and h.submission = i.submission
    where
        (i.submission is not null or s.retired_at is not null)
        and (s.standing <> 'withdrawn' or i.outcome = 'unanswered')
)

select
    w.reference,
    w.held_since,
    w.held_again_at,
    w.submission_id,
    w.institution,
    w.environment,
    w.account,
    w.service,
    w.operation,
    w.pouch,
    w.reason,
    w.code,
    w.message,
    case w.reason
        when 'refused' then 'correct the row, then a run with resend_refused'
        when 'refused_here' then 'the run that sent it sends it no second time: another run with resend_refused'
        when 'refused_unchanged'
            then 'correct the row: unchanged it does not travel again in this service (rule refused_unchanged)'
        when 'in_doubt' then 'find out whether it arrived, then malote resolve ' || w.submission_id
        when 'overdue' then 'its answer is asked for still; ask the institution'
        when 'unanswered'
            then 'ask the institution what became of it, then malote settle ' || w.submission_id || ' ' || w.reference
    end as freed_by,
    w.scope
from stands as w
where
    w.reason is not null
    and not exists (
        select 1
        from malote.item_row as live
        where
            live.scope = w.scope
            and live.reference = w.reference
            and live.submission <> w.submission_id
            and live.outcome is distinct from 'refused'
    );
