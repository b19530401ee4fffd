"""What may go wrong: the queue of faults to play next, and those that spoil any institution's reply in the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from malote_sim import spoiling

HTML = (
    "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1><p>Tente mais tarde.</p></body></html>\n"
)


TITLES = {"500": "Erro interno do servidor", "503": "Serviço indisponível"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: `body`, or `stream` when it is too long to hold. Without Content-Length it goes out in chunks."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Iterator[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """What a fault does, whether the request is acted upon all the same, its options, and where it applies."""

    about: str
    accepts: bool
    options: frozenset[str] = frozenset()
    operations: frozenset[str] | None = None


def kind(about: str, *options: str, accepts: bool, operations: tuple[str, ...] | None = None) -> Kind:
    """A `Kind`, written shortly."""
    return Kind(about, accepts, frozenset(options), None if operations is None else frozenset(operations))


EVERYWHERE: dict[str, Kind] = {
    "lost_reply": kind("accept, then close the connection without a reply", accepts=True),
    "reset_before": kind("reset the connection before the body is read", accepts=False),
    "timeout": kind("say nothing until the client gives up", "accept", accepts=True),
    "500": kind("a gateway's HTML page with status 500", "accept", accepts=False),
    "503": kind("an HTML page with status 503", "accept", "retry_after", accepts=False),
    "throttle": kind(
        "429 and Retry-After, or (as: fault) the institution's own words", "as", "retry_after", accepts=False
    ),
    "malformed": kind("markup that no parser takes", "accept", accepts=True),
    "truncated": kind(
        "half the body; Content-Length (or, chunked: true, no last chunk) promised all",
        "accept",
        "chunked",
        accepts=True,
    ),
    "html": kind("status 200 with an HTML page", "accept", accepts=True),
    "closed": kind("the institution's answer when it is not at work", accepts=False),
    "huge": kind("the right reply, blown up with white space to `mb` megabytes (50)", "mb", accepts=True),
    "slow": kind("the right reply, whole, `seconds` (5) of real time later", "seconds", accepts=True),
    "head": kind("the right reply under a head that strict readers refuse", "how", accepts=True),
    "bytes": kind("the right reply in bytes that no XML has", "how", accepts=True),
    "laughs": kind("the reply with a DTD whose entities grow a billion times", accepts=True),
}


@dataclass(slots=True)
class Fault:
    """One fault in the queue: skips `skip` requests to `on`, then is played `times` times."""

    name: str
    kind: Kind
    on: str = "*"
    times: int = 1
    skip: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def accepts(self) -> bool:
        """Whether the institution acts upon the request before things go wrong."""
        return bool(self.options.get("accept", self.kind.accepts))

    def concerns(self, operation: str) -> bool:
        """Whether it may be played on a request to `operation`."""
        return self.on in ("*", operation) and (self.kind.operations is None or operation in self.kind.operations)

    def described(self) -> dict[str, Any]:
        """As the control page takes and shows it."""
        return {"on": self.on, "fault": self.name, "times": self.times, "skip": self.skip, **self.options}


class Faults:
    """The queue of one institution. Not locked: its simulator does that."""

    def __init__(self, kinds: Mapping[str, Kind], operations: tuple[str, ...], uncounted: tuple[str, ...] = ()) -> None:
        self.kinds, self.operations, self._uncounted = kinds, operations, uncounted
        self.queued: list[Fault] = []
        self.played: list[dict[str, str]] = []

    def add(self, *wanted: Mapping[str, Any]) -> None:
        """Queue them all or none, each given as on the control page; ValueError says what is wrong with one."""
        self.queued += [self._made(each) for each in wanted]

    def _made(self, wanted: Mapping[str, Any]) -> Fault:
        options = dict(wanted)
        name, on = str(options.pop("fault", "")), options.pop("on", "*")
        times, skip = options.pop("times", 1), options.pop("skip", 0)
        if name not in self.kinds:
            raise ValueError(f"there is no fault {name!r}; known: {', '.join(self.kinds)}")
        made = Fault(name, self.kinds[name], on, times, skip, options)
        if on != "*" and on not in self.operations:
            raise ValueError(f"there is no operation {on!r}; known: *, {', '.join(self.operations)}")
        if on != "*" and not made.concerns(on):
            raise ValueError(
                f"fault {name!r} cannot be played on {on}, only on {', '.join(made.kind.operations or ())}"
            )
        spoiling.check(name, options.get("how", ""))
        unknown = set(options) - made.kind.options
        if unknown:
            allowed = ", ".join(sorted(made.kind.options)) or "none"
            raise ValueError(f"fault {name!r} has no option {', '.join(sorted(unknown))}; its options: {allowed}")
        if not (isinstance(times, int) and times > 0 and isinstance(skip, int) and skip >= 0):
            raise ValueError(f"fault {name!r}: times is 1 or more and skip 0 or more, not {times!r} and {skip!r}")
        return made

    def take(self, operation: str) -> Fault | None:
        """The fault to play on this request: the first that concerns it and has nothing left to skip.

        `*` stands for every operation but the uncounted ones, such as reading a WSDL.
        """
        for fault in self.queued:
            if not fault.concerns(operation) or (fault.on == "*" and operation in self._uncounted):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times == 0:
                self.queued.remove(fault)
            self.played.append({"on": operation, "fault": fault.name})
            return fault
        return None


def spoil(reply: Reply, fault: Fault) -> Reply:
    """`reply` after a fault that is the same for every institution; unchanged when the fault is not of that sort."""
    headers = dict(reply.headers)
    if fault.name == "html":
        return page(200, "Bem-vindo ao portal")
    if fault.name == "malformed":
        broken = reply.body.rstrip()
        return Reply(broken[: broken.rfind(b"</")].replace(b"</", b"< /", 1), reply.status, headers)
    if fault.name == "huge":
        end = reply.body.rfind(b"</")
        return Reply(
            b"", reply.status, headers, _blown_up(reply.body[:end], reply.body[end:], fault.options.get("mb", 50))
        )
    if fault.name == "laughs":
        return Reply(_laughing(reply.body), reply.status, headers)
    return reply


def page(status: int, title: str, *, retry_after: object = None) -> Reply:
    """A gateway's HTML page."""
    headers = {"content-type": "text/html"}
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    return Reply(HTML.format(title).encode(), status, headers)


def _blown_up(start: bytes, end: bytes, megabytes: float) -> Iterator[bytes]:
    yield start
    piece = b" " * 65536
    for _ in range(round(megabytes * 16)):
        yield piece
    yield end


def _laughing(body: bytes) -> bytes:
    declaration, separator, rest = body.partition(b"?>")
    if not separator:
        declaration, rest = b"", body
    entities = b'<!ENTITY lol0 "ha">' + b"".join(
        b'<!ENTITY lol%d "%s">' % (level, b"&lol%d;" % (level - 1) * 10) for level in range(1, 10)
    )
    end = rest.rfind(b"</")
    return declaration + separator + b"<!DOCTYPE lol [" + entities + b"]>" + rest[:end] + b"&lol9;" + rest[end:]
