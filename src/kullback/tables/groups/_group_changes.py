"""Where columns change along the windows."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from kullback.inference import benjamini_hochberg, change_point_p_value, change_points
from kullback.tables.groups._groups import Change
from kullback.tables.verdicts._statistics import BIT, Rules

_DRAWS, _MOST_DRAWS, _LEAST_DRAWS = 999, 9_999, 99
# Cells of windows that may be permuted in all; about a minute.
_PERMUTED = 2e9

Sequences = dict[str, NDArray[np.float64]]


def find_changes(sequences: Sequences, rules: Rules, /) -> tuple[dict[str, tuple[Change, ...]], float]:
    """Change points of every column, and the level at which they were sought.

    A column is searched if the test of all its windows passes Benjamini-Hochberg over the columns; empty windows are
    passed over.

    Args:
        sequences: Counts of each column by name, shape ``(windows, cells)``.
        rules: The level and the seed.
    """
    cells = max(1.0, float(sum(sequence.size for sequence in sequences.values())))
    wanted = min(max(_DRAWS, 2 * len(sequences) / rules.alpha), _MOST_DRAWS)
    draws = int(min(wanted, max(_LEAST_DRAWS, _PERMUTED / cells)))
    p_values = [
        change_point_p_value(sequence[_filled(sequence)], draws=draws, rng=_rng(name, rules.seed))
        for name, sequence in sequences.items()
    ]
    flagged = benjamini_hochberg(p_values) <= rules.alpha
    level = rules.alpha * max(int(flagged.sum()), 1) / max(len(sequences), 1)
    found = {
        name: _changes(sequence, level, draws, _rng(name, rules.seed), rules.alpha) if changes else ()
        for (name, sequence), changes in zip(sequences.items(), flagged.tolist(), strict=True)
    }
    return found, level


def _changes(
    sequence: NDArray[np.float64], level: float, draws: int, rng: np.random.Generator, alpha: float
) -> tuple[Change, ...]:
    places = _filled(sequence)
    points = change_points(sequence[places], level=level, draws=draws, rng=rng, confidence=1 - alpha)
    return tuple(
        Change(
            int(places[point.place]),
            (int(places[point.low]), int(places[point.high])),
            point.p_value,
            point.divergence / BIT,
        )
        for point in points
    )


def _filled(sequence: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.flatnonzero(sequence.sum(axis=1) > 0)


def _rng(name: str, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, *hashlib.sha256(name.encode("utf-8", "replace")).digest()[:8]])
