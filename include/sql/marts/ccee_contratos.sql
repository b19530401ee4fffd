-- One row: one contract reference that was ever sent to the CCEE, with the last that is known of it.
create or replace view report.ccee_contratos as
select
    i.reference as referencia,
    r.codigo_contrato,
    r.comprador_codigo,
    r.vendedor_codigo,
    coalesce(r.status, report.em_portugues(s.standing)) as ultimo_status,
    coalesce(r.descricao, i.message, s.message) as mensagem,
    coalesce(r.landed_at, s.moved_at) as quando,
    report.em_portugues(i.standing) as situacao_item,
    s.operation as operacao,
    s.environment as ambiente,
    s.account as perfil_agente,
    s.receipt as codigo_processamento,
    s.id as submission_id
from malote.item as i
inner join malote.submission as s on i.submission = s.id
left join lateral (
    select
        l.codigo_contrato,
        l.comprador_codigo,
        l.vendedor_codigo,
        l.status,
        l.descricao,
        l.landed_at
    from ccee.resultado_processamento as l
    where l.submission_id = s.id and l.reference = i.reference
    order by (l.status = 'ERRO') = (i.standing = 'refused') desc, l.ordem desc
    limit 1
) as r on true
where
    s.institution = 'ccee'
    and not exists (
        select 1
        from malote.item_row as newer
        inner join malote.submission as sent on newer.submission = sent.id
        where
            newer.scope = i.scope and newer.reference = i.reference
            and (sent.number, newer.ordinal) > (s.number, i.ordinal)
    );
