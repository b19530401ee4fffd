"""What was mended in an answer, to be told in the story of its submission."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from malote.errors import Malformed
from malote.texts import english

STAND_IN = "\ufffd".encode()
"""In place of what cannot be said in XML: it is in no code, number or word that is known."""


class Repairs:
    """What was mended in one answer, in words; how often, where that is counted."""

    def __init__(self) -> None:
        self._found: dict[str, int] = {}

    def note(self, what: str, count: int = 0) -> None:
        """One more thing that was mended; never a payload."""
        self._found[what] = self._found.get(what, 0) + count
        heard = _HEARD.get()
        if heard is not None and heard is not self:
            heard._found[what] = self._found[what]

    def told(self) -> list[str]:
        """Everything that was mended, in the order of its finding; empty where nothing was."""
        return [f"{what} ({count})" if count else what for what, count in self._found.items()]

    def facts(self) -> dict[str, str]:
        """The same as a fact of a receipt; none where nothing was mended."""
        return {"repaired": "; ".join(self.told())} if self._found else {}


class _Strict(Repairs):
    def note(self, what: str, _count: int = 0) -> None:
        raise Malformed(english("s_xml_strict", what=what), todo=english("s_do_file"))


_HEARD: ContextVar[Repairs | None] = ContextVar("malote_repairs", default=None)


@contextmanager
def overheard(tell: Callable[[list[str]], object]) -> Iterator[None]:
    """Tell, at its end, what was mended within, whoever read it; not where nothing was.

    For whoever asks, who does not see what reading makes of a reply.
    """
    repairs = Repairs()
    token = _HEARD.set(repairs)
    try:
        yield
    finally:
        _HEARD.reset(token)
        if told := repairs.told():
            tell(told)


STRICT = _Strict()
"""For files of our own side: what would have to be mended is refused."""
