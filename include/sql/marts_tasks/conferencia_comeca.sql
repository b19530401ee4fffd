-- Up to here this run checks. What is younger than an hour is checked by the next run as well: an event that was
-- numbered before may still be on its way into the journal.
update report.conferencia
set ate = greatest(desde, coalesce((
    select e.id
    from malote.event as e
    where e.at < now() - interval '1 hour'
    order by e.id desc
    limit 1
), 0))
