-- Indexes that history needs, one statement each. They are built `concurrently`, after everything else, where there is
-- none of that name; a statement that is changed needs another name, and its old one goes to `drop index` below.

-- The promise itself: an item that is in flight, accepted or unanswered is in one document only. A refused one may be in
-- many. By reference first: so it also answers who holds a reference, in whichever scope. With its fate and its
-- submission, malote.travelling is answered by the index alone, and in order: that is what a million rows are held
-- against (a seventh more on disk).
create unique index item_travelling on malote.item_row (reference, scope, (case when outcome = 'refused' then submission else '' end)) include (outcome, submission);
drop index malote.item_travels;
drop index malote.item_travels_once;
drop index malote.item_refused;

-- report.bndes_esteira by proposal: what it begins with, and no other document of the proposal.
create index item_of_financiamento on malote.item_row (split_part(reference, '/', 1), substr(reference, strpos(reference, '/') + 1)) where scope like 'bndes/%/financiamento/%';
drop index malote.item_of_proposal;
create index submission_of_number on malote.submission ((facts ->> 'numeroBNDES')) where institution = 'bndes';

-- Lots of Cielo by their number. Not `where institution = 'cielo'`: reading all lots out of it looked so cheap that a
-- hundred references were held against every item of every lot.
create index submission_of_lot_number on malote.submission ((facts ->> 'numero_lote')) where facts ->> 'numero_lote' is not null;
drop index malote.submission_of_lot;

-- Lots of authorisations, which report.cielo_aprovacao_por_dia is about; report.cielo_transacoes says nothing of services.
create index submission_of_authorisations on malote.submission (sent_at) where institution = 'cielo' and service in ('autorizacao', 'autorizacao_tid') and sent_at is not null;

-- What is not settled, few of very many; what ended otherwise than by landing.
create index submission_unsettled on malote.submission (institution, environment, account, service, standing) where standing in ('prepared', 'sending', 'received', 'answered', 'in_doubt', 'overdue');
create index submission_ended on malote.submission (institution, environment, account, service, standing) where standing in ('refused', 'withdrawn');
create index submission_unexplained on malote.submission (institution, environment, account, service, number) where unexplained;

-- What the desk shows, counts and looks for: out of the index alone, however much waits.
create index submission_on_desk on malote.submission (standing, number) include (pouch, name, receipt) where standing in ('prepared', 'sending', 'answered', 'received', 'overdue', 'in_doubt');
drop index malote.submission_at_desk;
create index submission_sent_at on malote.submission (sent_at) include (pouch, item_count) where sent_at is not null;
drop index malote.submission_sent;

-- What landed since an event.
create index event_landed on malote.event (id) where what = 'landed';

-- Cielo's transactions by tid (captures look for them, a lot at a time) and by order number.
create index transacao_of_tid on cielo.transacao (tid);
drop index cielo.transacao_authorised;
create index transacao_of_order on cielo.transacao (numero_pedido);

-- What landed, in the order of its last landing: an export reads on from its mark.
create index submission_exported on malote.submission ((coalesce(change, 0)), number) where (landed_at is not null or reasons_at is not null) and unlanded_at is null;
