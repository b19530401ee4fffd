-- One row: one proposal whose financiamento was approved, as it was told until 0020.
create view before.aprovado as
select distinct on (s.environment, s.account, r.ano_proposta, r.numero_proposta)
    s.environment as ambiente,
    s.account as conta,
    r.ano_proposta,
    r.numero_proposta,
    r.numero_bndes,
    r.submission_id,
    r.landed_at
from bndes.resultado as r
inner join malote.submission as s on r.submission_id = s.id
where r.servico = 'financiamento' and r.situacao = 'aprovado' and r.numero_bndes is not null
order by s.environment asc, s.account asc, r.ano_proposta asc, r.numero_proposta asc, s.number desc;
