-- References are compared without the blanks around them: those that were taken in with them are spelt so too, except
-- where that would be a second one. What an answer calls the item stays as it was sent.

create table pg_temp.spelt as
with padded as (
    select
        i.submission,
        i.ordinal,
        i.scope,
        i.reference,
        btrim(i.reference, E' \t\r\n') as anew,
        min(i.reference) over (partition by i.scope, btrim(i.reference, E' \t\r\n')) as kept
    from malote.item_row as i
    where i.reference <> btrim(i.reference, E' \t\r\n')
)

select
    p.submission,
    p.ordinal,
    p.scope,
    p.reference,
    p.anew
from padded as p
where
    p.reference = p.kept
    and not exists (
        select 1
        from malote.item_row as other
        where other.scope = p.scope and other.reference = p.anew
    );

update malote.item_row as i
set
    echo = coalesce(i.echo, i.reference),
    reference = s.anew
from pg_temp.spelt as s
where i.submission = s.submission and i.ordinal = s.ordinal;

update malote.held as h
set reference = s.anew
from pg_temp.spelt as s
where
    h.scope = s.scope
    and h.reference = s.reference
    and h.submission = s.submission;

update ccee.resultado_processamento as r
set reference = s.anew
from pg_temp.spelt as s
where r.submission_id = s.submission and r.reference = s.reference;

update cielo.transacao as r
set reference = s.anew
from pg_temp.spelt as s
where r.submission_id = s.submission and r.reference = s.reference;

update bndes.resultado as r
set reference = s.anew
from pg_temp.spelt as s
where r.submission_id = s.submission and r.reference = s.reference;

update bndes.critica as r
set reference = s.anew
from pg_temp.spelt as s
where r.submission_id = s.submission and r.reference = s.reference;

drop table pg_temp.spelt;

-- What selections hold back because of that day's submissions, as report.retidas lists it.
alter table report.resumo_diario add column items_held integer not null default 0;
