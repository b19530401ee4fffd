-- One row: one value of an answer that can be read in more than one way or in none, as it came; its column is null.
create or replace view report.nao_lidos as
select
    l.tabela,
    l.origem,
    l.ordem,
    u.key as coluna,
    u.value as texto,
    l.landed_at as gravada_em
from (
    select
        'cielo.transacao' as tabela,
        t.submission_id as origem,
        t.ordem,
        t.nao_lido,
        t.landed_at
    from cielo.transacao as t
    where t.nao_lido is not null
    union all
    select
        'bndes.resultado' as tabela,
        r.submission_id as origem,
        r.ordem,
        r.nao_lido,
        r.landed_at
    from bndes.resultado as r
    where r.nao_lido is not null
    union all
    select
        'bndes.operacao' as tabela,
        o.query_id as origem,
        o.ordem,
        o.nao_lido,
        o.landed_at
    from bndes.operacao as o
    where o.nao_lido is not null
    union all
    select
        'bndes.subcredito' as tabela,
        s.query_id as origem,
        s.ordem,
        s.nao_lido,
        s.landed_at
    from bndes.subcredito as s
    where s.nao_lido is not null
) as l
cross join lateral jsonb_each_text(l.nao_lido) as u;
