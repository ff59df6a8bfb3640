import math

import numpy as np
import pytest

from kullback._core import InputError
from kullback.decisions.channels import rate_distortion, rate_distortion_curve

HAMMING = [[0, 1], [1, 0]]


def h(p):
    return -p * math.log(p) - (1 - p) * math.log1p(-p)


@pytest.mark.parametrize("distortion", [0.01, 0.1, 0.25, 0.29])
def test_binary_source_with_hamming_distortion(distortion):
    found = rate_distortion([0.3, 0.7], HAMMING, at=distortion)
    assert found.value == pytest.approx(h(0.3) - h(distortion), abs=1e-11)
    assert found.distortion == pytest.approx(distortion, abs=1e-12)
    assert found.slope == pytest.approx(math.log((1 - distortion) / distortion), rel=1e-6)
    assert found.gap < 1e-9


@pytest.mark.parametrize("k", [3, 5])
def test_even_source_of_many_symbols(k):
    """log k - h(D) - D log(k - 1)."""
    found = rate_distortion(np.full(k, 1 / k), 1 - np.eye(k), at=0.2)
    assert found.value == pytest.approx(math.log(k) - h(0.2) - 0.2 * math.log(k - 1), abs=1e-11)


def test_ends_of_the_curve():
    free = rate_distortion([0.3, 0.7], HAMMING, at=0.3)
    assert (free.value, free.gap) == (0.0, 0.0)
    assert rate_distortion([0.3, 0.7], HAMMING, at=9.0).value == 0.0
    exact = rate_distortion([0.3, 0.7], HAMMING, at=0.0)
    assert exact.value == pytest.approx(h(0.3), abs=1e-12)
    assert exact.slope == math.inf


@pytest.mark.parametrize("distortion", [0.1, 0.25, 0.4])
def test_straight_line_of_erasures(distortion):
    """A wrong symbol is forbidden at any practical price, an erasure costs 1: R = (1 - D) log 2, one straight piece."""
    found = rate_distortion([0.5, 0.5], [[0, 1, 1e3], [1e3, 1, 0]], at=distortion)
    assert found.value == pytest.approx((1 - distortion) * math.log(2), abs=1e-9)
    assert found.gap < 1e-9
    assert found.conditional.sum(axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize("distortion", [0.1, 0.5])
def test_gaussian_source_on_a_fine_grid(distortion):
    """½ log(σ²/D): the grid of step 0.1 differs by less than a millionth where D is far above its square."""
    x = np.arange(-60, 61) * 0.1
    shares = np.exp(-0.5 * x**2)
    found = rate_distortion(shares / shares.sum(), (x[:, None] - x) ** 2, at=distortion)
    assert found.value == pytest.approx(0.5 * math.log(1 / distortion), abs=1e-6)
    assert found.gap < 1e-9


def test_lower_bound_by_outside_means():
    """Shannon: R(D) is at least -log Σ q e^(-s d) - s D for every slope; checked from the record alone."""
    rng = np.random.default_rng(0)
    p, d = rng.dirichlet(np.ones(20)), rng.random((20, 25))
    found = rate_distortion(p, d, at=0.15)
    joint = p[:, None] * found.conditional
    output = joint.sum(axis=0)
    seen = joint > 0
    information = float((joint[seen] * np.log(joint[seen] / (p[:, None] * output)[seen])).sum())
    kernel = np.exp(-found.slope * d)
    mixed = kernel @ output
    worst = float(((p / mixed) @ kernel).max())
    lower = float(-(p @ np.log(mixed))) - math.log(worst) - found.slope * 0.15
    assert (joint * d).sum() == pytest.approx(0.15, abs=1e-12)
    assert found.value == pytest.approx(information, abs=1e-11)
    assert -1e-12 < information - lower < 1e-8


@pytest.mark.parametrize("rate", [0.1, 0.4, 0.6])
def test_distortion_of_a_rate_is_the_inverse(rate):
    found = rate_distortion([0.3, 0.7], HAMMING, rate=rate)
    assert h(0.3) - h(found.distortion) == pytest.approx(rate, abs=1e-10)
    assert found.value == pytest.approx(rate, abs=1e-10)


def test_more_rate_than_needed():
    assert rate_distortion([0.3, 0.7], HAMMING, rate=5.0).distortion == 0.0
    assert rate_distortion([0.3, 0.7], HAMMING, rate=0.0).distortion == pytest.approx(0.3)


def test_slope_gives_its_point():
    found = rate_distortion([0.3, 0.7], HAMMING, slope=math.log(9))
    assert found.distortion == pytest.approx(0.1, abs=1e-9)


def test_symbols_that_never_come():
    found = rate_distortion([0.5, 0.5, 0.0], [[0, 1], [1, 0], [2, 2]], at=0.1)
    assert found.value == pytest.approx(math.log(2) - h(0.1), abs=1e-11)


def test_curve_falls_and_bends_one_way():
    rng = np.random.default_rng(5)
    curve = rate_distortion_curve(rng.dirichlet(np.ones(6)), rng.random((6, 6)), points=9)
    assert (np.diff(curve.rates) > 0).all()
    assert (np.diff(curve.rates, 2) > -1e-9).all()
    assert max(point.gap for point in curve.points) < 1e-9


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (([0.5, 0.5], HAMMING), {}, "one of"),
        (([0.5, 0.5], HAMMING), {"at": 0.1, "rate": 0.2}, "one of"),
        (([0.5, 0.6], HAMMING), {"at": 0.1}, "adds up"),
        (([0.5, 0.5], [[0, 1]]), {"at": 0.1}, "rows"),
        (([0.5, 0.5], [[0, math.inf], [1, 0]]), {"at": 0.1}, "inf"),
        (([0.5, 0.5], HAMMING), {"at": -0.1}, "no code"),
        (([0.5, 0.5], HAMMING), {"slope": 0.0}, "slope"),
        (([0.5, 0.5], HAMMING), {"rate": -1.0}, "rate"),
        (([0.5, 0.5], HAMMING), {"at": math.nan}, "at"),
    ],
)
def test_bad_input(arguments, options, words):
    with pytest.raises(InputError, match=words):
        rate_distortion(*arguments, **options)


def test_too_few_points():
    with pytest.raises(InputError, match="points"):
        rate_distortion_curve([0.5, 0.5], HAMMING, points=1)


def test_text_and_picture(require):
    curve = rate_distortion_curve([0.5, 0.5], HAMMING, points=5)
    assert "certified within" in str(curve)
    require("matplotlib")
    assert "bits" in curve.plot().axes[0].get_ylabel()
