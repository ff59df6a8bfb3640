"""Forward projection onto mixtures: the EM algorithm on the nodes of the target in place of a sample."""

import numpy as np

from kullback._core import InputError
from kullback.families import Law, Mixture, log_prob
from kullback.fitting.projections._coordinates import Coordinates
from kullback.fitting.projections._expectations import Statistic
from kullback.fitting.projections._hermite import Floats
from kullback.fitting.projections._moments import EQUATIONS
from kullback.fitting.projections._nodes import Nodes

_ROUNDS, _SPLITS = 400, 8
_LEAST_WEIGHT = 1e-8


def em_mixtures(family: Coordinates, nodes: Nodes, /) -> list[Mixture]:
    """Mixtures where the EM algorithm came to rest, from several splits of the target by its quantiles.

    Args:
        family: Family of a component, with the number of components.
        nodes: The target.

    Raises:
        InputError: The components have no moment equation.

    References:
        Dempster, Laird and Rubin (1977), Journal of the Royal Statistical Society B 39.
    """
    if family.kind not in EQUATIONS or set(family.fixed) != set(EQUATIONS[family.kind][1]):
        raise InputError(
            f"Mixtures of {family.kind.__name__} have no moment equation for their components. Use normal, gamma, "
            "poisson or another exponential family with all its parameters free."
        )
    mass = nodes.mass
    x, mass = nodes.x[mass > 0], mass[mass > 0] / mass.sum()
    rng, k = np.random.default_rng(0), family.components
    splits = [np.full(k, 1.0 / k), *rng.dirichlet(np.ones(k), _SPLITS)]
    found = []
    for split in splits:
        cells = np.searchsorted(np.cumsum(split)[:-1], np.cumsum(mass) - 0.5 * mass)
        mixture = _iterated(family, x, mass, np.eye(k)[cells].T)
        if mixture is not None:
            found.append(mixture)
    if not found:
        raise InputError(f"No mixture of {k} components was found: every start lost one. Ask for fewer components.")
    return found


def _iterated(family: Coordinates, x: Floats, mass: Floats, shares: Floats) -> Mixture | None:
    """EM from responsibilities of shape ``(k, n)``; None where a component died out."""
    last, mixture = -np.inf, None
    for _ in range(_ROUNDS):
        weights = shares @ mass
        if weights.min() < _LEAST_WEIGHT:
            return None
        try:
            parts = [
                _component(family, x, share * mass / weight) for share, weight in zip(shares, weights, strict=True)
            ]
        except (InputError, ValueError, ArithmeticError):  # all of its mass on one point
            return None
        mixture = Mixture(weights, tuple(parts))
        logs = np.stack([np.log(w) + log_prob(part, x) for w, part in zip(weights, parts, strict=True)])
        whole = np.logaddexp.reduce(logs, axis=0)
        shares = np.exp(logs - whole)
        score = float(mass @ whole)
        if score - last < 1e-13:
            break
        last = score
    return mixture


def _component(family: Coordinates, x: Floats, mass: Floats) -> Law:
    def expect(statistic: Statistic) -> float:
        return float(mass @ statistic.function(x))

    return family.kind(**EQUATIONS[family.kind][0](expect, family.fixed), **family.fixed)
