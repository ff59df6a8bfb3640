"""Variational inference with normal laws: targets whose best fit is known, and what a fit misses."""

import math

import numpy as np
import pytest
from scipy import optimize, special

import kullback as kl
from kullback.fitting.projections._elbo import factor_of
from kullback.fitting.projections._variational import variational_fit
from kullback.fitting.projections._variational_nodes import normal_nodes


def normal_target(d, seed=0):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(d, d))
    precision, mean = table @ table.T / d + 0.1 * np.eye(d), 3 * rng.normal(size=d)

    def log_prob(x):
        return -0.5 * np.einsum("ni,ij,nj->n", x - mean, precision, x - mean)

    def gradient(x):
        return -(x - mean) @ precision

    return mean, precision, log_prob, gradient


def two_normals(torch, d, distance):
    center = torch.zeros(d, dtype=torch.float64)
    center[0] = distance

    def log_prob(x):
        sides = [-0.5 * ((x - c) ** 2).sum(1) for c in (center, -center)]
        return torch.logaddexp(*sides) - math.log(2) - 0.5 * d * math.log(2 * math.pi)

    return log_prob


@pytest.mark.parametrize("d", [1, 6, 50])
def test_a_normal_target_is_met_to_the_last_digits(d):
    mean, precision, log_prob, gradient = normal_target(d)
    fit = variational_fit(log_prob, dimension=d, gradient=gradient)
    factor = factor_of(fit.law)
    assert np.allclose(fit.law.loc, mean, rtol=0, atol=1e-8)
    assert np.allclose(factor @ factor.T, np.linalg.inv(precision), rtol=1e-8, atol=1e-8)
    exact = 0.5 * d * math.log(2 * math.pi) - 0.5 * np.linalg.slogdet(precision)[1]
    assert fit.value == pytest.approx(exact, abs=1e-8)
    assert abs(fit.gap.value) < 1e-8
    assert fit.missed == 0.0


def test_independent_coordinates_take_the_curvature_of_each():
    mean, precision, log_prob, gradient = normal_target(8)
    fit = variational_fit(log_prob, dimension=8, gradient=gradient, covariance="diagonal")
    # The reverse projection of N(m, Λ⁻¹) onto independent normals has variances 1/Λ_ii.
    assert np.allclose(fit.law.loc, mean, atol=1e-6)
    assert np.allclose(fit.law.scale_diag, 1 / np.sqrt(np.diag(precision)), rtol=1e-6)
    spread = np.linalg.inv(precision)
    exact = float(kl.divergence(fit.law, kl.families.MultivariateNormal(mean, covariance_matrix=spread)))
    assert fit.gap.value == pytest.approx(exact, rel=0.02)


def test_low_rank_finds_a_low_rank_target():
    rng = np.random.default_rng(3)
    wide, diagonal = rng.normal(size=(8, 2)), rng.uniform(0.5, 2.0, 8)
    precision = np.linalg.inv(wide @ wide.T + np.diag(diagonal))
    fit = variational_fit(
        lambda x: -0.5 * np.einsum("ni,ij,nj->n", x, precision, x),
        gradient=lambda x: -x @ precision,
        dimension=8,
        covariance="low_rank",
        rank=2,
    )
    found = np.asarray(fit.law.cov_factor) @ np.asarray(fit.law.cov_factor).T + np.diag(fit.law.cov_diag)
    assert np.allclose(found, np.linalg.inv(precision), atol=1e-4)


def logistic(datasets):
    x, y = (part[::2] for part in datasets.load_breast_cancer(return_X_y=True))
    return (x - x.mean(axis=0)) / x.std(axis=0), 2.0 * y - 1.0


def exact_elbo(mean, factor, x, y):
    """Of a normal law for logistic regression with standard normal coefficients, and its gradient.

    The likelihood of a row depends on one number, so its mean is an integral on the line: 60 Gauss-Hermite nodes.
    """
    d = len(mean)
    nodes, weights = special.roots_hermitenorm(60)
    weights = weights / weights.sum()
    rows = x @ factor
    size = np.sqrt((rows**2).sum(axis=1))
    margin = (y * (x @ mean))[:, None] + size[:, None] * nodes
    value = float((special.log_expit(margin) @ weights).sum())
    slope = special.expit(-margin)
    by_mean = x.T @ (y * (slope @ weights)) - mean
    by_factor = x.T @ ((((slope * nodes) @ weights) / size)[:, None] * rows) - factor
    value += -0.5 * (mean @ mean + (factor**2).sum()) - 0.5 * d * math.log(2 * math.pi)
    value += np.log(np.diag(factor)).sum() + 0.5 * d * (1 + math.log(2 * math.pi))
    return value, by_mean, np.tril(by_factor) + np.diag(1 / np.diag(factor))


def best_normal(x, y):
    """The exact optimum by quasi-Newton steps, in the coordinates of Laplace's law."""
    d = x.shape[1]

    def loss(b):
        return -special.log_expit(y * (x @ b)).sum() + 0.5 * b @ b

    mode = optimize.minimize(loss, np.zeros(d), method="BFGS").x
    weight = special.expit(x @ mode) * special.expit(-(x @ mode))
    base = np.linalg.cholesky(np.linalg.inv(x.T @ (weight[:, None] * x) + np.eye(d)))
    low = np.tril_indices(d)

    def read(free):
        inner = np.zeros((d, d))
        inner[low] = free[d:]
        return mode + base @ free[:d], base @ inner

    def objective(free):
        mean, factor = read(free)
        if np.any(np.diag(factor) <= 0):
            return 1e10, np.zeros_like(free)
        value, by_mean, by_factor = exact_elbo(mean, factor, x, y)
        return -value, -np.concatenate([base.T @ by_mean, (base.T @ by_factor)[low]])

    start = np.concatenate([np.zeros(d), np.eye(d)[low]])
    options = {"maxiter": 3000, "maxfun": 5000, "ftol": 1e-14, "gtol": 1e-7}
    return read(optimize.minimize(objective, start, jac=True, method="L-BFGS-B", options=options).x)


def test_a_logistic_regression_has_the_exact_best_law(require):
    torch = require("torch")
    x, y = logistic(require("sklearn.datasets"))
    tensors = torch.tensor(x), torch.tensor(y)

    def log_prob(b):
        margins = b @ tensors[0].T * tensors[1]
        prior = -0.5 * (b**2).sum(1) - 15 * math.log(2 * math.pi)
        return torch.nn.functional.logsigmoid(margins).sum(1) + prior

    fit = variational_fit(log_prob, dimension=30, starts=3, rng=1)
    mean, factor = best_normal(x, y)
    best = exact_elbo(mean, factor, x, y)[0]
    mine = exact_elbo(np.asarray(fit.law.loc), factor_of(fit.law), x, y)[0]
    # What 2,048 nodes cost, in nats; and the ELBO from fresh draws, within five standard errors.
    assert best - 0.03 < mine <= best + 1e-6
    assert abs(fit.value - mine) < 5 * fit.elbo.stderr
    spread = np.sqrt(np.diag(factor @ factor.T))
    assert np.max(np.abs(np.asarray(fit.law.loc) - mean) / spread) < 0.05
    ratio = np.sqrt(np.diag(factor_of(fit.law) @ factor_of(fit.law).T)) / spread
    assert np.all(np.abs(ratio - 1) < 0.05)
    assert fit.gap.value > 0
    assert fit.gap.reliable


def test_half_of_the_mass_missed_where_khat_is_fine(require):
    torch = require("torch")
    fit = variational_fit(two_normals(torch, 20, 10.0), dimension=20)
    assert fit.khat < 0.5
    assert fit.missed == pytest.approx(0.5, abs=1e-6)
    assert "MISSED: 50 %" in str(fit)
    # All importance weights are the same: D(q‖p) = log 2.
    assert fit.gap.value == pytest.approx(math.log(2), abs=5 * fit.gap.stderr)
    assert fit.evidence.value == pytest.approx(0.0, abs=5 * fit.evidence.stderr)


def test_three_optima_of_two_normals_on_the_line(require):
    torch = require("torch")
    fit = variational_fit(two_normals(torch, 1, 3.0), dimension=1, evidence=0.0)
    assert [one.kind for one in fit.optima] == ["maximum"] * 3
    best = fit.optima[0]
    # Quadrature to 12 digits: mean 2.98430598784, sd 1.02336855966, D(q‖p) = 0.688768995855.
    assert abs(float(best.law.loc[0])) == pytest.approx(2.98430598784, abs=3e-4)
    assert float(best.law.scale_tril[0, 0]) == pytest.approx(1.02336855966, abs=5e-4)
    assert fit.gap.value == pytest.approx(0.688768995855, abs=5 * fit.gap.stderr + 1e-6)
    assert fit.gap.value < math.log(2)
    assert fit.optima[2].modes == (0, 1)


def test_narrow_component_of_a_record_is_found():
    parts = [kl.families.MultivariateNormal([m] * 10, scale_diag=[s] * 10) for m, s in ((-6.0, 0.5), (6.0, 1.0))]
    fit = variational_fit(kl.families.Mixture([0.2, 0.8], parts), nodes=512)
    assert len(fit.modes) == 2
    assert fit.missed == pytest.approx(0.2, abs=1e-6)
    assert fit.gap.value == pytest.approx(-math.log(0.8), abs=5 * fit.gap.stderr)


def test_modes_that_overlap_are_covered(require):
    torch = require("torch")
    fit = variational_fit(two_normals(torch, 4, 1.2), dimension=4)
    assert fit.missed == 0.0
    assert "MISSED" not in str(fit)


def test_an_end_of_the_support_within_reach_is_said(require):
    torch = require("torch")
    below = torch.tensor(-math.inf, dtype=torch.float64)

    def gamma(x):
        inside = torch.clamp(x, min=1e-300)
        return torch.where(x > 0, 4 * torch.log(inside) - x, below)[:, 0]

    fit = variational_fit(gamma, dimension=1)
    assert len(fit.modes) == 1
    assert fit.modes[0].place[0] == pytest.approx(4.0, abs=1e-4)
    assert "strictly D(q‖p) is infinite" in str(fit)


def test_same_seed_same_fit():
    _, _, log_prob, gradient = normal_target(3)
    first, second = (variational_fit(log_prob, dimension=3, gradient=gradient, rng=5) for _ in "ab")
    assert np.array_equal(first.law.scale_tril, second.law.scale_tril)
    assert first.gap.value == second.gap.value


def test_distribution_objects(require):
    stats, torch = require("scipy.stats"), require("torch")
    spread = [[2.0, 0.5], [0.5, 1.0]]
    for law in (
        stats.multivariate_normal([1.0, 2.0], spread),
        torch.distributions.MultivariateNormal(torch.tensor([1.0, 2.0]).double(), torch.tensor(spread).double()),
        kl.families.MultivariateNormal([1.0, 2.0], covariance_matrix=spread),
    ):
        fit = variational_fit(law, nodes=512, starts=4)
        assert np.allclose(fit.law.loc, [1.0, 2.0], atol=1e-6)
        assert np.allclose(factor_of(fit.law) @ factor_of(fit.law).T, spread, atol=1e-6)


@pytest.mark.parametrize("columns", [1, 7, 60])
def test_nodes_have_exact_moments(columns):
    nodes = normal_nodes(columns, 2048, np.random.default_rng(0))
    assert np.allclose(nodes.mean(axis=0), 0.0, atol=1e-13)
    assert np.allclose(nodes.T @ nodes / 2048, np.eye(columns), atol=1e-13)


def test_traces_rise():
    _, _, log_prob, gradient = normal_target(5)
    fit = variational_fit(lambda x: log_prob(x) - 0.01 * (x**4).sum(1), dimension=5,
                          gradient=lambda x: gradient(x) - 0.04 * x**3)  # fmt: skip
    best = fit.optima[0]
    assert all(a <= b + 1e-9 for a, b in zip(best.trace, best.trace[1:], strict=False))
    assert best.natural_steps >= 2
    assert best.gradient < 1e-5


def test_pictures(require):
    require("matplotlib")
    torch = require("torch")
    fit = variational_fit(two_normals(torch, 3, 4.0), dimension=3, starts=5, nodes=512)
    figure = fit.plot((0, 2))
    assert [axis.get_xlabel() for axis in figure.axes][1] == "coordinate 0"
    assert len(variational_fit(kl.families.Normal(0, 1), starts=2, nodes=512).plot().axes) == 2
    with pytest.raises(kl.InputError, match="Two different ones of 0 to 2"):
        fit.plot((0, 3))


def quadratic(x):
    return -0.5 * (x**2).sum(axis=1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "dimension = None"),
        ({"dimension": 0}, "dimension = 0"),
        ({"dimension": 2, "covariance": "banded"}, "covariance = 'banded'"),
        ({"dimension": 2, "covariance": "low_rank", "rank": 2}, "rank = 2 in 2 dimensions"),
        ({"dimension": 2, "nodes": 1000}, "nodes = 1000"),
        ({"dimension": 2, "draws": 10}, "draws = 10"),
        ({"dimension": 2, "starts": 0}, "starts = 0"),
        ({"dimension": 2, "starts": [[0.0]]}, r"starts has shape \(1, 1\)"),
        ({"dimension": 2, "evidence": float("nan")}, "evidence = nan"),
        ({"dimension": 2, "confidence": 2}, "confidence = 2"),
    ],
)
def test_wrong_options_are_refused(options, words):
    with pytest.raises(kl.InputError, match=words):
        variational_fit(quadratic, gradient=lambda x: -x, **options)


def test_wrong_functions_are_refused(require):
    torch = require("torch")
    with pytest.raises(kl.InputError, match="One log density for each row"):
        variational_fit(lambda x: -(x**2), gradient=lambda x: -2 * x, dimension=2)
    with pytest.raises(kl.InputError, match="gradient"):
        variational_fit(quadratic, gradient=lambda x: -x[:, 0], dimension=2)
    with pytest.raises(kl.InputError, match="One log density for each row"):
        variational_fit(lambda x: -(x**2), dimension=2)
    with pytest.raises(kl.InputError, match="need float64 too"):
        variational_fit(lambda x: -((x @ torch.ones(2, dtype=torch.float32)) ** 2), dimension=2)
    with pytest.raises(kl.InputError, match="give gradient="):
        variational_fit(lambda x: np.sum(-(np.asarray(x) ** 2), axis=1), dimension=2)
    with pytest.raises(kl.InputError, match="is nan"):
        variational_fit(lambda x: torch.log(x.sum(1) * 0 - 1.0), dimension=2)
    with pytest.raises(kl.InputError, match="masses at points"):
        variational_fit(kl.families.Poisson(3.0))
    with pytest.raises(kl.InputError, match=r"lives on \[0, inf\]"):
        variational_fit(kl.families.Exponential(1.0))
    below = torch.tensor(-math.inf, dtype=torch.float64)
    with pytest.raises(kl.InputError, match="Map the support"):
        variational_fit(lambda x: torch.where((x > 0).all(1), -x.sum(1), below), dimension=2)
    with pytest.raises(kl.InputError, match="no mode"):
        variational_fit(lambda x: x.sum(1) * 0 - float("inf"), gradient=np.zeros_like, dimension=2)
