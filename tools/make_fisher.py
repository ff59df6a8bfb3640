"""Write Fisher information to thirty digits, truths that tests hold the library to, under ``tests/oracle/data/fisher``.

One file ``information.json``: family, parameters (exact float64 values) and the lower triangle of the matrix, row after
row. Values are the textbook expectations in mpmath at 80 digits, where cancellation costs nothing; that they are the
curvature of the divergence is a test of its own. Needs mpmath; run from the root of the repository:

    python -m tools.make_fisher
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mpmath import mp, mpf

FILE = Path(__file__).resolve().parent.parent / "tests" / "oracle" / "data" / "fisher" / "information.json"
Rows = list[list[Any]]


def _diagonal(*entries: Any) -> Rows:
    return [[entry if i == j else mpf(0) for j in range(i + 1)] for i, entry in enumerate(entries)]


def _log_gamma_location(shape: Any, offset: Any) -> Callable[..., Rows]:
    """Laws of loc - scale (log G + offset) for G from Gamma(shape, 1)."""

    def rows(loc: Any, scale: Any) -> Rows:  # noqa: ARG001 - parameters by name
        mean = mp.psi(0, shape + 1) + offset
        corner = 1 + shape * (mp.psi(1, shape + 1) + mean**2)
        return [[shape / scale**2], [-shape * mean / scale**2, corner / scale**2]]

    return rows


def moyal(loc: Any, scale: Any) -> Rows:
    return _log_gamma_location(mpf(1) / 2, mp.log(2))(loc, scale)


def cauchy(loc: Any, scale: Any) -> Rows:  # noqa: ARG001
    return _diagonal(1 / (2 * scale**2), 1 / (2 * scale**2))


def normal(loc: Any, scale: Any) -> Rows:  # noqa: ARG001
    return _diagonal(1 / scale**2, 2 / scale**2)


def laplace(loc: Any, scale: Any) -> Rows:  # noqa: ARG001
    return _diagonal(1 / scale**2, 1 / scale**2)


def logistic(loc: Any, scale: Any) -> Rows:  # noqa: ARG001
    return _diagonal(1 / (3 * scale**2), (3 + mp.pi**2) / (9 * scale**2))


def student(df: Any, loc: Any, scale: Any) -> Rows:  # noqa: ARG001
    corner = (mp.psi(1, df / 2) - mp.psi(1, (df + 1) / 2)) / 4 - (df + 5) / (2 * df * (df + 1) * (df + 3))
    return [
        [corner],
        [mpf(0), (df + 1) / ((df + 3) * scale**2)],
        [-2 / (scale * (df + 1) * (df + 3)), mpf(0), 2 * df / ((df + 3) * scale**2)],
    ]


def generalized_gamma(concentration: Any, scale: Any, power: Any) -> Rows:
    a, mean = concentration, mp.psi(0, concentration + 1)
    return [
        [mp.psi(1, a)],
        [power / scale, a * power**2 / scale**2],
        [-mp.psi(0, a) / power, -a * mean / scale, (1 + a * (mp.psi(1, a + 1) + mean**2)) / power**2],
    ]


def gamma(concentration: Any, rate: Any) -> Rows:
    return [[mp.psi(1, concentration)], [-1 / rate, concentration / rate**2]]


def weibull(scale: Any, concentration: Any) -> Rows:
    lean = 1 - mp.euler
    corner = (mp.pi**2 / 6 + lean**2) / concentration**2
    return [[concentration**2 / scale**2], [-lean / scale, corner]]


def frechet(scale: Any, concentration: Any) -> Rows:
    (first,), (mixed, corner) = weibull(scale, concentration)
    return [[first], [-mixed, corner]]


def beta(concentration1: Any, concentration0: Any) -> Rows:
    total = mp.psi(1, concentration1 + concentration0)
    return [[mp.psi(1, concentration1) - total], [-total, mp.psi(1, concentration0) - total]]


def kumaraswamy(concentration1: Any, concentration0: Any) -> Rows:
    a, b = concentration1, concentration0
    b += mpf("1e-30") if b in {1, 2} else 0  # removable
    mixed = -(mp.psi(0, b + 1) - mp.psi(0, 2)) / (b - 1) / a
    bend = (mp.psi(0, b) - mp.psi(0, 2)) ** 2 + mp.psi(1, 2) - mp.psi(1, b)
    return [[(1 + b / (b - 2) * bend) / a**2], [mixed, 1 / b**2]]


def continuous_bernoulli(probs: Any) -> Rows:
    logit = mp.log(probs / (1 - probs))
    variance = 1 / logit**2 - 1 / (4 * mp.sinh(logit / 2) ** 2) if logit else mpf(1) / 12
    return [[variance / (probs * (1 - probs)) ** 2]]


def truncated_normal(loc: Any, scale: Any, low: Any, high: Any) -> Rows:
    """The covariance of z and z² between the limits, by quadrature in pieces from the nearest point."""
    low, high = (low - loc) / scale, (high - loc) / scale
    center = low if low > 0 else high if high < 0 else mpf(0)
    pieces = [center + step for step in (-20, -8, -3, -1, -0.3, -0.1, -0.01, 0, 0.01, 0.1, 0.3, 1, 3, 8, 20)]
    pieces = [max(low, center - 20), *(x for x in pieces if low < x < high), min(high, center + 20)]

    def mean(f: Callable[[Any], Any]) -> Any:
        return mp.quad(lambda z: f(z) * mp.exp((center**2 - z**2) / 2), sorted(set(pieces)))

    total = mean(lambda z: z**0)
    one, two = mean(lambda z: z) / total, mean(lambda z: z * z) / total
    parts = [(1, 1), (1, 2), (2, 2)]
    first, mixed, second = (
        mean(lambda z, i=i, j=j: (z**i - (one if i == 1 else two)) * (z**j - (one if j == 1 else two))) / total
        for i, j in parts
    )
    return [[first / scale**2], [mixed / scale**2, second / scale**2]]


def negative_binomial(total_count: Any, probs: Any) -> Rows:
    r, q = total_count, 1 - probs
    # Σ q^k Γ(k) Γ(r) / k Γ(r + k), which is the expectation of ψ₁(r) - ψ₁(X + r).
    count = q / r * mp.hyp3f2(1, 1, 1, 2, r + 1, q) if q < 0.9 else _count(r, probs)
    return [[count], [-1 / probs, r / (probs**2 * q)]]


def _count(r: Any, p: Any) -> Any:
    """The same as an integral in log s, where q is near 1."""
    odds = (1 - p) / p

    def integrand(y: Any) -> Any:
        s = mp.exp(y)
        u = -mp.expm1(-s)
        return s * s * mp.exp(-r * s) * -mp.expm1(-r * mp.log1p(odds * u)) / u

    low, high = mp.log(min(mpf(1), 1 / odds, 1 / r) / max(r, mpf(1))) - 45, mp.log(200 / r)
    return mp.quad(integrand, mp.linspace(low, high, int((high - low) / 2) + 2))


def beta_binomial(total_count: Any, concentration1: Any, concentration0: Any) -> Rows:
    n, a, b = int(total_count), concentration1, concentration0
    first = mixed = second = mpf(0)
    for x in range(n + 1):
        chance = mp.binomial(n, x) * mp.beta(a + x, b + n - x) / mp.beta(a, b)
        common = mp.psi(0, a + b + n) - mp.psi(0, a + b)
        one, two = mp.psi(0, a + x) - mp.psi(0, a) - common, mp.psi(0, b + n - x) - mp.psi(0, b) - common
        first, mixed, second = first + chance * one**2, mixed + chance * one * two, second + chance * two**2
    return [[first], [mixed, second]]


def zeta(exponent: Any) -> Rows:
    value, slope, bend = mp.zeta(exponent), mp.zeta(exponent, 1, 1), mp.zeta(exponent, 1, 2)
    return [[bend / value - (slope / value) ** 2]]


def log_series(probs: Any) -> Rows:
    length = -mp.log1p(-probs)
    return [[(length - probs) / (probs * ((1 - probs) * length) ** 2)]]


def von_mises(loc: Any, concentration: Any) -> Rows:  # noqa: ARG001
    k = concentration
    mean = mp.besseli(1, k) / mp.besseli(0, k)
    return _diagonal(k * mean, 1 - mean / k - mean**2)


def lindley(rate: Any) -> Rows:
    return [[2 / rate**2 - 1 / (1 + rate) ** 2]]


LAWS: dict[str, tuple[Callable[..., Rows], list[dict[str, float]]]] = {
    "Normal": (
        normal,
        [{"loc": 1.0, "scale": 2.0}, {"loc": 1e6, "scale": 1e-8}, {"loc": 0.0, "scale": 1e150}],
    ),
    "LogNormal": (normal, [{"loc": 1.0, "scale": 0.3}]),
    "TruncatedNormal": (
        truncated_normal,
        [
            {"loc": 0.0, "scale": 1.0, "low": 0.0, "high": 1.0},
            {"loc": 0.5, "scale": 2.0, "low": -1.0, "high": 7.0},
            {"loc": 0.0, "scale": 1.0, "low": 8.0, "high": 30.0},
            {"loc": 1.0, "scale": 0.1, "low": -5.0, "high": 0.0},
            {"loc": 0.3, "scale": 1.0, "low": 0.0, "high": 0.0009765625},
        ],
    ),
    "Laplace": (laplace, [{"loc": 1.0, "scale": 0.3}]),
    "Logistic": (
        logistic,
        [{"loc": 1.0, "scale": 0.3}],
    ),
    "Cauchy": (cauchy, [{"loc": 1.0, "scale": 0.3}]),
    "StudentT": (
        student,
        [{"df": df, "loc": 1.0, "scale": 0.3} for df in (1e-3, 0.5, 1.0, 3.0, 7.3, 30.0, 1e3, 1e6)],
    ),
    "Gumbel": (_log_gamma_location(mpf(1), mpf(0)), [{"loc": 1.0, "scale": 0.3}]),
    "Moyal": (moyal, [{"loc": 1.0, "scale": 0.3}]),
    "Exponential": (lambda rate: [[1 / rate**2]], [{"rate": 0.3}, {"rate": 1e-100}]),
    "Gamma": (gamma, [{"concentration": a, "rate": 0.7} for a in (1e-6, 0.5, 1.5, 40.0, 1e8)]),
    "InverseGamma": (gamma, [{"concentration": 2.5, "rate": 3.0}]),
    "GeneralizedGamma": (
        generalized_gamma,
        [
            {"concentration": 1.3, "scale": 0.7, "power": 2.2},
            {"concentration": 0.2, "scale": 3.0, "power": -1.5},
            {"concentration": 1e5, "scale": 3.0, "power": 0.5},
        ],
    ),
    "Chi2": (lambda df: [[mp.psi(1, df / 2) / 4]], [{"df": 0.01}, {"df": 5.0}, {"df": 1e7}]),
    "Chi": (lambda df: [[mp.psi(1, df / 2) / 4]], [{"df": 3.0}]),
    "Nakagami": (
        lambda concentration, spread: _diagonal(
            mp.psi(1, concentration) - 1 / concentration, concentration / spread**2
        ),
        [{"concentration": m, "spread": 2.0} for m in (1e-4, 0.7, 3.0, 1e6)],
    ),
    "HalfNormal": (lambda scale: [[2 / scale**2]], [{"scale": 0.7}]),
    "Rayleigh": (lambda scale: [[4 / scale**2]], [{"scale": 0.7}]),
    "Maxwell": (lambda scale: [[6 / scale**2]], [{"scale": 0.7}]),
    "Weibull": (weibull, [{"scale": 2.0, "concentration": 1.5}, {"scale": 1e-9, "concentration": 1e-3}]),
    "Frechet": (frechet, [{"scale": 2.0, "concentration": 1.5}]),
    "InverseGaussian": (
        lambda loc, concentration: _diagonal(concentration / loc**3, 1 / (2 * concentration**2)),
        [{"loc": 0.7, "concentration": 2.0}],
    ),
    "Lindley": (lindley, [{"rate": rate} for rate in (1e-8, 0.7, 1e6)]),
    "Beta": (
        beta,
        [
            {"concentration1": a, "concentration0": b}
            for a, b in ((2.0, 0.5), (1e-6, 1e6), (1e6, 1e-6), (1e-5, 2e-5), (1e7, 3e7), (30.0, 0.1))
        ],
    ),
    "PowerFunction": (lambda concentration: [[1 / concentration**2]], [{"concentration": 2.5}]),
    "Kumaraswamy": (
        kumaraswamy,
        [
            {"concentration1": 1.7, "concentration0": b}
            for b in (1e-6, 0.3, 1.0, 1.0000001, 1.4, 1.6, 1.9999999, 2.0, 2.00001, 2.6, 50.0, 1e7)
        ],
    ),
    "ContinuousBernoulli": (
        continuous_bernoulli,
        [{"probs": p} for p in (1e-9, 0.2, 0.499, 0.4999999999, 0.5, 0.50001, 0.8, 0.999)],
    ),
    "VonMises": (von_mises, [{"loc": 0.3, "concentration": k} for k in (1e-4, 0.5, 4.0, 300.0, 1e5)]),
    "Bernoulli": (lambda probs: [[1 / (probs * (1 - probs))]], [{"probs": p} for p in (1e-9, 0.3, 0.999)]),
    "Binomial": (
        lambda total_count, probs: [[total_count / (probs * (1 - probs))]],
        [{"total_count": 5.0, "probs": 0.3}],
    ),
    "Geometric": (lambda probs: [[1 / (probs**2 * (1 - probs))]], [{"probs": 1e-5}, {"probs": 0.3}]),
    "NegativeBinomial": (
        negative_binomial,
        [
            {"total_count": r, "probs": p}
            for r, p in ((3.0, 0.4), (0.01, 0.5), (1e5, 0.5), (2.5, 1e-4), (1e-4, 1e-6), (1e3, 1e-3), (7.0, 0.999))
        ],
    ),
    "Poisson": (lambda rate: [[1 / rate]], [{"rate": 2.5}, {"rate": 1e-200}]),
    "Zeta": (zeta, [{"exponent": s} for s in (1.001, 1.5, 2.5, 8.0, 40.0)]),
    "LogSeries": (log_series, [{"probs": p} for p in (1e-7, 0.3, 0.6, 0.999)]),
    "BetaBinomial": (
        beta_binomial,
        [
            {"total_count": n, "concentration1": a, "concentration0": b}
            for n, a, b in ((1.0, 2.0, 3.0), (5.0, 2.0, 3.0), (60.0, 0.05, 0.3), (20.0, 400.0, 3.0), (9.0, 1e4, 2e4))
        ],
    ),
}


def main() -> None:
    lines = []
    with mp.workdps(80):
        for family, (formula, points) in LAWS.items():
            for point in points:
                rows = formula(**{name: mpf(value) for name, value in point.items()})
                texts = [[mp.nstr(value, 30) for value in row] for row in rows]
                lines.append(json.dumps({"family": family, "parameters": point, "information": texts}))
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"{len(lines)} points of {len(LAWS)} families")


if __name__ == "__main__":
    main()
