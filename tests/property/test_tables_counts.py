"""Laws of comparisons that hold for any two small tables."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kullback as kl

MAYBE = st.one_of(st.none(), st.integers(-5, 5))
INTEGERS = st.lists(MAYBE, min_size=1, max_size=60)
FLOATS = st.lists(
    st.one_of(st.none(), st.floats(-1e300, 1e300), st.sampled_from([math.nan, math.inf, 0.0, -0.0])),
    min_size=1,
    max_size=60,
)
TEXTS = st.lists(
    st.one_of(st.none(), st.sampled_from(["", " ", "a", "A", "NULL", "ß", "a'b", "\n"]), st.text(max_size=3)),
    min_size=1,
    max_size=40,
)


@pytest.fixture(scope="module")
def compared(require):
    pyarrow = require("pyarrow")

    def compare(kind, *sides, **options):
        return kl.compare(
            *(pyarrow.table({"x": pyarrow.array(side, kind, from_pandas=False)}) for side in sides), **options
        )["x"]

    return compare


def _sums(column):
    return [math.fsum(getattr(cell, side) for cell in column.cells) for side in ("reference", "current")]


def _texts(sides):
    """Half a pair of surrogates is no text in Arrow."""
    return [[None if text is None else text.encode("utf-8", "ignore").decode() for text in side] for side in sides]


@settings(max_examples=30)
@given(INTEGERS, INTEGERS)
def test_counts_of_integers_add_up(compared, before, after):
    column = compared("int64", before, after)
    assert _sums(column) == [len(before), len(after)]
    nulls = [(cell.reference, cell.current) for cell in column.cells if cell.label == "NULL"]
    assert nulls in ([], [(before.count(None), after.count(None))])


@settings(max_examples=30)
@given(FLOATS, FLOATS)
def test_counts_of_floats_add_up(compared, before, after):
    assert _sums(compared("float64", before, after)) == [len(before), len(after)]


@settings(max_examples=30)
@given(TEXTS, TEXTS)
def test_counts_of_texts_add_up(compared, before, after):
    before, after = _texts([before, after])
    column = compared("string", before, after, roles={"x": "category"})
    assert _sums(column) == [len(before), len(after)]
    assert len({cell.label for cell in column.cells}) == len(column.cells) == len({*before, *after})


@settings(max_examples=30)
@given(INTEGERS, INTEGERS)
def test_swapping_the_sides_swaps_the_figures(compared, before, after):
    one, other = compared("int64", before, after), compared("int64", after, before)
    if one.plugin is None:
        assert other.plugin is None
        return
    assert one.plugin == pytest.approx(other.plugin_reverse, rel=1e-12)
    assert one.plugin_reverse == pytest.approx(other.plugin, rel=1e-12)
    assert one.jensen_shannon == pytest.approx(other.jensen_shannon, rel=1e-9, abs=1e-15)
    assert [share.value for share in one.new] == [share.value for share in other.gone]


@settings(max_examples=30)
@given(INTEGERS, INTEGERS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(compared, before, after, random):
    turned = [random.sample(side, len(side)) for side in (before, after)]
    one, other = compared("int64", before, after), compared("int64", *turned)
    assert [(c.label, c.reference, c.current, c.contribution) for c in one.cells] == [
        (c.label, c.reference, c.current, c.contribution) for c in other.cells
    ]
    assert (one.plugin, one.interval, one.p_value, one.verdict, one.headline) == (
        other.plugin, other.interval, other.p_value, other.verdict, other.headline,
    )  # fmt: skip


@settings(max_examples=30)
@given(INTEGERS, INTEGERS)
def test_figures_keep_to_their_bounds(compared, before, after):
    column = compared("int64", before, after)
    if column.plugin is None:
        return
    assert 0 <= column.jensen_shannon <= 1 + 1e-12
    assert column.plugin >= 0
    assert column.plugin_reverse >= 0
    assert column.jensen_shannon <= column.plugin / 2 + 1e-12 or column.plugin == math.inf
    assert all(cell.contribution >= 0 for cell in column.cells)
    if column.interval is not None:
        assert 0 <= column.interval[0] <= column.interval[1]
    assert math.isfinite(column.plugin) == (not column.new)


@settings(max_examples=25)
@given(INTEGERS, st.integers(2, 5))
def test_repeating_all_rows_changes_no_plugin(compared, rows, times):
    half = len(rows) // 2 + 1
    one = compared("int64", rows[:half], rows, roles={"x": "category"})
    other = compared("int64", rows[:half] * times, rows * times, roles={"x": "category"})
    assert one.plugin == pytest.approx(other.plugin, rel=1e-12)
