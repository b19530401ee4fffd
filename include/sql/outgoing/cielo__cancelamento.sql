-- One row is one cancellation (operation 03): of all of it, or of valor centavos.
-- `reference` is what may not travel twice: your own name for this cancellation; a tid can be cancelled in parts.
-- Between two cancellations of one tid Cielo wants 5 seconds, so one selection may hold only one of them.
select
    cancelamento.referencia as "reference",
    cancelamento.tid as "tid",
    cancelamento.valor as "valor"
from outgoing.cielo_cancelamento as cancelamento
order by cancelamento.referencia
