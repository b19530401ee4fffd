-- One row: one proposal whose financiamento was ever sent to BNDES APA, with where it stands and what was last said
-- of it. Its contratação, liberações and cancelamentos are those that were sent by its numeroBNDES, or by its
-- proposal.
create view before.bndes_esteira as
with pedido as (
    select
        s.environment as ambiente,
        s.account as conta,
        s.service as servico,
        s.number,
        i.reference,
        s.id as submission_id,
        s.standing,
        i.standing as situacao_item,
        s.receipt as numero_protocolo,
        s.sent_at,
        coalesce(r.numero_bndes, s.facts ->> 'numeroBNDES') as numero_bndes,
        r.status,
        r.situacao,
        r.data_termino_carencia,
        r.data_primeira_amortizacao,
        r.data_ultima_amortizacao,
        r.data_prevista_liberacao,
        coalesce(r.mensagem, c.mensagem, i.message, s.message) as mensagem,
        coalesce(r.landed_at, s.moved_at) as quando
    from malote.item as i
    inner join malote.submission as s on i.submission = s.id
    left join lateral (
        select l.* from bndes.resultado as l
        where l.submission_id = s.id and l.reference = i.reference
        order by l.ordem desc
        limit 1
    ) as r on true
    left join lateral (
        select l.mensagem from bndes.critica as l
        where l.submission_id = s.id
        order by l.ordem asc
        limit 1
    ) as c on true
    where s.institution = 'bndes'
),

financiamento as (
    select distinct on (ambiente, conta, reference) *
    from pedido
    where servico = 'financiamento'
    order by ambiente asc, conta asc, reference asc, number desc
)

select
    split_part(f.reference, '/', 1) as ano_proposta,
    substr(f.reference, strpos(f.reference, '/') + 1) as numero_proposta,
    f.numero_bndes,
    case
        when k.aprovados > 0 and l.aprovadas > 0 then 'saldo cancelado' -- manual 5.12, observation 1
        when k.aprovados > 0 then 'cancelado'
        when l.aprovadas > 0 then 'liberado'
        when l.pedidas > l.rejeitadas then 'liberação pedida'
        when c.situacao = 'aprovado' then 'contratado'
        when c.situacao_item = 'refused' then 'contratação rejeitada'
        when c.standing = 'in_doubt' then 'contratação em dúvida'
        when c.submission_id is not null then 'contratação pedida'
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
    c.status as contratacao_status,
    c.numero_protocolo as contratacao_protocolo,
    c.sent_at as contratacao_enviada_em,
    c.mensagem as contratacao_mensagem,
    c.data_termino_carencia,
    c.data_primeira_amortizacao,
    c.data_ultima_amortizacao,
    l.pedidas as liberacoes_pedidas,
    l.aprovadas as liberacoes_aprovadas,
    l.rejeitadas as liberacoes_rejeitadas,
    l.em_duvida as liberacoes_em_duvida,
    l.ultima_data_prevista as liberacao_data_prevista,
    l.mensagem as liberacao_mensagem,
    k.pedidos as cancelamentos_pedidos,
    k.aprovados as cancelamentos_aprovados,
    k.mensagem as cancelamento_mensagem,
    greatest(f.quando, c.quando, l.quando, k.quando) as quando,
    f.ambiente,
    f.conta,
    f.submission_id as financiamento_submission_id
from financiamento as f
left join lateral (
    select p.* from pedido as p
    where
        p.servico = 'contratacao' and p.ambiente = f.ambiente and p.conta = f.conta
        and (p.numero_bndes = f.numero_bndes or p.reference = f.reference)
    order by p.number desc
    limit 1
) as c on true
left join lateral (
    select
        count(*) as pedidas,
        count(*) filter (where p.situacao = 'aprovado') as aprovadas,
        count(*) filter (where p.situacao_item = 'refused') as rejeitadas,
        count(*) filter (where p.standing = 'in_doubt') as em_duvida,
        max(p.data_prevista_liberacao) as ultima_data_prevista,
        (array_agg(p.mensagem order by p.number desc))[1] as mensagem,
        max(p.quando) as quando
    from pedido as p
    where
        p.servico = 'liberacao' and p.ambiente = f.ambiente and p.conta = f.conta
        and p.numero_bndes = f.numero_bndes
) as l on true
left join lateral (
    select
        count(*) as pedidos,
        count(*) filter (where p.situacao = 'aprovado') as aprovados,
        (array_agg(p.mensagem order by p.number desc))[1] as mensagem,
        max(p.quando) as quando
    from pedido as p
    where
        p.servico = 'cancelamento' and p.ambiente = f.ambiente and p.conta = f.conta
        and p.numero_bndes = f.numero_bndes
) as k on true
order by f.ambiente asc, f.conta asc, f.reference asc;
