"""Panels, plain or logarithmic, and the Gauss-Kronrod rule on all of them at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kullback.numerics._density import Floats
from kullback.numerics._integrand import Integrand

_EPS = float(np.finfo(np.float64).eps)

# Piessens, de Doncker-Kapenga, Überhuber and Kahaner (1983), QUADPACK, routine qk21.
_HALF = np.array([
    0.995657163025808080735527280689003, 0.973906528517171720077964012084452, 0.930157491355708226001207180059508,
    0.865063366688984510732096688423493, 0.780817726586416897063717578345042, 0.679409568299024406234327365114874,
    0.562757134668604683339000099272694, 0.433395394129247190799265943165784, 0.294392862701460198131126603103866,
    0.148874338981631210884826001129720,
])  # fmt: skip
_HALF_KRONROD = np.array([
    0.011694638867371874278064396062192, 0.032558162307964727478818972459390, 0.054755896574351996031381300244580,
    0.075039674810919952767043140916190, 0.093125454583697605535065465083366, 0.109387158802297641899210590325805,
    0.123491976262065851077958109831074, 0.134709217311473325928054001771707, 0.142775938577060080797094273138717,
    0.147739104901338491374841515972068,
])  # fmt: skip
_HALF_GAUSS = np.array([
    0.066671344308688137593568809893332, 0.149451349150580593145776339657697, 0.219086362515982043995534934228163,
    0.269266719309996355091226921569469, 0.295524224714752870173892994651338,
])  # fmt: skip
NODES = np.concatenate([-_HALF, [0.0], _HALF[::-1]])
KRONROD = np.concatenate([_HALF_KRONROD, [0.149445554002916905664936468389821], _HALF_KRONROD[::-1]])
GAUSS = np.zeros(21)
GAUSS[1::2] = np.concatenate([_HALF_GAUSS, _HALF_GAUSS[::-1]])
# A kink or jump between the last node and the edge is seen by no rule. So the function is also looked at close to both
# edges, where the polynomial through the nodes must agree.
_EDGE = 1.0 - 1e-6
POINTS = np.concatenate([[-_EDGE], NODES, [_EDGE]])
_UNSEEN = float(KRONROD[0])


def _edge_weights() -> Floats:
    """From values at `POINTS` to how far those at both edges are off the polynomial, shape ``(23, 2)``."""
    weights = np.zeros((23, 2))
    for column, edge in enumerate((-_EDGE, _EDGE)):
        for row, node in enumerate(NODES):
            others = np.delete(NODES, row)
            weights[row + 1, column] = np.prod((edge - others) / (node - others))
        weights[22 * column, column] = -1.0
    return weights


_OFF = _edge_weights()


@dataclass(frozen=True, eq=False)
class Panels:
    """Intervals of a coordinate u: x = u where `sign` is zero, else x = origin + sign · exp(u)."""

    low: Floats
    high: Floats
    origin: Floats
    sign: Floats

    def __len__(self) -> int:
        return len(self.low)

    @classmethod
    def along(cls, edges: Floats, origin: float = 0.0, sign: float = 0.0) -> "Panels":
        """The panels between consecutive edges."""
        count = len(edges) - 1
        return cls(edges[:-1], edges[1:], np.full(count, origin), np.full(count, sign))

    @classmethod
    def join(cls, *parts: "Panels") -> "Panels":
        """All panels in one."""
        names = ("low", "high", "origin", "sign")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def pick(self, chosen: NDArray[np.bool_]) -> "Panels":
        """Some of the panels."""
        return Panels(self.low[chosen], self.high[chosen], self.origin[chosen], self.sign[chosen])

    def halves(self) -> "Panels":
        """Every panel cut in two."""
        middle = 0.5 * self.low + 0.5 * self.high
        lower = Panels(self.low, middle, self.origin, self.sign)
        return Panels.join(lower, Panels(middle, self.high, self.origin, self.sign))

    def divisible(self) -> NDArray[np.bool_]:
        """Panels that are wide enough for their nodes to differ."""
        largest = np.maximum(np.maximum(np.abs(self.low), np.abs(self.high)), 1e-290)
        return self.high - self.low > 512 * _EPS * largest


def apply_rule(integrand: Integrand, panels: Panels, /) -> tuple[Floats, Floats]:
    """Integrals of all rows over each panel, and their errors, both of shape ``(rows, panels)``.

    A function that is infinite at a single node gives an infinite error, so that the panel is cut; at two neighboring
    nodes, an infinite integral.
    """
    center, half = 0.5 * panels.low + 0.5 * panels.high, 0.5 * (panels.high - panels.low)
    u = center[:, None] + half[:, None] * POINTS
    mapped = (panels.sign != 0)[:, None]
    origin = panels.origin[:, None]
    x = np.where(mapped, origin + panels.sign[:, None] * np.exp(np.where(mapped, u, 0.0)), u)
    # The distance as it is after the rounding of x: densities near an end are powers of that one.
    distance = np.where(mapped, np.abs(x - origin), 1.0)
    # The width goes in with the logarithms: a density times a log ratio may be out of range where the mass is not.
    values = integrand.rows(x, np.log(np.maximum(distance, 1e-300)) + np.log(half)[:, None])
    poles = np.any(~np.isfinite(values), axis=0)
    infinite = (poles[:, 1:] & poles[:, :-1]).any(axis=1)
    values = np.where(poles, 0.0, values)
    moved = np.max(np.minimum(_EPS * np.abs(x) / np.maximum(distance, 1e-300), 1.0), axis=1)
    variation = np.abs(np.diff(values[0], axis=1)).sum(axis=1)
    kronrod, error = values[..., 1:-1] @ KRONROD, np.abs(values[..., 1:-1] @ (KRONROD - GAUSS))
    error += _UNSEEN * np.abs(values @ _OFF).sum(axis=-1)
    error[:, poles.any(axis=1)] = np.inf
    kronrod[0, infinite] = np.inf
    kronrod[-1] += moved * variation / np.maximum(half, 1e-300)  # x itself is rounded
    return kronrod, error
