"""The events of the EFD-Reinf, layouts 2.1.2: namespace, main element, group, key, and what no event may lack."""

from __future__ import annotations

from dataclasses import dataclass

SCHEMAS = "http://www.reinf.esocial.gov.br/schemas/"
VERSION = "v2_01_02"
ENVIO = f"{SCHEMAS}envioLoteEventosAssincrono/v1_00_00"
RETORNO = f"{SCHEMAS}retornoLoteEventosAssincrono/v1_00_00"
DSIG = "http://www.w3.org/2000/09/xmldsig#"

TABLE, PERIODIC, DAILY = "table", "periodic", "daily"
CLOSING, REOPENING, EXCLUSION = "closing", "reopening", "exclusion"
"""Groups. What is DAILY (R-3010) belongs to a day, and no closing waits for it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event."""

    code: str
    schema: str
    """What its namespace is named by."""
    main: str
    """The local name of the element that has the `id`."""
    group: str
    key: tuple[str, ...]
    """The local names that tell two events of one contributor apart, as the query of a receipt takes them in its path
    (M 4.4.2; the order is P's). A part that the event has not is empty."""
    needs: tuple[str, ...]
    """Paths below the main element: each parent is there, and has that child."""
    flag: str = ""
    """The indication of R-2099 that says whether the month has events of this kind."""

    @property
    def namespace(self) -> str:
        """Of its root."""
        return f"{SCHEMAS}{self.schema}/{VERSION}"

    @property
    def number(self) -> str:
        """ "4020" of R-4020."""
        return self.code[2:]

    @property
    def series(self) -> str:
        """Which closing it belongs to: "2" (R-2099) or "4" (R-4099)."""
        return self.code[2]


_ESTAB = ("perApur", "tpInscEstab", "nrInscEstab")
_SERVICE = (
    "vlrTotalBruto",
    "vlrTotalBaseRet",
    "vlrTotalRetPrinc",
    "nfs/serie",
    "nfs/numDocto",
    "nfs/infoTpServ/tpServico",
)
_PAID = "ideEstab/ideBenef/idePgto"


def _below(path: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{path}/{name}" for name in names)


def _estab(path: str = "") -> tuple[str, ...]:
    return _below(f"{path}ideEstab", "tpInscEstab", "nrInscEstab")


_KINDS = (
    Kind("R-1000", "evtInfoContribuinte", "evtInfoContri", TABLE, (), ("infoContri/*/idePeriodo/iniValid",)),
    Kind(
        "R-1050", "evt1050TabLig", "evtTabLig", TABLE, ("cnpjLig",),
        _below("infoLig/*/ideEntLig", "cnpjLig", "iniValid"),
    ),
    Kind(
        "R-1070", "evtTabProcesso", "evtTabProcesso", TABLE, ("tpProc", "nrProc"),
        _below("infoProcesso/*/ideProcesso", "tpProc", "nrProc", "iniValid"),
    ),
    Kind(
        "R-2010", "evtTomadorServicos", "evtServTom", PERIODIC, (*_ESTAB, "cnpjPrestador"),
        (
            *_below("infoServTom/ideEstabObra", "tpInscEstab", "nrInscEstab", "indObra"),
            *_below("infoServTom/ideEstabObra/idePrestServ", "cnpjPrestador", "indCPRB", *_SERVICE),
        ),
        "evtServTm",
    ),
    Kind(
        "R-2020", "evtPrestadorServicos", "evtServPrest", PERIODIC,
        ("perApur", "nrInscEstabPrest", "tpInscTomador", "nrInscTomador"),
        (
            *_below("infoServPrest/ideEstabPrest", "tpInscEstabPrest", "nrInscEstabPrest"),
            *_below("infoServPrest/ideEstabPrest/ideTomador", "tpInscTomador", "nrInscTomador", "indObra", *_SERVICE),
        ),
        "evtServPr",
    ),
    Kind(
        "R-2030", "evtRecursoRecebidoAssociacao", "evtAssocDespRec", PERIODIC, ("perApur", "nrInscEstab"),
        (*_estab("ideContri/"), *_below("ideContri/ideEstab/recursosRec", "vlrTotalRec", "vlrTotalRet", "infoRecurso")),
        "evtAssDespRec",
    ),
    Kind(
        "R-2040", "evtRecursoRepassadoAssociacao", "evtAssocDespRep", PERIODIC, ("perApur", "nrInscEstab"),
        (
            *_estab("ideContri/"),
            *_below("ideContri/ideEstab/recursosRep", "cnpjAssocDesp", "vlrTotalRep", "vlrTotalRet"),
        ),
        "evtAssDespRep",
    ),
    Kind(
        "R-2050", "evtInfoProdRural", "evtComProd", PERIODIC, ("perApur", "nrInscEstab"),
        (
            *_estab("infoComProd/"),
            *_below("infoComProd/ideEstab", "vlrRecBrutaTotal", "vlrCPApur", "vlrRatApur", "vlrSenarApur"),
            "infoComProd/ideEstab/tipoCom/indCom",
        ),
        "evtComProd",
    ),
    Kind(
        "R-2055", "evt2055AquisicaoProdRural", "evtAqProd", PERIODIC,
        ("perApur", "tpInscAdq", "nrInscAdq", "tpInscProd", "nrInscProd"),
        (
            *_below("infoAquisProd/ideEstabAdquir", "tpInscAdq", "nrInscAdq"),
            *_below("infoAquisProd/ideEstabAdquir/ideProdutor", "tpInscProd", "nrInscProd", "detAquis/indAquis"),
        ),
        "evtAquis",
    ),
    Kind(
        "R-2060", "evtInfoCPRB", "evtCPRB", PERIODIC, _ESTAB,
        (
            *_estab("infoCPRB/"),
            *_below("infoCPRB/ideEstab", "vlrRecBrutaTotal", "vlrCPApurTotal", "tipoCod/codAtivEcon"),
        ),
        "evtCPRB",
    ),
    Kind("R-2098", "evtReabreEvPer", "evtReabreEvPer", REOPENING, ("perApur",), ()),
    Kind(
        "R-2099", "evtFechamento", "evtFechaEvPer", CLOSING, ("perApur",),
        _below(
            "infoFech",
            *("evtServTm", "evtServPr", "evtAssDespRec", "evtAssDespRep", "evtComProd", "evtCPRB", "evtAquis"),
        ),
    ),
    Kind(
        "R-3010", "evtEspDesportivo", "evtEspDesportivo", DAILY, ("dtApuracao", "nrInscEstab"),
        (*_estab("ideContri/"), *_below("ideContri/ideEstab", "boletim/nrBoletim", "receitaTotal/vlrReceitaTotal")),
    ),
    Kind(
        "R-4010", "evt4010PagtoBeneficiarioPF", "evtRetPF", PERIODIC, (*_ESTAB, "cpfBenef", "nmBenef", "ideEvtAdic"),
        (*_estab(), "ideEstab/ideBenef"),
    ),
    Kind(
        "R-4020", "evt4020PagtoBeneficiarioPJ", "evtRetPJ", PERIODIC, (*_ESTAB, "cnpjBenef", "nmBenef", "ideEvtAdic"),
        (*_estab(), f"{_PAID}/natRend", *_below(f"{_PAID}/infoPgto", "dtFG", "vlrBruto")),
    ),
    Kind(
        "R-4040", "evt4040PagtoBenefNaoIdentificado", "evtBenefNId", PERIODIC, (*_ESTAB, "ideEvtAdic"),
        (*_estab(), "ideEstab/ideNat/natRend", *_below("ideEstab/ideNat/infoPgto", "dtFG", "vlrBaseIR", "descr")),
    ),
    Kind(
        "R-4080", "evt4080RetencaoRecebimento", "evtRetRec", PERIODIC, (*_ESTAB, "cnpjFont"),
        (
            *_estab(), "ideEstab/ideFont/cnpjFont", "ideEstab/ideFont/ideRend/natRend",
            *_below("ideEstab/ideFont/ideRend/infoRec", "dtFG", "vlrBruto", "vlrBaseIR", "vlrIR"),
        ),
    ),
    Kind("R-4099", "evt4099FechamentoDirf", "evtFech", CLOSING, ("perApur",), ("infoFech/fechRet",)),
    Kind(
        "R-9000", "evtExclusao", "evtExclusao", EXCLUSION, ("nrRecEvt",),
        _below("infoExclusao", "tpEvento", "nrRecEvt", "perApur"),
    ),
)  # fmt: skip

KINDS = {kind.code: kind for kind in _KINDS}
"""By code, like "R-4020"."""
BY_NAMESPACE = {kind.namespace: kind for kind in _KINDS}
