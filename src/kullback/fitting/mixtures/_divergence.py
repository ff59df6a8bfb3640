"""The verb: D(p‖q) of two mixtures, exactly where that can be, else bracketed."""

from dataclasses import replace
from typing import Any

import numpy as np

from kullback._core import InputError, numbers
from kullback.divergences._divergence import answer_of
from kullback.divergences._entropies import entropy_of_law
from kullback.estimators._options import Rng, check_confidence, generator
from kullback.fitting.mixtures._bounds import log_from_above, log_from_below, variational_of
from kullback.fitting.mixtures._components import Components, read_mixture, read_pair
from kullback.fitting.mixtures._cubature import TOLERANCE, cubature_divergence, cubature_entropy
from kullback.fitting.mixtures._entropy_bounds import entropy_from_above, entropy_from_below
from kullback.fitting.mixtures._projections import projected
from kullback.fitting.mixtures._record import MixtureFigure, exact_figure
from kullback.fitting.mixtures._shared import without_shared
from kullback.fitting.mixtures._stratified import stratified

_DRAWS = 65_536
_LEAST = 1_000


def mixture_divergence(
    p: Any, q: Any, /, *, draws: int = _DRAWS, confidence: float = 0.95, rng: Rng = None
) -> MixtureFigure:
    r"""Divergence of two mixtures of normal laws, which has no closed form.

    Coordinates in which all components agree are left out first, so two mixtures in 50 dimensions that differ along
    three lines are a matter of three dimensions. In one dimension the figure is an integral with an error bound, in two
    and three a cubature with an error estimate; beyond that proven bounds bracket it, and draws estimate it.

    Args:
        p: What happens: a `Mixture` of `Normal` or `MultivariateNormal` records, one such law, `MixtureSameFamily` of
            torch, or a fitted `GaussianMixture` of scikit-learn.
        q: What was expected, the same kind of thing on the same space.
        draws: How many in more than three dimensions, at least 1,000.
        confidence: Of the interval of the estimate.
        rng: Seed or generator of the draws.

    Returns:
        The figure in nats with `lower` and `upper`, its error, the method and every bound by name.

    Raises:
        InputError: Something else came, or the spaces differ.

    Note:
        On the line within 1e-10 of the value for components a billion times narrower than others, weights of 1e-12 and
        mixtures that differ in the eleventh digit. NumPy only; a cubature in three dimensions takes seconds.

    References:
        Hershey and Olsen (2007), ICASSP; Durrieu, Thiran and Kelly (2012), ICASSP.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.mixtures import mixture_divergence
        >>> parts = [kl.families.MultivariateNormal(m, scale_diag=[1.0, 1.0]) for m in ([-3.0, 0.0], [3.0, 0.0])]
        >>> p = kl.families.Mixture([0.5, 0.5], parts)
        >>> found = mixture_divergence(p, kl.families.MultivariateNormal([0.0, 0.0], scale_diag=[3.0, 1.0]))
        >>> round(found.value, 9), found.dimension
        (0.464869911, 1)
    """
    _check_draws(draws)
    level, chance = check_confidence(confidence), generator(rng)
    left, right = without_shared(*read_pair(p, q))
    if left.dimension == 1:
        answer, _ = answer_of(left.law(), right.law())
        error = max(float(numbers(answer.error)) if answer.error is not None else 0.0, 4e-16 * float(answer.value))
        return exact_figure(float(answer.value), error, answer.rung, 1, "D(p‖q)")
    if left.size == right.size == 1:
        value = float(answer_of(left.law().components[0], right.law().components[0])[0].value)
        return exact_figure(value, 1e-14 * value, "closed form of two normal laws", left.dimension, "D(p‖q)")
    if left.dimension in TOLERANCE:
        found = cubature_divergence(left, right, TOLERANCE[left.dimension])
        method = f"adaptive cubature in {left.dimension} dimensions, {found.points:,} points"
        return exact_figure(found.value, found.error, method, left.dimension, "D(p‖q)")
    estimate = stratified(left, right, int(draws), level, chance)
    bounds = divergence_bounds(left, right)
    low = max(value for name, value in bounds.items() if "lower" in name)
    high = min(value for name, value in bounds.items() if "upper" in name)
    return MixtureFigure(
        min(max(estimate.value, low), high),
        low,
        high,
        estimate.stderr,
        f"{estimate.method}, n = {estimate.n:,}, held between the bounds",
        exact=False,
        bounds=bounds,
        estimate=estimate,
        dimension=left.dimension,
    )


def _check_draws(draws: Any) -> None:
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < _LEAST:
        raise InputError(f"draws = {draws!r} is no number of draws. A whole number of at least {_LEAST} is needed.")


def divergence_bounds(p: Components, q: Components, /) -> dict[str, float]:
    """Every proven bound by name."""
    inner_below, inner_above = log_from_below(p, q), log_from_above(p, q)
    return {
        "zero (lower)": 0.0,
        "pairs (lower)": float(-entropy_from_above(p) - p.weights @ inner_above),
        "best line (lower)": projected(p, q),
        "pairs (upper)": float(-entropy_from_below(p) - p.weights @ inner_below),
        "variational (upper)": variational_of(p, q),
    }


def mixture_jensen_shannon(
    p: Any,
    q: Any,
    /,
    *,
    weights: tuple[float, float] = (0.5, 0.5),
    draws: int = _DRAWS,
    confidence: float = 0.95,
    rng: Rng = None,
) -> MixtureFigure:
    r"""Jensen-Shannon divergence of two mixtures of normal laws: $w_1 D(p\|m) + w_2 D(q\|m)$, $m = w_1 p + w_2 q$.

    Args:
        p: As in `mixture_divergence`.
        q: The same.
        weights: Of p and q, positive; divided by their sum.
        draws: As in `mixture_divergence`, for each of the two.
        confidence: Of the interval.
        rng: Seed or generator of the draws.

    Returns:
        The figure in nats, at most the entropy of the weights.

    Raises:
        InputError: As `mixture_divergence`, or the weights are not positive.

    References:
        Lin (1991), IEEE Transactions on Information Theory 37.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.mixtures import mixture_jensen_shannon
        >>> found = mixture_jensen_shannon(kl.families.Normal(-20, 1), kl.families.Normal(20, 1))
        >>> round(found.bits, 9)
        1.0
    """
    shares = np.asarray(weights, dtype=np.float64)
    if shares.shape != (2,) or not np.all(shares > 0) or not np.isfinite(shares.sum()):
        raise InputError(f"weights = {weights!r}. Two positive numbers are needed.")
    shares, chance = shares / shares.sum(), generator(rng)
    sides = read_pair(p, q)
    middle = Components(
        np.concatenate([share * side.weights for share, side in zip(shares, sides, strict=True)]),
        *(np.concatenate([getattr(side, name) for side in sides]) for name in ("means", "factors")),
    ).law()
    parts = [mixture_divergence(side.law(), middle, draws=draws, confidence=confidence, rng=chance) for side in sides]
    one, two = (float(share) for share in shares)
    first, second = parts
    exact = first.exact and second.exact
    off = one * first.error + two * second.error if exact else float(np.hypot(one * first.error, two * second.error))
    return replace(
        first,
        value=one * first.value + two * second.value,
        lower=one * first.lower + two * second.lower,
        upper=min(one * first.upper + two * second.upper, float(-(shares * np.log(shares)).sum())),
        error=off,
        exact=exact,
        bounds={},
        estimate=None,
        quantity="JS(p, q)",
    )


def mixture_entropy(p: Any, /) -> MixtureFigure:
    """Differential entropy of a mixture of normal laws.

    Args:
        p: As in `mixture_divergence`.

    Returns:
        The figure in nats: an integral in one dimension, a cubature in two and three; beyond that the middle of the
        proven bounds, with half their distance as its error.

    Raises:
        InputError: It is no mixture of normal laws.

    References:
        Kolchinsky and Tracey (2017), Entropy 19, for the bounds.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.mixtures import mixture_entropy
        >>> parts = [kl.families.Normal(-30, 1), kl.families.Normal(30, 1)]
        >>> found = mixture_entropy(kl.families.Mixture([0.5, 0.5], parts))
        >>> round(found.value - float(kl.entropy(parts[0])), 9)  # one bit more
        0.693147181
    """
    law = read_mixture(p, "p")
    if law.dimension == 1:
        value = float(numbers(entropy_of_law(law.law())))
        return exact_figure(value, 1e-12 * max(1.0, abs(value)), "adaptive quadrature", 1, "h(p)")
    if law.dimension in TOLERANCE:
        found = cubature_entropy(law, TOLERANCE[law.dimension])
        method = f"adaptive cubature in {law.dimension} dimensions, {found.points:,} points"
        return exact_figure(found.value, found.error, method, law.dimension, "h(p)")
    low, high = entropy_from_below(law), entropy_from_above(law)
    bounds = {"Chernoff (lower)": low, "pairs (upper)": high}
    return MixtureFigure(
        *(0.5 * (low + high), low, high, 0.5 * (high - low), "bounds from pairs of components"),
        exact=False,
        bounds=bounds,
        dimension=law.dimension,
        quantity="h(p)",
    )
