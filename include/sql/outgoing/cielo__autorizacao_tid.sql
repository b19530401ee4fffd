-- One row is one transaction that stopped after its authentication, to be authorised (operation 08).
-- `reference` is what may not travel twice and must be the tid. `autorizado.em` is no path of the treaty: where another
-- operation has seen it authorised, as ambiente/EC; it is refused before it is sent.
select
    autorizacao.tid as "reference",
    autorizacao.tid as "tid",
    autorizada.em as "autorizado.em"
from outgoing.cielo_autorizacao_tid as autorizacao
left join (
    select
        transacao.tid,
        array_agg(distinct submission.environment || '/' || submission.account) as em
    from cielo.transacao
    inner join malote.submission on transacao.submission_id = submission.id
    where transacao.operacao != '08' and transacao.status in ('4', '6')
    group by transacao.tid
) as autorizada on autorizacao.tid = autorizada.tid
order by autorizacao.tid
