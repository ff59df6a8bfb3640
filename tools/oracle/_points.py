"""Points of one scalar family against itself: parameters drawn regime by regime, deterministic for a seed."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

Params = dict[str, Any]
Point = tuple[Params, Params, str]
Kinds = dict[str, str]

GAPS = (1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-13, 1e-15)
FACTORS = (1e-150, 1e-100, 1e100, 1e150)
SHAPES = (1e-6, 1e-3, 1e3, 1e6, 1e8, 1e10)
MILD_SHAPES = (0.05, 200.0)
ALMOST_ONE = 1 - 1e-16

LOC_SCALE = {"loc": "loc", "scale": "scale"}
SCALE = {"scale": "scale"}
SHAPE_RATE = {"concentration": "shape", "rate": "rate"}
SHAPES_OF_BETA = {"concentration1": "shape", "concentration0": "shape"}
PROBS = {"probs": "prob"}
KINDS: dict[str, Kinds] = {
    "Normal": LOC_SCALE,
    "LogNormal": LOC_SCALE,
    "Laplace": LOC_SCALE,
    "Logistic": LOC_SCALE,
    "Cauchy": LOC_SCALE,
    "Gumbel": LOC_SCALE,
    "Moyal": LOC_SCALE,
    "StudentT": {"df": "shape", **LOC_SCALE},
    "HalfNormal": SCALE,
    "Rayleigh": SCALE,
    "Maxwell": SCALE,
    "Exponential": {"rate": "rate"},
    "Lindley": {"rate": "rate"},
    "Poisson": {"rate": "rate"},
    "Gamma": SHAPE_RATE,
    "InverseGamma": {"concentration": "shape", "rate": "scale"},
    "Chi2": {"df": "shape"},
    "Chi": {"df": "shape"},
    "Weibull": {"scale": "scale", "concentration": "shape"},
    "Frechet": {"scale": "scale", "concentration": "shape"},
    "Pareto": {"scale": "scale", "alpha": "shape"},
    "Nakagami": {"concentration": "half_up", "spread": "scale"},
    "InverseGaussian": {"loc": "scale", "concentration": "scale"},
    "Beta": SHAPES_OF_BETA,
    "Kumaraswamy": SHAPES_OF_BETA,
    "PowerFunction": {"concentration": "shape"},
    "VonMises": {"loc": "angle", "concentration": "shape"},
    "ContinuousBernoulli": PROBS,
    "Bernoulli": PROBS,
    "Geometric": PROBS,
    "LogSeries": PROBS,
    "Zeta": {"exponent": "above_one"},
}
QUADRATURE = {"StudentT", "Logistic", "Kumaraswamy"}


def draw(rng: random.Random, kind: str) -> float:
    if kind == "loc":
        return rng.gauss(0, 1.5)
    if kind == "prob":
        return rng.uniform(0.03, 0.97)
    if kind == "angle":
        return rng.uniform(-3, 3)
    if kind in ("scale", "rate"):
        return math.exp(rng.gauss(0, 0.7))
    shape = math.exp(rng.uniform(math.log(0.4), math.log(20)))
    return shape + {"half_up": 0.5, "above_one": 1}.get(kind, 0)


def law(rng: random.Random, kinds: Kinds) -> Params:
    return {name: draw(rng, kind) for name, kind in kinds.items()}


def nudged(rng: random.Random, value: Any, gap: float) -> Any:
    """Each number of a value changed by the relative gap, either way."""
    if isinstance(value, list):
        return [nudged(rng, v, gap) for v in value]
    if isinstance(value, int) or math.isinf(value):
        return value
    return value * (1 + rng.choice((-1, 1)) * gap)


def nudge(rng: random.Random, p: Params, gap: float) -> Params:
    return {name: nudged(rng, value, gap) for name, value in p.items()}


def label(gap: float) -> str:
    return f"near{gap:.0e}"


def near(rng: random.Random, kinds: Kinds) -> Iterator[Point]:
    names = list(kinds)
    for i, gap in enumerate(GAPS):
        p = law(rng, kinds)
        yield p, nudge(rng, p, gap), label(gap)
        if len(names) > 1:
            p, name = law(rng, kinds), names[i % len(names)]
            yield p, {**p, name: nudged(rng, p[name], gap)}, label(gap)


def offset(rng: random.Random, kinds: Kinds) -> Iterator[Point]:
    if "loc" not in kinds.values():
        return
    for base in (1e8, -1e12):
        p, q = law(rng, kinds), law(rng, kinds)
        yield {**p, "loc": base + p["loc"]}, {**q, "loc": base + q["loc"]}, "offset"
        yield {**p, "loc": base + p["loc"]}, {**p, "loc": base + q["loc"]}, "offset"


def far(rng: random.Random, kinds: Kinds) -> Iterator[Point]:
    for name, kind in kinds.items():
        if kind == "loc":
            for step in (1e4, -1e8):
                p, q = law(rng, kinds), law(rng, kinds)
                yield p, {**q, name: q[name] + step}, "far"
        elif kind in ("scale", "rate", "shape", "half_up"):
            for ratio in (1e-8, 1e-3, 1e8):
                p, q = law(rng, kinds), law(rng, kinds)
                yield p, {**q, name: p[name] * ratio}, "ratio"


def rescaled(p: Params, kinds: Kinds, factor: float) -> Params:
    """The law of the variable times the factor."""
    power = {"loc": 1, "scale": 1, "rate": -1}
    return {name: value * factor ** power.get(kinds[name], 0) for name, value in p.items()}


def scaled(rng: random.Random, kinds: Kinds) -> Iterator[Point]:
    if not {"scale", "rate"} & set(kinds.values()):
        return
    for factor in FACTORS:
        p = rescaled(law(rng, kinds), kinds, factor)
        yield p, rescaled(law(rng, kinds), kinds, factor), "scale"
        yield p, nudge(rng, p, 1e-6), "scale"


def shaped(rng: random.Random, kinds: Kinds, sizes: tuple[float, ...]) -> Iterator[Point]:
    names = [n for n, kind in kinds.items() if kind in ("shape", "half_up", "above_one")]
    for size in sizes if names else ():
        chosen = {n: size * rng.uniform(1, 1.5) + (kinds[n] == "above_one") for n in names}
        p = {**law(rng, kinds), **chosen}
        yield p, nudge(rng, p, 1e-2), "shape"
        yield p, nudge(rng, p, 1e-8), "shape"
        yield p, {**law(rng, kinds), **{n: 3 * v for n, v in chosen.items()}}, "shape"
        if len(names) > 1:
            p = {**law(rng, kinds), names[0]: chosen[names[0]]}
            yield p, law(rng, kinds), "shape"
            yield p, nudge(rng, p, 1e-4), "shape"
        else:
            yield p, law(rng, kinds), "shape"


PROBABILITIES = [
    (1e-300, 1e-290, "tinyp"),
    (1e-300, 2e-300, "tinyp"),
    (1e-300, 0.5, "tinyp"),
    (0.5, 1e-300, "tinyp"),
    (1e-20, 3e-20, "tinyp"),
    (1e-10, 1e-10 * (1 + 1e-8), "tinyp"),
    (ALMOST_ONE, 0.5, "p->1"),
    (0.5, ALMOST_ONE, "p->1"),
    (ALMOST_ONE, 1 - 2.0**-52, "p->1"),
    (1 - 1e-10, 1 - 1.0001e-10, "p->1"),
    (0.5, 0.5 + 1e-9, "near1e-09"),
]
EDGES = {
    "Bernoulli": [(0.0, 0.3), (1.0, 0.3), (0.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.3, 0.0), (0.3, 1.0), (1.0, 1e-300)],
    "Geometric": [(1.0, 0.3), (1.0, 1e-300), (1.0, 1.0), (0.3, 1.0)],
    "ContinuousBernoulli": [(0.5, 0.3), (0.3, 0.5), (0.5, 0.5), (0.5, 0.5 + 2.0**-53)],
    "Poisson": [(0.0, 2.0), (0.0, 0.0), (2.0, 0.0), (0.0, 1e-300)],
}


def probabilities(family: str, kinds: Kinds) -> Iterator[Point]:
    if kinds == PROBS:
        for a, b, regime in PROBABILITIES:
            yield {"probs": a}, {"probs": b}, regime
    name = next(iter(kinds))
    for a, b in EDGES.get(family, ()):
        yield {name: a}, {name: b}, "boundary"


def scalar(family: str) -> list[Point]:
    """All points of a family against itself."""
    rng, kinds = random.Random(family), KINDS[family]
    slow = family in QUADRATURE
    sizes = MILD_SHAPES if slow else (1e-6, 1e-3, 20.0, 200.0) if family == "Zeta" else SHAPES
    found = [(law(rng, kinds), law(rng, kinds), "ordinary") for _ in range(6)]
    found += near(rng, kinds)
    equals = [law(rng, kinds) for _ in range(2)]
    found += [(p, dict(p), "equal") for p in equals]
    found += offset(rng, kinds)
    found += far(rng, kinds)
    found += scaled(rng, kinds)
    found += shaped(rng, kinds, sizes)
    found += probabilities(family, kinds)
    if family == "Pareto":  # finite only where p starts above q
        found = [(q, p, r) if p["scale"] < q["scale"] and i % 5 else (p, q, r) for i, (p, q, r) in enumerate(found)]
    if family == "Kumaraswamy":  # closed form where the first shapes agree
        for size in SHAPES:
            a, b = draw(rng, "shape"), size * rng.uniform(1, 1.5)
            for other in (b * (1 + 1e-8), 3 * b, 2.0):
                p, q = ({"concentration1": a, "concentration0": x} for x in (b, other))
                found.append((p, q, "shape"))
    if family == "Zeta":
        found = [(p, q, r) for p, q, r in found if min(p["exponent"], q["exponent"]) > 1]
    if family == "VonMises":
        found += [({"loc": 0.5, "concentration": a}, {"loc": 2.5, "concentration": b}, "shape") for a, b in _FLAT]
    return found


_FLAT = [(1e-300, 2.0), (2.0, 1e-300), (1e-300, 1e-10), (1e-8, 3e-8)]
