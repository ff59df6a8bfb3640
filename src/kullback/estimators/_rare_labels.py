r"""What the rows say about categories too rare to be counted, and the divergence that takes them into account.

A row of x meets $c$ rows of its own category in y, and $c'$ among the other rows of x. With $\mu = m q_i$ the first is
a Poisson variable, and $\log m - \psi(c + 1)$ is an estimate of $-\log q_i$ that is short by $E_1(\mu)$ on average:
nothing for common categories, everything for those with $\mu \ll 1$. The estimate of $-\log p_i$ from $c'$ is short in
the same way. Their difference is the estimate of Zhang and Grabchak, so what it misses is

$$ \sum_i p_i E_1(m q_i) - \sum_i p_i E_1(n p_i), $$

two terms of the same kind, each a mean over the spectrum of rarity $\mu$ as the rows of x see it. Here each spectrum is
taken for a power law that ends at a least rarity, which is what Zipf's law (log-uniform: slope 0), even categories
(all mass at the end: slope −∞) and many others look like below one row. Slopes and ends are averaged over their
posterior, given how many rows met 0, 1, 2, … of their kind; the two slopes are likely to be near each other, as both
see the mass of p. Equal laws have equal spectra of whatever shape: the terms cancel, and nothing is added where nothing
changed.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from kullback.estimators._points import Floats
from kullback.estimators._tally import Counts, Tally

# Rows that met up to this many of their kind tell of the spectrum near one row.
_MET = 10
_SLOPES = np.array(
    [-20, -10, -6, -4, -3, -2.5, -2, -1.5, -1.25, -1, -0.8, -0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6, 0.8, 1.0]
)
# Logarithms of the least rarity: from e^-12 of a row to several rows.
_ENDS = np.arange(-12, 2.01, 0.25)
# The prior: a Cauchy law of the slope around Zipf's, another one of the steps between the slopes of both sides, and a
# pull towards ends that need less extrapolation.
_SLOPE_WIDTH, _STEP_WIDTH, _END_PULL = 0.3, 0.5, 0.6
# Beyond this many rows both E_1 and the chance to meet so few are zero.
_FARTHEST, _STEP = 60.0, 0.027


@dataclass(frozen=True)
class Extrapolated:
    """The divergence with and without what rare categories hide.

    Attributes:
        plain: The estimate of Zhang and Grabchak.
        value: The same plus what it misses.
        error: Posterior standard deviation of what was added.
    """

    plain: float
    value: float
    error: float


def log_ratios(p: Counts, q: Counts, /) -> Floats:
    r"""Estimated log p/q of every category of x, and 0 for the others.

    $$ \psi(n_i) - \psi(n) + \psi(m + 1) - \psi(m_i + 1) $$

    Args:
        p: Counts of x.
        q: Counts of y, the same category at the same place.

    Returns:
        Values in nats; their mean over the rows of x is the estimate of Zhang and Grabchak.
    """
    # No category is known to be rarer than one row, so fractions below one row count as one.
    own = special.digamma(np.maximum(p, 1.0)) - special.digamma(max(float(p.sum()), 1.0))
    other = special.digamma(float(q.sum()) + 1.0) - special.digamma(q + 1.0)
    ratios: Floats = np.where(p > 0, own + other, 0.0)
    return ratios


def harmonic_entropy(counts: Counts, /) -> float:
    """The entropy estimate of Zhang: the mean over rows of ψ(n) − ψ(own count), in nats."""
    total = float(counts.sum())
    per_label = special.digamma(max(total, 1.0)) - special.digamma(np.maximum(counts, 1.0))
    return math.fsum(counts * per_label) / total


def extrapolated(tally: Tally, /) -> Extrapolated:
    """The estimate of Zhang and Grabchak and what rare categories add to it."""
    plain = math.fsum(tally.p * log_ratios(tally.p, tally.q)) / tally.sizes[0]
    own, other = _side(tally.p, _met(tally.p) - 1.0), _side(tally.p, _met(tally.q))
    if own is None and other is None:
        return Extrapolated(plain, plain, 0.0)
    own, other = own or _nothing(), other or _nothing()
    prior = _slope_prior() / 2
    steps = np.arange(len(_SLOPES))
    near = -np.log1p(((steps[:, None] - steps) / _STEP_WIDTH) ** 2)
    posterior = _normalized((own.log_weight + prior)[:, None] + other.log_weight + prior + near)
    added = other.mean - own.mean[:, None]
    mean = float((posterior * added).sum())
    spread = float((posterior * ((added - mean) ** 2 + own.variance[:, None] + other.variance)).sum())
    return Extrapolated(plain, plain + mean, math.sqrt(spread))


def extrapolated_entropy(counts: Counts, /) -> Extrapolated:
    """The entropy estimate of Zhang and what rare categories add to it."""
    plain, own = harmonic_entropy(counts), _side(counts, _met(counts) - 1.0)
    if own is None:
        return Extrapolated(plain, plain, 0.0)
    posterior = _normalized(own.log_weight + _slope_prior())
    mean = float(posterior @ own.mean)
    return Extrapolated(plain, plain + mean, math.sqrt(posterior @ ((own.mean - mean) ** 2 + own.variance)))


def _met(counts: Counts) -> Floats:
    """Counts as whole rows; a category that was seen at all was seen once."""
    rows: Floats = np.where(counts > 0, np.maximum(np.rint(counts), 1.0), 0.0)
    return rows


@dataclass(frozen=True, eq=False)
class _Side:
    """What one side misses, by slope: logarithm of the slope's likelihood, and mean and variance over the ends."""

    log_weight: Floats
    mean: Floats
    variance: Floats


def _nothing() -> _Side:
    zeros = np.zeros(len(_SLOPES))
    return _Side(zeros, zeros, zeros)


def _side(rows: Counts, met: Floats) -> _Side | None:
    """What the rows of each category miss that met so many of their kind; None where each met one at least."""
    few = (rows > 0) & (met <= _MET)
    kept = rows[few].astype(np.float64)
    weights = np.bincount(met[few].astype(np.int64), kept, _MET + 1)
    if weights[0] == 0:
        return None
    # Rows of one category stand or fall together: what counts as evidence are categories, not rows.
    evidence = float(kept.sum() ** 2 / np.square(kept).sum())
    spectra = _spectra()
    log_weight = evidence * (spectra.log_shares @ (weights / weights.sum())) + _END_PULL * _ENDS
    peak = log_weight.max(axis=1, keepdims=True)
    ends = np.exp(log_weight - peak)
    totals = ends.sum(axis=1, keepdims=True)
    ends /= totals
    share = float(kept.sum() / rows.sum())
    mean = share * (ends * spectra.missed).sum(axis=1)
    variance = (ends * (share * spectra.missed - mean[:, None]) ** 2).sum(axis=1)
    return _Side((peak + np.log(totals))[:, 0], mean, variance)


def _normalized(log_weights: Floats) -> Floats:
    weights: Floats = np.exp(log_weights - log_weights.max())
    weights /= weights.sum()
    return weights


def _slope_prior() -> Floats:
    prior: Floats = np.log(np.gradient(_SLOPES)) - np.log1p((_SLOPES / _SLOPE_WIDTH) ** 2)
    return prior


@dataclass(frozen=True, eq=False)
class _Spectra:
    """Power laws by slope and end: log shares of the rows that met 0, 1, … of their kind, and E_1 missed per row."""

    log_shares: Floats
    missed: Floats


@lru_cache(maxsize=1)
def _spectra() -> _Spectra:
    steps = np.arange(0.0, math.log(_FARTHEST) - _ENDS[0], _STEP)
    low, width = np.maximum(steps - _STEP / 2, 0.0), np.where(steps == 0, _STEP / 2, _STEP)
    # The mass of a power law in each step above its end; a slope of 0 is the limit.
    slopes = np.where(_SLOPES == 0, 1e-12, _SLOPES)[:, None]
    mass = np.exp(slopes * low) * np.expm1(slopes * width) / slopes
    log_rarity = _ENDS[:, None] + steps
    rarity = np.exp(np.minimum(log_rarity, math.log(10 * _FARTHEST)))
    met = np.arange(_MET + 1)[:, None, None]
    chances = np.exp(met * log_rarity - rarity - special.gammaln(met + 1.0))
    shares = np.einsum("st,jet->sej", mass, chances)
    missed = np.einsum("st,et->se", mass, special.exp1(rarity)) / shares.sum(axis=2)
    shares /= shares.sum(axis=2, keepdims=True)
    return _Spectra(np.log(np.maximum(shares, 1e-300)), missed)
