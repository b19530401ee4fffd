"""A made-up institution that can be asked whether a document arrived, and its office, for trips without a network."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import timedelta
from typing import Any, BinaryIO

import psycopg

from malote.errors import Invalid, Malformed, Problem, Refused, ReplyLost, Throttled, Unavailable, Unreachable
from malote.institution import Access, AnswerRow, Body, Call, Free, Institution, Number, Reply, Request, Row, Table
from malote.rules import Code, Rules
from malote.submission import (
    Absent,
    Document,
    Finding,
    Found,
    Item,
    Order,
    Pending,
    Progress,
    Ready,
    Receipt,
    Submission,
)

TABLE = """
    create schema notary;
    create table notary.verdict (
        submission_id text not null, ordem integer not null, reference text, number text, verdict text, remark text,
        landed_at timestamptz not null, primary key (submission_id, ordem));
    grant usage on schema notary to malote_runtime;
    grant all on notary.verdict to malote_runtime;
    grant usage on schema notary to malote_owner;
    grant all on notary.verdict to malote_owner;
"""


OUTCOMES = {"yes": "accepted", "no": "refused", "never": "refused_for_good"}


class Notary(Institution):
    """One document a pack of ``per_document`` rows; its own key makes it findable; the answer is fetched apart."""

    name, title, services = "notary", "Notary", ("deeds",)
    environments = {}
    codes = (
        Code("bad", "Deed not acceptable", "Correct it", "refused", True, "made up"),
        Code("again", "Deed already filed", "Nothing", "arrived", False, "made up"),
    )
    tables = {"deeds": Table("notary.verdict", ("number", "verdict", "remark"))}

    sealed = False
    """Whether its deeds hold what must be sealed."""

    def __init__(self, access: Access | None = None, *, per_document: int = 3, rules: Rules | None = None) -> None:
        super().__init__(access or Access("notary", "simulator"))
        self.per_document = per_document
        self._rules = rules or Rules(
            return_after=timedelta(minutes=1),
            poll_every=timedelta(minutes=1),
            patience=timedelta(hours=2),
            requests=0,
            settle=timedelta(minutes=3),
            absent_apart=timedelta(minutes=5),
        )

    @property
    def rules(self) -> Rules:
        return self._rules

    @property
    def account(self) -> str:
        return "office 7"

    def preflight(self) -> Call[str]:
        return Call("preflight", Request("GET", "/"), lambda reply: "the notary is there")

    probe = preflight

    def render(self, order: Order, rows: Iterable[Row], archive: Any, free: Free, number: Number) -> Iterator[Document]:
        rows = list(rows)
        wrong = [Problem(row["reference"], "text", "is empty") for row in rows if not row["text"]]
        if wrong:
            raise Invalid(f"{len(wrong)} deeds break the treaty", problems=wrong)
        may = free("file", [row["reference"] for row in rows])
        rows = [row for row in rows if row["reference"] in may]
        for start in range(0, len(rows), self.per_document):
            pack = rows[start : start + self.per_document]
            with archive.write("documents", "deed.json", sealed=self.sealed) as sheet:
                sheet.write(json.dumps([[row["reference"], row["text"]] for row in pack]).encode())
            yield Document("file", "deed.json", sheet.stored, tuple(Item(row["reference"]) for row in pack))

    def submit(self, submission: Submission, archive: Any) -> Call[Receipt]:
        with archive.open(submission.stored) as document:
            body = document.read()

        def read(reply: Reply) -> Receipt:
            said = json.loads(reply.body)
            if reply.status == 503:
                raise Unavailable("the notary is out", institution="notary")
            if reply.status == 429:
                raise Throttled("too many deeds", retry_after=90.0)
            if "code" in said:
                raise Refused("the notary refuses", code=said["code"])
            return Receipt(said["receipt"])

        key = f"{submission.stored.sha256}"
        return Call("file", Request("POST", f"/file/{key}", {}, Body.of(body)), read, submits=True)

    def find(self, submission: Submission, archive: Any) -> Generator[Call[Any], Any, Finding]:
        def read(reply: Reply) -> Any:
            if reply.status != 200:
                raise Unavailable("the notary is out")
            try:
                return json.loads(reply.body)["receipt"]
            except ValueError:
                raise Malformed("the finding is not JSON") from None

        receipt = yield Call("find", Request("GET", f"/find/{submission.stored.sha256}"), read)
        return Found(Receipt(receipt)) if receipt else Absent("the notary knows no such deed")

    def check(self, submission: Submission) -> Call[Progress]:
        def read(reply: Reply) -> Progress:
            if reply.status == 503:
                raise Unavailable("the notary is out")
            if reply.status == 429:
                raise Throttled("too many questions", retry_after=90.0)
            try:
                said = json.loads(reply.body)
            except ValueError:
                raise Malformed("the progress is not JSON") from None
            return Ready() if said["done"] else Pending("not yet", partial=said.get("partial"))

        return Call("check", Request("GET", f"/check/{submission.receipt}"), read)

    def fetch(self, submission: Submission) -> Call[Pending | None]:
        def read(reply: Reply) -> Pending | None:
            if reply.status != 200:
                raise Unavailable("the notary is out")
            return Pending("it was put away") if reply.body == b"put away" else None

        return Call("fetch", Request("GET", f"/fetch/{submission.receipt}"), read)

    def read(self, submission: Submission, answer: BinaryIO) -> Iterator[AnswerRow]:
        try:
            said = json.load(answer)
        except ValueError:
            raise Malformed("the answer is not JSON") from None
        for number, verdict in said:
            outcome = OUTCOMES.get(verdict, "unanswered")
            yield number, verdict, f"it says {verdict}", number, outcome, verdict, None


class Office:
    """The notary's side: what was accepted, and faults to play next. Also the driver that reaches it."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.filed: dict[str, list[str]] = {}  # receipt -> references
        self.keys: dict[str, str] = {}  # key -> receipt
        self.faults: list[str] = []
        self.verdicts: dict[str, str] = {}
        self.requests: list[str] = []
        self.hidden = 0  # finds that do not show what is there: the read model lags
        self.asked: Counter[str] = Counter()
        self.pending = 1
        self.answers: dict[str, bytes] = {}

    def send(self, call: Call[Any], sink: Any = None) -> Any:
        """Drive one exchange, playing the next fault on it."""
        self.requests.append(call.name)
        fault = self.faults.pop(0) if self.faults and call.name != "preflight" else ""
        if fault == "reset_before":
            raise Unreachable("connection refused")
        if fault in ("503", "throttle"):
            return call.read(Reply(503 if fault == "503" else 429, {}, b"{}"))
        if fault == "malformed" and call.name != "file":
            raise Malformed("not JSON")
        _, verb, what = (*call.request.url.split("/", 2), "")[:3]
        body = self._answer_to(call, verb, what, fault)
        if fault in ("lost_reply", "timeout"):
            raise ReplyLost("no whole reply came back")
        if fault in ("html", "malformed"):
            body = b"<html>Bad gateway</html>"
        if sink is not None:
            sink.write(body)
        return call.read(Reply(200, {}, body))

    def _answer_to(self, call: Call[Any], verb: str, what: str, fault: str) -> bytes:
        if verb == "file":
            assert call.request.body is not None
            return self._file(what, call.request.body.open().read(), fault)
        if verb == "find":
            hidden, self.hidden = self.hidden, max(0, self.hidden - 1)
            return json.dumps({"receipt": None if hidden else self.keys.get(what)}).encode()
        if verb == "check":
            self.asked[what] += -5 if fault == "late" else 1
            return json.dumps({"done": self.asked[what] > self.pending}).encode()
        if verb == "fetch":
            return self.answers.get(what) or self._answer(what)
        return b""

    def _file(self, key: str, document: bytes, fault: str) -> bytes:
        if fault == "lost_before":
            raise ReplyLost("no whole reply came back")
        if fault == "refuse":
            return b'{"code": "bad"}'
        if key in self.keys:
            for reference, _ in json.loads(document):
                self.accepted[reference] += 1
            return b'{"code": "again"}'
        receipt = f"N{len(self.filed) + 1}"
        self.filed[receipt] = [reference for reference, _ in json.loads(document)]
        self.accepted.update(self.filed[receipt])
        self.keys[key] = receipt
        return b'{"code": "4711"}' if fault == "unknown_code" else json.dumps({"receipt": receipt}).encode()

    def _answer(self, receipt: str) -> bytes:
        return json.dumps([[each, self.verdicts.get(each, "yes")] for each in self.filed[receipt]]).encode()


def deeds(n: int) -> list[dict[str, str]]:
    """So many outgoing rows."""
    return [{"reference": f"D{i:03}", "text": f"deed {i}"} for i in range(n)]


def poked(notary: Any, pouch: Any, context: Callable[[Any], Any]) -> None:
    """Wait for the answers of a pouch as the notary's sensor does where it pokes.

    :param notary: as the fixture of the provider's tests gives it
    """
    wait = notary.sensor(task_id="wait", pouch=pouch)
    while not wait.poke(context(wait)):
        pass


def make_table(dsn: str) -> None:
    """The notary's landed table."""
    with psycopg.connect(dsn) as connection:
        connection.execute(TABLE)
