"""The table of exponents: Chernoff information and Cramér's rate against 50 digits, beside a search on a grid."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

import mpmath
import numpy as np

import kullback as kl
from bench.decisions import truths
from bench.figures import grid, timed
from kullback import decisions

GRID = np.linspace(0, 1, 1001)
HEADS = (
    "figure",
    "cases",
    "kullback: relative error, median / largest",
    "grid: median / largest",
    "CPU time, grid / kullback",
)
NOTE = (
    "Truth: mpmath, 50 digits. Chernoff information of rows of chances (even Dirichlet, steep, 1e-5 apart), and of "
    "pairs of Normal, Poisson, Exponential and Gamma laws from 1e-6 apart to far apart; Laplace against Normal. "
    "Cramér's rate from 1e-6 of the mean to far from it. Grid: the usual lines in float64, the largest of "
    f"{len(GRID):,} values: s from 0 to 1, or t from 0 to 20 times (x - μ)/σ² or to the largest t there is."
)


@dataclass(frozen=True)
class Case:
    """One figure: what it is, the truth, ours, and the search on a grid."""

    name: str
    truth: Callable[[], Any]
    ours: Callable[[], float]
    search: Callable[[], float]


def exponents(*, quick: bool = False) -> str:
    """The table."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for case in cases(quick=quick):
        found.setdefault(case.name, []).append(errors(case))
    rows = []
    for name, some in found.items():
        ours, search, ratio = (list(column) for column in zip(*some, strict=True))
        cells = [f"{median(side):.1e} / {max(side):.1e}" for side in (ours, search)]
        rows.append([name, len(some), *cells, f"{median(ratio):.2g}"])
    return f"{NOTE}\n\n{grid(HEADS, rows)}"


def errors(case: Case) -> tuple[float, float, float]:
    """Relative errors of ours and of the grid, and the ratio of their times."""
    with mpmath.workdps(truths.DIGITS):
        exact = case.truth()
        (ours, spent), (other, other_spent) = timed(case.ours), timed(case.search)
        return float(abs(ours - exact) / exact), float(abs(other - exact) / exact), other_spent / spent


def cases(*, quick: bool) -> Iterator[Case]:
    """Of both figures."""
    yield from _rows(2 if quick else 12)
    yield from _laws(quick=quick)
    yield from _rates(quick=quick)


def _rows(count: int) -> Iterator[Case]:
    for seed in range(count):
        rng = np.random.default_rng(seed)
        p, q = rng.dirichlet(np.full(6, (1.0, 0.1)[seed % 2]), size=2)
        if seed % 4 == 2:
            q = p * (1 + 1e-5 * rng.normal(size=6))
        p, q = _dyadic(p), _dyadic(q)
        yield Case(
            "Chernoff, chances",
            lambda p=p, q=q: truths.chernoff_of_rows(p, q),
            lambda p=p, q=q: decisions.chernoff_information(p, q).value,
            lambda p=p, q=q: float(-np.log((p ** GRID[:, None] * q ** (1 - GRID[:, None])).sum(axis=1)).min()),
        )


def _dyadic(row: np.ndarray) -> np.ndarray:
    """Whole 2^-40ths that add up to 1 without rounding, none of them zero."""
    whole = np.maximum(np.round(row / row.sum() * 2.0**40), 1)
    whole[whole.argmax()] += 2.0**40 - whole.sum()
    return whole / 2.0**40


def _laws(*, quick: bool) -> Iterator[Case]:
    gaps = (1e-6, 1.0) if quick else (1e-6, 1e-4, 1e-2, 0.3, 1.0, 5.0)
    for gap in gaps:
        for name in truths.PATHS:
            yield _law(name, gap)
    if not quick:
        for scale in (0.5, 1.0, 3.0):
            p, q = kl.families.Laplace(0, 1), kl.families.Normal(0.5, scale)
            x = np.linspace(-60, 60, 20_001)
            logs = [np.asarray(kl.families.log_prob(law, x)) for law in (p, q)]
            yield Case(
                "Chernoff, Laplace and Normal",
                lambda scale=scale: truths.chernoff_laplace_normal(0.5, scale),
                lambda p=p, q=q: decisions.chernoff_information(p, q).value,
                lambda x=x, logs=logs: _search_density(x, *logs),
            )


def _law(name: str, gap: float) -> Case:
    make, path = truths.PATHS[name]
    one, other = make(gap)
    p, q = (getattr(kl.families, name)(*side) for side in (one, other))
    floats = path(truths.FLOATS, one, other)
    return Case(
        f"Chernoff, {name}",
        lambda: truths.largest(path(truths.PRECISE, truths.exact(one), truths.exact(other))),
        lambda: decisions.chernoff_information(p, q).value,
        lambda: float(np.max(floats(GRID))),
    )


def _search_density(x: np.ndarray, log_p: np.ndarray, log_q: np.ndarray) -> float:
    s = GRID[::20, None]
    return float(-np.log(np.trapezoid(np.exp(s * log_p + (1 - s) * log_q), x, axis=1)).min())


def _rates(*, quick: bool) -> Iterator[Case]:
    gaps = (1e-6, 0.5) if quick else (-0.5, -1e-3, -1e-6, 1e-6, 1e-3, 0.5, 2.0)
    for name, law in truths.RATES.items():
        for gap in gaps:
            x = law.mean * (1 + gap)
            if not law.support[0] < x < law.support[1]:
                continue
            record = getattr(kl.families, name)(*law.parameters)
            steps = GRID * law.span(x) * (1.0 if x > law.mean else -1.0)
            yield Case(
                f"Cramér, {name}",
                lambda law=law, x=x: law.rate(x),
                lambda record=record, x=x: float(decisions.cramer_rate(record, x)),
                lambda law=law, x=x, t=steps: float(np.max(t * x - law.log_mgf(truths.FLOATS, t))),
            )
