"""Which of very many pairs of columns to look at: the most promising by tables of two cells a column."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from kullback.tables._work import Work
from kullback.tables.counts._coding import Coding, thinned

Floats = NDArray[np.float64]
# Columns that are counted together: six have some ten thousand cells, and their tables hold fifteen pairs each.
_BLOCK = 3


def promising_pairs(work: Work, most: int, names: Sequence[str], /) -> list[tuple[str, str]]:
    """The pairs whose odds ratio changed most surely, each column cut in two.

    Counting six columns together gives the tables of all pairs among them, so that all pairs of d columns take some
    d² / 18 questions to each table.

    Args:
        work: Both tables.
        most: So many pairs.
        names: Columns to choose among.

    Returns:
        Pairs of names, the most promising first.
    """
    halved = work.codings(2)
    columns = [halved[name] for name in names if name in halved]
    scores: dict[tuple[int, int], float] = {}
    for places in _blocks(len(columns)):
        missing = [pair for pair in combinations(places, 2) if pair not in scores]
        if missing:
            sides = [_counted(work, side, [columns[place] for place in places]) for side in (0, 1)]
            for pair in missing:
                axes = tuple(axis for axis, place in enumerate(places) if place not in pair)
                scores[pair] = _score(*(side.sum(axis=axes) for side in sides))
    best = sorted(scores, key=lambda pair: (-scores[pair], pair))[:most]
    return [(columns[x].column.name, columns[y].column.name) for x, y in best]


def _blocks(columns: int) -> Iterator[tuple[int, ...]]:
    """Sets of columns that hold every pair of them."""
    runs = [tuple(range(start, min(start + _BLOCK, columns))) for start in range(0, columns, _BLOCK)]
    if len(runs) == 1:
        yield runs[0]
    for one, other in combinations(runs, 2):
        yield one + other


def _counted(work: Work, side: int, columns: Sequence[Coding]) -> Floats:
    columns = [thinned(coding) for coding in columns]
    axes = [coding.axes[side] for coding in columns]
    (counts,) = work.tables[side].crosstabs(axes, [tuple(range(len(axes)))])
    for dimension, coding in enumerate(columns):
        counts = coding.folded(counts, dimension)
    return counts * work.rules.factors[side]


def _score(reference: Floats, current: Floats) -> float:
    """The largest change of a log odds ratio over its standard error, among the two-by-two parts of the table."""
    best = 0.0
    for rows in combinations(range(reference.shape[0]), 2):
        for cells in combinations(range(reference.shape[1]), 2):
            parts = [side[np.ix_(rows, cells)] + 0.5 for side in (reference, current)]
            odds = [float(np.log(part[0, 0] * part[1, 1] / (part[0, 1] * part[1, 0]))) for part in parts]
            error = float(np.sqrt(sum((1 / part).sum() for part in parts)))
            best = max(best, abs(odds[1] - odds[0]) / error)
    return best
