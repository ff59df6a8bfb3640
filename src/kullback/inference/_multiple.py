"""Many questions at once."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def benjamini_hochberg(p_values: ArrayLike, /) -> NDArray[np.float64]:
    """Adjusted p-values that control the false discovery rate.

    Args:
        p_values: Values of shape ``(questions,)``; NaN where no question was asked, which stays NaN and does not count.

    Returns:
        Adjusted values of the same shape: those at most α are the discoveries at rate α.

    References:
        Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57.
    """
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(p.shape, np.nan)
    asked = np.flatnonzero(~np.isnan(p))
    order = asked[np.argsort(p[asked], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def sidak(p_values: list[float], /) -> float:
    """One p-value from independent ones: the chance that the smallest of them is as small as it is."""
    if not p_values:
        return 1.0
    smallest = min(1.0, *p_values)
    return 1.0 if smallest == 1.0 else -math.expm1(len(p_values) * math.log1p(-smallest))
