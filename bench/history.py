"""Alarms of a history on the flights of 2013: each day against the days before it, and planted shifts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from bench.figures import grid
from kullback.inference import rank_p_value, window_divergences
from kullback.tables.past._past import RANKED, choose

DATA = Path(__file__).parents[1] / "examples" / "data"
COLUMNS = ("dep_delay", "arr_delay", "air_time", "distance", "carrier", "origin", "dest", "hour")
_LEAST = 20

Plant = tuple[str, str, Callable[[pl.DataFrame, np.random.Generator], pl.DataFrame]]


def _relabelled(column: str, value: str, share: float) -> Callable[[pl.DataFrame, np.random.Generator], pl.DataFrame]:
    return lambda flights, rng: flights.with_columns(
        pl.when(pl.Series(rng.random(len(flights)) < share)).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
    )


def _emptied(column: str, share: float) -> Callable[[pl.DataFrame, np.random.Generator], pl.DataFrame]:
    return lambda flights, rng: flights.with_columns(
        pl.when(pl.Series(rng.random(len(flights)) < share)).then(None).otherwise(pl.col(column)).alias(column)
    )


PLANTS: tuple[Plant, ...] = (
    ("10 % of carrier relabelled", "carrier", _relabelled("carrier", "UA", 0.10)),
    ("5 % of carrier relabelled", "carrier", _relabelled("carrier", "UA", 0.05)),
    ("10 % of dest relabelled", "dest", _relabelled("dest", "ATL", 0.10)),
    ("no flight from LGA", "origin", lambda flights, _: flights.filter(pl.col("origin") != "LGA")),
    ("dep_delay + 5 minutes", "dep_delay", lambda flights, _: flights.with_columns(pl.col("dep_delay") + 5)),
    ("dep_delay + 10 minutes", "dep_delay", lambda flights, _: flights.with_columns(pl.col("dep_delay") + 10)),
    ("arr_delay + 15 minutes", "arr_delay", lambda flights, _: flights.with_columns(pl.col("arr_delay") + 15)),
    ("dep_delay NULL + 5 points", "dep_delay", _emptied("dep_delay", 0.05)),
    ("dep_delay NULL + 20 points", "dep_delay", _emptied("dep_delay", 0.20)),
    ("distance + 5 %", "distance", lambda flights, _: flights.with_columns(pl.col("distance") * 1.05)),
    ("hour + 1", "hour", lambda flights, _: flights.with_columns(pl.col("hour") + 1)),
)


def history() -> str:
    """A row for each column and each planted shift: the share of days that alarm, without and with weekdays."""
    flights = pl.concat([pl.read_parquet(DATA / f"flights-2013-{half}.parquet") for half in ("h1", "h2")])
    rng = np.random.default_rng(1)
    cases = [(f"{column}, as it is", column, flights) for column in COLUMNS]
    cases += [(f"{name}, one day", column, plant(flights, rng)) for name, column, plant in PLANTS]
    dates = flights.select(pl.date("year", "month", "day").alias("day"))["day"].unique().sort()
    seasons: list[list[str | None]] = [[None] * len(dates), [day.strftime("%A") for day in dates]]
    cells = {column: _Cells(flights, column) for column in COLUMNS}
    known = {column: cells[column].counts(flights) for column in COLUMNS}
    rows = []
    for name, column, table in cases:
        counts = cells[column].counts(table)
        rows.append([name, *(f"{100 * _alarms(known[column], counts, keys):.1f} %" for keys in seasons)])
    return grid(["days that alarm at 5 %", "28 days before", "8 same weekdays before"], rows)


class _Cells:
    """The cells of a column, the same for all days."""

    def __init__(self, flights: pl.DataFrame, column: str) -> None:
        self.column = column
        self.ordered = flights[column].dtype.is_numeric()
        values = flights[column].drop_nulls()
        if self.ordered:
            self.edges = np.unique(np.quantile(values.cast(pl.Float64).to_numpy(), np.arange(64) / 64))
        else:
            self.edges = np.array(values.unique().sort().to_list())

    def counts(self, flights: pl.DataFrame) -> np.ndarray:
        """Rows by day and cell; NULL has the first cell."""
        values = flights[self.column]
        if self.ordered:
            numbers = values.cast(pl.Float64)
            places = np.searchsorted(self.edges, numbers.fill_null(0.0).to_numpy(), "right") + 1
        else:
            places = np.searchsorted(self.edges, values.fill_null(str(self.edges[0])).to_list()) + 1
        places = np.where(values.is_null().to_numpy(), 0, places)
        days = flights.select(pl.date("year", "month", "day").dt.ordinal_day().alias("day"))["day"].to_numpy() - 1
        counts = np.zeros((365, len(self.edges) + 2))
        np.add.at(counts, (days.astype(int), places), 1)
        return counts


def _alarms(counts: np.ndarray, planted: np.ndarray, keys: list[str | None]) -> float:
    """Share of days that alarm when one day alone is as planted."""
    groups = np.arange(counts.shape[1])
    alarms = []
    for day in range(len(counts)):
        chosen = choose(keys[:day], keys[day], most=RANKED)
        if len(chosen.ranked) < _LEAST:
            continue
        lines = np.array([*(chosen.places[place] for place in chosen.ranked)])
        windows = np.concatenate([counts[chosen.places], counts[lines], planted[day : day + 1]])
        pools = [np.array(pool) for pool in chosen.pools]
        figures = window_divergences(windows, pools, groups=groups)
        alarms.append(rank_p_value(figures[:-1], float(figures[-1])) <= 0.05)
    return float(np.mean(alarms))
