"""A law on the line as weighted points: its outcomes, or the nodes of a quadrature that fits every tilt of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, is_array, log_softmax, numbers
from kullback.divergences._read import as_law
from kullback.families import FAMILIES, Categorical, Law, PointMass, find

Floats: TypeAlias = NDArray[np.float64]

_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(24)
# Log densities below this are zero even after a tilt that lifts them as far as floats reach.
_DEEP = -760.0
_MOST = 2_000_000
# Between the edges of a panel a log density bends at most this far from its chord, so that a tilt cannot hide a peak.
_BEND = 2.0


def floats_of(value: Any, name: str, /) -> Floats:
    """A copy as an array of floats.

    Args:
        value: Numbers in any form.
        name: How the error calls them.

    Raises:
        InputError: It holds something that is no number.
    """
    try:
        return np.array(numbers(value) if is_array(value) else value, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} = {value!r} cannot be read as numbers. Give numbers of one shape.") from None


@dataclass(frozen=True, eq=False)
class Points:
    """Where a law lives.

    Attributes:
        values: Points, ascending, shape ``(n,)``.
        log_weights: Log probabilities of the points (for a density: of the nodes), adding up to 1.
        kind: "finite" outcomes, a "lattice" of whole numbers or an "interval".
        log_prob: Log probability or log density of the law at any points; None for plain probabilities.
        whole: Whether the points are all outcomes of the law, or reach as far as floats do.
    """

    values: Floats
    log_weights: Floats
    kind: str
    log_prob: Callable[[Floats], Floats] | None = None
    whole: bool = True

    @property
    def weights(self) -> Floats:
        """Probabilities of the points."""
        weights: Floats = np.exp(self.log_weights)
        return weights


def points_of(value: Any, name: str = "q", /) -> Points:
    """The points of an array of probabilities, a record or a distribution object of another library.

    Args:
        value: Probabilities of outcomes 0, 1, …, or one law on the line.
        name: How errors call it.

    Returns:
        The points.

    Raises:
        InputError: It is no law on the line, or a batch of them.
    """
    law = as_law(value, name)
    if law.batch_shape != ():
        raise InputError(f"{name} is a batch of laws of shape {law.batch_shape}. Give one law at a time.")
    if isinstance(law, Categorical):
        return _categories(law)
    if isinstance(law, PointMass):
        return Points(np.array([float(law.value)]), np.zeros(1), "finite")
    found = find(law, "log_prob")
    support = FAMILIES[type(law)].support(law)
    if found is None or support.kind not in {"interval", "lattice"}:
        raise InputError(
            f"{name} = {law!r} is no law on the line with a log density. Give probabilities or such a law."
        )
    low, high = float(numbers(support.low)), float(numbers(support.high))

    def log_prob(x: Floats) -> Floats:
        with np.errstate(all="ignore"):
            values: Floats = numbers(found[1](found[0], found[0].xp.asarray(x)))
        return values

    marks = _marks(law, low, high)
    make = _lattice if support.kind == "lattice" else _interval
    return make(log_prob, low, high, marks)


def _categories(law: Any) -> Points:
    logits = numbers(law.logits) if law.logits is not None else None
    with np.errstate(divide="ignore"):
        logs = log_softmax(np, logits if logits is not None else np.log(numbers(law.probs)))
    return Points(np.arange(len(logs), dtype=np.float64), logs, "finite")


def _marks(law: Law, low: float, high: float) -> Floats:
    found = find(law, "marks")
    marks = np.array(found[1](found[0]) if found else (), dtype=np.float64)
    ends = [end for end in (low, high) if np.isfinite(end)]
    if len(ends) == 2:
        ends.append(0.5 * low + 0.5 * high)
    inside = marks[(marks >= low) & (marks <= high)]
    return np.unique(np.concatenate([inside, ends or [0.0]]))


def _lattice(log_prob: Callable[[Floats], Floats], low: float, high: float, marks: Floats) -> Points:
    first, last = _reach(log_prob, low, high, np.rint(marks), 1.0)
    whole = last - first < _MOST
    if not whole:  # heavy tails: the points nearest to the marks
        first, last = max(first, marks[0] - _MOST / 2), min(last, max(first, marks[0] - _MOST / 2) + _MOST)
    values = np.arange(np.ceil(first), np.floor(last) + 1.0)
    logs = log_prob(values)
    return _normalized(values, logs, "lattice", log_prob, whole=whole)


def _reach(
    log_prob: Callable[[Floats], Floats], low: float, high: float, marks: Floats, least: float
) -> tuple[float, float]:
    """How far out the law is not yet as small as zero."""
    ends = []
    unit = max(float(np.ptp(marks)), least)
    for end, mark, side in ((low, marks[0], -1.0), (high, marks[-1], 1.0)):
        with np.errstate(over="ignore"):
            steps = mark + side * unit * 2.0 ** np.arange(0.0, 900.0)
        steps = steps[np.isfinite(steps) & (np.abs(steps) < 1e290)]
        if np.isfinite(end):
            ends.append(float(end))
            continue
        small = log_prob(steps) < _DEEP
        ends.append(float(steps[int(np.argmax(small))] if small.any() else steps[-1]))
    return ends[0], ends[1]


def _interval(log_prob: Callable[[Floats], Floats], low: float, high: float, marks: Floats) -> Points:
    unit = float(np.ptp(marks)) or 1.0
    inmost, outmost = np.nextafter(low, np.inf), np.nextafter(high, -np.inf)

    def inner_log_prob(x: Floats) -> Floats:
        return log_prob(np.clip(x, inmost, outmost))  # at an end a density may be infinite

    first, last = _reach(log_prob, low, high, marks, 1e-300)
    inner = marks[(marks > first) & (marks < last)]
    edges = [inner]
    for end, side in ((first, low), (last, high)):
        grade = _toward(end, inner, unit) if np.isfinite(side) else _away(end, inner, unit)
        edges.append(_with_mass(inner_log_prob, grade, end) if np.isfinite(side) else grade)
    panels = np.unique(np.concatenate(edges))
    starts, stops = panels[:-1], panels[1:]
    done: list[tuple[Floats, Floats]] = []
    for _ in range(40):
        bent = _bend(inner_log_prob, starts, stops) > _BEND
        done.append((starts[~bent], stops[~bent]))
        middle = 0.5 * (starts[bent] + stops[bent])
        starts, stops = np.concatenate([starts[bent], middle]), np.concatenate([middle, stops[bent]])
        if not len(starts) or len(starts) > 20_000:
            break
    starts, stops = (np.concatenate([pair[i] for pair in done] + [(starts, stops)[i]]) for i in (0, 1))
    order = np.argsort(starts)
    half, center = 0.5 * (stops - starts)[order, None], 0.5 * (stops + starts)[order, None]
    values = (center + half * _NODES).ravel()
    logs = inner_log_prob(values) + np.log(np.broadcast_to(half * _NODE_WEIGHTS, (len(order), len(_NODES)))).ravel()
    return _normalized(values, logs, "interval", log_prob)


def _away(end: float, inner: Floats, unit: float) -> Floats:
    """Edges farther and farther apart, from the outermost mark to where the density is zero in floats."""
    near = inner[np.argmin(np.abs(inner - end))]
    steps = unit * 1.5 ** np.arange(-20.0, np.log(max(abs(end - near) / unit, 1.0)) / np.log(1.5))
    return np.concatenate([[end], near + np.sign(end - near) * steps])


def _toward(end: float, inner: Floats, unit: float) -> Floats:
    """Edges closer and closer together on the way to a finite end."""
    far = inner[np.argmax(np.abs(inner - end))] if len(inner) else end + unit
    room = abs(end - far)
    least = max(64 * np.finfo(np.float64).eps * abs(end), 1e-290)
    depth = min(np.log(room / least) / np.log(4.0), 480.0)
    return np.concatenate([[end], end + np.sign(far - end) * room * 4.0 ** -np.arange(1.0, max(depth, 2.0))])


def _with_mass(log_prob: Callable[[Floats], Floats], edges: Floats, end: float) -> Floats:
    """The edges that still have e^-120 of the mass between them and the end, and the end."""
    distance = np.abs(edges - end)
    keep = (log_prob(edges) + np.log(np.maximum(distance, 1e-300)) > -120.0) | (distance == 0)
    kept: Floats = edges[keep]
    return kept


def _bend(log_prob: Callable[[Floats], Floats], starts: Floats, stops: Floats) -> Floats:
    """How far the log density is from a straight line, panel by panel; 0 where the density is zero throughout."""
    at = np.array([0.001, 0.25, 0.5, 0.75, 0.999])
    logs = log_prob(starts[:, None] + (stops - starts)[:, None] * at)
    logs = np.where(np.isneginf(logs), _DEEP - 600.0, logs)
    chord = logs[:, :1] + (logs[:, -1:] - logs[:, :1]) * (at - at[0]) / (at[-1] - at[0])
    empty = logs.max(axis=1) < _DEEP
    bend: Floats = np.where(empty, 0.0, np.abs(logs - chord).max(axis=1))
    return bend


def _normalized(
    values: Floats, logs: Floats, kind: str, log_prob: Callable[[Floats], Floats], *, whole: bool = True
) -> Points:
    keep = logs > -np.inf
    values, logs = values[keep], logs[keep]
    total = float(np.logaddexp.reduce(logs)) if len(logs) else -np.inf
    if not abs(total) < (1e-6 if whole else 0.1):
        raise InputError(
            f"The probabilities of the law add up to {np.exp(total):.6g} over the points found, not 1. "
            "Give a law whose log density is normalized, or its probabilities on points of your own."
        )
    return Points(values, logs - total, kind, log_prob, whole)
