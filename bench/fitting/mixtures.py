"""The table of mixtures: the divergence of hard pairs on the line against 30 digits, beside what is published."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from statistics import median
from typing import Any

import mpmath
import numpy as np

import kullback as kl
from bench.figures import grid, timed
from kullback import fitting
from kullback.families import Mixture, Normal, log_prob

EACH, QUICK, DRAWS, DIGITS = 10, 1, 100_000, 30
KINDS = ("overlapping", "far apart", "very narrow", "tiny weights", "nearly equal", "many components")
NOTE = (
    f"Pairs of mixtures of normal laws, {EACH} of each kind: 2 or 3 components that overlap; centers up to 60 "
    "standard deviations apart; components 1e-4 to 1e-6 as wide as the others; a weight of 1e-9; q with its centers "
    f"moved by 1e-5; 6 components. Truth: mpmath, {DIGITS} digits. Errors in percent of the truth, median (largest). "
    f"Monte Carlo: {DRAWS:,} draws of p."
)


NODES, STEPS = 20, (0, 1, 2, 4, 6, 9, 13)
Parts = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Pair:
    """Two mixtures: weights, centers and scales of each."""

    kind: str
    p: tuple[np.ndarray, np.ndarray, np.ndarray]
    q: tuple[np.ndarray, np.ndarray, np.ndarray]

    def laws(self) -> tuple[Mixture, Mixture]:
        """As records."""
        p, q = (Mixture(w, [Normal(m, s) for m, s in zip(a, b, strict=True)]) for w, a, b in (self.p, self.q))
        return p, q


def pairs(each: int) -> Iterator[Pair]:
    """So many of each kind, from fixed seeds."""
    for place, kind in enumerate(KINDS):
        for seed in range(each):
            rng = np.random.default_rng([place, seed])
            p, q = _draw(rng, kind), _draw(rng, kind)
            if kind == "nearly equal":
                q = (p[0], p[1] + 1e-5 * rng.normal(size=len(p[1])), p[2])
            yield Pair(kind, p, q)


def _draw(rng: np.random.Generator, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    k = 6 if kind == "many components" else int(rng.integers(2, 4))
    weights, centers, scales = rng.dirichlet(np.full(k, 3.0)), rng.normal(0, 2, k), np.exp(rng.normal(0, 0.5, k))
    if kind == "far apart":
        centers = rng.uniform(-30, 30, k)
    if kind == "very narrow":
        scales[0] = 10.0 ** rng.uniform(-6, -4)
    if kind == "tiny weights":
        weights = np.append(weights[:-1], 0) / weights[:-1].sum() * (1 - 1e-9) + np.append(np.zeros(k - 1), 1e-9)
    return weights, centers, scales


def mixtures(*, quick: bool = False) -> str:
    """The table."""
    found: dict[str, list[dict[str, tuple[float, float]]]] = {}
    for pair in pairs(QUICK if quick else EACH):
        found.setdefault(pair.kind, []).append(errors(pair))
    rows = [
        [name, *(_cell([one[name] for one in found[kind]]) for kind in KINDS), _overall(found, name)] for name in WAYS
    ]
    worst = max(abs(one[name][0]) for some in found.values() for one in some for name in EXACT)
    line = f"Largest relative error of kullback's two, over {sum(map(len, found.values()))} pairs: {worst:.1e}."
    return f"{NOTE}\n\n{grid(HEADS, rows)}\n\n{line}"


def errors(pair: Pair) -> dict[str, tuple[float, float]]:
    """Relative error and CPU seconds of every way."""
    exact = truth(pair)
    p, q = pair.laws()
    given = {name: timed(lambda way=way: way(p, q)) for name, way in WAYS.items()}
    return {name: (float((value - exact) / exact), spent) for name, (value, spent) in given.items()}


def _monte_carlo(p: Mixture, q: Mixture) -> float:
    rng = np.random.default_rng(0)
    some = rng.choice(len(p.weights), size=DRAWS, p=np.asarray(p.weights))
    means, scales = (np.array([float(getattr(part, name)) for part in p.components]) for name in ("loc", "scale"))
    x = rng.normal(means[some], scales[some])
    return float((log_prob(p, x) - log_prob(q, x)).mean())


WAYS: dict[str, Callable[[Mixture, Mixture], float]] = {
    "`kl.divergence`": lambda p, q: float(kl.divergence(p, q)),
    "`fitting.mixture_divergence`": lambda p, q: fitting.mixture_divergence(p, q).value,
    "moments matched": fitting.moment_approximation,
    "nearest component": fitting.nearest_approximation,
    "product": fitting.product_approximation,
    "variational": fitting.variational_approximation,
    "Monte Carlo": _monte_carlo,
}
EXACT = tuple(WAYS)[:2]
HEADS = ("error of", *KINDS, "all: least / median / largest, %", "median CPU ms")


def _cell(found: list[tuple[float, float]]) -> str:
    sizes = [abs(100 * error) for error, _ in found]
    return f"{median(sizes):.2g} ({max(sizes):.2g})"


def _overall(found: dict[str, list[dict[str, tuple[float, float]]]], name: str) -> str:
    cells = [one[name] for some in found.values() for one in some]
    sizes = [abs(100 * error) for error, _ in cells]
    times = median(1000 * spent for _, spent in cells)
    return f"{min(sizes):.2g} / {median(sizes):.2g} / {max(sizes):.2g} | {times:.2g}"


def truth(pair: Pair) -> Any:
    """By Gauss-Legendre rules between marks around all centers, halved until they agree to 18 digits."""
    with mpmath.workdps(DIGITS):
        p, q = (
            [tuple(mpmath.mpf(float(x)) for x in one) for one in zip(*side, strict=True)] for side in (pair.p, pair.q)
        )
        nodes = _rule()

        def rule(a: Any, b: Any) -> Any:
            half, middle = (b - a) / 2, (a + b) / 2
            return half * mpmath.fsum(w * _integrand(p, q, middle + half * x) for x, w in nodes)

        def halved(a: Any, b: Any, whole: Any, limit: Any) -> Any:
            middle = (a + b) / 2
            left, right = rule(a, middle), rule(middle, b)
            if abs(left + right - whole) < limit:
                return left + right
            return halved(a, middle, left, limit) + halved(middle, b, right, limit)

        own, other = ({m + k * s for _, m, s in side for step in STEPS for k in (step, -step)} for side in (p, q))
        marks = sorted(own | {x for x in other if min(own) < x < max(own)})
        panels = [(a, b, rule(a, b)) for a, b in pairwise(marks)]
        limit = abs(mpmath.fsum(part for *_, part in panels)) * mpmath.mpf(10) ** -18
        return mpmath.fsum(halved(*panel, limit) for panel in panels)


@cache
def _rule() -> list[tuple[Any, Any]]:
    """Nodes and weights of Gauss and Legendre on -1 to 1."""
    found = []
    for start in np.polynomial.legendre.leggauss(NODES)[0]:
        x = mpmath.findroot(lambda x: mpmath.legendre(NODES, x), float(start))
        slope = NODES * (x * mpmath.legendre(NODES, x) - mpmath.legendre(NODES - 1, x)) / (x * x - 1)
        found.append((x, 2 / ((1 - x * x) * slope**2)))
    return found


def _integrand(p: Parts, q: Parts, x: Any) -> Any:
    """Of D(p‖q), without the factor of both densities."""
    p_x, q_x = (mpmath.fsum(w / s * mpmath.exp(-(((x - m) / s) ** 2) / 2) for w, m, s in side) for side in (p, q))
    return p_x * mpmath.log(p_x / q_x) / mpmath.sqrt(2 * mpmath.pi)
