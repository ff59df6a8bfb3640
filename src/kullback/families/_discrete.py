"""Laws on whole numbers."""

from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np

from kullback._core import (
    Array,
    Namespace,
    binary_divergence,
    digamma_step,
    is_concrete,
    itakura_saito,
    lgamma,
    lgamma_gap,
    log_ratio,
    log_series_gap,
    log_series_mean,
    log_zeta,
    logit_gap,
    phi,
    relative_gap,
    special,
    stirling_remainder,
    zeta_gap,
    zeta_mean_log,
)
from kullback.families import _fisher, _fisher_sums
from kullback.families import _generating as generating
from kullback.families import _likelihood as likelihood
from kullback.families._bounded import log_beta
from kullback.families._domains import (
    ABOVE_ONE,
    COUNT,
    INNER_PROBABILITY,
    INTEGER,
    LOGIT,
    NOT_NEGATIVE,
    POSITIVE,
    POSITIVE_PROBABILITY,
    PROBABILITY,
    parameter,
)
from kullback.families._family import FAMILIES, Family, Moment, NoMoment, Support
from kullback.families._law import Law, unchecked
from kullback.families._quotients import beta_binomial, binomial, hypergeometric, negative_binomial


@dataclass(frozen=True, eq=False, repr=False)
class Bernoulli(Law):
    """One trial: 1 with a chance, else 0.

    Args:
        probs: Chance of 1.
        logits: Its log odds, in place of `probs`; infinite ones mean 0 and 1.
    """

    probs: Array = parameter(PROBABILITY, None)
    logits: Array = parameter(LOGIT, None)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """One of the two parametrizations."""
        return [((self.probs is None) != (self.logits is None), "give either probs or logits.")]


@dataclass(frozen=True, eq=False, repr=False)
class Binomial(Law):
    """Successes in so many independent trials.

    Args:
        total_count: Number of trials.
        probs: Chance of success in each.
    """

    total_count: Array = parameter(COUNT)
    probs: Array = parameter(PROBABILITY)


@dataclass(frozen=True, eq=False, repr=False)
class Geometric(Law):
    """Failures before the first success, from 0.

    Args:
        probs: Chance of success in each trial, above 0.
    """

    probs: Array = parameter(POSITIVE_PROBABILITY)


@dataclass(frozen=True, eq=False, repr=False)
class NegativeBinomial(Law):
    """Failures before so many successes, as in SciPy: NegativeBinomial(1, p) is Geometric(p).

    Args:
        total_count: Successes to wait for, positive, not necessarily whole.
        probs: Chance of success in each trial, above 0.
    """

    total_count: Array = parameter(POSITIVE)
    probs: Array = parameter(POSITIVE_PROBABILITY)


@dataclass(frozen=True, eq=False, repr=False)
class Poisson(Law):
    """Poisson law.

    Args:
        rate: Mean, zero or larger.
    """

    rate: Array = parameter(NOT_NEGATIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Zeta(Law):
    """Zeta (Zipf) law on 1, 2, …, P(k) = k^-s / ζ(s).

    Args:
        exponent: Exponent s, above 1.
    """

    exponent: Array = parameter(ABOVE_ONE)


@dataclass(frozen=True, eq=False, repr=False)
class LogSeries(Law):
    """Logarithmic series law on 1, 2, …, P(k) proportional to p^k / k.

    Args:
        probs: p, above 0 and below 1.
    """

    probs: Array = parameter(INNER_PROBABILITY)


@dataclass(frozen=True, eq=False, repr=False)
class BetaBinomial(Law):
    """Binomial law whose chance of success is drawn from a beta law.

    Args:
        total_count: Number of trials.
        concentration1: First shape of the beta law, positive.
        concentration0: Second shape, positive.
    """

    total_count: Array = parameter(COUNT)
    concentration1: Array = parameter(POSITIVE)
    concentration0: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Hypergeometric(Law):
    """Successes among draws without replacement.

    Args:
        population: Size of the population.
        successes: Successes in it, at most its size.
        draws: Number of draws, at most its size.
    """

    population: Array = parameter(COUNT)
    successes: Array = parameter(COUNT)
    draws: Array = parameter(COUNT)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """Nothing is larger than the population."""
        small = (self.successes <= self.population) & (self.draws <= self.population)
        return [(small, "successes and draws must not exceed population.")]


@dataclass(frozen=True, eq=False, repr=False)
class DiscreteUniform(Law):
    """Every whole number of an interval alike.

    Args:
        low: Smallest value.
        high: Largest value, included.
    """

    low: Array = parameter(INTEGER)
    high: Array = parameter(INTEGER)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """The ends are in order."""
        return [(self.low <= self.high, "low must not exceed high.")]


def probability_of(law: Any) -> Array:
    """The chance of 1 of a law with probs or logits."""
    return law.probs if law.probs is not None else special("expit", law.logits)


def _is_certain(law: Any, outcome: int) -> Array:
    """Where only one outcome can happen; a large logit is not an infinite one."""
    if law.probs is not None:
        return law.probs == outcome
    return law.logits == (law.xp.inf if outcome else -law.xp.inf)


def _log_odds(law: Any) -> Array:
    return law.logits if law.logits is not None else law.xp.log(law.probs) - law.xp.log1p(-law.probs)


def _bernoulli(p: Any, q: Any) -> Array:
    if p.probs is not None and q.probs is not None:
        return binary_divergence(p.probs, q.probs)
    return logit_gap(_log_odds(p), _log_odds(q))


def _same_count(p: Any, q: Any, gap: Array) -> Array:
    same = p.total_count == q.total_count
    return p.xp.where(same, p.total_count * gap, p.xp.nan)


def _binomial(p: Any, q: Any) -> Array:
    """N times the divergence of one trial; NaN for two numbers of trials, inf where q has too few."""
    xp = p.xp
    gap = binary_divergence(p.probs, q.probs)
    value = xp.where(xp.isfinite(gap), p.total_count * xp.where(xp.isfinite(gap), gap, 0.0), xp.inf)
    value = xp.where(p.total_count == 0, 0.0, value)
    return xp.where(p.total_count == q.total_count, value, xp.nan)


def _per_success(p: Any, q: Any) -> Array:
    """The divergence of one trial over the chance of success, in scaled form: a tiny p is never divided by."""
    xp = p.xp
    rest = 1.0 - p.probs
    step = (p.probs - q.probs) / xp.where(rest > 0, rest, 1.0)
    near = step > -0.5
    other = xp.where(
        near, phi(xp.where(near, step, 0.0)), _far_failure(xp, p.probs, q.probs) / xp.where(rest > 0, rest, 1.0)
    )
    failures = xp.where(rest > 0, rest * other, 1.0 - q.probs)
    failures = xp.where((q.probs == 1) & (rest > 0), xp.inf, failures)
    return itakura_saito(q.probs, p.probs) + failures / p.probs


def _far_failure(xp: Namespace, p: Array, q: Array) -> Array:
    """(1-p) log((1-p)/(1-q)) + p - q."""
    p_rest = xp.where(p < 1, 1.0 - p, 0.5)
    q_rest = xp.where(q < 1, 1.0 - q, 0.5)
    return p_rest * log_ratio(p_rest, q_rest) + (p - q)


def _negative_binomial(p: Any, q: Any) -> Array:
    return _same_count(p, q, _per_success(p, q))


def _zeta(p: Any, q: Any) -> Array:
    return zeta_gap(q.exponent - 1.0, p.exponent - 1.0, q.exponent - p.exponent)


def _discrete_uniform(p: Any, q: Any) -> Array:
    outside = ((q.high - p.high) + (p.low - q.low)) / (p.high - p.low + 1.0)
    return p.xp.log1p(outside)


def _whole(law: Any, x: Array, low: Array | float, high: Array | float) -> tuple[Array, Array]:
    """Where x is in range, and x there; real points between are let through, for tails read as functions."""
    inside = (x >= low) & (x <= high)
    return inside, law.xp.where(inside, x, low + 0.0 * x)


def _saddle(xp: Namespace, x: Array, n: Array, p: Array, q: Array) -> Array:
    """Log P(X = x) of n trials with chances p and q = 1 - p, by Loader's saddle-point form: right to the last digit."""
    rest = n - x
    middle = (x > 0) & (rest > 0)
    a, b = xp.where(middle, x, 1.0), xp.where(middle, rest, 1.0)
    total = xp.where(middle, n + 0.0 * x, 2.0)
    body = stirling_remainder(total) - stirling_remainder(a) - stirling_remainder(b)
    body = body - relative_gap(a, total * p) - relative_gap(b, total * q) + 0.5 * xp.log(total / (2 * pi * a * b))
    none = xp.where(q > 0, n * xp.log1p(-xp.where(q > 0, p, 0.0)), xp.where(n == 0, 0.0, -xp.inf))
    every = xp.where(p > 0, n * xp.log(xp.where(p > 0, p, 1.0)), xp.where(n == 0, 0.0, -xp.inf))
    return xp.where(middle, body, xp.where(x == 0, none, every))


def _binomial_log_prob(law: Any, x: Array) -> Array:
    inside, calm = _whole(law, x, 0.0, law.total_count)
    value = _saddle(law.xp, calm, law.total_count + 0.0 * calm, law.probs + 0.0 * calm, 1.0 - law.probs + 0.0 * calm)
    return law.xp.where(inside, value, -law.xp.inf)


def _bernoulli_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    if law.logits is not None:
        one, none = -_softplus(xp, -law.logits), -_softplus(xp, law.logits)
    else:
        one, none = xp.log(law.probs), xp.log1p(-law.probs)
    return xp.where(x == 1, one + 0.0 * x, xp.where(x == 0, none + 0.0 * x, -xp.inf))


def _softplus(xp: Namespace, x: Array) -> Array:
    return xp.where(x > 0, x, xp.zeros_like(x)) + xp.log1p(xp.exp(-xp.abs(x)))


def _poisson_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    inside, calm = _whole(law, x, 0.0, np.inf)
    positive = xp.where(calm > 0, calm, xp.ones_like(calm))
    body = (
        -stirling_remainder(positive) - relative_gap(positive, law.rate + 0.0 * calm) - 0.5 * xp.log(2 * pi * positive)
    )
    return xp.where(inside, xp.where(calm > 0, body, -law.rate + 0.0 * calm), -xp.inf)


def _negative_binomial_log_prob(law: Any, x: Array) -> Array:
    """From the binomial form: C(x + r - 1, x) p^r q^x = r/(r + x) times x failures in r + x trials."""
    xp = law.xp
    inside, calm = _whole(law, x, 0.0, np.inf)
    count = law.total_count + 0.0 * calm
    p = law.probs + 0.0 * calm
    some = xp.where(calm > 0, calm, xp.ones_like(calm))
    value = _saddle(xp, some, count + some, 1.0 - p, p) + xp.log(count / (count + some))
    value = xp.where(p < 1, value, -xp.inf)
    return xp.where(inside, xp.where(calm > 0, value, count * xp.log(p)), -xp.inf)


def _geometric_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    inside, calm = _whole(law, x, 0.0, np.inf)
    failures = xp.where(calm > 0, calm * xp.log1p(-law.probs), xp.zeros_like(calm))
    return xp.where(inside, failures + xp.log(law.probs), -xp.inf)


def _zeta_log_prob(law: Any, x: Array) -> Array:
    inside, calm = _whole(law, x, 1.0, np.inf)
    return law.xp.where(inside, -law.exponent * law.xp.log(calm) - log_zeta(law.exponent - 1.0), -law.xp.inf)


def _log_series_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    inside, calm = _whole(law, x, 1.0, np.inf)
    value = calm * xp.log(law.probs) - xp.log(calm) - xp.log(-xp.log1p(-law.probs))
    return xp.where(inside, value, -xp.inf)


def _log_choose(n: Array, k: Array) -> Array:
    return lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0)


def _beta_binomial_log_prob(law: Any, x: Array) -> Array:
    inside, calm = _whole(law, x, 0.0, law.total_count)
    a, b, n = law.concentration1, law.concentration0, law.total_count
    rest = n - calm
    # Rising factorials over that of the total: x (ψ(a) - ψ(a + b)) and so on, and three small gaps.
    lines = -calm * digamma_step(a + b + 0.0 * calm, a + 0.0 * calm) - rest * digamma_step(
        a + b + 0.0 * calm, b + 0.0 * calm
    )
    gaps = lgamma_gap(a + calm, a + 0.0 * calm, calm) + lgamma_gap(b + rest, b + 0.0 * calm, rest)
    total = lgamma_gap(a + b + n + 0.0 * calm, a + b + 0.0 * calm, n + 0.0 * calm)
    # Where a shape is tiny its digamma function is huge, and log B is not.
    small = log_beta(a + calm, b + rest) - log_beta(a + 0.0 * calm, b + 0.0 * calm)
    value = _log_choose(n, calm) + law.xp.where((a < 0.1) | (b < 0.1), small, lines + gaps - total)
    return law.xp.where(inside, value, -law.xp.inf)


def _draw_limits(law: Any) -> tuple[Array, Array]:
    xp = law.xp
    least = law.draws + law.successes - law.population
    return xp.where(least > 0, least, 0.0), xp.where(law.draws < law.successes, law.draws, law.successes)


def _hypergeometric_log_prob(law: Any, x: Array) -> Array:
    """From three binomial saddle points of one chance, as in R."""
    xp = law.xp
    low, high = _draw_limits(law)
    inside, calm = _whole(law, x, low, high)
    size = xp.where(law.population > 0, law.population, 1.0)
    p, q = law.draws / size + 0.0 * calm, (law.population - law.draws) / size + 0.0 * calm
    one = _saddle(xp, calm, law.successes + 0.0 * calm, p, q)
    two = _saddle(xp, law.draws - calm, law.population - law.successes + 0.0 * calm, p, q)
    three = _saddle(xp, law.draws + 0.0 * calm, law.population + 0.0 * calm, p, q)
    return xp.where(inside, one + two - three, -xp.inf)


def _binary_entropy(law: Any) -> Array:
    """-p log p - (1 - p) log(1 - p)."""
    xp = law.xp
    if law.logits is not None:
        size = xp.abs(law.logits)
        finite = xp.isfinite(size)
        calm = xp.where(finite, size, 1.0)
        tail = xp.exp(-calm)
        return xp.where(finite, xp.log1p(tail) + calm * tail / (1.0 + tail), 0.0)
    p = law.probs
    one, none = xp.where(p > 0, p, 1.0), xp.where(p < 1, p, 0.0)
    return -(one * xp.log(one)) - (1.0 - none) * xp.log1p(-none)


def _geometric_entropy(law: Any) -> Array:
    xp = law.xp
    p = law.probs
    some = xp.where(p < 1, p, 0.5)
    return xp.where(p < 1, -xp.log(p) - (1.0 - some) / some * xp.log1p(-some), 0.0)


def _mean(value: Any) -> Any:
    return lambda law, center, unit: (value(law) - center) / unit


def _geometric_mean(law: Any) -> Array:
    return (1.0 - law.probs) / law.probs


def _negative_binomial_cross_entropy(law: Any, moment: Moment) -> Array:
    """Closed for one success only: beyond it the mean of log Γ(x + r) is needed."""
    xp = law.xp
    if not (is_concrete(law.total_count) and bool(xp.all(law.total_count == 1))):
        raise NoMoment("log factorial")
    zero, one = xp.zeros_like(law.probs), xp.ones_like(law.probs)
    some = xp.where(law.probs < 1, law.probs, 0.5)
    mean = moment("first", zero, one)
    failures = xp.where(law.probs < 1, -xp.log1p(-some), xp.inf)
    return -xp.log(law.probs) + xp.where(mean > 0, mean * failures, 0.0)


def _poisson_cross_entropy(law: Any, moment: Moment) -> Array:
    xp = law.xp
    zero, one = xp.zeros_like(law.rate), xp.ones_like(law.rate)
    mean = moment("first", zero, one)
    some = xp.where(law.rate > 0, law.rate, 1.0)
    hits = xp.where(law.rate > 0, -xp.log(some), xp.inf)
    return law.rate + xp.where(mean > 0, mean * hits, 0.0) + moment("log factorial")


def _log_factorial_of_one(law: Any) -> Array:
    """Log x! is 0 for 0 and 1."""
    if not (is_concrete(law.total_count) and bool(law.xp.all(law.total_count <= 1))):
        raise NoMoment("log factorial")
    return 0.0 * law.probs


def _spread_marks(mean: float, deviation: float, low: float, high: float) -> tuple[float, ...]:
    steps = (-40.0, -10.0, -5.0, -2.0, 0.0, 2.0, 5.0, 10.0, 40.0)
    marks = {float(np.clip(np.floor(mean + step * deviation), low, min(high, 1e300))) for step in steps}
    return tuple(sorted(marks))


def _binomial_marks(law: Any) -> tuple[float, ...]:
    n, p = float(law.total_count), float(law.probs)
    return _spread_marks(n * p, (n * p * (1 - p)) ** 0.5 + 1, 0.0, n)


def _negative_binomial_marks(law: Any) -> tuple[float, ...]:
    r, p = float(law.total_count), float(law.probs)
    return _spread_marks(r * (1 - p) / p, (r * (1 - p)) ** 0.5 / p + 1, 0.0, np.inf)


def _beta_binomial_marks(law: Any) -> tuple[float, ...]:
    n, a, b = (float(value) for value in (law.total_count, law.concentration1, law.concentration0))
    spread = n * (a * b / (a + b) ** 2 / (a + b + 1)) ** 0.5
    return (0.0, n, *_spread_marks(n * a / (a + b), spread + 1, 0.0, n))


def _hypergeometric_marks(law: Any) -> tuple[float, ...]:
    low, high = (float(value) for value in _draw_limits(law))
    return _spread_marks(
        float(law.draws) * float(law.successes) / max(float(law.population), 1.0), (high - low) / 20 + 1, low, high
    )


FAMILIES[Binomial] = Family(
    support=lambda law: Support(
        "lattice",
        law.xp.where(law.probs == 1, law.total_count, 0.0 * law.total_count),
        law.xp.where(law.probs == 0, 0.0 * law.total_count, law.total_count),
    ),
    same=_binomial,
    log_prob=_binomial_log_prob,
    moments={"first": _mean(lambda law: law.total_count * law.probs), "log factorial": _log_factorial_of_one},
    marks=_binomial_marks,
    sample=lambda law, shape, rng: rng.binomial(np.asarray(law.total_count, dtype=np.int64), law.probs, shape),
    log_quotient=binomial,
    fisher=_fisher.binomial,
    log_mgf=generating.binomial,
)
FAMILIES[Bernoulli] = Family(
    support=lambda law: Support(
        "lattice",
        law.xp.where(_is_certain(law, 1), 1.0, 0.0),
        law.xp.where(_is_certain(law, 0), 0.0, 1.0),
    ),
    same=_bernoulli,
    log_prob=_bernoulli_log_prob,
    entropy=_binary_entropy,
    parents=(
        (
            Binomial,
            lambda law: unchecked(
                Binomial, law, total_count=law.xp.ones_like(probability_of(law)), probs=probability_of(law)
            ),
        ),
    ),
    marks=lambda law: (0.0, 1.0),
    fisher=_fisher.bernoulli,
    fit=likelihood.bernoulli,
)
FAMILIES[NegativeBinomial] = Family(
    support=lambda law: Support("lattice", 0.0, law.xp.where(law.probs == 1, 0.0, law.xp.inf)),
    same=_negative_binomial,
    log_prob=_negative_binomial_log_prob,
    moments={"first": _mean(lambda law: law.total_count * (1.0 - law.probs) / law.probs)},
    cross_entropy=_negative_binomial_cross_entropy,
    marks=_negative_binomial_marks,
    sample=lambda law, shape, rng: rng.negative_binomial(law.total_count, law.probs, shape),
    log_quotient=negative_binomial,
    fisher=_fisher_sums.negative_binomial,
    log_mgf=generating.negative_binomial,
)
FAMILIES[Geometric] = Family(
    support=lambda law: Support("lattice", 0.0, law.xp.where(law.probs == 1, 0.0, law.xp.inf)),
    same=_per_success,
    log_prob=_geometric_log_prob,
    entropy=_geometric_entropy,
    moments={"first": _mean(_geometric_mean)},
    parents=(
        (
            NegativeBinomial,
            lambda law: unchecked(NegativeBinomial, law, total_count=law.xp.ones_like(law.probs), probs=law.probs),
        ),
    ),
    fisher=_fisher.geometric,
    fit=likelihood.geometric,
    log_mgf=generating.geometric,
)
FAMILIES[Poisson] = Family(
    support=lambda law: Support("lattice", 0.0, law.xp.where(law.rate == 0, 0.0, law.xp.inf)),
    same=lambda p, q: relative_gap(p.rate, q.rate),
    log_prob=_poisson_log_prob,
    moments={"first": _mean(lambda law: law.rate)},
    cross_entropy=_poisson_cross_entropy,
    marks=lambda law: _spread_marks(float(law.rate), float(law.rate) ** 0.5 + 1, 0.0, np.inf),
    sample=lambda law, shape, rng: rng.poisson(law.rate, shape),
    fisher=_fisher.poisson,
    fit=likelihood.poisson,
    log_mgf=generating.poisson,
)
FAMILIES[Zeta] = Family(
    support=lambda law: Support("lattice", 1.0),
    same=_zeta,
    log_prob=_zeta_log_prob,
    entropy=lambda law: log_zeta(law.exponent - 1.0) + law.exponent * zeta_mean_log(law.exponent - 1.0),
    moments={"log": lambda law, unit: zeta_mean_log(law.exponent - 1.0) - law.xp.log(unit)},
    cross_entropy=lambda law, moment: (
        log_zeta(law.exponent - 1.0) + law.exponent * moment("log", law.xp.ones_like(law.exponent))
    ),
    marks=lambda law: (1.0, 2.0, 10.0),
    sample=lambda law, shape, rng: rng.zipf(law.exponent, shape),
    fisher=_fisher.zeta,
)
FAMILIES[LogSeries] = Family(
    support=lambda law: Support("lattice", 1.0),
    same=lambda p, q: log_series_gap(q.probs, p.probs),
    log_prob=_log_series_log_prob,
    moments={"first": _mean(lambda law: log_series_mean(law.probs))},
    marks=lambda law: (1.0, 2.0, 10.0, float(np.floor(1.0 / (1.0 - law.probs)))),
    sample=lambda law, shape, rng: rng.logseries(law.probs, shape),
    fisher=_fisher.log_series,
    log_mgf=generating.log_series,
)
FAMILIES[BetaBinomial] = Family(
    support=lambda law: Support("lattice", 0.0, law.total_count),
    log_prob=_beta_binomial_log_prob,
    moments={
        "first": _mean(lambda law: law.total_count * law.concentration1 / (law.concentration1 + law.concentration0))
    },
    marks=_beta_binomial_marks,
    sample=lambda law, shape, rng: rng.binomial(
        np.asarray(law.total_count, dtype=np.int64), rng.beta(law.concentration1, law.concentration0, shape)
    ),
    log_quotient=beta_binomial,
    fisher=_fisher_sums.beta_binomial,
    log_mgf=generating.over_support(
        _beta_binomial_log_prob, lambda law: 0.0 * law.total_count, lambda law: law.total_count
    ),
)
FAMILIES[Hypergeometric] = Family(
    support=lambda law: Support("lattice", *_draw_limits(law)),
    log_prob=_hypergeometric_log_prob,
    marks=_hypergeometric_marks,
    sample=lambda law, shape, rng: rng.hypergeometric(
        np.asarray(law.successes, dtype=np.int64),
        np.asarray(law.population - law.successes, dtype=np.int64),
        np.asarray(law.draws, dtype=np.int64),
        shape,
    ),
    log_quotient=hypergeometric,
    log_mgf=generating.over_support(
        _hypergeometric_log_prob, lambda law: _draw_limits(law)[0], lambda law: _draw_limits(law)[1]
    ),
)
FAMILIES[DiscreteUniform] = Family(
    support=lambda law: Support("lattice", law.low, law.high),
    same=_discrete_uniform,
    log_prob=lambda law, x: law.xp.where(
        (x >= law.low) & (x <= law.high), -law.xp.log(law.high - law.low + 1.0) + 0.0 * x, -law.xp.inf
    ),
    entropy=lambda law: law.xp.log(law.high - law.low + 1.0),
    moments={"first": _mean(lambda law: 0.5 * (law.low + law.high))},
    cross_entropy=lambda law, moment: law.xp.log(law.high - law.low + 1.0),
    marks=lambda law: (float(law.low), float(law.high)),
    sample=lambda law, shape, rng: rng.integers(
        np.asarray(law.low, dtype=np.int64), np.asarray(law.high, dtype=np.int64), shape, endpoint=True
    ),
    fit=likelihood.whole_ends,
    log_mgf=generating.discrete_uniform,
)
