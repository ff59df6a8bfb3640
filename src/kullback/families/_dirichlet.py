"""Dirichlet laws; beta laws use the same gap."""

from dataclasses import dataclass
from typing import Any

from kullback._core import (
    Array,
    digamma_step,
    itakura_saito_products,
    lgamma,
    namespace,
    phi,
    product_gap,
    stirling_gap,
)
from kullback.families import _fisher
from kullback.families._domains import POSITIVES, parameter
from kullback.families._family import FAMILIES, Family, Support
from kullback.families._law import Law


@dataclass(frozen=True, eq=False, repr=False)
class Dirichlet(Law):
    """Dirichlet law on probability vectors.

    Args:
        concentration: Vectors of positive numbers, one for each outcome.
    """

    concentration: Array = parameter(POSITIVES)


def dirichlet_gap(p: Array, q: Array, /) -> Array:
    """The divergence of two Dirichlet laws from their concentrations along the last axis.

    With totals s and t it is the sum of q_i times the gap of p_i t and q_i s, which is t times a divergence of
    categories, and of the gaps of Stirling's rest, those of the parts less that of the totals.
    """
    xp = namespace(p, q)
    one = xp.ones_like(p + q)
    p, q = p * one, q * one
    p_total, q_total = xp.sum(p, axis=-1, keepdims=True), xp.sum(q, axis=-1, keepdims=True)
    products = p, q_total * one, q, p_total * one
    parts = q * itakura_saito_products(*products) + stirling_gap(q, p)
    # The mean gap is zero but for the rounding of the totals; its phi is what that rounding added.
    drift = xp.sum(q * product_gap(*products), axis=-1) / q_total[..., 0]
    step = xp.sum(q - p, axis=-1)
    totals = q_total[..., 0] * phi(drift) + stirling_gap(q_total[..., 0], p_total[..., 0], step)
    return xp.sum(parts, axis=-1) - totals


def _entropy(law: Any) -> Array:
    xp = law.xp
    a = law.concentration
    total = xp.sum(a, axis=-1, keepdims=True)
    steps = xp.sum((a - 1.0) * digamma_step(total + 0.0 * a, a), axis=-1)
    return xp.sum(lgamma(a), axis=-1) - lgamma(total)[..., 0] + steps


def _log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    a = law.concentration
    inside = xp.all(x > 0, axis=-1)
    body = xp.sum((a - 1.0) * xp.log(xp.where(x > 0, x, 1.0)) - lgamma(a), axis=-1) + lgamma(xp.sum(a, axis=-1))
    return xp.where(inside, body, -xp.inf)


FAMILIES[Dirichlet] = Family(
    support=lambda law: Support(f"simplex of {law.concentration.shape[-1]} outcomes"),
    same=lambda p, q: dirichlet_gap(p.concentration, q.concentration),
    log_prob=_log_prob,
    entropy=_entropy,
    sample=lambda law, shape, rng: rng.dirichlet(law.concentration, shape),
    fisher=_fisher.dirichlet,
)
