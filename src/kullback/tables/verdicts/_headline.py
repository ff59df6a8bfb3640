"""What changed most in a column, in a few words."""

import math

import numpy as np
from numpy.typing import NDArray

from kullback._core import percent
from kullback.tables._messages import Message
from kullback.tables.counts._cells import Cells
from kullback.tables.counts._columns import Keys
from kullback.tables.counts._leaves import Leaves
from kullback.tables.counts._reading import Reading

_LONGEST_VALUE = 24
# A cell outside the order, or one heavy value, makes the headline if its share moved by this much.
_MOVED = 0.02


def category_headline(cells: Cells, /) -> str:
    """The category whose share moved most: "UA 17 % → 24 %"."""
    before, after = _shares(cells)
    return _moved(cells, int(np.argmax(np.abs(after - before))), before, after)


def ordered_headline(leaves: Leaves, reading: Reading, cells: Cells, /) -> str:
    """NULL or one heavy value if its share moved; else the mean, the middle half, or the range."""
    before, after = _shares(cells)
    if min(leaves.counts.sum(axis=1), default=0.0) > 0 and _disjoint(leaves):
        return " → ".join(_range(leaves, reading, side) for side in (0, 1))
    apart = np.array([" … " not in label for label in cells.labels]) | cells.special
    moves = np.where(apart, np.abs(after - before), 0.0)
    place = int(np.argmax(moves))
    elsewhere = float(np.abs(after - before)[~apart].sum()) / 2
    if moves[place] >= _MOVED and moves[place] >= elsewhere / 2 and (cells.special[place] or reading.kind == "numeric"):
        return _moved(cells, place, before, after)
    if min(leaves.counts.sum(axis=1), default=0.0) <= 0:
        return _moved(cells, place, before, after)
    if reading.kind in ("date", "datetime"):
        return " → ".join(_range(leaves, reading, side) for side in (0, 1))
    return _location_or_spread(leaves, reading)


def key_headline(keys: Keys, /) -> tuple[str, list[str]]:
    """Uniqueness and overlap of a key, and what else there is to say."""
    shares = [distinct / rows if rows else 0.0 for distinct, rows in zip(keys.distinct, keys.rows, strict=True)]
    headline = Message("{before} distinct → {after}", before=percent(shares[0]), after=percent(shares[1]))
    notes: list[str] = []
    nulls = [gone / (gone + rows) if gone else 0.0 for gone, rows in zip(keys.missing, keys.rows, strict=True)]
    if percent(nulls[0]) != percent(nulls[1]):
        headline = Message(
            "NULL {before} → {after}, {more}", before=percent(nulls[0]), after=percent(nulls[1]), more=headline
        )
    if keys.shared is None:
        notes.append(Message("overlap of the keys is unknown: a profile does not keep them"))
    else:
        overlap = keys.shared / keys.distinct[1] if keys.distinct[1] else 0.0
        headline = Message("{keys}, {share} of the current keys known", keys=headline, share=percent(overlap))
        notes.append(
            Message(
                "{shared} of {distinct} distinct current keys occur in the reference",
                shared=f"{keys.shared:,}",
                distinct=f"{keys.distinct[1]:,}",
            )
        )
    if keys.low is not None and keys.high is not None:
        ranges = [f"{low} … {high}" for low, high in zip(keys.low, keys.high, strict=True)]
        notes.append(Message("range {before} → {after}", before=ranges[0], after=ranges[1]))
    return headline, notes


def _shares(cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return cells.reference / cells.reference.sum(), cells.current / cells.current.sum()


def _moved(cells: Cells, place: int, before: NDArray[np.float64], after: NDArray[np.float64]) -> str:
    label = cells.labels[place]
    # What we say of many values is not cut.
    own = isinstance(label, Message) and "value" not in label.parts
    shown = label if own or len(label) <= _LONGEST_VALUE else label[: _LONGEST_VALUE - 1] + "…"
    if cells.ordered and not cells.special[place]:
        # "3 17 %" would read as one number.
        shown = f"= {shown}:"
    shares = percent(float(before[place])), percent(float(after[place]))
    return Message("{value} {before} → {after}", value=shown, before=shares[0], after=shares[1])


def _range(leaves: Leaves, reading: Reading, side: int) -> str:
    inside = np.flatnonzero(leaves.counts[side] > 0)
    low, high = reading.show(leaves.low[inside[0]]), reading.show(leaves.high[inside[-1]])
    if reading.kind == "datetime" and low[:10] != high[:10]:
        low, high = low[:10], high[:10]
    return low if low == high else f"{low} … {high}"


def _disjoint(leaves: Leaves) -> bool:
    """Whether one side ends before the other begins (give or take one percent of its rows)."""
    shares = leaves.counts / leaves.counts.sum(axis=1, keepdims=True)
    ranks = np.cumsum(shares, axis=1)
    first, last = np.searchsorted(ranks[0], [0.01, 0.99]), np.searchsorted(ranks[1], [0.01, 0.99])
    return bool(first[1] < last[0] or last[1] < first[0])


def _location_or_spread(leaves: Leaves, reading: Reading) -> str:
    quartiles = [_quantiles(leaves, side, (0.25, 0.5, 0.75)) for side in (0, 1)]
    spreads = [max(upper - lower, 0.0) for lower, _, upper in quartiles]
    middle = [_mean(leaves, side) for side in (0, 1)]
    # A mean far outside the middle half speaks of the tails, not of the bulk.
    inside = all(
        abs(mean - mid) <= spread for mean, (_, mid, _), spread in zip(middle, quartiles, spreads, strict=True)
    )
    if not inside:
        middle = [mid for _, mid, _ in quartiles]
    scale = max(sum(spreads) / 2, 1e-300)
    moved = abs(middle[1] - middle[0]) / scale
    widened = abs(math.log(spreads[1]) - math.log(spreads[0])) if min(spreads) > 0 else 0.0
    if widened > 2 * moved:
        parts = [f"{_show(lower, reading)} … {_show(upper, reading)}" for lower, _, upper in quartiles]
        return Message("middle half {before} → {after}", before=parts[0], after=parts[1])
    for digits in (4, 6, 8, 10, 12):
        before, after = (_show(value, reading, digits) for value in middle)
        if before != after or digits > 4 + 2 * math.log10(max(1.0, abs(middle[0]) / scale)):
            break
    return Message("mean {before} → {after}" if inside else "median {before} → {after}", before=before, after=after)


def _mean(leaves: Leaves, side: int) -> float:
    if math.isnan(leaves.totals[side]):
        return math.nan
    weights = leaves.counts[side]
    if leaves.finite[side] and float(weights.sum()) == leaves.finite[side]:
        return leaves.totals[side] / leaves.finite[side]
    middles = (leaves.low.astype(np.float64) + leaves.high.astype(np.float64)) / 2
    return float((weights * middles).sum() / weights.sum())


def _quantiles(leaves: Leaves, side: int, at: tuple[float, ...]) -> tuple[float, ...]:
    ranks = np.cumsum(leaves.counts[side])
    places = np.searchsorted(ranks, np.array(at) * ranks[-1])
    return tuple(float(leaves.high[place]) for place in np.minimum(places, len(ranks) - 1))


def _show(value: float, reading: Reading, digits: int = 4) -> str:
    if reading.kind != "numeric":
        return reading.show(round(value))
    value = value / 10**reading.scale
    # Four digits for a person; whole numbers of up to six digits as they are.
    return f"{value:.0f}" if 10_000 <= abs(value) < 1_000_000 else f"{value:.{digits}g}"
