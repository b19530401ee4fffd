-- An append-only table is not emptied either.

create trigger event_stays_whole
before truncate on malote.event
for each statement execute function malote.event_stays();
