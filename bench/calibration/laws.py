"""The laws that are drawn from, with what is known of them exactly."""

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import optimize, stats


@dataclass(frozen=True)
class Number:
    """A law of numbers: one of scipy.stats, with the share of rows that are zero instead."""

    name: str
    law: stats.distributions.rv_frozen
    zeros: float = 0.0

    def draw(self, rng: np.random.Generator, rows: int) -> pa.Array:
        values = self.law.rvs(rows, random_state=rng)
        return pa.array(np.where(rng.random(rows) < self.zeros, 0.0, values) if self.zeros else values)


@dataclass(frozen=True, eq=False)
class Texts:
    """A law of categories."""

    name: str
    shares: NDArray[np.float64]

    def draw(self, rng: np.random.Generator, rows: int) -> pa.Array:
        ends = np.cumsum(self.shares) / self.shares.sum()
        places = np.minimum(np.searchsorted(ends, rng.random(rows), side="right"), len(ends) - 1)
        names = pa.array([f"v{index}" for index in range(len(ends))])
        return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), names).cast(pa.string())


Law = Number | Texts


def normal(shift: float = 0.0, scale: float = 1.0) -> Number:
    return Number("normal", stats.norm(shift, scale))


def cauchy(scale: float = 1.0) -> Number:
    return Number("Cauchy", stats.cauchy(0, scale))


def category(shares: NDArray[np.float64], name: str | None = None) -> Texts:
    return Texts(name or f"{len(shares):,} categories", shares)


def uniform(k: int) -> NDArray[np.float64]:
    return np.full(k, 1 / k)


def zipf(k: int) -> NDArray[np.float64]:
    weights = 1 / np.arange(1, k + 1)
    return weights / weights.sum()


def tilted(q: NDArray[np.float64], bits: float) -> NDArray[np.float64]:
    """The law p with D(p‖q) = bits, tilted along a fixed random direction so that heavy and light cells move alike."""
    slope = np.random.default_rng(1).permutation(np.linspace(-1, 1, len(q)))

    def tilt(by: float) -> NDArray[np.float64]:
        weights = q * np.exp(by * slope)
        return weights / weights.sum()

    return tilt(optimize.brentq(lambda by: divergence(tilt(by), q) - bits, 0, 60)) if bits else q


def wider(bits: float) -> Number:
    """The centered normal law whose divergence from the standard one is `bits`, with more spread."""
    if not bits:
        return normal()
    nats = bits * math.log(2)
    return normal(0, optimize.brentq(lambda scale: (scale**2 - 1) / 2 - math.log(scale) - nats, 1, 20))


def divergence(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """D(p‖q) in bits."""
    return math.fsum(p * np.log2(p / q))


UNCHANGED: tuple[Law, ...] = (
    *(category(uniform(k)) for k in (2, 10, 100, 1000, 10_000)),
    *(category(zipf(k), f"{k:,} categories, Zipf") for k in (10, 100, 1000, 10_000)),
    normal(),
    Number("log-normal", stats.lognorm(1)),
    cauchy(),
    Number("Poisson(4)", stats.poisson(4)),
    Number("zero-inflated", stats.lognorm(1), zeros=0.6),
)
