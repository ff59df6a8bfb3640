"""The ELBO and the gap to the evidence, on models whose evidence is known."""

import math

import numpy as np
import pytest

import kullback as kl
from kullback.fitting.projections._elbo import elbo, evidence_gap


def linear_model(seed=0):
    """Linear regression with known noise: posterior and evidence in closed form."""
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=(40, 3)), 0.7
    y = x @ rng.normal(size=3) + noise * rng.normal(size=40)
    spread = np.linalg.inv(x.T @ x / noise**2 + np.eye(3))
    posterior = kl.families.MultivariateNormal(spread @ x.T @ y / noise**2, covariance_matrix=spread)
    marginal = x @ x.T + noise**2 * np.eye(40)
    evidence = -0.5 * (y @ np.linalg.solve(marginal, y) + np.linalg.slogdet(2 * math.pi * marginal)[1])

    def log_joint(b):
        rest = y - b @ x.T
        fit = -0.5 * (rest**2).sum(axis=1) / noise**2 - 20 * math.log(2 * math.pi * noise**2)
        return fit - 0.5 * (b**2).sum(axis=1) - 1.5 * math.log(2 * math.pi)

    return log_joint, posterior, float(evidence)


def test_the_identity_holds_to_the_last_digits():
    """S057: the ELBO is log Z less D(q‖posterior), whatever q is."""
    log_joint, posterior, evidence = linear_model()
    rng = np.random.default_rng(1)
    for _ in range(5):
        q = kl.families.MultivariateNormal(0.3 * rng.normal(size=3), scale_diag=rng.uniform(0.1, 0.4, 3))
        found = elbo(log_joint, q, gradient=np.zeros_like)
        # The joint is quadratic, so control variates leave rounding alone.
        assert found.value == pytest.approx(evidence - float(kl.divergence(q, posterior)), rel=1e-10)


def test_at_the_posterior_the_elbo_is_the_evidence():
    log_joint, posterior, evidence = linear_model()
    found = elbo(log_joint, posterior, gradient=np.zeros_like, draws=200)
    assert found.value == pytest.approx(evidence, rel=1e-12)
    assert found.stderr < 1e-10


def test_greater_elbo_is_smaller_divergence():
    """S024 and S057: for a fixed target the two differ by a constant, so they have the same optimum."""
    log_joint, posterior, _ = linear_model()
    laws = [kl.families.MultivariateNormal(posterior.loc + shift, scale_diag=[0.2] * 3) for shift in (0.0, 0.1, 0.5)]
    lower = [elbo(log_joint, law, gradient=np.zeros_like).value for law in laws]
    apart = [float(kl.divergence(law, posterior)) for law in laws]
    assert lower == sorted(lower, reverse=True)
    assert np.diff(lower) == pytest.approx(-np.diff(apart), rel=1e-9)


def test_gap_is_the_divergence():
    log_joint, posterior, evidence = linear_model()
    q = kl.families.MultivariateNormal(posterior.loc + 0.05, scale_diag=[0.12] * 3)
    exact = float(kl.divergence(q, posterior))
    assert evidence_gap(log_joint, q, gradient=np.zeros_like, evidence=evidence).value == pytest.approx(exact, rel=1e-8)
    drawn = evidence_gap(log_joint, q, gradient=np.zeros_like, draws=50_000)
    assert drawn.reliable
    # Five standard errors.
    assert abs(drawn.value - exact) < 5 * drawn.stderr


def test_wild_weights_are_not_believed():
    log_joint, posterior, _ = linear_model()
    narrow = kl.families.MultivariateNormal(posterior.loc + 0.3, scale_diag=[0.02] * 3)
    found = evidence_gap(log_joint, narrow, gradient=np.zeros_like)
    assert not found.reliable
    assert any("k-hat" in note for note in found.notes)


@pytest.mark.parametrize(("p", "q"), [("Normal", "Laplace"), ("StudentT", "Logistic")])
def test_laws_that_are_not_normal(p, q):
    target = kl.families.Normal(0.2, 1.5) if p == "Normal" else kl.families.StudentT(4.0, 0.1, 1.0)
    law = getattr(kl.families, q)(0.0, 1.0)
    found = elbo(target, law, draws=20_000, rng=1)
    # Normalized targets have log Z = 0. Five standard errors.
    assert abs(found.value + float(kl.divergence(law, target))) < 5 * found.stderr


def test_interval_covers():
    target, law = kl.families.StudentT(5.0, 0.0, 1.0), kl.families.Normal(0.3, 1.1)
    exact = -float(kl.divergence(law, target))
    held = 0
    for seed in range(50):
        low, high = elbo(target, law, draws=1000, rng=seed).interval
        held += low <= exact <= high
    # At 95 % fewer than 42 of 50 have a chance of .001.
    assert held >= 42


def test_no_mass_where_the_law_draws():
    found = elbo(kl.families.Exponential(1.0), kl.families.Normal(1.0, 1.0))
    assert found.value == -math.inf
    assert "infinite" in found.notes[0]


def test_wrong_input_is_refused():
    log_joint, posterior, _ = linear_model()
    with pytest.raises(kl.InputError, match="draws = 5"):
        elbo(log_joint, posterior, gradient=np.zeros_like, draws=5)
    with pytest.raises(kl.InputError, match="One space is needed"):
        elbo(kl.families.Normal(0, 1), posterior)
    with pytest.raises(kl.InputError, match="confidence"):
        elbo(log_joint, posterior, gradient=np.zeros_like, confidence=1.0)
