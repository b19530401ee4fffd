"""Every institution, declared once: what Airflow is told of its connection, its tasks and its asset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from malote_provider.hooks import MaloteHook


@dataclass(frozen=True, eq=False)
class Declaration:
    """One institution. Nothing here may import Airflow: it is read while Airflow reads its configuration.

    :param name: of the institution in ``malote.INSTITUTIONS``; also its ``conn_type`` and the name of its module
    :param title: as people write it
    :param url: where it tells the public about itself
    :param environments: what ``extra.environment`` may be, beside ``simulator``
    :param asset: URI of what ``land`` emits
    :param rules: an example of ``extra.rules``, for the form
    :param login: labels of login and password, and an example of a login; None where there is neither
    :param fields: further fields of ``extra``: name to label and description
    :param certificate: it demands a client certificate
    :param cnpj_of_certificate: ``extra.cnpj`` may be left out: it is that of the client certificate
    :param seals: its documents hold what must be encrypted at rest: the connection ``malote_archive`` is mandatory
    :param host: example of a host
    """

    name: str
    title: str
    url: str
    environments: tuple[str, ...]
    asset: str
    rules: str
    login: tuple[str, str, str] | None = None
    fields: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    certificate: bool = False
    cnpj_of_certificate: bool = False
    seals: bool = False
    host: str = "https://… (empty: the official address of the environment)"

    @property
    def hook(self) -> str:
        """The name of its hook class, e.g. ``CceeHook``."""
        return f"{self.name.capitalize()}Hook"

    def hook_class(self, name: str) -> type[MaloteHook]:
        """For the ``__getattr__`` of its module: a DAG file need not import aiohttp (0.7 s).

        :raises AttributeError: for any other name than that of its hook
        """
        if name != self.hook:
            raise AttributeError(name)
        return _hook_of(self)


@cache
def _hook_of(declared: Declaration) -> type[MaloteHook]:
    from malote_provider.hooks import MaloteHook

    own = {
        "__module__": f"malote_provider.{declared.name}",
        "__doc__": f"{declared.title} as its connection describes it; see :class:`MaloteHook`.",
        "institution": declared.name,
        "conn_type": declared.name,
        "default_conn_name": f"{declared.name}_default",
        "hook_name": declared.title,
        "seals": declared.seals,
        "shows_certificate": declared.certificate,
        "cnpj_of_certificate": declared.cnpj_of_certificate,
    }
    return type(declared.hook, (MaloteHook,), own)


CCEE = Declaration(
    "ccee",
    "CCEE",
    "https://www.ccee.org.br",
    ("producao", "piloto"),
    "malote://ccee/resultado_processamento",
    '{"poll_every": "PT5M", "patience": "P2D", "opening_hours": "08:00-20:00"}',
    login=("Usuário WS-Security", "Senha WS-Security", "usuário"),
    fields={"codigo_perfil_agente": ("Código do perfil do agente", "The perfil's code, not the agente's")},
    certificate=True,
)
CIELO = Declaration(
    "cielo",
    "Cielo",
    "https://developercielo.github.io",
    ("producao", "teste"),
    "malote://cielo/transacao",
    '{"first_lot": 87, "return_after": "PT12H", "poll_every": "PT1H", "patience": "PT12H"}',
    login=("Número do EC", "Chave de acesso", "10 digits"),
    fields={"nome_ec": ("Nome do EC", "Goes into the items of autorizacao, where Cielo asks for it; usually empty")},
    seals=True,
)
BNDES = Declaration(
    "bndes",
    "BNDES",
    "https://www.bndes.gov.br",
    ("producao", "homologacao"),
    "malote://bndes/resultado",
    '{"services": {"aditivo": {"path": "api/v1/…"}}, "words": {"yes": ["homologado"]}, "poll_every": "PT1M"}',
    fields={"cnpj": ("CNPJ", "Of the e-CNPJ; empty: as the client certificate says")},
    certificate=True,
    cnpj_of_certificate=True,
    host="https://…/apa (empty: the official address)",
)
REINF = Declaration(
    "reinf",
    "EFD-Reinf",
    "http://sped.rfb.gov.br",
    ("producao", "producao_restrita"),
    "malote://reinf/evento",
    '{"eventos_por_lote": 50, "poll_every": "PT5M", "due_day": 15}',
    fields={
        "contribuinte": ("Contribuinte", "8 digits of the CNPJ's root, or 11, or 14; empty: the root of the e-CNPJ"),
        "cnpj": ("CNPJ", "Of the e-CNPJ; empty: as the client certificate says"),
    },
    certificate=True,
    cnpj_of_certificate=True,
)
DECLARED = (CCEE, CIELO, BNDES, REINF)


def hook_of(institution: str) -> type[MaloteHook]:
    """The hook class of an institution: ``malote_provider.ccee.CceeHook`` for ``"ccee"``. Heavy to import."""
    found: type[MaloteHook] = getattr(
        import_module(f"malote_provider.{institution}"), f"{institution.capitalize()}Hook"
    )
    return found
