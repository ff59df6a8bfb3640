r"""Laws of location and scale as a hyperbolic half plane.

Their metric is $(a\,dμ^2 + 2b\,dμ\,dσ + c\,dσ^2)/σ^2$. With x = √(a/c') (μ + bσ/a) and c' = c - b²/a it is c' times
that of the half plane, $(dx^2 + dσ^2)/σ^2$.
"""

from math import sqrt
from typing import Any

from kullback._core import Array
from kullback.families import (
    FAMILIES,
    Cauchy,
    Frechet,
    Gumbel,
    Laplace,
    Law,
    Logistic,
    LogNormal,
    Moyal,
    Normal,
    Weibull,
    unchecked,
)

LOCATION_SCALE = (Normal, LogNormal, Laplace, Logistic, Cauchy, Gumbel, Moyal)


def flat_law(law: Law, /) -> Law:
    """The law of loc and scale that has the same geometry; minus the log of a Weibull variable is Gumbel's."""
    if isinstance(law, Weibull | Frechet):
        sign = -1.0 if isinstance(law, Weibull) else 1.0
        return unchecked(Gumbel, law, loc=sign * law.xp.log(law.scale), scale=1.0 / law.concentration)
    return law


def original(law: Any, like: Law, /) -> Any:
    """The other way round."""
    if isinstance(like, Weibull | Frechet):
        sign = -1.0 if isinstance(like, Weibull) else 1.0
        return unchecked(type(like), like, scale=law.xp.exp(sign * law.loc), concentration=1.0 / law.scale)
    return law


def _constants(law: Law) -> tuple[float, float, float]:
    matrix = FAMILIES[type(law)].fisher(type(law)(0.0, 1.0))  # type: ignore[call-arg,misc]
    a, b, c = float(matrix[0, 0]), float(matrix[0, 1]), float(matrix[1, 1])
    return a, b / a, c - b * b / a


def _between(p: Any, q: Any) -> tuple[Array, Array, Array]:
    """Of q seen from p, in units of the scale of p: x, the ratio of the scales, and the hyperbolic distance."""
    xp = p.xp
    a, lean, bend = _constants(p)
    step, shift = q.scale - p.scale, q.loc - p.loc
    across = sqrt(a / bend) * (shift + lean * step)
    # In units of both scales alike, which neither of them overflows.
    first, second = xp.sqrt(p.scale), xp.sqrt(q.scale)
    u, v = across / first / second, (step + 0.0 * shift) / first / second
    return across / p.scale, q.scale / p.scale + 0.0 * across, 2.0 * xp.asinh(0.5 * xp.hypot(u, v))


def half_plane_distance(p: Law, q: Law, /) -> Array:
    """√c' times the hyperbolic distance."""
    p, q = flat_law(p), flat_law(q)
    return sqrt(_constants(p)[2]) * _between(p, q)[2]


def half_plane_path(p: Any, q: Any, t: Array, /) -> Any:
    """The law at a share t of the geodesic, which is a half circle or a vertical line.

    On the hyperboloid, where (1, x² + σ², x)/σ are linear coordinates, it is a linear combination.
    """
    like, p, q = p, flat_law(p), flat_law(q)
    xp = p.xp
    x, ratio, length = _between(p, q)
    near = length < 1e-9
    calm = xp.where(near, 1.0, length)
    whole = -xp.expm1(-2.0 * calm)

    def weight(part: Array) -> Array:
        """sinh(part · d) / sinh(d), never overflowing."""
        value = xp.exp((part - 1.0) * calm) * -xp.expm1(-2.0 * part * calm) / whole
        return xp.where(near, part + 0.0 * calm, value)

    rest, most = weight(1.0 - t), weight(t) / ratio
    scale = 1.0 / (rest + most)
    a, lean, bend = _constants(p)
    loc = sqrt(bend / a) * x * most * scale - lean * (scale - 1.0)
    return original(unchecked(type(p), p, loc=p.loc + p.scale * loc, scale=p.scale * scale), like)
