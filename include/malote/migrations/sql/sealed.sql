-- Card data: what was purged when; items that are refused for good; the card never stands in a table.

alter table malote.submission add column purged_at timestamptz;

create index submission_sealed on malote.submission (institution, environment, account)
where sealed and (purged_at is null or answer is not null);

alter table malote.item_row drop constraint item_row_outcome_check;

alter table malote.item_row add constraint item_row_outcome_check
check (outcome in ('refused', 'refused_for_good', 'unanswered'));

-- One row: one item, with where it stands. Only a refused item that is not refused for good may travel again.
create or replace view malote.item as
select
    i.submission,
    i.ordinal,
    i.scope,
    i.reference,
    i.echo,
    coalesce(
        case i.outcome when 'refused_for_good' then 'refused' else i.outcome end,
        case when s.standing = 'landed' then 'accepted' else 'sent' end
    ) as standing,
    i.code,
    i.message
from malote.item_row as i
inner join malote.submission as s on i.submission = s.id;
