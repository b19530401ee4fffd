"""Where card numbers stand in a text, and the text without them.

A *group* is digits in a row, in any alphabet (NFKC), escaped or not. Groups belong together over whatever stands
between them, but letters; over markup, and over up to 6 letters where they are grouped as a card prints them (4-4-4-4).
A card number passes Luhn, has a brand's beginning and length, and is

* any window of a group of 13 to 19 digits;
* several whole groups together;
* up to 16 digits behind the zeros that fill up a longer group.

In a group of 20 digits and more (a TID, the key of a nota fiscal) every third holds a window by chance: it is not
looked into. A CNPJ with its own check digits is none, and holds none: of fifty every one does by chance. A day is not
joined to what stands beside it, and neither is a number that is cut to its first 6 and last 4 already, nor a receipt of
the Receita Federal (`9…-99-4020-2610-9…`: number, event, year and month, number). All is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, pairwise

from malote.cards.numbers import LENGTHS, LONGEST, SHORTEST, Sums, cnpj, whole
from malote.cards.spelling import readings, spelt

FEW_LETTERS = 6
PRINTED = {(4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4)}

_MARKUP_LETTERS = 64
_FILLED = 16
_GROUP = re.compile("[0-9]+")
_LETTER = re.compile(r"[^\W\d_]")
_MARKUP = re.compile("""=["']|>""")
_TIME = "(?:[T ,]{1,2}[0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?(?: ?[+-][01][0-9]:?[0-9]{2})?)?"
_DAY = "(?:0[1-9]|[12][0-9]|3[01])"
_MONTH = "(?:0[1-9]|1[0-2])"
_EVENT = "(?:10[057]0|20[1-9][0-9]|3010|40[1-9][0-9]|9000)"
_APART = re.compile(
    rf"""(?<![0-9])(?:[0-9]{{6}}\*{{3,9}}[0-9]{{4}}
         |[0-9]{{1,12}}-[0-9]{{2}}-{_EVENT}-[0-9]{{2}}{_MONTH}-[0-9]{{1,12}}
         |(?:(?:19|20)[0-9]{{2}}([/.-]){_MONTH}\1{_DAY}|{_DAY}([/.-]){_MONTH}\2(?:19|20)[0-9]{{2}}){_TIME})(?![0-9])"""
    .replace("\n", "").replace("         |", "|"),
)  # fmt: skip
"""What is no part of a card number: one that is masked already, a receipt in five groups, a day and its time."""


def held(text: str) -> bool:
    """Whether a text holds a card number."""
    return next(_found(text), None) is not None


def masked(text: str) -> str:
    """The text with every card number in it cut to its first 6 and last 4 digits."""
    pieces, end = [], 0
    for start, stop in _found(text):
        pieces += [text[end:start], truncated(text[start:stop].replace("%", " "))]
        end = stop
    return "".join([*pieces, text[end:]]) if pieces else text


def truncated(number: str) -> str:
    """The digits of a card number as they may be kept: first 6 and last 4."""
    digits = "".join(_GROUP.findall(spelt(number).text))
    return f"{digits[:6]}{'*' * (len(digits) - 10)}{digits[-4:]}"


def _found(text: str) -> Iterator[tuple[int, int]]:
    """Where card numbers stand, in order; those that overlap as one."""
    begun: tuple[int, int] | None = None
    hits = ((starts[at], stops[to - 1]) for plain, starts, stops in readings(text) for at, to in _hits(plain))
    for start, stop in sorted(hits):
        if begun and start < begun[1]:
            begun = begun[0], max(begun[1], stop)
        else:
            if begun:
                yield begun
            begun = start, stop
    if begun:
        yield begun


def _hits(plain: str) -> Iterator[tuple[int, int]]:
    groups = [found.span() for found in _GROUP.finditer(_APART.sub(lambda found: "x" * len(found[0]), plain))]
    sizes = [stop - start for start, stop in groups]
    if sum(sizes) < SHORTEST:
        return
    digits = "".join([plain[start:stop] for start, stop in groups])
    ends = list(accumulate(sizes))
    sums = Sums(digits)
    letters = [0, *(_letters(plain[before[1] : after[0]]) for before, after in pairwise(groups))]
    for at, (start, _) in enumerate(groups):
        begin = ends[at] - sizes[at]
        for first, last in _inside(digits, begin, ends[at], sums):
            yield start + first, start + last
        lengths = LENGTHS.get(digits[begin : begin + 2], ())
        if not lengths:
            continue
        lettered, last = False, at
        while (last := last + 1) < len(groups) and (size := ends[last] - begin) <= LONGEST:
            if letters[last] > FEW_LETTERS:
                break
            lettered = lettered or letters[last] > 0
            if size not in lengths or not sums.right(begin, ends[last]) or cnpj(digits[begin : ends[last]]):
                continue
            if not lettered or tuple(sizes[at : last + 1]) in PRINTED:
                yield start, groups[last][1]
                break


def _letters(gap: str) -> int:
    """How many letters keep two groups apart: those of markup are names, and keep nothing apart."""
    letters = len(_LETTER.findall(gap))
    return 0 if letters <= _MARKUP_LETTERS and _MARKUP.search(gap) else letters


def _inside(digits: str, begin: int, end: int, sums: Sums) -> Iterator[tuple[int, int]]:
    """The card numbers in one group, from its beginning."""
    size = end - begin
    if size > LONGEST:
        bare = digits[begin:end].lstrip("0")
        if len(bare) <= _FILLED and whole(bare) and sums.right(end - len(bare), end):
            yield 0, size
        return
    if cnpj(digits[begin:end]):
        return
    if whole(digits[begin:end]) and sums.right(begin, end):
        yield 0, size
        return
    for first in range(begin, end - SHORTEST + 1):
        for length in LENGTHS.get(digits[first : first + 2], ()):
            last = first + length
            if last <= end and sums.right(first, last) and not cnpj(digits[first:last]):
                yield first - begin, last - begin
