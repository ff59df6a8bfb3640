"""Fixed nodes that stand for a standard normal law, so that the ELBO becomes a smooth function with an optimum."""

import numpy as np
from scipy.special import ndtri

from kullback.fitting.projections._variational_target import Floats


def normal_nodes(columns: int, count: int, rng: np.random.Generator, /) -> Floats:
    """Antithetic scrambled Sobol points mapped to normal ones, turned so that mean and covariance are exact.

    So a quadratic log density is averaged without error: a normal target is met to rounding.

    Args:
        columns: Coordinates of a node.
        count: How many nodes, a power of 2 larger than twice the columns.
        rng: For the scrambling.

    Returns:
        Shape ``(count, columns)``, mean 0, second moments the identity.
    """
    from scipy.stats import qmc  # noqa: PLC0415 - heavy

    sobol = qmc.Sobol(columns, rng=rng)
    half = ndtri(np.clip(sobol.random(count // 2), 1e-12, 1.0 - 1e-12))
    both = np.concatenate([half, -half])
    factor = np.linalg.cholesky(both.T @ both / count)
    white = np.linalg.solve(factor, both.T).T
    # Once more, for the rounding of the first time.
    return np.asarray(np.linalg.solve(np.linalg.cholesky(white.T @ white / count), white.T).T)
