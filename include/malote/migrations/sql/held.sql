-- One row: one item that a selection wanted to send and that was held back for what a person may want to end: it was
-- refused, was left unanswered, or is in doubt. What was accepted or is on its way is not noted. Read report.retidas.

create table malote.held (
    scope text not null,
    reference text not null,
    submission text not null references malote.submission (id),
    reason text not null,
    since timestamptz not null,
    seen_at timestamptz not null,
    primary key (scope, reference)
);

-- How often its bytes were handed over again, inside the questions whether this attempt arrived.
alter table malote.submission add column repeats integer not null default 0;
