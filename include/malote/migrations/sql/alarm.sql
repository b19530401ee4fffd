-- One row: one thing that needs a person, and when a person was told of it last.
create table malote.alarm (
    kind text not null,
    subject text not null,
    told_at timestamptz not null,
    primary key (kind, subject)
);
