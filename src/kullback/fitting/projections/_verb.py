"""`project`: the member of a family that is nearest to a target, forward or in reverse."""

from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.estimators._options import Rng
from kullback.families import Categorical, Dirichlet, Law
from kullback.fitting.projections._coordinates import read_family, read_fixed
from kullback.fitting.projections._coordinatewise import project_coordinates
from kullback.fitting.projections._forward import Result, forward_in_space, forward_on_line
from kullback.fitting.projections._found import Found
from kullback.fitting.projections._high import project_high
from kullback.fitting.projections._measure import measure
from kullback.fitting.projections._missed import missed_mass, warnings_for, weights_khat
from kullback.fitting.projections._nodes import Nodes, target_nodes
from kullback.fitting.projections._record import DIRECTIONS, Certificate, Projection, StationaryPoint
from kullback.fitting.projections._reverse import reverse_in_space, reverse_on_line
from kullback.fitting.projections._target import GRIDDED, Target, read_target


def project(
    target: Any,
    family: Any,
    /,
    *,
    direction: str = "forward",
    components: int = 1,
    fixed: dict[str, float] | None = None,
    dimension: int | None = None,
    gradient: Any = None,
    rng: Rng = 0,
) -> Projection:
    r"""The member of a family that is nearest to a target.

    Forward, the moment projection, minimizes $D(p \,\|\, q)$ over q: it must cover what the target p covers. Reverse,
    the information projection, minimizes $D(q \,\|\, p)$: it must stay where p is. In an exponential family the forward
    one matches the expectations of the sufficient statistics and is unique; the reverse one may have several optima,
    and all stationary points are given.

    Args:
        target: A law: a record of `kullback.families`, a mixture, a distribution of scipy.stats, torch, numpyro or TFP,
            a vector of probabilities of outcomes 0, 1, …; or an unnormalized log density f(x) with `dimension`, a
            function of arrays of shape ``(n,)`` or ``(n, dimension)`` (or of such tensors) that gives ``(n,)`` numbers.
        family: A class of `kullback.families` or its name; "full" or "diagonal" for normal laws in many dimensions; a
            tuple of classes for independent coordinates.
        direction: "forward" or "reverse".
        components: How many components of the family are mixed (targets on the line).
        fixed: Parameters of the family that are held, such as ``{"total_count": 10}``.
        dimension: Numbers that f(x) takes; for functions only.
        gradient: Of f in more than three dimensions, ``(n, dimension)`` to the same shape, unless f takes tensors.
        rng: Seed or generator for k-hat and for what has to be drawn: divergences in more than three dimensions.

    Returns:
        The law, its divergence in nats, both divergences at every stationary point, and a certificate (forward) or a
        warning about mass that the fit misses.

    Raises:
        InputError: The target is a sample (use `kl.fit`), the family does not fit it, every member is infinitely far,
            or no member is nearest.

    Note:
        On the line all is by formulas and adaptive quadrature, to near machine precision; in two and three dimensions
        by sums over grids, whose error is in the result; beyond, reverse projection is stochastic variational
        inference. For normal laws, minima less saddles plus maxima must be one: where the count is off, a warning says
        that a point may be missing. For other families in reverse no such count is made.

    References:
        Csiszár and Matúš (2003), IEEE Transactions on Information Theory 49, for both projections; Minka (2005),
        Divergence measures and message passing, Microsoft Research, for covering and seeking.

    Example:
        >>> from kullback.families import Mixture, Normal
        >>> from kullback.fitting.projections import project
        >>> target = Mixture([0.5, 0.5], [Normal(-3, 1), Normal(3, 1)])
        >>> round(float(project(target, "normal").law.scale) ** 2, 12)
        10.0
        >>> found = project(target, "normal", direction="reverse")
        >>> [point.kind for point in found.optima]
        ['minimum', 'minimum', 'minimum', 'saddle', 'saddle']
        >>> round(found.value, 10)
        0.6887689959
    """
    if direction not in DIRECTIONS:
        raise InputError(f"direction = {direction!r} is not known. Choose 'forward' or 'reverse'.")
    if type(components) is not int or components < 1:
        raise InputError(f"components = {components!r}. A whole number of at least 1 is needed.")
    here = read_target(target, dimension)
    kind, diagonal = read_family(family, here.dimension)
    if isinstance(kind, tuple):
        return project_coordinates(here, kind, project, direction=direction, rng=rng)
    if here.kind == "vectors" and (components > 1 or fixed):
        raise InputError("components= and fixed= are for targets on the line. Leave them out in several dimensions.")
    if here.kind == "vectors" and here.dimension > GRIDDED and kind is not Dirichlet and direction == "reverse":
        return project_high(here, kind, gradient, diagonal=diagonal, rng=rng)
    if here.on_simplex != (kind is Dirichlet):
        raise InputError(
            f"target = {here.name} and {kind.__name__} live on different sets. Use Dirichlet on a simplex."
        )
    gridded = here.kind != "vectors" or (here.dimension <= GRIDDED and kind is not Dirichlet)
    nodes = target_nodes(here) if gridded else None
    if direction == "forward":
        with np.errstate(all="ignore"):
            found, certificate = _forward(here, kind, nodes, components, fixed, diagonal=diagonal)
        return _record(here, found, nodes, rng, direction, certificate=certificate)
    with np.errstate(all="ignore"):
        found, warnings = _reverse(here, kind, nodes, components, fixed, diagonal=diagonal)
    return _record(here, found, nodes, rng, direction, warnings=warnings)


def _forward(
    target: Target, kind: type[Law], nodes: Nodes | None, components: int, fixed: Any, *, diagonal: bool
) -> Result:
    if target.kind == "vectors" or nodes is None:
        return forward_in_space(target, kind, nodes, diagonal=diagonal)
    return forward_on_line(target, read_fixed(kind, fixed, components), nodes)


def _reverse(
    target: Target, kind: type[Law], nodes: Nodes | None, components: int, fixed: Any, *, diagonal: bool
) -> tuple[list[Found], tuple[str, ...]]:
    if nodes is None or kind is Categorical:
        raise InputError(f"{kind.__name__} has no reverse projection here. Project forward.")
    if target.kind == "vectors":
        return reverse_in_space(target, kind, nodes, diagonal=diagonal)
    return reverse_on_line(target, read_fixed(kind, fixed, components), nodes)


def _record(
    target: Target,
    found: list[Found],
    nodes: Nodes | None,
    rng: Rng,
    direction: str,
    *,
    certificate: Certificate | None = None,
    warnings: tuple[str, ...] = (),
) -> Projection:
    """Everything that is to be known about what was found."""
    points = [
        StationaryPoint(
            one.law,
            one.kind,
            measure(target, one.law, "forward", nodes, rng),
            measure(target, one.law, "reverse", nodes, rng),
            one.gradient,
            tuple(float(value) for value in one.curvatures),
            one.share,
        )
        for one in found
    ]
    points.sort(key=lambda point: round(getattr(point, direction).value, 13))
    law, figure = points[0].law, getattr(points[0], direction)
    if np.isinf(figure.value):
        raise InputError(
            f"Every member is infinitely far from the target: {DIRECTIONS[direction]} is infinite at the best one "
            f"({figure.method}). Choose a wider family, or the other direction."
        )
    missed = missed_mass(target, law, nodes, rng) if direction == "reverse" else None
    elbo = None if target.evidence is None else target.evidence.log_evidence - points[0].reverse.value  # type: ignore[union-attr]
    return Projection(
        law=law,
        value=figure.value,
        direction=direction,
        optima=tuple(points),
        certificate=certificate,
        missed=missed,
        khat=weights_khat(target, law, rng) if direction == "reverse" else None,
        evidence=target.evidence,
        elbo=elbo,
        warnings=(*warnings, *warnings_for(missed, points if direction == "reverse" else [])),
        notes=(),
        target=target,
    )
