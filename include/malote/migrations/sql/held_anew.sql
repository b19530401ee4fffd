-- As it was, but what has travelled again since is held back by nothing until a selection wants it once more.
-- One row: one item that a selection wanted to send and that is held back, until a person or an answer ends it.
-- What was accepted, or is on its way, is held back too, and is not listed: that is how a row travels once.
create or replace view malote.held_back as
with stands as (
    select
        h.scope,
        h.reference,
        h.since as held_since,
        h.seen_at as held_again_at,
        h.submission as submission_id,
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
    -- Looked up one by one, whatever is asked of the submission: there may be a million of them, and few are held.
    cross join lateral (select x.* from malote.submission as x where x.id = h.submission offset 0) as s
    left join malote.item_row as i on h.scope = i.scope and h.reference = i.reference and h.submission = i.submission
    where
        (i.submission is not null or s.retired_at is not null)
        and (s.standing <> 'withdrawn' or i.outcome = 'unanswered')
)

select w.*
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
            and (
                live.outcome is distinct from 'refused'
                or (
                    select later.number
                    from malote.submission as later
                    where later.id = live.submission
                ) > (
                    select holding.number
                    from malote.submission as holding
                    where holding.id = w.submission_id
                )
            )
    );
