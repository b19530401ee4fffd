"""The messenger: sends files to Brazilian institutions at most once, lands their answers exactly once."""

from __future__ import annotations

__version__ = "0.1.0"

INSTITUTIONS: dict[str, str] = {
    "ccee": "malote.institutions.ccee.institution:Ccee",
    "cielo": "malote.institutions.cielo.institution:Cielo",
    "bndes": "malote.institutions.bndes.institution:Bndes",
    "reinf": "malote.institutions.reinf.institution:Reinf",
}
"""Every institution by its name (which is also its ``conn_type``), as ``module:class``, imported when first used."""
