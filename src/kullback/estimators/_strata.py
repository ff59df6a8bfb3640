"""Columns of labels beside columns of numbers: the chain rule, stratum by stratum."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from kullback._core import percent
from kullback.estimators._columns import Codes
from kullback.estimators._estimate import Estimate, normal_interval, noted
from kullback.estimators._options import Progress, no_progress
from kullback.estimators._points import Floats, Points

Within = Callable[[Points], Estimate]

_LEAST = 20  # rows on each side that make a stratum of its own; what is smaller is taken together
_TOLERATED = 0.05  # share of x in strata that cannot be relied on
_ENOUGH = 4  # rows that the rest needs to be measured at all


@dataclass(frozen=True, eq=False)
class _Stratum:
    inside_x: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    inside_y: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    share: float
    found: Estimate


def stratified(
    points: Points,
    x_codes: Codes,
    y_codes: Codes,
    counted: Estimate,
    within: Within,
    progress: Progress = no_progress,
    /,
) -> Estimate:
    r"""Divergence of labels and numbers together.

    $$ D(c, z) = D(c) + \sum_c p(c)\, D(z \mid c) $$

    Args:
        points: The numbers z of both samples.
        x_codes: The label c of every row of x, from 0.
        y_codes: The label of every row of y.
        counted: The divergence of the labels, D(c).
        within: Measures the numbers of one stratum.
        progress: Told of every stratum.

    Returns:
        The sum in nats. Labels with fewer than 20 rows on a side are taken together as one stratum.

    Raises:
        InputError: As `within` does.

    References:
        Cover and Thomas (2006), Elements of Information Theory, theorem 2.5.3.
    """
    x_merged, y_merged, merged = _merged(x_codes, y_codes)
    strata, skipped = [], 0.0
    codes = np.unique(x_merged).tolist()
    for place, code in enumerate(codes):
        progress(place, len(codes), "strata")
        inside_x, inside_y = x_merged == code, y_merged == code
        weight = float(inside_x.mean() if points.x_weights is None else points.x_weights[inside_x].sum())
        if inside_x.sum() < _ENOUGH or inside_y.sum() < _ENOUGH:
            skipped += weight
            continue
        part = Points(
            points.x[inside_x],
            points.y[inside_y],
            _part(points.x_weights, inside_x),
            _part(points.y_weights, inside_y),
            points.device,
        )
        strata.append(_Stratum(inside_x, inside_y, weight, within(part)))
    return _summed(points, counted, strata, skipped, merged)


def _part(weights: Floats | None, inside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats | None:
    return None if weights is None else weights[inside] / weights[inside].sum()


def _merged(x: Codes, y: Codes) -> tuple[Codes, Codes, int]:
    """Codes with the small strata as one; and how many went into it."""
    size = int(max(x.max(), y.max())) + 1
    least = np.minimum(np.bincount(x, minlength=size), np.bincount(y, minlength=size))
    small = (least > 0) & (least < _LEAST)  # a label that one side lacks has nothing to be compared with
    names = np.where(small, size, np.arange(size))
    return names[x], names[y], int(small.sum())


def _summed(points: Points, counted: Estimate, strata: list[_Stratum], skipped: float, merged: int) -> Estimate:
    shares = np.array([stratum.share for stratum in strata])
    values = np.array([stratum.found.value for stratum in strata])
    errors = np.array([stratum.found.stderr for stratum in strata])
    inner = float(shares @ values)
    # The shares are estimated too: the influence of a row is the divergence in its stratum less the mean of these.
    size = points.n if points.x_weights is None else 1.0 / float(np.sum(points.x_weights**2))
    moved = float(shares @ (values - inner) ** 2) / size if strata else 0.0
    stderr = math.sqrt(counted.stderr**2 + float(shares**2 @ errors**2) + moved)
    value = counted.value + inner
    low, high = _combined(value, stderr, counted, shares, strata)
    ratios = None
    if all(stratum.found.log_ratios is not None for stratum in strata) and counted.log_ratios is not None:
        ratios = counted.log_ratios.copy()
        for stratum in strata:
            if stratum.found.log_ratios is not None:
                ratios[stratum.inside_x] += stratum.found.log_ratios
    notes = [f"labels: {counted.value:.4g} nats by {counted.method}; numbers within {len(strata)} strata: {inner:.4g}"]
    notes += list(counted.notes)
    if merged > 1:
        notes.append(f"{merged} labels with fewer than {_LEAST} rows on a side are one stratum")
    notes += _notes_of(strata)
    estimate = Estimate(
        value, stderr, (low, max(high, 0.0)), counted.confidence, "stratified", points.n, points.m, counted.reliable,
        tuple(notes), log_ratios=ratios,
    )  # fmt: skip
    doubted = sum(stratum.share for stratum in strata if not stratum.found.reliable)
    for share, words in (
        (skipped, "is in strata too small to look into: what differs there is missing"),
        (doubted, "is in strata whose own estimate is not reliable"),
    ):
        told = [f"{percent(share)} of x {words}"] if share > 0 else []
        estimate = noted(estimate, unreliable=told) if share > _TOLERATED else noted(estimate, *told)
    return estimate


def _combined(
    value: float, stderr: float, counted: Estimate, shares: Floats, strata: list[_Stratum]
) -> tuple[float, float]:
    """The normal interval, and on top of it what the parts' intervals reach further than their standard errors."""
    low, high = normal_interval(value, stderr, counted.confidence)
    z = float(special.ndtri(0.5 + counted.confidence / 2))
    parts = [(1.0, counted), *((float(share), stratum.found) for share, stratum in zip(shares, strata, strict=True))]
    for share, part in parts:
        low -= share * max(part.value - part.interval[0] - z * part.stderr, 0.0)
        high += share * max(part.interval[1] - part.value - z * part.stderr, 0.0)
    return low, high


def _notes_of(strata: list[_Stratum]) -> list[str]:
    methods: dict[str, int] = {}
    for stratum in strata:
        methods[stratum.found.method] = methods.get(stratum.found.method, 0) + 1
    told = ", ".join(f"{name} in {count}" for name, count in methods.items())
    return [f"within strata: {told}"] if told else []
