"""Bounds of the entropy of one mixture."""

from typing import Any

import numpy as np

from kullback.fitting.mixtures._bounds import log_from_above, log_from_below
from kullback.fitting.mixtures._components import Components, log_sum, read_mixture
from kullback.fitting.mixtures._pairs import chernoff

_POWERS = (0.3, 0.5, 0.7)


def entropy_lower_bound(p: Any, /) -> float:
    r"""Lower bound of the differential entropy of a mixture.

    $$ h(p) \ge \sum_a π_a h(f_a) - \sum_a π_a \log \sum_{a'} π_{a'} e^{-C_s(f_a\|f_{a'})} $$

    with Chernoff's $C_s(f\|g) = -\log\int f^{1-s} g^{s}$, the best of some s; or by Jensen's inequality where that is
    better.

    Args:
        p: A mixture of normal laws, see `mixture_divergence`.

    Returns:
        The bound in nats.

    Raises:
        InputError: It is no mixture of normal laws.

    References:
        Kolchinsky and Tracey (2017), Entropy 19; Huber, Bailey, Durrant-Whyte and Hanebeck (2008), MFI.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.mixtures import entropy_lower_bound
        >>> p = kl.families.Mixture([0.5, 0.5], [kl.families.Normal(-3, 1), kl.families.Normal(3, 1)])
        >>> round(entropy_lower_bound(p), 4), round(float(kl.entropy(p)), 4)
        (2.101, 2.1082)
    """
    return entropy_from_below(read_mixture(p, "p"))


def entropy_upper_bound(p: Any, /) -> float:
    r"""Upper bound of the differential entropy of a mixture.

    $$ h(p) \le \sum_a π_a h(f_a) - \sum_a π_a \log \sum_{a'} π_{a'} e^{-D(f_a\|f_{a'})} $$

    or that of the normal law with the same moments, where it is smaller.

    Args:
        p: A mixture of normal laws, see `mixture_divergence`.

    Returns:
        The bound in nats.

    Raises:
        InputError: It is no mixture of normal laws.

    References:
        Kolchinsky and Tracey (2017), Entropy 19.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.mixtures import entropy_upper_bound
        >>> p = kl.families.Mixture([0.5, 0.5], [kl.families.Normal(-3, 1), kl.families.Normal(3, 1)])
        >>> round(entropy_upper_bound(p), 4)
        2.1121
    """
    return entropy_from_above(read_mixture(p, "p"))


def entropy_from_below(p: Components, /) -> float:
    """The lower bound of a mixture that was read."""
    tables = [log_sum(np.log(p.weights)[:, None] - chernoff(p, p, power).T) for power in _POWERS]
    found = [float(p.weights @ (p.entropies - table)) for table in tables]
    return max(*found, float(-p.weights @ log_from_above(p, p)))


def entropy_from_above(p: Components, /) -> float:
    """The upper bound of a mixture that was read."""
    return min(float(-p.weights @ log_from_below(p, p)), float(moments_of(p).entropies[0]))


def moments_of(p: Components, /) -> Components:
    """The normal law with the mean and covariance of a mixture."""
    mean = p.weights @ p.means
    shift = p.means - mean
    covariance = np.einsum("k,kij->ij", p.weights, p.covariances) + (p.weights[:, None] * shift).T @ shift
    return Components(np.ones(1), mean[None], np.linalg.cholesky(covariance)[None])
