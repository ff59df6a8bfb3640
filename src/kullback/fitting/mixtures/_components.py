"""Mixtures of normal laws as arrays, whatever library they come from."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from kullback._core import InputError, numbers
from kullback.adapters import to_law
from kullback.families import (
    Independent,
    Law,
    LowRankMultivariateNormal,
    Mixture,
    MultivariateNormal,
    Normal,
    Product,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Components:
    """A mixture of K normal laws in d dimensions.

    Attributes:
        weights: Positive, they add up to 1, shape ``(K,)``.
        means: Shape ``(K, d)``.
        factors: Lower triangular factors of the covariances, shape ``(K, d, d)``.
    """

    weights: Floats
    means: Floats
    factors: Floats

    @property
    def size(self) -> int:
        """The number of components."""
        return len(self.weights)

    @property
    def dimension(self) -> int:
        """The number of coordinates."""
        return int(self.means.shape[1])

    @property
    def covariances(self) -> Floats:
        """Shape ``(K, d, d)``."""
        found: Floats = self.factors @ np.swapaxes(self.factors, 1, 2)
        return found

    @property
    def entropies(self) -> Floats:
        """Differential entropy of each component in nats, shape ``(K,)``."""
        logs = np.log(np.diagonal(self.factors, axis1=1, axis2=2)).sum(axis=1)
        found: Floats = 0.5 * self.dimension * (1.0 + log(2.0 * pi)) + logs
        return found

    def log_terms(self, x: Floats, /) -> Floats:
        """Log of weight times density of each component at points ``(n, d)``, shape ``(K, n)``."""
        terms = np.empty((self.size, len(x)))
        for k in range(self.size):
            white = solve_triangular(self.factors[k], (x - self.means[k]).T, lower=True, check_finite=False)
            terms[k] = -0.5 * np.einsum("ij,ij->j", white, white)
        constants = np.log(self.weights) - self.entropies + 0.5 * self.dimension
        return np.asarray(terms + constants[:, None])

    def mapped(self, matrix: Floats, /) -> "Components":
        """The mixture of T x for a matrix T of shape ``(r, d)``."""
        tall = np.swapaxes(matrix @ self.factors, 1, 2)
        upper = np.linalg.qr(tall, mode="r")
        signs = np.where(np.diagonal(upper, axis1=1, axis2=2) < 0, -1.0, 1.0)
        factors = np.swapaxes(upper * signs[:, :, None], 1, 2)
        return Components(self.weights, self.means @ matrix.T, np.asarray(factors))

    def single(self, k: int, /) -> "Components":
        """One component alone."""
        return Components(np.ones(1), self.means[k : k + 1], self.factors[k : k + 1])

    def law(self) -> Mixture:
        """As a record of `kullback.families`, on the line where d = 1."""
        if self.dimension == 1:
            parts: list[Law] = [
                Normal(float(m), float(s)) for m, s in zip(self.means[:, 0], self.factors[:, 0, 0], strict=True)
            ]
        else:
            parts = [MultivariateNormal(m, scale_tril=s) for m, s in zip(self.means, self.factors, strict=True)]
        return Mixture(self.weights, tuple(parts))

    def batch(self, axis: int, /) -> MultivariateNormal:
        """All components as one batch of normal laws, along axis 0 or 1 of a table."""
        return MultivariateNormal(
            np.expand_dims(self.means, 1 - axis), scale_tril=np.expand_dims(self.factors, 1 - axis)
        )


def log_sum(terms: Floats, /) -> Floats:
    """Log of the sum of exponentials over axis 0."""
    found: Floats = np.logaddexp.reduce(terms, axis=0)
    return found


def read_mixture(value: Any, name: str, /) -> Components:
    """A mixture of normal laws from a record, a distribution object or a fitted model of scikit-learn.

    Args:
        value: `Mixture` of `Normal` or `MultivariateNormal` records, one such law, `MixtureSameFamily` of torch, a
            fitted `GaussianMixture` of scikit-learn, or any other object that `to_law` reads as one of these.
        name: Of the argument, for messages.

    Raises:
        InputError: It is something else.
    """
    if _is_sklearn(value):
        return _from_sklearn(value, name)
    law = to_law(value)
    weights, parts = (numbers(law.weights), law.components) if isinstance(law, Mixture) else (np.ones(1), (law,))
    if law.batch_shape or weights.ndim != 1:
        raise InputError(f"{name} is a batch of shape {law.batch_shape}. One mixture is needed. Give them one by one.")
    pairs = [_normal(part, name) for weight, part in zip(weights, parts, strict=True) if weight > 0]
    if len({len(mean) for mean, _ in pairs}) > 1:
        raise InputError(f"{name} has components in {sorted({len(m) for m, _ in pairs})} dimensions. One is needed.")
    kept = np.asarray(weights[weights > 0], dtype=np.float64)
    return Components(kept / kept.sum(), np.stack([m for m, _ in pairs]), np.stack([s for _, s in pairs]))


def read_pair(p: Any, q: Any, /) -> tuple[Components, Components]:
    """Two mixtures on one space.

    Raises:
        InputError: They are no mixtures of normal laws, or live in different dimensions.
    """
    left, right = read_mixture(p, "p"), read_mixture(q, "q")
    if left.dimension != right.dimension:
        raise InputError(f"p has {left.dimension} dimensions and q has {right.dimension}. The same space is needed.")
    return left, right


def _normal(part: Any, name: str) -> tuple[Floats, Floats]:
    """Mean and triangular factor of one component."""
    law = to_law(part)
    if law.batch_shape:
        raise InputError(f"A component of {name} is a batch of shape {law.batch_shape}. Single laws are needed.")
    if isinstance(law, Normal):
        return np.array([float(law.loc)]), np.array([[float(law.scale)]])
    if isinstance(law, Product):
        pairs = [_normal(one, name) for one in law.components]
        return _blocks(pairs)
    if isinstance(law, Independent) and isinstance(law.base, Normal):
        locs, scales = np.broadcast_arrays(numbers(law.base.loc), numbers(law.base.scale))
        return locs.astype(np.float64).ravel(), np.diag(scales.astype(np.float64).ravel())
    if not isinstance(law, MultivariateNormal | LowRankMultivariateNormal):
        raise InputError(
            f"{name} holds {law!r}. Normal and MultivariateNormal laws are needed. For others use kl.estimate(p, q)."
        )
    return _vector_normal(law)


def _blocks(pairs: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    size = sum(len(mean) for mean, _ in pairs)
    factor, start = np.zeros((size, size)), 0
    for mean, part in pairs:
        factor[start : start + len(mean), start : start + len(mean)] = part
        start += len(mean)
    return np.concatenate([mean for mean, _ in pairs]), factor


def _vector_normal(law: Any) -> tuple[Floats, Floats]:
    given = {name: np.asarray(numbers(value), dtype=np.float64) for name, value in law.parameters().items()}
    mean = given["loc"]
    if "cov_factor" in given:
        tall = np.concatenate([given["cov_factor"].T, np.diag(np.sqrt(given["cov_diag"]))])
        upper: Floats = np.asarray(np.linalg.qr(tall, mode="r"))
        return mean, (upper * np.where(np.diag(upper) < 0, -1.0, 1.0)[:, None]).T
    if "scale_diag" in given:
        return mean, np.diag(given["scale_diag"])
    if "scale_tril" in given:
        return mean, given["scale_tril"]
    return mean, np.asarray(np.linalg.cholesky(given["covariance_matrix"]))


def _is_sklearn(value: Any) -> bool:
    return any(kind.__module__.startswith("sklearn.mixture") for kind in type(value).__mro__)


def _from_sklearn(value: Any, name: str) -> Components:
    if not hasattr(value, "covariances_"):
        raise InputError(f"{name} = {type(value).__name__} is not fitted yet. Call its `fit` first.")
    weights, means = np.asarray(value.weights_, np.float64), np.asarray(value.means_, np.float64)
    given, (count, size) = np.asarray(value.covariances_, np.float64), means.shape
    eye = np.eye(size)
    read: dict[str, Callable[[], Floats]] = {
        "full": lambda: np.asarray(np.linalg.cholesky(given)),
        "tied": lambda: np.broadcast_to(np.linalg.cholesky(given), (count, size, size)),
        "diag": lambda: np.sqrt(given)[:, :, None] * eye,
        "spherical": lambda: np.sqrt(given)[:, None, None] * eye,
    }
    kept = weights > 0
    return Components(weights[kept] / weights[kept].sum(), means[kept], read[value.covariance_type]()[kept])
