"""The chance that a mean of n draws is far out, exact and by its exponent."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from kullback._core import Figure, InputError, numbers
from kullback.decisions.exponents._legendre import Legendre
from kullback.decisions.exponents._rate import cramer_rate, ready_law
from kullback.decisions.exponents._tail_sums import exact_log_tail, lattice_span
from kullback.decisions.exponents._types import is_count
from kullback.divergences._read import as_law
from kullback.families import Law
from kullback.fitting.constraints._points import Points

# Tilts below say nothing beside a float of 1 / t.
_LEAST_TILT = 1e-300


@dataclass(frozen=True, eq=False, repr=False)
class MeanTail(Figure):
    """P(mean of n draws ≥ x), or ≤ x, beside what its exponent says of it.

    Attributes:
        value: The exponent I(x) in nats per draw.
        n: Number of draws.
        x: The mean.
        side: "upper" for ≥ x, "lower" for ≤ x.
        log_probability: Exact logarithm of the chance, None where there is no exact way.
        log_chernoff: Chernoff's bound -n I at the smallest mean ≥ x that can be, never below the exact value; 0 on the
            side of the expectation.
        log_refined: Logarithm of the saddle-point approximation of Bahadur and Rao, right up to a factor 1 + O(1/n);
            None at the expectation, at the end of the support, and where the tail is heavy.
        method: How the exact value was computed.
    """

    value: float
    n: int
    x: float
    side: str
    log_probability: float | None
    log_chernoff: float
    log_refined: float | None
    method: str

    @property
    def probability(self) -> float | None:
        """The exact chance; 0 where it is below the range of floats."""
        return None if self.log_probability is None else float(np.exp(self.log_probability))

    @property
    def exponent_seen(self) -> float | None:
        """-log P / n in nats per draw, which goes to I(x) as n grows."""
        return None if self.log_probability is None else -self.log_probability / self.n

    def __str__(self) -> str:
        sign = "≥" if self.side == "upper" else "≤"
        exact = "no exact way" if self.log_probability is None else f"{_power(self.log_probability)}, {self.method}"
        lines = [
            f"I(x) = D(tilted law‖law) = {self.value:.6g} nats ({self.bits:.6g} bits) per draw",
            f"  P(mean of {self.n} {sign} {self.x:.6g}) = {exact}",
            f"  Chernoff bound exp(-n I) = {_power(self.log_chernoff)}",
        ]
        if self.log_refined is not None:
            lines.append(f"  Bahadur-Rao = {_power(self.log_refined)}")
        return "\n".join(lines)


def _power(logarithm: float) -> str:
    """A number given by its logarithm, below the range of floats too."""
    if logarithm > -690 or logarithm == -np.inf:
        return f"{np.exp(logarithm):.4g}"
    tens = logarithm / np.log(10.0)
    return f"{10 ** (tens - np.floor(tens)):.3f}e{int(np.floor(tens))}"


def mean_tail(law: Any, n: int, x: float, /, *, side: Literal["upper", "lower"] = "upper") -> MeanTail:
    r"""The chance that the mean of n independent draws is at least x, or at most x.

    $$ P(\bar X_n \ge x) \le e^{-n I(x)}, \qquad P(\bar X_n \ge x) \sim \frac{e^{-n I(x)}}{t\,σ_t \sqrt{2πn}} $$

    t is the tilt with mean x, σ_t the standard deviation of the tilted law. On a lattice of step d the factor 1/t is
    d/(1 - exp(-t d)) at the smallest mean ≥ x that can be.

    Args:
        law: Law of one draw, any object that `kl.divergence` reads, or probabilities of outcomes 0, 1, ….
        n: Number of draws, at least 1.
        x: The mean.
        side: "upper" or "lower".

    Returns:
        The exact chance where there is a way (laws closed under sums, finite laws on a lattice), the exponent,
        Chernoff's bound and the refined approximation.

    Raises:
        InputError: n is no positive whole number, x is not finite, the side is unknown, or the law is not on the line.

    References:
        Chernoff (1952), Annals of Mathematical Statistics 23. Bahadur and Rao (1960), Annals of Mathematical
        Statistics 31.

    Example:
        >>> from kullback.decisions.exponents import mean_tail
        >>> found = mean_tail([0.5, 0.5], 100, 0.7)
        >>> round(found.probability, 10), round(found.value, 6)
        (3.92507e-05, 0.082283)
    """
    if not is_count(n):
        raise InputError(f"n = {n!r} is no number of draws. A whole number of at least 1 is needed.")
    place = numbers(x)
    if side not in ("upper", "lower") or place.size != 1 or not np.isfinite(place).all():
        raise InputError(f"x = {x!r} and side = {side!r}: a finite x and 'upper' or 'lower' are needed.")
    x = float(place.ravel()[0])
    record = as_law(law, "law")
    ready = ready_law(record)
    sign = 1.0 if side == "upper" else -1.0
    here = _attainable(ready.points, int(n), float(x), sign)
    # Closed forms know the mean and what is beyond it better than points do.
    rate, attained = (
        float(cramer_rate(record, at)) if sign * (at - ready.mean) > 0 else 0.0 for at in (float(x), here)
    )
    exact = _exact(record, ready, int(n), here, sign)
    return MeanTail(
        value=rate,
        n=int(n),
        x=float(x),
        side=side,
        log_probability=None if exact is None else exact[0],
        log_chernoff=-n * attained,
        log_refined=_refined(ready, int(n), here, attained),
        method="" if exact is None else exact[1],
    )


def _attainable(points: Points, n: int, x: float, sign: float) -> float:
    """The nearest mean on the far side of x that n draws can have."""
    span = lattice_span(points)
    if span is None:
        return x
    first = float(points.values[points.log_weights > -np.inf][0])
    steps = sign * n * (x - first) / span
    return first + sign * float(np.ceil(steps - 1e-9 * max(1.0, abs(steps)))) * span / n


def _exact(record: Law, ready: Legendre, n: int, x: float, sign: float) -> tuple[float, str] | None:
    t = ready.tilt(x) if ready.low < x < ready.high and not any(ready.heavy) else 0.0
    return exact_log_tail(record, ready.points, n, n * x, t, sign=sign)


def _refined(ready: Legendre, n: int, x: float, exponent: float) -> float | None:
    if not (ready.low < x < ready.high and 0 < exponent < np.inf):
        return None
    t = abs(ready.tilt(x))
    if not t > _LEAST_TILT:
        return None
    span = lattice_span(ready.points)
    factor = 1.0 / t if span is None else span / -np.expm1(-t * span)
    return float(-n * exponent + np.log(factor) - np.log(ready.spread(x)) - 0.5 * np.log(2 * np.pi * n))
