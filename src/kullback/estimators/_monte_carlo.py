"""The divergence of two laws from draws: for pairs without a closed form or a quadrature."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from kullback._core import InputError, exp_gap, percent
from kullback.divergences._divergence import answer_of
from kullback.estimators._estimate import Estimate
from kullback.estimators._law_records import OpenLaw, take
from kullback.estimators._laws import log_density_at, open_law, same_space
from kullback.estimators._options import Rng, check_confidence, generator
from kullback.estimators._points import Floats
from kullback.estimators._tail_shape import shape_error, tail_shape
from kullback.families import Independent, Law, Mixture, Opaque, Product, Transformed

_PILOT = 4_096
_MOST = 100_000
_BLOCK = 2**20  # numbers drawn at once, 8 MB
_LEAST = 100
_RELATIVE, _ABSOLUTE = 1e-3, 1e-4  # standard errors that are small enough to stop before _MOST
_CHECKS = 1_000  # draws of q that show whether p can be zero there
_HEAVY = 0.5  # shape of a tail beyond which the variance is infinite
_CALM = 0.25  # the same for the variate, which is not needed, so that doubt is enough to leave it
_WORTH = 0.1  # share of the variance that it must take away
_MANY = 2_000  # draws that show its tail
_BELOW, _ROUNDING = 3.0, 1e-12  # standard errors below zero that are no chance, and nats that are no figure
_LARGEST_SHARE = 0.1  # of the sum, from which one draw says too much


@dataclass(frozen=True, eq=False)
class _Draws:
    """What the draws said.

    Attributes:
        gaps: log q - log p where both are finite.
        outside: Draws at which q is zero.
        unusable: Draws that p itself calls impossible or infinitely dense: roundings.
    """

    gaps: Floats
    outside: int
    unusable: int

    @property
    def total(self) -> int:
        """How many there were."""
        return len(self.gaps) + self.outside + self.unusable


def monte_carlo(p: Any, q: Any, /, *, draws: int | None = None, confidence: float = 0.95, rng: Rng = None) -> Estimate:
    r"""Estimate the divergence of two laws from draws of the first.

    $$ D(p \,\|\, q) = E_p\Bigl[ \log\frac pq + c \Bigl( \frac qp - 1 \Bigr) \Bigr] $$

    The second term has mean zero, and the better c the less is left to chance: c is found by regression on the other
    half of the draws, so that it brings no bias, and is 0 where q/p has heavy tails or q has mass that p lacks.

    Args:
        p: The law to draw from: a record of `kullback.families`, a vector of probabilities, a distribution of
            scipy.stats, torch, numpyro or TFP, or any object with a log density and `sample` or `rvs`.
        q: The law that was expected, on the same space; its log density is enough.
        draws: How many, at least 100; if left out, until the standard error is 0.1 % of the value or 1e-4, and 100,000
            at most.
        confidence: Of the interval.
        rng: Seed or generator; the same one gives the same draws.

    Returns:
        The estimate in nats, exactly 0 for two copies of one law, `inf` where a draw of p is impossible under q. It is
        not reliable where the tail of the log ratio is so heavy that its variance is infinite or one draw makes more
        than a tenth of the sum.

    Raises:
        InputError: A law cannot be drawn from or has no log density, or the two live on different spaces.

    Note:
        The 95 % interval covers 92 to 96 % where the log ratio has a finite variance, as measured from 1,000 draws on.
        Memory is 8 bytes a draw and one block of points. Where `kl.divergence` has the pair exactly, a note says so.

    References:
        Owen (2013), Monte Carlo theory, methods and examples, chapter 8; Schulman (2020), Approximating KL Divergence.

    Example:
        >>> from scipy import stats
        >>> from kullback.estimators import monte_carlo
        >>> found = monte_carlo(stats.multivariate_t([0, 0], df=5), stats.multivariate_t([1, 0], df=5), rng=1)
        >>> found.reliable, round(found.value, 2)
        (True, 0.37)
    """
    level = check_confidence(confidence)
    chance = generator(rng)
    if draws is not None:
        _check_draws(draws)
    left, right = open_law(p, "p", draws=True), open_law(q, "q")
    cause = same_space(left, right)
    if cause is not None:
        return _infinite(0, level, cause)
    found = _enough(left, right, chance, draws)
    if found.outside:
        share = percent(found.outside / found.total)
        return _infinite(
            found.total, level, f"q is zero at {share} of the draws of p: the divergence is infinite, or q rounds to 0"
        )
    covered = _covers(left, right, chance)
    return _estimate(found, level, covered=covered, exact=_exact(p, q))


def _check_draws(draws: Any) -> None:
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < _LEAST:
        raise InputError(f"draws = {draws!r} is no number of draws. A whole number of at least {_LEAST} is needed.")


def _infinite(draws: int, level: float, cause: str) -> Estimate:
    inf = float("inf")
    return Estimate(inf, 0.0, (inf, inf), level, "monte_carlo", draws, 0, notes=(cause,), quantity="D(p‖q)")


def _enough(left: OpenLaw, right: OpenLaw, rng: np.random.Generator, draws: int | None) -> _Draws:
    """As many draws as were asked for, or a first part that tells how many are needed."""
    if draws is not None:
        return _take(left, right, rng, int(draws))
    pilot = _take(left, right, rng, _PILOT)
    if pilot.outside or len(pilot.gaps) < _LEAST:
        return pilot
    terms = _terms(pilot.gaps, trusted=False)
    wanted = max(_RELATIVE * abs(float(terms.mean())), _ABSOLUTE)
    needed = min(float(terms.var()) / wanted**2, _MOST)
    if needed <= _PILOT:
        return pilot
    more = _take(left, right, rng, int(needed) - _PILOT)
    return _Draws(np.concatenate([pilot.gaps, more.gaps]), pilot.outside + more.outside, pilot.unusable + more.unusable)


def _take(left: OpenLaw, right: OpenLaw, rng: np.random.Generator, draws: int) -> _Draws:
    size = int(np.prod(left.shape or (), dtype=np.int64))
    rows = max(1, _BLOCK // max(size, 1))
    parts, outside, unusable = [], 0, 0
    for start in range(0, draws, rows):
        points = take(left, min(rows, draws - start), rng)
        own, other = _both(left, right, points)
        good = np.isfinite(own)
        unusable += int((~good).sum())
        outside += int((good & (other == -np.inf)).sum())
        usable = good & np.isfinite(other)
        unusable += int((good & (other == np.inf)).sum())
        parts.append(other[usable] - own[usable])
    return _Draws(np.concatenate(parts), outside, unusable)


def _both(left: OpenLaw, right: OpenLaw, points: Floats) -> tuple[Floats, Floats]:
    """Log densities of both laws; those of masses at numbers once for each number."""
    if left.kind != "discrete" or points.ndim > 1:
        return log_density_at(left, points), log_density_at(right, points)
    values, places = np.unique(points, return_inverse=True)
    return log_density_at(left, values)[places], log_density_at(right, values)[places]


def _covers(left: OpenLaw, right: OpenLaw, rng: np.random.Generator) -> bool:
    """Whether all mass of q is where p has some: only then q/p - 1 has mean zero under p."""
    if left.low > right.low or left.high < right.high or right.draw is None:
        return False
    return bool(np.all(log_density_at(left, take(right, _CHECKS, rng)) > -np.inf))


def _terms(gaps: Floats, *, trusted: bool) -> Floats:
    """Summands whose mean is the divergence: each half with the coefficient that suits the other half."""
    terms = np.empty_like(gaps)
    halves = slice(0, None, 2), slice(1, None, 2)
    for here, there in (halves, halves[::-1]):
        share = _coefficient(gaps[there]) if trusted else 0.0
        # -t + c (exp(t) - 1), without the cancellation where the laws nearly agree.
        terms[here] = share * exp_gap(gaps[here]) + (share - 1.0) * gaps[here] if share else -gaps[here]
    return terms


def _coefficient(gaps: Floats) -> float:
    """Of the variate q/p - 1, between 0 and 1; 0 where its moments cannot be believed."""
    with np.errstate(over="ignore"):
        variate = np.expm1(gaps)
    size = len(variate)
    if size < _MANY or not np.isfinite(variate).all() or tail_shape(variate) >= _CALM:
        return 0.0
    variance, whole = float(variate.var()), float(gaps.var())
    if variance == 0 or abs(float(variate.mean())) > 4.0 * np.sqrt(variance / size):
        return 0.0  # the mean zero was not seen: q has mass that no draw reached
    slope = float(np.mean((variate - variate.mean()) * gaps)) / variance
    return min(max(slope, 0.0), 1.0) if slope**2 * variance > _WORTH * whole else 0.0


def _estimate(found: _Draws, level: float, *, covered: bool, exact: tuple[str, float] | None) -> Estimate:
    size = len(found.gaps)
    if size < 2:
        raise InputError(
            f"{found.unusable} of {found.total} draws of p are impossible under its own log density. "
            "Draws and density of one law are needed."
        )
    terms = _terms(found.gaps, trusted=covered)
    value = float(terms.mean()) + 0.0
    stderr = float(terms.std(ddof=1)) / size**0.5
    shape = tail_shape(-found.gaps)
    doubts = _doubts(found, terms, shape)
    if value < -_BELOW * stderr - _ROUNDING:
        doubts.append("the figure is negative beyond chance: rare draws that carry the divergence did not come")
    reach = float(special.stdtrit(size - 1, 0.5 + level / 2)) * stderr
    notes = []
    if exact is not None:
        note, truth = exact
        notes.append(note)
        if np.isinf(truth):
            doubts.append("the divergence is infinite: no number of draws shows that")
    return Estimate(
        value=value,
        stderr=stderr,
        interval=(value - reach, float("inf") if shape >= 1.0 or value + reach < -_ROUNDING else value + reach),
        confidence=level,
        method="monte_carlo",
        n=found.total,
        m=0,
        reliable=not doubts,
        notes=(*notes, *doubts),
        quantity="D(p‖q)",
    )


def _doubts(found: _Draws, terms: Floats, shape: float) -> list[str]:
    """Reasons not to trust the figure."""
    doubts = []
    if shape >= _HEAVY + shape_error(len(terms), _HEAVY):
        moment = "mean" if shape >= 1.0 else "variance"
        doubts.append(
            f"the log ratio has a heavy tail under p (shape {shape:.2g}): its {moment} may be infinite, and rare draws "
            "decide the figure"
        )
    spread = np.abs(terms)
    total = float(spread.sum())
    if total > 0 and spread.max() > _LARGEST_SHARE * total:
        doubts.append(f"one draw makes {percent(float(spread.max()) / total)} of the sum; more draws are needed")
    if found.unusable > 1e-3 * found.total:
        doubts.append(
            f"{percent(found.unusable / found.total)} of the draws of p were left out: its log density is not finite "
            "there, or that of q is infinite"
        )
    return doubts


def _exact(p: Any, q: Any) -> tuple[str, float] | None:
    """What the exact verb says of the pair; None where it has no form or only reads the objects from outside."""
    try:
        answer, laws = answer_of(p, q)
    except InputError:
        return None
    if any(_is_view(law) for law in laws):
        return None
    value = float(answer.value)
    how = "without draws" if "quadrature" in answer.rung else "exactly"
    return f"kl.divergence(p, q) has this {how}: {value:.6g} nats, by {answer.rung}", value


def _is_view(law: Law) -> bool:
    """Whether an object of unknown form is part of a law."""
    inner = [*vars(law).get("components", ()), *([law.base] if isinstance(law, Independent | Transformed) else [])]
    whole = isinstance(law, Mixture | Product | Independent | Transformed)
    return isinstance(law, Opaque) or (whole and any(isinstance(part, Law) and _is_view(part) for part in inner))
