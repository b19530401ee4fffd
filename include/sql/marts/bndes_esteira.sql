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
        when e.contratacao_situacao = 'aprovado' then 'contratado'
        when e.contratacao_situacao_item = 'refused' then 'contratação rejeitada'
        when e.contratacao_standing = 'in_doubt' then 'contratação em dúvida'
        when e.contratacao_submission_id is not null then 'contratação pedida'
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
    e.contratacao_status,
    e.contratacao_protocolo,
    e.contratacao_enviada_em,
    e.contratacao_mensagem,
    e.contratacao_data_termino_carencia as data_termino_carencia,
    e.contratacao_data_primeira_amortizacao as data_primeira_amortizacao,
    e.contratacao_data_ultima_amortizacao as data_ultima_amortizacao,
    e.pedidas as liberacoes_pedidas,
    e.aprovadas as liberacoes_aprovadas,
    e.rejeitadas as liberacoes_rejeitadas,
    e.em_duvida as liberacoes_em_duvida,
    e.ultima_data_prevista as liberacao_data_prevista,
    e.mensagem as liberacao_mensagem,
    e.cancelamentos_pedidos,
    e.cancelamentos_aprovados,
    e.cancelamento_mensagem,
    greatest(f.quando, e.contratacao_quando, e.quando) as quando,
    f.ambiente,
    f.conta,
    f.submission_id as financiamento_submission_id
from bndes.pedido as f
cross join lateral (
    select
        (array_agg(p.submission_id) filter (where p.servico = 'contratacao'))[1] as contratacao_submission_id,
        (array_agg(p.standing) filter (where p.servico = 'contratacao'))[1] as contratacao_standing,
        (array_agg(p.situacao) filter (where p.servico = 'contratacao'))[1] as contratacao_situacao,
        (array_agg(p.situacao_item) filter (where p.servico = 'contratacao'))[1] as contratacao_situacao_item,
        (array_agg(p.status) filter (where p.servico = 'contratacao'))[1] as contratacao_status,
        (array_agg(p.numero_protocolo) filter (where p.servico = 'contratacao'))[1] as contratacao_protocolo,
        (array_agg(p.sent_at) filter (where p.servico = 'contratacao'))[1] as contratacao_enviada_em,
        (array_agg(p.mensagem) filter (where p.servico = 'contratacao'))[1] as contratacao_mensagem,
        (array_agg(p.data_termino_carencia) filter (where p.servico = 'contratacao'))[1]
            as contratacao_data_termino_carencia,
        (array_agg(p.data_primeira_amortizacao) filter (where p.servico = 'contratacao'))[1]
            as contratacao_data_primeira_amortizacao,
        (array_agg(p.data_ultima_amortizacao) filter (where p.servico = 'contratacao'))[1]
            as contratacao_data_ultima_amortizacao,
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
        (array_agg(p.quando) filter (where p.servico = 'contratacao'))[1] as contratacao_quando,
        max(p.quando) filter (where p.servico <> 'contratacao') as quando
    -- In order once, for all of the aggregates.
    from (
        select p.*
        from (
            -- What was sent by the number, which is nearly all of it; then what only the answer's number or the
            -- proposal tells of.
            select p.*
            from bndes.pedido as p
            where p.numero_enviado = f.numero_bndes
            union all
            select p.*
            from bndes.pedido as p
            where
                p.submission_id = any(array(
                    select other.submission_id
                    from (
                        select r.submission_id
                        from bndes.resultado as r
                        where r.numero_bndes = f.numero_bndes
                        union all
                        select i.submission as submission_id
                        from malote.item_row as i
                        where i.reference = f.reference
                    ) as other
                    where
                        other.submission_id <> f.submission_id
                        and other.submission_id <> all(array(
                            select s.id
                            from malote.submission as s
                            where s.institution = 'bndes' and s.facts ->> 'numeroBNDES' = f.numero_bndes
                        ))
                ))
        ) as p
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
