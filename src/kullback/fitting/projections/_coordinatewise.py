"""Independent coordinates: projection onto a product of families."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.families import Independent, Law, Normal, Product
from kullback.fitting.projections._record import Measured, Projection, StationaryPoint
from kullback.fitting.projections._target import Target

_MOST = 64


def project_coordinates(
    target: Target, kinds: tuple[Any, ...], project: Callable[..., Projection], /, *, direction: str, rng: Any
) -> Projection:
    """Project each coordinate of a target with independent coordinates; divergences add up.

    Args:
        target: In several dimensions.
        kinds: A family for each.
        project: The verb for one coordinate.
        direction: "forward" or "reverse".
        rng: As in `project`.

    Raises:
        InputError: The coordinates of the target depend on each other and some family is not normal.
    """
    law = target.law
    if not isinstance(law, Product) or any(isinstance(part, Independent) for part in law.components):
        if all(kind is Normal for kind in kinds):
            return project(law if law is not None else target, "diagonal", direction=direction, rng=rng)
        raise InputError(
            f"The coordinates of target = {target.name} are not known to be independent. Use 'diagonal' for "
            "independent normal coordinates, or give a Product."
        )
    parts = [
        project(part, kind, direction=direction, rng=rng) for part, kind in zip(law.components, kinds, strict=True)
    ]
    ways = list(product(*[part.optima for part in parts]))
    if len(ways) > _MOST:
        ways = [tuple(part.optima[0] for part in parts)]
    points = sorted([_joined(way) for way in ways], key=lambda point: round(getattr(point, direction).value, 13))
    return Projection(
        law=points[0].law,
        value=getattr(points[0], direction).value,
        direction=direction,
        optima=tuple(points),
        warnings=tuple(f"coordinate {i}: {line}" for i, part in enumerate(parts) for line in part.warnings),
        notes=("coordinate by coordinate: the target's are independent",),
        target=target,
    )


def _joined(points: tuple[StationaryPoint, ...]) -> StationaryPoint:
    """One stationary point of the product from one of each coordinate."""
    curvatures = sorted(value for point in points for value in point.curvatures)
    kinds = {point.kind for point in points}
    laws: list[Law] = [point.law for point in points]
    return StationaryPoint(
        Product(tuple(laws)),
        "degenerate" if "degenerate" in kinds else kinds.pop() if len(kinds) == 1 else "saddle",
        _added([point.forward for point in points]),
        _added([point.reverse for point in points]),
        float(np.linalg.norm([point.gradient for point in points])),
        tuple(curvatures),
        float(np.prod([point.basin for point in points])),
    )


def _added(figures: list[Measured | None]) -> Measured | None:
    known = [figure for figure in figures if figure is not None]
    if len(known) < len(figures):
        return None
    ways = ", ".join(dict.fromkeys(figure.method for figure in known))
    return Measured(sum(one.value for one in known), sum(one.error for one in known), f"sum over coordinates ({ways})")
