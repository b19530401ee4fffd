-- What landed leaves for other warehouses: in which order it landed, and how far each of them has it.

-- The number of its last landing, of rows or of reasons; null where that was before this migration.
alter table malote.submission add column change bigint;

create sequence malote.submission_change owned by malote.submission.change;

-- Whoever lands, and by whichever release: the number is taken in the transaction that lands. That has its own number
-- first, so that an export can tell whether all transactions are over that took a lower one.
create function malote.submission_landed() returns trigger
language plpgsql as $$
begin
    perform pg_current_xact_id();
    new.change := nextval('malote.submission_change');
    return new;
end
$$;

create trigger submission_landed
before update on malote.submission
for each row
when (
    (new.standing = 'landed' and old.standing = 'answered') or new.reasons_at is distinct from old.reasons_at
)
execute function malote.submission_landed();

-- One row: one place that what landed is exported to, and how far.
create table malote.export (
    destination text primary key,
    up_to bigint not null default -1,
    seen bigint,
    seen_by bigint,
    noted_at timestamptz not null
);

-- Forget a place, so that retiring keeps nothing back for it; returns whether it was known.
create function malote.forget_export(destination text) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp as $$
    with gone as (
        delete from malote.export as e where e.destination = forget_export.destination
        returning e.destination
    )

    select count(*) > 0 from gone
$$;

revoke execute on function malote.forget_export(text) from public;
