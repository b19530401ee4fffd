-- One row is one R-1000: what is said of the contributor for a time. The aliases are paths below evtInfoContri, cut to
-- what fits (PostgreSQL keeps 63 bytes); malote fills in tpAmb, procEmi, verProc, ideContri, the Id and the signature.
select
    acao || '/' || ini_valid || case when vez > 1 then '/' || vez else '' end as "reference",
    case when acao = 'inclusao' then ini_valid end as "infoContri.inclusao.idePeriodo.iniValid",
    case when acao = 'inclusao' then fim_valid end as "infoContri.inclusao.idePeriodo.fimValid",
    case when acao = 'inclusao' then class_trib end as "infoContri.inclusao.infoCadastro.classTrib",
    case when acao = 'inclusao' then ind_escrituracao end as "infoContri.inclusao.infoCadastro.indEscrituracao",
    case when acao = 'inclusao' then ind_desoneracao end as "infoContri.inclusao.infoCadastro.indDesoneracao",
    case when acao = 'inclusao' then ind_acordo_isen_multa end as "infoContri.inclusao.infoCadastro.indAcordoIsenMulta",
    case when acao = 'inclusao' then ind_sit_pj end as "infoContri.inclusao.infoCadastro.indSitPJ",
    case when acao = 'inclusao' then nm_ctt end as "infoContri.inclusao.infoCadastro.contato.nmCtt",
    case when acao = 'inclusao' then cpf_ctt end as "infoContri.inclusao.infoCadastro.contato.cpfCtt",
    case when acao = 'inclusao' then fone_fixo end as "infoContri.inclusao.infoCadastro.contato.foneFixo",
    case when acao = 'inclusao' then email end as "infoContri.inclusao.infoCadastro.contato.email",
    case when acao = 'alteracao' then ini_valid end as "infoContri.alteracao.idePeriodo.iniValid",
    case when acao = 'alteracao' then fim_valid end as "infoContri.alteracao.idePeriodo.fimValid",
    case when acao = 'alteracao' then class_trib end as "infoContri.alteracao.infoCadastro.classTrib",
    case when acao = 'alteracao' then ind_escrituracao end as "infoContri.alteracao.infoCadastro.indEscrituracao",
    case when acao = 'alteracao' then ind_desoneracao end as "infoContri.alteracao.infoCadastro.indDesoneracao",
    case when acao = 'alteracao' then ind_acordo_isen_multa end
    as "infoContri.alteracao.infoCadastro.indAcordoIsenMulta",
    case when acao = 'alteracao' then ind_sit_pj end as "infoContri.alteracao.infoCadastro.indSitPJ",
    case when acao = 'alteracao' then nm_ctt end as "infoContri.alteracao.infoCadastro.contato.nmCtt",
    case when acao = 'alteracao' then cpf_ctt end as "infoContri.alteracao.infoCadastro.contato.cpfCtt",
    case when acao = 'alteracao' then fone_fixo end as "infoContri.alteracao.infoCadastro.contato.foneFixo",
    case when acao = 'alteracao' then email end as "infoContri.alteracao.infoCadastro.contato.email",
    case when acao = 'exclusao' then ini_valid end as "infoContri.exclusao.idePeriodo.iniValid",
    case when acao = 'exclusao' then fim_valid end as "infoContri.exclusao.idePeriodo.fimValid"
from outgoing.reinf_r1000 as r
where
    not exists (
        select 1
        from malote.travelling as t
        where t.reference = r.acao || '/' || r.ini_valid || case when r.vez > 1 then '/' || r.vez else '' end
    )
order by vez, ini_valid, acao
