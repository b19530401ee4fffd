"""What digits can be the number of a card: Luhn, and the beginnings and lengths that brands give."""

from __future__ import annotations

from itertools import accumulate

SHORTEST, LONGEST = 13, 19

_MAESTRO = frozenset(map(str, (50, *range(56, 70))))


def _brands() -> dict[str, tuple[int, ...]]:
    """Lengths by the first two digits: Visa, Mastercard, Amex, Diners, Hipercard, JCB, Elo, Aura, Maestro, Discover."""
    found: dict[str, tuple[int, ...]] = {f"4{n}": (13, 16, 19) for n in range(10)}
    found |= dict.fromkeys(map(str, (*range(22, 28), *range(51, 56))), (16,))
    found |= {"34": (15,), "37": (15,), "35": (16, 19), "38": (14, 16, 19)}
    found |= dict.fromkeys(("30", "36", "39"), (14, 16))
    return found | dict.fromkeys(_MAESTRO, (16, 19))


LENGTHS = _brands()
"""By the first two digits, how many a card number has."""

_ONCE = bytes.maketrans(b"0123456789", bytes(range(10)))
_TWICE = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
_TENS = bytes(range(0, 256, 10))


class Sums:
    """Luhn's sum of any stretch of some digits in two look-ups: all windows cost what the text is long."""

    def __init__(self, digits: str) -> None:
        once, twice = digits.encode().translate(_ONCE), digits.encode().translate(_TWICE)
        self._of = []
        for parity in (0, 1):  # which places count twice: every other one, the last of the stretch not
            mixed = bytearray(once)
            mixed[parity::2] = twice[parity::2]
            self._of.append(list(accumulate(mixed, initial=0)))

    def right(self, begin: int, end: int) -> bool:
        """Whether the last digit of the stretch is right."""
        of = self._of[end % 2]
        return (of[end] - of[begin]) % 10 == 0


def whole(digits: str) -> bool:
    """Whether a brand could have given exactly these digits, its check digit apart."""
    lead = digits[:2]
    return len(digits) in LENGTHS.get(lead, ()) or (lead in _MAESTRO and SHORTEST <= len(digits) <= LONGEST)


def luhn(*numbers: str) -> bool:
    """Whether each is 13 to 19 digits of which the last is right."""
    for size in set(map(len, numbers)):
        together = "".join([number for number in numbers if len(number) == size])
        if not (SHORTEST <= size <= LONGEST and together.isascii() and together.isdecimal()):
            return False
        # All numbers of a size at once: each byte of one big integer is the sum of one number's digits, 171 at most.
        digits, total = together.encode(), 0
        for place in range(size):
            table = _ONCE if (size - place) % 2 else _TWICE
            total += int.from_bytes(digits[place::size].translate(table), "big")
        if total.to_bytes(len(digits) // size, "big").translate(None, _TENS):
            return False
    return True


def cnpj(digits: str) -> bool:
    """Whether these are the 14 digits of a CNPJ with its own two check digits."""
    if len(digits) != 14:
        return False
    numbers = [int(each) for each in digits]
    for size in (12, 13):
        weights = [(size - 1 - at) % 8 + 2 for at in range(size)]
        rest = sum(number * weight for number, weight in zip(numbers, weights, strict=False)) % 11
        if numbers[size] != (0 if rest < 2 else 11 - rest):
            return False
    return True
