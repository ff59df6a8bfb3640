"""Where a sequence of windows changes its law: change points of count vectors, tested by permuting whole windows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Counts = NDArray[np.float64]

# Windows on each side of a change at least, and permutations that are counted at a time, also as cells.
_LEAST_WINDOWS = 2
_BLOCK, _BLOCK_CELLS = 64, 1_000_000
# A p-value is known well enough once so many permutations exceed (Besag and Clifford 1991).
_ENOUGH_EXCEEDANCES = 30
_RESAMPLES = 199


@dataclass(frozen=True)
class ChangePoint:
    """A place where the law of the windows changes.

    Attributes:
        place: The first window after the change, from 0.
        low: The interval of the place begins here.
        high: And ends here, this window included.
        p_value: Chance of so large a gain, were the windows of the segment exchangeable.
        divergence: Jensen-Shannon divergence in nats between the segments on both sides, weighted by their rows.
    """

    place: int
    low: int
    high: int
    p_value: float
    divergence: float


def change_point_p_value(windows: Counts, /, *, draws: int, rng: np.random.Generator) -> float:
    """Test of windows that are exchangeable against a change somewhere among them.

    Args:
        windows: Counts of shape ``(windows, cells)``, in their order; no window without rows.
        draws: Permutations at most; the smallest p-value is 1 / (draws + 1).
        rng: Source of the permutations.

    Returns:
        The p-value: exact for exchangeable windows, however much more they differ than independent rows would.

    References:
        Antoch and Huskova (2001), Statistics and Probability Letters 53, for permutation tests of change points.
    """
    if len(windows) < 2 * _LEAST_WINDOWS:
        return 1.0
    observed = float(_gains(windows[None]).max())
    block = max(1, min(_BLOCK, _BLOCK_CELLS // windows.size))
    exceeded = done = 0
    while done < draws:
        orders = rng.permuted(np.tile(np.arange(len(windows)), (min(block, draws - done), 1)), axis=1)
        exceeded += int((_gains(windows[orders]).max(axis=1) >= observed * (1 - 1e-9)).sum())
        done += len(orders)
        if exceeded >= _ENOUGH_EXCEEDANCES:
            break
    return (exceeded + 1) / (done + 1)


def change_points(
    windows: Counts, /, *, level: float, draws: int, rng: np.random.Generator, most: int = 10, confidence: float = 0.95
) -> list[ChangePoint]:
    r"""Change points of a sequence of windows by binary segmentation.

    A segment of $N$ rows is split where the gain $N \cdot \mathrm{JS}$ is largest, with $\mathrm{JS}$ the
    Jensen-Shannon divergence between both parts weighted by their rows (half the G statistic), and both parts are
    searched in turn, if a permutation test of the windows rejects at `level`, halved with every depth.

    Args:
        windows: Counts of shape ``(windows, cells)``, in their order; no window without rows.
        level: Chance of any change point among exchangeable windows.
        draws: Permutations of each test at most.
        rng: Source of permutations and resamples.
        most: Change points at most, the clearest.
        confidence: Of the intervals of the places, by resampling windows within the segments on both sides.

    Returns:
        The change points, in the order of their places.

    References:
        Vostrikova (1981), Soviet Mathematics Doklady 24, for binary segmentation.
    """
    found: list[ChangePoint] = []
    waiting = [(0, len(windows), level)]
    while waiting and len(found) < most:
        # The segment with the largest gain is split next.
        waiting.sort(key=lambda segment: _best_gain(windows[segment[0] : segment[1]]))
        start, end, allowed = waiting.pop()
        segment = windows[start:end]
        p_value = change_point_p_value(segment, draws=draws, rng=rng)
        if p_value > allowed:
            continue
        place = _best_place(segment)
        low, high = _interval(segment, place, confidence, rng)
        gain = float(_gains(segment[None])[0].max()) / float(segment.sum())
        found.append(ChangePoint(start + place, start + low, start + high, p_value, gain))
        waiting += [(start, start + place, allowed / 2), (start + place, end, allowed / 2)]
    return sorted(found, key=lambda point: point.place)


def _best_gain(windows: Counts) -> float:
    return float(_gains(windows[None]).max()) if len(windows) >= 2 * _LEAST_WINDOWS else 0.0


def _best_place(windows: Counts) -> int:
    return _LEAST_WINDOWS + int(np.argmax(_gains(windows[None])[0]))


def _gains(sequences: Counts) -> Counts:
    """N times the Jensen-Shannon divergence for each place of a split, of each sequence of windows."""
    total = sequences[0].sum(axis=0)
    left = np.cumsum(sequences, axis=1)[:, _LEAST_WINDOWS - 1 : -_LEAST_WINDOWS]
    gains: Counts = _log_likelihood(left) + _log_likelihood(np.maximum(total - left, 0.0)) - _log_likelihood(total)
    return gains


def _log_likelihood(counts: Counts) -> Counts:
    whole = counts.sum(axis=-1)
    likelihood: Counts = special.xlogy(counts, counts).sum(axis=-1) - special.xlogy(whole, whole)
    return likelihood


def _interval(segment: Counts, place: int, confidence: float, rng: np.random.Generator) -> tuple[int, int]:
    """Where the place falls when the windows on either side are drawn again with replacement."""
    left = rng.integers(0, place, size=(_RESAMPLES, place))
    right = rng.integers(place, len(segment), size=(_RESAMPLES, len(segment) - place))
    order = np.concatenate([left, right], axis=1)
    block = max(1, _BLOCK_CELLS // segment.size)
    places = []
    for first in range(0, _RESAMPLES, block):
        drawn = segment[order[first : first + block]]
        # Each resample has a total of its own, so its gains are taken by itself.
        places += [_best_place(each) for each in drawn]
    tail = (1 - confidence) / 2
    low, high = np.quantile(places, [tail, 1 - tail], method="closest_observation")
    return min(int(low), place), max(int(high), place)
