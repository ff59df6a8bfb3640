"""Log densities at the points of a sample, entropies of the sample, and what is free in a law."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback import families as laws
from kullback._core import relative_gap
from kullback.families import Law, log_prob
from kullback.fitting.likelihood._sample import Sample
from kullback.fitting.likelihood._spaces import LATTICE

Floats = NDArray[np.float64]


def log_density(law: Any, points: Floats, /) -> Floats:
    """Log density or log probability at points; of a step given where it starts, for a Markov chain.

    Args:
        law: A record that was fitted.
        points: Of shape ``(n, *event)``.
    """
    if isinstance(law, laws.Product):
        columns = [log_density(part, points[:, i]) for i, part in enumerate(law.components)]
        return np.asarray(np.sum(columns, axis=0))
    if isinstance(law, laws.MarkovChain):
        rows = np.asarray(law.transition)
        rows = rows / rows.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(rows)[tuple(points.astype(np.int64).T)])
    if isinstance(law, laws.PointMass):
        return np.where(points == law.value, 0.0, -np.inf)
    if isinstance(law, laws.Categorical) and law.probs is not None:
        shares = np.asarray(law.probs)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(shares / shares.sum())[points.astype(np.int64)])
    with np.errstate(all="ignore"):
        return np.asarray(log_prob(law, points))


def is_mass(law: Any, /) -> bool:
    """Whether the law has masses, so that D(empirical‖law) is finite."""
    if isinstance(law, laws.Mixture | laws.Product):
        return all(map(is_mass, law.components))
    return type(law) in LATTICE or isinstance(law, laws.Multinomial | laws.PointMass | laws.MarkovChain)


def empirical_parts(law: Any, sample: Sample, /) -> tuple[float, float]:
    """Entropy of the sample and its divergence from the law, in nats.

    For a Markov chain both are those of the next state given the state. Nothing is subtracted: the divergence is a sum
    of gaps that are never negative, and the mass of what was not seen.
    """
    if isinstance(law, laws.MarkovChain):
        return 0.0 - sample.mean(log_density(law, sample.points)), 0.0
    points, shares = _distinct(sample)
    model = np.exp(log_density(law, points))
    entropy = 0.0 - float(np.sum(shares * np.log(shares)))
    gaps = float(np.sum(relative_gap(shares, np.where(model > 0, model, 1.0))[model > 0]))
    if np.any(model == 0):
        return entropy, np.inf
    value = gaps + (1.0 - float(np.sum(model)))
    return entropy, max(value, 0.0)


def _distinct(sample: Sample) -> tuple[Floats, Floats]:
    points, place = np.unique(sample.points, axis=0, return_inverse=True)
    return points, np.bincount(place.ravel(), weights=sample.shares()).astype(np.float64)


def free_count(law: Any, fixed: frozenset[str], /) -> int:
    """How many numbers the data has chosen.

    Args:
        law: What was fitted.
        fixed: Names of parameters that did not move.
    """
    if isinstance(law, laws.Product):
        return sum(free_count(part, fixed) for part in law.components)
    if isinstance(law, laws.Mixture):
        return len(law.components) - 1 + sum(free_count(part, fixed) for part in law.components)
    if isinstance(law, laws.Multinomial | laws.Categorical):
        return int(np.size(law.probs)) - 1
    if isinstance(law, laws.MarkovChain):
        return len(law.transition) * (len(law.transition) - 1)
    return _of_vectors(law) or sum(int(np.size(v)) for name, v in law.parameters().items() if name not in fixed)


def _of_vectors(law: Law) -> int:
    """Symmetric matrices, directions and factors have fewer freedoms than entries."""
    if isinstance(law, laws.VonMisesFisher):
        return int(np.size(law.mean_direction))
    if isinstance(law, laws.LowRankMultivariateNormal):
        size, rank = law.cov_factor.shape
        return int(2 * size + size * rank - rank * (rank - 1) // 2)
    if isinstance(law, laws.MultivariateNormal):
        size = len(law.loc)
        return int(2 * size if law.scale_diag is not None else size + _triangle(size))
    if isinstance(law, laws.MatrixNormal):
        rows, columns = law.loc.shape
        return int(rows * columns + _triangle(rows) + _triangle(columns) - 1)
    if isinstance(law, laws.Wishart | laws.InverseWishart):
        return 1 + _triangle(len(law.scale_tril))
    return 0


def _triangle(size: int) -> int:
    return size * (size + 1) // 2
