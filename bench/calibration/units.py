"""What is simulated for units: clustered numbers and categories, and the days of real flights."""

import math
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

import kullback as kl
from bench.calibration.laws import normal, tilted, uniform
from bench.calibration.parts import covers, marked, over_cells, table
from bench.calibration.replicates import Rate, Runner, Trial, rate, trial

_FLIGHTS = Path(__file__).parents[2] / "examples" / "data"
_ROWS = 40
_KINDS = 5
_CHANGED = 0.1


def _numbers(rng: np.random.Generator, units: int, correlation: float, shift: float) -> pa.Array:
    own = np.repeat(rng.normal(0, math.sqrt(correlation), units), _ROWS)
    return pa.array(shift + own + rng.normal(0, math.sqrt(1 - correlation), units * _ROWS))


def _texts(rng: np.random.Generator, units: int, correlation: float, bits: float) -> pa.Array:
    shares = tilted(uniform(_KINDS), bits)
    laws = np.tile(shares, (units, 1))
    if correlation:
        laws = rng.dirichlet(shares * (1 - correlation) / correlation, units)
    ends = np.repeat(np.cumsum(laws, axis=1), _ROWS, axis=0)
    places = np.minimum((rng.random((units * _ROWS, 1)) * ends[:, -1:] >= ends).sum(axis=1), _KINDS - 1)
    return pa.array(np.array([f"k{place}" for place in range(_KINDS)])[places])


def _clustered(job: tuple[str, int, float, float, int, list[int]]) -> tuple[list[Trial], list[Trial]]:
    """Columns of clustered rows: judged by unit, and as if the rows were independent."""
    kind, units, correlation, bits, number, seed = job
    rng = np.random.default_rng(seed)
    sides = []
    for prefix, changed in (("a", 0.0), ("b", bits)):
        unit = pa.array(np.repeat([f"{prefix}{index}" for index in range(units)], _ROWS))
        shift = math.sqrt(2 * changed * math.log(2))
        columns = {
            f"c{index}": _numbers(rng, units, correlation, shift)
            if kind == "normal"
            else _texts(rng, units, correlation, changed)
            for index in range(number)
        }
        sides.append(pa.table({"unit": unit, **columns}))
    by_unit = [trial(column) for column in kl.compare(*sides, unit="unit", seed=seed[-1])]
    by_row = [trial(column) for column in kl.compare(*sides, exclude=["unit"], seed=seed[-1])]
    return by_unit, by_row


def _cases(
    run: Runner, kind: str, units: int, correlation: float, bits: float, count: int
) -> tuple[list[Trial], list[Trial]]:
    each, seed = 100, [11, len(kind), units, int(100 * correlation), int(1000 * bits)]
    count = run.count(count)
    jobs = [
        (kind, units, correlation, bits, min(each, count), [*seed, batch]) for batch in range(max(1, count // each))
    ]
    done = list(run.map(_clustered, jobs))
    return [one for pair in done for one in pair[0]], [one for pair in done for one in pair[1]]


def clusters(run: Runner) -> str:
    """Units of alike rows."""
    rows = []
    for kind in ("normal", "5 categories"):
        for correlation in (0.0, 0.1, 0.5):
            for units in (10, 30, 100):
                same, by_row = _cases(run, kind, units, correlation, 0.0, 1200)
                changed, _ = _cases(run, kind, units, correlation, _CHANGED, 600)
                law = normal(math.sqrt(2 * _CHANGED * math.log(2)))
                truths = [over_cells(one, law, normal()) if kind == "normal" else _over_kinds(one) for one in changed]
                hit = sum(covers(one, truth) for one, truth in zip(changed, truths, strict=True))
                rows.append(
                    [
                        kind,
                        f"{correlation:g}",
                        units,
                        marked(rate(same, lambda one: one.p_value <= 0.05), 0.0, 0.065),
                        marked(rate(same, lambda one: one.p_margin <= 0.05), 0.0, 0.065),
                        marked(rate(same, lambda one: covers(one, 0.0)), 0.92, 1.0),
                        marked(Rate(hit, len(changed)), 0.92, 1.0),
                        rate(changed, lambda one: one.p_value <= 0.05),
                        rate(by_row, lambda one: one.p_value <= 0.05),
                    ]
                )
    titles = [
        "",
        "correlation within units",
        "units a side",
        "raw test at P = Q, %",
        "p(D ≤ margin) ≤ .05 at P = Q, %",
        "coverage at D = 0, %",
        f"coverage at D = {_CHANGED:g}, %",
        f"raw test at D = {_CHANGED:g}, %",
        "for comparison: raw test of rows at P = Q, %",
    ]
    return (
        f"Units of {_ROWS} rows (goals: at most 6.5 % at P = Q, coverage at least 92 %; D in bits over the cells of "
        "the interval)\n\n" + table(titles, rows)
    )


def _over_kinds(one: Trial) -> float:
    """The true divergence over the interval's cells, of which the last may hold several kinds."""
    q, p = uniform(_KINDS), tilted(uniform(_KINDS), _CHANGED)
    named = [int(label[1:]) for label in one.cells if label.startswith("k")]
    rest = [place for place in range(_KINDS) if place not in named]
    groups = [[place] for place in named] + ([rest] if rest else [])
    return math.fsum(p[group].sum() * math.log2(p[group].sum() / q[group].sum()) for group in groups)


def _halves(seed: int) -> list[tuple[str, float, float, float, str]]:
    flights = pl.concat(pl.read_parquet(_FLIGHTS / f"flights-2013-h{half}.parquet") for half in (1, 2))
    flights = flights.filter(pl.col("month").is_in([9, 10, 11])).with_columns(
        date=100 * pl.col("month") + pl.col("day")
    )
    days = flights["date"].unique().sort().to_numpy()
    first = np.random.default_rng([12, seed]).permutation(days)[: len(days) // 2]
    inside = pl.col("date").is_in(first.tolist())
    halves = flights.filter(inside), flights.filter(~inside)
    names = ["dep_delay", "arr_delay", "air_time", "dep_time", "tailnum", "carrier", "origin", "distance"]
    by_day = kl.compare(*halves, unit="date", columns=names)
    by_row = kl.compare(*halves, columns=names)
    return [
        (name, by_day[name].p_value, by_row[name].p_value, by_day[name].design_effect, by_day[name].verdict)
        for name in names
    ]


def flights(run: Runner) -> str:
    """Days of real flights dealt at random into halves."""
    done = list(run.map(_halves, range(run.count(200))))
    rows = []
    for index, (name, *_) in enumerate(done[0]):
        column = [split[index] for split in done]
        by_day = Rate(sum(one[1] <= 0.05 for one in column), len(column))
        by_row = Rate(sum(one[2] <= 0.05 for one in column), len(column))
        shifted = sum(one[4] == "shifted" for one in column)
        rows.append([name, marked(by_day, 0.0, 0.08), shifted, f"{np.median([one[3] for one in column]):.1f}", by_row])
    titles = ["column", "raw test with unit, %", "called shifted", "design effect, median", "raw test of rows, %"]
    return (
        f"Flights of September to November 2013, the days dealt at random into halves {len(done)} times "
        "(goal: at most 8 %)\n\n" + table(titles, rows)
    )


PARTS = {"clusters": clusters, "flights": flights}
