-- One row is one transaction that stopped after its authentication, to be authorised (operation 08).
-- `reference` is what may not travel twice and must be the tid. `autorizado.em` is no path of the treaty: where another
-- operation has seen it authorised, as ambiente/EC; it is refused before it is sent.
select
    autorizacao.tid as "reference",
    autorizacao.tid as "tid",
    autorizada.em as "autorizado.em"
from outgoing.cielo_autorizacao_tid as autorizacao
left join lateral (
    select array_agg(distinct vista.em) as em
    from (
        select submission.environment || '/' || submission.account as em
        from cielo.transacao
        inner join malote.submission on transacao.submission_id = submission.id
        where
            transacao.tid = autorizacao.tid
            and transacao.operacao != '08' and transacao.status in ('4', '6')
        union all
        select submission.environment || '/' || submission.account
        from malote.retired('cielo/tid', autorizacao.tid) as antes
        inner join malote.submission on antes.number = submission.number
        where submission.operation != '08'
    ) as vista
) as autorizada on true
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = autorizacao.tid
    )
order by autorizacao.tid
