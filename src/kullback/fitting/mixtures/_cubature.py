"""Means of smooth functions under mixtures of normal laws in two or three dimensions, by adaptive cubature."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from kullback._core import exp_gap
from kullback.fitting.mixtures._components import Components, Floats, log_sum

# Beyond nine standard deviations lies 2e-19 of a component.
_EDGES = np.array([-9.0, -2.4, 2.4, 9.0])
_EPS = float(np.finfo(np.float64).eps)
_CHUNK = 120_000
_MOST = {1: 2_000_000, 2: 4_000_000, 3: 8_000_000}
# Relative errors to aim at, by dimension.
TOLERANCE = {1: 1e-12, 2: 1e-10, 3: 1e-7}

# Piessens, de Doncker-Kapenga, Überhuber and Kahaner (1983), QUADPACK, routine qk15.
_HALF = np.array([
    0.991455371120812639206854697526329, 0.949107912342758524526189684047851, 0.864864423359769072789712788640926,
    0.741531185599394439863864773280788, 0.586087235467691130294144691693013, 0.405845151377397166906606412076961,
    0.207784955007898467600689403773245,
])  # fmt: skip
_HALF_KRONROD = np.array([
    0.022935322010529224963732008058970, 0.063092092629978553290700663189204, 0.104790010322250183839876322541518,
    0.140653259715525918745189590510238, 0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
    0.204432940075298892414161999234649,
])  # fmt: skip
_HALF_GAUSS = np.array(
    [0.129484966168869693270611432679082, 0.279705391489276667901467771423780, 0.381830050505118944950369775488975]
)
NODES = np.concatenate([-_HALF, [0.0], _HALF[::-1]])
_KRONROD = np.concatenate([_HALF_KRONROD, [0.209482141084727828012999174891714], _HALF_KRONROD[::-1]])
_GAUSS = np.zeros(15)
_GAUSS[1::2] = np.concatenate([_HALF_GAUSS, [0.417959183673469387755102040816327], _HALF_GAUSS[::-1]])

Function = Callable[[Floats], Floats]
"""From points ``(n, d)`` to rows ``(2, n)``: the values, and their rounding errors."""


@dataclass(frozen=True, eq=False)
class Mean:
    """A mean with its error.

    Attributes:
        value: The mean.
        error: Estimate of the absolute error: what two rules of different order differ by, and rounding.
        points: How many points the function was asked for.
    """

    value: float
    error: float
    points: int


@dataclass(frozen=True, eq=False)
class _Boxes:
    """Boxes of standardized coordinates, each of one component."""

    owner: NDArray[np.intp]
    low: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.owner)

    def pick(self, rows: NDArray[np.bool_]) -> "_Boxes":
        return _Boxes(self.owner[rows], self.low[rows], self.high[rows])

    def halves(self, axis: NDArray[np.intp]) -> "_Boxes":
        """Both halves of each box along its own axis."""
        row = np.arange(len(self))
        middle = 0.5 * (self.low + self.high)[row, axis]
        low, high = self.low.copy(), self.high.copy()
        high[row, axis], low[row, axis] = middle, middle
        return _Boxes(np.tile(self.owner, 2), np.concatenate([self.low, low]), np.concatenate([high, self.high]))


def mixture_mean(law: Components, function: Function, tolerance: float, /) -> Mean:
    """Mean of a function under a mixture, in the standardized coordinates of each component.

    Args:
        law: The mixture, in one to three dimensions.
        function: What to average.
        tolerance: Relative error to aim at.

    Returns:
        The mean with the error that was reached.
    """
    boxes = _first(law)
    value, error, axis = _apply(law, function, boxes)
    points = len(boxes) * len(NODES) ** law.dimension
    while True:
        total, off = value.sum(axis=1), float(error.sum())
        goal = tolerance * abs(float(total[0]))
        room = (_MOST[law.dimension] - points) // (2 * len(NODES) ** law.dimension)
        rough = (error > goal / (2.0 * len(boxes))) & (error > 0.5 * value[1])
        rough[np.argsort(-np.where(rough, error, 0.0))[max(room, 0) :]] = False  # the worst come first
        if off <= goal or not rough.any():
            return Mean(float(total[0]), off + float(total[1]), points)
        halves = boxes.pick(rough).halves(axis[rough])
        new_value, new_error, new_axis = _apply(law, function, halves)
        points += len(halves) * len(NODES) ** law.dimension
        value = np.concatenate([value[:, ~rough], new_value], axis=1)
        error, axis = np.concatenate([error[~rough], new_error]), np.concatenate([axis[~rough], new_axis])
        kept = boxes.pick(~rough)
        boxes = _Boxes(*(np.concatenate(pair) for pair in zip(_parts(kept), _parts(halves), strict=True)))


def _parts(boxes: _Boxes) -> tuple[NDArray[np.intp], Floats, Floats]:
    return boxes.owner, boxes.low, boxes.high


def _first(law: Components) -> _Boxes:
    sides = list(product(range(len(_EDGES) - 1), repeat=law.dimension))
    low, high = _EDGES[np.array(sides)], _EDGES[np.array(sides) + 1]
    owner = np.repeat(np.arange(law.size), len(sides))
    return _Boxes(owner, np.tile(low, (law.size, 1)), np.tile(high, (law.size, 1)))


def _apply(law: Components, function: Function, boxes: _Boxes) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Integrals of both rows, the error of the first, and the axis that causes most of it, for every box."""
    step = max(1, _CHUNK // len(NODES) ** law.dimension)
    parts = [
        _rule(law, function, _Boxes(boxes.owner[i : i + step], boxes.low[i : i + step], boxes.high[i : i + step]))
        for i in range(0, len(boxes), step)
    ]
    value, error, axis = zip(*parts, strict=True)
    return np.concatenate(value, axis=1), np.concatenate(error), np.concatenate(axis)


def _rule(law: Components, function: Function, boxes: _Boxes) -> tuple[Floats, Floats, NDArray[np.intp]]:
    d, count = law.dimension, len(boxes)
    grid = np.stack(np.meshgrid(*[NODES] * d, indexing="ij"), axis=-1).reshape(-1, d)
    half = 0.5 * (boxes.high - boxes.low)
    z = (0.5 * (boxes.high + boxes.low))[:, None, :] + half[:, None, :] * grid
    x = law.means[boxes.owner][:, None, :] + z @ np.swapaxes(law.factors[boxes.owner], 1, 2)
    weight = law.weights[boxes.owner] * half.prod(axis=1) * (2.0 * np.pi) ** (-0.5 * d)
    rows = function(x.reshape(-1, d)).reshape(2, count, -1)
    rows = rows * (weight[:, None] * np.exp(-0.5 * np.einsum("bni,bni->bn", z, z)))
    tall = rows.reshape(2, count, *[len(NODES)] * d)
    value, size = _summed(tall, [_KRONROD] * d), _summed(np.abs(tall[:1]), [_KRONROD] * d)[0]
    off = [_summed(tall[:1], [_GAUSS if i == j else _KRONROD for j in range(d)])[0] - value[0] for i in range(d)]
    gaps = np.abs(np.array(off))
    worst = gaps.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.where(size > 0, size * np.minimum(1.0, 200.0 * worst / size) ** 1.5, 0.0)
    # The scaled error of QUADPACK; never more than the plain one, never less than rounding.
    return value, np.minimum(np.maximum(error, 2.0 * _EPS * size), worst + 2.0 * _EPS * size), gaps.argmax(axis=0)


def _summed(values: Floats, weights: list[Floats]) -> Floats:
    """Weighted sums over the last axes, one rule for each."""
    for weight in reversed(weights):
        values = values @ weight
    return values


def cubature_divergence(p: Components, q: Components, tolerance: float, /) -> Mean:
    r"""D(p‖q) as the mean under ½p + ½q of a function of the log ratio that is never negative.

    $$ D(p \,\|\, q) = \int \tfrac{p+q}{2}\, \frac{2\,(e^g - 1 - g)}{1 + e^g}\,dx, \qquad g = \log\frac qp $$

    so nearly equal mixtures keep their digits and mass of q outside of p is seen.
    """
    both = Components(
        np.concatenate([0.5 * p.weights, 0.5 * q.weights]),
        np.concatenate([p.means, q.means]),
        np.concatenate([p.factors, q.factors]),
    )

    def function(x: Floats) -> Floats:
        log_p, log_q = log_sum(p.log_terms(x)), log_sum(q.log_terms(x))
        gap = log_q - log_p
        near = np.clip(gap, -30.0, 30.0)
        # Where q is almost nothing, or almost all, the exponential is not needed.
        value = np.where(gap < -30.0, -2.0 * (1.0 + gap), 2.0 * np.asarray(exp_gap(near)) / (1.0 + np.exp(near)))
        noise = 4.0 * _EPS * np.maximum(1.0, np.abs(log_p) + np.abs(log_q)) * np.minimum(np.abs(gap), 2.0)
        return np.stack([np.where(gap > 30.0, 2.0, value), noise])

    return mixture_mean(both, function, tolerance)


def cubature_entropy(p: Components, tolerance: float, /) -> Mean:
    """Differential entropy of a mixture in nats."""

    def function(x: Floats) -> Floats:
        value = -log_sum(p.log_terms(x))
        return np.stack([value, 4.0 * _EPS * np.maximum(1.0, np.abs(value))])

    return mixture_mean(p, function, tolerance)
