-- One row is one transaction that stopped after its authentication, to be authorised (operation 08).
-- `reference` is what may not travel twice and must be the tid.
select
    autorizacao.tid as "reference",
    autorizacao.tid as "tid"
from outgoing.cielo_autorizacao_tid as autorizacao
order by autorizacao.tid
