-- Cielo: what goes out. Insert a row here and see it travel; or point the SQL at your own tables.
-- No card stands in a table: a token does, or sealed text, which `malote seal` makes of a card.

-- One row: one order to be authorised (operation 02).
create table outgoing.cielo_autorizacao (
    numero_pedido text primary key,
    valor bigint not null,
    moeda text not null default '986',
    data_hora timestamptz not null default now(),
    descricao text,
    idioma text not null default 'PT',
    taxa_embarque bigint,
    soft_descriptor text,
    cartao_selado text,
    token text,
    bandeira text not null,
    produto text not null default '1',
    parcelas integer not null default 1,
    autorizar text not null default '3',
    capturar boolean not null default false,
    gerar_token boolean,
    campo_livre text,
    url_retorno text default 'null'
);

-- One row: one cancellation (operation 03).
create table outgoing.cielo_cancelamento (
    referencia text primary key,
    tid text not null,
    valor bigint
);

-- One row: one authorised transaction to be captured (operation 04).
create table outgoing.cielo_captura (
    tid text primary key,
    valor bigint,
    taxa_embarque bigint
);

-- One row: one card to become a token (operation 05).
create table outgoing.cielo_tokenizacao (
    referencia text primary key,
    cartao_selado text not null
);

-- One row: one transaction to be asked for (operation 06).
create table outgoing.cielo_consulta (
    referencia text primary key,
    tid text not null
);

-- One row: one order number to be asked for (operation 07).
create table outgoing.cielo_consulta_chsec (
    referencia text primary key,
    numero_pedido text not null
);

-- One row: one authenticated transaction to be authorised (operation 08).
create table outgoing.cielo_autorizacao_tid (
    tid text primary key
);

comment on table outgoing.cielo_autorizacao is
'Orders to be authorised by Cielo in a lot (02). The order number is what may not travel twice';
comment on column outgoing.cielo_autorizacao.numero_pedido is
'Letters and digits only, at most 20: no dash';
comment on column outgoing.cielo_autorizacao.valor is
'Centavos: 102099 is R$ 1.020,99';
comment on column outgoing.cielo_autorizacao.soft_descriptor is
'On the cardholder''s bill; letters without accents, digits, blanks and *, at most 13; Visa and Mastercard';
comment on column outgoing.cielo_autorizacao.cartao_selado is
'The card as text sealed by `malote seal`, a JSON object: numero, validade (aaaamm), codigo-seguranca, nome-portador';
comment on column outgoing.cielo_autorizacao.token is
'Instead of a card, never beside one; bandeira is needed with it too';
comment on column outgoing.cielo_autorizacao.produto is
'1 crédito à vista, 2 parcelado loja, 3 parcelado administradora';
comment on column outgoing.cielo_autorizacao.autorizar is
'3 direta; 4 recorrente (produto 1 only, the store must be enabled)';
comment on column outgoing.cielo_autorizacao.capturar is
'Capture at once where it is authorised';
comment on column outgoing.cielo_autorizacao.url_retorno is
'The word null, which Cielo asks for where nobody returns';
comment on table outgoing.cielo_cancelamento is
'Cancellations (03). Several partial ones of one tid: each its own referencia, and not in one run';
comment on column outgoing.cielo_cancelamento.valor is
'Centavos; null or 0 cancels all of it';
comment on table outgoing.cielo_captura is
'Captures (04), at most 5 days after the authorisation; a lot waits 12 to 24 hours, so send by day 3';
comment on column outgoing.cielo_captura.valor is
'Centavos, at most what was authorised; null captures all of it';
comment on column outgoing.cielo_captura.taxa_embarque is
'Centavos; needed in a partial capture where the authorisation had one, which malote cannot see';
comment on table outgoing.cielo_tokenizacao is
'Cards to become tokens (05)';
comment on column outgoing.cielo_tokenizacao.cartao_selado is
'The card as text sealed by `malote seal`, a JSON object: numero, validade (aaaamm), nome-portador';
comment on table outgoing.cielo_consulta is
'Transactions to be asked for (06)';
comment on table outgoing.cielo_consulta_chsec is
'Order numbers to be asked for (07): gives the newest transaction of each, a contingency only';
comment on table outgoing.cielo_autorizacao_tid is
'Transactions that stopped after authentication (08)';
