"""The two large families around the divergence: Rényi's and the f-divergences."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from kullback._core import (
    Array,
    InputError,
    Namespace,
    bring,
    exp_gap,
    log_ratio,
    not_negative,
    phi,
    relative_gap,
    shares_of,
)
from kullback.divergences._divergence import divergence
from kullback.divergences._inputs import check_array, in_base, is_vector, read_pair
from kullback.divergences._ladder import density
from kullback.divergences._read import as_law
from kullback.families import FAMILIES
from kullback.numerics import expectation, lattice_expectation


def renyi(
    p: Any,
    q: Any,
    alpha: float,
    /,
    *,
    base: float | None = None,
    axis: int | tuple[int, ...] | None = -1,
    normalize: bool = False,
) -> Array:
    r"""Rényi divergence of order α.

    $$ D_α(p \,\|\, q) = \frac{1}{α - 1} \log \sum p^α q^{1-α} $$

    Args:
        p: As in `divergence`; laws must be single ones on the line.
        q: The same.
        alpha: The order, zero or larger; 1 is the Kullback-Leibler divergence, `inf` the largest log ratio.
        base: Base of the logarithm, None for nats.
        axis: Where the outcomes of arrays are.
        normalize: Whether arrays are weights or counts.

    Returns:
        The divergence, never negative, 0 for equal laws where α > 0.

    Raises:
        InputError: As in `divergence`, or α is no order.

    References:
        Van Erven and Harremoës (2014), IEEE Transactions on Information Theory 60.

    Example:
        >>> import kullback as kl
        >>> round(float(kl.renyi([0.5, 0.5], [0.25, 0.75], 2.0)), 6)
        0.287682
    """
    order = _read_order(alpha)
    if order == 1.0:
        return divergence(p, q, base=base, axis=axis, normalize=normalize)
    if not (is_vector(p) and is_vector(q)):
        return in_base(_renyi_of_laws(p, q, order, normalize=normalize), base)
    pair = read_pair(p, q, axis=axis)
    xp = pair.xp
    for name, array in (("p", pair.p), ("q", pair.q)):
        check_array(xp, name, array, pair.tolerance, normalize=normalize)
    left, right = (shares_of(xp, array) for array in (pair.p, pair.q))
    with np.errstate(all="ignore"):
        return in_base(pair.give_back(not_negative(xp, _renyi_of_shares(xp, left, right, order))), base)


def _read_order(alpha: Any) -> float:
    if isinstance(alpha, bool) or not isinstance(alpha, int | float | np.number) or not alpha >= 0:
        raise InputError(f"alpha = {alpha!r} is no order. A number is needed, zero or larger, or math.inf.")
    return float(alpha)


def _renyi_of_shares(xp: Namespace, p: Array, q: Array, order: float) -> Array:
    mass, one = p > 0, xp.ones_like(p)
    some_p, some_q = xp.where(mass, p, one), xp.where(mass, q, one)
    covered = xp.sum(xp.where(mass, q, 0.0), axis=-1)
    if order == 0.0:
        return -xp.log(covered)
    if order == np.inf:
        return xp.max(xp.where(mass, log_ratio(some_p, some_q), -xp.inf), axis=-1)
    beta = 1.0 - order
    gone = mass & (q == 0)
    ratio = log_ratio(xp.where(gone, one, some_q), xp.where(gone, one, some_p))
    # (q/p)^β - 1 - β (q/p - 1), which sums to the sum of powers less 1: every summand has the sign of -β (1 - β).
    step = xp.where(gone, 0.0, (some_q - some_p) / some_p)
    close = xp.abs(step) < 0.5
    bend = exp_gap(beta * ratio) - beta * xp.where(close, phi(xp.where(close, step, 0.0)), step - ratio)
    bend = xp.where(gone, -1.0 + beta if beta > 0 else xp.inf, bend)
    excess = xp.sum(xp.where(mass, p * bend, 0.0), axis=-1) - beta * xp.sum(xp.where(mass, 0.0, q), axis=-1)
    # Powers beyond the range of floats: by their logarithms, where the sum is no longer near 1.
    exponent = xp.where(mass & ~gone, xp.log(some_p) + beta * ratio, -xp.inf)
    top = xp.max(exponent, axis=-1, keepdims=True)
    top = xp.where(xp.isfinite(top), top, 0.0)
    far = top[..., 0] + xp.log(xp.sum(xp.exp(exponent - top), axis=-1))
    lost = xp.any(gone, axis=-1) & (beta < 0)
    near = xp.log1p(xp.where(excess < -1.0, -1.0, excess))
    return xp.where(lost, xp.inf, xp.where((excess > -0.9) & (excess < 1e3), near, far) / -beta)


def _renyi_of_laws(p: Any, q: Any, order: float, *, normalize: bool) -> Any:
    left, right, engine = _two_sides(p, q, normalize=normalize)
    if order == np.inf:
        raise InputError("alpha = inf needs arrays: the largest log ratio of two laws is not computed.")
    if order == 0.0:
        inside = engine(right, lambda x: np.where(np.isfinite(left.log_at(x)), 1.0, 0.0))
        with np.errstate(divide="ignore"):
            return np.float64(max(0.0, -np.log(inside.value)))

    def power(x: Any) -> Any:
        with np.errstate(all="ignore"):
            gap = right.log_at(x) - left.log_at(x)
            return np.exp(np.where(np.isnan(gap), -np.inf, (1.0 - order) * gap))

    total = engine(left, power).value
    with np.errstate(divide="ignore"):
        return np.float64(max(0.0, float(np.log(total)) / (order - 1.0)))


def _two_sides(p: Any, q: Any, *, normalize: bool) -> tuple[Any, Any, Any]:
    laws = as_law(p, "p", normalize=normalize), as_law(q, "q", normalize=normalize)
    sides = [density(law) if not law.batch_shape and law.is_concrete else None for law in laws]
    kinds = {FAMILIES[type(law)].support(law).kind for law in laws}
    if sides[0] is None or sides[1] is None or len(kinds) > 1:
        raise InputError(f"{laws[0]!r} and {laws[1]!r}: two single laws on the line of one kind are needed here.")
    return sides[0], sides[1], lattice_expectation if kinds == {"lattice"} else expectation


def _total_variation(xp: Namespace, p: Array, q: Array) -> Array:
    return 0.5 * xp.abs(p - q)


def _hellinger(xp: Namespace, p: Array, q: Array) -> Array:
    total = xp.sqrt(p) + xp.sqrt(q)
    root = (p - q) / xp.where(total > 0, total, 1.0)
    return root * root


def _chi_squared(xp: Namespace, p: Array, q: Array) -> Array:
    return xp.where(q > 0, (p - q) / xp.where(q > 0, q, 1.0) * (p - q), xp.where(p > 0, xp.inf, 0.0))


_NAMED: dict[str, Callable[[Namespace, Array, Array], Array]] = {
    "kl": lambda xp, p, q: relative_gap(p, q),  # noqa: ARG005
    "reverse-kl": lambda xp, p, q: relative_gap(q, p),  # noqa: ARG005
    "total-variation": _total_variation,
    "squared-hellinger": _hellinger,
    "chi-squared": _chi_squared,
}


def f_divergence(
    p: Any,
    q: Any,
    generator: str | Callable[[Any], Any],
    /,
    *,
    at_zero: float | None = None,
    slope: float | None = None,
    base: float | None = None,
    axis: int | tuple[int, ...] | None = -1,
    normalize: bool = False,
) -> Array:
    r"""f-divergence $\sum q\, f(p/q)$ of a convex generator f with f(1) = 0.

    Args:
        p: As in `divergence`; laws must be single ones on the line.
        q: The same.
        generator: One of "kl", "reverse-kl", "total-variation", "squared-hellinger" (the sum of (√p - √q)²),
            "chi-squared", or a function of an array of ratios.
        at_zero: f(0) of a function of yours, where p has no mass; taken from the function if left out.
        slope: The limit of f(t)/t of a function of yours, where q has no mass; its value at 1e300 if left out.
        base: Base of the logarithm that the result is divided by, None to leave it.
        axis: Where the outcomes of arrays are.
        normalize: Whether arrays are weights or counts.

    Returns:
        The divergence, one for each row.

    Raises:
        InputError: As in `divergence`, or the generator is unknown or not 0 at 1.

    References:
        Csiszár (1967), Studia Scientiarum Mathematicarum Hungarica 2.

    Example:
        >>> import kullback as kl
        >>> float(kl.f_divergence([0.5, 0.5], [0.25, 0.75], "total-variation"))
        0.25
    """
    if not (is_vector(p) and is_vector(q)):
        return in_base(_f_of_laws(p, q, _summand(np, generator, at_zero, slope), normalize=normalize), base)
    pair = read_pair(p, q, axis=axis)
    xp = pair.xp
    for name, array in (("p", pair.p), ("q", pair.q)):
        check_array(xp, name, array, pair.tolerance, normalize=normalize)
    left, right = (shares_of(xp, array) for array in (pair.p, pair.q))
    summand = _summand(xp, generator, at_zero, slope)
    with np.errstate(all="ignore"):
        return in_base(pair.give_back(xp.sum(summand(xp, left, right), axis=-1)), base)


def _summand(
    xp: Namespace, generator: str | Callable[[Any], Any], at_zero: float | None, slope: float | None
) -> Callable[[Namespace, Array, Array], Array]:
    """Q f(p/q) as a function of p and q: in a form that keeps its digits for the named ones."""
    if isinstance(generator, str):
        if generator not in _NAMED:
            raise InputError(f"generator = {generator!r} is unknown. Known: {', '.join(_NAMED)}, or a function.")
        return _NAMED[generator]
    if not callable(generator):
        raise InputError(f"generator = {generator!r}. A name or a function of an array of ratios is needed.")
    (points,), _ = bring(xp, [xp.asarray([0.0, 1.0, 1e300])])
    with np.errstate(all="ignore"):
        zero, one, far = (float(value) for value in generator(points))
    if not abs(one) <= 1e-12:
        raise InputError(f"The generator is {one!r} at 1. It must be 0 there, so that equal laws have divergence 0.")
    start, end = zero if at_zero is None else at_zero, far / 1e300 if slope is None else slope
    return partial(_of_function, generator, start, end)


def _of_function(
    function: Callable[[Any], Any], at_zero: float, slope: float, xp: Namespace, p: Array, q: Array
) -> Array:
    both = (p > 0) & (q > 0)
    ratio = xp.where(both, p, 1.0) / xp.where(both, q, 1.0)
    finite = both & xp.isfinite(ratio)
    inner = xp.where(finite, q * function(xp.where(finite, ratio, 1.0)), 0.0)
    lone_q = xp.where((p == 0) & (q > 0), q * at_zero, 0.0)
    return inner + lone_q + xp.where((p > 0) & ~finite, p * slope, 0.0)


def _f_of_laws(p: Any, q: Any, summand: Callable[..., Any], *, normalize: bool) -> Any:
    left, right, engine = _two_sides(p, q, normalize=normalize)

    def ratio_value(x: Any) -> Any:
        with np.errstate(all="ignore"):
            gap = left.log_at(x) - right.log_at(x)
            return summand(np, np.exp(np.where(np.isnan(gap), -np.inf, gap)), np.ones_like(gap))

    lone = engine(left, lambda x: np.where(np.isfinite(right.log_at(x)), 0.0, 1.0)).value
    outside = lone * float(summand(np, np.asarray(1.0), np.asarray(0.0))) if lone > 0 else 0.0
    return np.float64(engine(right, ratio_value).value + outside)
