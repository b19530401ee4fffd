"""Which submissions a wait or a landing is about: one pouch, or everything open of one service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """A condition on ``malote.submission`` and its values; made by :meth:`pouch` or :meth:`service` only."""

    where: str
    values: Mapping[str, str]

    @classmethod
    def pouch(cls, id: str) -> Scope:
        """What one task run sent."""
        return cls("pouch = %(pouch)s", {"pouch": id})

    @classmethod
    def service(cls, institution: str, environment: str, account: str, service: str) -> Scope:
        """Everything of one service of one account, whichever run sent it."""
        return cls(
            "institution = %(institution)s and environment = %(environment)s and account = %(account)s "
            "and service = %(service)s",
            {"institution": institution, "environment": environment, "account": account, "service": service},
        )

    @classmethod
    def everything(cls) -> Scope:
        """The whole journal, for a person's overview."""
        return cls("true", {})
