-- Lets go of the counts of lots that have moved since they were counted; those of retired ones stay.
delete from report.cielo_aprovacao_mantida as k
where
    k.evento <> (
        select max(e.id) from malote.event as e
        where e.submission = k.submission_id
    )
    and not exists (
        select 1 from malote.submission as s
        where s.id = k.submission_id and (s.retired_at is not null or s.unlanded_at is not null)
    )
