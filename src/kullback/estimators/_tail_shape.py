"""How heavy the upper tail of a sample is: whether its mean and its variance can be believed."""

import numpy as np

from kullback.estimators._points import Floats

_LEAST = 20  # values in the tail; below, a shape says nothing


def tail_shape(values: Floats, /) -> float:
    r"""Shape ξ of a Pareto law fitted to the largest values: moments of order $1/\xi$ and above are infinite.

    Args:
        values: Array of shape ``(n,)``.

    Returns:
        ξ: about 0 for exponential tails, negative for bounded ones, 0.5 where the variance ceases to exist, 1 where the
        mean does; -inf where there are too few different values to say.

    References:
        Zhang and Stephens (2009), Technometrics 51; Vehtari et al. (2024), Journal of Machine Learning Research 25.
    """
    size = _tail_size(len(values))
    if size < _LEAST:
        return -np.inf
    top = np.sort(values)[-size - 1 :]
    excess = top[1:] - top[0]
    quartile = excess[size // 4]
    if not quartile > 0 or not np.isfinite(excess[-1]) or len(np.unique(excess)) < _LEAST:
        return -np.inf
    count = 20 + int(np.sqrt(size))
    steps = 1.0 - np.sqrt(count / (np.arange(count) + 0.5))
    theta = 1.0 / excess[-1] + steps / (3.0 * quartile)
    shapes = np.log1p(-theta[:, None] * excess).mean(axis=1)
    likelihood = size * (np.log(-theta / shapes) - shapes - 1.0)
    weights = np.exp(likelihood - likelihood.max())
    mean = float(weights @ theta / weights.sum())
    return float(np.log1p(-mean * excess).mean())


def shape_error(size: int, shape: float, /) -> float:
    """Standard error of a shape that was fitted to a sample of that size."""
    return float((1.0 + max(shape, 0.0)) / np.sqrt(max(_tail_size(size), 1)))


def _tail_size(size: int) -> int:
    return int(min(0.2 * size, 3.0 * size**0.5))
