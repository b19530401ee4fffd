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
