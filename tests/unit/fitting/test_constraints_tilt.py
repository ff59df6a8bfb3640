import mpmath as mp
import numpy as np
import pytest
from scipy.optimize import minimize

import kullback as kl
from kullback.fitting.constraints import tilt, tilt_weights

f = kl.families
FACES = np.arange(1.0, 7.0)
FAIR = np.full(6, 1 / 6)


def test_die_of_jaynes():
    """Brandeis dice: mean 4.5, Lagrange multiplier 0.37105 (Jaynes 1963)."""
    with mp.workdps(40):
        t = mp.findroot(lambda t: sum((k - mp.mpf("4.5")) * mp.exp(k * t) for k in range(1, 7)), 0.4)
        weights = [mp.exp(k * t) for k in range(1, 7)]
        truth = [float(w / sum(weights)) for w in weights]
    found = tilt(FAIR, FACES, 4.5)
    assert found.probs == pytest.approx(truth, rel=1e-14)
    assert found.multipliers[0] == pytest.approx(float(t), rel=1e-13)
    assert abs(found.residuals[0]) < 1e-14
    assert found.gap < 1e-15


@pytest.mark.parametrize("seed", range(5))
def test_pythagoras(seed):
    rng = np.random.default_rng(seed)
    q, r = rng.dirichlet(np.ones(8)), rng.dirichlet(np.ones(8))
    table = rng.normal(size=(3, 8))
    found = tilt(q, table, table @ r)
    through = float(kl.divergence(r, found.probs)) + found.value
    assert float(kl.divergence(r, q)) == pytest.approx(through, rel=1e-12)
    assert found.value == pytest.approx(float(kl.divergence(found.probs, q)), rel=1e-12)


def test_against_a_general_solver():
    q, table = np.array([0.1, 0.2, 0.3, 0.4]), np.array([[1.0, 2.0, 3.0, 4.0], [1.0, 0.0, 0.0, 1.0]])
    found = tilt(q, table, [3.3, 0.3], sense=["at_least", "at_most"])
    constraints = [
        {"type": "eq", "fun": lambda p: p.sum() - 1},
        {"type": "ineq", "fun": lambda p: table[0] @ p - 3.3},
        {"type": "ineq", "fun": lambda p: 0.3 - table[1] @ p},
    ]
    other = minimize(lambda p: float(p @ np.log(p / q)), q, bounds=[(1e-9, 1)] * 4, constraints=constraints, tol=1e-14)
    assert found.value == pytest.approx(other.fun, rel=1e-6)
    assert found.probs == pytest.approx(other.x, abs=1e-5)


def test_inequalities_bind_only_if_they_must():
    assert tilt(FAIR, FACES, 4.5, sense="at_most").value == 0.0
    assert tilt(FAIR, FACES, 4.5, sense="at_least").value == pytest.approx(tilt(FAIR, FACES, 4.5).value, rel=1e-14)


def test_densities():
    one = tilt(f.Normal(0.0, 1.0), [lambda x: x, lambda x: x * x], [1.0, 1.5])
    exact = float(kl.divergence(f.Normal(1.0, 0.5**0.5), f.Normal(0.0, 1.0)))
    assert one.value == pytest.approx(exact, rel=1e-12)
    x = np.array([-1.0, 0.5, 3.0])
    truth = -((x - 1.0) ** 2) - 0.5 * np.log(np.pi)
    assert one.log_prob(x) == pytest.approx(truth, rel=1e-11)
    for mean in (1e-3, 20.0):
        exact = float(kl.divergence(f.Exponential(1 / mean), f.Exponential(1.0)))
        assert tilt(f.Exponential(1.0), lambda x: x, mean).value == pytest.approx(exact, rel=1e-12)


def test_the_smallest_tilt_keeps_its_digits():
    found = tilt(FAIR, FACES, 3.5 + 1e-8)
    assert found.value == pytest.approx(0.5 * (3.5 + 1e-8 - 3.5) ** 2 / (35 / 12), rel=1e-6)


def test_constraints_that_repeat_each_other():
    found = tilt(FAIR, [FACES, 2 * FACES], [4.5, 9.0])
    assert found.value == pytest.approx(tilt(FAIR, FACES, 4.5).value, rel=1e-12)
    assert "only 1 different" in str(found)


def test_the_edge_of_what_is_possible():
    found = tilt(FAIR, FACES, 6.0)
    assert found.value == pytest.approx(np.log(6.0), rel=1e-12)
    assert "edge" in str(found)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tilt(FAIR, FACES, 7.0), "its largest value where q has mass is 6"),
        (lambda: tilt([0.5, 0.5, 0, 0, 0, 0], FACES, 3.0), "its largest value where q has mass is 2"),
        (lambda: tilt(FAIR, [FACES, FACES**2], [3.5, 5.0]), "contradict each other"),
        (lambda: tilt(f.Exponential(1.0), lambda x: x * x, 5.0), "no finite normalizer"),
        (lambda: tilt(f.Pareto(1.0, 3.0), lambda x: x, 2.0), "no finite normalizer"),
        (lambda: tilt(FAIR, FACES[:5], 3.0), "n = 6 outcomes"),
        (lambda: tilt(FAIR, FACES, [3.0, 4.0]), "One finite number for each"),
        (lambda: tilt(FAIR, FACES, np.nan), "One finite number for each"),
        (lambda: tilt(FAIR, FACES, 3.0, sense="less"), "sense = 'less'"),
        (lambda: tilt(FAIR, FACES * np.nan, 3.0), "not finite"),
        (lambda: tilt([1.0, 2.0], [0, 1], 0.5), "adds up to"),
    ],
)
def test_errors_name_the_constraint(call, words):
    with pytest.raises(kl.InputError, match=words):
        call()


def test_weights_of_rows_are_a_tilt():
    rng = np.random.default_rng(0)
    rows, base = rng.normal(size=(400, 3)), rng.uniform(0.5, 2.0, 400)
    found = tilt_weights(rows, [0.2, -0.1, 0.3], weights=base)
    same = tilt(base, rows.T, [0.2, -0.1, 0.3], normalize=True)
    assert found.weights / base.sum() == pytest.approx(same.probs, rel=1e-10)
    assert found.weights @ rows / base.sum() == pytest.approx([0.2, -0.1, 0.3], rel=1e-12)
    assert found.weights.sum() == pytest.approx(base.sum())
    assert found.effective_size == pytest.approx(found.weights.sum() ** 2 / (found.weights**2).sum())
    assert "D(new weights‖old weights)" in str(found)


def test_many_rows():
    rows = np.random.default_rng(1).normal(size=(200_000, 5))
    found = tilt_weights(rows, np.full(5, 0.2))
    assert np.abs(found.residuals).max() < 1e-12
    # For a normal population the least divergence is |shift|²/2; within five standard errors of the sample.
    assert found.value == pytest.approx(0.5 * 5 * 0.04, abs=5 * np.sqrt(0.2 / 200_000))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tilt_weights([[1.0], [2.0]], [3.0]), "mean of feature 0"),
        (lambda: tilt_weights([[1.0], [np.nan]], [1.0]), "not finite"),
        (lambda: tilt_weights([[1.0], [2.0]], [1.5], weights=[1.0]), "One weight for each of 2 rows"),
        (lambda: tilt_weights([[1.0], [2.0]], [1.5], weights=[-1.0, 1.0]), "negative"),
        (lambda: tilt_weights(np.zeros((0, 2)), [1.5, 1.0]), "shape"),
    ],
)
def test_errors_of_weights(call, words):
    with pytest.raises(kl.InputError, match=f"(?i){words}"):
        call()


def test_picture(require):
    require("matplotlib")
    for found in (tilt(FAIR, FACES, 4.5), tilt(f.Normal(0.0, 1.0), lambda x: x, 1.0)):
        assert "nats" in found.plot().axes[0].get_title()
