"""Stein's exponent: how fast misses fall at a fixed level of false alarms, with the exact figure for n rows."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from kullback._core import Figure
from kullback.decisions.hypotheses._inputs import are_arrays, check_level, check_rows, one_law
from kullback.decisions.hypotheses._neyman_pearson import neyman_pearson
from kullback.decisions.hypotheses._outcomes import Floats, is_countable, outcomes_of_arrays, outcomes_of_laws
from kullback.decisions.hypotheses._paths import whitened
from kullback.divergences import divergence
from kullback.divergences._ladder import _centered, density
from kullback.families import FAMILIES, Law, MultivariateNormal, PointMass, quotient_of
from kullback.numerics import expectation


@dataclass(frozen=True, eq=False, repr=False)
class SteinExponent(Figure):
    """The exponent of misses at a fixed level of false alarms, and what it says for n rows.

    Attributes:
        value: D(p‖q) in nats a row: p is the null hypothesis, q the alternative.
        variance: Variance of log p/q under p, in squared nats; it sets how slowly the limit is reached. None where
            there is no way to it (laws of vectors other than normal ones).
        alpha: Level of false alarms.
        n: Rows that the next two figures are for; None where none were asked for.
        log_misses: Exact log chance of a miss of the most powerful test.
        second_order: The same by the normal approximation of Strassen, n D - sqrt(n V) z + ½ log n, of opposite sign.
    """

    value: float
    variance: float | None
    alpha: float
    n: int | None = None
    log_misses: float | None = None
    second_order: float | None = None

    @property
    def exact_exponent(self) -> float | None:
        """`-log_misses / n` in nats a row, which tends to `value`."""
        return None if self.n is None or self.log_misses is None else -self.log_misses / self.n

    def __str__(self) -> str:
        lines = [
            f"Stein exponent D(p‖q) = {self.value:.6g} nats a row = {self.bits:.6g} bits a row (p null, q alternative)",
        ]
        if self.variance is not None:
            lines.append(f"  variance of log p/q under p = {self.variance:.6g} nats²")
        if self.n is not None and self.log_misses is not None:
            second = "" if self.second_order is None else f"; second order says exp({self.second_order:.6g})"
            lines.append(
                f"  at n = {self.n:,} and {self.alpha:g} false alarms: misses exp({self.log_misses:.6g}), exactly, "
                f"{self.exact_exponent:.6g} nats a row{second}"
            )
        return "\n".join(lines)


def stein_exponent(p: Any, q: Any, /, *, alpha: float = 0.05, n: int | None = None) -> SteinExponent:
    r"""Exponent of the misses of the best test of p against q at a fixed level of false alarms.

    $$ \lim_{n \to \infty} -\frac1n \log \beta_n(\alpha) = D(p \,\|\, q) $$

    for every level α between 0 and 1, where p is the null hypothesis and β the chance of keeping p though q is true.
    For n rows $-\log \beta_n = n D - \sqrt{nV} z_{1-α} + \frac12 \log n + O(1)$ with V the variance of log p/q under p.

    Args:
        p: The null hypothesis: row of probabilities, or a law.
        q: The alternative.
        alpha: Level of false alarms, between 0 and 1.
        n: Rows for the exact figure beside the limit; left out, the limit alone.

    Returns:
        The exponent in nats; infinite where q lacks an outcome of p: from some n on there are no misses at all, as
        an outcome that q forbids ends all doubt.

    Raises:
        InputError: The laws cannot be compared, or the exact figure is not known for the pair (see `neyman_pearson`).

    References:
        Chernoff (1956), Annals of Mathematical Statistics 27, theorem of Stein; Strassen (1962), Transactions of the
        Third Prague Conference; Cover and Thomas (2006), Elements of Information Theory, theorem 11.8.3.

    Example:
        >>> from kullback.decisions.hypotheses import stein_exponent
        >>> found = stein_exponent([0.5, 0.5], [0.2, 0.8], alpha=0.05, n=1000)
        >>> round(found.value, 4), round(found.exact_exponent, 4)
        (0.2231, 0.1922)
    """
    level = check_level(alpha, "alpha")
    rows = None if n is None else check_rows(n)
    value, variance = divergence_and_variance(p, q, ("p", "q"))
    if rows is None:
        return SteinExponent(value, variance, level)
    exact = neyman_pearson(p, q, alpha=level, n=rows).log_type_ii
    if variance is None:
        return SteinExponent(value, None, level, rows, exact)
    if math.isinf(value):
        return SteinExponent(value, variance, level, rows, exact, -math.inf)
    if math.isinf(variance):
        return SteinExponent(value, variance, level, rows, exact)
    gap = math.sqrt(rows * variance) * float(special.ndtri(1 - level))
    return SteinExponent(value, variance, level, rows, exact, gap - rows * value - 0.5 * math.log(rows))


def divergence_and_variance(p: Any, q: Any, names: tuple[str, str], /) -> tuple[float, float | None]:
    """D(p‖q) and the variance of log p/q under p: infinite where the divergence is, None where there is no way."""
    if are_arrays(p, q, names):
        outcomes = outcomes_of_arrays(p, q, names)
        value = float(divergence(p, q))
        return value, _variance(outcomes.p, outcomes.log_ratio, value)
    left, right = one_law(p, names[0]), one_law(q, names[1])
    value = float(divergence(left, right)) + 0.0
    if math.isinf(value):
        return value, math.inf
    if is_countable(left):
        listed = outcomes_of_laws(left, right)
        return value, _variance(listed.p, listed.log_ratio, value)
    return value, _law_variance(left, right, value)


def _variance(p: Floats, ratio: Floats, mean: float) -> float:
    if math.isinf(mean):
        return math.inf
    seen = p > 0
    return float((p[seen] * (-ratio[seen] - mean) ** 2).sum())


def _law_variance(p: Law, q: Law, mean: float) -> float | None:
    if isinstance(p, PointMass):
        return 0.0
    if isinstance(p, MultivariateNormal) and isinstance(q, MultivariateNormal):
        shift, spread, logs = whitened(p, q)
        width = np.exp(logs)
        return float((0.5 * (spread / width) ** 2 + (shift / width) ** 2).sum())
    if FAMILIES[type(p)].support(p).kind != "interval":
        return None
    p, q = _centered(p, q)
    left, right = density(p), density(q)
    exact = quotient_of(p, q)
    if left is None or right is None:
        return None

    def squared(x: Floats) -> Floats:
        with np.errstate(all="ignore"):
            plain = left.log_at(x) - right.log_at(x)
            finer = plain if exact is None else -np.asarray(exact(x), dtype=np.float64)
            ratio = np.where(np.isfinite(finer), finer, plain)
            return np.where(np.isnan(ratio), 0.0, (ratio - mean) ** 2)

    return expectation(left, squared).value
