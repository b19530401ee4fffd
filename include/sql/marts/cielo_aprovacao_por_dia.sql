-- One row: one day (of sending, in Brasília), EC and card brand: what became of the authorisations that were asked for.
-- The brand is known from the return only: authorisations without one are in the rows without bandeira.
-- What relatorio_diario has counted is read as it is kept; lots that moved since are counted here.
create or replace view report.cielo_aprovacao_por_dia as
select
    (s.sent_at at time zone 'America/Sao_Paulo')::date as dia,
    s.environment as ambiente,
    s.account as ec,
    a.bandeira,
    sum(a.enviadas)::bigint as enviadas,
    sum(a.aprovadas)::bigint as aprovadas,
    sum(a.negadas)::bigint as negadas,
    sum(a.erros)::bigint as erros,
    sum(a.sem_retorno)::bigint as sem_retorno,
    sum(a.aguardando)::bigint as aguardando,
    sum(a.lote_recusado)::bigint as lote_recusado,
    sum(a.indefinidas)::bigint as indefinidas,
    coalesce(round(sum(a.valor_aprovado) / 100, 2), 0) as valor_aprovado_reais,
    round(sum(a.aprovadas) / nullif(sum(a.aprovadas + a.negadas), 0), 4) as taxa_aprovacao
from malote.submission as s
cross join lateral (
    select exists(
        select 1
        from report.cielo_aprovacao_mantida as k
        where
            k.submission_id = s.id
            and (
                s.retired_at is not null or s.unlanded_at is not null  -- nothing of it is there to be counted anew
                or k.evento = (
                    select max(e.id) from malote.event as e
                    where e.submission = s.id
                )
            )
    ) as mantida
) as v
cross join lateral (
    select
        k.bandeira,
        k.enviadas,
        k.aprovadas,
        k.negadas,
        k.erros,
        k.sem_retorno,
        k.aguardando,
        k.lote_recusado,
        k.indefinidas,
        k.valor_aprovado
    from report.cielo_aprovacao_mantida as k
    where v.mantida and k.submission_id = s.id
    union all
    select
        l.bandeira,
        l.enviadas,
        l.aprovadas,
        l.negadas,
        l.erros,
        l.sem_retorno,
        l.aguardando,
        l.lote_recusado,
        l.indefinidas,
        l.valor_aprovado
    from cielo.aprovacao_de_lote as l
    where not v.mantida and l.submission_id = s.id
) as a
where
    s.institution = 'cielo' and s.service in ('autorizacao', 'autorizacao_tid')
    and s.operation in ('02', '08') and s.sent_at is not null
group by dia, s.environment, s.account, a.bandeira;
