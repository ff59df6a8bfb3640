"""Laws on a bounded interval."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import (
    Array,
    Namespace,
    digamma,
    digamma_step,
    is_concrete,
    itakura_saito,
    lgamma,
    log_ratio,
    log_sinh_gap,
    log_sinh_slope,
    logit_step,
    namespace,
    sinh_curvature,
    special,
    stirling_remainder,
)
from kullback.families import _fisher
from kullback.families import _generating as generating
from kullback.families import _likelihood as likelihood
from kullback.families._dirichlet import dirichlet_gap
from kullback.families._domains import INNER_PROBABILITY, POSITIVE, REAL, parameter
from kullback.families._family import FAMILIES, Family, Moment, NoMoment, Support
from kullback.families._law import Law, unchecked
from kullback.families._normal import HALF_LOG_2PI
from kullback.families._quotients import MIXED, bernoulli_by_beta, kumaraswamy


@dataclass(frozen=True, eq=False, repr=False)
class Uniform(Law):
    """Uniform law on an interval.

    Args:
        low: Lower end.
        high: Upper end, above `low`.
    """

    low: Array = parameter(REAL, 0.0)
    high: Array = parameter(REAL, 1.0)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """The ends are in order."""
        return [(self.low < self.high, "low must be below high.")]


@dataclass(frozen=True, eq=False, repr=False)
class LogUniform(Law):
    """Law whose logarithm is uniform.

    Args:
        low: Lower end, positive.
        high: Upper end, above `low`.
    """

    low: Array = parameter(POSITIVE)
    high: Array = parameter(POSITIVE)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """The ends are in order."""
        return [(self.low < self.high, "low must be below high.")]


@dataclass(frozen=True, eq=False, repr=False)
class Beta(Law):
    """Beta law, density proportional to x^(a - 1) (1 - x)^(b - 1) on (0, 1).

    Args:
        concentration1: Shape a at 1, positive.
        concentration0: Shape b at 0, positive.
    """

    concentration1: Array = parameter(POSITIVE)
    concentration0: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Kumaraswamy(Law):
    """Kumaraswamy law, P(X > x) = (1 - x^a)^b on (0, 1).

    Args:
        concentration1: Shape a, positive.
        concentration0: Shape b, positive.
    """

    concentration1: Array = parameter(POSITIVE)
    concentration0: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class PowerFunction(Law):
    """Power law on (0, 1), P(X ≤ x) = x^a.

    Args:
        concentration: Exponent a, positive.
    """

    concentration: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class ContinuousBernoulli(Law):
    """Continuous Bernoulli law, density proportional to λ^x (1 - λ)^(1 - x) on [0, 1].

    Args:
        probs: λ, above 0 and below 1.
        logits: Its log odds, in place of `probs`.
    """

    probs: Array = parameter(INNER_PROBABILITY, None)
    logits: Array = parameter(REAL, None)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """One of the two parametrizations."""
        return [((self.probs is None) != (self.logits is None), "give either probs or logits.")]


def _uniform(p: Any, q: Any) -> Array:
    """Log of the ratio of the lengths, from what sticks out on both sides."""
    outside = ((q.high - p.high) + (p.low - q.low)) / (p.high - p.low)
    return p.xp.log1p(outside)


def _loguniform(p: Any, q: Any) -> Array:
    length = log_ratio(p.high, p.low)
    outside = (log_ratio(q.high, p.high) + log_ratio(p.low, q.low)) / length
    return p.xp.log1p(outside)


def _beta(p: Any, q: Any) -> Array:
    xp = p.xp
    pairs = xp.broadcast_arrays(p.concentration1, p.concentration0, q.concentration1, q.concentration0)
    p_both, q_both = xp.stack(list(pairs[:2]), axis=-1), xp.stack(list(pairs[2:]), axis=-1)
    return dirichlet_gap(p_both, q_both)


def _kumaraswamy(p: Any, q: Any) -> Array:
    """The gap of the second shapes for one first shape; other pairs have no elementary form."""
    gap = itakura_saito(q.concentration0, p.concentration0)
    return p.xp.where(p.concentration1 == q.concentration1, gap, p.xp.nan)


def logit_of(law: Any) -> Array:
    """Log odds of a law with probs or logits."""
    return law.logits if law.logits is not None else log_ratio(law.probs, 1.0 - law.probs)


def _continuous_bernoulli(p: Any, q: Any) -> Array:
    b, a = logit_of(q), logit_of(p)
    step = logit_step(q.probs, p.probs) if p.probs is not None and q.probs is not None else b - a
    return log_sinh_gap(b + 0.0 * step, a + 0.0 * step, step)


def _inside(law: Any, x: Array, low: Array, high: Array) -> tuple[Array, Array]:
    inside = (x >= low) & (x <= high)
    return inside, law.xp.where(inside, x, 0.5 * (low + high) + 0.0 * x)


def _uniform_log_prob(law: Any, x: Array) -> Array:
    inside, _ = _inside(law, x, law.low, law.high)
    return law.xp.where(inside, -law.xp.log(law.high - law.low) + 0.0 * x, -law.xp.inf)


def _uniform_second(law: Any, center: Array, unit: Array) -> Array:
    low, high = (law.low - center) / unit, (law.high - center) / unit
    # (l² + l h + h²)/3 as a sum of squares
    return ((low + high) ** 2 + low * low + high * high) / 6.0


def _uniform_absolute(law: Any, center: Array, unit: Array) -> Array:
    xp = law.xp
    low, high = law.low - center, law.high - center
    outside = xp.abs(0.5 * (low + high))
    inside = (low * low + high * high) / (2.0 * (law.high - law.low))
    return xp.where((low < 0) & (high > 0), inside, outside) / unit


def _uniform_exponential(law: Any, center: Array, unit: Array, sign: float) -> Array:
    """E exp(± (x - c)/u), from the end where it is largest."""
    xp = law.xp
    width = (law.high - law.low) / unit
    top = (law.high - center) / unit if sign > 0 else (center - law.low) / unit
    return xp.exp(top) * (-xp.expm1(-width) / width)


def _uniform_log(law: Any, unit: Array) -> Array:
    """E log(x/u) = log(h/u) - 1 + l/(h - l) log(h/l)."""
    xp = law.xp
    positive = law.low > 0
    low = xp.where(positive, law.low, law.high * 0.5)
    left = xp.where(positive, low / (law.high - low) * log_ratio(law.high, low), 0.0)
    return log_ratio(law.high, unit + 0.0 * law.high) - 1.0 + left


def _uniform_log_square(law: Any, center: Array) -> Array:
    """E (log x - c)², by parts."""
    xp = law.xp
    width = law.high - law.low
    positive = law.low > 0
    low = xp.where(positive, law.low, law.high)

    def part(end: Array) -> Array:
        shift = xp.log(end) - center
        return end * (shift * shift - 2.0 * shift + 2.0)

    return (part(law.high) - xp.where(positive, part(low), 0.0)) / width


def _uniform_power(law: Any, unit: Array, power: Array) -> Array:
    xp = law.xp
    top = power + 1.0
    fine = (top > 0) | (law.low > 0)
    calm = xp.where(xp.abs(top) > 1e-9, top, 1.0 + 0.0 * top)
    high, low = law.high / unit, law.low / unit
    some = xp.where(law.low > 0, law.low, law.high)
    below = xp.where(law.low > 0, xp.expm1(calm * log_ratio(some + 0.0 * calm, law.high + 0.0 * calm)), -1.0)
    # One power less than the integral has, which may be out of range where the mean is not.
    value = high**power * -below / (calm * ((law.high - law.low) / law.high))
    flat = xp.where(law.low > 0, log_ratio(law.high, some) / (high - low), xp.inf)
    return xp.where(fine, xp.where(xp.abs(top) > 1e-9, value, flat), xp.inf)


def _mirror(law: Any) -> Any:
    return unchecked(Uniform, law, low=1.0 - law.high, high=1.0 - law.low)


def _uniform_quadratic(law: Any, center: Array, unit: Array) -> Array:
    """E log(1 + z²) for z = (x - c)/u: ∫ is z log(1 + z²) - 2 z + 2 atan z."""
    xp = law.xp
    low, high = (law.low - center) / unit, (law.high - center) / unit

    def part(z: Array) -> Array:
        return z * xp.log1p(z * z) - 2.0 * (z - xp.atan(z))

    return (part(high) - part(low)) / (high - low)


def _uniform_marks(law: Any) -> tuple[float, ...]:
    low, high = float(law.low), float(law.high)
    return tuple(low + share * (high - low) for share in (0.0, 0.25, 0.5, 0.75, 1.0))


def _is_unit(law: Any) -> bool:
    # Where a derivative by the ends is asked for they are no constants.
    if any(not is_concrete(end) or getattr(end, "requires_grad", False) for end in (law.low, law.high)):
        return False
    return bool((law.low == 0).all()) and bool((law.high == 1).all())


def _uniform_as_beta(law: Any) -> Law | None:
    one = law.xp.ones_like(law.low)
    return unchecked(Beta, law, concentration1=one, concentration0=one) if _is_unit(law) else None


def _uniform_as_bernoulli(law: Any) -> Law | None:
    return unchecked(ContinuousBernoulli, law, probs=0.5 * law.xp.ones_like(law.low)) if _is_unit(law) else None


FAMILIES[Uniform] = Family(
    support=lambda law: Support("interval", law.low, law.high),
    same=_uniform,
    log_prob=_uniform_log_prob,
    unit=lambda law: law.high - law.low,
    entropy=lambda law: 0.0 * law.low,
    moments={
        "first": lambda law, center, unit: ((law.low - center) + (law.high - center)) / (2.0 * unit),
        "second": _uniform_second,
        "absolute": _uniform_absolute,
        "exponential": _uniform_exponential,
        "log": _uniform_log,
        "log square": _uniform_log_square,
        "log complement": lambda law: _uniform_log(_mirror(law), law.xp.ones_like(law.low)),
        "power": _uniform_power,
        "log quadratic": _uniform_quadratic,
    },
    cross_entropy=lambda law, moment: 0.0 * law.low,
    parents=((Beta, _uniform_as_beta), (ContinuousBernoulli, _uniform_as_bernoulli)),
    marks=_uniform_marks,
    sample=lambda law, shape, rng: rng.uniform(law.low, law.high, shape),
    fisher=_fisher.ends,
    fit=likelihood.ends,
    log_mgf=generating.uniform,
)


def _loguniform_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    inside = (x >= law.low) & (x <= law.high)
    calm = xp.where(inside, x, law.low + 0.0 * x)
    return xp.where(inside, -xp.log(calm) - xp.log(log_ratio(law.high, law.low)), -xp.inf)


def _loguniform_power(law: Any, unit: Array, power: Array) -> Array:
    """E (x/u)^k = ((h/u)^k - (l/u)^k) / (k log(h/l))."""
    xp = law.xp
    length = power * log_ratio(law.high, law.low)
    low = xp.exp(power * log_ratio(law.low, unit + 0.0 * law.low))
    return low * xp.where(length == 0, 1.0, xp.expm1(length) / xp.where(length == 0, 1.0 + length, length))


def _loguniform_log_square(law: Any, center: Array) -> Array:
    low, high = law.xp.log(law.low) - center, law.xp.log(law.high) - center
    return ((low + high) ** 2 + low * low + high * high) / 6.0


def _loguniform_cross_entropy(law: Any, moment: Moment) -> Array:
    return moment("log", law.low) + law.xp.log(log_ratio(law.high, law.low))


FAMILIES[LogUniform] = Family(
    support=lambda law: Support("interval", law.low, law.high),
    same=_loguniform,
    log_prob=_loguniform_log_prob,
    unit=lambda law: law.low,
    entropy=lambda law: 0.5 * log_ratio(law.high, law.low) + law.xp.log(log_ratio(law.high, law.low)),
    moments={
        "first": lambda law, center, unit: _loguniform_power(law, unit, 1.0) - center / unit,
        "second": lambda law, center, unit: (
            _loguniform_power(law, unit, 2.0)
            - 2.0 * (center / unit) * _loguniform_power(law, unit, 1.0)
            + (center / unit) ** 2
        ),
        "log": lambda law, unit: (
            0.5 * (log_ratio(law.high, unit + 0.0 * law.high) + log_ratio(law.low, unit + 0.0 * law.low))
        ),
        "log square": _loguniform_log_square,
        "power": _loguniform_power,
    },
    cross_entropy=_loguniform_cross_entropy,
    marks=lambda law: (
        *(
            float(law.low) * float(np.exp(share * np.log(float(law.high) / float(law.low))))
            for share in (0, 0.25, 0.5, 0.75)
        ),
        float(law.high),
    ),
    sample=lambda law, shape, rng: np.exp(rng.uniform(np.log(law.low), np.log(law.high), shape)),
    fisher=_fisher.ends,
    fit=likelihood.ends,
)


def _beta_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    inside = (x > 0) & (x < 1)
    calm = xp.where(inside, x, 0.5 + 0.0 * x)
    a, b = law.concentration1, law.concentration0
    body = (a - 1.0) * xp.log(calm) + (b - 1.0) * xp.log1p(-calm) - log_beta(a, b)
    edge = xp.where(((x == 0) & (a < 1)) | ((x == 1) & (b < 1)), xp.inf, -xp.inf)
    flat = xp.where(((x == 0) & (a == 1)) | ((x == 1) & (b == 1)), -log_beta(a, b) + 0.0 * x, edge)
    return xp.where(inside, body, flat)


def log_beta(a: Array, b: Array) -> Array:
    """The logarithm of the beta function."""
    # Stirling's form: with one large shape the three large logarithms of Γ would cancel.
    low, high = _ordered(a, b)
    total = low + high
    lines = (low - 0.5) * log_ratio(low, total) - high * namespace(a, b).log1p(low / high)
    rest = stirling_remainder(low) + stirling_remainder(high) - stirling_remainder(total)
    return HALF_LOG_2PI + rest + lines - 0.5 * namespace(a, b).log(high)


def _ordered(a: Array, b: Array) -> tuple[Array, Array]:
    xp = namespace(a, b)
    return xp.where(a < b, a, b), xp.where(a < b, b, a)


def _beta_entropy(law: Any) -> Array:
    a, b = law.concentration1, law.concentration0
    total = a + b
    # (a - 1)(ψ(a + b) - ψ(a)) keeps its digits where one shape is huge.
    left, right = a + 0.0 * b, b + 0.0 * a
    steps = (a - 1.0) * digamma_step(total, left, right) + (b - 1.0) * digamma_step(total, right, left)
    return log_beta(a, b) + steps


def _beta_first(law: Any, center: Array, unit: Array) -> Array:
    a, b = law.concentration1, law.concentration0
    return (a / (a + b) - center) / unit


def _beta_second(law: Any, center: Array, unit: Array) -> Array:
    a, b = law.concentration1, law.concentration0
    total = a + b
    return _beta_first(law, center, unit) ** 2 + (a / total) * (b / total) / (total + 1.0) / unit**2


def _beta_log(law: Any, unit: Array) -> Array:
    a, b = law.concentration1, law.concentration0
    return -digamma_step(a + b, a + 0.0 * b, b + 0.0 * a) - law.xp.log(unit)


def _beta_log_complement(law: Any) -> Array:
    a, b = law.concentration1, law.concentration0
    return -digamma_step(a + b, b + 0.0 * a, a + 0.0 * b)


def _beta_power(law: Any, unit: Array, power: Array) -> Array:
    xp = law.xp
    a, b = law.concentration1, law.concentration0
    top = a + power
    fine = top > 0
    calm = xp.where(fine, top, xp.ones_like(top))
    value = xp.exp(lgamma(calm) - lgamma(a + 0.0 * top) + lgamma(a + b) - lgamma(calm + b) - power * xp.log(unit))
    return xp.where(fine, value, xp.inf)


def _beta_absolute(law: Any, center: Array, unit: Array) -> Array:
    """E |x - c|; inside the interval by the regularized incomplete beta function."""
    xp = law.xp
    a, b = law.concentration1, law.concentration0
    mean = a / (a + b)
    if is_concrete(center) and bool(xp.all((center <= 0) | (center >= 1))):
        return xp.abs(mean - center) / unit
    if xp is not np:
        raise NoMoment("absolute")  # torch and JAX do not differentiate the incomplete beta function by its shapes
    inner = np.clip(center, 0.0, 1.0)
    below = inner * special("betainc", a, b, inner) - mean * special("betainc", a + 1.0, b, inner)
    return np.where((center <= 0) | (center >= 1), np.abs(mean - center), (mean - center) + 2.0 * below) / unit


def _beta_log_square(law: Any, center: Array) -> Array:
    a, total = law.concentration1, law.concentration1 + law.concentration0
    mean = _beta_log(law, law.xp.ones_like(a)) - center
    return special("polygamma", 1, a) - special("polygamma", 1, total) + mean * mean


def _beta_cross_entropy(law: Any, moment: Moment) -> Array:
    xp = law.xp
    a, b = law.concentration1, law.concentration0
    # A factor of zero must not meet an infinite or a missing expectation.
    total = log_beta(a, b)
    if not _all_one(a):
        total = total - (a - 1.0) * moment("log", xp.ones_like(a))
    if not _all_one(b):
        total = total - (b - 1.0) * moment("log complement")
    return total


def _all_one(x: Array) -> bool:
    return is_concrete(x) and bool((x == 1).all())


def _ends(law: Any) -> tuple[float, ...]:
    small = (1e-300, 1e-100, 1e-30, 1e-15, 1e-10, 1e-6, 1e-3, 0.03, 0.2)
    return (*small, 0.5, *(1.0 - end for end in small[3:]))


def _beta_marks(law: Any) -> tuple[float, ...]:
    a, b = float(law.concentration1), float(law.concentration0)
    mean, total = a / (a + b), a + b
    spread = (a / total * (b / total) / (total + 1.0)) ** 0.5
    around = (mean + step * spread for step in (-20.0, -8.0, -4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 8.0, 20.0))
    return (*_ends(law), *(mark for mark in around if 0 < mark < 1))


def _beta_of_log(law: Any, y: Array) -> Array:
    a, b = law.concentration1, law.concentration0
    return -a * y + (b - 1.0) * law.xp.log(-law.xp.expm1(-y)) - log_beta(a, b)


FAMILIES[Beta] = Family(
    support=lambda law: Support("interval", 0.0, 1.0),
    same=_beta,
    log_prob=_beta_log_prob,
    entropy=_beta_entropy,
    moments={
        "first": _beta_first,
        "second": _beta_second,
        "log": _beta_log,
        "log complement": _beta_log_complement,
        "absolute": _beta_absolute,
        "log square": _beta_log_square,
        "power": _beta_power,
    },
    cross_entropy=_beta_cross_entropy,
    marks=_beta_marks,
    sample=lambda law, shape, rng: rng.beta(law.concentration1, law.concentration0, shape),
    log_prob_of_log=_beta_of_log,
    fisher=_fisher.beta,
    log_mgf=generating.beta,
)
FAMILIES[PowerFunction] = Family(
    support=lambda law: Support("interval", 0.0, 1.0),
    same=lambda p, q: itakura_saito(q.concentration, p.concentration),
    parents=(
        (
            Beta,
            lambda law: unchecked(
                Beta, law, concentration1=law.concentration, concentration0=law.xp.ones_like(law.concentration)
            ),
        ),
    ),
    fisher=_fisher.one_scale(1.0),
    fit=likelihood.power_function,
)


def _kumaraswamy_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    a, b = law.concentration1, law.concentration0
    inside = (x > 0) & (x < 1)
    calm = xp.where(inside, x, 0.5 + 0.0 * x)
    logarithm = xp.log(calm)
    rest = xp.log(-xp.expm1(a * logarithm))
    return xp.where(inside, xp.log(a) + xp.log(b) + (a - 1.0) * logarithm + (b - 1.0) * rest, -xp.inf)


def _kumaraswamy_of_log(law: Any, y: Array) -> Array:
    xp = law.xp
    a, b = law.concentration1, law.concentration0
    return xp.log(a) + xp.log(b) - a * y + (b - 1.0) * xp.log(-xp.expm1(-a * y))


def _harmonic(x: Array) -> Array:
    """ψ(x + 1) + γ."""
    return digamma(x + 1.0) + 0.5772156649015329


def _kumaraswamy_entropy(law: Any) -> Array:
    a, b = law.concentration1, law.concentration0
    return (1.0 - 1.0 / b) + (1.0 - 1.0 / a) * _harmonic(b) - law.xp.log(a) - law.xp.log(b)


def _kumaraswamy_power(law: Any, unit: Array, power: Array) -> Array:
    xp = law.xp
    b = law.concentration0
    top = 1.0 + power / law.concentration1
    fine = top > 0
    calm = xp.where(fine, top, xp.ones_like(top))
    value = xp.exp(lgamma(calm) + lgamma(b + 1.0) - lgamma(calm + b) - power * xp.log(unit))
    return xp.where(fine, value, xp.inf)


def _kumaraswamy_second(law: Any, center: Array, unit: Array) -> Array:
    mean = _kumaraswamy_power(law, unit, 1.0)
    return (_kumaraswamy_power(law, unit, 2.0) - mean * mean) + (mean - center / unit) ** 2


def _kumaraswamy_as_beta(law: Any) -> Law | None:
    """Where one shape is 1 it is a beta law."""
    if not (_all_one(law.concentration1) or _all_one(law.concentration0)):
        return None
    return unchecked(Beta, law, concentration1=law.concentration1, concentration0=law.concentration0)


FAMILIES[Kumaraswamy] = Family(
    support=lambda law: Support("interval", 0.0, 1.0),
    same=_kumaraswamy,
    parents=((Beta, _kumaraswamy_as_beta),),
    log_prob=_kumaraswamy_log_prob,
    entropy=_kumaraswamy_entropy,
    moments={
        "first": lambda law, center, unit: _kumaraswamy_power(law, unit, 1.0) - center / unit,
        "second": _kumaraswamy_second,
        "log": lambda law, unit: -_harmonic(law.concentration0) / law.concentration1 - law.xp.log(unit),
        "power": _kumaraswamy_power,
    },
    marks=lambda law: (
        *_ends(law),
        *(
            float(-np.expm1(np.log1p(-share) / float(law.concentration0))) ** (1.0 / float(law.concentration1))
            for share in (1e-12, 1e-6, 1e-3, 0.05, 0.3, 0.6, 0.9, 0.99, 1 - 1e-6, 1 - 1e-12)
        ),
    ),
    sample=lambda law, shape, rng: (
        (-np.expm1(np.log(rng.random(shape)) / law.concentration0)) ** (1.0 / law.concentration1)
    ),
    log_prob_of_log=_kumaraswamy_of_log,
    log_quotient=kumaraswamy,
    fisher=_fisher.kumaraswamy,
)


def _bernoulli_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    inside, calm = _inside(law, x, 0.0, 1.0)
    logit = logit_of(law)
    return xp.where(inside, logit * (calm - 0.5) - _log_sinh(xp, logit), -xp.inf)


def _log_sinh(xp: Namespace, logit: Array) -> Array:
    """log(sinh(x/2) / (x/2)), the gap from zero."""
    return log_sinh_gap(logit, 0.0 * logit, logit)


def _bernoulli_entropy(law: Any) -> Array:
    logit = logit_of(law)
    return _log_sinh(law.xp, logit) - logit * log_sinh_slope(logit)


def _bernoulli_first(law: Any, center: Array, unit: Array) -> Array:
    return (0.5 + log_sinh_slope(logit_of(law)) - center) / unit


def _bernoulli_second(law: Any, center: Array, unit: Array) -> Array:
    return (sinh_curvature(law.xp, logit_of(law)) / unit) / unit + _bernoulli_first(law, center, unit) ** 2


def _bernoulli_exponential(law: Any, center: Array, unit: Array, sign: float) -> Array:
    """E exp(± (x - c)/u) = exp(½s + L(η + s) - L(η) - c s)."""
    xp = law.xp
    logit, step = logit_of(law), sign / unit
    moved = logit + step
    return xp.exp(0.5 * step + _log_sinh(xp, moved) - _log_sinh(xp, logit + 0.0 * moved) - step * center)


def _bernoulli_cross_entropy(law: Any, moment: Moment) -> Array:
    xp = law.xp
    logit = logit_of(law)
    one = xp.ones_like(logit)
    return _log_sinh(xp, logit) - logit * moment("first", 0.5 * one, one)


def _bernoulli_quantile(logit: Array, share: Array) -> Array:
    """Where the distribution function log1p(share expm1(η)) / η of the law reaches a share."""
    flat = np.abs(logit) < 1e-8
    calm = np.where(flat, 1.0, np.abs(logit))
    # From the heavy end, so that nothing overflows.
    left = -np.log1p(share * np.expm1(-calm)) / calm
    return np.where(flat, share, np.where(logit > 0, 1.0 - left, left))


def _bernoulli_of_log(law: Any, y: Array) -> Array:
    """From the end with most mass, so that a large logit does not cancel."""
    xp = law.xp
    logit = logit_of(law)
    size = xp.abs(logit)
    calm = xp.where(size > 0, size, 1.0)
    constant = xp.where(size > 0, xp.log(calm / -xp.expm1(-calm)), 0.0)
    return constant - y + xp.where(logit > 0, logit * xp.expm1(-y), logit * xp.exp(-y))


FAMILIES[ContinuousBernoulli] = Family(
    support=lambda law: Support("interval", 0.0, 1.0),
    same=_continuous_bernoulli,
    log_prob=_bernoulli_log_prob,
    entropy=_bernoulli_entropy,
    moments={"first": _bernoulli_first, "second": _bernoulli_second, "exponential": _bernoulli_exponential},
    cross_entropy=_bernoulli_cross_entropy,
    marks=lambda law: (
        0.0,
        1.0,
        *(min(step / max(abs(float(logit_of(law))), 1.0), 1.0) for step in (0.01, 0.3, 1.0, 3.0, 10.0, 40.0)),
        *(1.0 - min(step / max(abs(float(logit_of(law))), 1.0), 1.0) for step in (0.01, 0.3, 1.0, 3.0, 10.0, 40.0)),
    ),
    sample=lambda law, shape, rng: _bernoulli_quantile(np.asarray(logit_of(law)), rng.random(shape)),
    log_prob_of_log=_bernoulli_of_log,
    fisher=_fisher.continuous_bernoulli,
    log_mgf=generating.continuous_bernoulli,
)
MIXED[Beta, ContinuousBernoulli] = lambda p, q, y: bernoulli_by_beta(p, logit_of(q), y)
MIXED[ContinuousBernoulli, Beta] = lambda p, q, y: -bernoulli_by_beta(q, logit_of(p), y)
