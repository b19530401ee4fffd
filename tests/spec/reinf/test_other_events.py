"""Events of which malote ships no layout travel by a user's own SELECT and the official XSDs alone."""

from __future__ import annotations

from typing import Any

import pytest

from support.reinf import CONTRIBUTOR, MONTH, Desk
from support.sim.reinf import XSD

pytestmark = pytest.mark.skipif(
    not XSD.is_dir(), reason=f"the official XSDs are not in {XSD} (REINF_XSD): not committed"
)

LEDGER = """
    create table public.notas (id int, tipo text, empresa text, dia date, bruto numeric(14, 2), base numeric(14, 2),
        retido numeric(14, 2));
    insert into public.notas values
        (1, 'tomado', '33000167000101', '2026-10-05', 900, 900, 99),
        (2, 'tomado', '33000167000101', '2026-10-07', 100.5, 100.5, 11.06),
        (3, 'prestado', '33000167000101', '2026-10-05', 900, 900, 99);
    grant select on public.notas to malote_select;
"""
"""A table of the user's own: money as numbers of two places, days as dates."""

OWN: list[tuple[str, str]] = [
    (
        "r1050",
        """select 'L1' as "reference", 1 as "infoLig.inclusao.ideEntLig.tpEntLig",
               '33000167000101' as "infoLig.inclusao.ideEntLig.cnpjLig",
               '2020-01' as "infoLig.inclusao.ideEntLig.iniValid" """,
    ),
    (
        "r1070",
        """select 'proc-1' as "reference", 2 as "infoProcesso.inclusao.ideProcesso.tpProc",
               '00012345620238260100' as "infoProcesso.inclusao.ideProcesso.nrProc",
               '2023-01' as "infoProcesso.inclusao.ideProcesso.iniValid", 1 as "infoProcesso.inclusao..indAutoria",
               array['01', '90'] as "infoProcesso.inclusao..infoSusp[].indSusp",
               array[date '2023-02-01', date '2023-03-01'] as "infoProcesso.inclusao..infoSusp[].dtDecisao",
               array['N', 'S'] as "infoProcesso.inclusao..infoSusp[].indDeposito",
               'SP' as "infoProcesso.inclusao..dadosProcJud.ufVara",
               '3550308' as "infoProcesso.inclusao..dadosProcJud.codMunic",
               '7' as "infoProcesso.inclusao..dadosProcJud.idVara" """,
    ),
    (
        "r2010",
        """select %(month)s || '/' || empresa as "reference", 1 as "ideEvento.indRetif",
               %(month)s as "ideEvento.perApur",
               1 as "infoServTom.ideEstabObra.tpInscEstab", %(own)s as "infoServTom.ideEstabObra.nrInscEstab",
               0 as "infoServTom.ideEstabObra.indObra", empresa as "..idePrestServ.cnpjPrestador",
               sum(bruto) as "..idePrestServ.vlrTotalBruto", sum(base) as "..idePrestServ.vlrTotalBaseRet",
               sum(retido) as "..idePrestServ.vlrTotalRetPrinc", 0 as "..idePrestServ.indCPRB",
               array_agg('1'::text order by id) as "..nfs[].serie", array_agg(id order by id) as "..nfs[].numDocto",
               array_agg(dia order by id) as "..nfs[].dtEmissaoNF", array_agg(bruto order by id) as "..nfs[].vlrBruto",
               array_agg('100000001'::text order by id) as "..nfs[].infoTpServ.tpServico",
               array_agg(base order by id) as "..nfs[].infoTpServ.vlrBaseRet",
               array_agg(retido order by id) as "..nfs[].infoTpServ.vlrRetencao"
           from public.notas where tipo = 'tomado' group by empresa""",
    ),
    (
        "r2020",
        """select %(month)s || '/' || empresa as "reference", 1 as "ideEvento.indRetif",
               %(month)s as "ideEvento.perApur",
               1 as "infoServPrest.ideEstabPrest.tpInscEstabPrest",
               %(own)s as "infoServPrest.ideEstabPrest.nrInscEstabPrest", 1 as "..ideTomador.tpInscTomador",
               empresa as "..ideTomador.nrInscTomador", 0 as "..ideTomador.indObra",
               bruto as "..ideTomador.vlrTotalBruto", base as "..ideTomador.vlrTotalBaseRet",
               retido as "..ideTomador.vlrTotalRetPrinc", array['1'] as "..nfs[].serie",
               array[id] as "..nfs[].numDocto",
               array[dia] as "..nfs[].dtEmissaoNF", array[bruto] as "..nfs[].vlrBruto",
               array['100000001'] as "..nfs[].infoTpServ.tpServico", array[base] as "..nfs[].infoTpServ.vlrBaseRet",
               array[retido] as "..nfs[].infoTpServ.vlrRetencao"
           from public.notas where tipo = 'prestado' """,
    ),
    (
        "r2055",
        """select 'produtor-1' as "reference", 1 as "ideEvento.indRetif", %(month)s as "ideEvento.perApur",
               1 as "infoAquisProd.ideEstabAdquir.tpInscAdq", %(own)s as "infoAquisProd.ideEstabAdquir.nrInscAdq",
               2 as "..ideProdutor.tpInscProd", '52998224725' as "..ideProdutor.nrInscProd",
               array[1, 2] as "..detAquis[].indAquis", array[100.00, 50.00] as "..detAquis[].vlrBruto",
               array[1.20, 0.60] as "..detAquis[].vlrCPDescPR", array[0.10, 0.05] as "..detAquis[].vlrRatDescPR",
               array[0.20, 0.10] as "..detAquis[].vlrSenarDesc" """,
    ),
    (
        "r2060",
        """select 'matriz' as "reference", 1 as "ideEvento.indRetif", %(month)s as "ideEvento.perApur",
               1 as "infoCPRB.ideEstab.tpInscEstab", %(own)s as "infoCPRB.ideEstab.nrInscEstab",
               100.00 as "infoCPRB.ideEstab.vlrRecBrutaTotal", 4.50 as "infoCPRB.ideEstab.vlrCPApurTotal",
               array['00000001'] as "..tipoCod[].codAtivEcon",
               array[100.00] as "..tipoCod[].vlrRecBrutaAtiv",
               array[0.00] as "..tipoCod[].vlrExcRecBruta", array[0.00] as "..tipoCod[].vlrAdicRecBruta",
               array[100.00] as "..tipoCod[].vlrBcCPRB", array[4.50] as "..tipoCod[].vlrCPRBapur" """,
    ),
    (
        "r4040",
        """select 'sem-causa' as "reference", 1 as "ideEvento.indRetif", %(month)s as "ideEvento.perApur",
               1 as "ideEstab.tpInscEstab", %(own)s as "ideEstab.nrInscEstab", array['19001'] as "..ideNat[].natRend",
               '[["2026-10-05", "2026-10-06"]]'::jsonb as "..ideNat[].infoPgto[].dtFG",
               '[["65,00", null]]'::jsonb as "..ideNat[].infoPgto[].vlrLiq",
               '[["100,00", "10,00"]]'::jsonb as "..ideNat[].infoPgto[].vlrBaseIR",
               '[["35,00", "3,50"]]'::jsonb as "..ideNat[].infoPgto[].vlrIR",
               '[["SEM CAUSA", "SEM CAUSA & SEM NOME"]]'::jsonb as "..ideNat[].infoPgto[].descr" """,
    ),
    (
        "r4080",
        """select 'fonte-1' as "reference", 1 as "ideEvento.indRetif", %(month)s as "ideEvento.perApur",
               1 as "ideEstab.tpInscEstab", %(own)s as "ideEstab.nrInscEstab", '33000167000101' as "..ideFont.cnpjFont",
               array['20001'] as "..ideRend[].natRend", '[["2026-10-05"]]'::jsonb as "..ideRend[].infoRec[].dtFG",
               '[["100,00"]]'::jsonb as "..ideRend[].infoRec[].vlrBruto",
               '[["100,00"]]'::jsonb as "..ideRend[].infoRec[].vlrBaseIR",
               '[["1,50"]]'::jsonb as "..ideRend[].infoRec[].vlrIR" """,
    ),
    (
        "r2099",
        """select %(month)s as "reference", %(month)s as "ideEvento.perApur", 'S' as "infoFech.evtServTm",
               'S' as "infoFech.evtServPr", 'N' as "infoFech.evtAssDespRec", 'N' as "infoFech.evtAssDespRep",
               'N' as "infoFech.evtComProd", 'S' as "infoFech.evtCPRB", 'S' as "infoFech.evtAquis" """,
    ),
    ("r2098", """select %(month)s as "reference", %(month)s as "ideEvento.perApur" """),
]
"""In the order in which they have to travel: the closing counts on what comes before it."""


@pytest.fixture
def own(desk: Desk) -> Any:
    """A desk that has the official XSDs, on both sides; ``own(service, query)`` is a run of one's own SQL."""
    from malote_sim.certificates import CNPJ
    from support.reinf import access_to

    desk.institution = type(desk.institution)(access_to(desk.sim, schemas=str(XSD)))
    desk.sim.reinf.set(schemas=str(XSD))
    desk.sql(CONTRIBUTOR)
    assert desk.run("r1000") == (1, 1)
    desk.sql(LEDGER)
    values = {"month": f"'{MONTH}'", "own": f"'{CNPJ}'"}

    def run(service: str, query: str) -> list[tuple[Any, ...]]:
        with desk.trip(service) as trip:
            trip.prepare(desk.selected(service, query % values))
            trip.send()
            desk.sim.clock.advance(60)
            trip.wait()
            trip.land()
        return desk.sql("select situacao, mensagem from reinf.evento where evento = %s", f"R-{service[1:]}")

    yield run
    desk.sql("drop table public.notas")


def test_every_other_event_travels_by_a_users_sql_and_the_official_xsds(own: Any) -> None:
    assert {service: own(service, query) for service, query in OWN} == {
        service: [("aceito", "SUCESSO")] for service, _ in OWN
    }


def test_every_event_that_malote_ships_no_sql_for_is_tried() -> None:
    from malote.institutions.reinf.rules import EVENTS

    shipped = {"r1000", "r4010", "r4020", "r4099", "r9000"}
    assert {service for service, _ in OWN} == set(EVENTS) - shipped
