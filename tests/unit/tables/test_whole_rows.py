"""Whole rows: truths that no single column shows, and rows that look like the other side."""

from typing import Any

import numpy as np
import polars as pl
import pytest

import kullback as kl
from kullback.estimators import _classifier_logits
from kullback.tables.rows._whole_rows import JointShift


def _joint(reference: pl.DataFrame, current: pl.DataFrame, **options: Any) -> JointShift:
    found = kl.compare(reference, current, joint=True, **options).joint
    assert isinstance(found, JointShift)
    return found


def _bits(rng: np.random.Generator, rows: int, *, bound: bool) -> pl.DataFrame:
    a, b, free = rng.integers(0, 2, (3, rows))
    return pl.DataFrame({"a": a, "b": b, "c": a ^ b if bound else free}).cast(pl.String)


def test_columns_alike_one_by_one_but_not_jointly() -> None:
    """Three fair bits of which the third is the parity of the others: 1 bit (ln 2), none of it in a column."""
    rng = np.random.default_rng(1)
    comparison = kl.compare(_bits(rng, 1500, bound=False), _bits(rng, 1500, bound=True), joint=True)
    found = comparison.joint
    assert isinstance(found, JointShift)
    assert found.interval[0] < 1.0 < found.interval[1]
    assert abs(found.bits - 1.0) < 0.15
    assert comparison.counts["shifted"] == 0
    assert found.p_value < 1e-6


def test_correlated_gaussians_with_equal_margins() -> None:
    """D = -ln(1 - 0.36)/2 nats = 0.322 bits at a correlation of 0.6."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 1500))
    bound = pl.DataFrame({"x": x, "y": 0.6 * x + 0.8 * y})
    found = _joint(pl.DataFrame(rng.normal(size=(1500, 2)), schema=["x", "y"]), bound)
    assert found.interval[0] < 0.322 < found.interval[1]
    assert found.best_bits is not None
    assert found.best_bits < 0.05


def test_identical_tables_are_not_called_different() -> None:
    """The same rows twice, in another order."""
    rng = np.random.default_rng(3)
    table = pl.DataFrame({"x": rng.normal(size=600), "g": rng.choice(["a", "b", None], 600)})
    found = _joint(table, table.sample(fraction=1, shuffle=True, seed=1))
    assert found.p_value > 0.5
    assert found.interval[0] == 0.0


def test_a_column_that_tells_the_sides_apart_is_named_and_left_out() -> None:
    """Months of two seasons share no value: with them D is infinite, without them nothing differs."""
    rng = np.random.default_rng(4)
    sides = [
        pl.DataFrame({"month": rng.integers(first, first + 6, 800), "x": rng.normal(size=800)}) for first in (1, 7)
    ]
    found = _joint(*sides)
    assert found.apart == ("month",)
    assert found.columns == ("x",)
    assert found.p_value > 0.01
    assert any("month" in note for note in found.notes)


def test_rows_that_look_like_the_other_side() -> None:
    """A tenth of the current rows is drawn as in the reference: these look most like it."""
    rng = np.random.default_rng(6)
    reference = pl.DataFrame({"x": rng.normal(size=800), "name": ["old"] * 800})
    old = np.arange(800) < 80
    x = rng.normal(size=800) + np.where(old, 0, 5)
    found = _joint(reference, pl.DataFrame({"x": x, "name": ["old"] * 800}))
    place = found.shown.index("x")
    like = [float(row.values[place] or "nan") for row in found.current.like_other]
    unlike = [float(row.values[place] or "nan") for row in found.current.unlike_other]
    assert len(like) == 20
    assert max(like) < 2.5 < min(unlike)
    assert found.current.like_other[0].log_ratio < 0 < found.current.unlike_other[0].log_ratio


def test_the_order_of_rows_does_not_matter() -> None:
    """Every figure and every row shown is the same for shuffled tables."""
    rng = np.random.default_rng(7)
    sides = [pl.DataFrame({"x": rng.normal(size=200) + shift, "g": rng.choice(["a", "b"], 200)}) for shift in (0, 1)]
    shuffled = [side.sample(fraction=1, shuffle=True, seed=2) for side in sides]
    assert _joint(*sides).to_dict() == _joint(*shuffled).to_dict()


def test_units_keep_clustered_rows_from_crying_wolf() -> None:
    """Days of their own mean: by rows the sides differ, by days they do not; a real shift is seen either way."""
    rng = np.random.default_rng(8)
    days = np.repeat(np.arange(40), 25)
    x = rng.normal(size=40)[days] + 0.3 * rng.normal(size=1000)
    table = pl.DataFrame({"x": x, "day": [f"d{day}" for day in days]})
    sides = [table.filter(pl.Series(days % 2 == side)) for side in (0, 1)]
    by_days = _joint(*sides, unit="day")
    assert by_days.p_value > 0.05
    assert _joint(*sides, exclude=["day"]).p_value < 0.05
    assert _joint(sides[0], sides[1].with_columns(pl.col("x") + 6), unit="day").p_value < 0.05


def test_weights_weigh() -> None:
    """Weights that make up for the shift leave nothing of it."""
    rng = np.random.default_rng(9)
    before, after = ({"g": rng.choice(["a", "b"], 2000, p=p).tolist()} for p in ([0.5, 0.5], [0.8, 0.2]))
    weights = [{"a": 0.5 / 0.8, "b": 0.5 / 0.2}[value] for value in after["g"]]
    found = _joint(pl.DataFrame({**before, "w": [1.0] * 2000}), pl.DataFrame({**after, "w": weights}), weights="w")
    assert found.p_value > 0.01


def test_too_few_rows_are_one_clear_error() -> None:
    """Twenty rows teach nothing."""
    with pytest.raises(kl.InputError, match="20 rows; whole rows need at least 50 a side"):
        _joint(pl.DataFrame({"x": range(20)}), pl.DataFrame({"x": range(20)}))


def test_without_scikit_learn_the_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of a missing extra says how to install it."""
    monkeypatch.setattr(_classifier_logits, "find_spec", lambda _: None)
    table = pl.DataFrame({"x": [1.0, 2.0] * 50})
    with pytest.raises(kl.MissingExtraError, match=r"pip install 'kullback\[classifier\]'"):
        _joint(table, table)
