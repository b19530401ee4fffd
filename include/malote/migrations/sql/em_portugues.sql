-- The reports are read in Portuguese: their columns, and the journal's own words as values. Whoever built on a view
-- keeps what he built: a column that is renamed stays the same column.

-- A standing, or a reason why something is held back, as the reports say it; other people's words as they are.
create function report.em_portugues(palavra text) returns text
language sql immutable as $$
    select case palavra
        when 'prepared' then 'preparado'
        when 'sending' then 'enviando'
        when 'received' then 'aguardando'
        when 'answered' then 'respondido'
        when 'landed' then 'gravado'
        when 'in_doubt' then 'em_duvida'
        when 'overdue' then 'atrasado'
        when 'withdrawn' then 'retirado'
        when 'sent' then 'enviado'
        when 'accepted' then 'aceito'
        when 'refused' then 'recusado'
        when 'unanswered' then 'sem_resposta'
        when 'refused_here' then 'recusado_aqui'
        when 'refused_unchanged' then 'recusado_sem_mudanca'
        else palavra
    end
$$;

do $$
declare
    each record;
begin
    for each in
        select x.relation, x.was, x.is_now
        from (values
            ('retidas', 'reference', 'referencia'),
            ('retidas', 'held_since', 'retido_desde'),
            ('retidas', 'held_again_at', 'retido_de_novo_em'),
            ('retidas', 'institution', 'instituicao'),
            ('retidas', 'environment', 'ambiente'),
            ('retidas', 'account', 'conta'),
            ('retidas', 'service', 'servico'),
            ('retidas', 'operation', 'operacao'),
            ('retidas', 'pouch', 'malote'),
            ('retidas', 'reason', 'motivo'),
            ('retidas', 'code', 'codigo'),
            ('retidas', 'message', 'mensagem'),
            ('retidas', 'freed_by', 'o_que_libera'),
            ('retidas', 'scope', 'escopo'),
            ('submissoes_abertas', 'institution', 'instituicao'),
            ('submissoes_abertas', 'environment', 'ambiente'),
            ('submissoes_abertas', 'account', 'conta'),
            ('submissoes_abertas', 'service', 'servico'),
            ('submissoes_abertas', 'operation', 'operacao'),
            ('submissoes_abertas', 'standing', 'situacao'),
            ('submissoes_abertas', 'receipt', 'protocolo'),
            ('submissoes_abertas', 'item_count', 'itens'),
            ('submissoes_abertas', 'pouch', 'malote'),
            ('submissoes_abertas', 'prepared_at', 'preparada_em'),
            ('submissoes_abertas', 'sent_at', 'enviada_em'),
            ('submissoes_abertas', 'received_at', 'recebida_em'),
            ('submissoes_abertas', 'asked_next_at', 'proxima_pergunta_em'),
            ('submissoes_abertas', 'deadline', 'prazo'),
            ('submissoes_abertas', 'times_asked', 'perguntas'),
            ('submissoes_abertas', 'message', 'mensagem'),
            ('submissoes_abertas', 'items_unanswered', 'itens_sem_resposta'),
            ('nao_lidos', 'landed_at', 'gravada_em'),
            ('resumo_diario', 'institution', 'instituicao'),
            ('resumo_diario', 'submissions', 'submissoes'),
            ('resumo_diario', 'items_accepted', 'itens_aceitos'),
            ('resumo_diario', 'items_refused', 'itens_recusados'),
            ('resumo_diario', 'items_unanswered', 'itens_sem_resposta'),
            ('resumo_diario', 'items_held', 'itens_retidos'),
            ('resumo_diario', 'in_doubt', 'em_duvida'),
            ('resumo_diario', 'overdue', 'atrasadas'),
            ('resumo_diario', 'written_at', 'escrito_em')
        ) as x (relation, was, is_now)
        inner join pg_attribute as a
            on a.attrelid = to_regclass('report.' || x.relation) and a.attname = x.was
    loop
        -- Of a view too: PostgreSQL takes it for a table here.
        execute format('alter table report.%I rename column %I to %I', each.relation, each.was, each.is_now);
    end loop;
end
$$;

-- One row: one item that a selection wanted to send and that is held back, until a person or an answer ends it.
-- What was accepted, or is on its way, is held back too, and is not listed: that is how a row travels once.
create view malote.held_back as
with stands as (
    select
        h.scope,
        h.reference,
        h.since as held_since,
        h.seen_at as held_again_at,
        h.submission as submission_id,
        s.institution,
        s.environment,
        s.account,
        s.service,
        s.operation,
        s.pouch,
        coalesce(i.code, s.code) as code,
        coalesce(i.message, s.message) as message,
        case
            when i.outcome = 'refused' or i.submission is null then h.reason
            when i.outcome = 'unanswered' then 'unanswered'
            when s.standing in ('in_doubt', 'overdue') then s.standing
        end as reason
    from malote.held as h
    -- Looked up one by one, whatever is asked of the submission: there may be a million of them, and few are held.
    cross join lateral (select x.* from malote.submission as x where x.id = h.submission offset 0) as s
    left join malote.item_row as i on h.scope = i.scope and h.reference = i.reference and h.submission = i.submission
    where
        (i.submission is not null or s.retired_at is not null)
        and (s.standing <> 'withdrawn' or i.outcome = 'unanswered')
)

select w.*
from stands as w
where
    w.reason is not null
    and not exists (
        select 1
        from malote.item_row as live
        where
            live.scope = w.scope
            and live.reference = w.reference
            and live.submission <> w.submission_id
            and live.outcome is distinct from 'refused'
    );
