"""What the pretended CCEE knows: the files it took in, the contracts that came of them, and the details it tells."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from malote_sim.ccee.contracts import File
from malote_sim.ccee.messages import Detail, Record

SUCCESS = "Operação Realizada com Sucesso."
FAILURE = (
    "Consumidores especiais somente podem comprar energia oriunda de fonte especial (Incentivada Especial e "
    "Convencional Especial), exceto em casos de Geração Própria."
)
WRONG_SIGN = "Formato de número inválido."
WHOLE = "Arquivo rejeitado: estrutura do XML inválida."
WARNING = "Mensagem de aviso, não impede o processamento da informação."

_WORDS = {"SUCESSO": SUCCESS, "ERRO": FAILURE, "AVISO": WARNING}
_REGISTERED = ("SUCESSO", "AVISO")  # the manual's sample gives no codigo to a contract in ERRO (5.1.5)


@dataclass(slots=True)
class Submission:
    """One accepted file. `accepted_at` and `ready_at` are simulated instants; `asks` counts the questions about it."""

    codigo: str
    perfil: str
    root: str
    tipo_geracao: str
    sha256: str
    accepted_at: datetime
    ready_at: datetime
    records: tuple[Record, ...]
    first_contract: int
    asks: int = 0
    content: bytes = field(default=b"", repr=False)
    """The file in the encoding that it declares; empty when the submission comes from the journal."""

    def kept(self) -> dict[str, Any]:
        """As the journal keeps it: without the content."""
        kept = asdict(self)
        del kept["content"], kept["asks"]
        return {**kept, "accepted_at": self.accepted_at.isoformat(), "ready_at": self.ready_at.isoformat()}

    @classmethod
    def restored(cls, kept: Mapping[str, Any]) -> Submission:
        """From what `kept` gave the journal."""
        fields = {name: kept[name] for name in ("codigo", "perfil", "root", "tipo_geracao", "sha256", "first_contract")}
        instants: dict[str, Any] = {name: datetime.fromisoformat(kept[name]) for name in ("accepted_at", "ready_at")}
        return cls(**fields, **instants, records=tuple(Record(**each) for each in kept["records"]))

    def shown(self) -> dict[str, Any]:
        """As the control page shows it."""
        return {
            "perfil": self.perfil,
            "root": self.root,
            "tipoGeracao": self.tipo_geracao,
            "sha256": self.sha256,
            "accepted_at": self.accepted_at.isoformat(),
            "ready_at": self.ready_at.isoformat(),
            "references": [record.referencia for record in self.records],
            "asks": self.asks,
        }


class Register:
    """The submissions by codigoProcessamento. Neither their codes nor those of contracts are ever given out again."""

    def __init__(self) -> None:
        self.submissions: dict[str, Submission] = {}
        self._next_processing, self._next_contract = 5458942, 1922021  # the magnitudes of the samples (5.1.3, 5.1.5)

    def enter(self, perfil: str, file: File, *, accepted_at: datetime, ready_at: datetime) -> Submission:
        """A new submission. The same file or reference is taken as often as it comes: nothing says otherwise."""
        submission = Submission(
            codigo=str(self._next_processing),
            perfil=perfil,
            root=file.root,
            tipo_geracao=file.tipo_geracao,
            sha256=hashlib.sha256(file.content).hexdigest(),
            accepted_at=accepted_at,
            ready_at=ready_at,
            records=file.records,
            first_contract=self._next_contract,
            content=file.content,
        )
        self.put(submission)
        return submission

    def put(self, submission: Submission) -> None:
        """Take in a submission that has its codes."""
        self.submissions[submission.codigo] = submission
        self._next_processing = max(self._next_processing, int(submission.codigo) + 1)
        self._next_contract = max(self._next_contract, submission.first_contract + len(submission.records))

    def registered(self, settings: Mapping[str, Any]) -> Counter[str]:
        """How often a contract came into being, by reference."""
        records = (record for each in self.submissions.values() for record in each.records)
        return Counter(record.referencia for record in records if _detail(record, 1, settings).codigo)


def details(submission: Submission, settings: Mapping[str, Any], *, missing: int = 0) -> list[Detail]:
    """The details of all records but the last `missing`, as many and in the order that the settings say."""
    told: list[Detail] = []
    each = settings["details_per_record"]
    for place, record in enumerate(submission.records[: max(0, len(submission.records) - missing)]):
        times = each.get(record.referencia, 1) if isinstance(each, dict) else each
        told += [_detail(record, submission.first_contract + place, settings)] * times
    if settings["order"] == "reversed":
        told.reverse()
    elif settings["order"] == "shuffled":
        random.Random(submission.codigo).shuffle(told)  # noqa: S311
    return told


def stranger(reference: str) -> Detail:
    """A detail for a record that nobody sent."""
    return Detail(Record(reference, "64983", "66242"), "SUCESSO", SUCCESS, "1900000")


def of_the_file(words: str) -> Detail:
    """The one detail of a file that failed as a whole: it names no contract."""
    return Detail(None, "ERRO", words, "")


def _detail(record: Record, contract: int, settings: Mapping[str, Any]) -> Detail:
    told = settings["status"].get(record.referencia, {})
    told = {"status": told} if isinstance(told, str) else told
    if settings["decimal_sign"] and record.sign.strip(settings["decimal_sign"]):
        told = {"status": "ERRO", "descricao": WRONG_SIGN}
    usual = next((status for status in ("ERRO", "AVISO") if record.referencia.startswith(status)), "SUCESSO")
    status = told.get("status", usual)
    words = told.get("descricao", _WORDS.get(status, "Em processamento."))
    return Detail(record, status, words, str(contract) if status in _REGISTERED else "")
