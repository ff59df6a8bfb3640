"""Does a sequence remember more than so many steps?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from kullback._core import Figure, InputError
from kullback.inference._independence import chi_squared_tail


@dataclass(frozen=True, eq=False, repr=False)
class MarkovOrder(Figure):
    """Test of a Markov order against the next one.

    Attributes:
        value: Information that the step before the last `order` ones has on the next step, given those: a plug-in
            figure in nats per step, which is D(observed‖fitted chain of this order).
        order: The order of the null hypothesis.
        statistic: G = 2 n times the value.
        degrees: Degrees of freedom, only over contexts that were seen.
        p_value: By the chi-squared law.
        bias: What the value would be by chance alone, degrees / 2n, in nats.
        n: Number of steps counted.
    """

    value: float
    order: int
    statistic: float
    degrees: int
    p_value: float
    bias: float
    n: int

    def __str__(self) -> str:
        return (
            f"order {self.order} against {self.order + 1}: {self.value:.6g} nats ({self.bits:.6g} bits) per step, "
            f"{self.bias:.6g} nats by chance alone\n"
            f"  G = {self.statistic:.6g} on {self.degrees} degrees of freedom, p = {self.p_value:.4g}, {self.n} steps"
        )


def markov_order_test(path: Any, /, *, order: int = 0) -> MarkovOrder:
    r"""Likelihood-ratio test that a sequence is a Markov chain of an order, against the next order.

    $$ G = 2 \sum n_{uab} \log \frac{n_{uab}\, n_{·a·}}{n_{ua·}\, n_{·ab}} $$

    b is the next state, a the last `order` states, u the one before them. Order 0 asks whether steps are independent.

    Args:
        path: The sequence of states, labels of any kind, shape ``(n,)``.
        order: Order r of the null hypothesis, zero or larger.

    Returns:
        The statistic, its degrees of freedom and p-value, and the information per step.

    Raises:
        InputError: The path is no sequence or too short, or the order is no whole number.

    Note:
        The chi-squared law needs several visits to each context: with k states n should be many times k^(r + 2).

    References:
        Anderson and Goodman (1957), Annals of Mathematical Statistics 28, section 4.

    Example:
        >>> from kullback.decisions.physics import markov_order_test
        >>> found = markov_order_test("abababababbaababab" * 5)
        >>> found.p_value < 1e-6, found.degrees
        (True, 1)
    """
    states = _read(path, order)
    length = len(states) - order - 1
    windows = np.stack([states[i : i + length] for i in range(order + 2)], axis=1)
    old, middle, new = windows[:, 0], _codes(windows[:, 1:-1]), windows[:, -1]
    counts = [_counts(*columns) for columns in ((old, middle, new), (middle,), (old, middle), (middle, new))]
    joint, recent, before, after = (float(xlogy(one, one).sum()) for one in counts)
    half = max(joint + recent - before - after, 0.0)
    degrees = _degrees(old, middle, new)
    return MarkovOrder(
        value=half / length,
        order=order,
        statistic=2.0 * half,
        degrees=degrees,
        p_value=chi_squared_tail(2.0 * half, degrees),
        bias=degrees / (2.0 * length),
        n=length,
    )


def _read(path: Any, order: Any) -> NDArray[np.int64]:
    if isinstance(order, bool) or not isinstance(order, int | np.integer) or order < 0:
        raise InputError(f"order = {order!r} is no Markov order. A whole number of at least 0 is needed.")
    try:
        values = np.asarray(list(path) if isinstance(path, str) else path)
    except ValueError:
        raise InputError("path holds lists of different lengths. A sequence of states is needed.") from None
    if values.ndim != 1 or len(values) < order + 3:
        raise InputError(f"path has shape {values.shape}. A sequence of at least {order + 3} states is needed.")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise InputError("path holds a missing or infinite state. Leave it out, or give it a label.")
    return np.asarray(np.unique(values, return_inverse=True)[1], dtype=np.int64)


def _codes(columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number for each distinct row."""
    if columns.shape[1] == 0:
        return np.zeros(len(columns), dtype=np.int64)
    return np.asarray(np.unique(columns, axis=0, return_inverse=True)[1], dtype=np.int64).ravel()


def _counts(*columns: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(np.unique(np.stack(columns, axis=1), axis=0, return_counts=True)[1], dtype=np.float64)


def _degrees(old: NDArray[np.int64], middle: NDArray[np.int64], new: NDArray[np.int64]) -> int:
    """Σ over seen contexts of (states seen before - 1)(states seen after - 1)."""
    before = np.unique(np.stack([middle, old], axis=1), axis=0)[:, 0]
    after = np.unique(np.stack([middle, new], axis=1), axis=0)[:, 0]
    return int(((np.bincount(before) - 1) * (np.bincount(after) - 1)).sum())
