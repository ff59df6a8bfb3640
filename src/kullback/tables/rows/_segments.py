"""Why two tables differ: few segments of rows that hold most of the bits, judged on rows that did not find them."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, percent
from kullback.tables._messages import Message
from kullback.tables._results import short_bits
from kullback.tables.formats._plain import plain_number
from kullback.tables.rows._conditions import Condition
from kullback.tables.rows._row_sample import Floats, JudgedRows, Mask
from kullback.tables.rows._segment_search import Found, bits_within, explained, search, sums

MOST = 8
_DRAWS = 500
_BLOCKS = 400
# So many parameters may be at work without any classifier noticing.
_UNNOTICED = 16.0
# A small explanation holds three quarters of the bits in a quarter of the rows: more than the tails of a normal law do
# that moves as a whole (0.72 at most).
_MANY_BITS, _SURELY, _FEW_ROWS = 0.75, 0.5, 0.25


@dataclass(frozen=True, eq=False)
class Segment:
    """Rows that meet some conditions, without those of the segments before.

    Attributes:
        conditions: What they have in common.
        share: By how much the share of the bits that is explained grows with this segment.
        interval: Its interval.
        reference: Share of the rows of the reference that lie in it.
        current: Share of the current rows.
        within: Divergence of whole rows within it in bits, apart from its own size.
    """

    conditions: tuple[Condition, ...]
    share: float
    interval: tuple[float, float]
    reference: float
    current: float
    within: float

    def __str__(self) -> str:
        """The conditions as a person writes them."""
        return " and ".join(map(str, self.conditions))

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "conditions": [condition.to_dict() for condition in self.conditions],
            "text": str(self),
            "share": self.share,
            "interval": list(self.interval),
            "reference": self.reference,
            "current": self.current,
            "within": self.within,
        }


@dataclass(frozen=True, eq=False)
class Segments:
    """Which segments of rows hold the shift.

    With D of whole rows split by the chain rule into that of the sizes of the segments, that within each, and that of
    the rest, a set of segments explains the share 1 − p(rest) D(rest) / D.

    Attributes:
        verdict: `small` for a few segments that hold most of the bits in few of the rows, `spread` if there are none,
            `nothing` if whole rows are not seen to differ at all.
        share: Share of the bits that the segments explain together, on rows held out.
        interval: Its interval.
        rows: Share of the rows that lie in them, the mean of both sides.
        bits: D(current‖reference) of whole rows in bits.
        p_value: For both laws of whole rows being one.
        segments: The segments, the one that explains most first.
        apart: Columns that tell the sides apart alone, which explain nothing.
        notes: Remarks.
    """

    verdict: Literal["small", "spread", "nothing"]
    share: float
    interval: tuple[float, float]
    rows: float
    bits: float
    p_value: float
    segments: tuple[Segment, ...] = ()
    apart: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The explanation in a sentence."""
        if self.verdict == "nothing":
            return Message("whole rows are not seen to differ: there is nothing to explain")
        if self.verdict == "small":
            return Message(
                "{share} of the bits are {segments}",
                share=percent(self.share),
                segments="; ".join(map(str, self.segments)),
            )
        if not self.segments:
            return Message("no small explanation: the shift is spread over the rows")
        return Message(
            "no small explanation: the best segments hold {share} of the bits in {rows} of the rows",
            share=percent(self.share),
            rows=percent(self.rows),
        )

    def __repr__(self) -> str:
        """The sentence, and a line for each segment."""
        lines = [f"<segments: {self.text}; D(current‖reference) of whole rows = {short_bits(self.bits)} bits>"]
        lines += [
            f"  {segment}: {percent(segment.share)} of the bits, rows {percent(segment.reference)} → "
            f"{percent(segment.current)}"
            for segment in self.segments
        ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "verdict": self.verdict,
            "text": self.text,
            "share": self.share,
            "interval": list(self.interval),
            "rows": self.rows,
            "bits": plain_number(self.bits),
            "p_value": self.p_value,
            "segments": [segment.to_dict() for segment in self.segments],
            "apart": list(self.apart),
            "notes": list(self.notes),
        }


def check_most(most: Any, /) -> int:
    """How many segments are asked for."""
    if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= 50:
        raise InputError(f"max is {most!r}; it must be a whole number of segments from 1 to 50.")
    return most


def explain_rows(rows: JudgedRows, most: int = MOST, /) -> Segments:
    """Find segments in one half of the sampled rows, and judge them on the other."""
    notes = _notes(rows)
    bits, chance = rows.ratio.forward.bits, rows.ratio.p_value
    if chance > rows.alpha:
        return Segments("nothing", 0.0, (0.0, 0.0), 0.0, bits, chance, (), rows.apart, notes)
    blocks, grow = _halves(rows)
    found = search(rows, grow, check_most(most))
    parts = _by_block(rows, blocks, ~grow, found)
    draws = _draws(parts, rows.seed)
    kept = _kept(draws, rows.alpha)
    if not kept:
        return Segments("spread", 0.0, (0.0, 0.0), 0.0, bits, chance, (), rows.apart, notes)
    if len(kept) < len(found):
        found = [found[place] for place in kept]
        parts = _by_block(rows, blocks, ~grow, found)
        draws = _draws(parts, rows.seed)
    return _judged(rows, found, parts, draws, notes)


def _judged(rows: JudgedRows, found: list[Found], parts: Floats, draws: Floats, notes: tuple[str, ...]) -> Segments:
    whole = parts.sum(axis=0)
    shares, drawn = _explained(whole), _explained(draws)
    # The ratio may miss a little anywhere, so no share is certain to be all.
    hidden = _UNNOTICED * sum(0.5 / size for size in rows.sizes) / max(float(bits_within(whole.sum(axis=0))), 1e-12)
    added, added_draws = np.diff(shares, prepend=0.0), np.diff(drawn, axis=1, prepend=0.0)
    segments = [
        Segment(
            each.conditions,
            _share(added[place]),
            _bounds(added_draws[:, place], rows.alpha, hidden),
            float(whole[place, 1]),
            float(whole[place, 0]),
            max(0.0, float(bits_within(whole[place]) / max(whole[place, 0], 1e-12))) / math.log(2),
        )
        for place, each in enumerate(found)
    ]
    segments.sort(key=lambda segment: -segment.share)
    share, interval = _share(shares[-1]), _bounds(drawn[:, -1], rows.alpha, hidden)
    size = float(1.0 - whole[-1, :2].mean())
    small = share >= _MANY_BITS and interval[0] >= _SURELY and size <= _FEW_ROWS
    verdict: Literal["small", "spread"] = "small" if small else "spread"
    bits, chance = rows.ratio.forward.bits, rows.ratio.p_value
    return Segments(verdict, share, interval, size, bits, chance, tuple(segments), rows.apart, notes)


def _notes(rows: JudgedRows) -> tuple[str, ...]:
    notes: list[str] = []
    if rows.apart:
        notes.append(
            Message(
                "{columns}: hardly a value is on both sides; they name the sides and explain nothing",
                columns=", ".join(rows.apart),
            )
        )
    if not rows.ratio.forward.reliable:
        notes.append(Message("shares are those of the bits that the sample shows; there may be more"))
    return tuple(notes)


def _halves(rows: JudgedRows) -> tuple[NDArray[np.intp], Mask]:
    """Blocks of rows that are independent of each other (units, or rows dealt out), and which rows are to grow."""
    chance = np.random.default_rng((rows.seed, 1))
    blocks = chance.integers(0, _BLOCKS, len(rows.weights)) if rows.units is None else rows.units
    grow = np.zeros(int(blocks.max()) + 1, dtype=bool)
    # Blocks of either side are halved alike.
    sided = np.bincount(blocks[rows.current], minlength=len(grow)) > 0
    order = np.lexsort((chance.permutation(len(grow)), sided))
    grow[order[::2]] = True
    return blocks, grow[blocks]


def _by_block(rows: JudgedRows, blocks: NDArray[np.intp], chosen: Mask, found: list[Found]) -> Floats:
    """Sums of rows by block and segment, the rest last: shape ``(blocks, segments + 1, 3)``."""
    segment = np.full(len(blocks), len(found))
    for place in reversed(range(len(found))):
        segment[found[place].rows] = place
    _, numbers = np.unique(blocks[chosen], return_inverse=True)
    counted = np.zeros((int(numbers.max()) + 1, len(found) + 1, 3))
    np.add.at(counted, (numbers, segment[chosen]), sums(rows, chosen))
    return counted


def _draws(parts: Floats, seed: int) -> Floats:
    """Bootstrap of blocks: sums of shape ``(draws, segments + 1, 3)``, shares of each side adding up to 1."""
    weights = np.random.default_rng((seed, 2)).exponential(size=(_DRAWS, len(parts)))
    drawn = np.tensordot(weights, parts, axes=1)
    sizes = drawn[:, :, :2].sum(axis=1, keepdims=True)
    return np.asarray(drawn / sizes[:, :, [0, 1, 0]])


def _explained(parts: Floats) -> Floats:
    """Share explained by the first segment, the first two and so on: shape ``(..., segments)``."""
    total = parts.sum(axis=-2, keepdims=True)
    outside = total - np.cumsum(parts, axis=-2)[..., :-1, :]
    return explained(outside, total)


def _kept(draws: Floats, alpha: float) -> list[int]:
    """Segments that hold more of the bits than of the rows, beyond what chance does; all of them at rate alpha."""
    if draws.shape[1] < 2:
        return []
    surplus = np.diff(_explained(draws), axis=1, prepend=0.0) - draws[:, :-1, :2].mean(axis=2)
    low = np.quantile(surplus, alpha / surplus.shape[1], axis=0)
    return [place for place in range(len(low)) if low[place] > 0]


def _bounds(draws: Floats, alpha: float, hidden: float) -> tuple[float, float]:
    low, high = np.quantile(draws, [alpha / 2, 1 - alpha / 2])
    return _share(low - hidden), _share(high)


def _share(value: float) -> float:
    """A share of bits: noise in the rest, which may be nothing, can carry it beyond 0 and 1."""
    return float(min(max(value, 0.0), 1.0))
