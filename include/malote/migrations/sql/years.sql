-- Years of data: what reads history reaches an index. The indexes themselves are in indexes.sql.

-- Set where a refusal has reasons that have not been asked for yet: so nobody looks through all that ever landed.
alter table malote.submission add column unexplained boolean not null default false;

-- One row: one proposal whose financiamento BNDES approved, with the number that it gave. What follows travels by
-- it. Without `distinct on`, through which no join reaches an index.
create or replace view bndes.aprovado as
select
    s.environment as ambiente,
    s.account as conta,
    r.ano_proposta,
    r.numero_proposta,
    r.numero_bndes,
    r.submission_id,
    r.landed_at
from bndes.resultado as r
inner join malote.submission as s on r.submission_id = s.id
where
    r.servico = 'financiamento' and r.situacao = 'aprovado' and r.numero_bndes is not null
    and not exists (
        select 1
        from bndes.resultado as newer
        inner join malote.submission as sent on newer.submission_id = sent.id
        where
            newer.ano_proposta = r.ano_proposta and newer.numero_proposta = r.numero_proposta
            and newer.servico = 'financiamento' and newer.situacao = 'aprovado' and newer.numero_bndes is not null
            and sent.environment = s.environment and sent.account = s.account
            and (sent.number, newer.ordem) > (s.number, r.ordem)
    );

-- One row: one request to BNDES that was ever prepared, with the last that is known of it. Read report.bndes_esteira.
create view bndes.pedido as
select
    s.environment as ambiente,
    s.account as conta,
    s.service as servico,
    s.number,
    i.reference,
    i.scope,
    s.id as submission_id,
    s.standing,
    i.standing as situacao_item,
    s.receipt as numero_protocolo,
    s.sent_at,
    coalesce(r.numero_bndes, s.facts ->> 'numeroBNDES') as numero_bndes,
    r.status,
    r.situacao,
    r.data_termino_carencia,
    r.data_primeira_amortizacao,
    r.data_ultima_amortizacao,
    r.data_prevista_liberacao,
    coalesce(
        r.mensagem,
        (
            select c.mensagem
            from bndes.critica as c
            where c.submission_id = s.id
            order by c.ordem asc
            limit 1
        ),
        i.message,
        s.message
    ) as mensagem,
    coalesce(r.landed_at, s.moved_at) as quando
from malote.item as i
inner join malote.submission as s on i.submission = s.id
left join lateral (
    select
        l.numero_bndes,
        l.status,
        l.situacao,
        l.data_termino_carencia,
        l.data_primeira_amortizacao,
        l.data_ultima_amortizacao,
        l.data_prevista_liberacao,
        l.mensagem,
        l.landed_at
    from bndes.resultado as l
    where l.submission_id = s.id and l.reference = i.reference
    order by l.ordem desc
    limit 1
) as r on true
where s.institution = 'bndes';

-- One row: one item that is on its way or was accepted, of the scope that the selecting session is about (setting
-- `malote.scope`, which a submit task makes; without it there is none). Outgoing SQL leaves them out by it, so that a
-- table which nobody empties costs a look at an index a row. What may not travel is decided when it is prepared, all the
-- same.
create view malote.travelling as
select i.reference
from malote.item_row as i
where
    i.scope = current_setting('malote.scope', true)
    and i.outcome is distinct from 'refused' and i.outcome is distinct from 'unanswered'
    and i.submission not in (select s.id from malote.submission as s where s.standing in ('in_doubt', 'overdue'));

comment on view malote.travelling is
'Items on their way or accepted, of the scope whose rows are being selected: where not exists (select from
malote.travelling as t where t.reference = …) leaves them out';

-- Items of a submission lie together, so that a sample of pages finds far too few submissions, and the server would read
-- the whole table where a few look-ups do. One document of BNDES has one item, a lot of Cielo 27,000.
alter table malote.item_row alter column submission set (n_distinct = -0.03);

-- One row: one report view as it was made, so that an upgrade touches only those whose text has changed.
create table malote.mart (
    name text primary key,
    sha256 text not null
);
