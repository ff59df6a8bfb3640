"""phi against mpmath: what the docstring promises, over the whole domain."""

import mpmath
import numpy as np
import pytest

from kullback._core import phi

# The promise of the docstring.
MOST_ULPS = 4
# x - log(1 + x) loses twice the exponent of x: 700 digits leave about a hundred at 1e-300.
DIGITS = 700


def _worst_ulps(x):
    with mpmath.workdps(DIGITS):
        exact = [value - mpmath.log(1 + value) for value in map(mpmath.mpf, x.tolist())]
        gaps = [abs(mpmath.mpf(got) - want) for got, want in zip(phi(x).tolist(), exact, strict=True)]
        return max(float(gap / float(np.spacing(float(want)))) for gap, want in zip(gaps, exact, strict=True))


@pytest.mark.parametrize(
    "x",
    [
        np.geomspace(1e-300, 1e-3, 1500),
        -np.geomspace(1e-300, 1e-3, 1500),
        np.linspace(-0.549, 1.299, 4001),
        np.linspace(-0.56, -0.54, 2001),
        np.linspace(1.29, 1.31, 2001),
        np.linspace(-0.999, -0.5, 1500),
        -1 + np.geomspace(2.0**-53, 0.5, 1000),
        np.geomspace(1.3, 1e300, 1500),
    ],
    ids=["tiny", "tiny negative", "series", "lower seam", "upper seam", "negative", "near -1", "large"],
)
def test_few_ulps(x):
    assert _worst_ulps(x) <= MOST_ULPS


@pytest.mark.parametrize("seam", [-0.55, 1.3])
def test_few_ulps_beside_the_seam(seam):
    x = np.array([np.nextafter(seam, -9), seam, np.nextafter(seam, 9)])
    assert _worst_ulps(x) <= MOST_ULPS


def test_few_ulps_at_random():
    x = np.random.default_rng(20).uniform(-1, 3, 5000)
    assert _worst_ulps(x) <= MOST_ULPS


@pytest.mark.parametrize(("x", "value"), [(0.0, 0.0), (-0.0, 0.0), (-1.0, np.inf), (np.inf, np.inf)])
def test_ends(x, value):
    assert phi(x) == value


def test_never_negative():
    x = np.random.default_rng(21).uniform(-1, 1, 100_000) * 10.0 ** np.random.default_rng(22).integers(-300, 1, 100_000)
    assert (phi(x) >= 0).all()


def test_nan_stays():
    assert np.isnan(phi(np.nan))


def test_keeps_shape_and_takes_lists():
    assert phi([[0, 1, 2], [3, 4, 5]]).shape == (2, 3)
    assert phi(1).shape == ()
