-- What asks about few things looks up few, however much there is.

-- Institution, service and operation are no independent draws: taken for such, 280 lots of authorisations count as one
-- submission, and the server reads all of their items where it should look up a hundred references.
create statistics malote.submission_kinds (mcv)
on institution, environment, account, service, operation, standing from malote.submission;
analyze malote.submission;

-- As it was, but each load is looked up: how many events are newer is not known beforehand.
create or replace view report.cargas_novas as
select distinct
    l.tabela,
    e.submission as submission_id
from malote.event as e
cross join lateral (
    select d.target as tabela
    from malote.load as d
    where d.submission = e.submission
    offset 0
) as l
where e.what = 'landed' and e.id > (select c.desde from report.conferencia as c);

-- As it was, but the hash is computed once a reference.
create or replace function malote.retired(scope text, reference text) returns table (number bigint, fate text)
language sql stable as $$
    select
        found.number,
        found.fate
    from (select malote.key_of(scope, reference) as key offset 0) as asked
    cross join lateral (
        select
            n.number,
            n.fate
        from malote.register_new as n
        where n.key = asked.key
        union all
        select
            r.numbers[array_position(r.keys, asked.key)],
            r.fate
        from malote.register as r
        where r.bucket = (asked.key >> 50)::integer and asked.key = any(r.keys)
    ) as found
$$;
