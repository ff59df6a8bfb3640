"""Figures against exact arithmetic, and verdicts on data whose truth is known."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from scipy.stats import binomtest

import kullback as kl

ALIKE = {"rel": 1e-12, "abs": 1e-300}


def _bits(p, q):
    """D(p‖q) of two rows of counts in bits, to fifty digits; infinite where q lacks a cell."""
    with mpmath.workdps(50):
        total = mpmath.mpf(0)
        for one, other in zip(p, q, strict=True):
            share, model = Fraction(one, sum(p)), Fraction(other) / sum(q)
            if share and not model:
                return math.inf
            if share:
                ratio = share / model
                total += (
                    mpmath.mpf(share.numerator)
                    / share.denominator
                    * mpmath.log(mpmath.mpf(ratio.numerator) / ratio.denominator, 2)
                )
        return float(total)


def _middle(p, q):
    return [one * sum(q) + other * sum(p) for one, other in zip(p, q, strict=True)]


COUNTS = {
    "plain": ([900, 100], [600, 400]),
    "three": ([50, 30, 20], [30, 30, 40]),
    "near": ([10_000, 10_000, 10_000], [10_001, 9_999, 10_000]),
    "lost": ([50, 30, 20], [50, 50, 0]),
    "new": ([50, 50, 0], [50, 30, 20]),
    "swapped": ([50, 0], [0, 50]),
    "same": ([7, 3, 11], [14, 6, 22]),
}


def _rows(counts, values):
    return [value for value, count in zip(values, counts, strict=True) for _ in range(count)]


@pytest.mark.parametrize("case", sorted(COUNTS))
@pytest.mark.parametrize("values", [["a", "b", "c"], [0, 5, 99], [0.5, 0.25, -3.0]], ids=["text", "int", "float"])
def test_plugins_are_exact(case, values, frame):
    reference, current = COUNTS[case]
    values = values[: len(reference)]
    column = kl.compare(frame(x=_rows(reference, values)), frame(x=_rows(current, values)))["x"]
    if len(column.cells) < len(reference):  # a sparse cell was merged with its neighbor
        pytest.skip("too few rows for single values")
    assert column.plugin == pytest.approx(_bits(current, reference), **ALIKE)
    assert column.plugin_reverse == pytest.approx(_bits(reference, current), **ALIKE)
    middle = _middle(current, reference)
    halves = (_bits(current, middle) + _bits(reference, middle)) / 2
    assert column.jensen_shannon == pytest.approx(halves, **ALIKE)
    assert (column.plugin == 0) == (case == "same")


def test_plugins_of_booleans_are_exact(frame):
    column = kl.compare(frame(x=[True] * 70 + [False] * 30), frame(x=[True] * 64 + [False] * 36))["x"]
    assert column.kind == "boolean"
    assert column.plugin == pytest.approx(_bits([64, 36], [70, 30]), **ALIKE)


@pytest.mark.parametrize("size", [10**4, 10**8, 10**12])
def test_nearly_equal_large_counts_keep_their_digits(size, frame):
    sides = [frame(x=["a", "b"], w=[size, size + more]) for more in (0, 1)]
    column = kl.compare(*sides, weights="w")["x"]
    reference, current = [size, size], [size, size + 1]
    assert column.plugin == pytest.approx(_bits(current, reference), **ALIKE)
    middle = _middle(current, reference)
    assert column.jensen_shannon == pytest.approx((_bits(current, middle) + _bits(reference, middle)) / 2, **ALIKE)


@pytest.mark.parametrize("kind", ["text", "few", "normal", "many"])
def test_contributions_add_up(kind, frame):
    rng = np.random.default_rng(1)
    draws = {
        "text": lambda shift: rng.choice(list("abcde"), 5000, p=np.array([5, 4, 3, 2, 1 + shift]) / (15 + shift)),
        "few": lambda shift: rng.poisson(3 + shift, 5000),
        "normal": lambda shift: rng.normal(shift / 3, 1, 5000),
        "many": lambda shift: [f"v{value}" for value in rng.zipf(1.5 + shift / 5, 5000) % 900],
    }[kind]
    column = kl.compare(frame(x=draws(0)), frame(x=draws(1)))["x"]
    assert math.fsum(cell.contribution for cell in column.cells) == pytest.approx(column.plugin, **ALIKE)
    if kind != "many" or not math.isinf(column.plugin):
        counts = [[int(getattr(cell, side)) for cell in column.cells] for side in ("current", "reference")]
        if kind != "many":  # beyond a hundred cells the last one stands for several
            assert column.plugin == pytest.approx(_bits(*counts), **ALIKE)
    assert [sum(getattr(cell, side) for cell in column.cells) for side in ("current", "reference")] == [5000, 5000]
    assert len(column.cells) <= 101


def _debiased(column):
    p = np.array([cell.current for cell in column.interval_cells])
    q = np.array([cell.reference for cell in column.interval_cells])
    cells = len(p)
    share_p, share_q = (p + 0.5) / (p.sum() + cells / 2), (q + 0.5) / (q.sum() + cells / 2)
    plugin = (share_p * np.log(share_p / share_q)).sum()
    bias = (cells - 1) / (2 * p.sum()) + ((share_p / share_q).sum() - 1) / (2 * q.sum())
    return (plugin - bias) / math.log(2)


@pytest.mark.parametrize("shift", [0.0, 0.2, 1.0])
def test_debiased_is_recomputable(shift, frame):
    rng = np.random.default_rng(2)
    sides = [frame(x=rng.normal(mean, 1, 4000), y=rng.poisson(2 + mean, 4000).astype(str)) for mean in (0, shift)]
    for column in kl.compare(*sides):
        assert len(column.interval_cells) <= 20
        if math.isinf(column.plugin):
            assert column.debiased is None
        else:
            assert column.debiased == pytest.approx(_debiased(column), rel=1e-9, abs=1e-12)
            assert column.interval[0] <= max(column.debiased, 0) <= column.interval[1]


def test_infinite_rule(frame):
    before, after = frame(x=["a"] * 900 + ["b"] * 100), frame(x=["a"] * 800 + ["b"] * 100 + ["c"] * 100)
    column = kl.compare(before, after)["x"]
    assert column.plugin == math.inf
    assert column.debiased is None
    assert column.interval[1] == math.inf
    assert 0 <= column.interval[0] < 1
    assert column.verdict == "shifted"
    assert [(share.value, share.count, share.share) for share in column.new] == [("c", 100, 0.1)]
    assert any("infinite" in note for note in column.notes)
    exact = binomtest(100, 1000).proportion_ci(method="exact")
    assert column.new_mass.interval == pytest.approx((exact.low, exact.high), rel=1e-9)


def test_a_lost_cell_is_not_infinite(frame):
    column = kl.compare(frame(x=["a"] * 90 + ["b"] * 10), frame(x=["a"] * 100))["x"]
    assert math.isfinite(column.plugin)
    assert column.plugin == pytest.approx(-math.log2(0.9), **ALIKE)
    assert column.plugin_reverse == math.inf
    assert [share.value for share in column.gone] == ["b"]
    assert column.new == ()


def test_infinite_exactly_where_the_reference_lacks_a_cell(frame):
    rng = np.random.default_rng(3)
    for top in range(3, 9):
        sides = [frame(x=[f"v{value}" for value in rng.integers(0, highest, 40)]) for highest in (6, top)]
        column = kl.compare(*sides)["x"]
        lacks = any(cell.current > 0 and cell.reference == 0 for cell in column.cells)
        assert (column.plugin == math.inf) == lacks == (column.debiased is None) == bool(column.new)


def test_new_and_gone_list_fifty_and_a_rest(frame):
    before = frame(x=["same"] * 1000 + [f"old{index}" for index in range(80) for _ in range(3)])
    after = frame(x=["same"] * 1000 + [f"new{index}" for index in range(70) for _ in range(1 + index // 10)])
    column = kl.compare(before, after)["x"]
    assert len(column.new) == len(column.gone) == 51
    assert column.new[-1].value is column.gone[-1].value is None
    assert sum(share.count for share in column.new) == column.new_mass.count == 280
    assert sum(share.count for share in column.gone) == column.gone_mass.count == 240
    assert column.new_mass.share == pytest.approx(280 / 1280)
    listed = [share.count for share in column.new[:-1]]
    assert listed == sorted(listed, reverse=True)
    assert column.cells[-1].label.endswith("other cells")


def test_beyond_the_limit_values_are_merged_and_the_note_says_so(frame):
    rng = np.random.default_rng(4)
    sides = [frame(x=[f"v{value}" for value in rng.integers(0, 15_000, 40_000)]) for _ in "rc"]
    column = kl.compare(*sides)["x"]
    assert [sum(getattr(cell, side) for cell in column.cells) for side in ("reference", "current")] == [40_000, 40_000]
    assert any("heaviest" in note for note in column.notes)


def _wide(rng, rows, frame, shift=0.0):
    return frame(
        number=rng.normal(shift, 1, rows),
        count=rng.poisson(4 + 2 * shift, rows),
        place=rng.choice(list("abcdefgh"), rows, p=np.array([8 + 20 * shift, 7, 6, 5, 4, 3, 2, 1]) / (36 + 20 * shift)),
        flag=rng.random(rows) < 0.3 + shift / 2,
    )


def test_unchanged_data_are_similar(frame):
    rng = np.random.default_rng(5)
    comparison = kl.compare(_wide(rng, 20_000, frame), _wide(rng, 20_000, frame))
    assert {column.verdict for column in comparison} == {"similar"}
    assert comparison.verdict == "similar"
    assert all(column.interval[1] < 0.02 for column in comparison)


def test_clear_shifts_are_shifted(frame):
    rng = np.random.default_rng(6)
    comparison = kl.compare(_wide(rng, 20_000, frame), _wide(rng, 20_000, frame, 0.5))
    assert {column.verdict for column in comparison} == {"shifted"}
    assert comparison.verdict == "shifted"
    # D between normal laws half a deviation apart; cells can only lower it.
    truth = 0.125 / math.log(2)
    assert 0.93 * truth < comparison["number"].debiased < 1.03 * truth
    assert all(column.interval[0] > 0.02 and column.p_adjusted <= 0.05 for column in comparison)


def test_two_hundred_rows_are_inconclusive(frame):
    rng = np.random.default_rng(7)
    comparison = kl.compare(_wide(rng, 200, frame), _wide(rng, 200, frame))
    assert {column.verdict for column in comparison} == {"inconclusive"}
    assert comparison.verdict == "inconclusive"
    assert all(0.02 < column.could_have_seen < 1 for column in comparison)


def test_only_inconclusive_columns_say_what_they_could_have_seen(frame):
    rng = np.random.default_rng(8)
    for column in kl.compare(_wide(rng, 20_000, frame), _wide(rng, 20_000, frame, 0.5)):
        assert column.could_have_seen is None


def test_keys(frame):
    sides = [frame(text=[f"user-{i:05d}" for i in rows], dense=list(rows)) for rows in (range(1000), range(500, 1500))]
    comparison = kl.compare(*sides)
    assert {column.verdict for column in comparison} == {"key"}
    assert comparison.verdict != "shifted"
    assert all(any("500 of 1,000" in note for note in column.notes) for column in comparison)


@pytest.mark.parametrize("rows", [1000, 60_000])
@pytest.mark.parametrize("kind", ["float", "decimal", "date", "sparse"])
def test_distinct_values_that_are_no_keys(rows, kind, frame, require):
    polars = require("polars")
    whole = polars.int_range(rows, eager=True)
    column = {
        "float": whole.cast(polars.Float64),
        "decimal": (whole / 100).cast(polars.Decimal(18, 2)),
        "date": whole.cast(polars.Int32).cast(polars.Date),
        "sparse": whole * 1000,
    }[kind]
    assert kl.compare(frame(x=column), frame(x=column))["x"].verdict == ("similar" if rows > 1000 else "inconclusive")


def test_dense_keys_of_a_large_table(frame):
    column = kl.compare(frame(x=range(60_000)), frame(x=range(30_000, 90_000)))["x"]
    assert column.verdict == "key"
    assert any("30,000 of 60,000" in note for note in column.notes)


@pytest.mark.parametrize("value", [3, 2.5, "x", True, None, math.nan, math.inf])
def test_constant(value, frame):
    column = kl.compare(frame(x=[value] * 50), frame(x=[value] * 40))["x"]
    assert column.verdict == "constant"
    assert column.plugin == 0
    assert [(cell.reference, cell.current) for cell in column.cells] == [(50, 40)]


def test_nested_and_retyped_are_undefined(frame):
    before = frame(nested=[[1], [2]] * 20, struct=[{"a": 1}] * 40, kind=[1, 2] * 20, plain=[1, 2] * 20)
    after = frame(nested=[[1], [2]] * 20, struct=[{"a": 1}] * 40, kind=["1", "2"] * 20, plain=[1, 2] * 20)
    comparison = kl.compare(before, after)
    assert [comparison[name].verdict for name in ("nested", "struct", "kind")] == ["undefined"] * 3
    assert comparison["kind"].plugin is None
    assert set(comparison.structure.unsupported) == {"nested", "struct"}
    assert [name for name, _, _ in comparison.structure.retyped] == ["kind"]
    assert comparison["plain"].verdict == "inconclusive"


@pytest.mark.parametrize("name", ["nested", "kind"])
@pytest.mark.parametrize("rows", [40, 60_000])
def test_nothing_but_an_undefined_column(rows, name, frame):
    before, after = frame(nested=[[1]] * rows, kind=[1] * rows), frame(nested=[[1]] * rows, kind=["1"] * rows)
    comparison = kl.compare(before, after, columns=[name])
    assert comparison[name].verdict == "undefined"
    assert comparison.verdict == "inconclusive"


@pytest.mark.parametrize("rows", [100, 60_000])
@pytest.mark.parametrize("values", [[1, 2], [1.5, 2.5], ["a", "b"], [True, False]], ids=str)
def test_null_column_against_values(values, rows, frame):
    null, full = frame(x=[None] * rows), frame(x=values * (rows // 2))
    for before, after in ((null, full), (full, null)):
        column = kl.compare(before, after)["x"]
        assert column.verdict == "shifted"
        assert column.plugin == math.inf
        assert column.plugin_reverse == math.inf
        assert sum(cell.reference for cell in column.cells if cell.label == "NULL") == (rows if before is null else 0)
    assert not kl.compare(null, full).structure.retyped


@pytest.mark.parametrize("kind", ["null", "Int64", "Float64", "String", "Date", "UInt64", "Boolean"])
def test_null_columns(kind, frame, require):
    sides = [frame(x=[None] * rows) for rows in (60, 30)]
    if kind != "null":
        sides = [side.cast(getattr(require("polars"), kind)) for side in sides]
    column = kl.compare(*sides)["x"]
    assert column.verdict == "constant"
    assert "NULL" in column.headline


@pytest.mark.parametrize("kind", ["numeric", "category", "date"])
def test_null_change_makes_the_headline(kind, frame, require):
    polars = require("polars")
    rng = np.random.default_rng(9)
    sides = []
    for missing in (0.02, 0.09):
        whole = polars.Series(rng.integers(0, 40, 5000))
        column = {"numeric": whole / 8, "category": whole.cast(polars.String), "date": whole.cast(polars.Date)}[kind]
        gone = polars.Series(np.arange(5000) < missing * 5000)
        sides.append(frame(x=column).with_columns(x=polars.when(gone).then(None).otherwise(polars.col("x"))))
    column = kl.compare(*sides)["x"]
    assert column.verdict == "shifted"
    headline = column.headline.replace("2.0", "2").replace("9.0", "9")
    assert headline == "NULL 2 % → 9 %"


@pytest.mark.parametrize("pair", [(1.0, 5.0), (1, 1), ("a", "b"), (None, 1), (True, False), ("a", "a")], ids=str)
def test_one_row_a_side_is_never_similar_or_shifted(pair, frame):
    column = kl.compare(*(frame(x=[value]) for value in pair))["x"]
    assert column.verdict == ("constant" if pair[0] == pair[1] else "inconclusive")


@pytest.mark.parametrize("rows", [2, 5, 9, 15])
def test_a_few_rows_are_never_similar(rows, frame):
    column = kl.compare(frame(x=np.arange(rows) / 3), frame(x=100 + np.arange(rows) / 3))["x"]
    assert column.verdict != "similar"
    assert column.interval[1] > 0.02


def test_permutation_and_order_of_columns_do_not_matter(frame):
    rng = np.random.default_rng(10)
    before, after = _wide(rng, 3000, frame), _wide(rng, 3000, frame, 0.1)
    turned = kl.compare(before.select(reversed(before.columns)), after)
    for column in kl.compare(before, after):
        assert turned[column.name].p_value == column.p_value
        assert turned[column.name].interval == column.interval


def test_worst_first(frame):
    rng = np.random.default_rng(11)
    sides = [
        frame(
            calm=rng.normal(size=9000),
            far=rng.normal(2 * s, 1, 9000),
            near=rng.normal(0.5 * s, 1, 9000),
            key=range(9000),
        )
        for s in (0, 1)
    ]
    assert [column.name for column in kl.compare(*sides)] == ["far", "near", "calm", "key"]
