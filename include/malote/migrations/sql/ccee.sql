-- The CCEE: what lands and what goes out.

create schema ccee;

-- One row: one detalhe of an obterResultadoProcessamento answer, in the institution's own words.
create table ccee.resultado_processamento (
    submission_id text not null references malote.submission (id),
    ordem integer not null,
    reference text,
    codigo_processamento text,
    status text,
    descricao text,
    codigo_origem text,
    codigo_contrato text,
    comprador_codigo text,
    vendedor_codigo text,
    landed_at timestamptz not null,
    primary key (submission_id, ordem)
);

create index resultado_of_item on ccee.resultado_processamento (submission_id, reference);

-- One row: one CCEAL Firme contract to be created. Insert here and see it travel; or point the SQL at your own tables.
create table outgoing.ccee_contratos (
    referencia text primary key,
    tipo_gravacao text not null default 'R',
    data_de_inicio timestamp not null,
    data_de_fim timestamp not null,
    id_comprador text not null,
    id_vendedor text not null,
    id_submercado_entrega text not null default '1',
    montante_medio numeric not null,
    tipo_modulacao text not null default 'F'
);
