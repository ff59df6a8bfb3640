"""The formulas against the definition: quadrature or summation of p log(p/q), and the density's total of one.

Of the laws on vectors those of exponential families are checked by D = A(θ_q) - A(θ_p) - dA(θ_p)[θ_q - θ_p], the
derivative of the log normalizer A taken numerically; a path of a MarkovChain is summed out.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf
from tools.oracle import _vectors
from tools.oracle._law import Law, difference
from tools.oracle._points import Params, Point
from tools.oracle._truth import LAWS, divergence, exact

DIGITS = 40


def discrepancy(pair: tuple[str, str], points: list[Point]) -> Any:
    """The relative difference between formula and definition at the first ordinary point with a finite divergence."""
    with mp.workdps(DIGITS):
        for p, q, regime in points:
            if regime != "ordinary":
                continue
            value = divergence(pair[0], p, pair[1], q)
            if not mp.isinf(value) and value:
                return abs(defined(pair, exact_law(p), exact_law(q)) / value - 1)
    raise ValueError(f"{pair} has no ordinary point with a finite divergence")


def exact_law(params: Params) -> Params:
    return {name: exact(value) for name, value in params.items()}


def defined(pair: tuple[str, str], p: Params, q: Params) -> Any:
    if pair[0] in VECTORS:
        return VECTORS[pair[0]](p, q)
    first, second = LAWS[pair[0]](**p), LAWS[pair[1]](**q)
    over = summed if first.lattice else integrated
    total = over(first, first, lambda _: mpf(1))
    if abs(total - 1) > mpf(10) ** -18:
        raise ArithmeticError(f"{pair[0]} {p} has the total {total}")
    return over(first, second, lambda x: first.log_density(x) - second.log_density(x))


def summed(p: Law, _: Law, f: Callable[[Any], Any]) -> Any:
    def term(k: Any) -> Any:
        return mp.exp(p.log_density(mpf(k))) * f(mpf(k))

    if ("log",) in p.terms and ("power", 1) not in p.terms:  # a tail of powers
        return mp.nsum(term, [p.low, p.high], method="e")
    last = min(p.high, mpf(6000))
    return mp.fsum(term(p.low + k) for k in range(int(last - p.low) + 1))


def integrated(p: Law, q: Law, f: Callable[[Any], Any]) -> Any:
    kinks = [s[1] for s in difference(p, q) | p.terms if s[0] == "gap"]
    ends = breaks(p) + [c for c in kinks if p.low < c < p.high]

    def inner(x: Any) -> Any:
        if x in (p.low, p.high):
            return mpf(0)
        value = p.log_density(x)
        return mp.exp(value) * f(x) if value > -10_000 else mpf(0)

    with mp.workdps(2 * DIGITS):
        return mp.quad(inner, sorted(set(ends)), maxdegree=9)


def breaks(p: Law) -> list[Any]:
    """Ends between which the density is smooth and not too steep: around its heaviest place on a grid."""
    if mp.isinf(p.high):
        grid = [mpf(10) ** (mpf(j) / 16) for j in range(-64, 65)]
        grid += [-x for x in grid]
    else:
        grid = [p.low + (p.high - p.low) * mpf(j) / 64 for j in range(1, 64)]
    inside = [x for x in grid if p.low < x < p.high]
    center = max(inside, key=lambda x: p.log_density(x) + mp.log(abs(x) + mpf(10) ** -3))
    wide = max(abs(center), mpf(1))
    around = [center + j * wide for j in (-30, -10, -3, -1, 0, 1, 3, 10, 30)] + [center / 10, center / 100]
    return [p.low, *(x for x in around if p.low < x < p.high), p.high]


def bregman(natural: Callable[[Params], list[Any]], normalizer: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def gap(p: Params, q: Params) -> Any:
        start, end = natural(p), natural(q)
        move = [b - a for a, b in zip(start, end, strict=True)]

        def along(t: Any) -> Any:
            return normalizer([a + t * m for a, m in zip(start, move, strict=True)])

        with mp.workdps(2 * DIGITS):
            return along(mpf(1)) - along(mpf(0)) - mp.diff(along, mpf(0), h=mpf(10) ** -40)

    return gap


def half_precision(params: Params) -> list[Any]:
    covariance = _vectors.covariance(params)
    precision = covariance**-1
    return [precision * mp.matrix(params["loc"]), -precision / 2]


def gaussian_normalizer(theta: list[Any]) -> Any:
    shift, half = theta
    precision = -2 * half
    return ((shift.T * precision**-1 * shift)[0, 0] - _vectors.log_det(precision)) / 2


def stacked(params: Params) -> Params:
    """A MatrixNormal as a normal law of the entries, row by row."""
    row, col = _vectors.gram(params["row_tril"]), _vectors.gram(params["col_tril"])
    places = list(itertools.product(range(row.rows), range(col.rows)))
    full = mp.matrix(len(places))
    for (a, (i, j)), (b, (k, m)) in itertools.product(enumerate(places), repeat=2):
        full[a, b] = row[i, k] * col[j, m]
    factor = mp.cholesky(full)
    return {"loc": [x for r in params["loc"] for x in r], "scale_tril": factor.tolist()}


def wishart_natural(params: Params) -> list[Any]:
    return [params["df"], -(_vectors.gram(params["scale_tril"]) ** -1) / 2]


def wishart_normalizer(theta: list[Any]) -> Any:
    df, half = theta
    size = half.rows
    return -df / 2 * _vectors.log_det(-half) + _vectors.log_multigamma(size, df / 2)


def inverse_wishart_natural(params: Params) -> list[Any]:
    return [params["df"], -_vectors.gram(params["scale_tril"]) / 2]


def dirichlet_normalizer(theta: list[Any]) -> Any:
    return mp.fsum(map(mp.loggamma, theta)) - mp.loggamma(mp.fsum(theta))


def vmf_natural(params: Params) -> list[Any]:
    direction = mp.matrix(params["mean_direction"])
    return [params["concentration"] * direction / mp.norm(direction)]


def vmf_normalizer(theta: list[Any]) -> Any:
    """log ∫ exp(θ·x) over the sphere, by the angle to θ."""
    kappa, size = mp.norm(theta[0]), theta[0].rows
    area = 2 * mp.pi ** (mpf(size - 1) / 2) / mp.gamma(mpf(size - 1) / 2)
    return mp.log(area * mp.quad(lambda a: mp.exp(kappa * mp.cos(a)) * mp.sin(a) ** (size - 2), [0, mp.pi / 2, mp.pi]))


def path_rate(p: Params, q: Params) -> Any:
    """D of three steps less D of two, all paths summed, the start stationary for p and free of a price."""
    rows, others = ([_vectors.shares(r) for r in law["transition"]] for law in (p, q))
    start = [mpf(1) / len(rows)] * len(rows)
    for _ in range(3000):
        start = [mp.fsum(s * row[j] for s, row in zip(start, rows, strict=True)) for j in range(len(rows))]

    def of_steps(steps: int) -> Any:
        total = mpf(0)
        for path in itertools.product(range(len(rows)), repeat=steps + 1):
            moves = list(itertools.pairwise(path))
            a = start[path[0]] * mp.fprod(rows[i][j] for i, j in moves)
            b = start[path[0]] * mp.fprod(others[i][j] for i, j in moves)
            total += a * mp.log(a / b)
        return total

    return of_steps(3) - of_steps(2)


def drawn(p: Params, q: Params) -> Any:
    """Every outcome of the draws of a Multinomial summed, few draws and few labels."""
    a, b, n = (*map(_vectors.shares, (p["probs"], q["probs"])), int(p["total_count"]))
    total = mpf(0)
    for counts in itertools.product(range(n + 1), repeat=len(a)):
        if sum(counts) == n:
            ways = mp.factorial(n) / mp.fprod(map(mp.factorial, counts))
            x, y = (ways * mp.fprod(w**k for w, k in zip(s, counts, strict=True)) for s in (a, b))
            total += x * mp.log(x / y)
    return total


def categorical_sum(p: Params, q: Params) -> Any:
    a, b = ([w / mp.fsum(law["probs"]) for w in law["probs"]] for law in (p, q))
    return mp.fsum(x * (mp.log(x) - mp.log(y)) for x, y in zip(a, b, strict=True))


def table_sum(pmf: Callable[[Params], list[Any]]) -> Callable[[Params, Params], Any]:
    def total(p: Params, q: Params) -> Any:
        a, b = pmf(p), pmf(q)
        if max(abs(mp.fsum(t) - 1) for t in (a, b)) > mpf(10) ** -25:
            raise ArithmeticError(f"{p} or {q} has a total other than 1")
        return mp.fsum(x * (mp.log(x) - mp.log(y)) for x, y in zip(a, b, strict=True) if x)

    return total


NORMAL = bregman(half_precision, gaussian_normalizer)
VECTORS: dict[str, Callable[[Params, Params], Any]] = {
    "Categorical": categorical_sum,
    "Multinomial": drawn,
    "BetaBinomial": table_sum(_vectors.beta_binomial_pmf),
    "Hypergeometric": table_sum(_vectors.hypergeometric_pmf),
    "MarkovChain": path_rate,
    "Dirichlet": bregman(lambda p: list(p["concentration"]), dirichlet_normalizer),
    "VonMisesFisher": bregman(vmf_natural, vmf_normalizer),
    "MultivariateNormal": NORMAL,
    "LowRankMultivariateNormal": NORMAL,
    "MatrixNormal": lambda p, q: NORMAL(stacked(p), stacked(q)),
    "Wishart": bregman(wishart_natural, wishart_normalizer),
    "InverseWishart": bregman(inverse_wishart_natural, wishart_normalizer),
}
