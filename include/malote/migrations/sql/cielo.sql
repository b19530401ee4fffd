-- Cielo: what lands.

create schema cielo;

-- One row: one item of a lot with what its return file says of it, in the institution's own words; beyond the items,
-- one row for each thing that the return holds and that was not sent. No card number, no chave.
-- submission_id is that of malote.load, which is written in the same transaction: a foreign key here as well would check
-- 27,000 times what is checked once, and take a sixth of the time that a lot needs to land.
create table cielo.transacao (
    submission_id text not null,
    ordem integer not null,
    reference text,
    operacao text,
    numero_lote integer,
    item_id text,
    tid text,
    numero_pedido text,
    valor numeric,
    moeda text,
    pedido_data_hora timestamptz,
    bandeira text,
    produto text,
    parcelas integer,
    status text,
    situacao text,
    autorizacao_codigo text,
    autorizacao_mensagem text,
    autorizacao_data_hora timestamptz,
    autorizacao_valor numeric,
    lr text,
    lr_significado text,
    permite_retentativa boolean,
    arp text,
    nsu text,
    eci text,
    captura_mensagem text,
    captura_data_hora timestamptz,
    captura_valor numeric,
    cancelamentos integer,
    cancelado_valor numeric,
    cancelamento_data_hora timestamptz,
    cancelamento_mensagem text,
    codigo_token text,
    token_status text,
    numero_cartao_truncado text,
    token_erro_codigo text,
    token_erro_mensagem text,
    renova_facil boolean,
    renova_cartao_truncado text,
    erro_codigo text,
    erro_mensagem text,
    landed_at timestamptz not null,
    primary key (submission_id, ordem)
);

create index transacao_of_item on cielo.transacao (submission_id, reference);

-- What the shipped SQL of captures looks for, a lot at a time.
create index transacao_authorised on cielo.transacao (tid) where status = '4';

comment on table cielo.transacao is
'One row per item sent to Cielo, with what the return file says of it; surplus rows of the return have no reference';
comment on column cielo.transacao.ordem is 'Place in the return file; items that it does not mention follow after it';
comment on column cielo.transacao.reference is 'The item''s own reference; null where the row is about nothing we sent';
comment on column cielo.transacao.operacao is
'02 autorização, 03 cancelamento, 04 captura, 05 tokenização, 06 consulta, 07 consulta por pedido, 08 autorização de TID';
comment on column cielo.transacao.item_id is 'The id of the item inside the lot, as the return echoes it';
comment on column cielo.transacao.valor is 'Of the order, in centavos, as on the wire';
comment on column cielo.transacao.status is
'As on the wire: 4 autorizada, 5 não autorizada, 6 capturada, 9 cancelada…; unknown ones are kept';
comment on column cielo.transacao.situacao is
'The status in words, Tokenizada, erro, sem_retorno (the return does not mention the item) or status desconhecido';
comment on column cielo.transacao.autorizacao_codigo is
'The status of the transaction, not of the step: after a cancellation it is 9 here too';
comment on column cielo.transacao.autorizacao_valor is 'Centavos';
comment on column cielo.transacao.lr is 'Answer of the card''s issuer, as text: 00, 000, AA';
comment on column cielo.transacao.lr_significado is 'For the merchant only, never for the cardholder';
comment on column cielo.transacao.permite_retentativa is
'Whether the item may travel again when asked for: by the LR table, or the table of errors; null where it was accepted';
comment on column cielo.transacao.captura_valor is 'Centavos';
comment on column cielo.transacao.cancelamentos is 'How many cancellations the transaction has';
comment on column cielo.transacao.cancelado_valor is 'Their sum, in centavos';
comment on column cielo.transacao.cancelamento_data_hora is 'Of the last one; so is its message';
comment on column cielo.transacao.codigo_token is
'In full, it is what a tokenisation is for: with it a card can be charged, so grant this column with care';
comment on column cielo.transacao.token_status is '0 bloqueado, 1 desbloqueado';
comment on column cielo.transacao.numero_cartao_truncado is 'First 6 and last 4';
comment on column cielo.transacao.renova_facil is 'The return brought a newer card, or token, for the one that was sent';
comment on column cielo.transacao.renova_cartao_truncado is 'First 6 and last 4 of the newer card; the rest is not kept';
