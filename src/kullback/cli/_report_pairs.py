"""What a terminal or a pipe shows of pairs of columns whose dependence changed."""

import math

from kullback._core import printable
from kullback.tables import PairShifts

_PAIRS = 20
_LONGEST = 32


def pair_lines(pairs: PairShifts | None, /) -> list[str]:
    """How many pairs changed, and a line for each of the worst.

    Args:
        pairs: What was found; None if no pairs were asked for.
    """
    if pairs is None:
        return []
    judged, looked = f"{len(pairs.pairs):,}", f"{pairs.candidates:,}"
    lines = ["", f"pairs: the dependence of {pairs.shifted:,} of {judged} pairs changed, out of {looked} looked at"]
    shown = [pair for pair in pairs.pairs if pair.dependence.verdict == "shifted"][:_PAIRS]
    shown = shown or list(pairs.pairs[: _PAIRS // 4])
    names = [f"{_name(pair.x)} and {_name(pair.y)}" for pair in shown]
    width = max(map(len, names), default=0)
    for name, pair in zip(names, shown, strict=True):
        low, high = pair.dependence.interval
        figure = f"{_bits(pair.dependence.bits)} [{_bits(low)}, {_bits(high)}] {pair.dependence.verdict}"
        lines.append(f"{name:{width}}  {figure}  {printable(pair.headline)}".rstrip())
    hidden = len(pairs.pairs) - len(shown)
    if hidden > 0:
        lines.append(f"… and {hidden:,} more pairs: --json keeps them")
    return lines + [printable(note, 200) for note in pairs.notes]


def _name(name: str) -> str:
    return printable(name, _LONGEST) or "(no name)"


def _bits(figure: float) -> str:
    return "inf" if math.isinf(figure) else f"{max(figure, 0.0):.4f}"
