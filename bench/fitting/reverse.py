"""The figure on reverse projection: how often one descent ends at the wrong optimum, and who notices missed mass."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

import kullback as kl
from bench.figures import grid, timed
from kullback import fitting
from kullback.families import Mixture, Normal

TARGETS, QUICK = 40, 4
# A descent that ends higher by more than this, in nats, ended elsewhere.
WORSE = 1e-6
# Central mass of a normal law that counts as its reach, share of the target that is much, and the usual limit of k-hat.
REACH, MUCH, KHAT = 0.999, 0.1, 0.7
Vector = NDArray[np.float64]
NOTE = (
    "Targets: mixtures of 2 to 4 normal laws with centers from N(0, 4²), scales exp(N(0, ½²)) and Dirichlet(2) "
    "weights; the family: all normal laws, direction D(q‖p). One descent: L-BFGS from the law with the target's mean "
    "and variance, on the integral over 400 nodes. Mass is missed where more than a tenth of the target, from its "
    "distribution function, lies outside of the central 99.9 % of the fit."
)


def reverse(*, quick: bool = False) -> str:
    """The figures."""
    found = [compare(target) for target in targets(QUICK if quick else TARGETS)]
    n = len(found)
    several = sum(one["minima"] > 1 for one in found)
    worse = sum(one["lack"] > WORSE for one in found)
    beaten = sum(one["lack"] < -WORSE for one in found)
    missed = [one for one in found if one["missed"] > MUCH]
    reached = [one for one in found if one["missed"] <= MUCH]
    rows = [
        ["targets with several minima", f"{several} of {n}"],
        ["one descent ends in a worse optimum", f"{worse} of {n}"],
        ["by how much, nats, largest", f"{max(one['lack'] for one in found):.3g}"],
        ["one descent ends in a better optimum than `fitting.project`", f"{beaten} of {n}"],
        ["best fit misses more than a tenth of the target", f"{len(missed)} of {n}"],
        ["of these, warned of by `fitting.project`", f"{sum(one['warned'] for one in missed)} of {len(missed)}"],
        ["of the others, warned of", f"{sum(one['warned'] for one in reached)} of {len(reached)}"],
        [
            "of these with mass missed, k-hat < 0.7 (good)",
            f"{sum(one['khat'] < KHAT for one in missed)} of {len(missed)}",
        ],
        ["of the others, k-hat ≥ 0.7 (bad)", f"{sum(one['khat'] >= KHAT for one in reached)} of {len(reached)}"],
        ["median CPU time, `fitting.project` / one descent", f"{np.median([one['ratio'] for one in found]):.2g}"],
    ]
    return f"{NOTE}\n\n{grid(('figure', 'found'), rows)}"


def targets(count: int) -> Iterator[Mixture]:
    """From fixed seeds."""
    for seed in range(count):
        rng = np.random.default_rng(seed)
        k = int(rng.integers(2, 5))
        weights, centers, scales = rng.dirichlet(np.full(k, 2.0)), rng.normal(0, 4, k), np.exp(rng.normal(0, 0.5, k))
        yield Mixture(weights, [Normal(m, s) for m, s in zip(centers, scales, strict=True)])


def compare(target: Mixture) -> dict[str, float]:
    """What both ways say of one target; `lack` is by how much the descent's divergence is higher, in nats."""
    ours, spent = timed(lambda: fitting.project(target, "normal", direction="reverse"))
    other, other_spent = timed(lambda: descend(target))
    best = Normal(float(ours.law.loc), float(ours.law.scale))
    low, high = (float(kl.divergence(law, target)) for law in (best, other))
    return {
        "lack": high - low,
        "minima": len(ours.minima),
        "missed": outside(target, best),
        "warned": any(line.startswith(("missed mode", "too narrow")) for line in ours.warnings),
        "khat": ours.khat if ours.khat is not None else math.nan,
        "ratio": spent / other_spent,
    }


def outside(target: Mixture, law: Any) -> float:
    """Mass of the target beyond the reach of a normal law."""
    weights, means, scales = parts(target)
    low, high = stats.norm(law.loc, law.scale).interval(REACH)
    return float(1 - weights @ (stats.norm.cdf(high, means, scales) - stats.norm.cdf(low, means, scales)))


def descend(target: Mixture) -> Normal:
    """The usual way: start where the moments match, and go down once."""
    weights, means, scales = parts(target)
    mean = weights @ means
    start = np.array([mean, 0.5 * math.log(weights @ (scales**2 + means**2) - mean**2)])
    found = optimize.minimize(_objective(weights, means, scales), start, method="L-BFGS-B", tol=1e-12)
    return Normal(found.x[0], math.exp(found.x[1]))


def _objective(weights: Vector, means: Vector, scales: Vector) -> Callable[[Vector], float]:
    z = np.linspace(-9, 9, 400)
    masses = np.exp(-0.5 * z**2) * (z[1] - z[0]) / math.sqrt(2 * math.pi)
    heights = np.log(weights / scales) - 0.5 * math.log(2 * math.pi)

    def objective(place: Vector) -> float:
        x = place[0] + math.exp(place[1]) * z
        logs = heights - 0.5 * ((x[:, None] - means) / scales) ** 2
        top = logs.max(axis=1)
        return float(-place[1] - masses @ (top + np.log(np.exp(logs - top[:, None]).sum(axis=1))))

    return objective


def parts(target: Mixture) -> tuple[Vector, Vector, Vector]:
    """Weights, means and scales."""
    some = target.components
    means, scales = (np.array([float(getattr(part, name)) for part in some]) for name in ("loc", "scale"))
    return np.asarray(target.weights), means, scales
