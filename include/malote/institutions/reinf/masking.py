"""Takes personal data out of texts that go into logs, errors and the journal: CPFs, and what the treaty quotes."""

from __future__ import annotations

import re

_GROUP = re.compile(r"(?<![0-9])([0-9]{3})[.\s-]?([0-9]{3})[.\s-]?([0-9]{3})[-./\s]?([0-9]{2})(?![0-9])")
"""Of a longer number, as a CNPJ, the first eleven digits are no CPF, whatever their check digits say."""
_WRITTEN = re.compile(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}")
_SAID = re.compile(r"cpf[^0-9]{0,40}$", re.IGNORECASE)
"""What is written as a CPF, or called one, is somebody's with a slip of the pen, even where its digits do not check."""
_QUOTED = re.compile(r"(?<!\w)'(?:[^']|'(?=\w))*'|\"[^\"]*\"|“[^”]*”|‘[^’]*’|«[^»]*»")
"""Of `doesn't` and of D'Ávila the apostrophe is no quote."""
_NAME = re.compile(r"'\{[^}']*\}(\w+)'")
"""An element of the treaty, which is no value."""
_SHOWN = re.compile(r"@?(?:per|nat|dt|vlr|ind|perc|tp|ini|fim|class|nrRec|fech|evt|rel|qtd|cod|dh)[A-Z][A-Za-z]*")
"""Last steps of paths whose values name nobody."""


def cpf(digits: str) -> bool:
    """Whether these are the 11 digits of a CPF with its own two check digits."""
    if len(digits) != 11 or not digits.isdecimal() or len(set(digits)) == 1:
        return False
    numbers = [int(each) for each in digits]
    for size in (9, 10):
        rest = sum(number * (size + 1 - at) for at, number in enumerate(numbers[:size])) * 10 % 11 % 10
        if numbers[size] != rest:
            return False
    return True


def masked(text: str) -> str:
    """The text with each CPF as `***456789**`, as the Receita itself shows one."""
    return _GROUP.sub(_hidden, text)


def quoted_away(text: str) -> str:
    """As :func:`masked`, and without what stands in quotes: what an error of theirs quotes may be a name."""
    return masked(_QUOTED.sub("'…'", text))


def discreet(path: str, rule: str) -> str:
    """The words of a broken rule without the value that broke it, where that could name a person."""
    leaf, rule = path.rpartition(".")[2].partition("[")[0], _NAME.sub(r"\1", rule)
    return masked(rule) if _SHOWN.fullmatch(leaf) else quoted_away(rule)


def _hidden(found: re.Match[str]) -> str:
    digits = "".join(found.groups())
    called = _WRITTEN.fullmatch(found[0]) or _SAID.search(found.string, max(0, found.start() - 43), found.start())
    return f"***{digits[3:9]}**" if called or cpf(digits) else found[0]
