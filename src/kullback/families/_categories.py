"""Laws on a finite set of outcomes, and counts of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import Array, Namespace, lgamma, log_softmax, softmax_gap, weights_gap
from kullback.families import _fisher
from kullback.families import _generating as generating
from kullback.families import _likelihood as likelihood
from kullback.families._domains import COUNT, LOGITS, WEIGHTS, parameter
from kullback.families._family import FAMILIES, Family, Support
from kullback.families._law import Law


@dataclass(frozen=True, eq=False, repr=False)
class Categorical(Law):
    """One draw from outcomes 0, 1, ….

    Args:
        probs: Vectors of probabilities; each is divided by its exact total.
        logits: Vectors of log weights, in place of `probs`; -inf means never.
    """

    probs: Array = parameter(WEIGHTS, None)
    logits: Array = parameter(LOGITS, None)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """One of the two parametrizations, with some mass."""
        one = (self.probs is None) != (self.logits is None)
        if not one:
            return [(False, "give either probs or logits.")]
        weights = (
            self.probs if self.probs is not None else xp.exp(self.logits - xp.max(self.logits, axis=-1, keepdims=True))
        )
        return [(xp.sum(weights, axis=-1) > 0, "every vector must have some mass.")]


@dataclass(frozen=True, eq=False, repr=False)
class Multinomial(Law):
    """Counts of the outcomes in so many independent draws.

    Args:
        total_count: Number of draws.
        probs: Vectors of probabilities; each is divided by its exact total.
    """

    total_count: Array = parameter(COUNT)
    probs: Array = parameter(WEIGHTS)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """Some mass."""
        return [(xp.sum(self.probs, axis=-1) > 0, "every vector must have some mass.")]


def weights_of(law: Any) -> Array:
    """Probabilities of a categorical law, not divided by their total."""
    if law.probs is not None:
        return law.probs
    return law.xp.exp(log_softmax(law.xp, law.logits))


def _logits_of(law: Any) -> Array:
    return law.logits if law.logits is not None else law.xp.log(law.probs)


def _categorical(p: Any, q: Any) -> Array:
    if p.probs is not None and q.probs is not None:
        return weights_gap(p.probs, q.probs)
    return softmax_gap(_logits_of(p), _logits_of(q))


def _multinomial(p: Any, q: Any) -> Array:
    xp = p.xp
    gap = weights_gap(p.probs, q.probs)
    finite = xp.isfinite(gap)
    value = xp.where(finite, p.total_count * xp.where(finite, gap, 0.0), xp.inf)
    value = xp.where(p.total_count == 0, 0.0, value)
    return xp.where(p.total_count == q.total_count, value, xp.inf)


def _entropy(law: Any) -> Array:
    xp = law.xp
    logarithm = log_softmax(xp, _logits_of(law))
    calm = xp.where(xp.isfinite(logarithm), logarithm, 0.0)
    return -xp.sum(xp.exp(logarithm) * calm, axis=-1)


def _log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    logarithm = log_softmax(xp, _logits_of(law))
    size = logarithm.shape[-1]
    inside = (x >= 0) & (x <= size - 1) & (xp.floor(x) == x)
    table = xp.sum(xp.where(xp.arange(size) == xp.where(inside, x, 0.0 * x)[..., None], logarithm, 0.0), axis=-1)
    return xp.where(inside, table, -xp.inf)


def _multinomial_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    logarithm = log_softmax(xp, xp.log(law.probs))
    terms = xp.where(x > 0, x * xp.where(x > 0, logarithm, 0.0), 0.0) - lgamma(x + 1.0)
    value = lgamma(law.total_count + 1.0) + xp.sum(terms, axis=-1)
    return xp.where(xp.sum(x, axis=-1) == law.total_count, value, -xp.inf)


def _sample(law: Any, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    weights = np.cumsum(np.asarray(weights_of(law)), axis=-1)
    share = rng.random(shape)[..., None] * weights[..., -1:]
    return np.sum(share >= weights, axis=-1)


def _support(law: Any) -> Support:
    """From the first to the last outcome with mass."""
    xp = law.xp
    mass = law.probs > 0 if law.probs is not None else law.logits > -xp.inf
    weights = law.probs if law.probs is not None else law.logits
    places = xp.cumulative_sum(xp.ones_like(weights), axis=-1) - 1.0
    low = xp.min(xp.where(mass, places, xp.inf), axis=-1)
    return Support("lattice", low, xp.max(xp.where(mass, places, -xp.inf), axis=-1))


def _multinomial_sample(law: Any, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    probs = np.asarray(law.probs)
    return rng.multinomial(
        np.asarray(law.total_count, dtype=np.int64), probs / probs.sum(axis=-1, keepdims=True), shape
    )


FAMILIES[Categorical] = Family(
    support=_support,
    same=_categorical,
    log_prob=_log_prob,
    entropy=_entropy,
    marks=lambda law: (0.0, (law.logits if law.probs is None else law.probs).shape[-1] - 1.0),
    sample=_sample,
    fisher=_fisher.categorical,
    fit=likelihood.categorical,
    log_mgf=generating.categorical,
)
FAMILIES[Multinomial] = Family(
    support=lambda law: Support(f"counts of {law.probs.shape[-1]} outcomes"),
    same=_multinomial,
    log_prob=_multinomial_log_prob,
    sample=_multinomial_sample,
    fisher=_fisher.multinomial,
    fit=likelihood.multinomial,
)
