"""What `compare` returns, for people and for machines."""

import json
import math

import numpy as np
import pytest

import kullback as kl


@pytest.fixture
def comparison(frame):
    rng = np.random.default_rng(1)
    sides = [
        frame(
            x=rng.normal(shift, 1, 4000),
            text=rng.choice(list("abc") + ["d"] * int(shift > 0), 4000),
            calm=rng.normal(size=4000),
            small=[0.5 * (index % 2) for index in range(4000)],
            key=range(4000),
            always=[7] * 4000,
            nested=[[1]] * 4000,
            kind=[1 if shift else "1"] * 4000,
            **({"new": [1] * 4000} if shift else {"old": [1] * 4000}),
        )
        for shift in (0, 0.5)
    ]
    return kl.compare(*sides)


@pytest.fixture
def calm(frame):
    rng = np.random.default_rng(2)
    return kl.compare(*(frame(x=rng.normal(size=20_000)) for _ in "rc"))


def test_to_dict_is_strict_json(comparison):
    plain = comparison.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert list(plain) == [
        "schema", "unit", "reference", "current", "margin", "verdict", "counts", "columns", "structure", "null", "units", "alpha", "seed",  # noqa: E501
    ]  # fmt: skip
    assert (plain["schema"], plain["unit"], plain["null"]) == (1, "bits", "rows")
    assert plain["reference"] == {"name": "reference", "rows": 4000}
    assert set(plain["structure"]) == {"added", "removed", "retyped", "duplicated", "unsupported"}


def test_columns_of_the_dict(comparison):
    wanted = {
        "name", "kind", "verdict", "plugin", "plugin_reverse", "debiased", "interval", "jensen_shannon", "p_value",
        "p_adjusted", "headline", "could_have_seen", "new", "gone", "cells", "interval_cells", "method", "notes",
    }  # fmt: skip
    plain = {column["name"]: column for column in comparison.to_dict()["columns"]}
    assert all(wanted <= set(column) for column in plain.values())
    assert plain["text"]["plugin"] == "inf"
    assert plain["text"]["debiased"] is None
    assert plain["text"]["interval"][1] == "inf"
    assert plain["kind"]["plugin"] is plain["kind"]["interval"] is None
    fields = {"label", "reference", "current", "contribution"}
    assert all(set(cell) == fields | {"low", "high"} for cell in plain["x"]["cells"])
    assert all(set(cell) == fields for cell in plain["text"]["cells"])
    assert all(isinstance(cell["reference"], int) for cell in plain["x"]["cells"])


def test_figures_can_be_recomputed_from_the_dict(comparison):
    column = next(column for column in comparison.to_dict()["columns"] if column["name"] == "x")
    p, q = (np.array([cell[side] for cell in column["cells"]]) / 4000 for side in ("current", "reference"))
    assert (p * np.log2(p / q)).sum() == pytest.approx(column["plugin"], rel=1e-10)
    assert math.fsum(cell["contribution"] for cell in column["cells"]) == pytest.approx(column["plugin"], rel=1e-12)


def test_counts_of_verdicts(comparison):
    assert sum(comparison.counts.values()) == len(comparison) == len(list(comparison))
    assert comparison.counts["undefined"] == 2
    assert comparison.counts["key"] == comparison.counts["constant"] == 1
    assert comparison.verdict == "shifted"


def test_to_json_writes_what_it_returns(comparison, tmp_path):
    text = comparison.to_json(tmp_path / "c.json")
    assert json.loads(text) == json.loads((tmp_path / "c.json").read_text("utf-8")) == comparison.to_dict()


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_to_frame(backend, comparison, require):
    table = comparison.to_frame(backend)
    assert type(table).__module__.partition(".")[0] == require(backend).__name__
    rows = (
        table.to_pylist()
        if backend == "pyarrow"
        else table.to_dict("records")
        if backend == "pandas"
        else table.to_dicts()
    )
    assert [row["name"] for row in rows] == [column.name for column in comparison]
    assert rows[0]["verdict"] == comparison.columns[0].verdict
    found = next(row for row in rows if row["name"] == "x")
    assert (found["low"], found["high"]) == comparison["x"].interval


def test_to_frame_takes_what_is_there(comparison):
    assert len(comparison.to_frame()) == len(comparison)
    with pytest.raises(kl.InputError, match="spreadsheet"):
        comparison.to_frame("spreadsheet")


def test_assert_similar(comparison, calm):
    with pytest.raises(AssertionError, match="x: shifted") as caught:
        comparison.assert_similar()
    assert isinstance(caught.value, kl.ShiftError)
    assert "text" in str(caught.value)
    assert "calm" not in str(caught.value)
    assert calm.assert_similar() is None
    assert calm.assert_similar(strict=True) is None


def test_assert_similar_strictly(comparison, frame):
    with pytest.raises(kl.ShiftError) as caught:
        comparison.assert_similar(strict=True)
    assert all(
        f"'{name}' was" in str(caught.value) or f"'{name}' changed" in str(caught.value)
        for name in ("new", "old", "kind")
    )
    few = kl.compare(frame(x=[1.0, 2.0] * 50), frame(x=[1.0, 2.0] * 50))
    assert few.assert_similar() is None
    with pytest.raises(kl.ShiftError, match="x: inconclusive"):
        few.assert_similar(strict=True)


def test_reading_by_name(comparison):
    assert comparison["x"].name == "x"
    with pytest.raises(KeyError, match="nope"):
        comparison["nope"]


def test_repr(comparison):
    assert "shifted" in repr(comparison)
    assert "D(current‖reference)" in repr(comparison["x"])
    assert repr(comparison["text"]).count("inf") >= 1


def test_bits_and_nats(comparison):
    column = comparison["x"]
    assert column.bits == column.debiased
    assert column.nats == pytest.approx(column.bits * math.log(2))
    assert comparison["text"].bits == math.inf
    assert comparison["kind"].bits is comparison["kind"].nats is None


def test_json_of_hostile_values(frame, tmp_path):
    values = ["<script>", "\x1b[31m", "\u202e", "\x00", '"', "\\", "\u2028", "'; DROP TABLE t; --"]
    comparison = kl.compare(frame(x=values * 20), frame(x=values * 30))
    labels = {cell["label"] for cell in json.loads(comparison.to_json(tmp_path / "c.json"))["columns"][0]["cells"]}
    assert len(labels) == len(values)


def test_json_of_weights_and_extremes(frame):
    table = frame(x=[1e308, -1e308, 5e-324, 1.0] * 25, n=[2**63 - 1, -(2**63)] * 50, w=[0.1] * 100)
    plain = kl.compare(table, table, weights="w", columns=["n"]).to_dict()
    assert plain["reference"]["effective_rows"] == pytest.approx(100)
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
