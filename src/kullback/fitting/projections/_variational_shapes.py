"""Normal laws as smooth functions of free numbers around a base, with the ELBO on fixed nodes and its gradient."""

from dataclasses import dataclass
from math import log, pi
from typing import Protocol

import numpy as np

from kullback.families import LowRankMultivariateNormal, MultivariateNormal
from kullback.fitting.projections._variational_target import Floats, LogDensity

Normal = MultivariateNormal | LowRankMultivariateNormal


class Shape(Protocol):
    """A family of normal laws around a base; zero numbers are the base itself."""

    @property
    def size(self) -> int:
        """How many free numbers there are."""

    @property
    def columns(self) -> int:
        """How many coordinates a node has."""

    def elbo(self, target: LogDensity, nodes: Floats, free: Floats, /) -> tuple[float, Floats]:
        """The ELBO in nats and its gradient."""

    def law(self, free: Floats, /) -> Normal:
        """The law itself."""

    def based(self, free: Floats, /) -> "Shape":
        """The same family around that law."""


@dataclass(frozen=True, eq=False)
class Full:
    """x = μ + L (m + T z) with T lower triangular, its diagonal exp(s)."""

    mean: Floats
    factor: Floats

    @property
    def size(self) -> int:
        """Mean, logarithms of the diagonal, entries below it."""
        d = len(self.mean)
        return 2 * d + d * (d - 1) // 2

    @property
    def columns(self) -> int:
        """One for each dimension."""
        return len(self.mean)

    def _parts(self, free: Floats) -> tuple[Floats, Floats]:
        d = len(self.mean)
        inner = np.diag(np.exp(free[d : 2 * d]))
        inner[np.tril_indices(d, -1)] = free[2 * d :]
        return self.mean + self.factor @ free[:d], self.factor @ inner

    def elbo(self, target: LogDensity, nodes: Floats, free: Floats, /) -> tuple[float, Floats]:
        """The ELBO in nats and its gradient."""
        d = len(self.mean)
        mean, factor = self._parts(free)
        values, slopes = target.slope(mean + nodes @ factor.T)
        white = slopes @ self.factor
        table = white.T @ nodes / len(nodes)
        gain = np.diag(table) * np.exp(free[d : 2 * d]) + 1.0
        gradient = np.concatenate([white.mean(axis=0), gain, table[np.tril_indices(d, -1)]])
        spread = float(np.log(np.diag(self.factor)).sum() + free[d : 2 * d].sum())
        return float(values.mean()) + spread + 0.5 * d * (1.0 + log(2.0 * pi)), gradient

    def law(self, free: Floats, /) -> MultivariateNormal:
        """The law itself."""
        mean, factor = self._parts(free)
        return MultivariateNormal(mean, scale_tril=factor)

    def based(self, free: Floats, /) -> "Full":
        """The same family around that law."""
        return Full(*self._parts(free))


@dataclass(frozen=True, eq=False)
class Diagonal:
    """x = μ + σ (m + exp(s) z), coordinate by coordinate."""

    mean: Floats
    scale: Floats

    @property
    def size(self) -> int:
        """Mean and logarithm of the scale."""
        return 2 * len(self.mean)

    @property
    def columns(self) -> int:
        """One for each dimension."""
        return len(self.mean)

    def _parts(self, free: Floats) -> tuple[Floats, Floats]:
        d = len(self.mean)
        return self.mean + self.scale * free[:d], self.scale * np.exp(free[d:])

    def elbo(self, target: LogDensity, nodes: Floats, free: Floats, /) -> tuple[float, Floats]:
        """The ELBO in nats and its gradient."""
        d = len(self.mean)
        mean, scale = self._parts(free)
        values, slopes = target.slope(mean + nodes * scale)
        gradient = np.concatenate([slopes.mean(axis=0) * self.scale, (slopes * nodes).mean(axis=0) * scale + 1.0])
        return float(values.mean() + np.log(scale).sum()) + 0.5 * d * (1.0 + log(2.0 * pi)), gradient

    def law(self, free: Floats, /) -> MultivariateNormal:
        """The law itself."""
        mean, scale = self._parts(free)
        return MultivariateNormal(mean, scale_diag=scale)

    def based(self, free: Floats, /) -> "Diagonal":
        """The same family around that law."""
        return Diagonal(*self._parts(free))


@dataclass(frozen=True, eq=False)
class LowRank:
    """x = μ + σ (m + (W₀ + W) e + exp(s₀ + s) ε), with r columns of nodes e before d columns ε."""

    mean: Floats
    scale: Floats
    spread: Floats
    logs: Floats

    @property
    def size(self) -> int:
        """Mean, logarithms of the diagonal, the factor."""
        return 2 * len(self.mean) + self.spread.size

    @property
    def columns(self) -> int:
        """The rank and the dimension."""
        return int(len(self.mean) + self.spread.shape[1])

    def _parts(self, free: Floats) -> tuple[Floats, Floats, Floats]:
        d = len(self.mean)
        wide = self.spread + free[2 * d :].reshape(self.spread.shape)
        return free[:d], wide, np.exp(self.logs + free[d : 2 * d])

    def elbo(self, target: LogDensity, nodes: Floats, free: Floats, /) -> tuple[float, Floats]:
        """The ELBO in nats and its gradient."""
        d, r = self.spread.shape
        shift, wide, diagonal = self._parts(free)
        common, own = nodes[:, :r], nodes[:, r:]
        values, slopes = target.slope(self.mean + self.scale * (shift + common @ wide.T + own * diagonal))
        white = slopes * self.scale
        # Woodbury: everything about the covariance from an r × r matrix.
        scaled = wide / diagonal[:, None] ** 2
        small = np.eye(r) + wide.T @ scaled
        solved = np.linalg.solve(small, scaled.T).T  # the inverse covariance times W
        inverse = 1.0 / diagonal**2 - (solved * scaled).sum(axis=1)
        gradient = np.concatenate(
            [
                white.mean(axis=0),
                (white * own).mean(axis=0) * diagonal + inverse * diagonal**2,
                (white.T @ common / len(nodes) + solved).ravel(),
            ]
        )
        volume = 0.5 * float(np.linalg.slogdet(small)[1]) + float(np.log(diagonal * self.scale).sum())
        return float(values.mean()) + volume + 0.5 * d * (1.0 + log(2.0 * pi)), gradient

    def law(self, free: Floats, /) -> LowRankMultivariateNormal:
        """The law itself."""
        shift, wide, diagonal = self._parts(free)
        return LowRankMultivariateNormal(
            self.mean + self.scale * shift, self.scale[:, None] * wide, (self.scale * diagonal) ** 2
        )

    def based(self, free: Floats, /) -> "LowRank":
        """The same family around that law."""
        shift, wide, diagonal = self._parts(free)
        return LowRank(self.mean + self.scale * shift, self.scale, wide, np.log(diagonal))


def shape_around(covariance: str, mean: Floats, spread: Floats, rank: int, /) -> Shape:
    """The family around a normal law with that mean and covariance."""
    if covariance == "full":
        return Full(mean, np.asarray(np.linalg.cholesky(spread)))
    scale = np.sqrt(np.diag(spread))
    if covariance == "diagonal":
        # Independent coordinates want the curvature of each, not its spread.
        return Diagonal(mean, 1.0 / np.sqrt(np.diag(np.linalg.inv(spread))))
    values, vectors = np.linalg.eigh(spread / np.outer(scale, scale))
    rest = max(float(values[:-rank].mean()), 1e-6) if rank < len(mean) else 1e-3
    wide = vectors[:, -rank:] * np.sqrt(np.maximum(values[-rank:] - rest, 1e-3))
    return LowRank(mean, scale, wide, np.full(len(mean), 0.5 * np.log(rest)))


def natural_step(shape: Shape, target: LogDensity, nodes: Floats, share: float, /) -> Shape:
    r"""A natural-gradient step on mean and precision: $Λ ← (1-ρ) Λ - ρ\,E\nabla^2 f$, $μ ← μ + ρ Λ^{-1} E\nabla f$.

    The mean Hessian is that of the gradients against the nodes (Stein), in coordinates in which the law is standard;
    its eigenvalues are held between a tenth and ten, so that the precision stays positive.
    """
    if isinstance(shape, Full):
        slopes = target.slope(shape.mean + nodes @ shape.factor.T)[1] @ shape.factor
        table = -(slopes.T @ nodes) / len(nodes)
        values, vectors = np.linalg.eigh(0.5 * (table + table.T))
        precision = (1.0 - share) + share * np.clip(values, 0.1, 10.0)
        moved = share * (vectors @ ((vectors.T @ slopes.mean(axis=0)) / precision))
        spread = (vectors / precision) @ vectors.T
        factor: Floats = np.asarray(np.linalg.cholesky(0.5 * (spread + spread.T)))
        return Full(shape.mean + shape.factor @ moved, shape.factor @ factor)
    if isinstance(shape, Diagonal):
        slopes = target.slope(shape.mean + nodes * shape.scale)[1] * shape.scale
        precision = (1.0 - share) + share * np.clip(-(slopes * nodes).mean(axis=0), 0.1, 10.0)
        moved = share * slopes.mean(axis=0) / precision
        return Diagonal(shape.mean + shape.scale * moved, shape.scale / np.sqrt(precision))
    return shape
