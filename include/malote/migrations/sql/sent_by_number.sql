-- As it was, with the number that was sent beside the one that holds, so that what was sent by a number is found in one
-- step. Submission and item can only be looked up by each other: how many have a number is not known to the server, and
-- where it expected many it read all items for each proposal.
create or replace view bndes.pedido as
select
    s.environment as ambiente,
    s.account as conta,
    s.service as servico,
    s.number,
    i.reference,
    i.scope,
    s.id as submission_id,
    s.standing,
    coalesce(
        case i.outcome when 'refused_for_good' then 'refused' else i.outcome end,
        case when s.standing = 'landed' or s.landed_at is not null then 'accepted' else 'sent' end
    ) as situacao_item,
    s.receipt as numero_protocolo,
    s.sent_at,
    coalesce(r.numero_bndes, s.facts ->> 'numeroBNDES') as numero_bndes,
    r.status,
    r.situacao,
    r.data_termino_carencia,
    r.data_primeira_amortizacao,
    r.data_ultima_amortizacao,
    r.data_prevista_liberacao,
    coalesce(
        r.mensagem,
        (
            select c.mensagem
            from bndes.critica as c
            where c.submission_id = s.id
            order by c.ordem asc
            limit 1
        ),
        i.message,
        s.message
    ) as mensagem,
    coalesce(r.landed_at, s.moved_at) as quando,
    s.facts ->> 'numeroBNDES' as numero_enviado
from malote.item_row as i
inner join malote.submission as s on s.id = any(array[i.submission]) and i.submission = any(array[s.id])
left join lateral (
    select
        l.numero_bndes,
        l.status,
        l.situacao,
        l.data_termino_carencia,
        l.data_primeira_amortizacao,
        l.data_ultima_amortizacao,
        l.data_prevista_liberacao,
        l.mensagem,
        l.landed_at
    from bndes.resultado as l
    where l.submission_id = s.id and l.reference = i.reference
    order by l.ordem desc
    limit 1
) as r on true
where s.institution = 'bndes';
