-- What ends a guess for good: the institution's own word that it has a submission, and a person's that its receipt is right.

alter table malote.submission
add column arrived boolean not null default false,
add column confirmed boolean not null default false;
