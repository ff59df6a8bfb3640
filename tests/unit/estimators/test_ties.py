import numpy as np
import pytest

from kullback.estimators._ties import ties_of

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _same_numbers_in_any_order():
    RNG.bit_generator.state = np.random.default_rng(0).bit_generator.state


@pytest.mark.parametrize(
    ("kind", "draw"),
    [
        ("continuous", lambda: RNG.normal(size=500)),
        ("constant", lambda: np.full(500, 3.0)),
        ("categories", lambda: RNG.poisson(4, 500).astype(float)),
        ("categories", lambda: np.round(RNG.normal(size=500) * 3)),
        ("rounded", lambda: np.round(RNG.normal(size=500), 2)),
        ("rounded", lambda: np.round(RNG.normal(size=500) * 200)),
        ("atoms", lambda: np.where(RNG.random(500) < 0.3, 0.0, RNG.lognormal(size=500))),
        # Codes without order: heavy ones beside many rare ones.
        ("categories", lambda: RNG.permutation(5000)[np.minimum(RNG.zipf(1.5, 500), 5000) - 1].astype(float)),
    ],
)
def test_kinds(kind, draw):
    assert ties_of(draw(), draw()).kind == kind


def test_step_of_a_rounded_column():
    x, y = np.round(RNG.normal(size=(2, 800)), 2)
    assert ties_of(x, y).step == pytest.approx(0.01)


def test_atoms_are_named_and_the_rest_is_zero():
    x = np.where(RNG.random(500) < 0.3, -7.0, RNG.lognormal(size=500))
    ties = ties_of(x, x)
    assert ties.values == (None, -7.0)
    assert np.array_equal(ties.x == 1, x == -7.0)


def test_one_repeated_row_means_nothing():
    x = RNG.normal(size=300)
    x[3] = x[4]
    assert ties_of(x, RNG.normal(size=300)).kind == "continuous"
