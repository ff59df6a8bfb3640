import math

import numpy as np
import pytest

import kullback as kl
from kullback.decisions.fairness import same_input_divergence


def test_worked_number():
    # S075: predictions at the same input under the two groups.
    found = same_input_divergence([0.7, 0.3], [0.5, 0.5])
    assert found.value == pytest.approx(0.0822828785050518, rel=1e-14)
    assert found.reverse[0] == pytest.approx(0.5 * math.log(0.25 / 0.21), rel=1e-14)
    assert found.interval[1] == math.inf  # one input says nothing of others


def test_rows_means_and_the_worst_input():
    rng = np.random.default_rng(0)
    first, second = rng.dirichlet([2.0, 2.0, 1.0], size=(2, 50))
    found = same_input_divergence(first, second)
    truth = [math.fsum(p * np.log(p / q)) for p, q in zip(first, second, strict=True)]
    np.testing.assert_allclose(found.forward, truth, rtol=1e-10)
    assert found.stderr == pytest.approx(np.std(truth, ddof=1) / math.sqrt(50), rel=1e-10)
    assert f"input {int(np.argmax(truth))}" in str(found)
    middle = 0.5 * (first + second)
    js = 0.5 * (kl.divergence(first, middle, normalize=True) + kl.divergence(second, middle, normalize=True))
    np.testing.assert_allclose(found.jensen_shannon, js, rtol=1e-10)


def test_interval_covers_and_units_widen_it():
    rng = np.random.default_rng(1)
    held, wider = [], []
    truth = np.mean([kl.divergence([0.5 + d, 0.5 - d], [0.5, 0.5]) for d in (0.1, 0.2)])
    for _ in range(200):
        unit = np.repeat(np.arange(30), 3)
        gap = rng.choice([0.1, 0.2], size=30)[unit]
        first = np.stack([0.5 + gap, 0.5 - gap], axis=1)
        found = same_input_divergence(first, np.full((90, 2), 0.5), unit=unit)
        held.append(found.interval[0] <= truth <= found.interval[1])
        wider.append(found.stderr > 1.3 * same_input_divergence(first, np.full((90, 2), 0.5)).stderr)
    # At 95 % fewer than 179 of 200 have a chance of .001.
    assert sum(held) >= 179
    assert all(wider)


def test_a_model_that_ignores_the_attribute_is_at_zero_and_an_impossible_outcome_is_infinite():
    rows = np.random.default_rng(2).dirichlet([1.0, 1.0], size=20)
    assert same_input_divergence(rows, rows).value == 0.0
    lost = same_input_divergence([[0.5, 0.5], [0.5, 0.5]], [[1.0, 0.0], [0.5, 0.5]])
    assert lost.value == math.inf
    assert "impossible for b" in str(lost)


@pytest.mark.parametrize(
    ("first", "second", "options", "match"),
    [
        ([[0.5, 0.5]], [[0.2, 0.3, 0.5]], {}, "same inputs"),
        ([[0.5, 0.6]], [[0.5, 0.5]], {}, "not 1"),
        ([[0.5, 0.5]], [[0.5, 0.5]], {"unit": [1, 2]}, "unit has shape"),
        ([[0.5, 0.5]], [[0.5, 0.5]], {"confidence": 2}, "confidence"),
    ],
)
def test_bad_input_has_one_clear_error(first, second, options, match):
    with pytest.raises(kl.InputError, match=match):
        same_input_divergence(first, second, **options)
