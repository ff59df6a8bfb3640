"""Standard errors and intervals of fitted parameters."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

from kullback import families as laws
from kullback._core import InputError, numbers
from kullback.families import Law, domain_of
from kullback.fitting.geometry import fisher_information
from kullback.fitting.geometry._coordinates import coordinate_names
from kullback.fitting.likelihood._mixture_scores import empirical_information
from kullback.fitting.likelihood._sample import Sample
from kullback.inference import proportion_interval

Floats = NDArray[np.float64]
Interval = tuple[float, float]
_MOST = 1500
_ENDS: dict[type[Law], tuple[str, ...]] = {
    laws.Uniform: ("low", "high"),
    laws.LogUniform: ("low", "high"),
    laws.Pareto: ("scale",),
    laws.PointMass: ("value",),
}


def moving_ends(law: Law, fixed: frozenset[str], /) -> tuple[str, ...]:
    """Parameters that are ends of the support and were fitted: their error is not that of the Fisher information."""
    return tuple(name for name in _ENDS.get(type(law), ()) if name not in fixed)


def coordinates(law: Law, fixed: frozenset[str], /) -> tuple[str, ...]:
    """Names of the real coordinates that moved."""
    return tuple(name for name in coordinate_names(law) if name.split("[")[0] not in fixed)


def covariance_of(law: Law, fixed: frozenset[str], sample: Sample, /) -> Floats:
    """The inverse of n times the Fisher information, in the coordinates that moved.

    Directions that change nothing (the total of probabilities, the length of a direction) are held; ends of the support
    have NaN, parameters on the edge of their domain 0.

    Args:
        law: What was fitted.
        fixed: Names that did not move.
        sample: The data.

    Raises:
        InputError: There are too many coordinates.
    """
    names = coordinates(law, fixed)
    if len(names) > _MOST:
        raise InputError(
            f"{len(names)} coordinates came. A covariance of at most {_MOST} is made. Ask fisher_information for parts."
        )
    if isinstance(law, laws.Categorical | laws.Multinomial | laws.MarkovChain):
        return _of_shares(law, sample)
    ends = moving_ends(law, fixed)
    made = np.full((len(names), len(names)), 0.0)
    ended = [i for i, name in enumerate(names) if name in ends]
    made[ended, :] = made[:, ended] = np.nan
    kept = [i for i, name in enumerate(names) if name not in ends and not _on_edge(law, name)]
    if not kept:
        return made
    still = [name for i, name in enumerate(names) if i not in kept] + [n for n in fixed if _is_known(law, n)]
    information = _information(law, still, sample, [names[i] for i in kept])
    tangent = _tangent(law, [names[i] for i in kept])
    inner = tangent.T @ information @ tangent
    scale = 1.0 / np.sqrt(np.diag(inner))
    made[np.ix_(kept, kept)] = tangent @ (scale[:, None] * _inverse(inner * np.outer(scale, scale)) * scale) @ tangent.T
    return made / sample.size


def _information(law: Law, still: list[str], sample: Sample, names: list[str]) -> Floats:
    if isinstance(law, laws.Mixture):
        return empirical_information(law, sample, names)
    return numbers(fisher_information(law, fixed=still).matrix)


def _inverse(matrix: Floats) -> Floats:
    """Of a matrix that is singular only along rotations of factors."""
    try:
        return np.asarray(linalg.inv(matrix)) if np.linalg.cond(matrix) < 1e13 else np.asarray(linalg.pinvh(matrix))
    except np.linalg.LinAlgError:
        return np.asarray(linalg.pinvh(matrix))


def _is_known(law: Law, name: str) -> bool:
    return any(one.split("[")[0] == name for one in coordinate_names(law))


def _on_edge(law: Law, name: str) -> bool:
    """Whether a parameter is where its domain ends."""
    value = law.parameters().get(name)
    return value is not None and np.ndim(value) == 0 and _edge(law, name, float(value)) is not None


def _edge(law: Law, name: str, value: float) -> str | None:
    words = domain_of(law, name).words
    if words.startswith("a probability"):
        return "low" if value == 0 else "high" if value == 1 else None
    return "low" if "zero or larger" in words and value == 0 else None


def _tangent(law: Any, names: list[str]) -> Floats:
    """Directions in which the coordinates may move, as columns."""
    groups: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        groups.setdefault(name.split("[")[0], []).append(i)
    made = np.eye(len(names))
    drop: list[int] = []
    if isinstance(law, laws.Mixture):
        *_, last = own = groups["weights"]
        made[last, own] = -1.0
        drop = [last]
    if isinstance(law, laws.VonMisesFisher):
        own = groups["mean_direction"]
        unit = np.asarray(law.mean_direction) / np.linalg.norm(law.mean_direction)
        made[np.ix_(own, own)] = linalg.qr(unit[:, None])[0][:, [*range(1, len(own)), 0]]
        drop = [own[-1]]
    if isinstance(law, laws.MatrixNormal):
        own = groups["col_tril"]
        places = [i for i in own if _is_diagonal(names[i])]
        factor = np.diag(np.asarray(law.col_tril))
        # The determinant of the column covariance stays 1.
        made[places[-1], places] = -factor[-1] / factor
        drop = [places[-1]]
    return np.delete(made, drop, axis=1)


def _is_diagonal(name: str) -> bool:
    row, column = name.partition("[")[2].rstrip("]").split(",")
    return row == column


def _of_shares(law: Any, sample: Sample) -> Floats:
    """(diag p - p pᵀ)/n, row by row for a chain with the visits of each state."""
    if isinstance(law, laws.MarkovChain):
        rows = np.asarray(law.transition)
        visits = np.bincount(sample.points[:, 0].astype(np.int64), weights=sample.weights, minlength=len(rows))
        blocks = [
            _one_row(row, visit) if visit else np.zeros((len(row), len(row)))
            for row, visit in zip(rows, visits, strict=True)
        ]
        return np.asarray(linalg.block_diag(*blocks))
    count = sample.size * (float(law.total_count) if isinstance(law, laws.Multinomial) else 1.0)
    return _one_row(np.asarray(law.probs), count)


def _one_row(shares: Floats, count: float) -> Floats:
    return np.asarray((np.diag(shares) - np.outer(shares, shares)) / count)


def interval_of(law: Law, name: str, value: float, stderr: float, sample: Sample, confidence: float) -> Interval:
    """Interval of one coordinate: exact where the family has one, else normal on the scale of its domain.

    Args:
        law: What was fitted.
        name: Of the coordinate.
        value: Its estimate.
        stderr: Its standard error.
        sample: The data.
        confidence: Level.
    """
    exact = _EXACT.get(type(law))
    if exact is not None:
        return exact(law, name, value, sample, confidence)
    reach = float(special.ndtri(0.5 + confidence / 2)) * stderr
    words = _words(law, name)
    if words.startswith("a probability") and 0 < value < 1:
        move = reach / (value * (1.0 - value))
        center = special.logit(value)
        return float(special.expit(center - move)), float(special.expit(center + move))
    if ("positive" in words or "above 1" in words) and value > 0:
        base = 1.0 if "above 1" in words else 0.0
        factor = float(np.exp(min(reach / (value - base), 700.0)))
        return base + (value - base) / factor, base + (value - base) * factor
    return value - reach, value + reach


def _words(law: Any, name: str) -> str:
    """The domain of one coordinate; diagonals of spreads are positive."""
    head, mark, rest = name.partition("].")
    if mark:
        return _words(law.components[int(head.partition("[")[2])], rest)
    own = name.split("[", maxsplit=1)[0]
    if own == "weights":
        return "a probability"
    if own.endswith(("_tril", "covariance_matrix")):
        return "positive" if _is_diagonal(name) else ""
    return domain_of(law, own).words


def one_sided(count: float, total: float, confidence: float, /) -> Interval:
    """Clopper-Pearson interval of a share; all of the error on the one side that there is at 0 and at 1."""
    level = 2.0 * confidence - 1.0 if count in (0.0, total) else confidence
    return proportion_interval(count, total, confidence=max(level, 1e-12))


def _share(law: Any, name: str, value: float, sample: Sample, confidence: float) -> Interval:
    del name
    total = sample.size * (float(law.total_count) if hasattr(law, "total_count") else 1.0)
    return one_sided(_near_whole(value * total), total, confidence)


def _near_whole(count: float) -> float:
    return float(np.round(count)) if abs(count - np.round(count)) < 1e-9 * max(count, 1.0) else count


def _step_share(law: Any, name: str, value: float, sample: Sample, confidence: float) -> Interval:
    del law
    row = float(name.partition("[")[2].split(",")[0])
    own = sample.points[:, 0] == row
    total = float(own.sum() if sample.weights is None else sample.weights[own].sum())
    return one_sided(_near_whole(value * total), total, confidence) if total else (0.0, 1.0)


def _rate(law: Any, name: str, value: float, sample: Sample, confidence: float) -> Interval:
    """Exact for a Poisson mean."""
    del law, name
    count, n = _near_whole(value * sample.size), sample.size
    tail = (1.0 - confidence) / (2.0 if count > 0 else 1.0)
    low = float(special.gammaincinv(count, tail)) / n if count > 0 else 0.0
    return low, float(special.gammainccinv(count + 1.0, tail)) / n


def _waiting(law: Any, name: str, value: float, sample: Sample, confidence: float) -> Interval:
    """Exact for a geometric chance: the failures before n successes."""
    del law, name
    n = sample.size
    failures = _near_whole(n * (1.0 - value) / value)
    tail = (1.0 - confidence) / (2.0 if failures > 0 else 1.0)
    low = float(special.betaincinv(n, failures + 1.0, tail))
    return low, float(special.betaincinv(n, failures, 1.0 - tail)) if failures > 0 else 1.0


def _beyond(confidence: float, n: float) -> float:
    """How far an end lies beyond the extreme, over the spread inside it: P(V > c W) = (1 + c)^(1 - n)."""
    return float(np.expm1(-np.log1p(-confidence) / (n - 1.0))) if n > 1 else np.inf


def _uniform(law: Any, name: str, value: float, sample: Sample, confidence: float) -> Interval:
    reach = _beyond(confidence, sample.size) * float(law.high - law.low)
    return (value - reach, value) if name == "low" else (value, value + reach)


def _loguniform(law: Any, name: str, value: float, sample: Sample, confidence: float) -> Interval:
    factor = float(np.exp(_beyond(confidence, sample.size) * np.log(law.high / law.low)))
    return (value / factor, value) if name == "low" else (value, value * factor)


def _pareto(law: Any, name: str, value: float, sample: Sample, confidence: float) -> Interval:
    """α̂ log(x_min/m) is the ratio of an exponential and a gamma variable; n α/α̂ is a gamma variable of shape n - 1."""
    n = sample.size
    if name == "scale":
        return value * float(np.exp(-_beyond(confidence, n) / float(law.alpha))), value
    tail = (1.0 - confidence) / 2.0
    return tuple(value * float(special.gammaincinv(n - 1.0, side)) / n for side in (tail, 1.0 - tail))  # type: ignore[return-value]


def _exponential(law: Any, name: str, value: float, sample: Sample, confidence: float) -> Interval:
    """Rate times the sum is a gamma variable of shape n."""
    del law, name
    tail = (1.0 - confidence) / 2.0
    return tuple(value * float(special.gammaincinv(sample.size, side)) / sample.size for side in (tail, 1.0 - tail))  # type: ignore[return-value]


_EXACT: dict[type[Law], Callable[[Any, str, float, Sample, float], Interval]] = {
    laws.Bernoulli: _share,
    laws.Binomial: _share,
    laws.Categorical: _share,
    laws.Multinomial: _share,
    laws.MarkovChain: _step_share,
    laws.Poisson: _rate,
    laws.Geometric: _waiting,
    laws.Uniform: _uniform,
    laws.LogUniform: _loguniform,
    laws.Pareto: _pareto,
    laws.Exponential: _exponential,
}
