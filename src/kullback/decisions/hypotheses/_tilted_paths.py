r"""The geometric path inside an exponential family: a law of the family at every weight.

With $m \propto p^s q^{1-s}$ the exponent is $s\, D(m \,\|\, p) + (1-s)\, D(m \,\|\, q)$, two terms that are never
negative and exact, and its slope is $D(m \,\|\, p) - D(m \,\|\, q)$.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from kullback.decisions.hypotheses._paths import Path
from kullback.divergences import divergence
from kullback.families import (
    Beta,
    Binomial,
    Dirichlet,
    Gamma,
    GeneralizedGamma,
    Geometric,
    InverseGamma,
    InverseGaussian,
    Law,
    Maxwell,
    NegativeBinomial,
    Rayleigh,
    VonMises,
    lift_together,
)


def tilted_path(p: Law, q: Law, /) -> Path | None:
    """The path of two laws of one exponential family, their own or one that contains both; None for the others."""
    lifted = lift_together(p, q, among=_BETWEEN)
    if lifted is None or not _is_inside(*lifted):
        return None
    tilted = partial(_BETWEEN[type(lifted[0])], *lifted)

    def exponent(s: float) -> float:
        middle = tilted(s)
        return s * float(divergence(middle, p)) + (1 - s) * float(divergence(middle, q))

    def slope(s: float) -> float:
        middle = tilted(s)
        return float(divergence(middle, p)) - float(divergence(middle, q))

    return Path(exponent, slope, "closed form", tilted)


def _is_inside(p: Any, q: Any) -> bool:
    """One power or number of trials, and no chance on an edge, where the path jumps."""
    if isinstance(p, GeneralizedGamma):
        return float(p.power) == float(q.power)
    if isinstance(p, Binomial | NegativeBinomial) and float(p.total_count) != float(q.total_count):
        return False
    if isinstance(p, Binomial | NegativeBinomial | Geometric):
        return all(0 < float(law.probs) < 1 for law in (p, q))
    return True


def _mean(names: tuple[str, ...], p: Any, q: Any, s: float) -> Law:
    """Parameters that are natural ones themselves."""
    kind: Any = type(p)
    return kind(**{name: s * getattr(p, name) + (1 - s) * getattr(q, name) for name in names})  # type: ignore[no-any-return]


def _of_scale(p: Any, q: Any, s: float) -> Law:
    """One over the squared scale is natural."""
    least = np.minimum(p.scale, q.scale)
    kind: Any = type(p)
    scale = least * (s * (least / p.scale) ** 2 + (1 - s) * (least / q.scale) ** 2) ** -0.5
    return kind(scale)  # type: ignore[no-any-return]


def _generalized(p: Any, q: Any, s: float) -> GeneralizedGamma:
    """The shape and the scale to the power -k are natural."""
    power, least = float(p.power), np.minimum(p.scale, q.scale) if p.power > 0 else np.maximum(p.scale, q.scale)
    share = s * (p.scale / least) ** -power + (1 - s) * (q.scale / least) ** -power
    return GeneralizedGamma(s * p.concentration + (1 - s) * q.concentration, least * share ** (-1 / power), power)


def _geometric(p: Any, q: Any, s: float) -> Geometric:
    return Geometric(_waiting(p, q, s))


def _negative_binomial(p: Any, q: Any, s: float) -> NegativeBinomial:
    return NegativeBinomial(p.total_count, _waiting(p, q, s))


def _waiting(p: Any, q: Any, s: float) -> Any:
    """The logarithm of the chance of failure is natural."""
    return -np.expm1(s * np.log1p(-p.probs) + (1 - s) * np.log1p(-q.probs))


def _binomial(p: Any, q: Any, s: float) -> Binomial:
    """The log odds are natural."""
    one = p.probs**s * q.probs ** (1 - s)
    none = (1 - p.probs) ** s * (1 - q.probs) ** (1 - s)
    return Binomial(p.total_count, one / (one + none))


def _inverse_gaussian(p: Any, q: Any, s: float) -> InverseGaussian:
    """The concentration λ and λ/μ² are natural."""
    least = np.minimum(p.loc, q.loc)
    shape = s * p.concentration + (1 - s) * q.concentration
    pull = s * p.concentration * (least / p.loc) ** 2 + (1 - s) * q.concentration * (least / q.loc) ** 2
    return InverseGaussian(least * np.sqrt(shape / pull), shape)


def _von_mises(p: Any, q: Any, s: float) -> VonMises:
    """The concentration as a vector in the direction of the mean is natural."""
    vector = s * p.concentration * np.exp(1j * p.loc) + (1 - s) * q.concentration * np.exp(1j * q.loc)
    return VonMises(np.angle(vector), np.abs(vector))


_BETWEEN: dict[type[Law], Callable[[Any, Any, float], Law]] = {
    Beta: partial(_mean, ("concentration1", "concentration0")),
    Binomial: _binomial,
    Dirichlet: partial(_mean, ("concentration",)),
    Gamma: partial(_mean, ("concentration", "rate")),
    GeneralizedGamma: _generalized,
    Geometric: _geometric,
    InverseGamma: partial(_mean, ("concentration", "rate")),
    InverseGaussian: _inverse_gaussian,
    Maxwell: _of_scale,
    NegativeBinomial: _negative_binomial,
    Rayleigh: _of_scale,
    VonMises: _von_mises,
}
