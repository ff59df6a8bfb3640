import mpmath
import numpy as np
import pytest
import torch
from scipy import special, stats

import kullback as kl
from kullback.fitting.geometry import fisher_information

f = kl.families
FLOAT = torch.float64
EULER = float(np.euler_gamma)


def matrix(*rows):
    return torch.tensor(rows, dtype=FLOAT)


def exact(law):
    """The matrix as a tensor."""
    found = fisher_information(law).matrix
    return found if isinstance(found, torch.Tensor) else torch.from_numpy(np.asarray(found))


def trigamma(x):
    return float(special.polygamma(1, x))


P = torch.tensor([0.2, 0.3, 0.5], dtype=FLOAT)
TEXTBOOK = {
    "normal": (f.Normal(1.0, 2.0), matrix([1 / 4, 0], [0, 2 / 4])),
    "normal far and narrow": (f.Normal(1e6, 1e-8), matrix([1e16, 0], [0, 2e16])),
    "lognormal": (f.LogNormal(1.0, 2.0), matrix([1 / 4, 0], [0, 2 / 4])),
    "poisson": (f.Poisson(2.0), matrix([1 / 2])),
    "exponential": (f.Exponential(1e-100), matrix([1e200])),
    "bernoulli": (f.Bernoulli(0.3), matrix([1 / 0.21])),
    "bernoulli logits": (f.Bernoulli(logits=0.5), matrix([float(special.expit(0.5) * special.expit(-0.5))])),
    "binomial": (f.Binomial(5, 0.3), matrix([5 / 0.21])),
    "geometric": (f.Geometric(0.3), matrix([1 / (0.09 * 0.7)])),
    "gamma": (f.Gamma(2.0, 3.0), matrix([trigamma(2), -1 / 3], [-1 / 3, 2 / 9])),
    "beta": (
        f.Beta(2.0, 0.5),
        matrix([trigamma(2) - trigamma(2.5), -trigamma(2.5)], [-trigamma(2.5), trigamma(0.5) - trigamma(2.5)]),
    ),
    "dirichlet": (
        f.Dirichlet(torch.tensor([1.0, 2.0], dtype=FLOAT)),
        matrix([trigamma(1) - trigamma(3), -trigamma(3)], [-trigamma(3), trigamma(2) - trigamma(3)]),
    ),
    "categorical logits": (f.Categorical(logits=P.log() + 3.0), torch.diag(P) - torch.outer(P, P)),
    "categorical weights": (f.Categorical(probs=P), torch.diag(1 / P) - 1.0),
    "cauchy": (f.Cauchy(1.0, 2.0), matrix([1 / 8, 0], [0, 1 / 8])),
    "pair of normals": (
        f.MultivariateNormal(torch.zeros(2, dtype=FLOAT), scale_diag=torch.tensor([1.0, 2.0], dtype=FLOAT)),
        torch.diag(torch.tensor([1.0, 1 / 4, 2.0, 2 / 4], dtype=FLOAT)),
    ),
}

# ¼ (ψ₁(3/2) - ψ₁(2)) - 8/144 with ψ₁(3/2) = π²/2 - 4 and ψ₁(2) = π²/6 - 1.
STUDENT = (np.pi**2 / 3 - 3) / 4 - 8 / 144
# Laws whose divergence has a kink, no formula, or no second derivative where the two laws are equal.
KINKED = {
    "laplace": (f.Laplace(0.0, 2.0), matrix([1 / 4, 0], [0, 1 / 4])),
    "logistic": (f.Logistic(0.0, 2.0), matrix([1 / 12, 0], [0, (3 + np.pi**2) / 36])),
    "student": (f.StudentT(3.0, 0.0, 2.0), matrix([STUDENT, 0, -1 / 24], [0, 1 / 6, 0], [-1 / 24, 0, 1 / 4])),
    "weibull": (
        f.Weibull(2.0, 1.5),
        matrix([2.25 / 4, -(1 - EULER) / 2], [-(1 - EULER) / 2, (np.pi**2 / 6 + (1 - EULER) ** 2) / 2.25]),
    ),
}


@pytest.mark.parametrize("name", TEXTBOOK)
def test_textbook(name):
    law, truth = TEXTBOOK[name]
    torch.testing.assert_close(exact(law), truth, rtol=1e-12, atol=1e-12 * float(truth.abs().max()))


@pytest.mark.parametrize("name", KINKED)
def test_laws_without_derivatives_at_equality(name):
    law, truth = KINKED[name]
    torch.testing.assert_close(exact(law), truth, rtol=1e-12, atol=1e-13)


def test_student_by_integration_of_the_squared_score():
    def integrand(x):
        score = mpmath.diff(lambda df: mpmath.log(density(df, x)), 3)
        return density(3, x) * score**2

    def density(df, x):
        scaled = mpmath.gamma((df + 1) / mpmath.mpf(2)) / mpmath.gamma(df / mpmath.mpf(2)) / mpmath.sqrt(df * mpmath.pi)
        return scaled * (1 + x * x / mpmath.mpf(df)) ** (-(df + 1) / mpmath.mpf(2))

    truth = 2 * mpmath.quad(integrand, [0, 1, 3, 10, 100, mpmath.inf])
    assert exact(f.StudentT(3.0, 0.0, 1.0))[0, 0] == pytest.approx(float(truth), rel=1e-12)


POINTS = {f.NegativeBinomial: (0.0, 200.0), f.BetaBinomial: (0.0, 6.0), f.Zeta: (1.0, 2e6)}


@pytest.mark.parametrize("law", [f.NegativeBinomial(3.0, 0.4), f.BetaBinomial(5, 2.0, 3.0), f.Zeta(2.5)])
def test_lattices_by_summing_squared_scores(law):
    """Scores by central differences of log probabilities, summed where the mass is."""
    values = {name: float(value) for name, value in law.parameters().items()}
    moving = [name for name in values if not (name == "total_count" and isinstance(law, f.BetaBinomial))]
    x = np.arange(*POINTS[type(law)])
    log_probs = lambda **moved: np.asarray(f.log_prob(type(law)(**(values | moved)), x))  # noqa: E731
    scores = []
    for name in moving:
        step = 1e-5 * values[name]
        ends = [log_probs(**{name: values[name] + sign * step}) for sign in (1, -1)]
        scores.append((ends[0] - ends[1]) / (2 * step))
    scores = np.stack(scores)
    truth = (np.exp(log_probs()) * scores) @ scores.T
    np.testing.assert_allclose(exact(law).numpy(), truth, rtol=2e-4 if isinstance(law, f.Zeta) else 1e-6)


def test_covariances_count_their_lower_triangle():
    covariance = matrix([1.0, 0.5], [0.5, 2.0])
    found = exact(f.MultivariateNormal(torch.zeros(2, dtype=FLOAT), covariance_matrix=covariance))
    inverse = torch.linalg.inv(covariance)
    units = [matrix([1, 0], [0, 0]), matrix([0, 1], [1, 0]), matrix([0, 0], [0, 1])]
    spread = [[0.5 * (inverse @ one @ inverse @ two).trace() for two in units] for one in units]
    torch.testing.assert_close(found[:2, :2], inverse, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(found[2:, 2:], torch.tensor(spread, dtype=FLOAT), rtol=1e-12, atol=1e-12)
    assert found[:2, 2:].abs().max() < 1e-9


def test_triangular_factors_count_their_lower_triangle():
    tril = matrix([1.0, 0.0], [0.5, 2.0])
    found = exact(f.MultivariateNormal(torch.zeros(2, dtype=FLOAT), scale_tril=tril))
    covariance = tril @ tril.T
    by_covariance = exact(f.MultivariateNormal(torch.zeros(2, dtype=FLOAT), covariance_matrix=covariance))
    places = [(0, 0), (1, 0), (1, 1)]
    chain = torch.zeros(3, 3, dtype=FLOAT)
    for column, place in enumerate(places):
        unit = torch.zeros(2, 2, dtype=FLOAT)
        unit[place] = 1.0
        change = unit @ tril.T + tril @ unit.T
        chain[:, column] = torch.stack([change[place] for place in places])
    torch.testing.assert_close(found[2:, 2:], chain.T @ by_covariance[2:, 2:] @ chain, rtol=1e-12, atol=1e-13)


def test_many_rare_outcomes():
    logits = 2.0 * torch.randn(1000, generator=torch.Generator().manual_seed(0), dtype=FLOAT)
    shares = logits.softmax(-1)
    truth = torch.diag(shares) - torch.outer(shares, shares)
    torch.testing.assert_close(exact(f.Categorical(logits=logits)), truth, rtol=1e-10, atol=1e-16)


def test_batches_and_float_types():
    scale = torch.tensor([[1.0], [2.0], [4.0]])
    found = exact(torch.distributions.Normal(torch.zeros(3, 2), scale))
    assert found.shape == (3, 2, 2, 2)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found[..., 1, 1], (2 / scale**2).expand(3, 2))
    batched = exact(f.Laplace(torch.zeros(3, dtype=FLOAT), torch.tensor([1.0, 2.0, 1e-6], dtype=FLOAT)))
    torch.testing.assert_close(batched[:, 0, 0], torch.tensor([1.0, 0.25, 1e12], dtype=FLOAT), rtol=1e-14, atol=0)


def test_objects_of_other_libraries():
    torch.testing.assert_close(exact(stats.norm(0, 2)), matrix([0.25, 0], [0, 0.5]))


def test_logits_of_never():
    law = f.Categorical(logits=torch.tensor([0.0, 1.0, -torch.inf], dtype=FLOAT))
    share = float(special.expit(1.0))
    truth = share * (1 - share) * matrix([1, -1, 0], [-1, 1, 0], [0, 0, 0])
    torch.testing.assert_close(exact(law), truth, rtol=1e-12, atol=1e-15)
