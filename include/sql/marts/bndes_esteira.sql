-- One row: one proposal whose financiamento was ever sent to BNDES APA, with where it stands and what was last said
-- of it. Its contratação, liberações and cancelamentos are those that were sent by its numeroBNDES, or by its
-- proposal.
create or replace view report.bndes_esteira as
select
    split_part(f.reference, '/', 1) as ano_proposta,
    substr(f.reference, strpos(f.reference, '/') + 1) as numero_proposta,
    f.numero_bndes,
    case
        when e.cancelamentos_aprovados > 0 and e.aprovadas > 0 then 'saldo cancelado' -- manual 5.12, observation 1
        when e.cancelamentos_aprovados > 0 then 'cancelado'
        when e.aprovadas > 0 then 'liberado'
        when e.pedidas > e.rejeitadas then 'liberação pedida'
        when (e.contratacao).situacao = 'aprovado' then 'contratado'
        when (e.contratacao).situacao_item = 'refused' then 'contratação rejeitada'
        when (e.contratacao).standing = 'in_doubt' then 'contratação em dúvida'
        when (e.contratacao).submission_id is not null then 'contratação pedida'
        when f.situacao = 'aprovado' then 'aprovado'
        when f.situacao_item = 'refused' then 'rejeitado'
        when f.standing = 'prepared' then 'a enviar'
        when f.standing = 'in_doubt' then 'em dúvida'
        when f.standing = 'withdrawn' then 'retirado'
        else 'pedido'
    end as etapa,
    f.status as financiamento_status,
    f.numero_protocolo as financiamento_protocolo,
    f.sent_at as financiamento_enviado_em,
    f.mensagem as financiamento_mensagem,
    (e.contratacao).status as contratacao_status,
    (e.contratacao).numero_protocolo as contratacao_protocolo,
    (e.contratacao).sent_at as contratacao_enviada_em,
    (e.contratacao).mensagem as contratacao_mensagem,
    (e.contratacao).data_termino_carencia as data_termino_carencia,
    (e.contratacao).data_primeira_amortizacao as data_primeira_amortizacao,
    (e.contratacao).data_ultima_amortizacao as data_ultima_amortizacao,
    e.pedidas as liberacoes_pedidas,
    e.aprovadas as liberacoes_aprovadas,
    e.rejeitadas as liberacoes_rejeitadas,
    e.em_duvida as liberacoes_em_duvida,
    e.ultima_data_prevista as liberacao_data_prevista,
    e.mensagem as liberacao_mensagem,
    e.cancelamentos_pedidos,
    e.cancelamentos_aprovados,
    e.cancelamento_mensagem,
    greatest(f.quando, (e.contratacao).quando, e.quando) as quando,
    f.ambiente,
    f.conta,
    f.submission_id as financiamento_submission_id
from bndes.pedido as f
cross join lateral (
    select
        (array_agg(row(p.*)::bndes.pedido) filter (where p.servico = 'contratacao'))[1] as contratacao,
        count(*) filter (where p.servico = 'liberacao') as pedidas,
        count(*) filter (where p.servico = 'liberacao' and p.situacao = 'aprovado') as aprovadas,
        count(*) filter (where p.servico = 'liberacao' and p.situacao_item = 'refused') as rejeitadas,
        count(*) filter (where p.servico = 'liberacao' and p.standing = 'in_doubt') as em_duvida,
        max(p.data_prevista_liberacao) filter (where p.servico = 'liberacao') as ultima_data_prevista,
        (array_agg(p.mensagem) filter (where p.servico = 'liberacao'))[1] as mensagem,
        count(*) filter (where p.servico = 'cancelamento') as cancelamentos_pedidos,
        count(*) filter (where p.servico = 'cancelamento' and p.situacao = 'aprovado') as cancelamentos_aprovados,
        (array_agg(p.mensagem) filter (where p.servico = 'cancelamento'))[1]
            as cancelamento_mensagem,
        max(p.quando) filter (where p.servico <> 'contratacao') as quando
    -- In order once, for all of the aggregates.
    from (
        select p.*
        from (
            select r.submission_id
            from bndes.resultado as r
            where r.numero_bndes = f.numero_bndes
            union
            select s.id as submission_id
            from malote.submission as s
            where s.institution = 'bndes' and s.facts ->> 'numeroBNDES' = f.numero_bndes
            union
            select i.submission as submission_id
            from malote.item_row as i
            where i.reference = f.reference
        ) as candidate
        inner join bndes.pedido as p on candidate.submission_id = p.submission_id
        where
            p.ambiente = f.ambiente and p.conta = f.conta
            and (
                (p.servico in ('contratacao', 'liberacao', 'cancelamento') and p.numero_bndes = f.numero_bndes)
                or (p.servico = 'contratacao' and p.reference = f.reference)
            )
        order by p.number desc
    ) as p
) as e
where
    f.servico = 'financiamento' and f.scope like 'bndes/%/financiamento/%'
    and not exists (
        select 1
        from malote.item_row as i
        inner join malote.submission as newer on i.submission = newer.id
        where
            i.reference = f.reference and newer.institution = 'bndes' and newer.service = 'financiamento'
            and newer.environment = f.ambiente and newer.account = f.conta and newer.number > f.number
    );
