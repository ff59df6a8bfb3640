"""The interval of a share."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special


def proportion_interval(count: float, total: float, /, *, confidence: float = 0.95) -> tuple[float, float]:
    """Clopper-Pearson interval of a share: covers at least `confidence` at any size.

    Args:
        count: Rows that have the property, from 0 to `total`.
        total: Rows in all, positive.
        confidence: Level between 0 and 1.

    Returns:
        Lower and upper bound of the share.

    References:
        Clopper and Pearson (1934), Biometrika 26.
    """
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if count <= 0 else float(special.betaincinv(count, total - count + 1.0, tail))
    high = 1.0 if count >= total else float(special.betaincinv(count + 1.0, total - count, 1.0 - tail))
    return low, high


def clustered_proportion_interval(
    hits: NDArray[np.float64], sizes: NDArray[np.float64], /, *, confidence: float = 0.95
) -> tuple[float, float]:
    """Clopper-Pearson interval of a share at the effective number of rows, where rows come in units.

    Args:
        hits: Rows of each unit that have the property, shape ``(units,)``, not all zero.
        sizes: Rows of each unit.
        confidence: Level between 0 and 1.

    Returns:
        Lower and upper bound of the share.

    References:
        Korn and Graubard (1998), Survey Methodology 24.
    """
    hits, sizes = hits[sizes > 0], sizes[sizes > 0]
    total, units = float(sizes.sum()), len(sizes)
    share = float(hits.sum()) / total
    spread = float(((hits - share * sizes) ** 2).sum()) / total**2 * units / max(units - 1, 1)
    effective = total
    if spread > 0:
        # The quantiles of Student's law account for a spread that was estimated from few units.
        tail = (1.0 + confidence) / 2.0
        ratio = special.stdtrit(max(total - 1, 1), tail) / special.stdtrit(max(units - 1, 1), tail)
        effective = min(total, share * (1 - share) / spread * ratio**2)
    if not math.isfinite(effective) or effective <= 0:
        return 0.0, 1.0
    return proportion_interval(share * effective, effective, confidence=confidence)
