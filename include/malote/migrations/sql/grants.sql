-- What each role may do with what there is by now. Run at the end of every upgrade where there are roles.

do $$
declare
    schema text;
begin
    foreach schema in array array(
        select n.nspname::text from pg_catalog.pg_namespace as n where n.nspname = any ({schemas})
    ) loop
        execute format('grant usage on schema %I to malote_runtime, malote_select', schema);
        execute format('grant select on all tables in schema %I to malote_runtime, malote_select', schema);
        if schema = 'outgoing' then
            continue;
        end if;
        execute format('grant insert, update, delete on all tables in schema %I to malote_runtime', schema);
        execute format('grant usage on all sequences in schema %I to malote_runtime', schema);
        if schema <> 'malote' then
            execute format('grant usage on schema %I to malote_reader', schema);
            execute format('grant select on all tables in schema %I to malote_reader', schema);
        end if;
    end loop;
    revoke update, delete on malote.event from malote_runtime;
    revoke insert, update, delete on malote.alembic_version from malote_runtime;
end
$$;
