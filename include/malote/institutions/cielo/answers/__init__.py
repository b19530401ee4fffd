"""What comes back: the return file, as rows that land."""

from __future__ import annotations

from malote.institutions.cielo.answers.arquivo import PEEK, holds_return, spaceless, unwrapped
from malote.institutions.cielo.answers.meanings import COLUMNS
from malote.institutions.cielo.answers.retorno import rows
from malote.institutions.cielo.answers.table import TABLE, unmentioned

__all__ = ["COLUMNS", "PEEK", "TABLE", "holds_return", "rows", "spaceless", "unmentioned", "unwrapped"]
