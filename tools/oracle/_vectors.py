"""Laws on vectors, matrices, labels and paths: the divergence of each family by its textbook formula."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from mpmath import mp, mpf

Params = dict[str, Any]
Vector = Sequence[Any]


def shares(weights: Vector) -> list[Any]:
    """Weights divided by their exact total."""
    total = mp.fsum(weights)
    return [w / total for w in weights]


def softmax(logits: Vector) -> list[Any]:
    return shares([mpf(0) if mp.isinf(a) else mp.exp(a) for a in logits])


def tabulated(p: Vector, q: Vector) -> Any:
    """Σ p log(p/q) over a finite table; a shorter table ends in zeros."""
    rows = [(a, b) for a, b in itertools.zip_longest(p, q, fillvalue=mpf(0)) if a]
    return mp.fsum(a * mp.log(a / b) for a, b in rows) if all(b for _, b in rows) else mp.inf


def category_shares(params: Params) -> list[Any]:
    return softmax(params["logits"]) if "logits" in params else shares(params["probs"])


def categorical(p: Params, q: Params) -> Any:
    return tabulated(category_shares(p), category_shares(q))


def multinomial(p: Params, q: Params) -> Any:
    return p["total_count"] * categorical(p, q)


def beta_binomial_pmf(params: Params) -> list[Any]:
    n, a, b = int(params["total_count"]), params["concentration1"], params["concentration0"]
    return [math.comb(n, k) * mp.rf(a, k) * mp.rf(b, n - k) / mp.rf(a + b, n) for k in range(n + 1)]


def beta_binomial(p: Params, q: Params) -> Any:
    return tabulated(beta_binomial_pmf(p), beta_binomial_pmf(q))


def hypergeometric_pmf(params: Params) -> list[Any]:
    total, good, n = (int(params[name]) for name in ("population", "successes", "draws"))

    def ways(k: int) -> Any:
        if k > good or n - k > total - good:
            return mpf(0)
        return mpf(math.comb(good, k) * math.comb(total - good, n - k)) / math.comb(total, n)

    return [ways(k) for k in range(n + 1)]


def hypergeometric(p: Params, q: Params) -> Any:
    return tabulated(hypergeometric_pmf(p), hypergeometric_pmf(q))


def stationary(rows: Sequence[Vector]) -> list[Any]:
    """The stationary shares of an irreducible chain."""
    n = len(rows)
    system = mp.matrix(n, n)
    for i in range(n):
        for j in range(n):
            system[j, i] = mpf(1) if j == n - 1 else rows[i][j] - (i == j)
    return list(mp.lu_solve(system, mp.matrix([0] * (n - 1) + [1])))


def markov_chain(p: Params, q: Params) -> Any:
    """Rate per step: each row divided by its exact total, rows weighted by the stationary shares of p."""
    rows, others = ([shares(row) for row in law["transition"]] for law in (p, q))
    return mp.fsum(w * tabulated(a, b) for w, a, b in zip(stationary(rows), rows, others, strict=True))


def dirichlet(p: Params, q: Params) -> Any:
    a, b = p["concentration"], q["concentration"]
    total, other = mp.fsum(a), mp.fsum(b)
    parts = (
        mp.loggamma(y) - mp.loggamma(x) + (x - y) * (mp.psi(0, x) - mp.psi(0, total)) for x, y in zip(a, b, strict=True)
    )
    return mp.loggamma(total) - mp.loggamma(other) + mp.fsum(parts)


def log_vmf_constant(size: int, kappa: Any) -> Any:
    if not kappa:
        return mp.loggamma(mpf(size) / 2) - mp.log(2) - mpf(size) / 2 * mp.log(mp.pi)
    order = mpf(size) / 2 - 1
    return order * mp.log(kappa) - mpf(size) / 2 * mp.log(2 * mp.pi) - mp.log(mp.besseli(order, kappa))


def von_mises_fisher(p: Params, q: Params) -> Any:
    """Directions are divided by their exact length."""
    a, b, kappa, other = p["mean_direction"], q["mean_direction"], p["concentration"], q["concentration"]
    size = len(a)
    cosine = mp.fdot(a, b) / mp.sqrt(mp.fdot(a, a) * mp.fdot(b, b))
    mean = mp.besseli(mpf(size) / 2, kappa) / mp.besseli(mpf(size) / 2 - 1, kappa) if kappa else mpf(0)
    return log_vmf_constant(size, kappa) - log_vmf_constant(size, other) + mean * (kappa - other * cosine)


def log_det(matrix: Any) -> Any:
    return mp.log(mp.det(matrix))


def trace(matrix: Any) -> Any:
    return mp.fsum(matrix[i, i] for i in range(matrix.rows))


def gaussian(mean: Vector, covariance: Any, other_mean: Vector, other: Any) -> Any:
    """½ (tr S₂⁻¹S₁ - d + log det S₂/det S₁ + (m₂-m₁)ᵀ S₂⁻¹ (m₂-m₁))."""
    inverse = other**-1
    gap = mp.matrix(other_mean) - mp.matrix(mean)
    quadratic = (gap.T * inverse * gap)[0, 0]
    return (trace(inverse * covariance) - covariance.rows + log_det(other) - log_det(covariance) + quadratic) / 2


def covariance(params: Params) -> Any:
    if "cov_factor" in params:
        factor = mp.matrix(params["cov_factor"])
        return factor * factor.T + mp.diag(params["cov_diag"])
    if "scale_diag" in params:
        return mp.diag([s**2 for s in params["scale_diag"]])
    factor = mp.matrix(params["scale_tril"])
    return factor * factor.T


def multivariate_normal(p: Params, q: Params) -> Any:
    return gaussian(p["loc"], covariance(p), q["loc"], covariance(q))


def gram(rows: Sequence[Vector]) -> Any:
    factor = mp.matrix(rows)
    return factor * factor.T


def matrix_normal(p: Params, q: Params) -> Any:
    u, v, u2, v2 = (gram(law[side]) for law in (p, q) for side in ("row_tril", "col_tril"))
    gap = mp.matrix(q["loc"]) - mp.matrix(p["loc"])
    inner = trace(u2**-1 * u) * trace(v2**-1 * v) + trace(v2**-1 * gap.T * u2**-1 * gap)
    logs = v.rows * (log_det(u2) - log_det(u)) + u.rows * (log_det(v2) - log_det(v))
    return (inner - u.rows * v.rows + logs) / 2


def log_multigamma(size: int, x: Any) -> Any:
    return mpf(size * (size - 1)) / 4 * mp.log(mp.pi) + mp.fsum(mp.loggamma(x - mpf(i) / 2) for i in range(size))


def multidigamma(size: int, x: Any) -> Any:
    return mp.fsum(mp.psi(0, x - mpf(i) / 2) for i in range(size))


def wishart_of(df: Any, scale: Any, other_df: Any, other: Any) -> Any:
    size, half = scale.rows, df / 2
    normalizers = log_multigamma(size, other_df / 2) - log_multigamma(size, half)
    dispersion = other_df * (log_det(other) - log_det(scale)) + df * (trace(other**-1 * scale) - size)
    return normalizers + dispersion / 2 + (half - other_df / 2) * multidigamma(size, half)


def wishart(p: Params, q: Params) -> Any:
    return wishart_of(p["df"], gram(p["scale_tril"]), q["df"], gram(q["scale_tril"]))


def inverse_wishart(p: Params, q: Params) -> Any:
    """The inverse of InverseWishart(df, L) is Wishart with scale matrix (L Lᵀ)⁻¹; a bijection keeps the divergence."""
    return wishart_of(p["df"], gram(p["scale_tril"]) ** -1, q["df"], gram(q["scale_tril"]) ** -1)


DIVERGENCES: dict[str, Callable[[Params, Params], Any]] = {
    "Categorical": categorical,
    "Multinomial": multinomial,
    "BetaBinomial": beta_binomial,
    "Hypergeometric": hypergeometric,
    "MarkovChain": markov_chain,
    "Dirichlet": dirichlet,
    "VonMisesFisher": von_mises_fisher,
    "MultivariateNormal": multivariate_normal,
    "LowRankMultivariateNormal": multivariate_normal,
    "MatrixNormal": matrix_normal,
    "Wishart": wishart,
    "InverseWishart": inverse_wishart,
}
