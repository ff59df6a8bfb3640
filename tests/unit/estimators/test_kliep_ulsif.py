import math

import numpy as np
import pytest

import kullback as kl
from kullback.estimators import kliep, ulsif


@pytest.mark.parametrize("method", [kliep, ulsif])
def test_overlapping_normals(method):
    rng = np.random.default_rng(0)
    found = [method(rng.normal(size=600), rng.normal(0.5, 1.0, 600)).value for _ in range(6)]
    assert np.mean(found) == pytest.approx(0.125, abs=0.06)


@pytest.mark.parametrize("method", [kliep, ulsif])
def test_equal_laws_and_odd_samples(method):
    rng = np.random.default_rng(1)
    lows = [method(rng.normal(size=150), rng.normal(size=150)).interval[0] for _ in range(20)]
    assert sum(low > 0 for low in lows) <= 4
    for x, y in (
        (np.ones(30), np.ones(30)),
        (rng.normal(size=(40, 3)), np.repeat(rng.normal(size=(10, 3)), 4, axis=0)),
    ):
        assert math.isfinite(method(x, y).value)


@pytest.mark.parametrize("method", [kliep, ulsif])
def test_weights_and_bad_requests(method):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=300), rng.normal(0.5, 1.0, 300)
    once = np.where(np.arange(300) < 150, 1.0, 0.0)
    assert method(x, y, weights=(once, None)).value == pytest.approx(method(x[:150], y).value, abs=0.1)
    with pytest.raises(kl.InputError):
        method(x, y, width=-1.0)
