-- Which of a pouch may be asked about next: without it a lease of some reads all that wait.

create index submission_due on malote.submission (pouch, next_at)
where standing in ('received', 'overdue') and not ready;
