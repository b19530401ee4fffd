-- One row is one cancellation (operation 03): of all of it, or of valor centavos.
-- `reference` is what may not travel twice: your own name for this cancellation; a tid can be cancelled in parts.
-- Between two cancellations of one tid Cielo wants 5 seconds, or one may be done twice: so a selection may hold only
-- one, and a row waits for a later run while another cancellation of its tid is under way.
select
    cancelamento.referencia as "reference",
    cancelamento.tid as "tid",
    cancelamento.valor as "valor"
from outgoing.cielo_cancelamento as cancelamento
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = cancelamento.referencia
    )
    and not exists (
        select 1
        from malote.submission as under_way
        inner join malote.item_row as other on under_way.id = other.submission
        where
            under_way.standing in ('prepared', 'sending', 'received', 'answered', 'in_doubt', 'overdue')
            and under_way.landed_at is null
            and under_way.institution = 'cielo' and under_way.service = 'cancelamento'
            and other.echo = cancelamento.tid
            and other.reference != cancelamento.referencia
            and other.outcome is null
    )
order by cancelamento.referencia
