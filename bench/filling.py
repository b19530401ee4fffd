"""Fills a warehouse as three years leave it, by SQL alone; years.py checks that the code would write the same."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import psycopg

from malote import place
from malote_provider.checks import COUNTED

LOT, LOTS = 25_000, 400
CONTRACTS, FILES = 500_000, 500
PROPOSALS = 100_000
EC, CNPJ, PERFIL = "1006993069", "33657248000189", "1234"
DAYS = 1095

_HEAD = """
    insert into malote.submission (number, id, pouch, institution, environment, account, service, operation, standing,
        name, document, document_sha256, document_size, sealed, item_count, facts, receipt, attempt, prepared_at,
        sent_at, received_at, deadline, asked, answer, answer_sha256, answer_size, moved_at, landed_at, purged_at,
        reasons_at, change)
"""
_STORY = """
    insert into malote.event (submission, at, what, detail)
    select s.id, case e.n when 1 then s.prepared_at when 2 then s.sent_at when 3 then s.received_at
               else s.landed_at end, e.what, case e.n
               when 1 then jsonb_build_object('sha256', s.document_sha256, 'items', s.item_count)
               when 2 then '{"attempt": 1}'
               when 3 then jsonb_build_object('receipt', s.receipt, 'how', 'replied')
               when 4 then jsonb_build_object('sha256', s.answer_sha256)
               when 5 then jsonb_build_object('target', l.target, 'answer_sha256', l.answer_sha256, 'row_count',
                   l.row_count, 'items_accepted', l.items_accepted, 'items_refused', l.items_refused,
                   'items_unanswered', l.items_unanswered, 'items_answered_twice', 0, 'rows_unmatched', 0)
               else '{"why": "landed"}' end
    from malote.submission s left join malote.load l on l.submission = s.id
    cross join (values (1, 'prepared'), (2, 'sending'), (3, 'received'), (4, 'answered'), (5, 'landed'), (6, 'purged'))
        as e (n, what)
    where s.institution = %(institution)s and (e.n < 6 or s.sealed) order by s.number, e.n
"""
_LOAD = """
    insert into malote.load
    select s.id, s.landed_at, %(target)s, s.answer_sha256, s.item_count, s.item_count - coalesce(r.n, 0),
           coalesce(r.n, 0), 0, 0, 0, null
    from malote.submission s
    left join (select submission, count(*) as n from malote.item_row where outcome = 'refused' group by 1) as r
        on r.submission = s.id
    where s.institution = %(institution)s
"""

_CIELO = f"""
    select k, 'cielo-' || k, 'cielo_lote/' || k || '/submit', 'cielo', 'simulator', '{EC}', o.service, o.code, 'landed',
        'ECOMM_{EC}_' || o.code || '_20260101_' || lpad(k::text, 10, '0') || '.xml',
        'cielo/sent/' || k || '.xml.sealed', encode(sha256(k::text::bytea), 'hex'), 19000000, true, %(lot)s,
        jsonb_build_object('numero_lote', k + 1000, 'data', '20260101'), (k + 1000)::text, 1, t.at, t.at,
        t.at + interval '1 second', t.at + interval '3 days', 3, null, encode(sha256((k || 'r')::bytea), 'hex'),
        23000000, t.at + interval '13 hours', t.at + interval '13 hours', t.at + interval '13 hours', null,
        nextval('malote.submission_change')
    from generate_series(1, %(lots)s) as k
    cross join lateral (select now() - make_interval(days => {DAYS})
        + (k - 0.5) * make_interval(days => {DAYS}) / %(lots)s as at) as t
    cross join lateral (select case k %% 10 when 7 then '04' when 8 then '03' when 9 then '06' else '02' end as code,
        case k %% 10 when 7 then 'captura' when 8 then 'cancelamento' when 9 then 'consulta'
            else 'autorizacao' end as service) as o
"""
# Lots 7, 8 and 9 of ten are about the transactions of lots 0, 1 and 2.
_ITEMS = f"""
    insert into malote.item_row
    select s.id, i, 'cielo/simulator/{EC}/' || s.service || '/' || s.operation,
        case s.operation when '02' then 'F' || lpad(g::text, 12, '0') when '03' then 'C' || g when '06' then 'Q' || g
            else '{EC}' || (1000000000 + g - 7 * %(lot)s) end,
        case when s.operation in ('03', '06') then '{EC}' || (1000000000 + g - 7 * %(lot)s) end,
        case when i %% 40 < 2 then 'refused' end, case i %% 40 when 0 then '010' when 1 then '51' end,
        case i %% 40 when 0 then 'Inconsistência no envio do cartão' when 1 then 'Transação não autorizada' end
    from malote.submission s cross join generate_series(1, %(lot)s) as i
    cross join lateral (select (s.number - 1) * %(lot)s + i as g) as x
    where s.id = 'cielo-' || %(k)s
"""
_ROWS = f"""
    insert into cielo.transacao (submission_id, ordem, reference, operacao, numero_lote, item_id, tid, numero_pedido,
        valor, moeda, pedido_data_hora, bandeira, produto, parcelas, status, situacao, autorizacao_codigo,
        autorizacao_mensagem, autorizacao_data_hora, autorizacao_valor, lr, lr_significado, permite_retentativa, arp,
        nsu, eci, captura_mensagem, captura_data_hora, captura_valor, erro_codigo, erro_mensagem, landed_at)
    select s.id, i.ordinal, i.reference, s.operation, s.number + 1000, md5(i.reference), case when f then x.tid end,
        case when f then x.pedido end, case when f then 100 + i.ordinal end, case when f then '986' end,
        case when f then s.sent_at end, case when f then (array['visa', 'mastercard', 'elo'])[1 + i.ordinal %% 3] end,
        case when f then '1' end, case when f then 1 end, x.status,
        case when not f then 'erro' else (array['Autorizada', 'Não autorizada', 'Capturada'])[x.status::integer - 3]
            end, x.status, case when f then 'Transação autorizada' end, case when f then s.sent_at end,
        case when f then 100 + i.ordinal end, case i.ordinal %% 40 when 0 then null when 1 then '51' else '00' end,
        case i.ordinal %% 40 when 1 then 'Saldo insuficiente' when 0 then null
            else 'Transação autorizada com sucesso' end, case when i.ordinal %% 40 = 0 then false
            when i.ordinal %% 40 = 1 then true end,
        case when f then lpad((i.ordinal %% 999999)::text, 6, '0') end,
        case when f then lpad((i.ordinal %% 999999)::text, 6, '0') end, case when f then '7' end,
        case when x.status = '6' then 'Transacao capturada com sucesso' end,
        case when x.status = '6' then s.sent_at end, case when x.status = '6' then 100 + i.ordinal end,
        case when not f then '010' end, case when not f then 'Inconsistência no envio do cartão' end, s.landed_at
    from malote.submission s inner join malote.item_row i on i.submission = s.id
    cross join lateral (select i.ordinal %% 40 <> 0 as f,
        (s.number - 1 - case when s.operation = '02' then 0 else 7 end) * %(lot)s + i.ordinal as g) as y
    cross join lateral (select '{EC}' || 1000000000 + g as tid, 'F' || lpad(g::text, 12, '0') as pedido,
        case when i.ordinal %% 40 = 0 then null when i.ordinal %% 40 = 1 then '5' when i.ordinal %% 2 = 0 then '4'
            else '6' end as status) as x
    where s.id = 'cielo-' || %(k)s order by i.ordinal
"""

_CCEE = f"""
    select %(base)s + k, 'ccee-' || %(base)s + k, 'ccee_contratos/' || k || '/submit', 'ccee', 'simulator', '{PERFIL}',
        'contratos', 'ContratosCCEAL-1', 'landed', 'contratos.xml',
        'ccee/sent/' || k || '.xml', encode(sha256(k::text::bytea), 'hex'),
        1000000, false, %(per)s, jsonb_build_object('echoes', %(per)s), 'C' || k, 1, t.at, t.at,
        t.at + interval '1 second', t.at + interval '3 days', 3, 'ccee/answers/' || k || '.xml',
        encode(sha256((k || 'r')::bytea), 'hex'), 1000000, t.at + interval '1 hour',
        t.at + interval '1 hour', null, null, nextval('malote.submission_change')
    from generate_series(1, %(files)s) as k
    cross join lateral (select now() - make_interval(days => {DAYS})
        + (k - 0.5) * make_interval(days => {DAYS}) / %(files)s as at) as t
"""
_CONTRACTS = f"""
    with item as (
        insert into malote.item_row (submission, ordinal, scope, reference, outcome, code, message)
        select s.id, i, 'ccee/simulator/{PERFIL}/contratos/ContratosCCEAL-1', 'ADV-' || (s.number * 10000 + i),
            case when i %% 50 = 0 then 'refused' end, case when i %% 50 = 0 then 'ERRO' end,
            case when i %% 50 = 0 then 'Comprador inexistente' end
        from malote.submission s cross join generate_series(1, %(per)s) as i where s.institution = 'ccee'
        order by s.number, i returning *)
    insert into ccee.resultado_processamento
    select s.id, i.ordinal, i.reference, s.receipt, case when i.outcome is null then 'SUCESSO' else 'ERRO' end,
        i.message, i.reference, case when i.outcome is null then (s.number * 10000 + i.ordinal)::text end, '111', '222',
        s.landed_at
    from item i inner join malote.submission s on i.submission = s.id order by s.number, i.ordinal
"""

# Of ten proposals: nine approved, each contracted but one; fourteen liberações, six cancelamentos (of old ones).
_BNDES = f"""
    with document (at, p, service, reference, no) as (
        select t.at + d.after, p, d.service, case when d.own = '' then '2026/' || p else '2026/' || p || d.own end,
            d.service = 'financiamento' and p %% 10 = 0
        from generate_series(1, %(proposals)s) as p
        cross join lateral (select now() - make_interval(days => {DAYS})
            + (p - 0.5) * make_interval(days => {DAYS}) / %(proposals)s as at) as t
        cross join (values (interval '0', 'financiamento', '', 10), ('1 day', 'contratacao', '', 9),
            ('2 days', 'liberacao', '-L1', 9), ('3 days', 'liberacao', '-L2', 6), ('4 days', 'cancelamento', '-C1', 5))
            as d (after, service, own, of_ten)
        where d.of_ten = 10 or p %% 10 between 1 and d.of_ten and p %% 100 <> 1
    ), numbered as (select *, %(base)s + row_number() over (order by at, p, service) as number from document)
    select number, 'bndes-' || number, 'bndes_operacoes/' || number / 500 || '/submit', 'bndes', 'simulator', '{CNPJ}',
        service, service, 'landed', service || '-' || reference || '.xml', 'bndes/sent/' || number || '.xml',
        encode(sha256(number::text::bytea), 'hex'), 900, false, 1,
        jsonb_strip_nulls(jsonb_build_object('reference', reference, 'anoProposta', '2026', 'numeroProposta', p::text,
            'numeroBNDES', case when service <> 'financiamento' then lpad(p::text, 10, '0') end,
            'preparado_em', at)), 'N' || number, 1, at, at, at + interval '1 second', at + interval '3 days', 2,
        'bndes/answers/' || number || '.xml', encode(sha256((number || 'r')::bytea), 'hex'), 700,
        at + interval '1 hour', at + interval '1 hour', null, case when no then at + interval '2 hours' end,
        nextval('malote.submission_change')
    from numbered
"""
_RESULTS = f"""
    with item as (
        insert into malote.item_row (submission, ordinal, scope, reference, outcome, code, message)
        select s.id, 1, 'bndes/simulator/{CNPJ}/' || s.service || '/' || s.service, s.facts ->> 'reference',
            case when s.reasons_at is not null then 'refused' end, case when s.reasons_at is not null then '42' end,
            case when s.reasons_at is not null then 'Programa sem dotação' end
        from malote.submission s where s.institution = 'bndes' order by s.number returning *),
    critica as (
        insert into bndes.critica
        select s.id, 1, i.reference, s.service, s.receipt, 'log', '42', i.message, 'programa', 'E',
            '{{"codigo": "42"}}', s.reasons_at
        from item i inner join malote.submission s on i.submission = s.id where i.outcome = 'refused')
    insert into bndes.resultado (submission_id, ordem, reference, servico, numero_protocolo, status, situacao,
        ano_proposta, numero_proposta, numero_bndes, recebido_em, data_prevista_liberacao, codigo, mensagem, conteudo,
        landed_at)
    select s.id, 1, i.reference, s.service, s.receipt, case when i.outcome is null then 'aprovado' else 'rejeitado' end,
        case when i.outcome is null then 'aprovado' else 'rejeitado' end, '2026', s.facts ->> 'numeroProposta',
        case when i.outcome is null then lpad(s.facts ->> 'numeroProposta', 10, '0') end, s.received_at,
        case when s.service = 'liberacao' then s.sent_at::date + 3 end, i.code, i.message,
        jsonb_build_object('status', 'aprovado', 'numeroProtocolo', s.receipt, 'numeroProposta',
            s.facts ->> 'numeroProposta', 'recebidoEm', s.received_at), s.landed_at
    from item i inner join malote.submission s on i.submission = s.id order by s.number
"""
_OUTGOING = f"""
    insert into outgoing.cielo_autorizacao (numero_pedido, valor, token, bandeira)
    select 'Z' || i, 100, 'TuS6LeBHWjqFFtE7S3zR052Jl/KUlD+tYJFpAdlA87E=', 'visa' from generate_series(1, 100) as i;
    insert into outgoing.cielo_autorizacao_tid select '{EC}' || 3000000000 + i from generate_series(1, 100) as i;
    insert into outgoing.cielo_cancelamento
    select 'ZC' || i, '{EC}' || 1000000000 + i * 40 + 2 from generate_series(1, 100) as i;
    insert into outgoing.cielo_captura select '{EC}' || 1000000000 + i * 40 + 2 from generate_series(1, 100) as i;
    insert into outgoing.bndes_contratacao select '2026', (i * 100 + 1)::text from generate_series(0, 99) as i;
    insert into outgoing.bndes_liberacao
    select 'ZL' || i, '2026', (i * 10 + 2)::text, 10 from generate_series(0, 99) as i;
"""


def fill(dsn: str, size: Fraction) -> dict[str, int]:
    """Fill an empty, migrated warehouse; returns how many of what, a hundredth of three years and more.

    :param size: of what three years are: 1 is 10,000,000 items of Cielo, 500,000 contracts, 385,000 documents of BNDES
    """
    lots, files = max(4, int(LOTS * size)), max(1, int(FILES * size))
    lot, proposals = min(LOT, int(LOT * LOTS * size) // lots), int(PROPOSALS * size)
    values: dict[str, Any] = {"lots": lots, "lot": lot, "files": files, "per": CONTRACTS // FILES,
                              "proposals": proposals, "base": lots}  # fmt: skip
    with psycopg.connect(dsn, autocommit=True) as c:
        c.execute("set synchronous_commit = off")
        c.execute("alter table malote.submission disable trigger all")  # pouches come last
        c.execute(_HEAD + _CIELO, values)
        for k in range(1, lots + 1):
            with c.transaction():
                c.execute(_ITEMS, {**values, "k": k})
                c.execute(_ROWS, {**values, "k": k})
        c.execute(_HEAD + _CCEE, values)
        c.execute(_CONTRACTS, values)
        values["base"] += files
        c.execute(_HEAD + _BNDES, values)
        c.execute(_RESULTS, values)
        c.execute("insert into malote.pouch select distinct on (pouch) pouch, institution, environment, account,"
                  " service, '{}'::jsonb, prepared_at from malote.submission order by pouch")  # fmt: skip
        c.execute("alter table malote.submission enable trigger all")
        targets = {"cielo": "cielo.transacao", "ccee": "ccee.resultado_processamento", "bndes": "bndes.resultado"}
        for institution, target in targets.items():
            c.execute(_LOAD, {"institution": institution, "target": target})
            c.execute(_STORY, {"institution": institution})
        c.execute("insert into malote.sequence select 'cielo/simulator/' || %s, number, id, prepared_at"
                  " from malote.submission where institution = 'cielo'", (EC,))  # fmt: skip
        c.execute("select setval(pg_get_serial_sequence('malote.submission', 'number'), max(number))"
                  " from malote.submission")  # fmt: skip
        c.execute(_OUTGOING)
        c.execute("vacuum analyze")
        for name in COUNTED:  # as the reports of those days left it
            c.execute(place.sql("marts_tasks", f"{name}.sql").read_text(encoding="utf-8"))
        c.execute("update report.conferencia set desde = (select max(id) from malote.event), inteira_em = now()")
    return {"items": lots * lot, "lots": lots, "contracts": files * CONTRACTS // FILES, "proposals": proposals}
