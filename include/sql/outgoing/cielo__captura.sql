-- One row is one authorised transaction to be captured (operation 04): all of it, or valor centavos.
-- `reference` is what may not travel twice and must be the tid.
-- `autorizado.*` is no path of the treaty: where the authorisation has landed here, a capture of more than was
-- authorised, or of an authorisation older than the rule capture_within (5 days), is refused before it is sent. A lot
-- waits 12 to 24 hours at Cielo, so send by day 3. That a partial capture needs taxa-embarque where its authorisation
-- had one cannot be seen here.
select
    captura.tid as "reference",
    captura.tid as "tid",
    captura.valor as "valor",
    captura.taxa_embarque as "taxa-embarque",
    autorizada.autorizacao_valor as "autorizado.valor",
    autorizada.autorizacao_data_hora as "autorizado.data-hora"
from outgoing.cielo_captura as captura
left join lateral (
    select
        transacao.autorizacao_data_hora,
        coalesce(transacao.autorizacao_valor, transacao.valor) as autorizacao_valor
    from cielo.transacao
    where
        transacao.tid = captura.tid
        and transacao.operacao in ('02', '06', '07', '08')
        and transacao.status = '4'
    order by transacao.landed_at desc, transacao.ordem desc
    limit 1
) as autorizada on true
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = captura.tid
    )
order by captura.tid
