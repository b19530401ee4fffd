-- The warehouse of the first release (migration 0006), made by its own code: submissions in every standing.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA bndes;
CREATE SCHEMA ccee;
CREATE SCHEMA cielo;
CREATE SCHEMA malote;
CREATE SCHEMA notary;
CREATE SCHEMA outgoing;
CREATE SCHEMA report;
CREATE FUNCTION malote.event_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'malote.event is append-only: the story of a submission is not rewritten';
end
$$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE bndes.resultado (
    submission_id text NOT NULL,
    ordem integer NOT NULL,
    reference text,
    servico text,
    numero_protocolo text,
    status text,
    situacao text,
    ano_proposta text,
    numero_proposta text,
    numero_bndes text,
    numero_contrato_bndes text,
    data_termino_carencia date,
    data_primeira_amortizacao date,
    data_ultima_amortizacao date,
    recebido_em timestamp with time zone,
    data_prevista_liberacao date,
    codigo text,
    mensagem text,
    conteudo jsonb,
    landed_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE bndes.resultado IS 'One row per request that BNDES answered, with what its result says';
COMMENT ON COLUMN bndes.resultado.reference IS 'The item''s own reference; null where the answer is about nothing that was sent';
COMMENT ON COLUMN bndes.resultado.servico IS 'financiamento, contratacao, liberacao, cancelamento…';
COMMENT ON COLUMN bndes.resultado.status IS 'As on the wire; its only documented value is processando';
COMMENT ON COLUMN bndes.resultado.situacao IS 'aprovado, rejeitado or desconhecido: what status means by rules.words';
COMMENT ON COLUMN bndes.resultado.numero_bndes IS 'Of an approved financiamento: the number for everything that follows; else the one that was sent';
COMMENT ON COLUMN bndes.resultado.data_prevista_liberacao IS 'Of an approved liberacao: D+2 in bank days where BNDES received it until 16:30:00 in Brasília, D+3 later';
COMMENT ON COLUMN bndes.resultado.codigo IS 'Of the first reason of a rejection; all of them are in bndes.critica';
COMMENT ON COLUMN bndes.resultado.conteudo IS 'The whole answer by local names, whatever its layout';
CREATE TABLE malote.submission (
    id text NOT NULL,
    number bigint NOT NULL,
    pouch text NOT NULL,
    institution text NOT NULL,
    environment text NOT NULL,
    account text NOT NULL,
    service text NOT NULL,
    operation text NOT NULL,
    standing text NOT NULL,
    name text NOT NULL,
    document text NOT NULL,
    document_sha256 text NOT NULL,
    document_size bigint NOT NULL,
    sealed boolean NOT NULL,
    item_count integer NOT NULL,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL,
    receipt text,
    attempt integer DEFAULT 0 NOT NULL,
    uncertain boolean DEFAULT false NOT NULL,
    absent_seen integer DEFAULT 0 NOT NULL,
    prepared_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    received_at timestamp with time zone,
    next_at timestamp with time zone,
    deadline timestamp with time zone,
    leased_until timestamp with time zone,
    asked integer DEFAULT 0 NOT NULL,
    partial text,
    partial_since timestamp with time zone,
    ready boolean DEFAULT false NOT NULL,
    answer text,
    answer_sha256 text,
    answer_size bigint,
    code text,
    message text,
    moved_at timestamp with time zone NOT NULL,
    purged_at timestamp with time zone,
    reasons_at timestamp with time zone,
    CONSTRAINT submission_standing_check CHECK ((standing = ANY (ARRAY['prepared'::text, 'sending'::text, 'received'::text, 'answered'::text, 'landed'::text, 'refused'::text, 'in_doubt'::text, 'overdue'::text, 'withdrawn'::text])))
);
CREATE VIEW bndes.aprovado AS
 SELECT DISTINCT ON (s.environment, s.account, r.ano_proposta, r.numero_proposta) s.environment AS ambiente,
    s.account AS conta,
    r.ano_proposta,
    r.numero_proposta,
    r.numero_bndes,
    r.submission_id,
    r.landed_at
   FROM (bndes.resultado r
     JOIN malote.submission s ON ((r.submission_id = s.id)))
  WHERE ((r.servico = 'financiamento'::text) AND (r.situacao = 'aprovado'::text) AND (r.numero_bndes IS NOT NULL))
  ORDER BY s.environment, s.account, r.ano_proposta, r.numero_proposta, s.number DESC;
COMMENT ON VIEW bndes.aprovado IS 'One row per proposal with an approved financiamento, and its numeroBNDES';
CREATE VIEW bndes.contratado AS
 SELECT ambiente,
    conta,
    ano_proposta,
    numero_proposta,
    numero_bndes,
    submission_id,
    landed_at
   FROM bndes.aprovado a
  WHERE (EXISTS ( SELECT 1
           FROM (bndes.resultado r
             JOIN malote.submission s ON ((r.submission_id = s.id)))
          WHERE ((r.servico = 'contratacao'::text) AND (r.situacao = 'aprovado'::text) AND (r.numero_bndes = a.numero_bndes) AND (s.environment = a.ambiente) AND (s.account = a.conta))));
COMMENT ON VIEW bndes.contratado IS 'One row per proposal with an approved contratação';
CREATE TABLE bndes.critica (
    submission_id text NOT NULL,
    ordem integer NOT NULL,
    reference text,
    servico text,
    numero_protocolo text,
    origem text,
    codigo text,
    mensagem text,
    campo text,
    tipo text,
    conteudo jsonb,
    landed_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE bndes.critica IS 'One row per reason (crítica) of a refusal';
COMMENT ON COLUMN bndes.critica.origem IS 'porta: the 400 to the request; log: logCriticas of its protocol; log recusado: BNDES refused that question';
COMMENT ON COLUMN bndes.critica.conteudo IS 'The whole element by local names';
CREATE TABLE bndes.operacao (
    query_id text NOT NULL,
    ordem integer NOT NULL,
    ano_proposta text,
    numero_proposta text,
    numero_protocolo text,
    status text,
    numero_bndes text,
    numero_contrato_bndes text,
    recebido_em timestamp with time zone,
    beneficiario text,
    valor numeric,
    conteudo jsonb,
    landed_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE bndes.operacao IS 'One row per operation that a pesquisa showed; query_id is the question';
COMMENT ON COLUMN bndes.operacao.conteudo IS 'The whole element by local names, whatever its layout';
CREATE TABLE bndes.subcredito (
    query_id text NOT NULL,
    ordem integer NOT NULL,
    numero_contrato_bndes text,
    numero_bndes text,
    evento text,
    numero_protocolo text,
    status text,
    recebido_em timestamp with time zone,
    valor numeric,
    data_termino_carencia date,
    data_primeira_amortizacao date,
    data_ultima_amortizacao date,
    conteudo jsonb,
    landed_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE bndes.subcredito IS 'One row per event (financiamento, contratação, liberação, cancelamento) that a consultaSubcredito showed';
COMMENT ON COLUMN bndes.subcredito.conteudo IS 'The whole element by local names, whatever its layout';
CREATE TABLE ccee.resultado_processamento (
    submission_id text NOT NULL,
    ordem integer NOT NULL,
    reference text,
    codigo_processamento text,
    status text,
    descricao text,
    codigo_origem text,
    codigo_contrato text,
    comprador_codigo text,
    vendedor_codigo text,
    landed_at timestamp with time zone NOT NULL
);
CREATE TABLE cielo.transacao (
    submission_id text NOT NULL,
    ordem integer NOT NULL,
    reference text,
    operacao text,
    numero_lote integer,
    item_id text,
    tid text,
    numero_pedido text,
    valor numeric,
    moeda text,
    pedido_data_hora timestamp with time zone,
    bandeira text,
    produto text,
    parcelas integer,
    status text,
    situacao text,
    autorizacao_codigo text,
    autorizacao_mensagem text,
    autorizacao_data_hora timestamp with time zone,
    autorizacao_valor numeric,
    lr text,
    lr_significado text,
    permite_retentativa boolean,
    arp text,
    nsu text,
    eci text,
    captura_mensagem text,
    captura_data_hora timestamp with time zone,
    captura_valor numeric,
    cancelamentos integer,
    cancelado_valor numeric,
    cancelamento_data_hora timestamp with time zone,
    cancelamento_mensagem text,
    codigo_token text,
    token_status text,
    numero_cartao_truncado text,
    token_erro_codigo text,
    token_erro_mensagem text,
    renova_facil boolean,
    renova_cartao_truncado text,
    erro_codigo text,
    erro_mensagem text,
    landed_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE cielo.transacao IS 'One row per item sent to Cielo, with what the return file says of it; surplus rows of the return have no reference';
COMMENT ON COLUMN cielo.transacao.ordem IS 'Place in the return file; items that it does not mention follow after it';
COMMENT ON COLUMN cielo.transacao.reference IS 'The item''s own reference; null where the row is about nothing we sent';
COMMENT ON COLUMN cielo.transacao.operacao IS '02 autorização, 03 cancelamento, 04 captura, 05 tokenização, 06 consulta, 07 consulta por pedido, 08 autorização de TID';
COMMENT ON COLUMN cielo.transacao.item_id IS 'The id of the item inside the lot, as the return echoes it';
COMMENT ON COLUMN cielo.transacao.valor IS 'Of the order, in centavos, as on the wire';
COMMENT ON COLUMN cielo.transacao.status IS 'As on the wire: 4 autorizada, 5 não autorizada, 6 capturada, 9 cancelada…; unknown ones are kept';
COMMENT ON COLUMN cielo.transacao.situacao IS 'The status in words, Tokenizada, erro, sem_retorno (the return does not mention the item) or status desconhecido';
COMMENT ON COLUMN cielo.transacao.autorizacao_codigo IS 'The status of the transaction, not of the step: after a cancellation it is 9 here too';
COMMENT ON COLUMN cielo.transacao.autorizacao_valor IS 'Centavos';
COMMENT ON COLUMN cielo.transacao.lr IS 'Answer of the card''s issuer, as text: 00, 000, AA';
COMMENT ON COLUMN cielo.transacao.lr_significado IS 'For the merchant only, never for the cardholder';
COMMENT ON COLUMN cielo.transacao.permite_retentativa IS 'Whether the item may travel again when asked for: by the LR table, or the table of errors; null where it was accepted';
COMMENT ON COLUMN cielo.transacao.captura_valor IS 'Centavos';
COMMENT ON COLUMN cielo.transacao.cancelamentos IS 'How many cancellations the transaction has';
COMMENT ON COLUMN cielo.transacao.cancelado_valor IS 'Their sum, in centavos';
COMMENT ON COLUMN cielo.transacao.cancelamento_data_hora IS 'Of the last one; so is its message';
COMMENT ON COLUMN cielo.transacao.codigo_token IS 'In full, it is what a tokenisation is for: with it a card can be charged, so grant this column with care';
COMMENT ON COLUMN cielo.transacao.token_status IS '0 bloqueado, 1 desbloqueado';
COMMENT ON COLUMN cielo.transacao.numero_cartao_truncado IS 'First 6 and last 4';
COMMENT ON COLUMN cielo.transacao.renova_facil IS 'The return brought a newer card, or token, for the one that was sent';
COMMENT ON COLUMN cielo.transacao.renova_cartao_truncado IS 'First 6 and last 4 of the newer card; the rest is not kept';
CREATE TABLE malote.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE malote.event (
    id bigint NOT NULL,
    submission text NOT NULL,
    at timestamp with time zone NOT NULL,
    what text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL
);
ALTER TABLE malote.event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME malote.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE malote.item_row (
    submission text NOT NULL,
    ordinal integer NOT NULL,
    scope text NOT NULL,
    reference text NOT NULL,
    echo text,
    outcome text,
    code text,
    message text,
    CONSTRAINT item_row_outcome_check CHECK ((outcome = ANY (ARRAY['refused'::text, 'refused_for_good'::text, 'unanswered'::text])))
);
CREATE VIEW malote.item AS
 SELECT i.submission,
    i.ordinal,
    i.scope,
    i.reference,
    i.echo,
    COALESCE(
        CASE i.outcome
            WHEN 'refused_for_good'::text THEN 'refused'::text
            ELSE i.outcome
        END,
        CASE
            WHEN (s.standing = 'landed'::text) THEN 'accepted'::text
            ELSE 'sent'::text
        END) AS standing,
    i.code,
    i.message
   FROM (malote.item_row i
     JOIN malote.submission s ON ((i.submission = s.id)));
CREATE TABLE malote.load (
    submission text NOT NULL,
    landed_at timestamp with time zone NOT NULL,
    target text NOT NULL,
    answer_sha256 text NOT NULL,
    row_count integer NOT NULL,
    items_accepted integer NOT NULL,
    items_refused integer NOT NULL,
    items_unanswered integer NOT NULL,
    items_answered_twice integer NOT NULL,
    rows_unmatched integer NOT NULL
);
CREATE TABLE malote.pace (
    name text NOT NULL,
    tat timestamp with time zone NOT NULL
);
COMMENT ON TABLE malote.pace IS 'One row for each shared request budget: tat is the instant at which the next request would be due at an even rhythm';
CREATE TABLE malote.pouch (
    id text NOT NULL,
    institution text NOT NULL,
    environment text NOT NULL,
    account text NOT NULL,
    service text NOT NULL,
    params jsonb DEFAULT '{}'::jsonb NOT NULL,
    opened_at timestamp with time zone NOT NULL
);
CREATE TABLE malote.sequence (
    name text NOT NULL,
    number bigint NOT NULL,
    taken_for text NOT NULL,
    taken_at timestamp with time zone NOT NULL
);
ALTER TABLE malote.submission ALTER COLUMN number ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME malote.submission_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE notary.verdict (
    submission_id text NOT NULL,
    ordem integer NOT NULL,
    reference text,
    number text,
    verdict text,
    remark text,
    landed_at timestamp with time zone NOT NULL
);
CREATE TABLE outgoing.bndes_cancelamento (
    referencia text NOT NULL,
    ano_proposta text NOT NULL,
    numero_proposta text NOT NULL,
    motivo text
);
CREATE TABLE outgoing.bndes_contratacao (
    ano_proposta text NOT NULL,
    numero_proposta text NOT NULL,
    data_contratacao date,
    valor_contratado numeric(17,2)
);
CREATE TABLE outgoing.bndes_financiamento (
    ano_proposta text NOT NULL,
    numero_proposta text NOT NULL,
    programa text,
    beneficiario_cpf_cnpj text NOT NULL,
    beneficiario_nome text,
    municipio_ibge text,
    valor_financiado numeric(17,2) NOT NULL,
    prazo_carencia integer,
    prazo_amortizacao integer,
    item_descricao text[],
    item_valor numeric(17,2)[]
);
CREATE TABLE outgoing.bndes_liberacao (
    referencia text NOT NULL,
    ano_proposta text NOT NULL,
    numero_proposta text NOT NULL,
    valor numeric(17,2) NOT NULL,
    chave_nota_fiscal text[]
);
CREATE TABLE outgoing.bndes_solicitacao (
    servico text NOT NULL,
    referencia text NOT NULL,
    ano_proposta text,
    numero_proposta text,
    valor numeric(17,2),
    data date,
    motivo text
);
CREATE TABLE outgoing.ccee_contratos (
    referencia text NOT NULL,
    tipo_gravacao text DEFAULT 'R'::text NOT NULL,
    data_de_inicio timestamp without time zone NOT NULL,
    data_de_fim timestamp without time zone NOT NULL,
    id_comprador text NOT NULL,
    id_vendedor text NOT NULL,
    id_submercado_entrega text DEFAULT '1'::text NOT NULL,
    montante_medio numeric NOT NULL,
    tipo_modulacao text DEFAULT 'F'::text NOT NULL
);
CREATE TABLE outgoing.cielo_autorizacao (
    numero_pedido text NOT NULL,
    valor bigint NOT NULL,
    moeda text DEFAULT '986'::text NOT NULL,
    data_hora timestamp with time zone DEFAULT now() NOT NULL,
    descricao text,
    idioma text DEFAULT 'PT'::text NOT NULL,
    taxa_embarque bigint,
    soft_descriptor text,
    cartao_selado text,
    token text,
    bandeira text NOT NULL,
    produto text DEFAULT '1'::text NOT NULL,
    parcelas integer DEFAULT 1 NOT NULL,
    autorizar text DEFAULT '3'::text NOT NULL,
    capturar boolean DEFAULT false NOT NULL,
    gerar_token boolean,
    campo_livre text,
    url_retorno text DEFAULT 'null'::text
);
COMMENT ON TABLE outgoing.cielo_autorizacao IS 'Orders to be authorised by Cielo in a lot (02). The order number is what may not travel twice';
COMMENT ON COLUMN outgoing.cielo_autorizacao.numero_pedido IS 'Letters and digits only, at most 20: no dash';
COMMENT ON COLUMN outgoing.cielo_autorizacao.valor IS 'Centavos: 102099 is R$ 1.020,99';
COMMENT ON COLUMN outgoing.cielo_autorizacao.soft_descriptor IS 'On the cardholder''s bill; letters without accents, digits, blanks and *, at most 13; Visa and Mastercard';
COMMENT ON COLUMN outgoing.cielo_autorizacao.cartao_selado IS 'The card as text sealed by `malote seal`, a JSON object: numero, validade (aaaamm), codigo-seguranca, nome-portador';
COMMENT ON COLUMN outgoing.cielo_autorizacao.token IS 'Instead of a card, never beside one; bandeira is needed with it too';
COMMENT ON COLUMN outgoing.cielo_autorizacao.produto IS '1 crédito à vista, 2 parcelado loja, 3 parcelado administradora';
COMMENT ON COLUMN outgoing.cielo_autorizacao.autorizar IS '3 direta; 4 recorrente (produto 1 only, the store must be enabled)';
COMMENT ON COLUMN outgoing.cielo_autorizacao.capturar IS 'Capture at once where it is authorised';
COMMENT ON COLUMN outgoing.cielo_autorizacao.url_retorno IS 'The word null, which Cielo asks for where nobody returns';
CREATE TABLE outgoing.cielo_autorizacao_tid (
    tid text NOT NULL
);
COMMENT ON TABLE outgoing.cielo_autorizacao_tid IS 'Transactions that stopped after authentication (08)';
CREATE TABLE outgoing.cielo_cancelamento (
    referencia text NOT NULL,
    tid text NOT NULL,
    valor bigint
);
COMMENT ON TABLE outgoing.cielo_cancelamento IS 'Cancellations (03). Several partial ones of one tid: each its own referencia, and not in one run';
COMMENT ON COLUMN outgoing.cielo_cancelamento.valor IS 'Centavos; null or 0 cancels all of it';
CREATE TABLE outgoing.cielo_captura (
    tid text NOT NULL,
    valor bigint,
    taxa_embarque bigint
);
COMMENT ON TABLE outgoing.cielo_captura IS 'Captures (04), at most 5 days after the authorisation; a lot waits 12 to 24 hours, so send by day 3';
COMMENT ON COLUMN outgoing.cielo_captura.valor IS 'Centavos, at most what was authorised; null captures all of it';
COMMENT ON COLUMN outgoing.cielo_captura.taxa_embarque IS 'Centavos; needed in a partial capture where the authorisation had one, which malote cannot see';
CREATE TABLE outgoing.cielo_consulta (
    referencia text NOT NULL,
    tid text NOT NULL
);
COMMENT ON TABLE outgoing.cielo_consulta IS 'Transactions to be asked for (06)';
CREATE TABLE outgoing.cielo_consulta_chsec (
    referencia text NOT NULL,
    numero_pedido text NOT NULL
);
COMMENT ON TABLE outgoing.cielo_consulta_chsec IS 'Order numbers to be asked for (07): gives the newest transaction of each, a contingency only';
CREATE TABLE outgoing.cielo_tokenizacao (
    referencia text NOT NULL,
    cartao_selado text NOT NULL
);
COMMENT ON TABLE outgoing.cielo_tokenizacao IS 'Cards to become tokens (05)';
COMMENT ON COLUMN outgoing.cielo_tokenizacao.cartao_selado IS 'The card as text sealed by `malote seal`, a JSON object: numero, validade (aaaamm), nome-portador';
CREATE VIEW report.bndes_esteira AS
 WITH pedido AS (
         SELECT s.environment AS ambiente,
            s.account AS conta,
            s.service AS servico,
            s.number,
            i.reference,
            s.id AS submission_id,
            s.standing,
            i.standing AS situacao_item,
            s.receipt AS numero_protocolo,
            s.sent_at,
            COALESCE(r.numero_bndes, (s.facts ->> 'numeroBNDES'::text)) AS numero_bndes,
            r.status,
            r.situacao,
            r.data_termino_carencia,
            r.data_primeira_amortizacao,
            r.data_ultima_amortizacao,
            r.data_prevista_liberacao,
            COALESCE(r.mensagem, c_1.mensagem, i.message, s.message) AS mensagem,
            COALESCE(r.landed_at, s.moved_at) AS quando
           FROM (((malote.item i
             JOIN malote.submission s ON ((i.submission = s.id)))
             LEFT JOIN LATERAL ( SELECT l_1.submission_id,
                    l_1.ordem,
                    l_1.reference,
                    l_1.servico,
                    l_1.numero_protocolo,
                    l_1.status,
                    l_1.situacao,
                    l_1.ano_proposta,
                    l_1.numero_proposta,
                    l_1.numero_bndes,
                    l_1.numero_contrato_bndes,
                    l_1.data_termino_carencia,
                    l_1.data_primeira_amortizacao,
                    l_1.data_ultima_amortizacao,
                    l_1.recebido_em,
                    l_1.data_prevista_liberacao,
                    l_1.codigo,
                    l_1.mensagem,
                    l_1.conteudo,
                    l_1.landed_at
                   FROM bndes.resultado l_1
                  WHERE ((l_1.submission_id = s.id) AND (l_1.reference = i.reference))
                  ORDER BY l_1.ordem DESC
                 LIMIT 1) r ON (true))
             LEFT JOIN LATERAL ( SELECT l_1.mensagem
                   FROM bndes.critica l_1
                  WHERE (l_1.submission_id = s.id)
                  ORDER BY l_1.ordem
                 LIMIT 1) c_1 ON (true))
          WHERE (s.institution = 'bndes'::text)
        ), financiamento AS (
         SELECT DISTINCT ON (pedido.ambiente, pedido.conta, pedido.reference) pedido.ambiente,
            pedido.conta,
            pedido.servico,
            pedido.number,
            pedido.reference,
            pedido.submission_id,
            pedido.standing,
            pedido.situacao_item,
            pedido.numero_protocolo,
            pedido.sent_at,
            pedido.numero_bndes,
            pedido.status,
            pedido.situacao,
            pedido.data_termino_carencia,
            pedido.data_primeira_amortizacao,
            pedido.data_ultima_amortizacao,
            pedido.data_prevista_liberacao,
            pedido.mensagem,
            pedido.quando
           FROM pedido
          WHERE (pedido.servico = 'financiamento'::text)
          ORDER BY pedido.ambiente, pedido.conta, pedido.reference, pedido.number DESC
        )
 SELECT split_part(f.reference, '/'::text, 1) AS ano_proposta,
    substr(f.reference, (strpos(f.reference, '/'::text) + 1)) AS numero_proposta,
    f.numero_bndes,
        CASE
            WHEN (k.aprovados > 0) THEN 'cancelado'::text
            WHEN (l.aprovadas > 0) THEN 'liberado'::text
            WHEN (l.pedidas > l.rejeitadas) THEN 'liberação pedida'::text
            WHEN (c.situacao = 'aprovado'::text) THEN 'contratado'::text
            WHEN (c.situacao_item = 'refused'::text) THEN 'contratação rejeitada'::text
            WHEN (c.standing = 'in_doubt'::text) THEN 'contratação em dúvida'::text
            WHEN (c.submission_id IS NOT NULL) THEN 'contratação pedida'::text
            WHEN (f.situacao = 'aprovado'::text) THEN 'aprovado'::text
            WHEN (f.situacao_item = 'refused'::text) THEN 'rejeitado'::text
            WHEN (f.standing = 'prepared'::text) THEN 'a enviar'::text
            WHEN (f.standing = 'in_doubt'::text) THEN 'em dúvida'::text
            WHEN (f.standing = 'withdrawn'::text) THEN 'retirado'::text
            ELSE 'pedido'::text
        END AS etapa,
    f.status AS financiamento_status,
    f.numero_protocolo AS financiamento_protocolo,
    f.sent_at AS financiamento_enviado_em,
    f.mensagem AS financiamento_mensagem,
    c.status AS contratacao_status,
    c.numero_protocolo AS contratacao_protocolo,
    c.sent_at AS contratacao_enviada_em,
    c.mensagem AS contratacao_mensagem,
    c.data_termino_carencia,
    c.data_primeira_amortizacao,
    c.data_ultima_amortizacao,
    l.pedidas AS liberacoes_pedidas,
    l.aprovadas AS liberacoes_aprovadas,
    l.rejeitadas AS liberacoes_rejeitadas,
    l.em_duvida AS liberacoes_em_duvida,
    l.ultima_data_prevista AS liberacao_data_prevista,
    l.mensagem AS liberacao_mensagem,
    k.pedidos AS cancelamentos_pedidos,
    k.aprovados AS cancelamentos_aprovados,
    k.mensagem AS cancelamento_mensagem,
    GREATEST(f.quando, c.quando, l.quando, k.quando) AS quando,
    f.ambiente,
    f.conta,
    f.submission_id AS financiamento_submission_id
   FROM (((financiamento f
     LEFT JOIN LATERAL ( SELECT p.ambiente,
            p.conta,
            p.servico,
            p.number,
            p.reference,
            p.submission_id,
            p.standing,
            p.situacao_item,
            p.numero_protocolo,
            p.sent_at,
            p.numero_bndes,
            p.status,
            p.situacao,
            p.data_termino_carencia,
            p.data_primeira_amortizacao,
            p.data_ultima_amortizacao,
            p.data_prevista_liberacao,
            p.mensagem,
            p.quando
           FROM pedido p
          WHERE ((p.servico = 'contratacao'::text) AND (p.ambiente = f.ambiente) AND (p.conta = f.conta) AND ((p.numero_bndes = f.numero_bndes) OR (p.reference = f.reference)))
          ORDER BY p.number DESC
         LIMIT 1) c ON (true))
     LEFT JOIN LATERAL ( SELECT count(*) AS pedidas,
            count(*) FILTER (WHERE (p.situacao = 'aprovado'::text)) AS aprovadas,
            count(*) FILTER (WHERE (p.situacao_item = 'refused'::text)) AS rejeitadas,
            count(*) FILTER (WHERE (p.standing = 'in_doubt'::text)) AS em_duvida,
            max(p.data_prevista_liberacao) AS ultima_data_prevista,
            (array_agg(p.mensagem ORDER BY p.number DESC))[1] AS mensagem,
            max(p.quando) AS quando
           FROM pedido p
          WHERE ((p.servico = 'liberacao'::text) AND (p.ambiente = f.ambiente) AND (p.conta = f.conta) AND (p.numero_bndes = f.numero_bndes))) l ON (true))
     LEFT JOIN LATERAL ( SELECT count(*) AS pedidos,
            count(*) FILTER (WHERE (p.situacao = 'aprovado'::text)) AS aprovados,
            (array_agg(p.mensagem ORDER BY p.number DESC))[1] AS mensagem,
            max(p.quando) AS quando
           FROM pedido p
          WHERE ((p.servico = 'cancelamento'::text) AND (p.ambiente = f.ambiente) AND (p.conta = f.conta) AND (p.numero_bndes = f.numero_bndes))) k ON (true))
  ORDER BY f.ambiente, f.conta, f.reference;
CREATE VIEW report.ccee_contratos AS
 SELECT DISTINCT ON (i.scope, i.reference) i.reference AS referencia,
    r.codigo_contrato,
    r.comprador_codigo,
    r.vendedor_codigo,
    COALESCE(r.status, s.standing) AS ultimo_status,
    COALESCE(r.descricao, i.message, s.message) AS mensagem,
    COALESCE(r.landed_at, s.moved_at) AS quando,
    i.standing AS situacao_item,
    s.operation AS operacao,
    s.environment AS ambiente,
    s.account AS perfil_agente,
    s.receipt AS codigo_processamento,
    s.id AS submission_id
   FROM ((malote.item i
     JOIN malote.submission s ON ((i.submission = s.id)))
     LEFT JOIN LATERAL ( SELECT l.codigo_contrato,
            l.comprador_codigo,
            l.vendedor_codigo,
            l.status,
            l.descricao,
            l.landed_at
           FROM ccee.resultado_processamento l
          WHERE ((l.submission_id = s.id) AND (l.reference = i.reference))
          ORDER BY ((l.status = 'ERRO'::text) = (i.standing = 'refused'::text)) DESC, l.ordem DESC
         LIMIT 1) r ON (true))
  WHERE (s.institution = 'ccee'::text)
  ORDER BY i.scope, i.reference, s.number DESC, i.ordinal DESC;
CREATE VIEW report.cielo_aprovacao_por_dia AS
 WITH item AS (
         SELECT ((s.sent_at AT TIME ZONE 'America/Sao_Paulo'::text))::date AS dia,
            s.environment AS ambiente,
            s.account AS ec,
            i.standing,
            t.bandeira,
            t.status,
            t.situacao,
            COALESCE(t.autorizacao_valor, t.valor) AS valor
           FROM ((malote.item i
             JOIN malote.submission s ON ((i.submission = s.id)))
             LEFT JOIN LATERAL ( SELECT l.bandeira,
                    l.status,
                    l.situacao,
                    l.autorizacao_valor,
                    l.valor
                   FROM cielo.transacao l
                  WHERE ((l.submission_id = s.id) AND (l.reference = i.reference))
                  ORDER BY ((l.permite_retentativa IS NULL) = (i.standing = 'accepted'::text)) DESC, l.ordem DESC
                 LIMIT 1) t ON (true))
          WHERE ((s.institution = 'cielo'::text) AND (s.operation = ANY (ARRAY['02'::text, '08'::text])) AND (s.sent_at IS NOT NULL))
        )
 SELECT dia,
    ambiente,
    ec,
    bandeira,
    count(*) AS enviadas,
    count(*) FILTER (WHERE (status = ANY (ARRAY['4'::text, '6'::text]))) AS aprovadas,
    count(*) FILTER (WHERE (status = '5'::text)) AS negadas,
    count(*) FILTER (WHERE (situacao = 'erro'::text)) AS erros,
    count(*) FILTER (WHERE (situacao = 'sem_retorno'::text)) AS sem_retorno,
    count(*) FILTER (WHERE ((situacao IS NULL) AND (standing = 'sent'::text))) AS aguardando,
    count(*) FILTER (WHERE ((situacao IS NULL) AND (standing <> 'sent'::text))) AS lote_recusado,
    count(*) FILTER (WHERE ((situacao <> ALL (ARRAY['erro'::text, 'sem_retorno'::text])) AND (COALESCE(status, ''::text) <> ALL (ARRAY['4'::text, '5'::text, '6'::text])))) AS indefinidas,
    COALESCE(round((sum(valor) FILTER (WHERE (status = ANY (ARRAY['4'::text, '6'::text]))) / (100)::numeric), 2), (0)::numeric) AS valor_aprovado_reais,
    round(((count(*) FILTER (WHERE (status = ANY (ARRAY['4'::text, '6'::text]))))::numeric / (NULLIF(count(*) FILTER (WHERE (status = ANY (ARRAY['4'::text, '5'::text, '6'::text]))), 0))::numeric), 4) AS taxa_aprovacao
   FROM item
  GROUP BY dia, ambiente, ec, bandeira
  ORDER BY dia DESC, ambiente, ec, bandeira;
CREATE VIEW report.cielo_transacoes AS
 SELECT i.reference AS referencia,
    s.operation AS operacao,
        CASE s.operation
            WHEN '02'::text THEN 'Autorização'::text
            WHEN '03'::text THEN 'Cancelamento'::text
            WHEN '04'::text THEN 'Captura'::text
            WHEN '05'::text THEN 'Tokenização'::text
            WHEN '06'::text THEN 'Consulta'::text
            WHEN '07'::text THEN 'Consulta por número do pedido'::text
            WHEN '08'::text THEN 'Autorização de TID'::text
            ELSE NULL::text
        END AS operacao_nome,
    t.tid,
    t.numero_pedido,
    round((t.valor / (100)::numeric), 2) AS valor_reais,
    t.bandeira,
        CASE t.produto
            WHEN '1'::text THEN 'Crédito à vista'::text
            WHEN '2'::text THEN 'Parcelado loja'::text
            WHEN '3'::text THEN 'Parcelado administradora'::text
            WHEN 'A'::text THEN 'Débito'::text
            ELSE t.produto
        END AS produto,
    t.parcelas,
    t.status,
    COALESCE(t.situacao, s.standing) AS situacao,
    t.lr,
    t.lr_significado,
    t.permite_retentativa,
    t.arp,
    t.nsu,
    t.autorizacao_data_hora AS autorizada_em,
    t.captura_data_hora AS capturada_em,
    round((t.captura_valor / (100)::numeric), 2) AS capturado_reais,
    t.cancelamentos,
    round((t.cancelado_valor / (100)::numeric), 2) AS cancelado_reais,
    t.cancelamento_data_hora AS cancelada_em,
    "right"(t.codigo_token, 4) AS token_final,
    t.numero_cartao_truncado,
    t.renova_facil,
    t.renova_cartao_truncado,
    COALESCE(t.erro_codigo, t.token_erro_codigo) AS erro_codigo,
    COALESCE(t.erro_mensagem, t.token_erro_mensagem, t.autorizacao_mensagem, i.message, s.message) AS mensagem,
    i.standing AS situacao_item,
    s.environment AS ambiente,
    s.account AS ec,
    (s.facts ->> 'numero_lote'::text) AS numero_lote,
    s.name AS arquivo,
    s.sent_at AS enviada_em,
    COALESCE(t.landed_at, s.moved_at) AS quando,
    s.id AS submission_id
   FROM ((malote.item i
     JOIN malote.submission s ON ((i.submission = s.id)))
     LEFT JOIN LATERAL ( SELECT l.submission_id,
            l.ordem,
            l.reference,
            l.operacao,
            l.numero_lote,
            l.item_id,
            l.tid,
            l.numero_pedido,
            l.valor,
            l.moeda,
            l.pedido_data_hora,
            l.bandeira,
            l.produto,
            l.parcelas,
            l.status,
            l.situacao,
            l.autorizacao_codigo,
            l.autorizacao_mensagem,
            l.autorizacao_data_hora,
            l.autorizacao_valor,
            l.lr,
            l.lr_significado,
            l.permite_retentativa,
            l.arp,
            l.nsu,
            l.eci,
            l.captura_mensagem,
            l.captura_data_hora,
            l.captura_valor,
            l.cancelamentos,
            l.cancelado_valor,
            l.cancelamento_data_hora,
            l.cancelamento_mensagem,
            l.codigo_token,
            l.token_status,
            l.numero_cartao_truncado,
            l.token_erro_codigo,
            l.token_erro_mensagem,
            l.renova_facil,
            l.renova_cartao_truncado,
            l.erro_codigo,
            l.erro_mensagem,
            l.landed_at
           FROM cielo.transacao l
          WHERE ((l.submission_id = s.id) AND (l.reference = i.reference))
          ORDER BY ((l.permite_retentativa IS NULL) = (i.standing = 'accepted'::text)) DESC, l.ordem DESC
         LIMIT 1) t ON (true))
  WHERE (s.institution = 'cielo'::text)
  ORDER BY s.number DESC, i.ordinal;
CREATE TABLE report.resumo_diario (
    dia date NOT NULL,
    institution text NOT NULL,
    submissions integer NOT NULL,
    items_accepted integer NOT NULL,
    items_refused integer NOT NULL,
    in_doubt integer NOT NULL,
    overdue integer NOT NULL,
    written_at timestamp with time zone NOT NULL
);
CREATE VIEW report.submissoes_abertas AS
 SELECT id AS submission_id,
    institution,
    environment,
    account,
    service,
    operation,
    standing,
    receipt,
    item_count,
    pouch,
    prepared_at,
    sent_at,
    received_at,
    next_at AS asked_next_at,
    deadline,
    asked AS times_asked,
    message
   FROM malote.submission s
  WHERE (standing <> ALL (ARRAY['landed'::text, 'refused'::text, 'withdrawn'::text]));
INSERT INTO malote.alembic_version VALUES ('0006_bndes');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (1, 'notary-1', '2026-11-23 12:00:00+00', 'prepared', '{"items": 3, "sha256": "f06fb5e11a38784a1a3dc26176d8a67232e7b9ffa117d45acf8195b4c4f1c7fa"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (2, 'notary-2', '2026-11-23 12:00:00+00', 'prepared', '{"items": 1, "sha256": "995e5d0bec3e112abce3f57ccf6ae1e385ae88463ea1f9c55b1cc62cad4feb48"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (3, 'notary-1', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (4, 'notary-1', '2026-11-23 12:00:00+00', 'received', '{"how": "replied", "receipt": "N1"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (5, 'notary-2', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (6, 'notary-2', '2026-11-23 12:00:00+00', 'received', '{"how": "replied", "receipt": "N2"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (7, 'notary-1', '2026-11-23 12:01:56.097316+00', 'answer ready', '{}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (8, 'notary-2', '2026-11-23 12:01:56.201771+00', 'answer ready', '{}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (9, 'notary-1', '2026-11-23 12:01:56.201771+00', 'answered', '{"sha256": "fe3b6a6218f1cf8d5281f28cdf2b3ff04a757dd8a3d88ebd9782bdec8e7e8a3c"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (10, 'notary-2', '2026-11-23 12:01:56.201771+00', 'answered', '{"sha256": "49436b574229f999a35d30bb08397c443e7cdf0ddc396172414746cbaef01339"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (11, 'notary-1', '2026-11-23 12:01:56.201771+00', 'landed', '{"target": "notary.verdict", "row_count": 3, "answer_sha256": "fe3b6a6218f1cf8d5281f28cdf2b3ff04a757dd8a3d88ebd9782bdec8e7e8a3c", "items_refused": 0, "items_accepted": 3, "rows_unmatched": 0, "items_unanswered": 0, "items_answered_twice": 0}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (12, 'notary-2', '2026-11-23 12:01:56.201771+00', 'landed', '{"target": "notary.verdict", "row_count": 1, "answer_sha256": "49436b574229f999a35d30bb08397c443e7cdf0ddc396172414746cbaef01339", "items_refused": 0, "items_accepted": 1, "rows_unmatched": 0, "items_unanswered": 0, "items_answered_twice": 0}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (13, 'notary-3', '2026-11-23 12:00:00+00', 'prepared', '{"items": 3, "sha256": "b9fc6752cae22677b7e649f5310aaecf9d4689622f85c825431e7b0c88060d75"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (14, 'notary-4', '2026-11-23 12:00:00+00', 'prepared', '{"items": 1, "sha256": "43708e9b31cc349e62949b17ee089b2088f0a54891ab4bcdfca3ac1ebe3aecf8"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (15, 'notary-3', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (16, 'notary-3', '2026-11-23 12:00:00+00', 'received', '{"how": "replied", "receipt": "N3"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (17, 'notary-4', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (18, 'notary-4', '2026-11-23 12:00:00+00', 'received', '{"how": "replied", "receipt": "N4"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (19, 'notary-4', '2026-11-23 12:01:55.990338+00', 'answer ready', '{}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (20, 'notary-3', '2026-11-23 12:01:56.213917+00', 'answer ready', '{}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (21, 'notary-3', '2026-11-23 12:01:56.213917+00', 'answered', '{"sha256": "0903e35f406e7c4fbae5e83e113bf609bf02de0a75330d6b756100e8a0aa1a34"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (22, 'notary-4', '2026-11-23 12:01:56.213917+00', 'answered', '{"sha256": "fa4a9551c5538f0e3960bcf7210ca99fe10af175578ceb87ad9faf58462592ef"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (23, 'notary-3', '2026-11-23 12:01:56.213917+00', 'landed', '{"target": "notary.verdict", "row_count": 3, "answer_sha256": "0903e35f406e7c4fbae5e83e113bf609bf02de0a75330d6b756100e8a0aa1a34", "items_refused": 1, "items_accepted": 2, "rows_unmatched": 0, "items_unanswered": 0, "items_answered_twice": 0}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (24, 'notary-4', '2026-11-23 12:01:56.213917+00', 'landed', '{"target": "notary.verdict", "row_count": 1, "answer_sha256": "fa4a9551c5538f0e3960bcf7210ca99fe10af175578ceb87ad9faf58462592ef", "items_refused": 0, "items_accepted": 1, "rows_unmatched": 0, "items_unanswered": 0, "items_answered_twice": 0}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (25, 'notary-5', '2026-11-23 12:00:00+00', 'prepared', '{"items": 3, "sha256": "21bd2eda98474bb835a712ebc1a86aa22086d94037c0b8f8cc8e214db0590833"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (26, 'notary-6', '2026-11-23 12:00:00+00', 'prepared', '{"items": 1, "sha256": "c1d3d2889042a841f6cf063ae293a42b48b685e93a4afbbcb528cc5e71a48d33"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (27, 'notary-5', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (28, 'notary-5', '2026-11-23 12:00:00+00', 'received', '{"how": "replied", "receipt": "N5"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (29, 'notary-6', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (30, 'notary-6', '2026-11-23 12:00:00+00', 'received', '{"how": "replied", "receipt": "N6"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (31, 'notary-6', '2026-11-23 12:01:55.966039+00', 'answer ready', '{}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (32, 'notary-5', '2026-11-23 12:01:56.049234+00', 'answer ready', '{}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (33, 'notary-5', '2026-11-23 12:01:56.049234+00', 'answered', '{"sha256": "520421d3ba5fc5107ad1512f831ab74824c309a700779430b00ff0eae76591b0"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (34, 'notary-6', '2026-11-23 12:01:56.049234+00', 'answered', '{"sha256": "1a6156b31c252e19d25ea1bf405a503ab28d5047e25f0a9fc2575918d74ed1d1"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (35, 'notary-5', '2026-11-23 12:01:56.049234+00', 'landed', '{"target": "notary.verdict", "row_count": 3, "answer_sha256": "520421d3ba5fc5107ad1512f831ab74824c309a700779430b00ff0eae76591b0", "items_refused": 0, "items_accepted": 2, "rows_unmatched": 0, "items_unanswered": 1, "items_answered_twice": 0}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (36, 'notary-6', '2026-11-23 12:01:56.049234+00', 'landed', '{"target": "notary.verdict", "row_count": 1, "answer_sha256": "1a6156b31c252e19d25ea1bf405a503ab28d5047e25f0a9fc2575918d74ed1d1", "items_refused": 0, "items_accepted": 1, "rows_unmatched": 0, "items_unanswered": 0, "items_answered_twice": 0}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (37, 'notary-7', '2026-11-23 12:00:00+00', 'prepared', '{"items": 1, "sha256": "7bd1e1c1724400744c26b922bbb5a6778ab2149377c8527959e7f4700d69340a"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (38, 'notary-7', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (39, 'notary-7', '2026-11-23 12:00:00+00', 'received', '{"how": "replied", "receipt": "N7"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (40, 'notary-8', '2026-11-23 12:00:00+00', 'prepared', '{"items": 3, "sha256": "28d40d039daa4670340a52e2fb2839443e9e623f9e695cf85bc19f3d5ed785d4"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (41, 'notary-9', '2026-11-23 12:00:00+00', 'prepared', '{"items": 1, "sha256": "6e114e5e87fbd7752c4590974740aa2c4abc0b7b1c7f9263749e13ed03894aff"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (42, 'notary-10', '2026-11-23 12:00:00+00', 'prepared', '{"items": 3, "sha256": "e2078b34022e7f80b033b358da4118308a0d1d619d772dced431b8b94e266dda"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (43, 'notary-11', '2026-11-23 12:00:00+00', 'prepared', '{"items": 1, "sha256": "b7a6630e8e073d4f582d352315cd02dc145849f5d337675d37000f301bd87f35"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (44, 'notary-10', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (45, 'notary-10', '2026-11-23 12:00:00+00', 'received', '{"how": "replied", "receipt": "N8"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (46, 'notary-11', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (47, 'notary-11', '2026-11-23 12:00:00+00', 'received', '{"how": "replied", "receipt": "N9"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (48, 'notary-12', '2026-11-23 12:00:00+00', 'prepared', '{"items": 2, "sha256": "09ba54062fd81136ca601546afe9b7d938f08d51be5fea2b300664326b8d8ecf"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (49, 'notary-12', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (50, 'notary-13', '2026-11-23 12:00:00+00', 'prepared', '{"items": 2, "sha256": "8828dabda8bc2f3678db9e9a88a306f640d2d8a8c987ec0600eecc8128032201"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (51, 'notary-13', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (52, 'notary-14', '2026-11-23 12:00:00+00', 'prepared', '{"items": 2, "sha256": "42e4fbf41db267283e17e8744ff3fa17f3d817377c004b361c92528ca74954c2"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (53, 'notary-14', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (54, 'notary-14', '2026-11-23 12:00:00+00', 'received', '{"how": "replied", "receipt": "N11"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (55, 'notary-14', '2026-11-23 12:02:02.928953+00', 'answer ready', '{}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (56, 'notary-14', '2026-11-23 12:02:02.928953+00', 'answered', '{"sha256": "67cb2a03b54e6f18329d29bdfb8e5805086f690e899dfec829e3cc25d4ea554e"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (57, 'notary-15', '2026-11-23 12:00:00+00', 'prepared', '{"items": 2, "sha256": "99489c0eaafe01dccc1f6b02ecddb18992a6eb40f2c6b2e6fd5d3cf5433865b5"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (58, 'notary-15', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (59, 'notary-15', '2026-11-23 12:00:00+00', 'refused', '{"code": "bad", "frees": true, "message": "the notary refuses"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (60, 'notary-16', '2026-11-23 12:00:00+00', 'prepared', '{"items": 2, "sha256": "ab0388a90fed99a4fb5824df594eba5b3ed0e23919e2a45a6b0c7cc2d182f8a0"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (61, 'notary-16', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (62, 'notary-16', '2026-11-23 12:00:00+00', 'received', '{"how": "replied", "receipt": "N12"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (63, 'notary-16', '2026-11-23 12:00:00+00', 'in doubt', '{"search": "look at the office", "evidence": "the reply was lost"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (64, 'notary-17', '2026-11-23 12:00:00+00', 'prepared', '{"items": 2, "sha256": "d4315b5b61f6dd7e028a65f94d09ee118a8712babe581d3db7532d6eb45310df"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (65, 'notary-17', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (66, 'notary-17', '2026-11-23 12:00:00+00', 'received', '{"how": "replied", "receipt": "N13"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (67, 'notary-17', '2026-11-23 12:00:00+00', 'in doubt', '{"search": "look at the office", "evidence": "the reply was lost"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (68, 'notary-17', '2026-11-23 12:00:00+00', 'a person: withdraw', '{"why": "seen"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (69, 'notary-18', '2026-11-23 12:00:00+00', 'prepared', '{"items": 2, "sha256": "c94fd033e4ccd12138b92af1bad78e44dc59edc698299a894f288a5bdae7f525"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (70, 'notary-18', '2026-11-23 12:00:00+00', 'sending', '{"attempt": 1}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (71, 'notary-18', '2026-11-23 12:00:00+00', 'received', '{"how": "replied", "receipt": "N14"}');
INSERT INTO malote.event OVERRIDING SYSTEM VALUE VALUES (72, 'notary-18', '2026-11-23 21:00:00+00', 'overdue', '{}');
INSERT INTO malote.item_row VALUES ('notary-1', 1, 'notary/simulator/office 7/deeds/file', 'landed-0', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-1', 2, 'notary/simulator/office 7/deeds/file', 'landed-1', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-1', 3, 'notary/simulator/office 7/deeds/file', 'landed-2', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-2', 1, 'notary/simulator/office 7/deeds/file', 'landed-3', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-3', 1, 'notary/simulator/office 7/deeds/file', 'refuseditem-0', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-3', 3, 'notary/simulator/office 7/deeds/file', 'refuseditem-2', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-4', 1, 'notary/simulator/office 7/deeds/file', 'refuseditem-3', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-3', 2, 'notary/simulator/office 7/deeds/file', 'refuseditem-1', NULL, 'refused', 'no', NULL);
INSERT INTO malote.item_row VALUES ('notary-5', 1, 'notary/simulator/office 7/deeds/file', 'unanswered-0', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-5', 3, 'notary/simulator/office 7/deeds/file', 'unanswered-2', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-6', 1, 'notary/simulator/office 7/deeds/file', 'unanswered-3', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-5', 2, 'notary/simulator/office 7/deeds/file', 'unanswered-1', NULL, 'unanswered', 'perhaps', NULL);
INSERT INTO malote.item_row VALUES ('notary-7', 1, 'notary/simulator/office 7/deeds/file', ' padded-0 ', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-8', 1, 'notary/simulator/office 7/deeds/file', 'prepared-0', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-8', 2, 'notary/simulator/office 7/deeds/file', 'prepared-1', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-8', 3, 'notary/simulator/office 7/deeds/file', 'prepared-2', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-9', 1, 'notary/simulator/office 7/deeds/file', 'prepared-3', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-10', 1, 'notary/simulator/office 7/deeds/file', 'received-0', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-10', 2, 'notary/simulator/office 7/deeds/file', 'received-1', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-10', 3, 'notary/simulator/office 7/deeds/file', 'received-2', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-11', 1, 'notary/simulator/office 7/deeds/file', 'received-3', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-12', 1, 'notary/simulator/office 7/deeds/file', 'unsent-0', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-12', 2, 'notary/simulator/office 7/deeds/file', 'unsent-1', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-13', 1, 'notary/simulator/office 7/deeds/file', 'unheard-0', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-13', 2, 'notary/simulator/office 7/deeds/file', 'unheard-1', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-14', 1, 'notary/simulator/office 7/deeds/file', 'answered-0', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-14', 2, 'notary/simulator/office 7/deeds/file', 'answered-1', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-15', 1, 'notary/simulator/office 7/deeds/file', 'refused-0', NULL, 'refused', 'bad', 'the notary refuses');
INSERT INTO malote.item_row VALUES ('notary-15', 2, 'notary/simulator/office 7/deeds/file', 'refused-1', NULL, 'refused', 'bad', 'the notary refuses');
INSERT INTO malote.item_row VALUES ('notary-16', 1, 'notary/simulator/office 7/deeds/file', 'doubt-0', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-16', 2, 'notary/simulator/office 7/deeds/file', 'doubt-1', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-17', 1, 'notary/simulator/office 7/deeds/file', 'withdrawn-0', NULL, 'unanswered', NULL, 'withdrawn: seen');
INSERT INTO malote.item_row VALUES ('notary-17', 2, 'notary/simulator/office 7/deeds/file', 'withdrawn-1', NULL, 'unanswered', NULL, 'withdrawn: seen');
INSERT INTO malote.item_row VALUES ('notary-18', 1, 'notary/simulator/office 7/deeds/file', 'overdue-0', NULL, NULL, NULL, NULL);
INSERT INTO malote.item_row VALUES ('notary-18', 2, 'notary/simulator/office 7/deeds/file', 'overdue-1', NULL, NULL, NULL, NULL);
INSERT INTO malote.load VALUES ('notary-1', '2026-11-23 12:01:56.201771+00', 'notary.verdict', 'fe3b6a6218f1cf8d5281f28cdf2b3ff04a757dd8a3d88ebd9782bdec8e7e8a3c', 3, 3, 0, 0, 0, 0);
INSERT INTO malote.load VALUES ('notary-2', '2026-11-23 12:01:56.201771+00', 'notary.verdict', '49436b574229f999a35d30bb08397c443e7cdf0ddc396172414746cbaef01339', 1, 1, 0, 0, 0, 0);
INSERT INTO malote.load VALUES ('notary-3', '2026-11-23 12:01:56.213917+00', 'notary.verdict', '0903e35f406e7c4fbae5e83e113bf609bf02de0a75330d6b756100e8a0aa1a34', 3, 2, 1, 0, 0, 0);
INSERT INTO malote.load VALUES ('notary-4', '2026-11-23 12:01:56.213917+00', 'notary.verdict', 'fa4a9551c5538f0e3960bcf7210ca99fe10af175578ceb87ad9faf58462592ef', 1, 1, 0, 0, 0, 0);
INSERT INTO malote.load VALUES ('notary-5', '2026-11-23 12:01:56.049234+00', 'notary.verdict', '520421d3ba5fc5107ad1512f831ab74824c309a700779430b00ff0eae76591b0', 3, 2, 0, 1, 0, 0);
INSERT INTO malote.load VALUES ('notary-6', '2026-11-23 12:01:56.049234+00', 'notary.verdict', '1a6156b31c252e19d25ea1bf405a503ab28d5047e25f0a9fc2575918d74ed1d1', 1, 1, 0, 0, 0, 0);
INSERT INTO malote.pouch VALUES ('dag/landed/submit', 'notary', 'simulator', 'office 7', 'deeds', '{}', '2026-11-23 12:00:00+00');
INSERT INTO malote.pouch VALUES ('dag/refuseditem/submit', 'notary', 'simulator', 'office 7', 'deeds', '{}', '2026-11-23 12:00:00+00');
INSERT INTO malote.pouch VALUES ('dag/unanswered/submit', 'notary', 'simulator', 'office 7', 'deeds', '{}', '2026-11-23 12:00:00+00');
INSERT INTO malote.pouch VALUES ('dag/padded/submit', 'notary', 'simulator', 'office 7', 'deeds', '{}', '2026-11-23 12:00:00+00');
INSERT INTO malote.pouch VALUES ('dag/prepared/submit', 'notary', 'simulator', 'office 7', 'deeds', '{}', '2026-11-23 12:00:00+00');
INSERT INTO malote.pouch VALUES ('dag/received/submit', 'notary', 'simulator', 'office 7', 'deeds', '{}', '2026-11-23 12:00:00+00');
INSERT INTO malote.pouch VALUES ('dag/unsent/submit', 'notary', 'simulator', 'office 7', 'deeds', '{}', '2026-11-23 12:00:00+00');
INSERT INTO malote.pouch VALUES ('dag/unheard/submit', 'notary', 'simulator', 'office 7', 'deeds', '{}', '2026-11-23 12:00:00+00');
INSERT INTO malote.pouch VALUES ('dag/answered/submit', 'notary', 'simulator', 'office 7', 'deeds', '{}', '2026-11-23 12:00:00+00');
INSERT INTO malote.pouch VALUES ('dag/refused/submit', 'notary', 'simulator', 'office 7', 'deeds', '{}', '2026-11-23 12:00:00+00');
INSERT INTO malote.pouch VALUES ('dag/doubt/submit', 'notary', 'simulator', 'office 7', 'deeds', '{}', '2026-11-23 12:00:00+00');
INSERT INTO malote.pouch VALUES ('dag/withdrawn/submit', 'notary', 'simulator', 'office 7', 'deeds', '{}', '2026-11-23 12:00:00+00');
INSERT INTO malote.pouch VALUES ('dag/overdue/submit', 'notary', 'simulator', 'office 7', 'deeds', '{}', '2026-11-23 12:00:00+00');
INSERT INTO malote.submission VALUES ('notary-1', 1, 'dag/landed/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'landed', 'deed.json', 'documents/f0/f06fb5e11a38784a1a3dc26176d8a67232e7b9ffa117d45acf8195b4c4f1c7fa-deed.json', 'f06fb5e11a38784a1a3dc26176d8a67232e7b9ffa117d45acf8195b4c4f1c7fa', 93, false, 3, '{}', 'N1', 1, false, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', NULL, '2026-11-23 14:00:00+00', NULL, 2, NULL, NULL, false, 'answers/fe/fe3b6a6218f1cf8d5281f28cdf2b3ff04a757dd8a3d88ebd9782bdec8e7e8a3c-notary-1.xml', 'fe3b6a6218f1cf8d5281f28cdf2b3ff04a757dd8a3d88ebd9782bdec8e7e8a3c', 63, NULL, NULL, '2026-11-23 12:01:56.201771+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-2', 2, 'dag/landed/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'landed', 'deed.json', 'documents/99/995e5d0bec3e112abce3f57ccf6ae1e385ae88463ea1f9c55b1cc62cad4feb48-deed.json', '995e5d0bec3e112abce3f57ccf6ae1e385ae88463ea1f9c55b1cc62cad4feb48', 31, false, 1, '{}', 'N2', 1, false, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', NULL, '2026-11-23 14:00:00+00', NULL, 2, NULL, NULL, false, 'answers/49/49436b574229f999a35d30bb08397c443e7cdf0ddc396172414746cbaef01339-notary-2.xml', '49436b574229f999a35d30bb08397c443e7cdf0ddc396172414746cbaef01339', 21, NULL, NULL, '2026-11-23 12:01:56.201771+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-3', 3, 'dag/refuseditem/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'landed', 'deed.json', 'documents/b9/b9fc6752cae22677b7e649f5310aaecf9d4689622f85c825431e7b0c88060d75-deed.json', 'b9fc6752cae22677b7e649f5310aaecf9d4689622f85c825431e7b0c88060d75', 123, false, 3, '{}', 'N3', 1, false, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', NULL, '2026-11-23 14:00:00+00', NULL, 2, NULL, NULL, false, 'answers/09/0903e35f406e7c4fbae5e83e113bf609bf02de0a75330d6b756100e8a0aa1a34-notary-3.xml', '0903e35f406e7c4fbae5e83e113bf609bf02de0a75330d6b756100e8a0aa1a34', 77, NULL, NULL, '2026-11-23 12:01:56.213917+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-4', 4, 'dag/refuseditem/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'landed', 'deed.json', 'documents/43/43708e9b31cc349e62949b17ee089b2088f0a54891ab4bcdfca3ac1ebe3aecf8-deed.json', '43708e9b31cc349e62949b17ee089b2088f0a54891ab4bcdfca3ac1ebe3aecf8', 41, false, 1, '{}', 'N4', 1, false, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', NULL, '2026-11-23 14:00:00+00', NULL, 2, NULL, NULL, false, 'answers/fa/fa4a9551c5538f0e3960bcf7210ca99fe10af175578ceb87ad9faf58462592ef-notary-4.xml', 'fa4a9551c5538f0e3960bcf7210ca99fe10af175578ceb87ad9faf58462592ef', 26, NULL, NULL, '2026-11-23 12:01:56.213917+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-8', 8, 'dag/prepared/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'prepared', 'deed.json', 'documents/28/28d40d039daa4670340a52e2fb2839443e9e623f9e695cf85bc19f3d5ed785d4-deed.json', '28d40d039daa4670340a52e2fb2839443e9e623f9e695cf85bc19f3d5ed785d4', 105, false, 3, '{}', NULL, 0, false, 0, '2026-11-23 12:00:00+00', NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, '2026-11-23 12:00:00+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-9', 9, 'dag/prepared/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'prepared', 'deed.json', 'documents/6e/6e114e5e87fbd7752c4590974740aa2c4abc0b7b1c7f9263749e13ed03894aff-deed.json', '6e114e5e87fbd7752c4590974740aa2c4abc0b7b1c7f9263749e13ed03894aff', 35, false, 1, '{}', NULL, 0, false, 0, '2026-11-23 12:00:00+00', NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, '2026-11-23 12:00:00+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-5', 5, 'dag/unanswered/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'landed', 'deed.json', 'documents/21/21bd2eda98474bb835a712ebc1a86aa22086d94037c0b8f8cc8e214db0590833-deed.json', '21bd2eda98474bb835a712ebc1a86aa22086d94037c0b8f8cc8e214db0590833', 117, false, 3, '{}', 'N5', 1, false, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', NULL, '2026-11-23 14:00:00+00', NULL, 2, NULL, NULL, false, 'answers/52/520421d3ba5fc5107ad1512f831ab74824c309a700779430b00ff0eae76591b0-notary-5.xml', '520421d3ba5fc5107ad1512f831ab74824c309a700779430b00ff0eae76591b0', 79, NULL, NULL, '2026-11-23 12:01:56.049234+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-6', 6, 'dag/unanswered/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'landed', 'deed.json', 'documents/c1/c1d3d2889042a841f6cf063ae293a42b48b685e93a4afbbcb528cc5e71a48d33-deed.json', 'c1d3d2889042a841f6cf063ae293a42b48b685e93a4afbbcb528cc5e71a48d33', 39, false, 1, '{}', 'N6', 1, false, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', NULL, '2026-11-23 14:00:00+00', NULL, 2, NULL, NULL, false, 'answers/1a/1a6156b31c252e19d25ea1bf405a503ab28d5047e25f0a9fc2575918d74ed1d1-notary-6.xml', '1a6156b31c252e19d25ea1bf405a503ab28d5047e25f0a9fc2575918d74ed1d1', 25, NULL, NULL, '2026-11-23 12:01:56.049234+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-7', 7, 'dag/padded/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'received', 'deed.json', 'documents/7b/7bd1e1c1724400744c26b922bbb5a6778ab2149377c8527959e7f4700d69340a-deed.json', '7bd1e1c1724400744c26b922bbb5a6778ab2149377c8527959e7f4700d69340a', 21, false, 1, '{}', 'N7', 1, false, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:01:00+00', '2026-11-23 14:00:00+00', NULL, 0, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, '2026-11-23 12:00:00+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-10', 10, 'dag/received/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'received', 'deed.json', 'documents/e2/e2078b34022e7f80b033b358da4118308a0d1d619d772dced431b8b94e266dda-deed.json', 'e2078b34022e7f80b033b358da4118308a0d1d619d772dced431b8b94e266dda', 105, false, 3, '{}', 'N8', 1, false, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:01:00+00', '2026-11-23 14:00:00+00', NULL, 0, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, '2026-11-23 12:00:00+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-11', 11, 'dag/received/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'received', 'deed.json', 'documents/b7/b7a6630e8e073d4f582d352315cd02dc145849f5d337675d37000f301bd87f35-deed.json', 'b7a6630e8e073d4f582d352315cd02dc145849f5d337675d37000f301bd87f35', 35, false, 1, '{}', 'N9', 1, false, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:01:00+00', '2026-11-23 14:00:00+00', NULL, 0, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, '2026-11-23 12:00:00+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-12', 12, 'dag/unsent/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'sending', 'deed.json', 'documents/09/09ba54062fd81136ca601546afe9b7d938f08d51be5fea2b300664326b8d8ecf-deed.json', '09ba54062fd81136ca601546afe9b7d938f08d51be5fea2b300664326b8d8ecf', 62, false, 2, '{}', NULL, 1, false, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', NULL, NULL, NULL, '2026-11-23 12:02:00+00', 0, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, '2026-11-23 12:00:00+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-13', 13, 'dag/unheard/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'sending', 'deed.json', 'documents/88/8828dabda8bc2f3678db9e9a88a306f640d2d8a8c987ec0600eecc8128032201-deed.json', '8828dabda8bc2f3678db9e9a88a306f640d2d8a8c987ec0600eecc8128032201', 66, false, 2, '{}', NULL, 1, false, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', NULL, NULL, NULL, '2026-11-23 12:02:00+00', 0, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, '2026-11-23 12:00:00+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-14', 14, 'dag/answered/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'answered', 'deed.json', 'documents/42/42e4fbf41db267283e17e8744ff3fa17f3d817377c004b361c92528ca74954c2-deed.json', '42e4fbf41db267283e17e8744ff3fa17f3d817377c004b361c92528ca74954c2', 70, false, 2, '{}', 'N11', 1, false, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', NULL, '2026-11-23 14:00:00+00', NULL, 2, NULL, NULL, false, 'answers/67/67cb2a03b54e6f18329d29bdfb8e5805086f690e899dfec829e3cc25d4ea554e-notary-14.xml', '67cb2a03b54e6f18329d29bdfb8e5805086f690e899dfec829e3cc25d4ea554e', 46, NULL, NULL, '2026-11-23 12:02:02.928953+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-15', 15, 'dag/refused/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'refused', 'deed.json', 'documents/99/99489c0eaafe01dccc1f6b02ecddb18992a6eb40f2c6b2e6fd5d3cf5433865b5-deed.json', '99489c0eaafe01dccc1f6b02ecddb18992a6eb40f2c6b2e6fd5d3cf5433865b5', 66, false, 2, '{}', NULL, 1, false, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', NULL, NULL, NULL, NULL, 0, NULL, NULL, false, NULL, NULL, NULL, 'bad', 'the notary refuses', '2026-11-23 12:00:00+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-16', 16, 'dag/doubt/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'in_doubt', 'deed.json', 'documents/ab/ab0388a90fed99a4fb5824df594eba5b3ed0e23919e2a45a6b0c7cc2d182f8a0-deed.json', 'ab0388a90fed99a4fb5824df594eba5b3ed0e23919e2a45a6b0c7cc2d182f8a0', 58, false, 2, '{}', 'N12', 1, true, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:01:00+00', '2026-11-23 14:00:00+00', NULL, 0, NULL, NULL, false, NULL, NULL, NULL, NULL, 'the reply was lost', '2026-11-23 12:00:00+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-17', 17, 'dag/withdrawn/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'withdrawn', 'deed.json', 'documents/d4/d4315b5b61f6dd7e028a65f94d09ee118a8712babe581d3db7532d6eb45310df-deed.json', 'd4315b5b61f6dd7e028a65f94d09ee118a8712babe581d3db7532d6eb45310df', 74, false, 2, '{}', 'N13', 1, true, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', NULL, '2026-11-23 14:00:00+00', NULL, 0, NULL, NULL, false, NULL, NULL, NULL, NULL, 'the reply was lost', '2026-11-23 12:00:00+00', NULL, NULL);
INSERT INTO malote.submission VALUES ('notary-18', 18, 'dag/overdue/submit', 'notary', 'simulator', 'office 7', 'deeds', 'file', 'overdue', 'deed.json', 'documents/c9/c94fd033e4ccd12138b92af1bad78e44dc59edc698299a894f288a5bdae7f525-deed.json', 'c94fd033e4ccd12138b92af1bad78e44dc59edc698299a894f288a5bdae7f525', 66, false, 2, '{}', 'N14', 1, false, 0, '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 12:00:00+00', '2026-11-23 22:02:35.753381+00', '2026-11-23 14:00:00+00', NULL, 1, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, '2026-11-23 21:00:00+00', NULL, NULL);
INSERT INTO notary.verdict VALUES ('notary-1', 1, 'landed-0', 'landed-0', 'yes', 'it says yes', '2026-11-23 12:01:56.201771+00');
INSERT INTO notary.verdict VALUES ('notary-1', 2, 'landed-1', 'landed-1', 'yes', 'it says yes', '2026-11-23 12:01:56.201771+00');
INSERT INTO notary.verdict VALUES ('notary-1', 3, 'landed-2', 'landed-2', 'yes', 'it says yes', '2026-11-23 12:01:56.201771+00');
INSERT INTO notary.verdict VALUES ('notary-2', 1, 'landed-3', 'landed-3', 'yes', 'it says yes', '2026-11-23 12:01:56.201771+00');
INSERT INTO notary.verdict VALUES ('notary-3', 1, 'refuseditem-0', 'refuseditem-0', 'yes', 'it says yes', '2026-11-23 12:01:56.213917+00');
INSERT INTO notary.verdict VALUES ('notary-3', 2, 'refuseditem-1', 'refuseditem-1', 'no', 'it says no', '2026-11-23 12:01:56.213917+00');
INSERT INTO notary.verdict VALUES ('notary-3', 3, 'refuseditem-2', 'refuseditem-2', 'yes', 'it says yes', '2026-11-23 12:01:56.213917+00');
INSERT INTO notary.verdict VALUES ('notary-4', 1, 'refuseditem-3', 'refuseditem-3', 'yes', 'it says yes', '2026-11-23 12:01:56.213917+00');
INSERT INTO notary.verdict VALUES ('notary-5', 1, 'unanswered-0', 'unanswered-0', 'yes', 'it says yes', '2026-11-23 12:01:56.049234+00');
INSERT INTO notary.verdict VALUES ('notary-5', 2, 'unanswered-1', 'unanswered-1', 'perhaps', 'it says perhaps', '2026-11-23 12:01:56.049234+00');
INSERT INTO notary.verdict VALUES ('notary-5', 3, 'unanswered-2', 'unanswered-2', 'yes', 'it says yes', '2026-11-23 12:01:56.049234+00');
INSERT INTO notary.verdict VALUES ('notary-6', 1, 'unanswered-3', 'unanswered-3', 'yes', 'it says yes', '2026-11-23 12:01:56.049234+00');
SELECT pg_catalog.setval('malote.event_id_seq', 72, true);
SELECT pg_catalog.setval('malote.submission_number_seq', 18, true);
ALTER TABLE ONLY bndes.critica
    ADD CONSTRAINT critica_pkey PRIMARY KEY (submission_id, ordem);
ALTER TABLE ONLY bndes.operacao
    ADD CONSTRAINT operacao_pkey PRIMARY KEY (query_id, ordem);
ALTER TABLE ONLY bndes.resultado
    ADD CONSTRAINT resultado_pkey PRIMARY KEY (submission_id, ordem);
ALTER TABLE ONLY bndes.subcredito
    ADD CONSTRAINT subcredito_pkey PRIMARY KEY (query_id, ordem);
ALTER TABLE ONLY ccee.resultado_processamento
    ADD CONSTRAINT resultado_processamento_pkey PRIMARY KEY (submission_id, ordem);
ALTER TABLE ONLY cielo.transacao
    ADD CONSTRAINT transacao_pkey PRIMARY KEY (submission_id, ordem);
ALTER TABLE ONLY malote.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY malote.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY malote.item_row
    ADD CONSTRAINT item_row_pkey PRIMARY KEY (submission, ordinal);
ALTER TABLE ONLY malote.load
    ADD CONSTRAINT load_pkey PRIMARY KEY (submission);
ALTER TABLE ONLY malote.pace
    ADD CONSTRAINT pace_pkey PRIMARY KEY (name);
ALTER TABLE ONLY malote.pouch
    ADD CONSTRAINT pouch_pkey PRIMARY KEY (id);
ALTER TABLE ONLY malote.sequence
    ADD CONSTRAINT sequence_name_taken_for_key UNIQUE (name, taken_for);
ALTER TABLE ONLY malote.sequence
    ADD CONSTRAINT sequence_pkey PRIMARY KEY (name, number);
ALTER TABLE ONLY malote.submission
    ADD CONSTRAINT submission_number_key UNIQUE (number);
ALTER TABLE ONLY malote.submission
    ADD CONSTRAINT submission_pkey PRIMARY KEY (id);
ALTER TABLE ONLY notary.verdict
    ADD CONSTRAINT verdict_pkey PRIMARY KEY (submission_id, ordem);
ALTER TABLE ONLY outgoing.bndes_cancelamento
    ADD CONSTRAINT bndes_cancelamento_pkey PRIMARY KEY (referencia);
ALTER TABLE ONLY outgoing.bndes_contratacao
    ADD CONSTRAINT bndes_contratacao_pkey PRIMARY KEY (ano_proposta, numero_proposta);
ALTER TABLE ONLY outgoing.bndes_financiamento
    ADD CONSTRAINT bndes_financiamento_pkey PRIMARY KEY (ano_proposta, numero_proposta);
ALTER TABLE ONLY outgoing.bndes_liberacao
    ADD CONSTRAINT bndes_liberacao_pkey PRIMARY KEY (referencia);
ALTER TABLE ONLY outgoing.bndes_solicitacao
    ADD CONSTRAINT bndes_solicitacao_pkey PRIMARY KEY (servico, referencia);
ALTER TABLE ONLY outgoing.ccee_contratos
    ADD CONSTRAINT ccee_contratos_pkey PRIMARY KEY (referencia);
ALTER TABLE ONLY outgoing.cielo_autorizacao
    ADD CONSTRAINT cielo_autorizacao_pkey PRIMARY KEY (numero_pedido);
ALTER TABLE ONLY outgoing.cielo_autorizacao_tid
    ADD CONSTRAINT cielo_autorizacao_tid_pkey PRIMARY KEY (tid);
ALTER TABLE ONLY outgoing.cielo_cancelamento
    ADD CONSTRAINT cielo_cancelamento_pkey PRIMARY KEY (referencia);
ALTER TABLE ONLY outgoing.cielo_captura
    ADD CONSTRAINT cielo_captura_pkey PRIMARY KEY (tid);
ALTER TABLE ONLY outgoing.cielo_consulta_chsec
    ADD CONSTRAINT cielo_consulta_chsec_pkey PRIMARY KEY (referencia);
ALTER TABLE ONLY outgoing.cielo_consulta
    ADD CONSTRAINT cielo_consulta_pkey PRIMARY KEY (referencia);
ALTER TABLE ONLY outgoing.cielo_tokenizacao
    ADD CONSTRAINT cielo_tokenizacao_pkey PRIMARY KEY (referencia);
ALTER TABLE ONLY report.resumo_diario
    ADD CONSTRAINT resumo_diario_pkey PRIMARY KEY (dia, institution);
CREATE INDEX critica_of_item ON bndes.critica USING btree (submission_id, reference);
CREATE INDEX resultado_of_item ON bndes.resultado USING btree (submission_id, reference);
CREATE INDEX resultado_of_number ON bndes.resultado USING btree (numero_bndes);
CREATE INDEX resultado_of_proposal ON bndes.resultado USING btree (ano_proposta, numero_proposta);
CREATE INDEX resultado_of_item ON ccee.resultado_processamento USING btree (submission_id, reference);
CREATE INDEX transacao_authorised ON cielo.transacao USING btree (tid) WHERE (status = '4'::text);
CREATE INDEX transacao_of_item ON cielo.transacao USING btree (submission_id, reference);
CREATE INDEX event_of_submission ON malote.event USING btree (submission, id);
CREATE INDEX item_refused ON malote.item_row USING btree (scope, reference) WHERE (outcome = 'refused'::text);
CREATE UNIQUE INDEX item_travels_once ON malote.item_row USING btree (scope, reference) WHERE (outcome IS DISTINCT FROM 'refused'::text);
CREATE INDEX submission_of_bytes ON malote.submission USING btree (document_sha256);
CREATE INDEX submission_of_pouch ON malote.submission USING btree (pouch, standing);
CREATE INDEX submission_open ON malote.submission USING btree (institution, environment, account, service, next_at) WHERE (standing = ANY (ARRAY['received'::text, 'overdue'::text]));
CREATE UNIQUE INDEX submission_receipt ON malote.submission USING btree (institution, environment, account, service, receipt) WHERE (receipt IS NOT NULL);
CREATE INDEX submission_sealed ON malote.submission USING btree (institution, environment, account) WHERE (sealed AND ((purged_at IS NULL) OR (answer IS NOT NULL)));
CREATE TRIGGER event_stays BEFORE DELETE OR UPDATE ON malote.event FOR EACH STATEMENT EXECUTE FUNCTION malote.event_stays();
ALTER TABLE ONLY bndes.critica
    ADD CONSTRAINT critica_submission_id_fkey FOREIGN KEY (submission_id) REFERENCES malote.submission(id);
ALTER TABLE ONLY bndes.resultado
    ADD CONSTRAINT resultado_submission_id_fkey FOREIGN KEY (submission_id) REFERENCES malote.submission(id);
ALTER TABLE ONLY ccee.resultado_processamento
    ADD CONSTRAINT resultado_processamento_submission_id_fkey FOREIGN KEY (submission_id) REFERENCES malote.submission(id);
ALTER TABLE ONLY malote.event
    ADD CONSTRAINT event_submission_fkey FOREIGN KEY (submission) REFERENCES malote.submission(id);
ALTER TABLE ONLY malote.item_row
    ADD CONSTRAINT item_row_submission_fkey FOREIGN KEY (submission) REFERENCES malote.submission(id);
ALTER TABLE ONLY malote.load
    ADD CONSTRAINT load_submission_fkey FOREIGN KEY (submission) REFERENCES malote.submission(id);
ALTER TABLE ONLY malote.submission
    ADD CONSTRAINT submission_pouch_fkey FOREIGN KEY (pouch) REFERENCES malote.pouch(id);
