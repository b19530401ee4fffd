-- The EFD-Reinf: what lands and what goes out. CPFs and names are in it: grant with care.

create schema reinf;

-- One row: one event that the Receita has answered, of whichever kind.
create table reinf.evento (
    submission_id text not null references malote.submission (id),
    ordem integer not null,
    reference text,
    evento text,
    id_evento text,
    per_apur text,
    tp_insc_estab text,
    nr_insc_estab text,
    nr_insc_benef text,
    ide_evt_adic text,
    ind_retif text,
    nr_recibo_base text,
    fech_ret text,
    situacao text,
    cd_retorno text,
    descricao text,
    duplicado boolean,
    nr_recibo text,
    nr_protocolo text,
    recebido_em timestamptz,
    processado_em timestamptz,
    hash text,
    totais jsonb,
    ocorrencias jsonb,
    codigo text,
    mensagem text,
    nao_lido text,
    landed_at timestamptz not null,
    declarado text generated always as (regexp_replace(reference, '/r[0-9]+$', '')) stored,
    primary key (submission_id, ordem)
);

create index reinf_evento_of_declared on reinf.evento (declarado);

create index reinf_evento_of_month on reinf.evento (per_apur, evento);

create index reinf_evento_of_base on reinf.evento (nr_recibo_base) where nr_recibo_base is not null;

comment on table reinf.evento is 'One row per event that the Receita answered';
comment on column reinf.evento.evento is 'R-1000, R-4020…';
comment on column reinf.evento.situacao is 'aceito, recusado or desconhecido (it is asked again)';
comment on column reinf.evento.duplicado is 'evtDupl: the same event was received before, and this is its receipt';
comment on column reinf.evento.nr_recibo_base is
'Of a rectification, what it replaces; of a R-9000, what it excludes';
comment on column reinf.evento.fech_ret is 'Of a R-4099: 0 closes the month, 1 opens it again';
comment on column reinf.evento.totais is
'List of objects: grupo, CR (code of revenue), natRend, and amounts as decimal text (vlrBaseCR, vlrCRInf…)';
comment on column reinf.evento.ocorrencias is 'List of objects: tipo (1 error, 2 warning), codigo, descricao, local';
comment on column reinf.evento.declarado is 'The reference without /rN: what all versions of one event have in common';

-- One row: one ocorrência of a lote that was refused, or of the events of a lote that has a refused one.
create table reinf.ocorrencia (
    submission_id text not null references malote.submission (id),
    ordem integer not null,
    reference text,
    evento text,
    id_evento text,
    nr_protocolo text,
    origem text,
    tipo text,
    codigo text,
    descricao text,
    localizacao text,
    landed_at timestamptz not null,
    primary key (submission_id, ordem)
);

create index reinf_ocorrencia_of_event on reinf.ocorrencia (id_evento);

comment on table reinf.ocorrencia is 'One row per ocorrência; origem porta: the lote was not taken; evento: of an event';

-- One row: an event as it now stands over there: the last accepted version of each, and whether it was excluded.
create view reinf.vigente as
select
    s.environment as ambiente,
    s.account as conta,
    e.evento,
    e.declarado,
    e.reference,
    e.per_apur,
    e.nr_recibo,
    e.fech_ret,
    e.recebido_em,
    e.totais,
    exists(
        select 1
        from reinf.evento as x
        inner join malote.submission as y on x.submission_id = y.id
        where
            x.nr_recibo_base = e.nr_recibo and x.evento = 'R-9000' and x.situacao = 'aceito'
            and y.environment = s.environment and y.account = s.account
    ) as excluido
from reinf.evento as e
inner join malote.submission as s on e.submission_id = s.id
where
    e.situacao = 'aceito' and e.reference is not null
    and not exists (
        select 1
        from reinf.evento as newer
        inner join malote.submission as sent on newer.submission_id = sent.id
        where
            newer.declarado = e.declarado and newer.evento = e.evento and newer.situacao = 'aceito'
            and sent.environment = s.environment and sent.account = s.account
            and (sent.number, newer.ordem) > (s.number, e.ordem)
    );

comment on view reinf.vigente is 'One row per event that was accepted: its last version, its receipt, excluded or not';

-- One row: one R-1000: the contributor's own data, for a time.
create table outgoing.reinf_r1000 (
    acao text not null default 'inclusao' check (acao in ('inclusao', 'alteracao', 'exclusao')),
    ini_valid text not null,
    fim_valid text,
    vez integer not null default 1,
    class_trib text,
    ind_escrituracao text default '0',
    ind_desoneracao text default '0',
    ind_acordo_isen_multa text default '0',
    ind_sit_pj text default '0',
    nm_ctt text,
    cpf_ctt text,
    fone_fixo text,
    email text,
    primary key (acao, ini_valid, vez)
);

-- One row: one payment to a person. Payments of one establishment, beneficiary and month are one event.
create table outgoing.reinf_r4010 (
    referencia text primary key,
    per_apur text not null,
    tp_insc_estab text not null default '1',
    nr_insc_estab text not null,
    beneficiario text not null,
    cpf_benef text,
    nm_benef text,
    ide_evt_adic text,
    nat_rend text not null,
    dt_fg date not null,
    vlr_rend_bruto numeric(14, 2) not null,
    vlr_rend_trib numeric(14, 2),
    vlr_ir numeric(14, 2),
    retificacao integer not null default 0,
    evento text generated always as (
        per_apur || '/' || nr_insc_estab || '/' || beneficiario || coalesce('/' || ide_evt_adic, '')
    ) stored
);

create index reinf_r4010_of_event on outgoing.reinf_r4010 (evento);

comment on column outgoing.reinf_r4010.beneficiario is
'Your own number of the person, never the CPF: it becomes part of the reference, which logs show';
comment on column outgoing.reinf_r4010.retificacao is
'Add 1 to send the event again after it was accepted: a rectification with the landed receipt';

-- One row: one payment to a company.
create table outgoing.reinf_r4020 (
    referencia text primary key,
    per_apur text not null,
    tp_insc_estab text not null default '1',
    nr_insc_estab text not null,
    cnpj_benef text not null,
    nm_benef text,
    isen_imun text,
    ide_evt_adic text,
    nat_rend text not null,
    dt_fg date not null,
    vlr_bruto numeric(14, 2) not null,
    vlr_base_ir numeric(14, 2),
    vlr_ir numeric(14, 2),
    vlr_base_agreg numeric(14, 2),
    vlr_agreg numeric(14, 2),
    vlr_base_csll numeric(14, 2),
    vlr_csll numeric(14, 2),
    vlr_base_cofins numeric(14, 2),
    vlr_cofins numeric(14, 2),
    vlr_base_pp numeric(14, 2),
    vlr_pp numeric(14, 2),
    retificacao integer not null default 0,
    evento text generated always as (
        per_apur || '/' || nr_insc_estab || '/' || cnpj_benef || coalesce('/' || ide_evt_adic, '')
    ) stored
);

create index reinf_r4020_of_event on outgoing.reinf_r4020 (evento);

comment on column outgoing.reinf_r4020.retificacao is
'Add 1 to send the event again after it was accepted: a rectification with the landed receipt';

-- One row: one closing (fech_ret 0) or reopening (1) of a month. A closing waits until all of its month has landed.
create table outgoing.reinf_r4099 (
    per_apur text not null,
    vez integer not null default 1,
    fech_ret text not null default '0',
    nm_resp text,
    cpf_resp text,
    telefone text,
    email text,
    primary key (per_apur, vez)
);

-- One row: one event that is to be excluded, by its receipt (reinf.vigente).
create table outgoing.reinf_r9000 (
    nr_rec_evt text primary key,
    tp_evento text not null,
    per_apur text not null
);

-- One row: one event of another kind that needs no more than its month, as a R-2098; all else by a user's own SQL.
create table outgoing.reinf_outros (
    servico text not null,
    referencia text not null,
    per_apur text,
    primary key (servico, referencia)
);

-- One row: one event that the shipped outgoing tables ask for, by its reference.
create view reinf.esperado as
select
    'r4010' as servico,
    'R-4010' as evento,
    p.per_apur,
    p.evento || case when max(p.retificacao) > 0 then '/r' || max(p.retificacao) else '' end as reference
from outgoing.reinf_r4010 as p
group by p.per_apur, p.evento
union all
select
    'r4020' as servico,
    'R-4020' as evento,
    p.per_apur,
    p.evento || case when max(p.retificacao) > 0 then '/r' || max(p.retificacao) else '' end as reference
from outgoing.reinf_r4020 as p
group by p.per_apur, p.evento;

-- One row: what of a month has not landed well, in words: it keeps the month's closing waiting.
create view reinf.pendencia as
with casa as (
    select distinct
        environment as ambiente,
        account as conta,
        'reinf/' || environment || '/' || account || '/' as scope
    from malote.pouch
    where institution = 'reinf'
),

esperado as (
    select
        c.ambiente,
        c.conta,
        e.per_apur,
        e.evento,
        e.reference,
        coalesce(i.estado, k.estado, 'a enviar') as estado
    from reinf.esperado as e
    cross join casa as c
    left join lateral (
        select
            case
                when r.outcome = 'accepted' then 'aceito'
                when s.standing = 'withdrawn' then 'retirado'
                when s.standing = 'in_doubt' then 'em dúvida'
                when r.outcome = 'unanswered' then 'sem resposta'
                when r.outcome in ('refused', 'refused_for_good') then 'recusado'
                when s.standing = 'landed' then 'aceito'
                else 'a caminho'
            end as estado
        from malote.item_row as r
        inner join malote.submission as s on r.submission = s.id
        where
            r.scope = c.scope || e.servico || '/' || e.evento
            and r.reference = e.reference
        order by s.number desc
        limit 1
    ) as i on true
    -- What is over may have gone: then the register knows what became of it.
    left join lateral (
        select case r.fate when 'accepted' then 'aceito' when 'refused' then 'recusado' else 'sem resposta' end as estado
        from (
            select
                n.number,
                n.fate
            from malote.register_new as n
            where n.key = malote.key_of(c.scope || e.servico || '/' || e.evento, e.reference)
            union all
            select
                g.numbers[array_position(g.keys, malote.key_of(c.scope || e.servico || '/' || e.evento, e.reference))],
                g.fate
            from malote.register as g
            where
                g.bucket = (malote.key_of(c.scope || e.servico || '/' || e.evento, e.reference) >> 50)::integer
                and malote.key_of(c.scope || e.servico || '/' || e.evento, e.reference) = any(g.keys)
        ) as r
        where i.estado is null
        order by r.number desc
        limit 1
    ) as k on true
),

outros as (
    select
        s.environment as ambiente,
        s.account as conta,
        s.facts -> 'eventos' -> r.echo ->> 'perApur' as per_apur,
        s.operation as evento,
        r.reference,
        case when s.standing = 'in_doubt' then 'em dúvida' else 'a caminho' end as estado
    from malote.submission as s
    inner join malote.item_row as r on s.id = r.submission
    where
        s.institution = 'reinf'
        and s.standing in ('prepared', 'sending', 'answered', 'received', 'overdue', 'in_doubt')
        and s.operation not in ('R-4099', 'R-2099', 'R-2098')
        and not exists (
            select 1 from reinf.esperado as e
            where e.servico = s.service and e.reference = r.reference
        )
)

select
    x.ambiente,
    x.conta,
    x.per_apur,
    x.evento,
    x.estado,
    count(*) as quantos,
    (array_agg(x.reference order by x.reference))[1:5] as alguns
from (
    select * from esperado
    where estado <> 'aceito'
    union all
    select * from outros
) as x
group by x.ambiente, x.conta, x.per_apur, x.evento, x.estado;

comment on view reinf.pendencia is 'One row per month, kind of event and state of what has not landed well';
