"""Families that kullback and scipy.stats both fit, with the samples they are given."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

ON_HALF_LINE = (("floc", 0.0),)
# Sizes, and what is done to a sample of the middle size. The last kind is the family's own.
KINDS = ("n = 30", "n = 300", "scale 1e8", "scale 1e-8", "hard")
FEW, MANY = 30, 300


@dataclass(frozen=True)
class Case:
    """One family.

    Attributes:
        name: Of our record.
        peer: The generator of scipy.stats.
        draw: Parameters of scipy of ordinary samples, location and scale last.
        hard: Those of samples near the border of the family, or far from zero.
        frozen: Our law as one of scipy, which judges both.
        held: What scipy must hold so that it fits the same family.
        scaled: Whether a sample may be multiplied.
    """

    name: str
    peer: Any
    draw: tuple[float, ...]
    hard: tuple[float, ...]
    frozen: Callable[[Any], Any]
    held: tuple[tuple[str, float], ...] = ()
    scaled: bool = True

    def samples(self, repeats: int) -> Iterator[tuple[str, np.ndarray]]:
        """Of every kind so many, from fixed seeds."""
        for place, kind in enumerate(KINDS):
            for seed in range(repeats):
                rng = np.random.default_rng([place, seed])
                drawn = self.peer(*(self.hard if kind == "hard" else self.draw))
                x = drawn.rvs(FEW if kind == "n = 30" else MANY, random_state=rng)
                yield kind, x * float(kind.split()[1]) if kind.startswith("scale") and self.scaled else x


def _place(peer: Any) -> Callable[[Any], Any]:
    return lambda law: peer(law.loc, law.scale)


# A location a million scales from zero, which is what dates and identifiers look like.
_FAR = (1e6, 1.0)
CASES = (
    Case("Normal", stats.norm, (1.0, 2.0), _FAR, _place(stats.norm)),
    Case("Laplace", stats.laplace, (1.0, 2.0), _FAR, _place(stats.laplace)),
    Case("Logistic", stats.logistic, (1.0, 2.0), _FAR, _place(stats.logistic)),
    Case("Cauchy", stats.cauchy, (1.0, 2.0), _FAR, _place(stats.cauchy)),
    Case("Gumbel", stats.gumbel_r, (1.0, 2.0), _FAR, _place(stats.gumbel_r)),
    Case("StudentT", stats.t, (3.0, 1.0, 2.0), (3.0, *_FAR), lambda law: stats.t(law.df, law.loc, law.scale)),
    Case("Exponential", stats.expon, (0.0, 2.0), (0.0, 1e-300), lambda law: stats.expon(0, 1 / law.rate), ON_HALF_LINE),
    Case(
        "Gamma",
        stats.gamma,
        (2.0, 0.0, 3.0),
        (0.05, 0.0, 3.0),
        lambda law: stats.gamma(law.concentration, 0, 1 / law.rate),
        ON_HALF_LINE,
    ),
    Case(
        "InverseGamma",
        stats.invgamma,
        (2.0, 0.0, 3.0),
        (0.05, 0.0, 3.0),
        lambda law: stats.invgamma(law.concentration, 0, law.rate),
        ON_HALF_LINE,
    ),
    Case(
        "Weibull",
        stats.weibull_min,
        (1.5, 0.0, 3.0),
        (0.1, 0.0, 3.0),
        lambda law: stats.weibull_min(law.concentration, 0, law.scale),
        ON_HALF_LINE,
    ),
    Case(
        "Frechet",
        stats.invweibull,
        (1.5, 0.0, 3.0),
        (0.1, 0.0, 3.0),
        lambda law: stats.invweibull(law.concentration, 0, law.scale),
        ON_HALF_LINE,
    ),
    Case(
        "LogNormal",
        stats.lognorm,
        (0.7, 0.0, 3.0),
        (8.0, 0.0, 3.0),
        lambda law: stats.lognorm(law.scale, 0, math.exp(law.loc)),
        ON_HALF_LINE,
    ),
    Case(
        "InverseGaussian",
        stats.invgauss,
        (1.5, 0.0, 3.0),
        (100.0, 0.0, 3.0),
        lambda law: stats.invgauss(law.loc / law.concentration, 0, law.concentration),
        ON_HALF_LINE,
    ),
    Case(
        "Nakagami",
        stats.nakagami,
        (1.5, 0.0, 3.0),
        (0.05, 0.0, 3.0),
        lambda law: stats.nakagami(law.concentration, 0, math.sqrt(law.spread)),
        ON_HALF_LINE,
    ),
    Case(
        "Pareto",
        stats.pareto,
        (2.5, 0.0, 3.0),
        (0.05, 0.0, 3.0),
        lambda law: stats.pareto(law.alpha, 0, law.scale),
        ON_HALF_LINE,
    ),
    Case(
        "Beta",
        stats.beta,
        (2.0, 5.0),
        (0.08, 0.2),
        lambda law: stats.beta(law.concentration1, law.concentration0),
        (("floc", 0.0), ("fscale", 1.0)),
        scaled=False,
    ),
    Case(
        "VonMises",
        stats.vonmises,
        (2.0, 1.0),
        (1e4, 1.0),
        lambda law: stats.vonmises(law.concentration, law.loc),
        (("fscale", 1.0),),
        scaled=False,
    ),
)
