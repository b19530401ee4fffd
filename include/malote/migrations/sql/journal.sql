-- The journal: what we know we did. Only malote writes here; reports read it.

create schema if not exists outgoing;
create schema if not exists report;

-- One row: what one task run sends.
create table malote.pouch (
    id text primary key,
    institution text not null,
    environment text not null,
    account text not null,
    service text not null,
    params jsonb not null default '{}',
    opened_at timestamptz not null
);

-- One row: one document on its way.
create table malote.submission (
    id text primary key,
    number bigint generated always as identity unique,
    pouch text not null references malote.pouch (id),
    institution text not null,
    environment text not null,
    account text not null,
    service text not null,
    operation text not null,
    standing text not null check (
        standing in (
            'prepared', 'sending', 'received', 'answered', 'landed', 'refused', 'in_doubt', 'overdue', 'withdrawn'
        )
    ),
    name text not null,
    document text not null,
    document_sha256 text not null,
    document_size bigint not null,
    sealed boolean not null,
    item_count integer not null,
    facts jsonb not null default '{}',
    receipt text,
    attempt integer not null default 0,
    uncertain boolean not null default false,
    absent_seen integer not null default 0,
    prepared_at timestamptz not null,
    sent_at timestamptz,
    received_at timestamptz,
    next_at timestamptz,
    deadline timestamptz,
    leased_until timestamptz,
    asked integer not null default 0,
    partial text,
    partial_since timestamptz,
    ready boolean not null default false,
    answer text,
    answer_sha256 text,
    answer_size bigint,
    code text,
    message text,
    moved_at timestamptz not null
);

create index submission_of_pouch on malote.submission (pouch, standing);

create index submission_open on malote.submission (institution, environment, account, service, next_at)
where standing in ('received', 'overdue');

-- A receipt is the institution's number for one submission: nobody may hold it twice.
create unique index submission_receipt on malote.submission (institution, environment, account, service, receipt)
where receipt is not null;

-- One row: one row of the user's inside a document. `outcome` is only set where it is not what its submission says:
-- an answer in which everything is accepted then rewrites nothing here. Read malote.item, which says the standing.
create table malote.item_row (
    submission text not null references malote.submission (id),
    ordinal integer not null,
    scope text not null,
    reference text not null,
    echo text,
    outcome text check (outcome in ('refused', 'unanswered')),
    code text,
    message text,
    primary key (submission, ordinal)
);

-- The promise itself: an item that is in flight, accepted or unanswered is in one document only.
create unique index item_travels_once on malote.item_row (scope, reference)
where outcome is distinct from 'refused';

create index item_refused on malote.item_row (scope, reference)
where outcome = 'refused';

-- One row: one item, with where it stands.
create view malote.item as
select
    i.submission,
    i.ordinal,
    i.scope,
    i.reference,
    i.echo,
    coalesce(i.outcome, case when s.standing = 'landed' then 'accepted' else 'sent' end) as standing,
    i.code,
    i.message
from malote.item_row as i
inner join malote.submission as s on i.submission = s.id;

-- One row: one thing that happened to a submission. Append-only.
create table malote.event (
    id bigint generated always as identity primary key,
    submission text not null references malote.submission (id),
    at timestamptz not null,
    what text not null,
    detail jsonb not null default '{}'
);

create index event_of_submission on malote.event (submission, id);

create function malote.event_stays() returns trigger
language plpgsql as $$
begin
    raise exception 'malote.event is append-only: the story of a submission is not rewritten';
end
$$;

create trigger event_stays
before update or delete on malote.event
for each statement execute function malote.event_stays();

-- One row: one answer that landed, written in the transaction of its rows.
create table malote.load (
    submission text primary key references malote.submission (id),
    landed_at timestamptz not null,
    target text not null,
    answer_sha256 text not null,
    row_count integer not null,
    items_accepted integer not null,
    items_refused integer not null,
    items_unanswered integer not null,
    items_answered_twice integer not null,
    rows_unmatched integer not null
);

-- One row: one number taken from a sequence that institutions see (lot numbers): never reused, never skipped.
create table malote.sequence (
    name text not null,
    number bigint not null,
    taken_for text not null,
    taken_at timestamptz not null,
    primary key (name, number),
    unique (name, taken_for)
);

-- One row: one institution's day, written by the DAG relatorio_diario.
create table report.resumo_diario (
    dia date not null,
    institution text not null,
    submissions integer not null,
    items_accepted integer not null,
    items_refused integer not null,
    in_doubt integer not null,
    overdue integer not null,
    written_at timestamptz not null,
    primary key (dia, institution)
);
