"""Pictures of projections: the target with every stationary point."""

from typing import Any

import numpy as np

from kullback._core import COLORS, InputError, new_picture
from kullback.families import MultivariateNormal
from kullback.fitting.projections._coordinates import Coordinates
from kullback.fitting.projections._forward import forward_in_space, forward_on_line
from kullback.fitting.projections._hermite import Floats
from kullback.fitting.projections._measure import open_log_prob
from kullback.fitting.projections._moments import EQUATIONS
from kullback.fitting.projections._nodes import Nodes, target_nodes

_TARGET = "0.35"
_STYLES = {"minimum": "-", "saddle": "--", "maximum": ":", "degenerate": "-."}
_MOST = 6


def projection_picture(projection: Any, /) -> Any:
    """The target and the stationary points of a projection, with the forward fit beside reverse ones.

    Args:
        projection: A `Projection`.

    Returns:
        A matplotlib figure.

    Raises:
        InputError: The target has more than two dimensions.
    """
    target = projection.target
    if target is None or target.dimension > 2:
        raise InputError("Pictures are for targets in one or two dimensions. Look at .optima instead.")
    figure = new_picture(7.0, 4.0)
    axis = figure.subplots()
    nodes = target_nodes(target)
    if target.dimension == 2:
        _contours(axis, projection, nodes)
    else:
        _curves(axis, projection, nodes)
    words = {"forward": "forward: argmin D(target‖fit)", "reverse": "reverse: argmin D(fit‖target)"}
    axis.set_title(words[projection.direction], fontsize=11)
    axis.legend(fontsize=8)
    return figure


def _label(projection: Any, point: Any) -> str:
    figure = getattr(point, projection.direction)
    return f"{point.kind}, {figure.value:.4g} nats"


def _curves(axis: Any, projection: Any, nodes: Any) -> None:
    """Densities on the line, or masses on whole numbers."""
    target = projection.target
    share = np.cumsum(nodes.mass)
    low, high = np.interp([0.001, 0.999], share / share[-1], nodes.x)
    room = 0.15 * (high - low) + (1.0 if target.kind == "lattice" else 0.0)
    side = target.side
    low, high = max(low - room, side.low), min(high + room, side.high)
    whole = target.kind == "lattice"
    x = np.arange(np.ceil(low), np.floor(high) + 1) if whole else np.linspace(low, high, 801)[1:-1]
    style = {"marker": "o", "markersize": 3} if whole else {}
    heights = np.exp(target.log_prob(x))
    axis.fill_between(x, heights, color=_TARGET, alpha=0.25, step="mid" if whole else None, linewidth=0, label="target")
    for i, point in enumerate(projection.optima[:_MOST]):
        density = np.exp(open_log_prob(point.law)(x))
        axis.plot(x, density, _STYLES[point.kind], color=COLORS[i], label=_label(projection, point), **style)
    other = _forward_fit(projection, nodes)
    if other is not None:
        axis.plot(x, np.exp(open_log_prob(other)(x)), color="black", linewidth=1.0, label="forward fit")
    axis.set_xlabel("x")
    axis.set_ylabel("probability" if whole else "density")
    axis.set_ylim(bottom=0.0)


def _contours(axis: Any, projection: Any, nodes: Any) -> None:
    """Filled contours of the target, and regions of highest density of each point."""
    mass = nodes.mass / nodes.mass.sum()
    ends = []
    for column in nodes.x.T:
        order = np.argsort(column)
        low, high = np.interp([0.001, 0.999], np.cumsum(mass[order]), column[order])
        ends.append((low - 0.15 * (high - low), high + 0.15 * (high - low)))
    lines = [np.linspace(low, high, 161) for low, high in ends]
    first, second = np.meshgrid(*lines)
    points = np.stack([first.ravel(), second.ravel()], axis=1)
    axis.contourf(first, second, _heights(projection.target.log_prob, points, first.shape), 8, cmap="Greys", alpha=0.6)
    for i, point in enumerate(projection.optima[:_MOST]):
        heights = _heights(open_log_prob(point.law), points, first.shape)
        # Of a normal law the contours at exp(-½) and exp(-2) of the peak are one and two standard deviations out.
        levels = float(heights.max()) * np.exp([-2.0, -0.5])
        style = {"minimum": "solid", "saddle": "dashed", "maximum": "dotted"}.get(point.kind, "dashdot")
        axis.contour(first, second, heights, levels, colors=COLORS[i], linestyles=style)
        axis.plot([], [], _STYLES[point.kind], color=COLORS[i], label=_label(projection, point))
    other = _forward_fit(projection, nodes)
    if other is not None:
        heights = _heights(open_log_prob(other), points, first.shape)
        levels = float(heights.max()) * np.exp([-2.0, -0.5])
        axis.contour(first, second, heights, levels, colors="black", linewidths=1.0)
        axis.plot([], [], color="black", linewidth=1.0, label="forward fit")
    axis.set_xlabel("first coordinate")
    axis.set_ylabel("second coordinate")


def _forward_fit(projection: Any, nodes: Nodes) -> Any:
    """What covers, beside a reverse projection; None where it has no moment equation or no finite moments."""
    law, target = projection.law, projection.target
    if projection.direction == "forward":
        return None
    try:
        if isinstance(law, MultivariateNormal):
            return forward_in_space(target, type(law), nodes, diagonal=law.scale_diag is not None)[0][0].law
        if type(law) in EQUATIONS and not EQUATIONS[type(law)][1]:
            return forward_on_line(target, Coordinates(type(law), {}), nodes)[0][0].law
    except InputError:
        pass
    return None


def _heights(log_prob: Any, points: Floats, shape: tuple[int, ...]) -> Floats:
    return np.asarray(np.exp(log_prob(points)).reshape(shape))
