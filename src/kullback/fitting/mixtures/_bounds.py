"""Bounds of the divergence of two mixtures whose direction is proven."""

from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import rel_entr

from kullback._core import InputError
from kullback.fitting.mixtures._components import Components, Floats, log_sum, read_pair
from kullback.fitting.mixtures._pairs import divergences, log_overlaps

_STEPS, _SETTLED = 500, 1e-13
# Powers of the component that is divided out before Jensen's inequality; 0 is the bound of Durrieu et al.
_POWERS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9)


def variational_upper_bound(p: Any, q: Any, /) -> float:
    r"""Upper bound of D(p‖q): both mixtures cut into matching pieces, as well as can be.

    $$ D(p \,\|\, q) \le \min_{φ,ψ} \sum_{ab} φ_{ab} \Bigl[ \log\frac{φ_{ab}}{ψ_{ab}} + D(f_a \,\|\, g_b) \Bigr],
    \qquad \sum_b φ_{ab} = π_a, \quad \sum_a ψ_{ab} = ω_b $$

    Args:
        p: A mixture of normal laws, see `mixture_divergence`.
        q: Another one on the same space.

    Returns:
        The bound in nats, never below D(p‖q) and never above the one of matched components.

    Raises:
        InputError: As `mixture_divergence`.

    Note:
        Follows from the convexity of the divergence, so every step of the alternating minimization is a bound too.

    References:
        Hershey and Olsen (2007), ICASSP, the variational upper bound.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.mixtures import variational_upper_bound
        >>> p = kl.families.Mixture([0.5, 0.5], [kl.families.Normal(-3, 1), kl.families.Normal(3, 1)])
        >>> round(variational_upper_bound(p, kl.families.Normal(0, 3)), 4)
        1.1542
    """
    return variational_of(*read_pair(p, q))


def variational_of(p: Components, q: Components, /) -> float:
    """The variational upper bound of mixtures that were read."""
    table = divergences(p, q)
    pieces = p.weights[:, None] * q.weights[None]
    best = np.inf
    with np.errstate(divide="ignore"):
        for _ in range(_STEPS):
            # Pieces of p that suit the pieces of q, then the other way round.
            logs = np.log(pieces) - table
            logs = logs - np.logaddexp.reduce(logs, axis=1, keepdims=True)
            own = p.weights[:, None] * np.exp(logs)
            pieces = own * (q.weights / np.maximum(own.sum(axis=0), 1e-300))[None]
            value = float(np.sum(rel_entr(own, pieces) + own * table))
            if not best - value > _SETTLED * abs(value):
                break
            best = value
    return min(best, value)


def matched_upper_bound(p: Any, q: Any, /) -> float:
    r"""Upper bound of D(p‖q) by matching components one to one: $\sum_a π_a[\log(π_a/ω_{m(a)}) + D(f_a\|g_{m(a)})]$.

    Args:
        p: A mixture of normal laws with K components.
        q: Another one with as many.

    Returns:
        The bound in nats for the best of all matchings.

    Raises:
        InputError: The mixtures have different numbers of components, or as `mixture_divergence`.

    References:
        Do (2003), IEEE Signal Processing Letters 10: the bound for a given matching.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.mixtures import matched_upper_bound
        >>> parts = [kl.families.Normal(-3, 1), kl.families.Normal(3, 1)]
        >>> p, q = kl.families.Mixture([0.5, 0.5], parts), kl.families.Mixture([0.2, 0.8], parts)
        >>> round(matched_upper_bound(p, q), 6)  # the divergence of the weights
        0.223144
    """
    left, right = read_pair(p, q)
    if left.size != right.size:
        raise InputError(
            f"p has {left.size} components and q has {right.size}. As many are needed. Use variational_upper_bound."
        )
    cost = left.weights[:, None] * (np.log(left.weights[:, None] / right.weights[None]) + divergences(left, right))
    rows, columns = linear_sum_assignment(cost)
    return float(cost[rows, columns].sum())


def durrieu_lower_bound(p: Any, q: Any, /) -> float:
    r"""Lower bound of D(p‖q) from closed forms of pairs of components.

    $$ D(p \,\|\, q) \ge \sum_a π_a \log \frac{\sum_{a'} π_{a'} e^{-D(f_a\|f_{a'})}}{\sum_b ω_b \int f_a g_b}
    - \sum_a π_a h(f_a) $$

    Args:
        p: A mixture of normal laws, see `mixture_divergence`.
        q: Another one on the same space.

    Returns:
        The bound in nats; may be negative, where it says nothing.

    Raises:
        InputError: As `mixture_divergence`.

    References:
        Durrieu, Thiran and Kelly (2012), ICASSP.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.mixtures import durrieu_lower_bound
        >>> p = kl.families.Mixture([0.5, 0.5], [kl.families.Normal(-3, 1), kl.families.Normal(3, 1)])
        >>> round(durrieu_lower_bound(p, kl.families.Normal(0, 3)), 4)
        0.4081
    """
    left, right = read_pair(p, q)
    own = log_from_below(left, left)
    other = log_sum(np.log(right.weights)[:, None] + log_overlaps(left, right).T)
    return float(left.weights @ (own - other))


def durrieu_upper_bound(p: Any, q: Any, /) -> float:
    r"""Upper bound of D(p‖q) from closed forms of pairs of components.

    $$ D(p \,\|\, q) \le \sum_a π_a \log \frac{\sum_{a'} π_{a'} \int f_a f_{a'}}{\sum_b ω_b e^{-D(f_a\|g_b)}}
    + \sum_a π_a h(f_a) $$

    Args:
        p: A mixture of normal laws, see `mixture_divergence`.
        q: Another one on the same space.

    Returns:
        The bound in nats.

    Raises:
        InputError: As `mixture_divergence`.

    References:
        Durrieu, Thiran and Kelly (2012), ICASSP.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.mixtures import durrieu_upper_bound
        >>> p = kl.families.Mixture([0.5, 0.5], [kl.families.Normal(-3, 1), kl.families.Normal(3, 1)])
        >>> round(durrieu_upper_bound(p, kl.families.Normal(0, 3)), 4)
        0.6146
    """
    left, right = read_pair(p, q)
    own = log_sum(np.log(left.weights)[:, None] + log_overlaps(left, left).T)
    return float(left.weights @ (own - log_from_below(left, right)))


def log_from_below(p: Components, q: Components, /) -> Floats:
    """Lower bounds of the mean of log q under each component of p, shape ``(K_p,)``."""
    return log_sum(np.log(q.weights)[:, None] - divergences(p, q).T) - p.entropies


def log_from_above(p: Components, q: Components, /) -> Floats:
    r"""Upper bounds of the mean of log q under each component of p: $-λ h(f_a) + \log\int f_a^{1-λ} q$, least in λ."""
    bounds = [
        log_sum(np.log(q.weights)[:, None] + log_overlaps(p, q, 1.0 - power).T) - power * p.entropies
        for power in _POWERS
    ]
    # λ → 1 is Gibbs' inequality.
    return np.asarray(np.min([*bounds, -p.entropies], axis=0))
