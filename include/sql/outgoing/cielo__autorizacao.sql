-- One row is one order to be authorised (operation 02), in centavos.
-- `reference` is what may not travel twice and must be the order number; every other alias is a path of the treaty
-- (schemas/cielo), below requisicao-transacao. `dados-portador` is the whole card, as text that `malote seal` made.
-- `autorizado.em` is no path of the treaty: where another operation has seen the order authorised (a query, the
-- authorisation of a TID), as ambiente/EC; such an order is refused before it is sent.
select
    autorizacao.numero_pedido as "reference",
    autorizacao.cartao_selado as "dados-portador",
    autorizacao.token as "dados-portador.token",
    autorizacao.numero_pedido as "dados-pedido.numero",
    autorizacao.valor as "dados-pedido.valor",
    autorizacao.moeda as "dados-pedido.moeda",
    to_char(autorizacao.data_hora at time zone 'America/Sao_Paulo', 'YYYY-MM-DD"T"HH24:MI:SS')
        as "dados-pedido.data-hora",
    autorizacao.descricao as "dados-pedido.descricao",
    autorizacao.idioma as "dados-pedido.idioma",
    autorizacao.taxa_embarque as "dados-pedido.taxa-embarque",
    autorizacao.soft_descriptor as "dados-pedido.soft-descriptor",
    autorizacao.bandeira as "forma-pagamento.bandeira",
    autorizacao.produto as "forma-pagamento.produto",
    autorizacao.parcelas as "forma-pagamento.parcelas",
    autorizacao.url_retorno as "url-retorno",
    autorizacao.autorizar as "autorizar",
    autorizacao.capturar as "capturar",
    autorizacao.campo_livre as "campo-livre",
    autorizacao.gerar_token as "gerar-token",
    autorizada.em as "autorizado.em"
from outgoing.cielo_autorizacao as autorizacao
left join lateral (
    select array_agg(distinct vista.em) as em
    from (
        select submission.environment || '/' || submission.account as em
        from cielo.transacao
        inner join malote.submission on transacao.submission_id = submission.id
        where
            transacao.numero_pedido = autorizacao.numero_pedido
            and transacao.operacao != '02' and transacao.status in ('4', '6')
        union all
        select submission.environment || '/' || submission.account
        from malote.retired('cielo/numero_pedido', autorizacao.numero_pedido) as antes
        inner join malote.submission on antes.number = submission.number
        where submission.operation != '02'
    ) as vista
) as autorizada on true
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = autorizacao.numero_pedido
    )
order by autorizacao.numero_pedido
