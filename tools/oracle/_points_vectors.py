"""Points of the families on vectors, matrices, labels and paths."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from tools.oracle._points import ALMOST_ONE, FACTORS, GAPS, SHAPES, Params, Point, draw, label, nudge, nudged

Source = Callable[[int], Params]


def common(rng: random.Random, law: Source, sizes: tuple[int, ...]) -> Iterator[Point]:
    """Ordinary, near and equal points of any family given its draw for a size."""
    for i in range(6):
        size = sizes[i % len(sizes)]
        yield law(size), law(size), "ordinary"
    for i, gap in enumerate(GAPS):
        for p in (law(sizes[i % len(sizes)]), law(sizes[0])):
            yield p, nudge(rng, p, gap), label(gap)
    p = law(sizes[-1])
    yield p, dict(p), "equal"


def part(rng: random.Random, p: Params, name: str, gap: float) -> Point:
    """One parameter changed, all others equal."""
    return p, {**p, name: nudged(rng, p[name], gap)}, label(gap)


def times(value: Any, factor: float) -> Any:
    return [times(v, factor) for v in value] if isinstance(value, list) else value * factor


def weights(rng: random.Random, size: int) -> list[float]:
    raw = [draw(rng, "scale") for _ in range(size)]
    return [w / sum(raw) for w in raw]


SHARES = [
    ([1.0, 0.0], [0.5, 0.5], "boundary"),
    ([0.5, 0.5], [1.0, 0.0], "boundary"),
    ([0.5, 0.0, 0.5], [0.25, 0.0, 0.75], "boundary"),
    ([0.0, 0.0, 1.0], [0.0, 0.0, 1.0], "equal"),
    ([0.2, 0.3, 0.5], [0.2, 0.3, 0.5], "equal"),
    ([0.5, 0.5], [1.0, 1e-300], "tinyp"),
    ([1.0, 1e-300], [0.5, 0.5], "tinyp"),
    ([1.0, 1e-300], [1.0, 2e-300], "tinyp"),
    ([1.0, 1e-20, 0.5], [1.0, 1e-10, 0.5], "tinyp"),
    ([ALMOST_ONE, 1 - ALMOST_ONE], [0.5, 0.5], "p->1"),
    ([0.5, 0.5], [ALMOST_ONE, 1 - ALMOST_ONE], "p->1"),
    ([0.1] * 10, [0.1] * 9 + [1e-8], "ratio"),
]


def categorical(rng: random.Random) -> Iterator[Point]:
    yield from common(rng, lambda n: {"probs": weights(rng, n)}, (5, 2, 20))
    for a, b, regime in SHARES:
        yield {"probs": a}, {"probs": b}, regime
    yield from common(rng, lambda n: {"logits": [rng.gauss(0, 2) for _ in range(n)]}, (5, 2, 20))
    inf = float("inf")
    for a, b, regime in (
        ([0.0, 40.0, -3.0], [0.5, -40.0, 1.0], "far"),
        ([0.0, 600.0], [0.0, -600.0], "far"),
        ([1e8, 1e8 + 1], [1e8, 1e8 + 1.5], "offset"),
        ([0.0, -600.0, 1.0], [0.0, -601.0, 1.0], "tinyp"),
        ([0.0, -inf, 1.0], [0.3, 0.5, 1.0], "boundary"),
        ([0.0, -inf], [0.3, -inf], "boundary"),
        ([0.0, 0.1], [0.3, -inf], "boundary"),
    ):
        yield {"logits": a}, {"logits": b}, regime


def multinomial(rng: random.Random) -> Iterator[Point]:
    counts = (7, 1, 1000, 10**9)
    yield from common(rng, lambda n: {"total_count": counts[n % 4], "probs": weights(rng, n)}, (4, 2, 5, 20, 3))
    for a, b, regime in SHARES:
        yield {"total_count": 12, "probs": a}, {"total_count": 12, "probs": b}, regime


def dirichlet(rng: random.Random) -> Iterator[Point]:
    def law(size: int) -> Params:
        return {"concentration": [draw(rng, "shape") for _ in range(size)]}

    yield from common(rng, law, (3, 2, 20))
    for size in SHAPES:
        p = {"concentration": [size * rng.uniform(1, 2) for _ in range(3)]}
        yield p, nudge(rng, p, 1e-2), "shape"
        yield p, nudge(rng, p, 1e-8), "shape"
        p = {"concentration": [size, *law(2)["concentration"]]}
        yield p, law(3), "shape"
        yield p, nudge(rng, p, 1e-4), "shape"


def von_mises_fisher(rng: random.Random) -> Iterator[Point]:
    def law(size: int) -> Params:
        v = [rng.gauss(0, 1) for _ in range(size)]
        length = sum(x * x for x in v) ** 0.5
        return {"mean_direction": [x / length for x in v], "concentration": draw(rng, "shape")}

    yield from common(rng, law, (3, 2, 5))
    for size in (2, 3, 5):
        first, second = ([1.0 if j == i else 0.0 for j in range(size)] for i in (0, 1))
        for a, b in (
            (2.0, 2.0),
            (1e-6, 3e-6),
            (1e3, 1e3 * (1 + 1e-6)),
            (1e8, 1.5e8),
            (1e-150, 2.0),
            (2.0, 1e-150),
            (1e-8, 5.0),
        ):
            yield {"mean_direction": first, "concentration": a}, {"mean_direction": first, "concentration": b}, "shape"
        for a, b in ((2.0, 3.0), (1e4, 5.0)):
            law_q = {"mean_direction": second, "concentration": b}
            yield {"mean_direction": first, "concentration": a}, law_q, "far"
        p = {"mean_direction": first, "concentration": 3.0}
        yield p, {"mean_direction": [-x for x in first], "concentration": 3.0}, "far"
        yield p, {"mean_direction": [1.0, 1e-8, *first[2:]], "concentration": 3.0}, "near1e-08"


def tril(rng: random.Random, size: int) -> list[list[float]]:
    return [
        [draw(rng, "scale") if i == j else rng.gauss(0, 0.5) if j < i else 0.0 for j in range(size)]
        for i in range(size)
    ]


def vector(rng: random.Random, size: int) -> list[float]:
    return [rng.gauss(0, 1.5) for _ in range(size)]


def multivariate_normal(rng: random.Random) -> Iterator[Point]:
    def full(n: int) -> Params:
        return {"loc": vector(rng, n), "scale_tril": tril(rng, n)}

    def diagonal(n: int) -> Params:
        return {"loc": vector(rng, n), "scale_diag": [draw(rng, "scale") for _ in range(n)]}

    for law, name in ((full, "scale_tril"), (diagonal, "scale_diag")):
        yield from common(rng, law, (4, 2, 1, 8))
        for factor in FACTORS:
            p, q = law(3), law(3)
            yield {n: times(v, factor) for n, v in p.items()}, {n: times(v, factor) for n, v in q.items()}, "scale"
        for factor in (1e-8, 1e8):
            p, q = law(3), law(3)
            yield p, {"loc": q["loc"], name: times(p[name], factor)}, "ratio"
            yield p, {**q, "loc": [1e8, *q["loc"][1:]]}, "far"
        yield part(rng, law(4), "loc", 1e-8)
        yield part(rng, law(4), name, 1e-8)
        p, q = law(3), law(3)
        yield {**p, "loc": [1e8 + x for x in p["loc"]]}, {**q, "loc": [1e8 + x for x in q["loc"]]}, "offset"
    graded = [1e-6, 1e-3, 1.0, 1e6]
    for name, even in (("scale_diag", diagonal(4)), ("scale_tril", full(4))):
        p = {**even, name: [times(row, g) for row, g in zip(even[name], graded, strict=True)]}
        yield p, nudge(rng, p, 1e-6), "illcond"
        yield {**p, "loc": [0.0] * 4}, {**p, "loc": [1e-6, 1e-3, 1.0, 1e6]}, "illcond"
    p = {"loc": [0.0, 0.0], "scale_tril": [[1.0, 0.0], [1.0, 1e-6]]}
    yield p, {"loc": [0.0, 0.0], "scale_tril": [[1.0, 0.0], [1.000001, 1e-6]]}, "illcond"
    yield p, {"loc": [0.0, 0.0], "scale_tril": [[1.0, 0.0], [0.0, 1.0]]}, "illcond"


def low_rank(rng: random.Random) -> Iterator[Point]:
    def law(size: int) -> Params:
        rank = 2 if size > 2 else 1
        factor = [[rng.gauss(0, 0.7) for _ in range(rank)] for _ in range(size)]
        return {"loc": vector(rng, size), "cov_factor": factor, "cov_diag": [draw(rng, "scale") for _ in range(size)]}

    yield from common(rng, law, (4, 2, 10, 5))
    for name in ("loc", "cov_factor", "cov_diag"):
        yield part(rng, law(4), name, 1e-8)
    for factor in (1e-8, 1e-4, 1e4, 1e8):
        p, q = law(4), law(4)
        yield p, {**q, "cov_diag": times(q["cov_diag"], factor)}, "ratio"
        p = {**p, "cov_diag": times(p["cov_diag"], factor)}
        yield p, nudge(rng, p, 1e-2), "illcond"
    for factor in FACTORS:
        p, q = ({n: times(v, factor**2 if n == "cov_diag" else factor) for n, v in law(3).items()} for _ in range(2))
        yield p, q, "scale"


def matrix_normal(rng: random.Random) -> Iterator[Point]:
    def law(size: int) -> Params:
        columns = max(size - 1, 1)
        return {
            "loc": [vector(rng, columns) for _ in range(size)],
            "row_tril": tril(rng, size),
            "col_tril": tril(rng, columns),
        }

    yield from common(rng, law, (3, 2, 1, 5))
    for name in ("loc", "row_tril", "col_tril"):
        yield part(rng, law(3), name, 1e-8)
    for factor in (1e-100, 1e100):
        p, q = ({n: times(v, 1.0 if n == "col_tril" else factor) for n, v in law(3).items()} for _ in range(2))
        yield p, q, "scale"
        p = law(3)  # the factor moves from the rows to the columns, where half of it arrives
        yield p, {**p, "row_tril": times(p["row_tril"], 2.0**40), "col_tril": times(p["col_tril"], 2.0**-41)}, "ratio"
    for factor in (1e-8, 1e8):
        p, q = law(3), law(3)
        yield p, {**q, "row_tril": times(q["row_tril"], factor)}, "ratio"


def wishart(rng: random.Random) -> Iterator[Point]:
    def law(size: int) -> Params:
        return {"df": size - 1 + draw(rng, "shape"), "scale_tril": tril(rng, size)}

    yield from common(rng, law, (3, 2, 1, 5))
    for name in ("df", "scale_tril"):
        for gap in GAPS[::2]:
            yield part(rng, law(3), name, gap)
    for size in (1e-6, 1e-3, 1e3, 1e6, 1e10):
        p = {**law(3), "df": 2 + size * rng.uniform(1, 2)}
        yield p, {**p, "df": 2 + (p["df"] - 2) * 1.01}, "shape"
        yield p, {**p, "scale_tril": nudged(rng, p["scale_tril"], 1e-4)}, "shape"
        yield p, law(3), "shape"
    for factor in FACTORS[1:3]:
        p, q = ({**a, "scale_tril": times(a["scale_tril"], factor)} for a in (law(3), law(3)))
        yield p, q, "scale"
    for factor in (1e-8, 1e8):
        p, q = law(3), law(3)
        yield p, {**q, "scale_tril": times(q["scale_tril"], factor)}, "ratio"


def markov_chain(rng: random.Random) -> Iterator[Point]:
    def law(size: int) -> Params:
        return {"transition": [weights(rng, size) for _ in range(size)]}

    yield from common(rng, law, (3, 2, 6))
    half = [0.5, 0.5]
    for p, q, regime in (
        ([half, [1.0, 0.0]], [[0.3, 0.7], [1.0, 0.0]], "boundary"),
        ([half, [1.0, 0.0]], [[0.3, 0.7], [0.9, 0.1]], "boundary"),
        ([half, half], [[0.3, 0.7], [1.0, 0.0]], "boundary"),
        ([[0.0, 1.0], [1.0, 0.0]], [half, half], "boundary"),
        ([half, half], [half, half], "equal"),
        ([[1.0, 1e-300], half], [half, half], "tinyp"),
        ([half, half], [[1.0, 1e-300], half], "tinyp"),
        ([[1.0, 1e-10], [1e-12, 1.0]], [[1.0, 3e-10], [1e-12, 1.0]], "tinyp"),
        ([[ALMOST_ONE, 1 - ALMOST_ONE], half], [half, half], "p->1"),
        ([half, half], [[1.0, 1e-8], [1e-8, 1.0]], "ratio"),
    ):
        yield {"transition": p}, {"transition": q}, regime


POINTS: dict[str, Callable[[random.Random], Iterator[Point]]] = {
    "Categorical": categorical,
    "Multinomial": multinomial,
    "Dirichlet": dirichlet,
    "VonMisesFisher": von_mises_fisher,
    "MultivariateNormal": multivariate_normal,
    "LowRankMultivariateNormal": low_rank,
    "MatrixNormal": matrix_normal,
    "Wishart": wishart,
    "InverseWishart": wishart,
    "MarkovChain": markov_chain,
}
