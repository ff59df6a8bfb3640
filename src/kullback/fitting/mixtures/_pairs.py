"""What pairs of normal laws have in closed form: divergences, overlaps, Chernoff coefficients; as tables."""

from math import log, pi

import numpy as np

from kullback.divergences import divergence
from kullback.fitting.mixtures._components import Components, Floats


def divergences(p: Components, q: Components, /) -> Floats:
    """D(f_a‖g_b) of all components in nats, shape ``(K_p, K_q)``."""
    return np.asarray(divergence(p.batch(0), q.batch(1)), dtype=np.float64)


def log_overlaps(p: Components, q: Components, power: float = 1.0, /) -> Floats:
    r"""Table of $\log \int f_a^{s} g_b\,dx$ for a power s above 0, shape ``(K_p, K_q)``."""
    size = p.dimension
    spread = p.covariances[:, None] / power + q.covariances[None]
    shift = p.means[:, None] - q.means[None]
    quadratic = np.einsum("abi,abi->ab", shift, np.linalg.solve(spread, shift[..., None])[..., 0])
    whole = -0.5 * (quadratic + np.linalg.slogdet(spread)[1] + size * log(2.0 * pi))
    # f^s is a normal density with covariance over s, times a constant.
    logs = np.log(np.diagonal(p.factors, axis1=1, axis2=2)).sum(axis=1)
    constant = (1.0 - power) * (0.5 * size * log(2.0 * pi) + logs) - 0.5 * size * log(power)
    return np.asarray(whole + constant[:, None])


def chernoff(p: Components, q: Components, power: float, /) -> Floats:
    r"""Table of $-\log \int f_a^{1-s} g_b^{s}\,dx$ for a power s between 0 and 1, shape ``(K_p, K_q)``."""
    mixed = power * p.covariances[:, None] + (1.0 - power) * q.covariances[None]
    shift = p.means[:, None] - q.means[None]
    quadratic = np.einsum("abi,abi->ab", shift, np.linalg.solve(mixed, shift[..., None])[..., 0])
    logs = [2.0 * np.log(np.diagonal(side.factors, axis1=1, axis2=2)).sum(axis=1) for side in (p, q)]
    spread = np.linalg.slogdet(mixed)[1] - power * logs[0][:, None] - (1.0 - power) * logs[1][None]
    return np.asarray(np.maximum(0.5 * power * (1.0 - power) * quadratic + 0.5 * spread, 0.0))
