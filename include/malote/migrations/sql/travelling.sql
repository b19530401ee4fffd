-- As it was, but what is in doubt is collected once. As `not in` it was priced anew for each row that is looked up, so
-- that 650,000 rows beside 10,000,000 items were held against every one of these. By its keys, which are searched and
-- not gone through: thousands may be overdue.
create or replace view malote.travelling as
select i.reference
from malote.item_row as i
where
    i.scope = current_setting('malote.scope', true)
    and i.outcome is distinct from 'refused' and i.outcome is distinct from 'unanswered'
    and not coalesce(
        (
            select jsonb_object_agg(s.id, '')
            from malote.submission as s
            where s.standing in ('in_doubt', 'overdue')
        ) ? i.submission,
        false
    );
