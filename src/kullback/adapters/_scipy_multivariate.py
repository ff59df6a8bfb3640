"""Frozen laws of scipy.stats on vectors and matrices."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.families import (
    Dirichlet,
    InverseWishart,
    Law,
    MatrixNormal,
    Multinomial,
    MultivariateNormal,
    VonMisesFisher,
    Wishart,
)


def _normal(value: Any) -> Law:
    """By the factor or the standard deviations that it was made from, else by its covariance."""
    given = value.cov_object
    kind = type(given).__name__
    if kind == "CovViaCholesky":
        return MultivariateNormal(value.mean, scale_tril=given._factor)  # noqa: SLF001
    return MultivariateNormal(value.mean, covariance_matrix=given.covariance)


def _matrix_normal(value: Any) -> Law:
    rows, columns = np.linalg.cholesky(value.rowcov), np.linalg.cholesky(value.colcov)
    return MatrixNormal(value.mean, row_tril=rows, col_tril=columns)


_ROWS: Mapping[str, Callable[[Any], Law]] = {
    "dirichlet_frozen": lambda value: Dirichlet(value.alpha),
    "invwishart_frozen": lambda value: InverseWishart(value.df, np.linalg.cholesky(value.scale)),
    "matrix_normal_frozen": _matrix_normal,
    "multinomial_frozen": lambda value: Multinomial(value.n, value.p),
    "multivariate_normal_frozen": _normal,
    "vonmises_fisher_frozen": lambda value: VonMisesFisher(value.mu, value.kappa),
    "wishart_frozen": lambda value: Wishart(value.df, np.linalg.cholesky(value.scale)),
}


def multivariate(value: Any, /) -> Law | None:
    """Read a frozen law; None for what is no law."""
    name = type(value).__name__
    if name in _ROWS:
        return _ROWS[name](value)
    if name.endswith("_frozen"):
        raise InputError(
            f"scipy.stats.{name.removesuffix('_frozen')} is a law on arrays without a formula here. "
            f"Known: {', '.join(row.removesuffix('_frozen') for row in _ROWS)}. Use `kl.estimate(p, q)` on samples."
        )
    if name.endswith("_gen"):
        short = name.removesuffix("_gen")
        raise InputError(f"scipy.stats.{short} has no parameters yet. It needs some. Give scipy.stats.{short}(…).")
    return None
