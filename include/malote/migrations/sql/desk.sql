-- What the desk asks for: what is open by standing, the pouches of a run, and what happened lately.

create index submission_at_desk on malote.submission (standing, number) include (pouch)
where standing in ('prepared', 'sending', 'answered', 'received', 'overdue', 'in_doubt');

create index submission_refused on malote.submission (moved_at)
where standing = 'refused';

create index submission_sent on malote.submission (sent_at)
where sent_at is not null;

create index load_landed on malote.load (landed_at);

create index pouch_of_run on malote.pouch (split_part(id, '/', 1), split_part(id, '/', 2));
