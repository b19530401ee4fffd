-- The daily report costs what is new: what was checked is noted, what was counted is kept.

-- The one row: up to which event everything that landed was checked, up to which one it is being checked, and when all
-- of it was.
create table report.conferencia (
    unica boolean primary key default true check (unica),
    desde bigint not null,
    ate bigint not null,
    inteira_em timestamptz
);

insert into report.conferencia (desde, ate, inteira_em)
select
    coalesce(max(id), 0) as desde,
    coalesce(max(id), 0) as ate,
    now() as inteira_em
from malote.event;

-- One row: one submission that landed, or landed again, since the last check. An event may be committed after a later
-- one, so what is younger than an hour is never taken as checked: see conferencia_comeca.sql.
create view report.cargas_novas as
select distinct
    l.target as tabela,
    e.submission as submission_id
from malote.event as e
inner join malote.load as l on e.submission = l.submission
where e.what = 'landed' and e.id > (select c.desde from report.conferencia as c);

-- One row: one lot of authorisations and card brand, counted where it stood at event `evento` of its submission. It
-- holds as long as that is the submission's last event: nothing about its items changes without one.
create table report.cielo_aprovacao_mantida (
    submission_id text not null,
    evento bigint not null,
    bandeira text,
    enviadas bigint not null,
    aprovadas bigint not null,
    negadas bigint not null,
    erros bigint not null,
    sem_retorno bigint not null,
    aguardando bigint not null,
    lote_recusado bigint not null,
    indefinidas bigint not null,
    valor_aprovado numeric
);

create unique index aprovacao_mantida on report.cielo_aprovacao_mantida (submission_id, (coalesce(bandeira, '')));

-- One row: one lot of authorisations and card brand, counted as it stands now. Read report.cielo_aprovacao_por_dia.
create view cielo.aprovacao_de_lote as
select
    s.id as submission_id,
    (
        select max(e.id) from malote.event as e
        where e.submission = s.id
    ) as evento,
    t.bandeira,
    count(*) as enviadas,
    count(*) filter (where t.status in ('4', '6')) as aprovadas,
    count(*) filter (where t.status = '5') as negadas,
    count(*) filter (where t.situacao = 'erro') as erros,
    count(*) filter (where t.situacao = 'sem_retorno') as sem_retorno,
    count(*) filter (where t.situacao is null and i.standing = 'sent') as aguardando,
    count(*) filter (where t.situacao is null and i.standing <> 'sent') as lote_recusado,
    count(*) filter (
        where t.situacao not in ('erro', 'sem_retorno') and coalesce(t.status, '') not in ('4', '5', '6')
    ) as indefinidas,
    sum(coalesce(t.autorizacao_valor, t.valor)) filter (where t.status in ('4', '6')) as valor_aprovado
from malote.item as i
inner join malote.submission as s on i.submission = s.id
left join lateral (
    select
        l.bandeira,
        l.status,
        l.situacao,
        l.autorizacao_valor,
        l.valor
    from cielo.transacao as l
    where l.submission_id = s.id and l.reference = i.reference
    order by (l.permite_retentativa is null) = (i.standing = 'accepted') desc, l.ordem desc
    limit 1
) as t on true
where s.institution = 'cielo' and s.operation in ('02', '08') and s.sent_at is not null
group by s.id, t.bandeira;
