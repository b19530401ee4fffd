-- Growth: what is over can go, and what may not travel twice is remembered in 16 bytes an item.

-- Since when its items and its story are gone, and since when its landed rows are. Itself it stays: its receipt is
-- nobody else's, and the register names it.
alter table malote.submission
add column retired_at timestamptz,
add column unlanded_at timestamptz;

-- What is left of a reference: 64 bits of the SHA-256 of its scope and itself. Should two ever share them, the other one
-- is held back too, and a person sees by which submission; none travels twice.
create function malote.key_of(scope text, reference text) returns bigint
language sql stable parallel safe as $$
    select
        ('x' || encode(substr(sha256(convert_to(scope || E'\n' || reference, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint
$$;

-- One row: all retired items of one fate (accepted, locked, refused; authorised: see malote.remembered) whose keys begin with the same 14 bits, each with its submission's number.
create table malote.register (
    bucket integer not null,
    fate text not null,
    keys bigint[] not null,
    numbers bigint[] not null,
    primary key (bucket, fate)
);

-- One row: one retired item that has not been folded into the register yet.
create table malote.register_new (
    key bigint not null,
    number bigint not null,
    fate text not null,
    primary key (key, number)
);

-- One row: one scope that the register knows, so that a reference can be looked for in each.
create table malote.register_scope (
    scope text primary key
);

-- One row: what is remembered of landed rows that are retired, beside their items: what another operation asks about.
create table malote.remembered (
    target text not null,
    scope text not null,
    reference text not null,
    condition text not null,
    primary key (target, scope)
);

insert into malote.remembered (target, scope, reference, condition) values
('cielo.transacao', 'cielo/numero_pedido', 'numero_pedido', 'status in (''4'', ''6'')'),
('cielo.transacao', 'cielo/tid', 'tid', 'status in (''4'', ''6'')');

-- What is known of a retired reference: by which submission, and its fate there.
create function malote.retired(scope text, reference text) returns table (number bigint, fate text)
language sql stable as $$
    select
        n.number,
        n.fate
    from malote.register_new as n
    where n.key = malote.key_of(scope, reference)
    union all
    select
        r.numbers[array_position(r.keys, malote.key_of(scope, reference))],
        r.fate
    from malote.register as r
    where
        r.bucket = (malote.key_of(scope, reference) >> 50)::integer
        and malote.key_of(scope, reference) = any(r.keys)
$$;

-- The story stays as long as its submission is not retired; malote.retire alone ends it.
create or replace function malote.event_stays() returns trigger
language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('malote.retiring', true) = 'on' then
        return null;
    end if;
    raise exception 'malote.event is append-only: the story of a submission is not rewritten';
end
$$;

-- Of these submissions, which are over: nothing of them is open, no item is unanswered. Locked until the transaction ends.
create function malote.over(ids text[]) returns setof text
language sql as $$
    select s.id
    from malote.submission as s
    where
        s.id = any(ids)
        and s.standing in ('landed', 'refused', 'withdrawn') and s.next_at is null and not s.ready
        and not exists (
            select 1
            from malote.item_row as i
            where i.submission = s.id and i.outcome = 'unanswered'
        )
    order by s.number
    for no key update of s skip locked
$$;

-- Items and story of what is over go; that the items may not travel again stays. Returns which submissions it was.
create function malote.retire(ids text[], at timestamptz) returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    gone text[];
begin
    select array_agg(o.id) into gone
    from malote.over(ids) as o (id) inner join malote.submission as s on s.id = o.id
    where s.retired_at is null;

    insert into malote.register_scope (scope)
    select distinct i.scope from malote.item_row as i where i.submission = any(gone)
    on conflict do nothing;

    insert into malote.register_new (key, number, fate)
    select
        malote.key_of(i.scope, i.reference),
        s.number,
        min(case when i.outcome in ('accepted', 'refused') then i.outcome
            when i.outcome is null and s.standing = 'landed' then 'accepted' else 'locked' end)
    from malote.item_row as i inner join malote.submission as s on s.id = i.submission
    where i.submission = any(gone) and (i.outcome is distinct from 'refused' or s.standing <> 'withdrawn')
    group by 1, 2
    on conflict do nothing;

    perform set_config('malote.retiring', 'on', true);
    delete from malote.item_row as i where i.submission = any(gone);
    delete from malote.event as e where e.submission = any(gone);
    perform set_config('malote.retiring', '', true);
    update malote.submission as s set retired_at = at, unexplained = false where s.id = any(gone);
    return coalesce(gone, '{}');
end
$$;

-- Landed rows of what is over go, and their load; what malote.remembered names is kept in the register.
create function malote.retire_landed(ids text[], at timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    gone text[];
    target record;
    part bigint;
    rows bigint := 0;
begin
    select array_agg(o.id) into gone
    from malote.over(ids) as o (id) inner join malote.submission as s on s.id = o.id
    where s.unlanded_at is null;

    for target in select * from malote.remembered loop
        execute format(
            'insert into malote.register_new (key, number, fate)
             select distinct malote.key_of(%L, l.%I), s.number, ''authorised''
             from %s as l inner join malote.submission as s on s.id = l.submission_id
             where l.submission_id = any($1) and l.%I is not null and (%s)
             on conflict do nothing',
            target.scope, target.reference, target.target::regclass, target.reference, target.condition
        ) using gone;
    end loop;
    for target in
        select c.oid::regclass as name
        from pg_class as c
        inner join pg_attribute as a on a.attrelid = c.oid and a.attname = 'submission_id' and not a.attisdropped
        where
            c.relkind = 'r'
            and c.relnamespace in (  -- an institution's tables stand in the schema of its name
                select to_regnamespace(s.institution) from malote.submission as s
                where s.id = any(gone)
            )
    loop
        execute format('delete from %s where submission_id = any($1)', target.name) using gone;
        get diagnostics part = row_count;
        rows := rows + part;
    end loop;
    delete from malote.load as l where l.submission = any(gone);
    update malote.submission as s set unlanded_at = at, unexplained = false where s.id = any(gone);
    return rows;
end
$$;

-- What was retired goes into the register, whose rows with the first 14 bits from `low` to `high` are written anew.
create function malote.fold_register(low integer, high integer) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
    with taken as (
        delete from malote.register_new as n
        where n.key >= low::bigint << 50 and n.key <= (high::bigint << 50) + ((1::bigint << 50) - 1)
        returning n.key, n.number, n.fate
    ),

    folded as (
        insert into malote.register as r (bucket, fate, keys, numbers)
        select
            (t.key >> 50)::integer,
            t.fate,
            array_agg(t.key order by t.key, t.number),
            array_agg(t.number order by t.key, t.number)
        from taken as t
        group by 1, 2
        on conflict (bucket, fate) do update
        set keys = r.keys || excluded.keys, numbers = r.numbers || excluded.numbers
    )

    select count(*) from taken
$$;

revoke execute on function malote.over(text[]) from public;
revoke execute on function malote.retire(text[], timestamptz) from public;
revoke execute on function malote.retire_landed(text[], timestamptz) from public;
revoke execute on function malote.fold_register(integer, integer) from public;
