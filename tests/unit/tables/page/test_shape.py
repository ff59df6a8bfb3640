"""What of an ordered column is drawn where: every row once, in proportion, and tails that do not squeeze the rest."""

import math
from itertools import pairwise

import numpy as np
import pytest

import kullback as kl
from kullback.tables.page._bars import bars_of
from kullback.tables.page._shape import shape_of

ROWS = 20_000
RNG = np.random.default_rng(7)
NORMAL = RNG.normal(size=ROWS)
COLUMNS = {
    "normal": NORMAL,
    "cauchy": RNG.standard_cauchy(ROWS),
    "lognormal": np.exp(2 * NORMAL),
    "zero_inflated": np.where(RNG.random(ROWS) < 0.4, 0.0, np.exp(NORMAL)),
    "sentinel": np.where(RNG.random(ROWS) < 0.03, -999.0, NORMAL),
    "grid": np.round(20 * NORMAL).astype(int),
    "few": RNG.integers(1, 13, ROWS),
    "two_clusters": NORMAL + 1000 * (np.arange(ROWS) % 2),
    "with_null": np.where(RNG.random(ROWS) < 0.1, np.nan, NORMAL),
    "one_value_and_null": np.where(RNG.random(ROWS) < 0.1, np.nan, 5.0),
    "huge": NORMAL * 1e300,
    "tiny": np.round(NORMAL * 100) * 5e-324,
}


@pytest.fixture
def drawn(frame):
    def draw(name):
        values = COLUMNS[name]
        half = len(values) // 2
        comparison = kl.compare(frame(x=values[:half]), frame(x=values[half:]), roles={"x": "numeric"})
        bars = bars_of(comparison.to_dict()["columns"][0]["cells"])
        return bars, shape_of(bars)

    return draw


@pytest.fixture(params=sorted(COLUMNS))
def every(request, drawn):
    return drawn(request.param)


def test_every_row_is_drawn_once_or_told_beside(every):
    bars, shape = every
    beside = [bar for bar in bars if bar not in shape.drawn]
    for side in (0, 1):
        span = shape.high - shape.low
        area = math.fsum(step.density(side, span) * (step.width / span) for step in shape.steps)
        stems = math.fsum(stem.bar.shares[side] for stem in shape.stems)
        assert area + stems + math.fsum(bar.shares[side] for bar in beside) == pytest.approx(1)


def test_steps_ascend_without_overlap_and_hold_their_values(every):
    _, shape = every
    room = 1e-12 * (shape.high - shape.low)
    assert all(before.right <= after.left + room for before, after in pairwise(shape.steps))
    assert all(step.left <= step.bar.low <= step.bar.high <= step.right for step in shape.steps)
    assert all(shape.low <= step.left < step.right <= shape.high for step in shape.steps)
    assert all(shape.low <= stem.at <= shape.high for stem in shape.stems)


def test_tails_are_cut_where_they_squeeze_the_rest(drawn):
    _, shape = drawn("cauchy")
    inner = np.quantile(COLUMNS["cauchy"], [0.01, 0.99])
    assert np.quantile(COLUMNS["cauchy"], 0.001) < shape.low < shape.high < np.quantile(COLUMNS["cauchy"], 0.999)
    assert shape.high - shape.low < 1.2 * (inner[1] - inner[0])


def test_a_light_tail_stays(drawn):
    bars, shape = drawn("normal")
    assert shape.drawn == set(bars)


def test_no_more_than_two_percent_a_side_is_left_out_of_a_large_table(drawn):
    for name in ("cauchy", "lognormal"):
        bars, shape = drawn(name)
        beside = [bar.pooled for bar in bars if bar not in shape.drawn]
        assert 0 < sum(beside) <= 0.04


def test_a_heavy_value_is_a_stem(drawn):
    _, shape = drawn("zero_inflated")
    assert [stem.at for stem in shape.stems] == [0.0]


def test_a_sentinel_does_not_stretch_the_axis(drawn):
    bars, shape = drawn("sentinel")
    assert shape.low > -10
    assert [bar.label for bar in bars if bar not in shape.drawn] == ["-999"]


def test_neighbors_on_a_grid_are_areas(drawn):
    _, shape = drawn("grid")
    assert not shape.stems
    singles = [step for step in shape.steps if step.bar.low == step.bar.high]
    assert singles
    assert {step.width for step in singles} == {1.0}


def test_few_values_are_stems(drawn):
    _, shape = drawn("few")
    assert [stem.at for stem in shape.stems] == list(range(1, 13))
    assert not shape.steps


def test_nothing_is_drawn_between_clusters(drawn):
    _, shape = drawn("two_clusters")
    assert max(after.left - before.right for before, after in pairwise(shape.steps)) > 900


BEYOND_FLOATS = ([-1.7e308, 1.7e308, 0.0, 1.0] * 50, (2**62 + np.round(100 * NORMAL).astype(int)).tolist())


@pytest.mark.parametrize("values", BEYOND_FLOATS, ids=["too_wide", "too_close"])
def test_no_axis_where_floats_do_not_reach(values, frame):
    comparison = kl.compare(frame(x=values), frame(x=values))
    assert shape_of(bars_of(comparison.to_dict()["columns"][0]["cells"])) is None


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_tables_of_a_few_rows_have_a_page(rows, require):
    frames = [require("polars").DataFrame({"x": [side + place for place in range(rows)]}) for side in (0.25, 0.5)]
    assert "<svg class=picture" in kl.compare(*frames).to_html()
