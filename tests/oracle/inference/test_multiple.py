"""Many questions at once, against scipy and mpmath."""

import mpmath
import numpy as np
import pytest
from scipy import stats

from kullback.inference import benjamini_hochberg, sidak


@pytest.mark.parametrize("questions", [1, 2, 5, 100, 5000])
def test_benjamini_hochberg_is_that_of_scipy(questions):
    p = np.random.default_rng(questions).uniform(size=questions) ** 3
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p), rel=1e-14)


@pytest.mark.parametrize("p", [[0.0, 0.0, 1.0], [0.2, 0.2, 0.2, 0.01], [1.0, 1.0], [5e-324, 0.5]])
def test_benjamini_hochberg_with_ties_and_ends(p):
    assert benjamini_hochberg(p).tolist() == pytest.approx(stats.false_discovery_control(p).tolist(), rel=1e-14, abs=0)


def test_nan_is_no_question():
    p = np.random.default_rng(50).uniform(size=60)
    p[::7] = np.nan
    asked = ~np.isnan(p)
    assert np.isnan(benjamini_hochberg(p)[~asked]).all()
    assert benjamini_hochberg(p)[asked] == pytest.approx(stats.false_discovery_control(p[asked]), rel=1e-14)


@pytest.mark.parametrize("p", [[], [np.nan, np.nan]])
def test_no_question_at_all(p):
    assert np.isnan(benjamini_hochberg(p)).all()


def _exact_sidak(smallest, questions):
    with mpmath.workdps(400):
        return float(1 - (1 - mpmath.mpf(smallest)) ** questions)


@pytest.mark.parametrize("smallest", [5e-324, 1e-300, 1e-17, 1e-9, 0.01, 0.5, 0.999, 1 - 2**-53])
@pytest.mark.parametrize("questions", [1, 2, 7, 100])
def test_sidak(smallest, questions):
    found = sidak([1.0] * (questions - 1) + [smallest])
    assert found == pytest.approx(_exact_sidak(smallest, questions), rel=1e-14, abs=0)


@pytest.mark.parametrize(("p_values", "found"), [([], 1), ([1.0], 1), ([0.0, 0.5], 0), ([1.0, 1.0], 1)])
def test_sidak_at_the_ends(p_values, found):
    assert sidak(p_values) == found
