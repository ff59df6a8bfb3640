"""The search for few conditions that hold most of the bits in few of the rows."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kullback.tables.rows._conditions import Condition, conditions
from kullback.tables.rows._row_sample import Floats, JudgedRows, Mask

_DEPTH = 3
_BEAM = 12
# What another condition, or another segment, must add to the share of bits beyond that of rows.
_CONDITION_PAYS, _SEGMENT_PAYS, _SEGMENT_COSTS = 0.03, 0.05, 0.01
_LEAST_ROWS = 20
# A small explanation holds twice as much of the bits as of the rows.
_ROWS_COST = 2.0


@dataclass(frozen=True, eq=False)
class Found:
    """A segment: its conditions and the rows of the sample that meet them."""

    conditions: tuple[Condition, ...]
    rows: Mask


def sums(rows: JudgedRows, chosen: Mask, /) -> Floats:
    """What the share of bits is made of, for every chosen row: shape ``(rows, 3)``.

    The columns are the share of p, the share of q, and the share of p times the log ratio.
    """
    sides = [float(rows.weights[chosen & side].sum()) for side in (~rows.current, rows.current)]
    weights = rows.weights / np.array(sides)[rows.current.astype(int)]
    p, q = np.where(rows.current, weights, 0.0), np.where(rows.current, 0.0, weights)
    return np.stack([p, q, p * rows.log_ratios], axis=1)[chosen]


def bits_within(part: Floats, /) -> Floats:
    r"""p(s) D_s in nats, $E_p[T; s] - p_s \log(p_s / q_s)$, from sums of shape ``(..., 3)``."""
    p, q, log_ratio = np.moveaxis(part, -1, 0)
    safe = (p > 1e-12) & (q > 1e-12)
    return np.where(safe, log_ratio - p * np.log(np.where(safe, p, 1.0) / np.where(safe, q, 1.0)), 0.0)


def explained(outside: Floats, total: Floats, /) -> Floats:
    """Share of the bits that is gone once rows outside alone are left: 1 − p_rest D_rest / D."""
    # No divergence is negative: what noise seems to gain beyond all of the bits is not to be had.
    return 1.0 - np.maximum(bits_within(outside), 0.0) / np.maximum(bits_within(total), 1e-12)


def search(rows: JudgedRows, grow: Mask, most: int, /) -> list[Found]:
    """Segments that together hold many bits in few rows, found in part of the sample.

    Args:
        rows: The sample.
        grow: Rows from which segments are found.
        most: Segments at most.

    Returns:
        The segments, in the order in which they were found; each without the rows of those before.
    """
    table = sums(rows, grow)
    total = table.sum(axis=0)
    density = table[:, 2] / max(float(bits_within(total)), 1e-12) - (table[:, 0] + table[:, 1]) / 2
    gains = np.zeros(len(grow))
    gains[grow] = density
    tried = [pair for column in rows.columns if column.name in rows.used for pair in conditions(column, gains)]
    # Thresholds join what two segments hold, and sets of values cross what does not belong together: of three ways the
    # plainest, unless another pays.
    single = [pair for pair in tried if pair[0].relation != "in"]
    plain = [pair for pair in single if pair[0].relation in ("=", "is NULL")]
    ways = [_greedy(table, total, grow, chosen, most) for chosen in (plain, single, tried) if chosen]
    best = max((score for score, _ in ways), default=0.0)
    return next((found for score, found in ways if score >= best - _CONDITION_PAYS), list[Found]())


def _greedy(
    table: Floats, total: Floats, grow: Mask, tried: list[tuple[Condition, Mask]], most: int
) -> tuple[float, list[Found]]:
    """One segment after the other; how far the share of bits lies beyond that of rows, less a little for each."""
    names = [condition for condition, _ in tried]
    masks = np.stack([mask for _, mask in tried], axis=1)
    inside = masks[grow].astype(np.float32)
    left = np.ones(len(table), dtype=bool)
    score, found = 0.0, list[Found]()
    while len(found) < most:
        best, parts = _best(table, total, inside, left, names)
        if best < score + _SEGMENT_PAYS:
            break
        score = best
        met: Mask = np.logical_and.reduce(masks[:, parts], axis=1)
        left &= ~met[grow]
        found.append(Found(tuple(names[part] for part in parts), met))
    return score - _SEGMENT_COSTS * len(found), found


def _best(
    table: Floats, total: Floats, inside: NDArray[np.float32], left: Mask, names: list[Condition]
) -> tuple[float, tuple[int, ...]]:
    """The conjunction that raises the share of bits beyond that of rows the most, and how far."""
    gone = total - table[left].sum(axis=0)
    best: tuple[float, tuple[int, ...]] = (-math.inf, ())
    beam: list[tuple[int, ...]] = [()]
    for _ in range(_DEPTH):
        scored: dict[frozenset[int], tuple[float, tuple[int, ...]]] = {}
        for parts in beam:
            mask = left & inside[:, parts].all(axis=1)
            for value, place in _scores(table[mask], total, gone, inside[mask]):
                if not _doubled(names, parts, place):
                    scored[frozenset((*parts, place))] = (value, (*parts, place))
        ranked = sorted(scored.values(), key=lambda pair: (-pair[0], pair[1]))
        if not ranked or ranked[0][0] < best[0] + _CONDITION_PAYS:
            break
        best = ranked[0]
        beam = [parts for _, parts in ranked[:_BEAM]]
    return best


def _scores(table: Floats, total: Floats, gone: Floats, inside: NDArray[np.float32]) -> list[tuple[float, int]]:
    taken = inside.T.astype(np.float64) @ table
    outside = total - gone - taken
    outside[:, :2] = np.maximum(outside[:, :2], 0.0)
    value = explained(outside, total) - _ROWS_COST * (2.0 - outside[:, 0] - outside[:, 1]) / 2
    enough = np.flatnonzero(inside.sum(axis=0) >= _LEAST_ROWS)
    order = enough[np.argsort(-value[enough], kind="stable")[: 2 * _BEAM]]
    return [(float(value[place]), int(place)) for place in order]


def _doubled(names: list[Condition], parts: tuple[int, ...], place: int) -> bool:
    """Whether a column would be named twice in the same sense."""
    return any(
        names[part].column == names[place].column and {names[part].relation, names[place].relation} != {">", "≤"}
        for part in parts
    )
