"""The verb on mixtures in one, two, three and many dimensions; truths from independent coordinates."""

import math
from itertools import product

import numpy as np
import pytest

import kullback as kl
from kullback.fitting.mixtures import mixture_divergence, mixture_entropy, mixture_jensen_shannon
from kullback.fitting.mixtures._components import read_pair
from kullback.fitting.mixtures._stratified import stratified


def pair_on_the_line(rng):
    def one():
        parts = [kl.families.Normal(rng.normal() * 2, np.exp(0.3 * rng.normal())) for _ in range(2)]
        return kl.families.Mixture(rng.dirichlet(np.ones(2)), parts)

    return one(), one()


def joint(laws, turn):
    """Independent coordinates, turned: a mixture with a component for each choice of components."""
    weights, parts = [], []
    for choice in product(*(range(len(law.components)) for law in laws)):
        weights.append(math.prod(float(law.weights[i]) for law, i in zip(laws, choice, strict=True)))
        normals = [law.components[i] for law, i in zip(laws, choice, strict=True)]
        spread = turn @ np.diag([float(n.scale) ** 2 for n in normals]) @ turn.T
        mean = turn @ np.array([float(n.loc) for n in normals])
        parts.append(kl.families.MultivariateNormal(mean, covariance_matrix=0.5 * (spread + spread.T)))
    return kl.families.Mixture(weights, parts)


def truth_and_pair(d, seed, together=None):
    """D adds up over independent coordinates."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    pairs = [pair_on_the_line(rng) for _ in range(together or d)]
    same = kl.families.Mixture([1.0], [kl.families.Normal(0.3, 1.7)])
    pairs += [(same, same)] * (d - len(pairs))
    exact = sum(float(kl.divergence(*pair)) for pair in pairs)
    return exact, joint([p for p, _ in pairs], turn), joint([q for _, q in pairs], turn)


@pytest.mark.parametrize("seed", range(2))
def test_two_dimensions_to_the_stated_error(seed):
    exact, p, q = truth_and_pair(2, seed)
    found = mixture_divergence(p, q)
    assert found.exact
    assert found.error < 1e-7 * exact
    assert abs(found.value - exact) <= found.error


def test_three_dimensions_to_the_stated_error():
    rng = np.random.default_rng(5)
    laws = [
        kl.families.MultivariateNormal(rng.normal(size=3), scale_diag=np.exp(0.2 * rng.normal(size=3))) for _ in "ab"
    ]
    wide = kl.families.MultivariateNormal([0.0] * 3, scale_diag=[2.0] * 3)
    found = mixture_divergence(kl.families.Mixture([0.3, 0.7], laws), wide)
    drawn = kl.estimate(kl.families.Mixture([0.3, 0.7], laws), wide, rng=0)
    assert found.error < 1e-5 * found.value
    # Five standard errors: by chance once in two million.
    assert abs(found.value - drawn.value) < 5 * drawn.stderr


@pytest.mark.parametrize("d", [5, 30])
def test_shared_coordinates_are_left_out(d):
    exact, p, q = truth_and_pair(d, 7, together=1)
    found = mixture_divergence(p, q)
    assert found.dimension == 1
    assert found.value == pytest.approx(exact, rel=1e-9)


def test_nearly_equal_in_the_plane():
    base = [np.array([-1.0, 0.0]), np.array([2.0, 1.0])]
    factor = np.array([[1.0, 0.0], [0.4, 0.8]])

    def law(step, tilt):
        parts = [kl.families.MultivariateNormal(m + step, scale_tril=factor) for m in base]
        turned = kl.families.MultivariateNormal([0.0, 3.0], scale_diag=[1.0 + tilt, 2.0])
        return kl.families.Mixture([0.3, 0.3, 0.4], [*parts, turned])

    figures = [mixture_divergence(law(0.0, 0.0), law(np.array([size, 0.0]), size)) for size in (1e-4, 1e-5)]
    # D is quadratic near equality: a hundredth, up to a relative 1e-4 of the third order.
    assert figures[1].value / figures[0].value == pytest.approx(0.01, rel=1e-3)
    assert all(found.value > 0 for found in figures)


@pytest.mark.parametrize("seed", [1])
def test_many_dimensions_are_bracketed_and_estimated(seed):
    exact, p, q = truth_and_pair(4, seed)
    found = mixture_divergence(p, q, rng=seed)
    assert found.lower <= exact <= found.upper
    assert not found.exact
    assert found.estimate is not None
    # Four and a half standard errors: by chance once in 150,000.
    assert abs(found.estimate.value - exact) < 4.5 * found.estimate.stderr


def test_interval_covers_and_controls_help():
    exact, p, q = truth_and_pair(4, 3)
    sides = read_pair(p, q)
    drawn = [stratified(*sides, 4000, 0.95, np.random.default_rng(seed)) for seed in range(60)]
    held = sum(one.interval[0] <= exact <= one.interval[1] for one in drawn)
    # At 95 % fewer than 50 of 60 have a chance below .001.
    assert held >= 50
    plain = kl.estimators.monte_carlo(p, q, draws=4000, rng=0)
    assert np.mean([one.stderr for one in drawn]) < 1.1 * plain.stderr


def test_one_law_each_is_the_closed_form():
    p = kl.families.MultivariateNormal(np.zeros(6), scale_diag=np.arange(1.0, 7.0))
    q = kl.families.MultivariateNormal(np.ones(6), scale_diag=np.full(6, 2.0))
    assert mixture_divergence(p, q).value == pytest.approx(float(kl.divergence(p, q)), rel=1e-12)


def test_jensen_shannon_is_that_of_the_exact_verb():
    p, q = pair_on_the_line(np.random.default_rng(9))
    for weights in ((0.5, 0.5), (0.2, 0.8)):
        exact = float(kl.jensen_shannon(p, q, weights=weights))
        assert mixture_jensen_shannon(p, q, weights=weights).value == pytest.approx(exact, rel=1e-10)


def test_jensen_shannon_of_far_mixtures_is_the_entropy_of_the_weights():
    far = [kl.families.MultivariateNormal([c] * 5, scale_diag=np.arange(1.0, 6.0)) for c in (-90.0, 90.0)]
    found = mixture_jensen_shannon(*far)
    assert found.value == pytest.approx(math.log(2), rel=1e-3)
    assert found.upper <= math.log(2) * (1 + 1e-12)


@pytest.mark.parametrize("d", [1, 2])
def test_entropy_adds_up_over_coordinates(d):
    rng = np.random.default_rng(d)
    laws = [pair_on_the_line(rng)[0] for _ in range(d)]
    found = mixture_entropy(joint(laws, np.eye(d)))
    assert found.value == pytest.approx(sum(float(kl.entropy(law)) for law in laws), abs=1e-9)


def test_entropy_in_many_dimensions_is_bracketed():
    rng = np.random.default_rng(8)
    laws = [pair_on_the_line(rng)[0] for _ in range(5)]
    found = mixture_entropy(joint(laws, np.linalg.qr(rng.normal(size=(5, 5)))[0]))
    assert found.lower <= sum(float(kl.entropy(law)) for law in laws) <= found.upper


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_models_of_scikit_learn(kind, require):
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(-2, 1, (200, 2)), rng.normal(2, 0.5, (200, 2))])
    model = require("sklearn.mixture").GaussianMixture(2, covariance_type=kind, random_state=0).fit(x)
    wide = kl.families.MultivariateNormal([0.0, 0.0], scale_diag=[3.0, 3.0])
    found = mixture_divergence(model, wide)
    draws = model.sample(200_000)[0]
    ratio = model.score_samples(draws) + 0.5 * (draws**2).sum(axis=1) / 9 + math.log(2 * math.pi * 9)
    # Five standard errors of 200,000 draws.
    assert abs(found.value - ratio.mean()) < 5 * ratio.std() / math.sqrt(len(ratio))


def test_mixtures_of_torch(require):
    torch = require("torch")
    laws = torch.distributions
    means, spreads = torch.tensor([[-1.0, 0.0], [2.0, 1.0]]).double(), torch.tensor([[1.0, 0.5], [0.3, 2.0]]).double()
    parts = laws.Independent(laws.Normal(means, spreads), 1)
    p = laws.MixtureSameFamily(laws.Categorical(probs=torch.tensor([0.25, 0.75]).double()), parts)
    ours = [
        kl.families.MultivariateNormal(m.numpy(), scale_diag=s.numpy()) for m, s in zip(means, spreads, strict=True)
    ]
    q = kl.families.MultivariateNormal([0.5, 0.5], scale_diag=[2.0, 2.0])
    same = mixture_divergence(kl.families.Mixture([0.25, 0.75], ours), q)
    assert mixture_divergence(p, q).value == pytest.approx(same.value, rel=1e-12)


def test_what_cannot_be_read_is_refused():
    normal = kl.families.Normal(0, 1)
    with pytest.raises(kl.InputError, match="holds Laplace"):
        mixture_divergence(kl.families.Mixture([0.5, 0.5], [normal, kl.families.Laplace(0, 1)]), normal)
    with pytest.raises(kl.InputError, match="p has 1 dimensions and q has 2"):
        mixture_divergence(normal, kl.families.MultivariateNormal([0.0, 0.0], scale_diag=[1.0, 1.0]))
    with pytest.raises(kl.InputError, match="batch of shape"):
        mixture_divergence(kl.families.Normal([0.0, 1.0], 1.0), normal)
    with pytest.raises(kl.InputError, match="draws = 3"):
        mixture_divergence(normal, normal, draws=3)
    with pytest.raises(kl.InputError, match="Two positive numbers"):
        mixture_jensen_shannon(normal, normal, weights=(1.0, 0.0))


def test_a_model_that_is_not_fitted_is_refused(require):
    model = require("sklearn.mixture").GaussianMixture(2)
    with pytest.raises(kl.InputError, match="not fitted yet"):
        mixture_divergence(model, kl.families.Normal(0, 1))


def test_texts_say_what_was_found():
    exact, p, q = truth_and_pair(4, 3)
    words = str(mixture_divergence(p, q, draws=1000))
    assert "D(p‖q) =" in words
    assert "proven to be in" in words
    assert "95 % interval" in words
    assert "nats" in str(mixture_divergence(kl.families.Normal(0, 1), kl.families.Normal(1, 2)))
    assert exact > 0
