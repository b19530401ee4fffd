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
        from malote.item as other
        where
            other.scope like 'cielo/%/cancelamento/03'
            and other.echo = cancelamento.tid
            and other.reference != cancelamento.referencia
            and other.standing = 'sent'
    )
order by cancelamento.referencia
