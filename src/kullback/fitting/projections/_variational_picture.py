"""The picture of a variational fit."""

from typing import Any

import numpy as np

from kullback._core import COLORS, InputError, new_picture
from kullback.fitting.projections._elbo import factor_of
from kullback.fitting.projections._variational_target import Floats


def draw_fit(fit: Any, coordinates: tuple[int, int], /) -> Any:
    """The ELBO step by step, and a slice of the target with the fits in two coordinates."""
    size = fit.target.dimension
    if size > 1:
        _check(coordinates, size)
    figure = new_picture(9.6, 4.0)
    left, right = figure.subplots(1, 2)
    _trace(left, fit)
    if size == 1:
        _line(right, fit)
    else:
        _plane(right, fit, coordinates)
    return figure


def _check(coordinates: Any, size: int) -> None:
    whole = isinstance(coordinates, tuple | list) and len(coordinates) == 2
    if not whole or len({*coordinates}) < 2 or any(i not in range(size) for i in coordinates):
        raise InputError(f"coordinates = {coordinates!r}. Two different ones of 0 to {size - 1} are needed.")


def _trace(axis: Any, fit: Any) -> None:
    best = max(one.elbo for one in fit.optima)
    for i, one in enumerate(fit.optima[:6]):
        lack = np.maximum(best - np.array(one.trace), 1e-12)
        axis.plot(np.arange(len(lack)), lack, color=COLORS[i], marker=".", ms=4, label=f"{one.kind}, {one.elbo:.4g}")
    axis.set_yscale("log")
    axis.set_xlabel("step (natural gradient, then L-BFGS)")
    axis.set_ylabel("best ELBO less this one, nats")
    axis.set_title("ascents by where they end: ELBO, nats", fontsize=10)
    axis.legend(fontsize=8)
    axis.grid(alpha=0.3)


def _line(axis: Any, fit: Any) -> None:
    places = np.concatenate([[float(one.law.loc[0]) for one in fit.optima], [mode.place[0] for mode in fit.modes]])
    spread = max(float(factor_of(one.law)[0, 0]) for one in fit.optima)
    x = np.linspace(places.min() - 4 * spread, places.max() + 4 * spread, 800)
    axis.plot(x, np.exp(fit.target.values(x[:, None]) - fit.evidence.value), color="black", label="target p")
    for i, one in enumerate(fit.optima[:6]):
        scale = float(factor_of(one.law)[0, 0])
        height = np.exp(-0.5 * ((x - float(one.law.loc[0])) / scale) ** 2) / (scale * np.sqrt(2 * np.pi))
        axis.plot(x, height, color=COLORS[i], label=f"q, {one.kind}")
    axis.set_xlabel("x")
    axis.set_ylabel("density, 1 / unit of x")
    axis.legend(fontsize=8)


def _plane(axis: Any, fit: Any, coordinates: tuple[int, int]) -> None:
    chosen = list(coordinates)
    marks = [np.asarray(one.law.loc)[chosen] for one in fit.optima] + [mode.place[chosen] for mode in fit.modes]
    factors = [factor_of(one.law) for one in fit.optima]
    spreads = [(factor @ factor.T)[np.ix_(chosen, chosen)] for factor in factors]
    reach = 3.5 * np.sqrt(np.max([np.diag(spread) for spread in spreads], axis=0))
    low, high = np.min(marks, axis=0) - reach, np.max(marks, axis=0) + reach
    _target_slice(axis, fit, chosen, low, high)
    for i, (one, spread) in enumerate(zip(fit.optima[:6], spreads, strict=False)):
        circle = np.linspace(0, 2 * np.pi, 121)
        ring = np.linalg.cholesky(spread) @ np.stack([np.cos(circle), np.sin(circle)])
        for size in (1, 2):
            points = np.asarray(one.law.loc)[chosen][:, None] + size * ring
            axis.plot(*points, color=COLORS[i], lw=1.6 if size == 1 else 0.9)
    for mode in fit.modes:
        missed = {} if mode.covered else {"marker": "x", "color": COLORS[1], "s": 60}
        axis.scatter(*mode.place[chosen], **{"marker": ".", "color": "black", "s": 40, **missed}, zorder=5)
    axis.set_xlim(low[0], high[0])
    axis.set_ylim(low[1], high[1])
    axis.set_xlabel(f"coordinate {chosen[0]}")
    axis.set_ylabel(f"coordinate {chosen[1]}")
    axis.set_title("target (gray) and fits at 1 and 2 sd; x: a missed mode", fontsize=10)


def _target_slice(axis: Any, fit: Any, chosen: list[int], low: Floats, high: Floats) -> None:
    """The largest density over the slices through every mode and optimum."""
    first, second = (np.linspace(a, b, 90) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2)
    centers = [np.asarray(fit.law.loc), *(mode.place for mode in fit.modes[:6])]
    slices = []
    for center in centers:
        points = np.tile(center, (len(grid), 1))
        points[:, chosen] = grid
        slices.append(fit.target.values(points))
    logs = np.max(slices, axis=0)
    levels = logs.max() + np.array([-8.0, -6.0, -4.5, -3.0, -2.0, -1.0, -0.3, 1e-9])
    axis.contourf(first, second, logs.reshape(90, 90), levels=levels, cmap="Greys", alpha=0.75)
