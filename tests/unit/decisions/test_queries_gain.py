import math

import mpmath as mp
import numpy as np
import pytest

import kullback as kl
from kullback.decisions.queries import expected_information_gain


def mutual_information(prior, likelihood):
    """In 40 digits, as the entropy of the outcome less its mean entropy given the parameter."""
    with mp.workdps(40):
        rows = [[mp.mpf(float(x)) for x in row] for row in likelihood]
        weights = [mp.mpf(float(x)) for x in prior]

        def entropy(row):
            return -mp.fsum(x * mp.log(x) for x in row if x > 0)

        mean = [mp.fsum(w * x for w, x in zip(weights, column, strict=True)) for column in zip(*rows, strict=True)]
        return float(entropy(mean) - mp.fsum(w * entropy(row) for w, row in zip(weights, rows, strict=True)))


def test_table_is_the_mutual_information_of_parameter_and_outcome(xp):
    rng = np.random.default_rng(0)
    tables, prior = rng.dirichlet(np.ones(4), size=(5, 3)), np.array([0.5, 0.3, 0.2])
    found = expected_information_gain(xp.asarray(tables), prior=xp.asarray(prior))
    truth = [mutual_information(prior, table) for table in tables]
    np.testing.assert_allclose(np.asarray(found), truth, rtol=1e-13)
    equal = expected_information_gain(xp.asarray(tables[0]))
    assert float(equal) == pytest.approx(mutual_information([1 / 3] * 3, tables[0]), rel=1e-13)


def test_binary_channel_and_a_parameter_without_chance():
    # I of a symmetric channel with equal inputs is log 2 - h(error).
    error = 0.11
    truth = math.log(2) + error * math.log(error) + (1 - error) * math.log(1 - error)
    table = [[1 - error, error], [error, 1 - error]]
    assert expected_information_gain(table) == pytest.approx(truth, rel=1e-14)
    assert expected_information_gain([*table, [0.0, 1.0]], prior=[0.5, 0.5, 0.0]) == pytest.approx(truth, rel=1e-14)
    assert expected_information_gain([[1.0, 0.0], [0.0, 1.0]]) == pytest.approx(math.log(2), rel=1e-15)


@pytest.mark.parametrize("measurements", [1, 2, 5])
def test_linear_gain_is_half_the_log_determinant(xp, measurements):
    rng = np.random.default_rng(measurements)
    designs, root = rng.normal(size=(4, measurements, 3)), rng.normal(size=(3, 3))
    covariance = root @ root.T
    truth = [np.linalg.slogdet(np.eye(measurements) + x @ covariance @ x.T / 0.7)[1] / 2 for x in designs]
    found = expected_information_gain(xp.asarray(designs), prior=xp.asarray(covariance), noise=0.7)
    np.testing.assert_allclose(np.asarray(found), truth, rtol=1e-12)
    if measurements == 1:
        rows = expected_information_gain(xp.asarray(designs[:, 0]), prior=xp.asarray(covariance), noise=0.7)
        np.testing.assert_allclose(np.asarray(rows), truth, rtol=1e-12)


def test_linear_gain_is_the_expected_divergence_of_posterior_from_prior():
    # E D(posterior ‖ prior) = ½ [tr(S) - d + E|m|² + log det S⁻¹] with the prior N(0, I): here E|m|² = d - tr S.
    designs = np.random.default_rng(1).normal(size=(6, 3))
    posterior = np.linalg.inv(np.eye(3) + designs.T @ designs / 0.4)
    mean_free = kl.divergence(
        kl.families.MultivariateNormal(np.zeros(3), covariance_matrix=posterior),
        kl.families.MultivariateNormal(np.zeros(3), covariance_matrix=np.eye(3)),
    )
    truth = float(mean_free) + 0.5 * (3 - np.trace(posterior))
    assert expected_information_gain(designs[None], noise=0.4)[0] == pytest.approx(truth, rel=1e-12)


def test_weak_designs_keep_their_digits():
    x = np.array([[1e8, 0.0], [0.0, 1e-8]])
    with mp.workdps(60):
        truth = (mp.log(1 + mp.mpf(1e8) ** 2) + mp.log(1 + mp.mpf(1e-8) ** 2)) / 2
        weak = float(mp.log(1 + mp.mpf(1e-8) ** 2) / 2)
    assert expected_information_gain(x[None], noise=1.0)[0] == pytest.approx(float(truth), rel=1e-15)
    assert expected_information_gain(x[1:], noise=1.0)[0] == pytest.approx(weak, rel=1e-15, abs=0)


def test_noise_of_each_measurement_and_order_do_not_matter():
    x, noise = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([0.1, 3.0])
    whole = expected_information_gain(x[None], noise=noise)[0]
    assert whole == pytest.approx(np.linalg.slogdet(np.eye(2) + (x / noise[:, None]).T @ x)[1] / 2, rel=1e-13)
    assert whole == pytest.approx(expected_information_gain(x[None, ::-1], noise=noise[::-1])[0], rel=1e-14)


def test_gradient_by_the_design_in_torch(require):
    torch = require("torch")
    x = torch.tensor([[[1.0, 0.5], [0.2, -1.0]]], dtype=torch.float64, requires_grad=True)
    expected_information_gain(x, noise=0.3).sum().backward()
    plain = x.detach().numpy()[0]
    truth = plain @ np.linalg.inv(np.eye(2) + plain.T @ plain / 0.3) / 0.3
    np.testing.assert_allclose(x.grad.numpy()[0], truth, rtol=1e-12)


def gaussian_model(outcomes, parameters):
    return -0.5 * (outcomes - parameters) ** 2 / 0.25 - 0.5 * math.log(2 * math.pi * 0.25)


def measured(parameters, rng):
    return parameters + 0.5 * rng.standard_normal(len(parameters))


TRUTH = 0.5 * math.log(1 + 1 / 0.25)  # prior N(0, 1), noise ½


@pytest.mark.parametrize("prior", [kl.families.Normal(0.0, 1.0), lambda n, rng: rng.standard_normal(n)])
def test_simulated_gain_holds_the_closed_form(prior):
    found = expected_information_gain(gaussian_model, prior=prior, simulate=measured, rng=1)
    assert found.interval[0] < TRUTH < found.interval[1]
    assert found.lower <= found.value <= found.upper
    assert found.reliable
    assert "lower bound" in str(found)
    assert "I(θ; y)" in str(found)


def test_bounds_hold_on_average_and_their_bias_falls_with_the_contrasts():
    gaps = []
    for contrasts in (4, 16, 64):
        runs = [
            expected_information_gain(
                gaussian_model,
                prior=kl.families.Normal(0.0, 1.0),
                simulate=measured,
                draws=400,
                contrasts=contrasts,
                rng=seed,
            )
            for seed in range(12)
        ]
        lower, upper = np.mean([[run.lower, run.upper] for run in runs], axis=0)
        error = runs[0].stderr / math.sqrt(12)
        # Four standard errors either way.
        assert lower < TRUTH + 4 * error
        assert upper > TRUTH - 4 * error
        gaps.append(upper - lower)
    assert gaps[0] > 2 * gaps[1] > 4 * gaps[2] > 0


def test_interval_covers():
    held = [
        (run := expected_information_gain(
            gaussian_model,
            prior=kl.families.Normal(0.0, 1.0),
            simulate=measured,
            draws=150,
            contrasts=150,
            rng=seed,
        )).interval[0]
        <= TRUTH
        <= run.interval[1]
        for seed in range(100)
    ]  # fmt: skip
    # At 95 % fewer than 88 of 100 have a chance of .002.
    assert sum(held) >= 88


def test_simulated_gain_of_a_table_is_its_exact_gain():
    table, prior = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]), np.array([0.4, 0.6])

    found = expected_information_gain(
        lambda y, theta: np.log(table[theta.astype(int), y.astype(int)]),
        prior=lambda n, rng: rng.choice(2, size=n, p=prior),
        simulate=lambda theta, rng: (rng.random((len(theta), 1)) > table[theta.astype(int)].cumsum(axis=1)).sum(axis=1),
        draws=4000,
        contrasts=200,
        rng=2,
    )
    assert abs(found.value - mutual_information(prior, table)) < 4 * found.stderr


def test_too_few_contrasts_are_said_to_be_too_few():
    sharp = expected_information_gain(
        lambda y, theta: -0.5 * ((y - theta) / 1e-4) ** 2,
        prior=kl.families.Normal(0.0, 1.0),
        simulate=lambda theta, rng: theta + 1e-4 * rng.standard_normal(len(theta)),
        draws=200,
        contrasts=50,
    )
    assert not sharp.reliable
    assert any("more contrasts" in note for note in sharp.notes)
    impossible = expected_information_gain(
        lambda y, theta: np.where(y == theta, 0.0, -np.inf),
        prior=lambda n, rng: rng.integers(0, 1000, size=n),
        simulate=lambda theta, _: theta,
        draws=200,
        contrasts=50,
    )
    assert impossible.upper == math.inf
    assert impossible.interval[1] == math.inf
    assert not impossible.reliable


@pytest.mark.parametrize(
    ("model", "options", "match"),
    [
        ([[0.5, 0.6], [0.5, 0.5]], {}, "add up to 1"),
        ([0.5, 0.5], {}, "table of likelihoods"),
        ([[0.5, 0.5]], {"prior": [0.5, 0.5]}, "prior has shape"),
        ([[0.5, 0.5], [0.5, 0.5]], {"prior": [0.5, 0.6]}, "prior adds up to 1.1"),
        ([[0.5, 0.5]], {"simulate": measured}, "simulate came with a list"),
        ([1.0, 2.0], {"noise": 1.0}, "Designs of shape"),
        ([[1.0, np.inf]], {"noise": 1.0}, "NaN or infinity"),
        ([[1.0, 2.0]], {"noise": 0.0}, "no variance"),
        ([[1.0, 2.0]], {"noise": [1.0, 2.0, 3.0]}, "for each measurement"),
        ([[[1.0, 2.0], [0.0, 1.0]]], {"noise": np.eye(2)}, "noise is a matrix"),
        ([[1.0, 2.0]], {"noise": 1.0, "prior": np.eye(3)}, "prior has shape"),
        ([[1.0, 2.0]], {"noise": 1.0, "prior": [[1.0, 0.5], [0.0, 1.0]]}, "symmetric"),
        ([[1.0, 2.0]], {"noise": 1.0, "prior": [[1.0, 2.0], [2.0, 1.0]]}, "eigenvalue"),
        (gaussian_model, {"simulate": measured}, "prior is missing"),
        (gaussian_model, {"prior": kl.families.Normal(0.0, 1.0)}, "simulate = None"),
        (gaussian_model, {"noise": 1.0}, "noise came with a function"),
        (gaussian_model, {"prior": kl.families.Normal(0.0, 1.0), "simulate": measured, "draws": 1}, "draws = 1"),
        (gaussian_model, {"prior": lambda *_: np.zeros(3), "simulate": measured}, "asked for 1000 rows"),
        (lambda y, _: y[:, None], {"prior": kl.families.Normal(0.0, 1.0), "simulate": measured}, "One number for each"),
        (
            lambda y, _: np.full(len(y), -np.inf),
            {"prior": kl.families.Normal(0.0, 1.0), "simulate": measured},
            "do not fit each other",
        ),
    ],
)
def test_bad_input_has_one_clear_error(model, options, match):
    with pytest.raises(kl.InputError, match=match):
        expected_information_gain(model, **options)
