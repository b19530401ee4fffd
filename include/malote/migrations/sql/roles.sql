-- The four roles, of no login of their own: who owns, who works, who selects what is to be sent, who reads.

do $$
declare
    role text;
    thing record;
begin
    foreach role in array array['malote_owner', 'malote_runtime', 'malote_select', 'malote_reader'] loop
        if not exists (select from pg_catalog.pg_roles where rolname = role) then
            execute format('create role %I nologin', role);
        end if;
    end loop;
    grant malote_select to malote_runtime;
    if not pg_catalog.pg_has_role(current_user, 'malote_owner', 'member') then
        execute format('grant malote_owner to %I', current_user);
    end if;
    execute format('grant create, temporary on database %I to malote_owner', pg_catalog.current_database());
    execute format('grant temporary on database %I to malote_runtime', pg_catalog.current_database());
    for thing in
        select n.oid, n.nspname as name, n.nspowner as owner from pg_catalog.pg_namespace as n
        where n.nspname = any ({schemas})
    loop
        execute format('alter schema %I owner to malote_owner', thing.name);
    end loop;
    for thing in
        select c.relkind as kind, n.nspname as schema, c.relname as name from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
        where n.nspname = any ({schemas}) and c.relkind in ('r', 'p', 'v', 'm')
            and pg_catalog.pg_get_userbyid(c.relowner) <> 'malote_owner'
    loop
        execute format('alter table %I.%I owner to malote_owner', thing.schema, thing.name);
    end loop;
    for thing in
        select p.oid::regprocedure as name from pg_catalog.pg_proc as p
        inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
        where n.nspname = any ({schemas}) and pg_catalog.pg_get_userbyid(p.proowner) <> 'malote_owner'
    loop
        execute format('alter function %s owner to malote_owner', thing.name);
    end loop;
end
$$;
