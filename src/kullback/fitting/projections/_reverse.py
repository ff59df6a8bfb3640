"""Reverse projection, argmin D(q‖p): all stationary points, from starts that the target itself gives."""

import numpy as np

from kullback._core import InputError
from kullback.families import FAMILIES, DiscreteUniform, Law, LogUniform, MultivariateNormal, Normal, Uniform
from kullback.fitting.projections._coordinates import Coordinates
from kullback.fitting.projections._expectation_maximization import em_mixtures
from kullback.fitting.projections._forward import check_support
from kullback.fitting.projections._found import Found
from kullback.fitting.projections._hermite import Floats
from kullback.fitting.projections._nodes import Nodes, line_modes
from kullback.fitting.projections._numeric import (
    measured_in,
    mixture_starts,
    modal_mixtures,
    numeric_points,
    reverse_objective,
    starts_for,
)
from kullback.fitting.projections._stationary import Search, euler, stationary_points
from kullback.fitting.projections._target import Target

_LEVELS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_SCALES = (0.4, 1.0, 2.0)
_MOST_PARTS = 12
_UNSURE = "the kinds of the points do not add up (minima less saddles must be 1): one may be missing or degenerate"


def reverse_on_line(target: Target, family: Coordinates, nodes: Nodes, /) -> tuple[list[Found], tuple[str, ...]]:
    """All stationary points of D(q‖p) for a family on the line, lowest first, and warnings.

    Raises:
        InputError: D(q‖p) is infinite for every member, or none is nearest.
    """
    if family.kind in {Uniform, DiscreteUniform, LogUniform}:
        raise InputError(f"The ends of {family.kind.__name__} do not move smoothly in reverse. Project forward.")
    _check_room(target, family)
    if family.kind is Normal and family.components == 1 and not family.fixed:
        return _normal(target, nodes)
    family = measured_in(family, nodes)
    starts = _mixture_starts(family, nodes) if family.components > 1 else starts_for(family, nodes)
    found = numeric_points(reverse_objective(target, family, nodes), starts, family)
    if not found:
        raise InputError(
            f"No member of {family.kind.__name__} was found where D(fit‖target) is least: it falls toward an end of "
            "the family. Hold a parameter with fixed=, or choose another family."
        )
    return found, ()


def _check_room(target: Target, family: Coordinates) -> None:
    """Every member must have its mass where the target has mass."""
    side, support = target.side, FAMILIES[family.kind].support(family.member())
    if support.kind != target.kind:
        check_support(target, family)
    if side is not None and (float(support.low) < side.low or float(support.high) > side.high):
        raise InputError(
            f"{family.kind.__name__} has mass on [{float(support.low):g}, {float(support.high):g}] and the target on "
            f"[{side.low:g}, {side.high:g}] only: D(fit‖target) is infinite for every member. Choose a family inside "
            "the target's support, or project forward."
        )


def _mixture_starts(family: Coordinates, nodes: Nodes) -> Floats:
    """The forward fits, and mixtures on some of the modes."""
    forward = list(em_mixtures(family, nodes))
    return mixture_starts(family, [*forward, *modal_mixtures(family, line_modes(nodes))])


def _normal(target: Target, nodes: Nodes) -> tuple[list[Found], tuple[str, ...]]:
    loc, scale = _line_starts(nodes)
    search = Search(target.log_prob, 1, target.marks)
    points = stationary_points(search, loc[:, None], scale[:, None, None])
    if not points:
        raise InputError("No normal law was found where D(fit‖target) is least. Is the target a density on the line?")
    found = [
        Found(Normal(float(point.loc[0]), float(point.factor[0, 0])), point.gradient, point.curvatures, point.share)
        for point in points
    ]
    return found, () if euler(points) == 1 else (_UNSURE,)


def _line_starts(nodes: Nodes) -> tuple[Floats, Floats]:
    """Locations and scales over the quantiles of the target, and at each of its modes."""
    cumulated = np.cumsum(nodes.mass)
    places = nodes.x[np.searchsorted(cumulated, np.array(_LEVELS) * cumulated[-1])]
    spread = max(float(places[-1] - places[0]) / 4.0, 1e-12)
    narrow = spread
    pairs: list[tuple[float, float]] = []
    for place, width in line_modes(nodes):
        narrow = min(narrow, width)
        pairs += [(place, width * factor) for factor in (0.5, 1.0, 2.0)]
    widths = np.geomspace(0.5 * narrow, 3.0 * spread, 10)
    # Far apart modes leave no quantile between them, but a stationary point may be there.
    middle = np.linspace(places[0], places[-1], 9)
    pairs += [(float(place), float(width)) for place in np.unique([*places, *middle]) for width in widths]
    loc, scale = np.array(pairs).T
    return loc, scale


def reverse_in_space(
    target: Target, kind: type[Law], nodes: Nodes, /, *, diagonal: bool
) -> tuple[list[Found], tuple[str, ...]]:
    """All stationary points of D(q‖p) over normal laws in two or three dimensions, and warnings."""
    if kind is not MultivariateNormal:
        raise InputError(f"{kind.__name__} is no family for {target.dimension} dimensions. Use 'full' or 'diagonal'.")
    search = Search(target.log_prob, target.dimension, np.array([]), diagonal)
    points = stationary_points(search, *_space_starts(target, nodes, diagonal=diagonal))
    if not points:
        raise InputError("No normal law was found where D(fit‖target) is least. Has the target mass everywhere?")
    found = [
        Found(_law(point.loc, point.factor, diagonal=diagonal), point.gradient, point.curvatures, point.share)
        for point in points
    ]
    return found, () if euler(points) == 1 else (_UNSURE,)


def _law(loc: Floats, factor: Floats, *, diagonal: bool) -> Law:
    return (
        MultivariateNormal(loc, scale_diag=np.diag(factor)) if diagonal else MultivariateNormal(loc, scale_tril=factor)
    )


def _space_starts(target: Target, nodes: Nodes, *, diagonal: bool) -> tuple[Floats, Floats]:
    """At the parts, at pairs of them, at all of them together, and over the target's mass; each in several sizes."""
    mass = nodes.mass / nodes.mass.sum()
    mean = mass @ nodes.x
    off = nodes.x - mean
    whole = (off * mass[:, None]).T @ off
    places, spreads = [mean], [whole]
    if target.parts is not None:
        weights, means, covariances = (part[:_MOST_PARTS] for part in target.parts)
        places += [*means]
        spreads += [*covariances]
        for i in range(len(weights)):
            for j in range(i):
                share = weights[[i, j]] / weights[[i, j]].sum()
                gap = means[i] - means[j]
                places.append(share[0] * means[i] + share[1] * means[j])
                within = share[0] * covariances[i] + share[1] * covariances[j]
                spreads.append(within + share[0] * share[1] * np.outer(gap, gap))
    scattered = np.searchsorted(np.cumsum(mass), (np.arange(8) + 0.5) / 8)
    places += [*nodes.x[scattered]]
    spreads += [0.25 * whole] * len(scattered)
    loc = np.concatenate([np.array(places)] * len(_SCALES))
    covariance = np.concatenate([np.array(spreads) * scale**2 for scale in _SCALES])
    if diagonal:
        covariance = np.einsum("mii->mi", covariance)[:, :, None] * np.eye(target.dimension)
    return loc, np.linalg.cholesky(covariance)
