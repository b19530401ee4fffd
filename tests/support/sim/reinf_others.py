"""Events of the simulated EFD-Reinf's other kinds, one of each, with the totals that they come to."""

from __future__ import annotations

from malote_sim.certificates import CNPJ
from support.sim.reinf import CONTRI, ESTAB, HEADER, MONTH, OTHER_SUPPLIER, SUPPLIER, header, unsigned

_NOTE = (
    "<nfs><serie>1</serie><numDocto>7</numDocto><dtEmissaoNF>2026-10-05</dtEmissaoNF><vlrBruto>900,00</vlrBruto>"
    "<infoTpServ><tpServico>100000001</tpServico><vlrBaseRet>900,00</vlrBaseRet><vlrRetencao>99,00</vlrRetencao>"
    "</infoTpServ></nfs>"
)
_IN_CONTRI = header().replace("</ideContri>", "")
_SERVICE = (
    "<vlrTotalBruto>900,00</vlrTotalBruto><vlrTotalBaseRet>900,00</vlrTotalBaseRet>"
    "<vlrTotalRetPrinc>99,00</vlrTotalRetPrinc>"
)
_RESOURCE = (
    "<infoRecurso><tpRepasse>1</tpRepasse><descRecurso>PATROCINIO</descRecurso><vlrBruto>100,00</vlrBruto>"
    "<vlrRetApur>5,00</vlrRetApur></infoRecurso>"
)


def r1050() -> str:
    inside = (
        f"<infoLig><inclusao><ideEntLig><tpEntLig>1</tpEntLig><cnpjLig>{SUPPLIER}</cnpjLig>"
        "<iniValid>2020-01</iniValid></ideEntLig></inclusao></infoLig>"
    )
    return unsigned("evt1050TabLig", "evtTabLig", header(kind="table") + inside)


def r2020() -> str:
    inside = (
        f"<infoServPrest><ideEstabPrest><tpInscEstabPrest>1</tpInscEstabPrest><nrInscEstabPrest>{CNPJ}</nrInscEstabPrest>"
        f"<ideTomador><tpInscTomador>1</tpInscTomador><nrInscTomador>{SUPPLIER}</nrInscTomador><indObra>0</indObra>"
        f"{_SERVICE}{_NOTE}</ideTomador></ideEstabPrest></infoServPrest>"
    )
    return unsigned("evtPrestadorServicos", "evtServPrest", header() + inside)


def r2030() -> str:
    inside = (
        f"<ideEstab>{ESTAB}<recursosRec><cnpjOrigRecurso>{SUPPLIER}</cnpjOrigRecurso><vlrTotalRec>100,00</vlrTotalRec>"
        f"<vlrTotalRet>5,00</vlrTotalRet>{_RESOURCE}</recursosRec></ideEstab></ideContri>"
    )
    return unsigned("evtRecursoRecebidoAssociacao", "evtAssocDespRec", _IN_CONTRI + inside)


def r2040() -> str:
    def passed_on(to: str) -> str:
        return (
            f"<recursosRep><cnpjAssocDesp>{to}</cnpjAssocDesp><vlrTotalRep>100,00</vlrTotalRep>"
            f"<vlrTotalRet>5,00</vlrTotalRet>{_RESOURCE}</recursosRep>"
        )

    inside = f"<ideEstab>{ESTAB}{passed_on(SUPPLIER)}{passed_on(OTHER_SUPPLIER)}</ideEstab></ideContri>"
    return unsigned("evtRecursoRepassadoAssociacao", "evtAssocDespRep", _IN_CONTRI + inside)


def r2050() -> str:
    inside = (
        f"<infoComProd><ideEstab>{ESTAB}<vlrRecBrutaTotal>100,00</vlrRecBrutaTotal><vlrCPApur>2,00</vlrCPApur>"
        "<vlrRatApur>0,10</vlrRatApur><vlrSenarApur>0,25</vlrSenarApur><tipoCom><indCom>1</indCom>"
        "<vlrRecBruta>100,00</vlrRecBruta></tipoCom></ideEstab></infoComProd>"
    )
    return unsigned("evtInfoProdRural", "evtComProd", header() + inside)


def r2055() -> str:
    inside = (
        f"<infoAquisProd><ideEstabAdquir><tpInscAdq>1</tpInscAdq><nrInscAdq>{CNPJ}</nrInscAdq><ideProdutor>"
        "<tpInscProd>2</tpInscProd><nrInscProd>52998224725</nrInscProd><detAquis><indAquis>1</indAquis>"
        "<vlrBruto>100,00</vlrBruto><vlrCPDescPR>1,20</vlrCPDescPR><vlrRatDescPR>0,10</vlrRatDescPR>"
        "<vlrSenarDesc>0,20</vlrSenarDesc></detAquis></ideProdutor></ideEstabAdquir></infoAquisProd>"
    )
    return unsigned("evt2055AquisicaoProdRural", "evtAqProd", header() + inside)


def r2060() -> str:
    inside = (
        f"<infoCPRB><ideEstab>{ESTAB}<vlrRecBrutaTotal>100,00</vlrRecBrutaTotal><vlrCPApurTotal>4,50</vlrCPApurTotal>"
        "<tipoCod><codAtivEcon>00000001</codAtivEcon><vlrRecBrutaAtiv>100,00</vlrRecBrutaAtiv>"
        "<vlrExcRecBruta>0,00</vlrExcRecBruta><vlrAdicRecBruta>0,00</vlrAdicRecBruta><vlrBcCPRB>100,00</vlrBcCPRB>"
        "<vlrCPRBapur>4,50</vlrCPRBapur></tipoCod></ideEstab></infoCPRB>"
    )
    return unsigned("evtInfoCPRB", "evtCPRB", header() + inside)


def r3010() -> str:
    inside = (
        f"<ideEvento><indRetif>1</indRetif><dtApuracao>{MONTH}-04</dtApuracao>{HEADER}</ideEvento>"
        f"{CONTRI.replace('</ideContri>', '')}<ideEstab>{ESTAB}<boletim><nrBoletim>1</nrBoletim>"
        "<tpCompeticao>1</tpCompeticao><categEvento>1</categEvento><modDesportiva>FUTEBOL</modDesportiva>"
        f"<nomeCompeticao>COPA</nomeCompeticao><cnpjMandante>{SUPPLIER}</cnpjMandante>"
        "<pracaDesportiva>ESTADIO</pracaDesportiva><uf>RJ</uf><qtdePagantes>10</qtdePagantes>"
        "<qtdeNaoPagantes>1</qtdeNaoPagantes><receitaIngressos><tpIngresso>1</tpIngresso><descIngr>GERAL</descIngr>"
        "<qtdeIngrVenda>10</qtdeIngrVenda><qtdeIngrVendidos>10</qtdeIngrVendidos><qtdeIngrDev>0</qtdeIngrDev>"
        "<precoIndiv>10,00</precoIndiv><vlrTotal>100,00</vlrTotal></receitaIngressos></boletim><receitaTotal>"
        "<vlrReceitaTotal>100,00</vlrReceitaTotal><vlrCP>5,00</vlrCP><vlrReceitaClubes>95,00</vlrReceitaClubes>"
        "<vlrRetParc>0,00</vlrRetParc></receitaTotal></ideEstab></ideContri>"
    )
    return unsigned("evtEspDesportivo", "evtEspDesportivo", inside)


def r4040() -> str:
    inside = (
        f"<ideEstab>{ESTAB}<ideNat><natRend>19001</natRend><infoPgto><dtFG>{MONTH}-05</dtFG><vlrLiq>65,00</vlrLiq>"
        "<vlrBaseIR>100,00</vlrBaseIR><vlrIR>35,00</vlrIR><descr>SEM CAUSA</descr></infoPgto></ideNat></ideEstab>"
    )
    return unsigned("evt4040PagtoBenefNaoIdentificado", "evtBenefNId", header() + inside)


def r4080() -> str:
    inside = (
        f"<ideEstab>{ESTAB}<ideFont><cnpjFont>{SUPPLIER}</cnpjFont><ideRend><natRend>20001</natRend><infoRec>"
        f"<dtFG>{MONTH}-05</dtFG><vlrBruto>100,00</vlrBruto><vlrBaseIR>100,00</vlrBaseIR><vlrIR>1,50</vlrIR>"
        "</infoRec></ideRend></ideFont></ideEstab>"
    )
    return unsigned("evt4080RetencaoRecebimento", "evtRetRec", header() + inside)


OTHERS = {
    r1050: {},
    r2020: {"RPrest": ["1", SUPPLIER, "900,00", "99,00"]},
    r2030: {},
    r2040: {"RRecRepAD": [SUPPLIER, "100,00", "115102", "5,00", OTHER_SUPPLIER, "100,00", "115102", "5,00"]},
    r2050: {"RComl": ["165701", "2,00", "165702", "0,10", "121302", "0,25"]},
    r2055: {"RAquis": ["165601", "1,20", "165602", "0,10", "121306", "0,20"]},
    r2060: {"RCPRB": ["299101", "4,50"]},
    r3010: {"RRecEspetDesp": ["115101", "100,00", "5,00"]},
    r4040: {"totApurDia": ["5", "521701", "100,00", "19001", "35,00", "35,00"]},
    r4080: {"totApurMen": ["804506", "100,00", "20001", "1,50", "1,50"]},
}
"""Each with the leaves of its totals."""
