"""How good an approximation of one law by another is, by every distance that has a meaning."""

import math
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import optimize, special

from kullback._core import Figure, InputError
from kullback.decisions.hypotheses._inputs import are_arrays, one_law
from kullback.decisions.hypotheses._outcomes import (
    Floats,
    Outcomes,
    is_countable,
    outcomes_of_arrays,
    outcomes_of_laws,
    span_of,
)
from kullback.divergences import divergence
from kullback.divergences._ladder import _centered, density
from kullback.families import Binomial, Law, Normal, Poisson
from kullback.numerics import Density, expectation

_GRID = 129
_SHOWN = 6


@dataclass(frozen=True, eq=False, repr=False)
class ApproximationQuality(Figure):
    """How far the law q is from the law p that it stands for.

    Attributes:
        value: D(p‖q) in nats: what is lost where p is the truth and q the approximation.
        reverse: D(q‖p) in nats.
        total_variation: Largest error of the chance of any event.
        pinsker: Upper bound of it, sqrt(D(p‖q)/2), at most 1.
        bretagnolle_huber: Upper bound of it, sqrt(1 - exp(-D(p‖q))), below 1 for every finite divergence.
        hellinger: sqrt(½ Σ (√p - √q)²), between 0 and 1.
        largest_error: Largest error of a single chance, or of the density.
        largest_at: Where that is.
        worst_event: Where p has more than q: the event whose chance is wrong by the total variation, in words.
        bounds: Named bounds of the total variation that are known for the pair.
        method: How the figures were computed.
    """

    value: float
    reverse: float
    total_variation: float
    pinsker: float
    bretagnolle_huber: float
    hellinger: float
    largest_error: float
    largest_at: Any
    worst_event: str
    bounds: dict[str, float]
    method: str

    def __str__(self) -> str:
        named = "".join(f", {name} {value:.4g}" for name, value in self.bounds.items())
        return (
            f"D(p‖q) = {self.value:.6g} nats = {self.bits:.6g} bits, D(q‖p) = {self.reverse:.6g} nats ({self.method})\n"
            f"  no chance of an event is wrong by more than {self.total_variation:.6g}, reached at {self.worst_event}\n"
            f"  bounds of it: Pinsker {self.pinsker:.4g}, Bretagnolle-Huber {self.bretagnolle_huber:.4g}{named}\n"
            f"  Hellinger distance {self.hellinger:.6g}, largest error of one value {self.largest_error:.6g} at "
            f"{self.largest_at}"
        )


def approximation_quality(p: Any, q: Any, /) -> ApproximationQuality:
    r"""How good the law q is as an approximation of p.

    $$ \mathrm{TV}(p, q) = \sup_A |p(A) - q(A)| \le \min\Bigl(\sqrt{D/2}, \sqrt{1 - e^{-D}}\Bigr), \ D = D(p \| q) $$

    Args:
        p: The law that is approximated: row of probabilities or a law.
        q: The approximation. A law with a density against a p on whole numbers is read with the correction for
            continuity, q(k) = Q(k - ½ < X ≤ k + ½), for normal laws.

    Returns:
        Divergences both ways, total variation with the worst event and its bounds, Hellinger distance, largest error.

    Raises:
        InputError: The laws cannot be compared.

    Note:
        Sums over outcomes are right to about 1e-14 of the figure. Densities go through quadrature between the points
        where they cross, right to about 1e-10.

    References:
        Pinsker (1964); Bretagnolle and Huber (1979), Zeitschrift für Wahrscheinlichkeitstheorie 47; Le Cam (1960),
        Pacific Journal of Mathematics 10; Barbour and Hall (1984), Mathematical Proceedings of the Cambridge
        Philosophical Society 95.

    Example:
        >>> import kullback as kl
        >>> from kullback.decisions.hypotheses import approximation_quality
        >>> found = approximation_quality(kl.families.Binomial(10, 0.1), kl.families.Poisson(1.0))
        >>> round(found.value, 9), round(found.total_variation, 6), found.worst_event
        (0.002778433, 0.029312, '{1, 2}')
    """
    if are_arrays(p, q, ("p", "q")):
        outcomes = outcomes_of_arrays(p, q, ("p", "q"))
        both = float(divergence(p, q)), float(divergence(q, p))
        return _of_outcomes(outcomes, both, {}, "sums over outcomes")
    left, right = one_law(p, "p"), one_law(q, "q")
    if is_countable(left) and is_countable(right):
        both = float(divergence(left, right)), float(divergence(right, left))
        return _of_outcomes(outcomes_of_laws(left, right), both, _known_bounds(left, right), "sums over outcomes")
    if is_countable(left) and isinstance(right, Normal):
        return _with_continuity(left, right)
    if is_countable(left) or is_countable(right):
        raise InputError(
            f"{left!r} and {right!r}: one has masses and the other a density. Only a Normal q can stand for a p on "
            "whole numbers; give both as arrays of chances of cells."
        )
    return _of_densities(left, right)


def _known_bounds(p: Law, q: Law) -> dict[str, float]:
    """Le Cam and Barbour-Hall for a Poisson law of the same mean."""
    if not (isinstance(p, Binomial) and isinstance(q, Poisson)):
        return {}
    n, chance, rate = float(p.total_count), float(p.probs), float(q.rate)
    if not math.isclose(n * chance, rate, rel_tol=1e-12) or rate == 0:
        return {}
    return {"Le Cam": n * chance**2, "Barbour-Hall": -math.expm1(-rate) / rate * n * chance**2}


def _of_outcomes(
    found: Outcomes, both: tuple[float, float], bounds: dict[str, float], method: str
) -> ApproximationQuality:
    p, q = found.p, found.q
    down = -np.abs(found.log_ratio)
    gap = np.where(np.isinf(down), np.maximum(p, q), -np.expm1(down) * np.maximum(p, q))
    roots = -np.expm1(np.maximum(down, -1e300) / 2)
    squares = np.where(np.isinf(down), 1.0, roots**2) * np.maximum(p, q)
    more = found.log_ratio < 0
    worst = int(np.argmax(gap))
    labels = list(found.labels)
    return _record(
        both,
        (0.5 * math.fsum(gap), math.sqrt(min(1.0, 0.5 * math.fsum(squares)))),
        (float(gap[worst]), _plain(labels[worst])),
        _words(
            [label for label, one in zip(labels, more, strict=True) if one], whole=isinstance(found.labels, np.ndarray)
        ),
        bounds,
        method,
    )


def _record(
    both: tuple[float, float],
    distances: tuple[float, float],
    largest: tuple[float, Any],
    event: str,
    bounds: dict[str, float],
    method: str,
) -> ApproximationQuality:
    value = both[0]
    pinsker = min(1.0, math.sqrt(value / 2))
    huber = math.sqrt(-math.expm1(-value))
    return ApproximationQuality(*both, distances[0], pinsker, huber, distances[1], *largest, event, bounds, method)


def _plain(label: Any) -> Any:
    return int(label) if isinstance(label, float) and label.is_integer() else label


def _words(labels: list[Any], *, whole: bool) -> str:
    """The event, runs of whole numbers by their ends."""
    if not labels:
        return "no event: the laws agree"
    if not whole:
        shown = ", ".join(map(str, labels[:_SHOWN]))
        return "{" + shown + (", …}" if len(labels) > _SHOWN else "}")
    runs: list[list[int]] = []
    for label in map(int, labels):
        if runs and label == runs[-1][1] + 1:
            runs[-1][1] = label
        else:
            runs.append([label, label])
    parts = [_run(first, last) for first, last in runs[:_SHOWN]]
    return "{" + ", ".join(parts) + (", …}" if len(runs) > _SHOWN else "}")


def _run(first: int, last: int) -> str:
    if last - first < 3:
        return ", ".join(map(str, range(first, last + 1)))
    return f"{first} to {last}"


def _with_continuity(p: Law, q: Normal) -> ApproximationQuality:
    """A normal law cut at half integers: the difference of its tails on the side where they are small."""
    low, high = span_of(p)
    reach = 38.5 * float(q.scale)
    x = np.arange(min(low, math.floor(float(q.loc) - reach)), max(high, math.ceil(float(q.loc) + reach)) + 1)
    z = (x - float(q.loc)) / float(q.scale)
    half = 0.5 / float(q.scale)
    near, far = half - np.abs(z), -half - np.abs(z)
    # On either side of the mean the smaller tails are subtracted, as logarithms.
    a, b = special.log_ndtr(near), special.log_ndtr(far)
    with np.errstate(all="ignore"):
        log_q = a + np.log(-np.expm1(b - a))
    from_p = outcomes_of_laws(p, p)
    log_p = np.full(len(x), -np.inf)
    log_p[(np.asarray(from_p.labels) - x[0]).astype(np.intp)] = from_p.log_p
    kept = (log_p > -np.inf) | (log_q > -np.inf)
    x, log_p, log_q = x[kept], log_p[kept], log_q[kept]
    with np.errstate(invalid="ignore"):
        found = Outcomes(x, log_p, log_q, log_q - log_p)
    both = _divergence_of(found), _divergence_of(found.flipped())
    return _of_outcomes(found, both, {}, "sums over whole numbers, the normal law with correction for continuity")


def _divergence_of(found: Outcomes) -> float:
    seen = found.p > 0
    if np.isinf(found.log_ratio[seen]).any():
        return math.inf
    ratio, p = found.log_ratio[seen], found.p[seen]
    # Terms that are never negative, and what q has where p has nothing.
    alone = float(found.q[~seen].sum())
    return math.fsum(p * (np.expm1(ratio) - ratio)) + alone


def _of_densities(p: Law, q: Law) -> ApproximationQuality:
    both = float(divergence(p, q)), float(divergence(q, p))
    moved_p, moved_q = _centered(p, q)
    left, right = density(moved_p), density(moved_q)
    if left is None or right is None:
        raise InputError(f"{p!r} and {q!r}: two laws on the line are needed. Give laws of kl.families, or arrays.")
    shift = _shift(p, moved_p)
    grid, cuts = _crossings(left, right)
    marked_p, marked_q = _marked(left, cuts), _marked(right, cuts)
    variation = expectation(marked_p, lambda x: -np.expm1(_below(left, right, x))).value
    squares = [
        expectation(one, partial(_rooted, one, other)).value
        for one, other in ((marked_p, marked_q), (marked_q, marked_p))
    ]
    with np.errstate(all="ignore"):
        errors = np.nan_to_num(np.abs(np.exp(left.log_at(grid)) - np.exp(right.log_at(grid))), posinf=math.inf)
    place = int(np.argmax(errors))
    distances = variation, math.sqrt(min(1.0, 0.5 * sum(squares)))
    largest = float(errors[place]), float(f"{grid[place] + shift:.4g}")
    return _record(both, distances, largest, _intervals(left, right, cuts, shift), {}, "quadrature")


def _below(one: Density, other: Density, x: Floats) -> Floats:
    """Log other/one where that is negative, else 0."""
    with np.errstate(all="ignore"):
        gap = other.log_at(x) - one.log_at(x)
    return np.where(np.isnan(gap), 0.0, np.clip(gap, -1e300, 0.0))


def _rooted(one: Density, other: Density, x: Floats) -> Floats:
    return np.asarray(np.expm1(_below(one, other, x) / 2) ** 2)


def _shift(law: Any, moved: Any) -> float:
    return float(law.loc - moved.loc) if hasattr(law, "loc") and hasattr(moved, "loc") else 0.0


def _marked(side: Density, cuts: list[float]) -> Density:
    """With the crossings as marks, where the integrand has its kinks."""
    inside = tuple(cut for cut in cuts if side.low < cut < side.high)
    return Density(side.log_prob, side.low, side.high, (*side.marks, *inside))


def _crossings(left: Density, right: Density) -> tuple[Floats, list[float]]:
    """Points between the marks, and where the two densities cross."""
    marks = sorted({*left.marks, *right.marks}) or [0.0]
    low = max(min(left.low, right.low), marks[0] - 1.0)
    high = min(max(left.high, right.high), marks[-1] + 1.0)
    ends = np.unique(np.clip([low, *marks, high], low, high))
    grid = np.unique(np.concatenate([np.linspace(a, b, _GRID) for a, b in pairwise(ends)]))

    def gap(x: float) -> float:
        with np.errstate(all="ignore"):
            found = left.log_at(np.array([x]))[0] - right.log_at(np.array([x]))[0]
        return float(np.clip(np.nan_to_num(found), -1e300, 1e300))

    with np.errstate(all="ignore"):
        values = np.nan_to_num(left.log_at(grid) - right.log_at(grid), posinf=1e300, neginf=-1e300)
    # A crossing that falls on a point of the grid lies between its neighbors.
    known = np.flatnonzero(values)
    turns = np.flatnonzero(np.diff(np.sign(values[known])))
    return grid, [
        float(optimize.brentq(gap, grid[known[i]], grid[known[i + 1]], xtol=1e-14, maxiter=5_000)) for i in turns
    ]


def _intervals(left: Density, right: Density, cuts: list[float], shift: float) -> str:
    """Where the first density is larger, as intervals."""
    low, high = min(left.low, right.low), max(left.high, right.high)
    ends = [low, *cuts, high]
    parts = []
    for a, b in pairwise(ends):
        middle = _inside(a, b)
        with np.errstate(all="ignore"):
            point = np.array([middle])
            larger = left.log_at(point)[0] > right.log_at(point)[0]
        if larger:
            parts.append(f"({a + shift:.6g}, {b + shift:.6g})")
    if not parts:
        return "no event: the laws agree"
    return " or ".join(parts[:_SHOWN]) + (" or …" if len(parts) > _SHOWN else "")


def _inside(low: float, high: float) -> float:
    """A point between two ends, infinite ones too."""
    if math.isfinite(low) and math.isfinite(high):
        return (low + high) / 2
    if math.isfinite(high):
        return high - 1.0
    return low + 1.0 if math.isfinite(low) else 0.0
