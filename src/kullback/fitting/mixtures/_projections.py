"""A lower bound of the divergence that is often tight: the best line to look along."""

from typing import Any

import numpy as np
from scipy.linalg import eigh

from kullback.divergences._divergence import answer_of
from kullback.fitting.mixtures._components import Components, Floats, read_pair
from kullback.fitting.mixtures._entropy_bounds import moments_of

_MOST = 12


def projection_lower_bound(p: Any, q: Any, /) -> float:
    r"""Lower bound of D(p‖q): the divergence of the projections onto the best of some lines.

    $$ D(p \,\|\, q) \ge \max_v D(v^\top x \,\|\, v^\top y) $$

    by the data processing inequality; along a line both are mixtures again, whose divergence is an integral.

    Args:
        p: A mixture of normal laws, see `mixture_divergence`.
        q: Another one on the same space.

    Returns:
        The bound in nats, less the error of the integral.

    Raises:
        InputError: As `mixture_divergence`.

    Note:
        The lines are those along which means, covariances or components differ most, twelve at most. Exact where the
        mixtures differ along one line only.

    References:
        Kullback and Leibler (1951), Annals of Mathematical Statistics 22, section 4.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.mixtures import projection_lower_bound
        >>> p = kl.families.MultivariateNormal([0.0] * 4, scale_diag=[1.0] * 4)
        >>> q = kl.families.MultivariateNormal([1.0] * 4, scale_diag=[1.0] * 4)
        >>> round(projection_lower_bound(p, q), 9), float(kl.divergence(p, q))
        (2.0, 2.0)
    """
    return projected(*read_pair(p, q))


def projected(p: Components, q: Components, /) -> float:
    """The bound of mixtures that were read."""
    best = 0.0
    for line in _lines(p, q):
        left, right = (side.mapped(line[None]) for side in (p, q))
        answer, _ = answer_of(left.law(), right.law())
        best = max(best, float(answer.value) - float(answer.error or 0.0))
    return best


def _lines(p: Components, q: Components) -> Floats:
    """Directions, as rows, along which the mixtures differ."""
    left, right = moments_of(p), moments_of(q)
    spread_p, spread_q = left.covariances[0], right.covariances[0]
    both = 0.5 * (spread_p + spread_q)
    within = 0.5 * sum(np.einsum("k,kij->ij", side.weights, side.covariances) for side in (p, q))
    shift = left.means[0] - right.means[0]
    found = [np.linalg.solve(spread, shift) for spread in (spread_p, spread_q, both, within)]
    # Where variances differ most, and where components lie apart most within their own spread.
    axes = eigh(spread_p - spread_q, both)[1].T
    apart = eigh(both, within)[1].T
    found += [axes[0], axes[-1], apart[-1], *apart[-3:-1]]
    pairs = p.means[:, None] - q.means[None]
    nearest = pairs[np.arange(p.size), np.square(pairs).sum(axis=-1).argmin(axis=1)]
    found += list(np.linalg.solve(within, nearest.T).T)
    kept: list[Floats] = []
    for line in found:
        size = float(np.linalg.norm(line))
        if size > 0 and not any(abs(float(line @ other)) > (1.0 - 1e-9) * size for other in kept):
            kept.append(line / size)
    return np.array(kept[:_MOST]).reshape(-1, p.dimension)
