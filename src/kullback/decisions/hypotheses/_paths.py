"""The geometric path p^s q^(1-s) between two laws: how much mass it has, and the mean log ratio along it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, cast

import numpy as np
from scipy import linalg, optimize

from kullback._core import InputError, exp_gap, log_ratio, phi
from kullback.decisions.hypotheses._outcomes import Floats, Outcomes
from kullback.divergences._ladder import _centered, density
from kullback.families import (
    FAMILIES,
    Exponential,
    Gamma,
    Law,
    LogNormal,
    MultivariateNormal,
    Normal,
    Poisson,
    quotient_of,
)
from kullback.numerics import Density, expectation, lattice_expectation


@dataclass(frozen=True, eq=False)
class Path:
    r"""The geometric path of two laws.

    Attributes:
        exponent: Function of s in (0, 1) to $-\log \int p^s q^{1-s}$ in nats, concave, never negative.
        slope: Its derivative: the mean of log q/p under the normalized path; falling in s.
        method: How these are computed, for a person.
        tilted: Function of s to the normalized path as a law or an array, where it has a form.
        precision: How finely s is worth being found; the exponent is off by its square.
    """

    exponent: Callable[[float], float]
    slope: Callable[[float], float]
    method: str
    tilted: Callable[[float], Any] | None = None
    precision: float = 1e-15


# From here on sums over the common mass are better than what is missing of it.
_FAR = 0.7
# Steps from -½ to 1 are small.
_NEAR = 0.75
_NOWHERE = Path(lambda _: np.inf, lambda _: 0.0, "supports")


def summit(path: Path, /) -> tuple[float, float]:
    """Where the exponent is largest on [0, 1], and how large; at an end the limit from inside."""
    low, high = 0.0, 1.0
    if not path.slope(low) > 0:
        # A path of constant mass has no weight of its own.
        flat = not path.slope(high) < 0
        return (0.5, path.exponent(0.5)) if flat else (low, path.exponent(low))
    if not path.slope(high) < 0:
        return high, path.exponent(high)
    weight = float(optimize.brentq(path.slope, low, high, xtol=path.precision, rtol=1e-15))
    return weight, path.exponent(weight)


def path_of_outcomes(outcomes: Outcomes, /) -> Path:
    """The path of two laws on the same outcomes: sums."""
    both = np.isfinite(outcomes.log_ratio)
    if not both.any():
        return _NOWHERE
    log_p, log_q, ratio = outcomes.log_p[both], outcomes.log_q[both], outcomes.log_ratio[both]
    p, q = np.exp(log_p), np.exp(log_q)
    alone = np.exp(outcomes.log_p[outcomes.log_ratio == -np.inf]).sum()
    alone_q = np.exp(outcomes.log_q[outcomes.log_ratio == np.inf]).sum()

    def exponent(s: float) -> float:
        gap = float(_gaps(p, q, ratio, s).sum() + s * alone + (1 - s) * alone_q)
        # Where little is left of the mass, its logarithm is the logarithm of a sum.
        return float(-np.log1p(-gap)) if gap < 0.5 else -float(np.logaddexp.reduce(log_p + (1 - s) * ratio))

    def slope(s: float) -> float:
        if alone or alone_q:
            logs = log_p + (1 - s) * ratio
            return float((np.exp(logs - np.logaddexp.reduce(logs)) * ratio).sum())
        return float(_pulls(p, q, ratio, s).sum()) * math.exp(exponent(s))

    def tilted(s: float) -> Floats:
        logs = np.full(len(outcomes.log_ratio), -np.inf)
        logs[both] = log_p + (1 - s) * ratio
        return np.asarray(np.exp(logs - np.logaddexp.reduce(logs)))

    return Path(exponent, slope, f"sum over {len(both):,} outcomes", tilted)


def _gaps(p: Floats, q: Floats, ratio: Floats, s: float) -> Floats:
    """S p + (1-s) q - p^s q^(1-s), never negative, from the side with more mass so that nothing overflows."""
    t, down = 1.0 - s, -np.abs(ratio)
    more, share = np.where(ratio <= 0, p, q), np.where(ratio <= 0, t, s)
    return np.asarray(more * _missing(down, share))


def _pulls(p: Floats, q: Floats, ratio: Floats, s: float) -> Floats:
    """P^s q^(1-s) log q/p less q - p, which adds up to nothing: each term is then of second order in the ratio."""
    down = -np.abs(ratio)
    more, share = np.where(ratio <= 0, p, q), np.where(ratio <= 0, 1.0 - s, s)
    return np.asarray(np.sign(-ratio) * more * _pull(down, share))


def closed_path(p: Law, q: Law, /) -> Path | None:
    """The path of two laws of one family that has a form; None for the others."""
    return next((form(p, q) for kind, form in _FORMS.items() if isinstance(p, kind) and isinstance(q, kind)), None)


def numeric_path(p: Law, q: Law, /) -> Path | None:
    """The path of two laws on the line by quadrature over the common support, or sums; None for other laws."""
    kinds = {FAMILIES[type(law)].support(law).kind for law in (p, q)}
    p, q = _centered(p, q)
    left, right = density(p), density(q)
    if len(kinds) > 1 or left is None or right is None:
        return None
    return _numeric(left, right, quotient_of(p, q), lattice=kinds == {"lattice"})


def _normal(p: Any, q: Any) -> Path:
    if q.scale < p.scale:  # from the narrow one the ratio of variances keeps its digits
        return _turned(_normal(q, p))
    with np.errstate(over="ignore"):
        spread = (q.scale - p.scale) / p.scale * ((q.scale + p.scale) / p.scale)
        shift = (p.loc - q.loc) / p.scale
    if not np.isfinite(spread + shift * shift):
        raise InputError(f"{p!r} and {q!r} are too far apart for floats. Measure in another unit.")
    return _gaussian(
        np.atleast_1d(shift),
        np.atleast_1d(spread),
        lambda s: Normal(*_normal_between(p, q, s)),
    )


def _turned(path: Path) -> Path:
    """The same path walked from the other end."""
    tilted = path.tilted
    return Path(
        lambda s: path.exponent(1.0 - s),
        lambda s: -path.slope(1.0 - s),
        path.method,
        None if tilted is None else lambda s: tilted(1.0 - s),
    )


def _width(t: float, step: Floats, logs: Floats) -> Floats:
    """1 + t step, where logs = log(1 + step) knows what a step near -1 has lost."""
    return np.asarray(np.where(step < -0.5, (1.0 - t) + t * np.exp(logs), 1.0 + t * step))


def _log_gap(t: float, step: Floats, logs: Floats) -> Floats:
    """log(1 + t step) - t log(1 + step), never negative; small steps by phi, as there the difference would cancel."""
    is_near = np.abs(step - 0.25) < _NEAR
    near = np.where(is_near, step, 0.0)
    with np.errstate(all="ignore"):
        far = np.log(_width(t, step, logs)) - t * logs
    return np.asarray(np.where(is_near, t * phi(near) - phi(t * near), far))


def _log_gap_slope(t: float, step: Floats, logs: Floats) -> Floats:
    is_near = np.abs(step - 0.25) < _NEAR
    near = np.where(is_near, step, 0.0)
    with np.errstate(all="ignore"):
        far = step / _width(t, step, logs) - logs
    return np.asarray(np.where(is_near, phi(near) - t * near * (near / (1.0 + t * near)), far))


def _log_normal(p: Any, q: Any) -> Path:
    found = _normal(p, q)
    return Path(found.exponent, found.slope, found.method, lambda s: LogNormal(*_normal_between(p, q, s)))


def _normal_between(p: Any, q: Any, s: float) -> tuple[float, float]:
    least = np.minimum(p.scale, q.scale)
    a, b = s * (least / p.scale) ** 2, (1 - s) * (least / q.scale) ** 2
    return float((a * p.loc + b * q.loc) / (a + b)), float(least * (a + b) ** -0.5)


def _multivariate(p: Any, q: Any) -> Path | None:
    if p.loc.shape[-1:] != q.loc.shape[-1:]:
        return None
    left, right = _covariance(p), _covariance(q)
    shift, spread, logs = whitened(p, q)

    def tilted(s: float) -> MultivariateNormal:
        a, b = s * np.linalg.inv(left), (1 - s) * np.linalg.inv(right)
        covariance = np.linalg.inv(a + b)
        loc = covariance @ (a @ p.loc + b @ q.loc)
        return MultivariateNormal(loc, covariance_matrix=(covariance + covariance.T) / 2)

    return _gaussian(shift, spread, tilted, logs)


def whitened(p: Any, q: Any, /) -> tuple[Floats, Floats, Floats]:
    """Shifts, excess variances and log variances of q where p is standard normal and q has no correlations."""
    left, right = _covariance(p), _covariance(q)
    root = np.linalg.cholesky(left)
    excess = linalg.solve_triangular(root, linalg.solve_triangular(root, right - left, lower=True).T, lower=True)
    spread, turn = np.linalg.eigh((excess + excess.T) / 2)
    shift = np.asarray(turn.T @ linalg.solve_triangular(root, p.loc - q.loc, lower=True))
    # Small variances are lost beside 1, but not in singular values.
    scales = np.sort(linalg.svdvals(linalg.solve_triangular(root, np.linalg.cholesky(right), lower=True)))
    return shift, spread, np.where(np.abs(spread) < 0.5, np.log1p(np.maximum(spread, -0.5)), 2.0 * np.log(scales))


def _covariance(law: Any) -> Floats:
    if law.covariance_matrix is not None:
        return np.asarray(law.covariance_matrix)
    if law.scale_tril is not None:
        return np.asarray(law.scale_tril @ law.scale_tril.T)
    return np.asarray(np.diag(law.scale_diag**2))


def _gaussian(shift: Floats, spread: Floats, tilted: Callable[[float], Law], logs: Floats | None = None, /) -> Path:
    """Coordinates with standard normal p, and q shifted with variance 1 + spread."""
    spread = np.asarray(spread, dtype=np.float64)
    far = np.log1p(spread) if logs is None else logs

    def exponent(s: float) -> float:
        width = _width(s, spread, far)
        return float(0.5 * (s * (1 - s) * shift * (shift / width) + _log_gap(s, spread, far)).sum())

    def slope(s: float) -> float:
        width = _width(s, spread, far)
        pull = shift * (shift / width) * (1 - 2 * s - s * (1 - s) * (spread / width))
        return float(0.5 * (pull + _log_gap_slope(s, spread, far)).sum())

    return Path(exponent, slope, "closed form", tilted)


def _poisson(p: Any, q: Any) -> Path | None:
    if float(p.rate) == 0 or float(q.rate) == 0:
        return None
    sides = np.atleast_1d(p.rate), np.atleast_1d(q.rate)
    ratio = log_ratio(sides[1], sides[0])

    def tilted(s: float) -> Poisson:
        return Poisson(float(p.rate * np.exp((1 - s) * ratio[0])))

    exponent = partial(_gaps, *sides, ratio)
    pulls = partial(_pulls, *sides, ratio)
    return Path(lambda s: float(exponent(s)[0]), lambda s: float(pulls(s)[0]), "closed form", tilted)


def _gamma(p: Any, q: Any) -> Path | None:
    """Equal shapes: the exponent is the gap of Jensen's inequality for the logarithm of the rate."""
    if not isinstance(p, Exponential) and float(p.concentration) != float(q.concentration):
        return None
    if q.rate < p.rate:
        return _turned(cast("Path", _gamma(q, p)))
    shape = 1.0 if isinstance(p, Exponential) else float(p.concentration)
    with np.errstate(over="ignore"):
        step = np.asarray((q.rate - p.rate) / p.rate, dtype=np.float64)
    if not np.isfinite(step):
        raise InputError(f"{p!r} and {q!r} are too far apart for floats. Measure in another unit.")
    logs = np.log1p(step)

    def exponent(s: float) -> float:
        return shape * float(_log_gap(1 - s, step, logs))

    def slope(s: float) -> float:
        return -shape * float(_log_gap_slope(1 - s, step, logs))

    def tilted(s: float) -> Law:
        rate = float(s * p.rate + (1 - s) * q.rate)
        return Exponential(rate) if isinstance(p, Exponential) else Gamma(shape, rate)

    return Path(exponent, slope, "closed form", tilted)


_FORMS: dict[type[Law], Callable[[Any, Any], Path | None]] = {
    Normal: _normal,
    LogNormal: _log_normal,
    MultivariateNormal: _multivariate,
    Poisson: _poisson,
    Exponential: _gamma,
    Gamma: _gamma,
}


def _numeric(left: Density, right: Density, exact: Callable[[Any], Any] | None, *, lattice: bool) -> Path:
    engine = lattice_expectation if lattice else expectation
    low, high = max(left.low, right.low), min(left.high, right.high)
    if low > high or (low == high and not lattice):
        return _NOWHERE
    marks = tuple(mark for mark in {*left.marks, *right.marks} if low <= mark <= high)

    ratio = _ratio_of(left, right, exact)

    def down(sign: float, x: Floats) -> Floats:
        return sign * ratio(x)

    def sides(s: float) -> tuple[tuple[Density, float, float], tuple[Density, float, float]]:
        return (left, 1.0, 1.0 - s), (right, -1.0, s)

    grid = _between(marks, low, high)

    def between(s: float) -> tuple[Density, float]:
        """The path over its height at the highest point seen, so that far pairs do not underflow."""

        def log_prob(x: Floats) -> Floats:
            a, b = left.log_at(x), right.log_at(x)
            with np.errstate(invalid="ignore"):
                return np.where((a > -np.inf) & (b > -np.inf), s * a + (1 - s) * b, -np.inf)

        place, top = _top(log_prob(grid))
        return Density(lambda x: log_prob(x) - top, low, high, (*marks, float(grid[place]))), top

    def exponent(s: float) -> float:
        gap = sum(_side(engine, side, partial(down, sign), share, _missing) for side, sign, share in sides(s))
        if gap < 0.5:
            return float(-np.log1p(-gap))
        path, top = between(s)
        return -float(np.log(engine(path, np.ones_like).value)) - top

    def slope(s: float) -> float:
        here = exponent(s)
        if (left.low, left.high) != (right.low, right.high) or here > _FAR:
            path, _ = between(s)
            return float(engine(path, ratio).value / engine(path, np.ones_like).value)
        terms = (sign * _side(engine, side, partial(down, sign), share, _pull) for side, sign, share in sides(s))
        return sum(terms) * math.exp(here)

    return Path(exponent, slope, "sums" if lattice else "quadrature", precision=1e-10)


def _ratio_of(left: Density, right: Density, exact: Callable[[Any], Any] | None) -> Callable[[Floats], Floats]:
    """Points to log right - log left, in the exact form where there is one."""

    def ratio(x: Floats) -> Floats:
        with np.errstate(all="ignore"):
            plain = right.log_at(x) - left.log_at(x)
            finer = plain if exact is None else np.asarray(exact(x), dtype=np.float64)
        return np.where(np.isfinite(finer), finer, np.where(np.isnan(plain), 0.0, plain))

    return ratio


def _top(heights: Floats) -> tuple[int, float]:
    """Where the highest finite point is, and how high."""
    finite = np.where(np.isfinite(heights), heights, -np.inf)
    place = int(np.argmax(finite))
    return place, float(finite[place]) if np.isfinite(finite[place]) else 0.0


def _between(marks: tuple[float, ...], low: float, high: float) -> Floats:
    """Points at and between the marks of both laws, inside the common support."""
    ends = np.unique([mark for mark in (*marks, low, high) if np.isfinite(mark)] or [0.0])
    pieces = [np.linspace(a, b, 33) for a, b in pairwise(ends)]
    return np.concatenate([ends, *pieces])


def _side(
    engine: Any, side: Density, down: Callable[[Floats], Floats], share: float, term: Callable[[Floats, float], Floats]
) -> float:
    """The mean under one side of a term, over where this side has more mass than the other."""

    def function(x: Floats) -> Floats:
        ratio = down(x)
        with np.errstate(all="ignore"):
            return np.where(ratio < 0, term(np.minimum(ratio, 0.0), share), 0.0)

    return float(engine(side, function).value)


def _missing(down: Floats, share: Any) -> Floats:
    """What the path lacks, per mass of the heavier side."""
    return np.asarray(np.where(down == -np.inf, 1.0 - share, share * exp_gap(down) - exp_gap(share * down)))


def _pull(down: Floats, share: Any) -> Floats:
    """The log ratio on the path, less what adds up to nothing, per mass of the heavier side."""
    return np.asarray(down * np.expm1(share * down) - exp_gap(down))
