"""Two laws on the same countable outcomes, as arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, log_ratio, shares_of
from kullback.decisions.hypotheses._inputs import are_arrays, one_law
from kullback.divergences._inputs import check_array, read_pair
from kullback.families import FAMILIES, Categorical, Law, find, log_prob, quotient_of

Floats = NDArray[np.float64]

# Masses below the smallest float are none.
_NOTHING = -745.0
_MOST = 2_000_000


class TooHeavy(InputError):  # noqa: N818 - the other files catch it and go another way
    """The outcomes of a law are too many to be listed."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Two laws on the outcomes where at least one of them has mass.

    Attributes:
        labels: Names, or whole numbers, of the outcomes.
        log_p: Log probabilities of the first law, shape ``(k,)``, -inf where it has none.
        log_q: Those of the second.
        log_ratio: log q - log p, infinite of either sign where one side has no mass.
    """

    labels: tuple[Any, ...] | Floats
    log_p: Floats
    log_q: Floats
    log_ratio: Floats

    @property
    def p(self) -> Floats:
        """Probabilities of the first law."""
        return np.exp(self.log_p)

    @property
    def q(self) -> Floats:
        """Probabilities of the second law."""
        return np.exp(self.log_q)

    def flipped(self) -> "Outcomes":
        """The two laws in the other order."""
        return Outcomes(self.labels, self.log_q, self.log_p, -self.log_ratio)


def outcomes_of_arrays(p: Any, q: Any, names: tuple[str, str], /) -> Outcomes:
    """Two rows of probabilities, checked and divided by their totals."""
    pair = read_pair(p, q)
    if pair.p.ndim != 1:
        raise InputError(f"{names[0]} has shape {tuple(pair.p.shape)}. One row of probabilities is needed.")
    rows = []
    for name, given in zip(names, (pair.p, pair.q), strict=True):
        check_array(pair.xp, name, given, pair.tolerance, normalize=False)
        rows.append(np.asarray(shares_of(pair.xp, given), dtype=np.float64))
    labels = pair.labels or np.arange(len(rows[0]), dtype=np.float64)
    return _of_shares(labels, *rows)


def _of_shares(labels: Any, p: Floats, q: Floats) -> Outcomes:
    kept = (p > 0) | (q > 0)
    names = labels[kept] if isinstance(labels, np.ndarray) else tuple(np.array(labels, dtype=object)[kept])
    p, q = p[kept], q[kept]
    both = (p > 0) & (q > 0)
    with np.errstate(divide="ignore"):
        log_p, log_q = np.log(p), np.log(q)
    ratio = np.where(both, log_ratio(np.where(both, q, 1.0), np.where(both, p, 1.0)), np.where(p > 0, -np.inf, np.inf))
    return Outcomes(names, log_p, log_q, ratio)


def is_countable(law: Law, /) -> bool:
    """Whether a law lives on whole numbers."""
    return FAMILIES[type(law)].support(law).kind == "lattice"


def outcomes_of_laws(p: Law, q: Law, /) -> Outcomes:
    """Two laws on whole numbers, from the lowest to the highest that has a mass above the smallest float.

    Raises:
        TooHeavy: So many outcomes have mass that they cannot be listed.
    """
    spans = [span_of(law) for law in (p, q)]
    low, high = min(a for a, _ in spans), max(b for _, b in spans)
    if high - low >= _MOST:
        raise TooHeavy(f"{p!r} and {q!r} have mass on {high - low:.3g} whole numbers. At most {_MOST:,} are listed.")
    x = np.arange(low, high + 1)
    if isinstance(p, Categorical) and isinstance(q, Categorical):
        shares = [np.exp(_logs(law, x)) for law in (p, q)]
        return _of_shares(x, *shares)
    log_p, log_q = _logs(p, x), _logs(q, x)
    kept = (log_p > _NOTHING) | (log_q > _NOTHING)
    x, log_p, log_q = x[kept], log_p[kept], log_q[kept]
    with np.errstate(invalid="ignore"):
        ratio = log_q - log_p
        exact = quotient_of(p, q)
        if exact is not None:
            finer = np.asarray(exact(x), dtype=np.float64)
            ratio = np.where(np.isfinite(finer) & np.isfinite(ratio), finer, ratio)
    return Outcomes(x, log_p, log_q, ratio)


def read_outcomes(p: Any, q: Any, names: tuple[str, str], /) -> Outcomes | tuple[Law, Law]:
    """Two arrays or two laws on whole numbers as outcomes; other laws as records.

    Args:
        p: Row of probabilities, labelled or not, or a law.
        q: The same.
        names: Of the two arguments, for messages.
    """
    if are_arrays(p, q, names):
        return outcomes_of_arrays(p, q, names)
    left, right = one_law(p, names[0]), one_law(q, names[1])
    if is_countable(left) and is_countable(right):
        return outcomes_of_laws(left, right)
    return left, right


def first_masses(law: Law, cells: int, /) -> tuple[Floats, float]:
    """Masses of so many outcomes from the lowest on (or from 0), and what is left for all others."""
    support = FAMILIES[type(law)].support(law)
    low = float(support.low) if np.isfinite(float(support.low)) else 0.0
    masses = np.exp(_logs(law, low + np.arange(cells, dtype=np.float64)))
    rest = 1.0 - float(masses.sum())
    return masses, rest if rest > 1e-14 and low + cells <= float(support.high) else 0.0


def _logs(law: Law, x: Floats) -> Floats:
    with np.errstate(all="ignore"):
        if isinstance(law, Categorical):
            table = np.log(law.probs) if law.probs is not None else _normalized(np.asarray(law.logits))
            inside = (x >= 0) & (x < len(table))
            return np.where(inside, table[np.where(inside, x, 0).astype(np.intp)], -np.inf)
        support = FAMILIES[type(law)].support(law)
        low, high = float(support.low), float(support.high)
        logs = np.asarray(log_prob(law, np.clip(x, low, high)), dtype=np.float64)
        return np.where((x >= low) & (x <= high), logs, -np.inf)


def _normalized(logits: Floats) -> Floats:
    result: Floats = logits - np.logaddexp.reduce(logits)
    return result


def span_of(law: Law, /) -> tuple[float, float]:
    """Ends of the support, infinite ones drawn in to where mass ends."""
    support = FAMILIES[type(law)].support(law)
    low, high = float(support.low), float(support.high)
    if np.isfinite(low) and np.isfinite(high) and high - low < _MOST:
        return low, high
    marks = find(law, "marks")
    points = [mark for mark in (marks[1](marks[0]) if marks else ()) if np.isfinite(mark)]
    start = np.rint(max(points, default=low if np.isfinite(low) else 0.0))
    top, bottom = _edge(law, start, high, 1.0), _edge(law, np.rint(min(points, default=start)), low, -1.0)
    return bottom, top


def _edge(law: Law, start: float, limit: float, side: float) -> float:
    step = 1.0
    while step < 4 * _MOST:
        x = start + side * step
        if (x - limit) * side >= 0:
            return limit
        if _logs(law, np.array([x]))[0] < _NOTHING:
            return float(x)
        step *= 2
    raise TooHeavy(
        f"{law!r} has mass on more than {_MOST:,} whole numbers: its tail is too heavy to be listed. Give an array of "
        "the outcomes that matter."
    )
