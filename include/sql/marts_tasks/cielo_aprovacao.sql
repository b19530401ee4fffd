-- Counts the lots of authorisations that are settled and whose counts are not kept, and keeps them. As an array: the
-- server then looks for each of them, whatever it thinks how many there are.
insert into report.cielo_aprovacao_mantida
select
    l.submission_id,
    l.evento,
    l.bandeira,
    l.enviadas,
    l.aprovadas,
    l.negadas,
    l.erros,
    l.sem_retorno,
    l.aguardando,
    l.lote_recusado,
    l.indefinidas,
    l.valor_aprovado
from cielo.aprovacao_de_lote as l
where
    l.submission_id = any(array(
        select s.id
        from malote.submission as s
        where
            s.institution = 'cielo' and s.service in ('autorizacao', 'autorizacao_tid')
            and s.operation in ('02', '08') and s.sent_at is not null
            and s.standing in ('landed', 'refused', 'withdrawn')
            and not exists (
                select 1
                from report.cielo_aprovacao_mantida as k
                where k.submission_id = s.id
            )
    ))
