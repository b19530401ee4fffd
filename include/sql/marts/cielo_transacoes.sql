-- One row: one item that was put into a lot for Cielo, each time that it was, with what is known of it.
create or replace view report.cielo_transacoes as
select
    i.reference as referencia,
    s.operation as operacao,
    case s.operation
        when '02' then 'Autorização'
        when '03' then 'Cancelamento'
        when '04' then 'Captura'
        when '05' then 'Tokenização'
        when '06' then 'Consulta'
        when '07' then 'Consulta por número do pedido'
        when '08' then 'Autorização de TID'
    end as operacao_nome,
    t.tid,
    t.numero_pedido,
    round(t.valor / 100, 2) as valor_reais,
    t.bandeira,
    case t.produto
        when '1' then 'Crédito à vista'
        when '2' then 'Parcelado loja'
        when '3' then 'Parcelado administradora'
        when 'A' then 'Débito'
        else t.produto
    end as produto,
    t.parcelas,
    t.status,
    coalesce(t.situacao, report.em_portugues(s.standing)) as situacao,
    t.lr,
    t.lr_significado,
    t.permite_retentativa,
    t.arp,
    t.nsu,
    t.autorizacao_data_hora as autorizada_em,
    t.captura_data_hora as capturada_em,
    round(t.captura_valor / 100, 2) as capturado_reais,
    t.cancelamentos,
    round(t.cancelado_valor / 100, 2) as cancelado_reais,
    t.cancelamento_data_hora as cancelada_em,
    right(t.codigo_token, 4) as token_final,
    t.numero_cartao_truncado,
    t.renova_facil,
    t.renova_cartao_truncado,
    coalesce(t.erro_codigo, t.token_erro_codigo) as erro_codigo,
    coalesce(t.erro_mensagem, t.token_erro_mensagem, t.autorizacao_mensagem, i.message, s.message) as mensagem,
    report.em_portugues(i.standing) as situacao_item,
    s.environment as ambiente,
    s.account as ec,
    s.facts ->> 'numero_lote' as numero_lote,
    s.name as arquivo,
    s.sent_at as enviada_em,
    coalesce(t.landed_at, s.moved_at) as quando,
    s.id as submission_id
from malote.item as i
-- No plain equality, so that a submission that is asked for is not looked for among the items too: else the first
-- hundred rows of a late lot are found by reading those of all lots before it. Either side can be looked up by the
-- other, and what is expected of that does not grow with the warehouse.
inner join malote.submission as s on s.id = any(array[i.submission]) and i.submission = any(array[s.id])
-- Of several rows about an item the last that says what became of it. As a plain join, through which a filter by tid or
-- by order number reaches an index. With `any`, both ways, it can only be looked up: else the first hundred rows of one
-- lot are sought by reading the references of all years in order.
left join cielo.transacao as t
    on
        i.submission = t.submission_id
        and t.reference = any(array[i.reference]) and i.reference = any(array[t.reference])
        and not exists (
            select 1
            from cielo.transacao as better
            where
                better.submission_id = t.submission_id and better.reference = t.reference
                and ((better.permite_retentativa is null) = (i.standing = 'accepted'), better.ordem)
                > ((t.permite_retentativa is null) = (i.standing = 'accepted'), t.ordem)
        )
where s.institution = 'cielo';
