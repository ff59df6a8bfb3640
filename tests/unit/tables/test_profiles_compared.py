"""Comparisons of profiles beside those of the tables, with the error that they state."""

from pathlib import Path

import numpy as np
import pytest

import kullback as kl
from kullback.tables.counts._cells import Cells
from kullback.tables.verdicts._uncertain import uncertain_evidence

DATA = Path(__file__).parents[3] / "examples" / "data"
HALVES = [DATA / f"flights-2013-h{half}.parquet" for half in (1, 2)]


@pytest.fixture(scope="module")
def halves(require):
    polars = require("polars")
    # Every eighth flight: 19 columns of every kind, in an eighth of the time.
    return [polars.read_parquet(half).gather_every(8) for half in HALVES]


@pytest.fixture(scope="module")
def direct(halves):
    return kl.compare(*halves)


@pytest.mark.parametrize("cells", [256, 1024])
def test_two_profiles_agree_with_the_tables_within_the_error_they_state(cells, halves, direct):
    paired = kl.compare(*(kl.profile(half, cells=cells) for half in halves))
    stated = 0
    for column in direct:
        other = paired[column.name]
        assert other.verdict in (column.verdict, "inconclusive"), column.name
        if column.smoothed is None or np.isinf(column.plugin):
            # Infinite by values that one half lacks: so it is for the profiles.
            assert other.plugin == column.plugin
            continue
        below, above = other.uncertainty or (0.0, 0.0)
        stated += other.uncertainty is not None
        # Cells at quantiles are not the same ones: what that may do is stated in the documentation.
        coarse = 0.002 + 0.02 * column.smoothed
        assert -below - coarse <= column.smoothed - other.smoothed <= above + coarse, column.name
        assert other.interval[0] <= column.smoothed + coarse
        assert column.smoothed <= other.interval[1] + coarse
    assert stated >= 3


def test_finer_profiles_decide_what_the_tables_do(halves, direct):
    paired = kl.compare(*(kl.profile(half, cells=2048) for half in halves))
    assert {column.name: column.verdict for column in paired} == {column.name: column.verdict for column in direct}


def test_a_profile_may_stand_on_either_side(halves, direct):
    for sides in ((kl.profile(halves[0]), halves[1]), (halves[0], kl.profile(halves[1]))):
        kept = kl.compare(*sides)
        for column in direct:
            other = kept[column.name]
            assert other.verdict in (column.verdict, "inconclusive"), column.name
            if column.debiased is not None and other.debiased is not None:
                assert other.debiased == pytest.approx(column.debiased, rel=0.1, abs=0.002), column.name


def test_table_against_profile_is_profile_against_table_turned_round(frame):
    rng = np.random.default_rng(1)
    one, other = (frame(x=rng.normal(shift, 1, 5000), t=rng.choice(list("abc"), 5000)) for shift in (0, 0.5))
    kept = kl.profile(other)
    forward, backward = kl.compare(one, kept), kl.compare(kept, one)
    for name in ("x", "t"):
        assert forward[name].plugin == backward[name].plugin_reverse
        assert forward[name].plugin_reverse == backward[name].plugin


def test_integers_of_a_profile_meet_floats_of_another(frame):
    sides = [kl.profile(frame(x=values)) for values in ([1, 2, 3, 4] * 50, [1.0, 2.0, 2.0, 4.0] * 50)]
    assert kl.compare(*sides)["x"].plugin == pytest.approx(0.5, rel=1e-14)


def test_profiles_that_hold_different_things_say_so(frame):
    sides = [kl.profile(frame(x=[f"u{row % size}" for row in range(100)])) for size in (5, 100)]
    column = kl.compare(*sides)["x"]
    assert column.verdict == "undefined"
    assert any("like" in note for note in column.notes)


@pytest.mark.parametrize("ordered", [True, False])
def test_no_counts_within_the_error_lie_outside_of_what_is_stated(ordered):
    rng = np.random.default_rng(2)
    size = 12
    for _ in range(40):
        counts = rng.integers(200, 900, (2, size)).astype(float)
        if not ordered:
            counts[:, -1] = 1500
        unknown = rng.integers(0, 90, (2, size)).astype(float)
        unknown[:, -1] = 0
        cells = Cells(
            [str(place) for place in range(size)],
            *(np.arange(size, dtype=float),) * 2,
            counts[0],
            counts[1],
            np.zeros(size, dtype=bool),
            (np.arange(size) + 0.5) / size,
            np.arange(size),
            [str(place) for place in range(size)],
            ordered=ordered,
            truncated=True,
            description="",
            unknown=unknown,
        )
        interval = uncertain_evidence(cells, (1.0, 1.0), 0.0).divergence(cells.groups)
        found = [_divergence(counts)]
        for _ in range(60):
            # Ends of the ranges are the worst.
            moved = unknown * rng.choice([-1.0, 0.0, 1.0], (2, size))
            shift = np.diff(moved, axis=1, prepend=0.0)
            if not ordered:
                shift = np.abs(moved)
                shift[:, -1] = -shift.sum(axis=1)
            right = counts + shift
            if (right >= 0).all():
                found.append(_divergence(right))
        assert found[0] - interval.below <= min(found)
        assert max(found) <= found[0] + interval.above


def _divergence(counts):
    q, p = (counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True)
    return float((p * np.log(p / q)).sum())
