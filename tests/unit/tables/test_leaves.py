"""Fine histograms by counting: close to the quantiles, exact in their counts, the same in every engine and thread."""

import numpy as np
import pytest

from kullback.tables.counts._leaves import _grid, _merge, counted_leaves, fetched_leaves
from kullback.tables.counts._reading import native_reading
from kullback.tables.engines._duckdb import DuckTable
from kullback.tables.engines._kernel import KEY_INFINITY
from kullback.tables.engines._memory import MemoryTable
from kullback.tables.engines._session import Session
from kullback.tables.sources._sources import Options, open_tables

DRAWS = {
    "normal": lambda rng, rows: rng.normal(size=rows),
    "lognormal": lambda rng, rows: rng.lognormal(0, 3, rows),
    "cauchy": lambda rng, rows: rng.standard_cauchy(rows),
    "integer": lambda rng, rows: rng.integers(-(10**6), 10**6, rows),
    "counts": lambda rng, rows: rng.poisson(3, rows),
    "atoms": lambda rng, rows: np.where(rng.random(rows) < 0.3, 0.0, rng.lognormal(size=rows)),
    "far_from_zero": lambda rng, rows: 1e9 + rng.normal(size=rows),
    "octaves": lambda rng, rows: np.nextafter(
        2.0 ** (rng.integers(-800, 800, rows) / 16), rng.choice([-1, 0, 1, 1e300], rows)
    ),
    "subnormal": lambda rng, rows: rng.integers(-500, 500, rows) * 5e-324,
    "extremes": lambda rng, rows: rng.choice([1e-308, -1e-308, 1e307, -1e307, 1.0, np.nan, np.inf, -np.inf], rows),
    "beyond_53_bits": lambda rng, rows: 2**62 + rng.integers(0, 2**40, rows),
    "whole_range": lambda rng, rows: rng.integers(-(2**63), 2**63 - 1, rows, endpoint=True),
}
WIDE = {
    "uint64": lambda rng, rows: rng.integers(0, 2**64 - 1, rows, dtype=np.uint64, endpoint=True),
    "near_2_to_64": lambda rng, rows: (2**64 - 1) - rng.integers(0, 1000, rows).astype(np.uint64),
}


@pytest.fixture
def opened(require):
    """`opened(values, values, threads=1)` gives a table in DuckDB for each array, all in one session."""
    pyarrow = require("pyarrow")
    sessions = []

    def tables(*arrays, threads=None, names=("x",)):
        sessions.append(Session(threads=threads))
        sources = []
        for index, array in enumerate(arrays):
            source = pyarrow.table(dict(zip(names, array if len(names) > 1 else [array], strict=True)))
            weights = "w" if "w" in names else None
            sources.append((source, Options(weights=weights), f"t{index}"))
        return open_tables(sessions[-1], sources)

    yield tables
    for session in sessions:
        session.close()


def _reading(table):
    return native_reading(table.columns[0].native)


def _both(table):
    reading = _reading(table)
    assert isinstance(table, DuckTable)
    return table, MemoryTable(table, [(0, reading)]), reading


def _same_bins(one, other):
    inside = np.abs(one.key) < KEY_INFINITY
    np.testing.assert_array_equal(one.key, other.key)
    np.testing.assert_array_equal(one.count, other.count)
    np.testing.assert_array_equal(one.low[inside], other.low[inside])
    np.testing.assert_array_equal(one.high[inside], other.high[inside])


@pytest.mark.parametrize("law", ["normal", "lognormal", "cauchy", "integer", "far_from_zero"])
def test_rank_error_of_dyadic_edges(law, opened):
    rows = 1_000_000
    values = np.sort(DRAWS[law](np.random.default_rng(5), rows))
    (table,) = opened(values)
    leaves = counted_leaves([(table, 0)], _reading(table))
    ranks = np.searchsorted(values, leaves.high, side="right")
    np.testing.assert_array_equal(np.cumsum(leaves.counts[0]), ranks)
    at = np.arange(1, 64) / 64
    # The nearest edge that there is, against the quantile that it stands for.
    error = np.abs(at[:, None] - ranks[None, :] / rows).min(axis=1)
    assert error.max() <= 0.0005


@pytest.mark.parametrize("law", sorted(DRAWS | WIDE))
def test_engines_agree_bit_for_bit(law, opened):
    (table,) = opened((DRAWS | WIDE)[law](np.random.default_rng(6), 80_000))
    engine, memory, reading = _both(table)
    _same_bins(engine.coarse(0, reading), memory.coarse(0, reading))
    level = _merge([memory.coarse(0, reading)])
    grid = _grid(level.where(np.abs(level.key) < KEY_INFINITY), 80_000.0)
    first = memory.refined(0, reading, [grid])
    _same_bins(engine.refined(0, reading, [grid]), first)
    second = _grid(_merge([first]), 80_000.0)
    _same_bins(engine.refined(0, reading, [grid, second]), memory.refined(0, reading, [grid, second]))


@pytest.mark.parametrize("law", sorted(DRAWS | WIDE))
def test_histograms_agree(law, opened):
    values = (DRAWS | WIDE)[law](np.random.default_rng(7), 20_000)
    (table,) = opened(values)
    engine, memory, reading = _both(table)
    edges = np.unique(memory.column(0)[0][::500])
    edges = edges[np.isfinite(edges.astype(float))]
    found = engine.histogram(0, reading, edges)
    np.testing.assert_array_equal(found, memory.histogram(0, reading, edges))
    finite = [value for value in values.tolist() if abs(float(value)) < np.inf]
    assert found[0] == sum(value <= edges[0] for value in finite)
    assert found[-1] == sum(value > edges[-1] for value in finite)


@pytest.mark.parametrize("law", sorted(DRAWS | WIDE))
def test_leaves_hold_what_lies_between_their_bounds(law, opened):
    sides = [(DRAWS | WIDE)[law](np.random.default_rng(seed), 30_000) for seed in (8, 9)]
    tables = opened(*sides)
    leaves = counted_leaves([(table, 0) for table in tables], _reading(tables[0]))
    for index, values in enumerate(sides):
        ordered = np.sort(np.array(values.tolist(), dtype=leaves.low.dtype))
        ordered = ordered[np.abs(ordered.astype(float)) < np.inf]
        inside = np.searchsorted(ordered, leaves.high, "right") - np.searchsorted(ordered, leaves.low, "left")
        np.testing.assert_array_equal(leaves.counts[index], inside)
        assert leaves.counts[index].sum() == leaves.finite[index] == len(ordered)


def test_few_values_stand_alone(opened):
    values = np.random.default_rng(10).choice([0.1, 0.1 + 1e-16, 0.2, 1e300, -7.0, 5e-324], 60_000)
    (table,) = opened(values)
    leaves = counted_leaves([(table, 0)], _reading(table))
    distinct, counts = np.unique(values, return_counts=True)
    np.testing.assert_array_equal(leaves.low, distinct)
    np.testing.assert_array_equal(leaves.high, distinct)
    np.testing.assert_array_equal(leaves.counts[0], counts)


def test_fetched_and_counted_leaves_agree_on_few_values(opened):
    rng = np.random.default_rng(11)
    tables = opened(rng.integers(0, 40, 5000), rng.integers(10, 50, 5000))
    reading = _reading(tables[0])
    counted = counted_leaves([(table, 0) for table in tables], reading)
    fetched = fetched_leaves([MemoryTable(table, [(0, reading)]).column(0) for table in tables])
    np.testing.assert_array_equal(counted.low, fetched.low)
    np.testing.assert_array_equal(counted.counts, fetched.counts)
    assert counted.totals == fetched.totals
    assert counted.finite == fetched.finite


def test_threads_change_nothing(opened):
    values = DRAWS["cauchy"](np.random.default_rng(12), 300_000)
    found = []
    for threads in (1, 2):
        (table,) = opened(values, threads=threads)
        found.append(counted_leaves([(table, 0)], _reading(table)))
    np.testing.assert_array_equal(found[0].low, found[1].low)
    np.testing.assert_array_equal(found[0].high, found[1].high)
    np.testing.assert_array_equal(found[0].counts, found[1].counts)


def test_weights_agree_between_engines(opened):
    rng = np.random.default_rng(13)
    (table,) = opened([rng.normal(size=30_000), rng.integers(0, 5, 30_000)], names=("x", "w"))
    engine, memory, reading = _both(table)
    edges = np.linspace(-3, 3, 20)
    np.testing.assert_array_equal(engine.histogram(0, reading, edges), memory.histogram(0, reading, edges))
    one, other = engine.coarse(0, reading), memory.coarse(0, reading)
    _same_bins(one, other)
    np.testing.assert_array_equal(one.weight, other.weight)


@pytest.mark.parametrize("limit", [5, 50, 1000])
def test_heaviest_texts_agree(limit, opened):
    rng = np.random.default_rng(14)
    words = np.array([f"{'äzA~'[index % 4]}{index}" for index in range(200)])
    (table,) = opened(words[rng.zipf(1.3, 20_000) % 200])
    engine, memory, reading = _both(table)
    one, other = engine.heaviest(0, reading, limit), memory.heaviest(0, reading, limit)
    assert one.values == other.values
    np.testing.assert_array_equal(one.counts, other.counts)
    assert (one.missing, one.rows, one.total, one.distinct) == (other.missing, other.rows, other.total, other.distinct)
    wanted = ["ä0", "nowhere", "A2"]
    np.testing.assert_array_equal(engine.occurrences(0, reading, wanted), memory.occurrences(0, reading, wanted))
    shapes = [backend.shapes(0, reading, 200) for backend in (engine, memory)]
    assert dict(zip(shapes[0].values, shapes[0].counts, strict=True)) == dict(
        zip(shapes[1].values, shapes[1].counts, strict=True)
    )


def test_shapes_of_texts(opened):
    (table,) = opened(["AB-12", "XY-77", "äö 1", "", "9" * 90])
    engine, memory, reading = _both(table)
    expected = {"A-9 · 5": 2.0, "x 9 · 4": 1.0, " · 0": 1.0, "9 · 90": 1.0}
    for backend in (engine, memory):
        found = backend.shapes(0, reading, 10)
        assert dict(zip(found.values, found.counts.tolist(), strict=True)) == expected


@pytest.mark.parametrize("values", [[1, 2, 2, None], ["a", "b", "b", None], [1.0, 1.0, None, 2.0]])
def test_distinct_and_shared(values, opened, require):
    pyarrow = require("pyarrow")
    one, other = opened(pyarrow.array(values), pyarrow.array([value for value in values if value not in (2, "b", 2.0)]))
    reading = _reading(one)
    memory = [MemoryTable(table, [(0, reading)]) for table in (one, other)]
    assert one.distinct(0, reading) == memory[0].distinct(0, reading) == 2
    assert other.shared(one, 0, 0, reading) == memory[1].shared(memory[0], 0, 0, reading) == 1
