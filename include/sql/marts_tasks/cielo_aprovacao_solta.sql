-- Lets go of the counts of lots that have moved since they were counted.
delete from report.cielo_aprovacao_mantida as k
where
    k.evento <> (
        select max(e.id) from malote.event as e
        where e.submission = k.submission_id
    )
