-- What was sent and not answered is asked for again, counted, and may be settled by a person.

alter table malote.submission add column landed_at timestamptz;

update malote.submission as s
set landed_at = l.landed_at
from malote.load as l
where l.submission = s.id;

-- What the institution says in rows that name nobody.
alter table malote.load add column words text;

-- `accepted` is written only where a person settled the item.
alter table malote.item_row drop constraint item_row_outcome_check;

alter table malote.item_row add constraint item_row_outcome_check
check (outcome in ('accepted', 'refused', 'refused_for_good', 'unanswered'));

create index item_unanswered on malote.item_row (submission)
where outcome = 'unanswered';

-- Which of the landed are asked for again, and whose answers are there to be fetched: few of very many.
create index submission_again on malote.submission (next_at)
where standing = 'landed' and next_at is not null;

create index submission_ready on malote.submission (number)
where ready;

-- One row: one item, with where it stands. What has landed once stays accepted while it is asked for again.
create or replace view malote.item as
select
    i.submission,
    i.ordinal,
    i.scope,
    i.reference,
    i.echo,
    coalesce(
        case i.outcome when 'refused_for_good' then 'refused' else i.outcome end,
        case when s.standing = 'landed' or s.landed_at is not null then 'accepted' else 'sent' end
    ) as standing,
    i.code,
    i.message
from malote.item_row as i
inner join malote.submission as s on i.submission = s.id;

alter table report.resumo_diario add column items_unanswered integer not null default 0;
