-- BNDES APA: what lands and what goes out. Personal data of beneficiaries is in it: grant with care.

create schema bndes;

-- One row: one request that BNDES has answered, of whichever service, with what its result says.
create table bndes.resultado (
    submission_id text not null references malote.submission (id),
    ordem integer not null,
    reference text,
    servico text,
    numero_protocolo text,
    status text,
    situacao text,
    ano_proposta text,
    numero_proposta text,
    numero_bndes text,
    numero_contrato_bndes text,
    data_termino_carencia date,
    data_primeira_amortizacao date,
    data_ultima_amortizacao date,
    recebido_em timestamptz,
    data_prevista_liberacao date,
    codigo text,
    mensagem text,
    conteudo jsonb,
    landed_at timestamptz not null,
    primary key (submission_id, ordem)
);

create index resultado_of_item on bndes.resultado (submission_id, reference);

create index resultado_of_proposal on bndes.resultado (ano_proposta, numero_proposta);

create index resultado_of_number on bndes.resultado (numero_bndes);

comment on table bndes.resultado is 'One row per request that BNDES answered, with what its result says';
comment on column bndes.resultado.reference is
'The item''s own reference; null where the answer is about nothing that was sent';
comment on column bndes.resultado.servico is 'financiamento, contratacao, liberacao, cancelamento…';
comment on column bndes.resultado.status is 'As on the wire; its only documented value is processando';
comment on column bndes.resultado.situacao is 'aprovado, rejeitado or desconhecido: what status means by rules.words';
comment on column bndes.resultado.numero_bndes is
'Of an approved financiamento: the number for everything that follows; else the one that was sent';
comment on column bndes.resultado.data_prevista_liberacao is
'Of an approved liberacao: D+2 in bank days where BNDES received it until 16:30:00 in Brasília, D+3 later';
comment on column bndes.resultado.codigo is 'Of the first reason of a rejection; all of them are in bndes.critica';
comment on column bndes.resultado.conteudo is 'The whole answer by local names, whatever its layout';

-- One row: one reason of a refusal.
create table bndes.critica (
    submission_id text not null references malote.submission (id),
    ordem integer not null,
    reference text,
    servico text,
    numero_protocolo text,
    origem text,
    codigo text,
    mensagem text,
    campo text,
    tipo text,
    conteudo jsonb,
    landed_at timestamptz not null,
    primary key (submission_id, ordem)
);

create index critica_of_item on bndes.critica (submission_id, reference);

comment on table bndes.critica is 'One row per reason (crítica) of a refusal';
comment on column bndes.critica.origem is
'porta: the 400 to the request; log: logCriticas of its protocol; log recusado: BNDES refused that question';
comment on column bndes.critica.conteudo is 'The whole element by local names';

-- One row: one operation that a pesquisa showed.
create table bndes.operacao (
    query_id text not null,
    ordem integer not null,
    ano_proposta text,
    numero_proposta text,
    numero_protocolo text,
    status text,
    numero_bndes text,
    numero_contrato_bndes text,
    recebido_em timestamptz,
    beneficiario text,
    valor numeric,
    conteudo jsonb,
    landed_at timestamptz not null,
    primary key (query_id, ordem)
);

comment on table bndes.operacao is 'One row per operation that a pesquisa showed; query_id is the question';
comment on column bndes.operacao.conteudo is 'The whole element by local names, whatever its layout';

-- One row: one event of a subcrédito that a consultaSubcredito showed.
create table bndes.subcredito (
    query_id text not null,
    ordem integer not null,
    numero_contrato_bndes text,
    numero_bndes text,
    evento text,
    numero_protocolo text,
    status text,
    recebido_em timestamptz,
    valor numeric,
    data_termino_carencia date,
    data_primeira_amortizacao date,
    data_ultima_amortizacao date,
    conteudo jsonb,
    landed_at timestamptz not null,
    primary key (query_id, ordem)
);

comment on table bndes.subcredito is
'One row per event (financiamento, contratação, liberação, cancelamento) that a consultaSubcredito showed';
comment on column bndes.subcredito.conteudo is 'The whole element by local names, whatever its layout';

-- One row: one proposal whose financiamento BNDES approved, with the number that it gave. What follows travels by
-- it.
create view bndes.aprovado as
select distinct on (s.environment, s.account, r.ano_proposta, r.numero_proposta)
    s.environment as ambiente,
    s.account as conta,
    r.ano_proposta,
    r.numero_proposta,
    r.numero_bndes,
    r.submission_id,
    r.landed_at
from bndes.resultado as r
inner join malote.submission as s on r.submission_id = s.id
where r.servico = 'financiamento' and r.situacao = 'aprovado' and r.numero_bndes is not null
order by s.environment asc, s.account asc, r.ano_proposta asc, r.numero_proposta asc, s.number desc;

-- One row: one proposal whose contratação BNDES approved as well. Only for these a liberação may be asked for.
create view bndes.contratado as
select
    a.ambiente,
    a.conta,
    a.ano_proposta,
    a.numero_proposta,
    a.numero_bndes,
    a.submission_id,
    a.landed_at
from bndes.aprovado as a
where exists (
    select 1
    from bndes.resultado as r
    inner join malote.submission as s on r.submission_id = s.id
    where
        r.servico = 'contratacao' and r.situacao = 'aprovado' and r.numero_bndes = a.numero_bndes
        and s.environment = a.ambiente and s.account = a.conta
);

comment on view bndes.aprovado is 'One row per proposal with an approved financiamento, and its numeroBNDES';
comment on view bndes.contratado is 'One row per proposal with an approved contratação';

-- One row: one financiamento to be asked for. Insert here and see it travel; or point the SQL at your own tables.
create table outgoing.bndes_financiamento (
    ano_proposta text not null,
    numero_proposta text not null,
    programa text,
    beneficiario_cpf_cnpj text not null,
    beneficiario_nome text,
    municipio_ibge text,
    valor_financiado numeric(17, 2) not null,
    prazo_carencia integer,
    prazo_amortizacao integer,
    item_descricao text [],
    item_valor numeric(17, 2) [],
    primary key (ano_proposta, numero_proposta)
);

-- One row: one contratação to be asked for; it travels once its financiamento is approved.
create table outgoing.bndes_contratacao (
    ano_proposta text not null,
    numero_proposta text not null,
    data_contratacao date,
    valor_contratado numeric(17, 2),
    primary key (ano_proposta, numero_proposta)
);

-- One row: one liberação to be asked for; it travels once its contratação is approved. Several of one operation,
-- even of equal value, are legitimate: the reference is yours, and all that tells them apart.
create table outgoing.bndes_liberacao (
    referencia text primary key,
    ano_proposta text not null,
    numero_proposta text not null,
    valor numeric(17, 2) not null,
    chave_nota_fiscal text []
);

-- One row: one cancelamento to be asked for. Of an operation that is partly released it cancels the balance.
create table outgoing.bndes_cancelamento (
    referencia text primary key,
    ano_proposta text not null,
    numero_proposta text not null,
    motivo text
);

-- One row: one request to a service that the manual only names. Its layout is not known, hence neither are its
-- columns.
create table outgoing.bndes_solicitacao (
    servico text not null,
    referencia text not null,
    ano_proposta text,
    numero_proposta text,
    valor numeric(17, 2),
    data date,
    motivo text,
    primary key (servico, referencia)
);
