-- One row: one day (of sending, in Brasília), EC and card brand: what became of the authorisations that were asked for.
-- The brand is known from the return only: authorisations without one are in the rows without bandeira.
create view before.cielo_aprovacao_por_dia as
with item as (
    select
        (s.sent_at at time zone 'America/Sao_Paulo')::date as dia,
        s.environment as ambiente,
        s.account as ec,
        i.standing,
        t.bandeira,
        t.status,
        t.situacao,
        coalesce(t.autorizacao_valor, t.valor) as valor
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
)

select
    dia,
    ambiente,
    ec,
    bandeira,
    count(*) as enviadas,
    count(*) filter (where status in ('4', '6')) as aprovadas,
    count(*) filter (where status = '5') as negadas,
    count(*) filter (where situacao = 'erro') as erros,
    count(*) filter (where situacao = 'sem_retorno') as sem_retorno,
    count(*) filter (where situacao is null and standing = 'sent') as aguardando,
    count(*) filter (where situacao is null and standing != 'sent') as lote_recusado,
    count(*) filter (
        where situacao not in ('erro', 'sem_retorno') and coalesce(status, '') not in ('4', '5', '6')
    ) as indefinidas,
    coalesce(round(sum(valor) filter (where status in ('4', '6')) / 100, 2), 0) as valor_aprovado_reais,
    round(
        count(*) filter (where status in ('4', '6'))::numeric
        / nullif(count(*) filter (where status in ('4', '5', '6')), 0), 4
    ) as taxa_aprovacao
from item
group by dia, ambiente, ec, bandeira
order by dia desc, ambiente asc, ec asc, bandeira asc;
