-- What an answer holds and nobody can read without guessing: null in its own column, as it came in this one.

alter table cielo.transacao add column nao_lido jsonb;
alter table bndes.resultado add column nao_lido jsonb;
alter table bndes.operacao add column nao_lido jsonb;
alter table bndes.subcredito add column nao_lido jsonb;

comment on column cielo.transacao.nao_lido is 'Amounts, instants that can be read in more than one way or in none, by column';
comment on column bndes.resultado.nao_lido is 'Amounts, days, instants that can be read in more than one way or in none, by column';
comment on column bndes.operacao.nao_lido is 'Amounts, days, instants that can be read in more than one way or in none, by column';
comment on column bndes.subcredito.nao_lido is 'Amounts, days, instants that can be read in more than one way or in none, by column';

create index transacao_unread on cielo.transacao (submission_id) where nao_lido is not null;
create index resultado_unread on bndes.resultado (submission_id) where nao_lido is not null;
create index operacao_unread on bndes.operacao (query_id) where nao_lido is not null;
create index subcredito_unread on bndes.subcredito (query_id) where nao_lido is not null;
