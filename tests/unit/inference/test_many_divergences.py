"""Many pairs at once are the pairs one by one."""

import numpy as np
import pytest

from kullback.inference import divergence_interval, divergence_intervals


def test_pairs_agree_with_each_by_itself():
    rng = np.random.default_rng(1)
    p, q = rng.poisson(2.0, (60, 9)).astype(float), rng.poisson(5.0, (60, 9)).astype(float)
    p[:, 0] += 1
    for pair, one, other in zip(divergence_intervals(p, q), p, q, strict=True):
        held = one + other > 0
        alone = divergence_interval(one[held], other[held])
        assert pair.debiased == pytest.approx(alone.debiased, abs=1e-14)
        assert pair.degrees == alone.degrees
        assert pair.bounds(0.95) == pytest.approx(alone.bounds(0.95), rel=1e-9)


def test_no_pairs_give_nothing():
    assert divergence_intervals(np.zeros((0, 4)), np.zeros((0, 4))) == []
