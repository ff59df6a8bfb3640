"""Smoothing against fractions worked by hand, a published example and another library."""

import math

import numpy as np
import pytest

from kullback._core import InputError
from kullback.divergences._smooth import smooth, smoothing_sensitivity

ALL = [
    ("additive", {}),
    ("additive", {"alpha": 0.01}),
    ("jeffreys", {}),
    ("krichevsky-trofimov", {}),
    ("perks", {}),
    ("good-turing", {}),
    ("jelinek-mercer", {"weight": 0.3}),
    ("jelinek-mercer", {"weight": 0.3, "background": range(1, 11)}),
    ("witten-bell", {}),
    ("witten-bell", {"background": range(1, 11)}),
    ("absolute-discounting", {}),
    ("absolute-discounting", {"discount": "estimated"}),
    ("absolute-discounting", {"background": range(1, 11)}),
]
# One row with empty cells, one with another share of them.
ROWS = np.array([[9, 4, 1, 1, 1, 2, 1, 0, 0, 0], [0, 1, 1, 1, 1, 1, 2, 5, 1, 30]])

# The prosody data of Gale and Sampson (1995): r and how many of 309 types were seen r times.
PROSODY = {
    **dict(enumerate((0, 120, 40, 24, 13, 15, 5, 11, 2, 2, 1, 0, 3, 0, 2, 1, 1, 3, 0, 1, 3, 2, 0, 3, 3, 3, 2, 2, 1))),
    **dict.fromkeys((31, 32, 34, 36), 2),
    **dict.fromkeys((33, 43, 46, 47, 50, 71, 84, 101, 105, 121, 124, 146, 162, 193, 199, 224, 226, 254, 257, 339), 1),
    **dict.fromkeys((41, 45), 3),
    **dict.fromkeys((421, 456, 481, 483, 1140, 1256, 1322, 1530, 2131, 2395, 6925, 7846), 1),
}


def spread(spectrum, empty):
    """Counts with the given number of cells at each r."""
    return np.repeat([*spectrum, 0], [*spectrum.values(), empty])


def close(probs, numerators, denominator):
    np.testing.assert_allclose(probs, np.array(numerators) / denominator, rtol=4e-16)


@pytest.mark.parametrize(("method", "options"), ALL)
def test_shares(method, options):
    done = smooth(ROWS, method=method, **options)
    assert done.probs.shape == ROWS.shape
    assert done.probs.dtype == np.float64
    assert (done.probs > 0).all()
    np.testing.assert_allclose(done.probs.sum(axis=-1), 1, rtol=1e-14)
    np.testing.assert_allclose(done.unseen_mass, np.where(ROWS == 0, done.probs, 0).sum(axis=-1))


@pytest.mark.parametrize(("method", "options"), ALL)
def test_rows_do_not_touch_each_other(method, options):
    whole = smooth(np.stack([[ROWS, ROWS[::-1]]]), method=method, **options).probs
    np.testing.assert_array_equal(whole[0, 1, 0], smooth(ROWS[1], method=method, **options).probs)


@pytest.mark.parametrize(("method", "options"), ALL)
def test_order_of_nonzero_counts_stays(method, options):
    counts = ROWS[0]
    probs = smooth(
        counts, method=method, **(options | {"background": np.ones(10)} if "background" in options else options)
    ).probs
    assert (np.diff(probs[np.argsort(counts)][(counts == 0).sum() :]) >= 0).all()


@pytest.mark.parametrize(
    ("method", "options", "numerators", "denominator"),
    [
        ("additive", {}, [4, 2, 1], 7),
        ("additive", {"alpha": 0.5}, [7, 3, 1], 11),
        ("jeffreys", {}, [7, 3, 1], 11),
        ("krichevsky-trofimov", {}, [7, 3, 1], 11),
        ("perks", {}, [10, 4, 1], 15),
        ("jelinek-mercer", {"weight": 0.25}, [31, 13, 4], 48),
        ("jelinek-mercer", {"weight": 0.5, "background": [1, 1, 2]}, [2, 1, 1], 4),
        ("witten-bell", {}, [3, 1, 2], 6),
        ("witten-bell", {"background": [1, 1, 2]}, [7, 3, 2], 12),
        ("absolute-discounting", {}, [9, 1, 6], 16),
        ("absolute-discounting", {"discount": 0.5, "background": [1, 1, 2]}, [11, 3, 2], 16),
    ],
)
def test_by_hand(method, options, numerators, denominator):
    close(smooth([3, 1, 0], method=method, **options).probs, numerators, denominator)


def test_estimated_discount():
    done = smooth([5, 2, 1, 1, 0, 0], method="absolute-discounting", discount="estimated")
    assert done.options["discount"] == 0.5
    close(done.probs, [9, 3, 1, 1, 2, 2], 18)


def test_good_turing_by_hand():
    # Z falls from 8 to 2, a slope of -2: r* is 1/2 and 4/3, and Turing's 2 · 2/8 agrees with the former.
    done = smooth(spread({1: 8, 2: 2}, empty=4), method="good-turing")
    np.testing.assert_allclose(done.probs, [1 / 40] * 8 + [1 / 15] * 2 + [1 / 6] * 4, rtol=1e-14)
    assert done.unseen_mass == pytest.approx(8 / 12)


def test_good_turing_keeps_turings_count_while_it_differs():
    # 2 · 100/1000 and 3 · 80/100 are far from the line's 0.38 and 1.13; nothing is known beyond 3, so the line has it.
    probs = smooth(spread({1: 1000, 2: 100, 3: 80}, empty=1), method="good-turing").probs
    slope, _ = np.polyfit(np.log([1, 2, 3]), np.log([1000, 100, 80]), 1)
    assert probs[1000] / probs[0] == pytest.approx(2.4 / 0.2)
    assert probs[1100] / probs[0] == pytest.approx(3 * (4 / 3) ** (slope + 1) / 0.2)


def test_good_turing_published():
    # Gale and Sampson (1995), prosody example: N = 30902, P0 = 0.003883, r* of 1 is 0.7628.
    counts = spread(PROSODY, empty=3)
    done = smooth(counts, method="good-turing")
    assert counts.sum() == 30902
    assert done.unseen_mass == pytest.approx(120 / 30902, rel=1e-14)
    assert done.probs[0] * 30902 == pytest.approx(0.7628, abs=5e-5)


def test_good_turing_other_library():
    # Smile (haifengl/smile, GoodTuringTest): the first eleven frequencies only, seven digits.
    spectrum = {r: n for r, n in PROSODY.items() if r <= 12 and n > 0}
    probs = [0.0009267, 0.0024393, 0.0040945, 0.0058063, 0.0075464]
    probs += [0.0093026, 0.0110689, 0.0128418, 0.0146194, 0.0164005, 0.0199696]
    done = smooth(spread(spectrum, empty=1), method="good-turing")
    assert done.probs[-1] == pytest.approx(0.2047782, abs=5e-8)
    np.testing.assert_allclose(done.probs[:-1], np.repeat(probs, list(spectrum.values())), atol=5.1e-8)


@pytest.mark.parametrize("method", ["good-turing", "witten-bell", "absolute-discounting"])
def test_nothing_moves_without_empty_cells(method):
    done = smooth([1, 2, 5], method=method)
    np.testing.assert_array_equal(done.probs, [1 / 8, 2 / 8, 5 / 8])
    assert done.unseen_mass == 0


def test_additive_knows_what_to_say_without_data():
    assert smooth([0, 0], method="perks").unseen_mass == 1


def test_labels(require):
    pandas = require("pandas")
    counts = {"a": 3, "b": 1, "c": 0}
    series, frame = pandas.Series(counts), pandas.DataFrame([counts, counts])
    for given in (counts, series, frame):
        done = smooth(given, method="additive")
        assert done.labels == ("a", "b", "c")
        assert done.probs.shape == np.shape(frame if given is frame else series)


def test_background_follows_labels():
    done = smooth({"a": 3, "b": 1, "c": 0}, method="witten-bell", background={"c": 2, "b": 1, "a": 1})
    close(done.probs, [7, 3, 2], 12)


def test_passes_as_an_array():
    done = smooth([3, 1, 0], method="additive")
    np.testing.assert_array_equal(np.asarray(done), done.probs)
    assert np.asarray(done, dtype=np.float32).dtype == np.float32
    assert np.array(done, copy=True) is not done.probs


def test_user_data_stay():
    counts = np.array([3.0, 1.0, 0.0])
    smooth(counts, method="jeffreys")
    np.testing.assert_array_equal(counts, [3, 1, 0])


def test_text():
    text = str(smooth({"a\n": 3, "b": 1, "c": 0}, method="witten-bell", background=[1, 1, 1]))
    assert text.splitlines()[:2] == ["witten-bell (background=given): 11 % in cells that were empty", "  a\\n: 0.6111"]
    assert "… and 88 more" in str(smooth(np.arange(100), method="jeffreys"))
    assert "shares of shape (2, 10), 0.23 % to 1.5 % of a row" in str(smooth(ROWS, method="perks"))


@pytest.mark.parametrize(
    ("counts", "method", "options", "says"),
    [
        ([1, -1], "additive", {}, "counts hold -1"),
        ([1, math.nan], "additive", {}, "counts hold nan"),
        ([1, math.inf], "additive", {}, "counts hold inf"),
        ([1e308, 1e308], "additive", {}, "more than a float64"),
        ([], "additive", {}, "at least one cell"),
        (3, "additive", {}, "at least one cell"),
        ({}, "additive", {}, "at least one cell"),
        ({"a": [1, 2], "b": [3, 4]}, "additive", {}, "one number per label"),
        ([[1, 2], [3]], "additive", {}, "cannot be read"),
        (["1", "2"], "additive", {}, "cannot be read"),
        ([1j], "additive", {}, "cannot be read"),
        (None, "additive", {}, "at least one cell"),
        (np.array(["1", 2], dtype=object), "additive", {}, "cannot be read"),
        ([1, 0], "laplace", {}, "Known policies: additive, jeffreys, .*absolute-discounting"),
        ([1, 0], ["additive"], {}, "Known policies"),
        ([1, 0], "additive", {"beta": 1}, "beta: no option .* takes alpha"),
        ([1, 0], "jeffreys", {"alpha": 1}, "alpha: no option .* takes none"),
        ([1, 0], "additive", {"alpha": 0}, "alpha=0 came"),
        ([1, 0], "additive", {"alpha": "1"}, "alpha='1' came"),
        ([1, 0], "jelinek-mercer", {}, "weight=None came"),
        ([1, 0], "jelinek-mercer", {"weight": 1}, "between 0 and 1, both excluded"),
        ([1, 0], "witten-bell", {"background": [1, 2, 3]}, "Give 2 weights"),
        ([1, 0], "witten-bell", {"background": [1, 0]}, "background has a zero"),
        ({"a": 1, "b": 0}, "witten-bell", {"background": {"a": 1, "c": 1}}, "label '[bc]' is in only one"),
        ([1, 0], "absolute-discounting", {"discount": 1}, "takes all of a count of 1"),
        ([1, 0], "absolute-discounting", {"discount": "guessed"}, "discount='guessed' came"),
        ([1, 0], "absolute-discounting", {"discount": "estimated"}, "needs a count of 1 and one of 2"),
        ([1.5, 0], "absolute-discounting", {"discount": "estimated"}, "whole counts"),
        ([1.5, 0], "good-turing", {}, "weight 1.5; it needs whole counts"),
        ([4, 2, 0], "good-turing", {}, "0 of 6 observations .* Use 'witten-bell'"),
        ([1, 1, 0], "good-turing", {}, "2 of 2 observations"),
        ([1, 2, 2, 0], "good-turing", {}, "a steeper fall"),
    ],
)
def test_errors(counts, method, options, says):
    with pytest.raises(InputError, match=says):
        smooth(counts, method=method, **options)


@pytest.mark.parametrize("method", ["good-turing", "witten-bell", "absolute-discounting", "jelinek-mercer"])
def test_rows_without_data(method):
    with pytest.raises(InputError, match="no counts at all"):
        smooth([[1, 2], [0, 0]], method=method, **({"weight": 0.1} if method == "jelinek-mercer" else {}))


def test_equal_labels(require):
    with pytest.raises(InputError, match="comes twice"):
        smooth(require("pandas").Series([1, 2], index=["a", "a"]), method="perks")


P, Q = [12, 5, 3], [15, 5, 0]


@pytest.mark.parametrize(
    ("epsilon", "not_normalized"), [(1e-12, 3.72619903886607), (1e-8, 2.34464796507145), (1e-3, 0.615911690868261)]
)
def test_epsilon_is_the_figure(epsilon, not_normalized):
    rows = {row.policy: row for row in smoothing_sensitivity(P, Q).rows}
    row = rows[f"epsilon {epsilon:g}"]
    assert row.only_q == pytest.approx(not_normalized + math.log1p(3 * epsilon), rel=1e-14)
    assert not row.recommended


def test_epsilon_normalized():
    assert smoothing_sensitivity([0.6, 0.25, 0.15], [0.75, 0.25, 0]).rows[-2].only_q == pytest.approx(2.34464799507145)


def test_sensitivity_rows():
    report = smoothing_sensitivity(P, Q)
    p, q = np.array([13, 6, 4]) / 23, np.array([16, 6, 1]) / 23
    assert report.rows[0].both == pytest.approx(float(p @ np.log(p / q)), rel=1e-13)
    assert report.rows[0].only_q == pytest.approx(float(np.array(P) / 20 @ np.log(np.array(P) / 20 / q)), rel=1e-13)
    assert report.unsmoothed == math.inf
    assert report.missing_mass == 0.15
    assert report.min < report.rows[0].both < report.max < report.rows[-1].only_q


def test_sensitivity_bits_and_labels():
    nats = smoothing_sensitivity(P, Q)
    bits = smoothing_sensitivity({"c": 3, "b": 5, "a": 12}, {"a": 15, "b": 5}, base=2)
    assert bits.unit == "bits"
    assert bits.max * math.log(2) == pytest.approx(nats.max)


def test_sensitivity_says_what_cannot_be_applied():
    row = smoothing_sensitivity(P, Q).rows[3]
    assert (row.policy, row.both, row.only_q) == ("good-turing", None, None)
    assert "Use 'witten-bell'" in row.note


def test_sensitivity_text():
    lines = str(smoothing_sensitivity(P, Q, base=2)).splitlines()
    assert lines[0] == ("D(p‖q) = 0.03209 to 0.3428 bits, depending on how zeros are smoothed; inf without smoothing.")
    assert lines[9].startswith("Not recommended")
    assert lines[-1].startswith("– good-turing: 0 of 20 observations")


@pytest.mark.parametrize(
    ("p", "q", "base", "says"),
    [
        ([1, 2], [1, 2, 3], None, "p_counts have shape"),
        ([[1, 2]], [[1, 2]], None, "p_counts have shape"),
        ([0, 0], [1, 2], None, "no counts at all"),
        ([1, 2], [1, -2], None, "q_counts hold -2"),
        ([1, 2], [1, 2], 1, "base=1 came"),
        ([1, 2], [1, 2], -2, "base=-2 came"),
    ],
)
def test_sensitivity_errors(p, q, base, says):
    with pytest.raises(InputError, match=says):
        smoothing_sensitivity(p, q, base=base)
