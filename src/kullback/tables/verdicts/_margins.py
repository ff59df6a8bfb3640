"""Margins: how many bits a column may move and still count as similar; one for all, or some of their own."""

import fnmatch
from collections.abc import Iterable, Mapping
from numbers import Real

from kullback._core import InputError

MARGIN = 0.02
# The pattern that every column matches: its margin is that of all others.
EVERY = "*"


def check_margin(margin: float | Mapping[str, float], /) -> tuple[float, dict[str, float]]:
    """The margin of all columns, and those of some names or shell patterns.

    Args:
        margin: Bits, or a mapping of column names or shell patterns to bits; of the others ``"*"``, or 0.02 without it.

    Returns:
        The margin of all others, and the mapping without ``"*"``.

    Raises:
        InputError: If a margin is no finite number of bits, 0 or more.
    """
    if not isinstance(margin, Mapping):
        _check_bits("margin", margin)
        return float(margin), {}
    for name, bits in margin.items():
        if not isinstance(name, str):
            raise InputError(f"margin has the key {name!r}; keys must be texts: names or shell patterns of columns.")
        _check_bits("margin" if name == EVERY else f"margin of {name!r}", bits)
    own = {name: float(bits) for name, bits in margin.items() if name != EVERY}
    return float(margin.get(EVERY, MARGIN)), own


def resolve_margins(own: Mapping[str, float], names: Iterable[str], /) -> dict[str, float]:
    """Which columns have a margin of their own: by name, or by the first pattern that matches.

    Args:
        own: Names or shell patterns to bits.
        names: The columns at hand.

    Raises:
        InputError: If no column matches one of them.
    """
    known = list(dict.fromkeys(names))
    # What is the name of a column stands for it alone, even if it reads like a pattern.
    patterns = [pattern for pattern in own if pattern not in known]
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(name, pattern) for name in known):
            shown = ", ".join(repr(name) for name in known[:20]) + (" …" if len(known) > 20 else "")
            raise InputError(f"margin is given for {pattern!r}, which no column matches. The tables have: {shown}.")
    found = {}
    for name in known:
        matching = [name] if name in own else [each for each in patterns if fnmatch.fnmatchcase(name, each)]
        if matching:
            found[name] = own[matching[0]]
    return found


def _check_bits(called: str, bits: object) -> None:
    if isinstance(bits, bool) or not isinstance(bits, Real):
        raise InputError(f"{called} is {bits!r}; it must be a number of bits, as in 0.02.")
    if not 0 <= float(bits) < float("inf"):
        raise InputError(f"{called} is {bits}; it must be a finite number of bits, 0 or more.")
