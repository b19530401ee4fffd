-- One row is one card to become a token (operation 05).
-- `reference` is what may not travel twice: your own name for the card, never its number.
-- `dados-portador` is the whole card, as text that `malote seal` made.
select
    tokenizacao.referencia as "reference",
    tokenizacao.cartao_selado as "dados-portador"
from outgoing.cielo_tokenizacao as tokenizacao
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = tokenizacao.referencia
    )
order by tokenizacao.referencia
