-- One row: one item that a selection wanted to send and that is held back, until a person or an answer ends it.
-- What was accepted, or is on its way, is held back too, and is not listed: that is how a row travels once.
create or replace view report.retidas as
select
    w.reference as referencia,
    w.held_since as retido_desde,
    w.held_again_at as retido_de_novo_em,
    w.submission_id,
    w.institution as instituicao,
    w.environment as ambiente,
    w.account as conta,
    w.service as servico,
    w.operation as operacao,
    w.pouch as malote,
    report.em_portugues(w.reason) as motivo,
    w.code as codigo,
    w.message as mensagem,
    case w.reason
        when 'refused' then 'corrija a linha, depois uma execução com resend_refused'
        when 'refused_here' then 'a execução que a enviou não a envia de novo: outra execução com resend_refused'
        when 'refused_unchanged'
            then 'corrija a linha: sem mudança ela não viaja de novo neste serviço (regra refused_unchanged)'
        when 'in_doubt' then 'descubra se chegou, depois malote resolve ' || w.submission_id
        when 'overdue' then 'a resposta ainda é pedida; pergunte à instituição'
        when 'unanswered'
            then
                'pergunte à instituição o que foi feito dela, depois malote settle ' || w.submission_id || ' '
                || w.reference
    end as o_que_libera,
    w.scope as escopo
from malote.held_back as w;
