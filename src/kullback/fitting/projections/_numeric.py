"""Families without a moment equation: both divergences as functions of real coordinates, by quadrature."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np

from kullback._core import InputError
from kullback.divergences._ladder import density
from kullback.families import Law, Mixture, Normal
from kullback.fitting.projections._coordinates import Coordinates
from kullback.fitting.projections._expectations import Statistic
from kullback.fitting.projections._found import Found
from kullback.fitting.projections._hermite import Floats
from kullback.fitting.projections._moments import EQUATIONS
from kullback.fitting.projections._newton import Centered, Values, all_stationary
from kullback.fitting.projections._nodes import Nodes, line_modes, line_nodes
from kullback.fitting.projections._target import Target

_MOST_STARTS, _MOST_MODES = 16, 5
# Nodes with less mass than this power of e under both laws are left out.
_LEAST = -70.0


def measured_in(family: Coordinates, nodes: Nodes, /) -> Coordinates:
    """The family with locations counted from the target's median in units of its spread."""
    cumulated = np.cumsum(nodes.mass)
    low, middle, high = (float(nodes.x[np.searchsorted(cumulated, level * cumulated[-1])]) for level in (0.2, 0.5, 0.8))
    unit = 0.6 * (high - low)
    return replace(family, center=middle, unit=unit) if unit > 0 else family


def forward_objective(nodes: Nodes, family: Coordinates, /) -> Centered:
    """The cross-entropy -E_p log q, by the nodes of the target."""
    mass = nodes.mass
    x, mass = nodes.x[mass > 0], mass[mass > 0]

    def values(theta: Floats) -> Floats:
        logs = family.log_prob(theta, x[None])
        return np.asarray(-(np.where(np.isnan(logs), -np.inf, logs) @ mass))

    return lambda _: values


def reverse_objective(target: Target, family: Coordinates, nodes: Nodes, /) -> Centered:
    """D(q‖p), by nodes that are made for a q and move with its location and scale."""

    def centered(theta: Floats) -> Values:
        x, volume, log_p = _nodes_for(target, family, theta, nodes)
        movable = family.components == 1 and {"loc", "scale"} <= set(family.free) and target.kind == "interval"
        here = family.law(theta) if movable else None

        def values(batch: Floats) -> Floats:
            points, sizes, logs = x[None], volume[None], log_p
            if here is not None:
                there = family.law(batch)
                stretch = there.scale / here.scale  # type: ignore[attr-defined]
                points = there.loc + stretch * (x - here.loc)  # type: ignore[attr-defined]
                sizes = volume * stretch
                logs = target.log_prob(points.ravel()).reshape(points.shape)
            log_q = family.log_prob(batch, points)
            with np.errstate(all="ignore"):
                mass = sizes * np.exp(log_q)
                terms = np.where(mass > 0, mass * (log_q - logs), 0.0)
            return np.asarray(np.where(np.isnan(terms).any(axis=1), np.inf, terms.sum(axis=1)))

        return values

    return centered


def _nodes_for(target: Target, family: Coordinates, theta: Floats, nodes: Nodes) -> tuple[Floats, Floats, Floats]:
    """Points where q or p has mass."""
    side = density(family.law(theta))
    if target.kind == "lattice" or side is None or target.side is None:
        last = float(side.marks[-1]) if side is not None and side.marks else float(nodes.x[-1])
        low, high = (side.low, side.high) if side is not None else (nodes.x[0], nodes.x[-1])
        top = min(high, max(float(nodes.x[-1]), last) + 200.0, low + 2e5)
        x = np.arange(np.ceil(max(low, -1e5)), top + 1)
        return x, np.ones_like(x), target.log_prob(x)
    found = line_nodes([side, target.side])
    log_p = target.log_prob(found.x)
    with np.errstate(divide="ignore"):
        kept = np.maximum(found.log_p, log_p) + np.log(found.volume) > _LEAST
    return found.x[kept], found.volume[kept], log_p[kept]


def numeric_points(function: Centered, starts: Floats, family: Coordinates, /) -> list[Found]:
    """All stationary points from the starts, lowest first."""
    found = [
        Found(family.law(theta), float(np.linalg.norm(gradient)), np.asarray(np.linalg.eigvalsh(hessian)), share)
        for theta, _, gradient, hessian, share in all_stationary(function, starts, family.ordered)
    ]
    # Toward an end of a family the slope dies away too, and the curvature with it.
    return [point for point in found if point.kind != "degenerate"]


def starts_for(family: Coordinates, nodes: Nodes, /) -> Floats:
    """Coordinates to start from: the target's quantiles for locations and scales, a few sizes for shapes."""
    if len(family.free) == 1 and _is_exponential(family):
        return _single_starts(family, nodes)
    cumulated = np.cumsum(nodes.mass)
    low, middle, high = (float(nodes.x[np.searchsorted(cumulated, level * cumulated[-1])]) for level in (0.2, 0.5, 0.8))
    spread = max(0.6 * (high - low), 1e-3 * abs(middle), 1e-9)
    size = max(abs(middle), spread)
    usual: dict[str, tuple[float, ...]] = {
        "loc": tuple(dict.fromkeys((middle, low, high))),
        "scale": (spread, 0.3 * spread) if "loc" in family.free else (size,),
        "rate": (1.0 / size,),
        "spread": (size * size,),
        "probs": (0.2, 0.6),
        "exponent": (1.5, 3.0),
    }
    if "loc" in family.free and "concentration" in family.free:
        usual["loc"] = tuple(dict.fromkeys(max(abs(place), 1e-3) for place in usual["loc"]))
    values = [usual.get(name, (0.7, 3.0)) for name in family.free]
    laws = [family.kind(**dict(zip(family.free, one, strict=True)), **family.fixed) for one in product(*values)]
    return np.stack([family.of(law) for law in laws[:_MOST_STARTS]])


def _is_exponential(family: Coordinates) -> bool:
    return family.kind in EQUATIONS and set(family.fixed) == set(EQUATIONS[family.kind][1])


def _single_starts(family: Coordinates, nodes: Nodes) -> Floats:
    """The one parameter that suits each of several outcomes."""
    cumulated = np.cumsum(nodes.mass)
    levels = np.searchsorted(cumulated, np.array([0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98]) * cumulated[-1])
    places = [*nodes.x[levels], *(place for place, _ in line_modes(nodes))]
    found = []
    for place in places:

        def expect(statistic: Statistic, x: float = float(place)) -> float:
            return float(statistic.function(np.asarray(x)))

        with np.errstate(all="ignore"):
            try:
                law = family.kind(**EQUATIONS[family.kind][0](expect, family.fixed), **family.fixed)
                found.append(family.of(law))
            except (InputError, ValueError, ArithmeticError):  # an outcome at an end of the family
                continue
    kept = [theta for theta in found if np.isfinite(theta).all()]
    return np.unique(np.stack(kept), axis=0) if kept else np.zeros((1, 1))


def modal_mixtures(family: Coordinates, modes: list[tuple[float, float]], /) -> list[Law]:
    """Mixtures of normal laws that sit on some of the target's modes and leave the others out."""
    if family.kind is not Normal or family.fixed:
        return []
    chosen = list(combinations(modes[:_MOST_MODES], family.components))
    return [
        Mixture(np.full(len(some), 1.0 / len(some)), tuple(Normal(place, width) for place, width in some))
        for some in chosen
    ]


def mixture_starts(family: Coordinates, laws: list[Law], /) -> Floats:
    """Coordinates of mixtures to start from."""
    starts = np.stack([family.of(law) for law in laws])
    _, first = np.unique(np.round(starts, 2), axis=0, return_index=True)
    return np.asarray(starts[np.sort(first)])
