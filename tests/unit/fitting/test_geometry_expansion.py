import numpy as np
import pytest

import kullback as kl
from kullback.fitting.geometry import second_order

f = kl.families


def test_kinetic_energies_a_little_warmer():
    """3 da² / 4a² beside the exact divergence D(p(a + da)‖p(a)) (S041)."""
    found = second_order(f.GeneralizedGamma(1.5, 2.0, 1.0), {"scale": 0.1})
    assert found.value == pytest.approx(0.001875, rel=1e-14)
    assert found.reverse == pytest.approx(0.001814753745852, rel=1e-12)
    ratio = np.log(2.1 / 2.0)
    assert found.forward == pytest.approx(1.5 * (ratio + 2.0 / 2.1 - 1.0), rel=1e-12)
    assert found.error == pytest.approx(found.value - found.forward)


def test_coin_a_little_off():
    """½ I da² beside the exact divergence D(p(a + da)‖p(a)) (S038)."""
    found = second_order(f.Bernoulli(0.3), 1e-3)
    assert found.reverse == pytest.approx(2.37944398857832e-6, rel=1e-13)
    assert found.value == pytest.approx(0.5 * 1e-6 / 0.21, rel=1e-14)


def test_the_error_is_of_third_order():
    errors = [second_order(f.Poisson(3.0), size).error for size in (0.1, 0.05, 0.025)]
    # Poisson: D = φ-like with third derivative 1/λ²: the error is h³ / 3λ².
    assert errors[2] == pytest.approx(0.025**3 / 27.0, rel=0.02)
    assert errors[0] / errors[1] == pytest.approx(8.0, rel=0.1)
    assert errors[1] / errors[2] == pytest.approx(8.0, rel=0.05)


def test_one_form_for_both_directions_and_how_far_it_is_good():
    found = second_order(f.Exponential(1.0), 3.0, tolerance=0.1)
    assert found.reach < 1.0
    inside = second_order(f.Exponential(1.0), 3.0 * found.reach * 0.999)
    assert inside.reach == 1.0
    beyond = second_order(f.Exponential(1.0), 3.0 * found.reach * 1.01)
    assert beyond.reach < 1.0
    assert second_order(f.Normal(0.0, 1.0), {"loc": 2.0}).error == pytest.approx(0.0, abs=1e-15)
    assert second_order(f.Normal(0.0, 1.0), {"loc": 2.0}).reach == 1.0


def test_steps_of_covariances_keep_symmetry():
    law = f.MultivariateNormal([0.0, 0.0], covariance_matrix=np.eye(2))
    found = second_order(law, {"covariance_matrix[1,0]": 0.01})
    assert found.forward == pytest.approx(-0.5 * np.log(1 / (1 - 1e-4)) + 0.5 * (2 / (1 - 1e-4) - 2), rel=1e-9)
    assert found.value == pytest.approx(0.5 * 1e-4, rel=1e-12)


def test_the_record_reads_well_and_draws(require):
    require("matplotlib")
    found = second_order(f.Exponential(1.0), 0.5)
    assert "D(p‖p+h)" in str(found)
    assert "nats" in str(found)
    assert found.bits == pytest.approx(found.value / np.log(2))
    curves = found.along([0.0, 1.0, -3.0])
    assert curves["forward"][0] == 0.0
    assert curves["reverse"][1] == found.reverse
    assert np.isnan(curves["forward"][2])
    figure = found.plot()
    assert len(figure.axes[0].lines) == 3


@pytest.mark.parametrize(
    ("law", "step", "message"),
    [
        (f.Normal(0.0, 1.0), {"mean": 1.0}, "'mean'"),
        (f.Normal(0.0, 1.0), [1.0], "2 finite numbers"),
        (f.Normal(0.0, 1.0), [np.nan, 0.0], "finite"),
        (f.Normal(0.0, 1.0), [0.0, 0.0], "zero"),
        (f.Exponential(1.0), -2.0, "smaller step"),
        (f.Uniform(0.0, 1.0), {"low": 0.1}, "support"),
        (f.Normal([0.0, 1.0], 1.0), {"loc": 1.0}, "batch"),
        (f.MultivariateNormal([0.0], covariance_matrix=[[1.0]]), {"covariance_matrix[0,0]": -3.0}, "smaller step"),
    ],
)
def test_steps_that_lead_nowhere(law, step, message):
    with pytest.raises(kl.InputError, match=message):
        second_order(law, step)


def test_tolerance_is_a_share():
    with pytest.raises(kl.InputError, match="between 0 and 1"):
        second_order(f.Poisson(1.0), 0.1, tolerance=2.0)
