"""Dask counts as DuckDB does, on a real scheduler with two worker processes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kullback as kl

DATA = Path(__file__).parents[2] / "examples" / "data"
H1, H2 = str(DATA / "flights-2013-h1.parquet"), str(DATA / "flights-2013-h2.parquet")


# One cluster for all of them.
pytestmark = pytest.mark.xdist_group("dask")


@pytest.fixture(scope="module")
def frames(require: Any) -> Iterator[list[Any]]:
    dask, distributed = require("dask.dataframe"), require("distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    )
    with cluster, distributed.Client(cluster):
        yield [dask.read_parquet(path, dtype_backend="pyarrow").repartition(npartitions=3) for path in (H1, H2)]


def figures(comparison: kl.Comparison) -> list[dict[str, Any]]:
    # Names and notes tell the engines' own spelling of types; every figure and every cell must agree.
    return [
        {name: value for name, value in column.items() if name != "notes"} for column in comparison.to_dict()["columns"]
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"columns": ["carrier", "dep_delay", "time_hour"]},
        {"columns": ["tailnum", "dep_delay", "distance"], "where": "day <= 3"},
        {"columns": ["carrier", "dep_delay"], "weights": "distance", "unit": ["month", "day"]},
        {"columns": ["dep_delay", "origin"], "target": "origin", "by": "origin"},
    ],
    ids=["counted", "few rows", "weights and units", "deeper"],
)
def test_dask_counts_as_duckdb_does(frames: list[Any], options: dict[str, Any]) -> None:
    found, expected = kl.compare(*frames, **options), kl.compare(H1, H2, **options)
    assert figures(found) == figures(expected)
    for part in ("target", "by"):
        assert found.to_dict().get(part) == expected.to_dict().get(part)


def test_what_dask_cannot_do_is_said(frames: list[Any]) -> None:
    with pytest.raises(kl.InputError, match="write it to Parquet"):
        kl.compare(*frames, columns=["carrier", "dep_delay"], joint=True)
    with pytest.raises(kl.InputError, match="cannot apply the filter"):
        kl.compare(*frames, where="day <")
    with pytest.raises(kl.InputError, match="no column 'nope' to weigh"):
        kl.compare(*frames, weights="nope")
    with pytest.raises(kl.InputError, match="finite numbers, none negative"):
        kl.compare(*frames, weights="dep_delay")
