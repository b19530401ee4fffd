"""The one interface to an institution: six verbs, its rules, and the Call, a value that a driver can send."""

from __future__ import annotations

import importlib
import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Generic, TypeVar

from malote import INSTITUTIONS, heads
from malote.errors import Misconfigured, Problem
from malote.hours import Counter
from malote.submission import CannotTell, Document, Finding, Order, Pending, Progress, Receipt, Submission
from malote.texts import english

if TYPE_CHECKING:
    from malote.archive import Archive
    from malote.rules import Code, Rules

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Row = Mapping[str, Any]
"""One outgoing row: column alias (a path into the treaty) to value; ``reference`` is always there."""

Free = Callable[[str, Sequence[str]], set[str]]
"""``free(operation, references)``: those references that may travel now, because nothing live holds them."""

Number = Callable[[str, int], int]
"""``number(sequence, start)``: the next number of a sequence that an institution sees, ``start`` or later.

It is taken with the documents of the selection or not at all, so none is reused and none is skipped.
"""

AnswerRow = tuple[Any, ...]
"""One row that lands: the columns of the :class:`Table`, raw, then ``echo, outcome, code, message``.

``echo`` is what the institution calls the item, or ``(tag, name)``: the tag first (:meth:`Institution.tags`).
``outcome``: ``accepted``, ``noted`` (so, unless another row about it refuses it), ``refused``, ``refused_for_good``
(not again under this reference), ``unanswered`` (unknown to us, or "look first"); the last two are the institution's.
"""


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request: its size in bytes and how to open it, as often as a driver needs."""

    size: int
    open: Callable[[], BinaryIO]

    @classmethod
    def of(cls, data: bytes) -> Body:
        """A body that is already in memory."""
        return cls(len(data), lambda: io.BytesIO(data))


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """What goes over the wire. ``repr`` is that of ``object``: a body may hold a password."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """What came back: status, headers (names in lower case), and the body.

    Where the driver was given a sink, ``body`` is the first 64 KiB and the whole went into the sink.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def retry_after(self) -> float:
        """Seconds that ``Retry-After`` asks for, see :func:`malote.heads.retry_after`."""
        return heads.retry_after(self.headers)


@dataclass(frozen=True, slots=True, repr=False)
class Call(Generic[T_co]):
    """One exchange: the request, and the function that reads the reply into a value or an error.

    :param name: the operation, in the institution's words, for logs
    :param read: on a *submit* it returns the :class:`Receipt`; raises ``Refused`` for a documented no, ``Throttled``,
        ``Closed``, ``Unavailable``, ``Misconfigured`` where nothing was done as documented; all else means doubt
    :param limit: bytes of reply that may be read; more is ``Malformed``
    :param peek: read only so many bytes of the reply's body and hang up; 0 reads it whole
    :param timeout: seconds to wait for the reply
    :param submits: it changes something over there: fresh connection, and no driver ever repeats it
    :param overhear: is given what came of a reply that failed before it could be read; status 0 where no head could be
    """

    name: str
    request: Request
    read: Callable[[Reply], T_co]
    limit: int = 1 << 20
    peek: int = 0
    timeout: float = 60.0
    submits: bool = False
    overhear: Callable[[Reply], object] = lambda _part: None


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """How to reach an institution: what its connection says. ``repr`` is that of ``object``: it holds secrets.

    :param base_url: scheme, host, port and path prefix without the last slash, from ``host`` and ``port``; or ""
    :param environment: ``producao``, ``piloto``/``homologacao``/``teste`` or ``simulator``
    :param extra: the connection's ``extra`` as an object
    """

    institution: str
    environment: str
    base_url: str = ""
    login: str = ""
    password: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """Where answers land: the qualified name and the institution's own columns, without
    ``submission_id, ordem, reference, landed_at``, which every landed table has. ``shown`` are those that
    a page shows: no personal data, nothing that a card can be charged with. ``secret`` never leave the warehouse.
    ``known_by`` holds the institution's own name for an item: one that has an echo is found by it too."""

    name: str
    columns: tuple[str, ...]
    shown: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    known_by: str | None = None


class Institution(ABC):
    """One institution: how its files are made, what is said to it, how its answers are read. No socket, no clock.

    Everything is a function of its arguments, of ``access`` and of the treaties; two renders of the same rows give the
    same bytes.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    services: ClassVar[tuple[str, ...]]
    environments: ClassVar[Mapping[str, str]]
    """Environment to its official base URL; what is no environment of theirs must not be a host of theirs."""
    codes: ClassVar[tuple[Code, ...]]
    tables: ClassVar[Mapping[str, Table]]
    """Service to the table that its answers land in."""
    named_by: ClassVar[tuple[str, ...]] = ()
    """Columns of outgoing rows that name the item, beside ``reference``: spelt as that is, see ``malote.reference``."""
    reasons_table: ClassVar[Table | None] = None
    """Where the reasons of refusals land that are asked for apart, see :meth:`reasons`."""
    lasting: ClassVar[frozenset[str]] = frozenset()
    """Services whose landed rows later documents travel by: these rows are never retired."""

    def __init__(self, access: Access) -> None:
        self.access = access

    @property
    @abstractmethod
    def rules(self) -> Rules:
        """The rules, with the connection's overrides applied."""

    @property
    @abstractmethod
    def account(self) -> str:
        """Who we are over there (perfil, EC, CNPJ): references are unique per account."""

    @abstractmethod
    def preflight(self) -> Call[str]:
        """A harmless GET on the same context, so that a bad certificate is one error; reads into a sentence."""

    @abstractmethod
    def probe(self) -> Call[str]:
        """For ``test_connection``: a harmless exchange that also proves credentials, where there is one."""

    @abstractmethod
    def render(
        self, order: Order, rows: Iterable[Row], archive: Archive, free: Free, number: Number
    ) -> Iterator[Document | Problem]:
        """Rows to documents, each valid by its treaty and written to the archive before it is yielded.

        Where the order's param ``valid_rest`` asks for it, a row that cannot travel is left out and its problems are
        yielded; otherwise no document of the selection travels.

        :raises Invalid: with every problem of the selection at once
        """

    @abstractmethod
    def submit(self, submission: Submission, archive: Archive) -> Call[Receipt]:
        """The exchange that hands the document over."""

    def find(self, submission: Submission, archive: Archive) -> Generator[Call[Any], Any, Finding]:
        """Ask for a submission whose fate is unknown: a sequence of calls that ends in a finding.

        A generator: it yields each call, is sent what the call reads into (or thrown its error), returns the finding.
        Where the institution promises never to process the same document twice, a call may hand it over again.
        """
        yield from ()
        return CannotTell(evidence=english("s_no_way"), search=self.search(submission))

    def search(self, submission: Submission) -> str:
        """What a person looks for, and where, and what to type then, where asking does not settle it."""
        return english("s_no_way_search", title=self.title, id=submission.id)

    @abstractmethod
    def check(self, submission: Submission) -> Call[Progress]:
        """Ask how far it is; the reply may bring the answer with it."""

    @abstractmethod
    def fetch(self, submission: Submission) -> Call[Pending | None]:
        """Fetch the answer into a sink; reads into None, or into Pending where it is not there any more.

        The call raises where the reply is neither.
        """

    @abstractmethod
    def read(self, submission: Submission, answer: BinaryIO) -> Iterator[AnswerRow]:
        """The kept answer to rows, streamed.

        :raises Malformed: where it is not an answer to this submission
        """

    def tags(self, submission: Submission, references: Sequence[str]) -> Sequence[str] | None:
        """What each item is called inside the document and, hopefully, in the answer, where that is not stored."""
        return None

    def unmentioned(self, submission: Submission) -> tuple[str | None, ...] | None:
        """The own columns of the row that lands for an item which the answer does not mention; None for no row."""
        return None

    def counter(self, service: str) -> Counter:
        """When documents of a service are taken."""
        return Counter.of(self.rules)

    def answering(self) -> Counter:
        """When questions about results are answered."""
        return Counter()

    def held_until(self, submission: Submission, at: datetime) -> datetime | None:
        """The instant until which it is better not sent although the counter is open; None to send it now."""
        return None

    def refusal_stands(self, message: str) -> bool:
        """Whether the words of a refusal at the door still mean one, by the rules of today."""
        return True

    def reasons(self, submission: Submission) -> Call[list[tuple[str | None, ...]]] | None:
        """Ask why a submission, or its item, was refused: rows of ``reasons_table``; None where nobody can be asked."""
        return None

    def scope_of(self, order: Order) -> str:
        """The :meth:`scope` of every row of an order, where it is known before they are read; else empty."""
        return ""

    @classmethod
    def explain(cls, answer: bytes, extra: Mapping[str, Any], *, service: str = "", status: int = 200) -> Iterator[str]:
        """A rehearsal: lines that say how an answer would be read, by which rules, and what of it is not.

        No line holds a card number, a CPF or a CNPJ. Nothing is sent or kept.

        :param extra: that of the connection; its ``rules`` and ``schemas`` count
        :param status: the HTTP status that the answer came with
        :raises Malformed: where it is no XML
        """
        raise NotImplementedError

    def scope(self, service: str, operation: str) -> str:
        """Within what a reference may not travel twice."""
        return "/".join((self.name, self.access.environment, self.account, service, operation))


def load(name: str) -> type[Institution]:
    """The class of an institution by its name.

    :raises Misconfigured: where no such institution is listed in ``malote.INSTITUTIONS``
    """
    try:
        module, _, cls = INSTITUTIONS[name].partition(":")
    except KeyError:
        raise Misconfigured(
            english("s_no_institution", name=repr(name)), todo=english("s_do_one_of", names=", ".join(INSTITUTIONS))
        ) from None
    found: type[Institution] = getattr(importlib.import_module(module), cls)
    return found
