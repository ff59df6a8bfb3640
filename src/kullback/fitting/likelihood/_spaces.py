"""What points a family can have, said in the words of the error."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback import families as laws
from kullback._core import InputError
from kullback.families import Law

Mask = NDArray[np.bool_]
Holds = Callable[[Any], Any]

_REAL: tuple[str, Holds] = ("finite numbers", lambda x: np.asarray(np.isfinite(x)))
_POSITIVE: tuple[str, Holds] = ("numbers above 0", lambda x: (x > 0) & np.isfinite(x))
_NOT_NEGATIVE: tuple[str, Holds] = ("numbers of at least 0", lambda x: (x >= 0) & np.isfinite(x))
_INNER: tuple[str, Holds] = ("numbers above 0 and below 1", lambda x: (x > 0) & (x < 1))
_UNIT: tuple[str, Holds] = ("numbers from 0 to 1", lambda x: (x >= 0) & (x <= 1))
_BINARY: tuple[str, Holds] = ("0 and 1", lambda x: (x == 0) | (x == 1))
_WHOLE: tuple[str, Holds] = ("whole numbers", lambda x: np.asarray(np.isfinite(x) & (np.floor(x) == x)))
_COUNT: tuple[str, Holds] = ("whole numbers of at least 0", lambda x: (x >= 0) & _WHOLE[1](x))
_FROM_ONE: tuple[str, Holds] = ("whole numbers of at least 1", lambda x: (x >= 1) & _WHOLE[1](x))

_SIMPLEX: tuple[str, Holds] = (
    "vectors of numbers above 0 that add up to 1",
    lambda x: np.all(x > 0, axis=-1) & (np.abs(np.sum(x, axis=-1) - 1.0) < 1e-8),
)
_SPHERE: tuple[str, Holds] = (
    "vectors of length 1",
    lambda x: np.abs(np.sum(x * x, axis=-1) - 1.0) < 1e-8,
)
_VECTOR: tuple[str, Holds] = ("vectors of finite numbers", lambda x: np.isfinite(x).all(axis=-1))
_COUNTS: tuple[str, Holds] = ("vectors of whole numbers of at least 0", lambda x: _COUNT[1](x).all(axis=-1))
_MATRIX: tuple[str, Holds] = ("matrices of finite numbers", lambda x: np.isfinite(x).all(axis=(-2, -1)))


def _definite(x: Any) -> Mask:
    fine = np.isfinite(x).all(axis=(-2, -1))
    if x.shape[-1] != x.shape[-2]:
        return np.zeros(len(x), dtype=bool)
    calm = np.where(fine[:, None, None], x, np.eye(x.shape[-1]))
    large = np.max(np.abs(calm), axis=(-2, -1))
    symmetric = np.max(np.abs(calm - np.swapaxes(calm, -1, -2)), axis=(-2, -1)) <= 1e-8 * large
    definite = np.linalg.eigvalsh(calm)[:, 0] > 0
    return np.asarray(fine & symmetric & definite)


_DEFINITE: tuple[str, Holds] = ("symmetric positive definite matrices", _definite)

SPACES: dict[type[Law], tuple[str, Holds]] = {
    **dict.fromkeys(
        (
            laws.Normal,
            laws.Laplace,
            laws.Logistic,
            laws.Cauchy,
            laws.StudentT,
            laws.Gumbel,
            laws.Moyal,
            laws.Uniform,
            laws.TruncatedNormal,
            laws.VonMises,
            laws.PointMass,
            laws.Mixture,
        ),
        _REAL,
    ),
    **dict.fromkeys(
        (
            laws.LogNormal,
            laws.Gamma,
            laws.InverseGamma,
            laws.Chi2,
            laws.Chi,
            laws.Weibull,
            laws.Frechet,
            laws.InverseGaussian,
            laws.Pareto,
            laws.Nakagami,
            laws.LogUniform,
            laws.GeneralizedGamma,
            laws.Rayleigh,
            laws.Maxwell,
        ),
        _POSITIVE,
    ),
    **dict.fromkeys((laws.Exponential, laws.HalfNormal, laws.Lindley), _NOT_NEGATIVE),
    **dict.fromkeys((laws.Beta, laws.Kumaraswamy, laws.PowerFunction), _INNER),
    laws.ContinuousBernoulli: _UNIT,
    laws.Bernoulli: _BINARY,
    **dict.fromkeys(
        (
            laws.Binomial,
            laws.NegativeBinomial,
            laws.Geometric,
            laws.Poisson,
            laws.BetaBinomial,
            laws.Hypergeometric,
            laws.Categorical,
        ),
        _COUNT,
    ),
    **dict.fromkeys((laws.Zeta, laws.LogSeries), _FROM_ONE),
    laws.DiscreteUniform: _WHOLE,
    laws.Dirichlet: _SIMPLEX,
    laws.VonMisesFisher: _SPHERE,
    laws.MultivariateNormal: _VECTOR,
    laws.LowRankMultivariateNormal: _VECTOR,
    laws.Product: _VECTOR,
    laws.Multinomial: _COUNTS,
    laws.MatrixNormal: _MATRIX,
    laws.Wishart: _DEFINITE,
    laws.InverseWishart: _DEFINITE,
}
"""Family to what its points must be, in words and as a mask over the first axis."""

LATTICE = frozenset(
    {
        laws.Bernoulli,
        laws.Binomial,
        laws.NegativeBinomial,
        laws.Geometric,
        laws.Poisson,
        laws.BetaBinomial,
        laws.Hypergeometric,
        laws.Categorical,
        laws.Zeta,
        laws.LogSeries,
        laws.DiscreteUniform,
    }
)
"""Families of masses on whole numbers."""

VECTORS = frozenset(
    {
        laws.Dirichlet,
        laws.VonMisesFisher,
        laws.MultivariateNormal,
        laws.LowRankMultivariateNormal,
        laws.Product,
        laws.Multinomial,
    }
)
"""Families whose points are vectors."""

MATRICES = frozenset({laws.MatrixNormal, laws.Wishart, laws.InverseWishart})
"""Families whose points are matrices."""


def check_space(kind: type[Law], points: Any, /) -> None:
    """Refuse points that no law of the family can have.

    Args:
        kind: Family.
        points: Of shape ``(n, *event)``.

    Raises:
        InputError: The first such point, with its index.
    """
    words, holds = SPACES[kind]
    fine = holds(points)
    if not fine.all():
        place = int(np.argmin(fine))
        value = points[place].tolist() if points.ndim > 1 else float(points[place])
        raise InputError(
            f"x[{place}] = {value} ({int((~fine).sum())} such of {len(points)}). {kind.__name__} needs {words}. "
            "Leave such values out, or choose another family."
        )
