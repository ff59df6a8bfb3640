"""Which pairs of families are written, and the points of a pair of different families."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator

from tools.oracle import _points_counted, _points_vectors
from tools.oracle._points import GAPS, KINDS, PROBABILITIES, Params, Point, draw, label, law, rescaled, scalar

Pair = tuple[str, str]

BOUNDED = {"Beta", "ContinuousBernoulli", "Kumaraswamy", "Bernoulli"}
COUNTING = {"Bernoulli", "Binomial", "Poisson"}
SLOW_SHAPES = {"Kumaraswamy", "StudentT"}

CROSS = """
Beta ContinuousBernoulli Exponential Gamma Normal Uniform Laplace
ContinuousBernoulli Exponential Normal Uniform
Exponential Gamma Gumbel Normal Weibull Laplace
Gamma Exponential Gumbel Normal LogNormal Laplace
Gumbel Normal Laplace
Laplace Normal
Normal Gumbel Laplace StudentT
Pareto Exponential Gamma Normal
Uniform Beta ContinuousBernoulli Exponential Gamma Gumbel Normal Pareto Laplace
LogNormal Gamma
Weibull Gamma LogNormal
HalfNormal Exponential
InverseGaussian Gamma
Chi2 Gamma
Rayleigh Weibull
StudentT Normal
Kumaraswamy Beta
Bernoulli Poisson
Binomial Poisson Geometric
Poisson Geometric
"""


def cross_pairs() -> Iterator[Pair]:
    for line in CROSS.strip().splitlines():
        first, *others = line.split()
        yield from ((first, other) for other in others)


UNIT = {"low": 0.0, "high": 1.0}
NESTED: dict[Pair, Callable[[float], tuple[Params, Params]]] = {
    ("Gamma", "Exponential"): lambda e: ({"concentration": 1 + e, "rate": 2.0}, {"rate": 2 * (1 + 3 * e)}),
    ("Exponential", "Gamma"): lambda e: ({"rate": 2 * (1 + 3 * e)}, {"concentration": 1 + e, "rate": 2.0}),
    ("Exponential", "Weibull"): lambda e: ({"rate": 2.0}, {"scale": 0.5 * (1 + e), "concentration": 1 - e}),
    ("Weibull", "Gamma"): lambda e: (
        {"scale": 0.5, "concentration": 1 + e},
        {"concentration": 1 - e, "rate": 2.0},
    ),
    ("Beta", "Uniform"): lambda e: ({"concentration1": 1 + e, "concentration0": 1 - e}, UNIT),
    ("Uniform", "Beta"): lambda e: (UNIT, {"concentration1": 1 + e, "concentration0": 1 - e}),
    ("Beta", "ContinuousBernoulli"): lambda e: (
        {"concentration1": 1 + e, "concentration0": 1.0},
        {"probs": 0.5 * (1 + e)},
    ),
    ("ContinuousBernoulli", "Uniform"): lambda e: ({"probs": 0.5 + e / 2}, UNIT),
    ("Uniform", "ContinuousBernoulli"): lambda e: (UNIT, {"probs": 0.5 - e / 2}),
    ("Chi2", "Gamma"): lambda e: ({"df": 3.0}, {"concentration": 1.5 * (1 + e), "rate": 0.5 * (1 - e)}),
    ("Rayleigh", "Weibull"): lambda e: (
        {"scale": 1.5},
        {"scale": 1.5 * math.sqrt(2) * (1 + e), "concentration": 2 * (1 - e)},
    ),
    ("Kumaraswamy", "Beta"): lambda e: (
        {"concentration1": 2 * (1 + e), "concentration0": 1.0},
        {"concentration1": 2.0, "concentration0": 1 - e},
    ),
    ("StudentT", "Normal"): lambda e: ({"df": 1 / e, "loc": 0.5, "scale": 2.0}, {"loc": 0.5, "scale": 2 * (1 + e)}),
    ("Normal", "StudentT"): lambda e: ({"loc": 0.5, "scale": 2 * (1 + e)}, {"df": 1 / e, "loc": 0.5, "scale": 2.0}),
    ("Bernoulli", "Poisson"): lambda e: ({"probs": e}, {"rate": e * (1 + e)}),
    ("Binomial", "Poisson"): lambda e: ({"total_count": 20, "probs": e / 2}, {"rate": 10 * e}),
    ("Binomial", "Geometric"): lambda e: ({"total_count": 1, "probs": e}, {"probs": 1 / (1 + e)}),
    ("Poisson", "Geometric"): lambda e: ({"rate": e}, {"probs": 1 / (1 + e)}),
}
EXTRA: dict[Pair, list[Point]] = {
    ("Pareto", "Exponential"): [({"scale": 1.0, "alpha": 1.0}, {"rate": 1.0}, "boundary")],
    ("Pareto", "Gamma"): [({"scale": 1.0, "alpha": 0.5}, {"concentration": 2.0, "rate": 1.0}, "boundary")],
    ("Pareto", "Normal"): [({"scale": 1.0, "alpha": 2.0}, {"loc": 0.0, "scale": 1.0}, "boundary")],
    ("StudentT", "Normal"): [
        ({"df": df, "loc": 0.0, "scale": 1.0}, {"loc": 0.0, "scale": 1.0}, "boundary") for df in (0.5, 1.0, 2.0)
    ],
    ("Beta", "Uniform"): [
        ({"concentration1": 2.0, "concentration0": 3.0}, {"low": 0.1, "high": 2.0}, "boundary"),
        ({"concentration1": 1.0, "concentration0": 1.0}, UNIT, "equal"),
    ],
    ("ContinuousBernoulli", "Uniform"): [
        ({"probs": 0.3}, {"low": 0.0, "high": 0.9}, "boundary"),
        ({"probs": 0.5}, UNIT, "equal"),
    ],
    ("Uniform", "Beta"): [
        ({"low": 0.0, "high": 1.5}, {"concentration1": 2.0, "concentration0": 3.0}, "boundary"),
        (UNIT, {"concentration1": 1.0, "concentration0": 1.0}, "equal"),
    ],
    ("Uniform", "ContinuousBernoulli"): [({"low": -0.1, "high": 0.5}, {"probs": 0.3}, "boundary")],
    ("Uniform", "Exponential"): [({"low": -0.1, "high": 0.5}, {"rate": 0.3}, "boundary")],
    ("Uniform", "Gamma"): [({"low": -0.1, "high": 0.5}, {"concentration": 2.0, "rate": 0.3}, "boundary")],
    ("Uniform", "Pareto"): [({"low": 0.9, "high": 2.0}, {"scale": 1.0, "alpha": 2.0}, "boundary")],
    ("Gamma", "Exponential"): [({"concentration": 1.0, "rate": 2.0}, {"rate": 2.0}, "equal")],
    ("Exponential", "Gamma"): [({"rate": 2.0}, {"concentration": 1.0, "rate": 2.0}, "equal")],
    ("Exponential", "Weibull"): [({"rate": 2.0}, {"scale": 0.5, "concentration": 1.0}, "equal")],
    ("Chi2", "Gamma"): [({"df": 3.0}, {"concentration": 1.5, "rate": 0.5}, "equal")],
    ("Bernoulli", "Poisson"): [
        ({"probs": a}, {"rate": b}, "boundary") for a, b in ((0.0, 2.0), (1.0, 2.0), (0.0, 0.0), (0.3, 0.0))
    ],
    ("Binomial", "Poisson"): [
        ({"total_count": 10, "probs": a}, {"rate": b}, "boundary") for a, b in ((0.0, 2.0), (1.0, 2.0), (0.3, 0.0))
    ],
    ("Binomial", "Geometric"): [
        ({"total_count": 10, "probs": a}, {"probs": b}, "boundary") for a, b in ((0.0, 0.3), (1.0, 0.3), (0.3, 1.0))
    ],
    ("Poisson", "Geometric"): [
        ({"rate": a}, {"probs": b}, "boundary") for a, b in ((0.0, 0.3), (0.0, 1.0), (2.0, 1.0))
    ],
}


def p_law(rng: random.Random, pair: Pair) -> Params:
    first, second = pair
    if first == "Uniform":
        top = 1.0 if second in ("Beta", "ContinuousBernoulli") else 4.0
        low, high = sorted(rng.uniform(0.01, top) for _ in range(2))
        return {"low": low, "high": high}
    if first == "Binomial":
        return {"total_count": rng.choice((1, 10, 50)), "probs": draw(rng, "prob")}
    p = law(rng, KINDS[first])
    if first == "Pareto":
        p["alpha"] += 2 if second == "Normal" else 1
    if first == "StudentT":
        p["df"] += 2
    return p


def q_law(rng: random.Random, pair: Pair, p: Params) -> Params:
    second = pair[1]
    if second == "Uniform":
        return {"low": -rng.random(), "high": 1 + rng.random()}
    q = law(rng, KINDS[second])
    if pair == ("Uniform", "Pareto"):
        q["scale"] = p["low"] * rng.uniform(0.2, 1)
    return q


def rescale(family: str, p: Params, factor: float) -> Params:
    if family == "Uniform":
        return {name: value * factor for name, value in p.items()}
    if family == "LogNormal":
        return {**p, "loc": p["loc"] + math.log(factor)}
    return rescaled(p, KINDS[family], factor)


def scaled(rng: random.Random, pair: Pair) -> Iterator[Point]:
    first, second = pair
    if first in COUNTING | {"Chi2"} or second in BOUNDED | {"Uniform"}:
        return
    for factor in (1e-150, 1e-100, 1e100, 1e150):
        for ratio in (1.0, 3.0):
            p = p_law(rng, pair)
            q = rescale(second, q_law(rng, pair, p), factor * ratio if first in BOUNDED else factor)
            yield p if first in BOUNDED else rescale(first, p, factor), q, "scale"


def far(rng: random.Random, pair: Pair) -> Iterator[Point]:
    steps = {"loc": (1e4, -1e8), "scale": (1e-4, 1e8), "rate": (1e-8, 1e4), "shape": (1e-6, 1e3)}
    for name, kind in KINDS.get(pair[1], {}).items():
        for step in steps.get(kind, ()):
            p = p_law(rng, pair)
            q = q_law(rng, pair, p)
            if kind == "loc":
                yield p, {**q, name: q[name] + step}, "far"
            elif kind == "shape" or pair != ("Uniform", "Pareto") or step < 1:
                yield p, {**q, name: q[name] * step}, "ratio"
        if kind == "prob":
            for tiny, _, regime in PROBABILITIES[2:10]:
                yield p_law(rng, pair), {name: tiny}, regime


def shaped(rng: random.Random, pair: Pair) -> Iterator[Point]:
    kinds = KINDS.get(pair[0], {})
    names = [n for n, kind in kinds.items() if kind == "shape"]
    large = pair[0] in SLOW_SHAPES or pair[1] == "Laplace"
    for size in (0.05, 200.0) if large else (1e-6, 1e-3, 1e3, 1e6):
        for name in names:
            p = {**p_law(rng, pair), name: size + (2 if pair[0] in ("StudentT", "Pareto") else 0)}
            yield p, q_law(rng, pair, p), "shape"
    if "prob" in kinds.values():
        for tiny, _, regime in PROBABILITIES[1:10]:
            p = {**p_law(rng, pair), "probs": tiny}
            yield p, q_law(rng, pair, p), regime
    if pair[0] == "Poisson":
        for rate in (1e-300, 1e-10, 100.0, 500.0):
            yield {"rate": rate}, {"probs": draw(rng, "prob")}, "ratio"


def nested(pair: Pair) -> Iterator[Point]:
    if pair in NESTED:
        for gap in GAPS:
            yield (*NESTED[pair](gap), label(gap))


def cross(pair: Pair) -> list[Point]:
    """All points of a pair of different families."""
    rng = random.Random("-".join(pair))
    found = []
    for _ in range(8):
        p = p_law(rng, pair)
        found.append((p, q_law(rng, pair, p), "ordinary"))
    found += nested(pair)
    found += far(rng, pair)
    found += scaled(rng, pair)
    found += shaped(rng, pair)
    return found + EXTRA.get(pair, [])


def same(family: str) -> list[Point]:
    for table in (_points_counted.POINTS, _points_vectors.POINTS):
        if family in table:
            return list(table[family](random.Random(family)))
    found = scalar(family)
    if family == "Bernoulli":
        found += _points_counted.bernoulli_logits(random.Random("logits"))
    return found


FIRST = ("Normal", "Gamma", "Beta", "Weibull", "Exponential", "Laplace", "Poisson", "Bernoulli")
LAST = ("StudentT", "Logistic", "Kumaraswamy")
PAIRS: dict[str, Pair] = {
    f"{first}-{second}".lower(): (first, second)
    for first, second in (
        *((f, f) for f in FIRST),
        *((f, f) for f in KINDS if f not in FIRST + LAST),
        *((f, f) for f in (*_points_counted.POINTS, *_points_vectors.POINTS)),
        *cross_pairs(),
        *((f, f) for f in LAST),
    )
}
QUADRATURE_PAIRS = {*((f, f) for f in LAST), ("Kumaraswamy", "Beta"), ("Normal", "StudentT")}


def points(pair: Pair) -> list[Point]:
    return same(pair[0]) if pair[0] == pair[1] else cross(pair)
