"""Windows of time beside those before them: figures, ranks, and how often they alarm on a year of real days."""

from itertools import permutations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from kullback.inference import joint_rank_p_values, rank_p_value, window_divergence, window_divergences

FLIGHTS = Path(__file__).parents[3] / "examples" / "data"
COLUMNS = ("dep_delay", "arr_delay", "air_time", "distance", "carrier", "origin", "dest", "hour")


def test_the_figure_is_that_of_scipy_with_a_half_added():
    today, past = np.array([3.0, 0.0, 7.0, 2.0]), np.array([10.0, 4.0, 0.0, 6.0])
    found = window_divergence(today, past, groups=np.array([0, 1, 1, 2]))
    p, q = np.array([3.5, 7.5, 2.5]), np.array([10.5, 4.5, 6.5])
    assert found == pytest.approx(stats.entropy(p, q), rel=1e-12)


def test_an_empty_window_has_no_figure():
    counts = np.array([[5.0, 5.0], [4.0, 6.0], [0.0, 0.0]])
    found = window_divergences(counts, [np.array([0]), np.array([0, 1])], groups=np.arange(2))
    assert found[0] > 0
    assert np.isnan(found[1])


def test_rank_p_values_are_exact_over_all_orders():
    figures = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    p_values = [rank_p_value(np.array(order[:-1]), order[-1]) for order in permutations(figures)]
    assert [np.mean(np.array(p_values) <= level) for level in (0.2, 0.4, 1.0)] == [0.2, 0.4, 1.0]


def test_ties_never_make_a_window_unusual():
    assert rank_p_value(np.full(99, 2.0), 2.0) == 1.0


def test_joint_p_values_hold_their_level_over_all_columns():
    rng = np.random.default_rng(5)
    # Four columns that move together, on scales far apart; 1,500 windows like all others, standard error 0.55 %.
    alarms = 0
    for _ in range(1500):
        common = rng.gamma(2.0, size=40)
        figures = np.array([scale * common * rng.gamma(9.0, size=40) for scale in (1e-4, 1e-2, 1.0, 10.0)])
        alarms += bool((joint_rank_p_values(figures[:, :-1], figures[:, -1]) <= 0.05).any())
    assert 0.033 <= alarms / 1500 <= 0.066


def test_a_year_of_flights_alarms_on_few_days_of_any_column():
    flights = pl.concat([pl.read_parquet(FLIGHTS / f"flights-2013-{half}.parquet") for half in ("h1", "h2")])
    shares = {column: np.mean(_alarms(_counts_by_day(flights, column))) for column in COLUMNS}
    # Each of 331 days against the 28 before it, ranked among at most 56 before: a calibrated rank alarms on 3.5 to 5 %.
    assert max(shares.values()) <= 0.07, shares
    assert min(shares.values()) >= 0.02, shares


def test_rows_taken_as_independent_alarm_on_nearly_every_day():
    flights = pl.read_parquet(FLIGHTS / "flights-2013-h1.parquet")
    counts = _counts_by_day(flights, "dep_delay")
    p_values = [
        stats.chi2_contingency(table[:, table.min(axis=0) >= 1]).pvalue
        for table in (np.array([counts[day], counts[day - 28 : day].sum(axis=0)]) for day in range(28, len(counts)))
    ]
    assert np.mean(np.array(p_values) <= 0.05) >= 0.95


def _counts_by_day(flights: pl.DataFrame, column: str) -> np.ndarray:
    days = (flights["month"].cast(int) * 100 + flights["day"].cast(int)).to_numpy()
    values = flights[column]
    if values.dtype.is_numeric():
        filled = values.cast(float).fill_null(-1e9).to_numpy()
        edges = np.unique(np.quantile(filled[filled > -1e9], np.arange(64) / 64))
        cells = np.searchsorted(edges, filled, "right")
    else:
        _, cells = np.unique(values.to_numpy().astype(str), return_inverse=True)
    _, rows = np.unique(days, return_inverse=True)
    counts = np.zeros((rows.max() + 1, cells.max() + 1))
    np.add.at(counts, (rows, cells), 1)
    return counts


def _alarms(counts: np.ndarray) -> list[bool]:
    groups = np.arange(counts.shape[1])
    pools = [np.arange(max(0, day - 28), day) for day in range(7, len(counts))]
    figures = window_divergences(counts, pools, groups=groups)
    return [rank_p_value(figures[max(0, day - 56) : day], figures[day]) <= 0.05 for day in range(20, len(figures))]
