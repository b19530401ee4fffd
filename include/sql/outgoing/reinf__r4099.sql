-- One row is one R-4099: fechRet 0 closes a month, 1 opens it again. `falta` is no path: it says, for each environment
-- and contributor, what of the month has not landed well; until nothing is left the closing waits, and the log says so.
select
    f.per_apur || '/' || f.vez as "reference",
    case when f.fech_ret = '0' then (
        select jsonb_object_agg(p.casa, p.palavras)
        from (
            select
                o.ambiente || '/' || o.conta as casa,
                jsonb_agg(
                    o.evento || ' ' || o.estado || ': ' || o.quantos || ' (' || array_to_string(o.alguns, ', ') || ')'
                    order by o.evento, o.estado
                ) as palavras
            from reinf.pendencia as o
            where o.per_apur = f.per_apur
            group by o.ambiente, o.conta
        ) as p
    ) end as "falta",
    f.per_apur as "ideEvento.perApur",
    f.nm_resp as "ideRespInf.nmResp",
    f.cpf_resp as "ideRespInf.cpfResp",
    f.telefone as "ideRespInf.telefone",
    f.email as "ideRespInf.email",
    f.fech_ret as "infoFech.fechRet"
from outgoing.reinf_r4099 as f
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = f.per_apur || '/' || f.vez
    )
order by f.per_apur, f.vez
