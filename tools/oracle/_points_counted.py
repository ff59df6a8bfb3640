"""Points of the scalar families whose parameters hang together: ends of an interval, numbers of trials."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

from tools.oracle._points import EDGES, GAPS, PROBABILITIES, SHAPES, Point, draw, label, nudge, nudged

COUNTS = (1, 10, 1000, 10**9)


def interval_points(rows: list[tuple[float, float, float, float, str]]) -> Iterator[Point]:
    for a, b, c, d, regime in rows:
        yield {"low": a, "high": b}, {"low": c, "high": d}, regime


def uniform(rng: random.Random) -> Iterator[Point]:
    for _ in range(6):
        c, a, b, d = sorted(rng.gauss(0, 3) for _ in range(4))
        yield {"low": a, "high": b}, {"low": c, "high": d}, "ordinary"
    for gap in GAPS:
        yield {"low": 0.0, "high": 1.0}, {"low": 0.0, "high": 1 + gap}, label(gap)
        yield {"low": -1.0, "high": 2.5}, {"low": -1 - gap, "high": 2.5 + gap}, label(gap)
    rows = [(a * f, b * f, c * f, d * f, "scale") for f in (1e-150, 1e-100, 1e100, 1e150) for a, b, c, d in _NESTED]
    rows += [
        (0.5, 1.5, 0.5, 1.5, "equal"),
        (1e15, 1e15 + 1, 1e15, 1e15 + 4, "offset"),
        (1e8, 1e8 + 1e-7, 1e8, 1e8 + 1, "offset"),
        (0.0, 1e-8, 0.0, 1.0, "ratio"),
        (0.0, 1.0, -1e8, 1e8, "ratio"),
        (0.0, 1.0, 2.0, 3.0, "boundary"),
        (0.0, 1.0, 0.5, 3.0, "boundary"),
        (0.0, 1 + 1e-15, 0.0, 1.0, "boundary"),
    ]
    yield from interval_points(rows)


_NESTED = [(1.0, 2.0, 0.5, 3.0), (-1.0, 2.0, -1.0, 2.000001)]


def log_uniform(rng: random.Random) -> Iterator[Point]:
    for _ in range(6):
        c, a, b, d = sorted(abs(rng.gauss(0, 3)) + 1e-3 for _ in range(4))
        yield {"low": a, "high": b}, {"low": c, "high": d}, "ordinary"
    for gap in GAPS:
        yield {"low": 1.0, "high": 3.0}, {"low": 1.0, "high": 3 * (1 + gap)}, label(gap)
        yield {"low": 0.5, "high": 2.5}, {"low": 0.5 * (1 - gap), "high": 2.5 * (1 + gap)}, label(gap)
    rows = [(f, 2 * f, f / 2, 3 * f, "scale") for f in (1e-150, 1e-100, 1e100, 1e150)]
    rows += [(f, 2 * f, f, 2.000001 * f, "scale") for f in (1e-150, 1e-100, 1e100, 1e150)]
    rows += [
        (0.5, 1.5, 0.5, 1.5, "equal"),
        (1.0, 1 + 1e-8, 1.0, 2.0, "ratio"),
        (1.0, 2.0, 1e-300, 1e300, "ratio"),
        (1e8, 1e8 + 1, 1e8, 1e8 + 2, "offset"),
        (1.0, 2.0, 3.0, 4.0, "boundary"),
        (1.0, 2.0, 1.0, 1.5, "boundary"),
    ]
    yield from interval_points(rows)


def discrete_uniform(rng: random.Random) -> Iterator[Point]:
    for _ in range(8):
        c, a, b, d = sorted(rng.randint(-50, 50) for _ in range(4))
        yield {"low": a, "high": b}, {"low": c, "high": d}, "ordinary"
    rows = [(0, n, 0, n + 1, "near") for n in (10, 10**3, 10**6, 10**9, 10**12, 10**15)]
    rows += [(-n, n, -n - 2, n, "near") for n in (10, 10**4, 10**8, 10**14)]
    rows += [
        (1, 6, 1, 6, "equal"),
        (3, 3, 3, 3, "equal"),
        (3, 3, 1, 6, "boundary"),
        (3, 3, 0, 10**15, "ratio"),
        (0, 1, -(10**8), 10**8, "ratio"),
        (10**15, 10**15 + 1, 10**15, 10**15 + 3, "offset"),
        (1, 6, 2, 7, "boundary"),
        (1, 6, 1, 5, "boundary"),
        (1, 6, 3, 3, "boundary"),
    ]
    yield from interval_points(rows)


def truncated_normal(rng: random.Random) -> Iterator[Point]:
    def law(low: float, high: float) -> dict[str, float]:
        return {"loc": draw(rng, "loc"), "scale": draw(rng, "scale"), "low": low, "high": high}

    for i in range(8):
        c, a, b, d = sorted(rng.gauss(0, 2) for _ in range(4))
        yield law(a, b), law(*((a, b) if i % 2 else (c, d))), "ordinary"
    for gap in GAPS:
        p = law(-1.0, 2.5)
        yield p, {**p, "loc": nudged(rng, p["loc"], gap), "scale": nudged(rng, p["scale"], gap)}, label(gap)
        yield p, {**p, "high": 2.5 * (1 + gap)}, label(gap)
    for low, high in ((4.0, 6.0), (8.0, 40.0), (-40.0, -6.0), (30.0, 31.0), (-1e-3, 1e-3), (-1e3, 1e3)):
        p = law(low, high)
        yield p, law(low, high), "far"
        yield p, {**p, "loc": nudged(rng, p["loc"], 1e-6)}, "far"
    for f in (1e-150, 1e-100, 1e100, 1e150):
        p, q = ({n: v * f for n, v in law(-1.0, 2.0).items()} for _ in range(2))
        yield p, q, "scale"
    p = law(-1.0, 1.0)
    yield p, dict(p), "equal"
    yield p, law(-0.5, 1.0), "boundary"


def trials(*, ratio: bool) -> Callable[[random.Random], Iterator[Point]]:
    """Binomial, or with ratio the waiting form, whose chance may not be 0."""

    def points(rng: random.Random) -> Iterator[Point]:
        counts = itertools.cycle((*COUNTS, 2.5) if ratio else COUNTS)

        def pair(a: float, b: float, regime: str, n: float) -> Point:
            return {"total_count": n, "probs": a}, {"total_count": n, "probs": b}, regime

        for _ in range(8):
            yield pair(draw(rng, "prob"), draw(rng, "prob"), "ordinary", next(counts))
        for gap in GAPS:
            a = draw(rng, "prob")
            yield pair(a, a * (1 - gap), label(gap), next(counts))
        yield pair(0.3, 0.3, "equal", 10)
        for a, b, regime in PROBABILITIES:
            yield pair(a, b, regime, 10)
        for a, b in EDGES["Geometric" if ratio else "Bernoulli"]:
            yield pair(a, b, "boundary", 7)

    return points


def bernoulli_logits(rng: random.Random) -> Iterator[Point]:
    rows = [(rng.gauss(0, 2), rng.gauss(0, 2), "ordinary") for _ in range(6)]
    for gap in GAPS:
        a = rng.gauss(0, 2)
        rows.append((a, a * (1 + gap), label(gap)))
    rows += [(a, b, "far") for a, b in ((0.3, 40.0), (-40.0, 0.3), (40.0, -40.0), (1.0, -700.0), (600.0, 0.0))]
    rows += [(a, b, "tinyp") for a, b in ((-600.0, -601.0), (600.0, 601.0), (40.0, 41.0), (-37.0, -37.0001))]
    rows += [(0.0, 0.0, "equal"), (35.0, 35.0, "equal"), (float("-inf"), 0.3, "boundary")]
    rows += [(float("inf"), 0.3, "boundary"), (0.3, float("inf"), "boundary"), (0.3, float("-inf"), "boundary")]
    for a, b, regime in rows:
        yield {"logits": a}, {"logits": b}, regime


def beta_binomial(rng: random.Random) -> Iterator[Point]:
    def law(n: int) -> dict[str, Any]:
        return {
            "total_count": n,
            "concentration1": draw(rng, "shape"),
            "concentration0": draw(rng, "shape"),
        }

    for n in (1, 2, 5, 10, 50, 100):
        yield law(n), law(n), "ordinary"
    for gap, n in zip(GAPS, itertools.cycle((3, 10, 40)), strict=False):
        p = law(n)
        yield p, nudge(rng, p, gap), label(gap)
        yield p, {**p, "concentration1": p["concentration1"] * (1 + gap)}, label(gap)
    for size in SHAPES:
        p = {"total_count": 12, "concentration1": size, "concentration0": 1.7 * size}
        yield p, nudge(rng, p, 1e-2), "shape"
        yield p, law(12), "shape"
    yield law(10), {**law(10), "total_count": 9}, "boundary"
    yield law(9), {**law(9), "total_count": 10}, "boundary"
    p = law(10)
    yield p, dict(p), "equal"


def hypergeometric(rng: random.Random) -> Iterator[Point]:
    def law(population: int, successes: int, draws: int) -> dict[str, int]:
        return {"population": population, "successes": successes, "draws": draws}

    for _ in range(8):
        a, b, n = rng.randint(60, 200), rng.randint(60, 200), rng.randint(3, 30)
        yield law(a, rng.randint(30, a - 30), n), law(b, rng.randint(30, b - 30), n), "ordinary"
    for exponent in (3, 4, 6, 8, 10, 12, 15):
        size = 10**exponent
        yield law(size, 3 * size // 10, 20), law(size, 3 * size // 10 + 1, 20), "near"
        yield law(size, size // 2, 20), law(size + 1, size // 2, 20), "near"
    yield law(10**15, 10**7, 20), law(10**15, 10**14, 20), "far"
    yield law(10**6, 5, 20), law(10**6, 999_000, 20), "far"
    yield law(50, 20, 10), law(50, 20, 10), "equal"
    yield law(50, 50, 10), law(50, 45, 10), "boundary"
    yield law(50, 0, 10), law(50, 5, 10), "boundary"
    yield law(50, 20, 10), law(50, 5, 10), "boundary"
    yield law(50, 20, 50), law(80, 30, 50), "boundary"
    yield law(50, 20, 10), law(50, 20, 5), "boundary"
    yield law(50, 3, 5), law(50, 3, 10), "boundary"


POINTS: dict[str, Callable[[random.Random], Iterator[Point]]] = {
    "Uniform": uniform,
    "LogUniform": log_uniform,
    "DiscreteUniform": discrete_uniform,
    "TruncatedNormal": truncated_normal,
    "Binomial": trials(ratio=False),
    "NegativeBinomial": trials(ratio=True),
    "BetaBinomial": beta_binomial,
    "Hypergeometric": hypergeometric,
}
