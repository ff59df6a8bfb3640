"""Approximations of the divergence of two mixtures that are no bounds, whatever they are called elsewhere."""

from typing import Any

import numpy as np

from kullback.fitting.mixtures._bounds import log_from_below
from kullback.fitting.mixtures._components import log_sum, read_pair
from kullback.fitting.mixtures._entropy_bounds import moments_of
from kullback.fitting.mixtures._pairs import divergences, log_overlaps


def variational_approximation(p: Any, q: Any, /) -> float:
    r"""Approximation of D(p‖q) by the difference of two lower bounds; no bound in either direction.

    $$ \sum_a π_a \log \frac{\sum_{a'} π_{a'} e^{-D(f_a\|f_{a'})}}{\sum_b ω_b e^{-D(f_a\|g_b)}} $$

    Args:
        p: A mixture of normal laws, see `mixture_divergence`.
        q: Another one on the same space.

    Returns:
        The approximation in nats; may be negative.

    Raises:
        InputError: As `mixture_divergence`.

    Note:
        Often within some ten percent, but nothing says so in a given case: use `mixture_divergence`.

    References:
        Hershey and Olsen (2007), ICASSP.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.mixtures import variational_approximation
        >>> p = kl.families.Mixture([0.5, 0.5], [kl.families.Normal(-3, 1), kl.families.Normal(3, 1)])
        >>> q = kl.families.Normal(0, 3)
        >>> round(variational_approximation(p, q), 4), round(float(kl.divergence(p, q)), 4)
        (0.461, 0.4649)
    """
    left, right = read_pair(p, q)
    return float(left.weights @ (log_from_below(left, left) - log_from_below(left, right)))


def product_approximation(p: Any, q: Any, /) -> float:
    r"""Approximation of D(p‖q) by products of normal densities, the difference of two upper bounds; no bound.

    $$ \sum_a π_a \log \frac{\sum_{a'} π_{a'} \int f_a f_{a'}}{\sum_b ω_b \int f_a g_b} $$

    Args:
        p: A mixture of normal laws, see `mixture_divergence`.
        q: Another one on the same space.

    Returns:
        The approximation in nats; may be negative. For single normal laws it is not their divergence.

    Raises:
        InputError: As `mixture_divergence`.

    References:
        Hershey and Olsen (2007), ICASSP.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.mixtures import product_approximation
        >>> p, q = kl.families.Normal(0, 1), kl.families.Normal(1, 1)
        >>> round(product_approximation(p, q), 4), float(kl.divergence(p, q))
        (0.25, 0.5)
    """
    left, right = read_pair(p, q)
    own, other = (log_sum(np.log(side.weights)[:, None] + log_overlaps(left, side).T) for side in (left, right))
    return float(left.weights @ (own - other))


def nearest_approximation(p: Any, q: Any, /) -> float:
    r"""Approximation of D(p‖q) by the best component of q for each of p; no bound.

    $$ \sum_a π_a \min_b \Bigl[ D(f_a \,\|\, g_b) + \log\frac{π_a}{ω_b} \Bigr] $$

    Args:
        p: A mixture of normal laws, see `mixture_divergence`.
        q: Another one on the same space.

    Returns:
        The approximation in nats; may be negative.

    Raises:
        InputError: As `mixture_divergence`.

    Note:
        Known as the matched-bound approximation. It is good where components lie far apart, and off where they overlap.

    References:
        Goldberger, Gordon and Greenspan (2003), ICCV.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.mixtures import nearest_approximation
        >>> round(nearest_approximation(kl.families.Normal(0, 1), kl.families.Normal(1, 1)), 4)
        0.5
    """
    left, right = read_pair(p, q)
    cost = divergences(left, right) + np.log(left.weights[:, None] / right.weights[None])
    return float(left.weights @ cost.min(axis=1))


def moment_approximation(p: Any, q: Any, /) -> float:
    """Approximation of D(p‖q) by that of the normal laws with the same means and covariances; no bound.

    Args:
        p: A mixture of normal laws, see `mixture_divergence`.
        q: Another one on the same space.

    Returns:
        The approximation in nats.

    Raises:
        InputError: As `mixture_divergence`.

    Note:
        Zero for different mixtures with the same two moments.

    References:
        Hershey and Olsen (2007), ICASSP.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.mixtures import moment_approximation
        >>> p = kl.families.Mixture([0.5, 0.5], [kl.families.Normal(-3, 1), kl.families.Normal(3, 1)])
        >>> abs(moment_approximation(p, kl.families.Normal(0, 10**0.5))) < 1e-12
        True
    """
    left, right = read_pair(p, q)
    return float(divergences(moments_of(left), moments_of(right))[0, 0])
