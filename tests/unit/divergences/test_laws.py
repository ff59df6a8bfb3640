"""The ladder: which way a pair of laws goes, and what comes out of the special ones."""

import math

import numpy as np
import pytest
from scipy import special, stats

import kullback as kl
import kullback.families as f
from kullback.divergences._ladder import divergence_of_laws

INF = math.inf


def _same(wanted, rel=1e-14):
    return pytest.approx(wanted, rel=rel, abs=0)


# Supports


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (f.Normal(0, 1), f.Exponential(1)),
        (f.Normal(0, 1), f.Uniform(-9, 9)),
        (f.Laplace(0, 1), f.Beta(2, 3)),
        (f.Gamma(2, 1), f.Uniform(0, 1)),
        (f.Uniform(0, 2), f.Uniform(0, 1)),
        (f.Pareto(1, 2), f.Pareto(2, 2)),
        (f.Poisson(1), f.Binomial(9, 0.5)),
        (f.Poisson(1), f.Bernoulli(0.5)),
        (f.Binomial(3, 0.5), f.Binomial(2, 0.5)),
        (f.DiscreteUniform(0, 5), f.DiscreteUniform(1, 6)),
        (f.Bernoulli(0.5), f.Zeta(2)),
        (f.Normal(0, 1), f.Poisson(1)),
        (f.Poisson(1), f.Normal(0, 1)),
        (f.Uniform(0, 1), f.Bernoulli(0.5)),
    ],
)
def test_mass_outside_of_q_is_infinite(p, q):
    assert kl.divergence(p, q) == INF
    assert kl.cross_entropy(p, q) == INF
    assert kl.explain(p, q).cause


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (f.Exponential(1), f.Normal(0, 1)),
        (f.Uniform(-9, 9), f.Normal(0, 1)),
        (f.Beta(2, 3), f.Laplace(0, 1)),
        (f.Binomial(9, 0.5), f.Poisson(1)),
        (f.Uniform(0, 1), f.Uniform(0, 2)),
    ],
)
def test_the_other_way_round_is_finite(p, q):
    assert 0 < kl.divergence(p, q) < INF
    assert kl.divergence(q, p) == INF


def test_an_edge_of_no_mass_does_not_count():
    assert kl.divergence(f.Binomial(3, 0.0), f.Binomial(2, 0.5)) == _same(2 * math.log(2))
    assert kl.divergence(f.Bernoulli(0.0), f.Binomial(0, 0.5)) == 0


# Lifting


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (f.Exponential(2), f.Gamma(1, 2)),
        (f.Exponential(0.5), f.Weibull(2, 1)),
        (f.Exponential(0.5), f.Chi2(2)),
        (f.Chi2(3), f.Gamma(1.5, 0.5)),
        (f.Rayleigh(1), f.Chi(2)),
        (f.Maxwell(1), f.Chi(3)),
        (f.HalfNormal(1), f.Chi(1)),
        (f.HalfNormal(2), f.GeneralizedGamma(0.5, 2 * math.sqrt(2), 2)),
        (f.Uniform(0, 1), f.Beta(1, 1)),
        (f.PowerFunction(3), f.Beta(3, 1)),
        (f.Kumaraswamy(3, 1), f.Beta(3, 1)),
        (f.Uniform(0, 1), f.ContinuousBernoulli(0.5)),
        (f.Geometric(0.3), f.NegativeBinomial(1, 0.3)),
        (f.Bernoulli(0.3), f.Binomial(1, 0.3)),
    ],
)
def test_one_law_under_two_names_is_at_distance_zero(p, q):
    for one, other in ((p, q), (q, p)):
        assert kl.divergence(one, other) <= 1e-30
        assert "closed form" in kl.explain(one, other).rung


@pytest.mark.parametrize(("p", "q"), [(f.Cauchy(1, 2), f.StudentT(1, 1, 2)), (f.Normal(1, 2), f.TruncatedNormal(1, 2))])
def test_one_law_under_two_names_without_a_lift(p, q):
    assert kl.divergence(p, q) == pytest.approx(0.0, abs=1e-15)
    assert kl.divergence(q, p) == pytest.approx(0.0, abs=1e-15)


def test_exponential_and_gamma_of_shape_1_are_exactly_one():
    assert kl.divergence(f.Exponential(2.0), f.Gamma(1.0, 2.0)) == 0
    assert kl.divergence(f.Gamma(1.0, 2.0), f.Exponential(2.0)) == 0


def test_a_lifted_pair_has_the_value_of_the_parent():
    assert kl.divergence(f.Exponential(2), f.Gamma(3, 1)) == kl.divergence(f.Gamma(1, 2), f.Gamma(3, 1))
    assert kl.divergence(f.Geometric(0.3), f.NegativeBinomial(2, 0.4)) == _same(
        kl.divergence(f.NegativeBinomial(1, 0.3), f.NegativeBinomial(2, 0.4))
    )


# Batches


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (f.Normal([[0.0], [1.0]], 1), f.Normal([0.0, 1.0, 2.0], 2)),
        (f.Gamma([[1.0], [2.0]], 1), f.Exponential([1.0, 2.0, 3.0])),
        (f.Exponential([[1.0], [2.0]]), f.Normal([0.0, 1.0, 2.0], 1)),
        (f.Poisson([[1.0], [2.0]]), f.Geometric([0.2, 0.3, 0.4])),
        (f.Uniform([[0.0], [0.5]], 1), f.Uniform([0.0, 0.25, 0.5], 2)),
        (f.Categorical([[[0.5, 0.5]], [[0.1, 0.9]]]), f.Categorical([[0.5, 0.5], [0.2, 0.8], [1.0, 0.0]])),
    ],
)
def test_batches_broadcast(p, q):
    found = kl.divergence(p, q)
    assert found.shape == (2, 3)
    one = found[1, 2]
    assert one == _same(kl.divergence(_at(p, (1, 0)), _at(q, (2,))))


def _at(law, place):
    return type(law)(
        **{
            name: np.broadcast_to(value, law.batch_shape + value.shape[value.ndim - f.domain_of(law, name).ndim :])[
                place
            ]
            for name, value in law.parameters().items()
        }
    )


def test_only_some_rows_of_a_batch_may_be_infinite():
    found = kl.divergence(f.Uniform(0, [1.0, 2.0, 3.0]), f.Uniform(0, 2))
    assert found.tolist() == [_same(math.log(2)), 0.0, INF]


def test_a_batch_of_mixtures_goes_row_by_row():
    p = f.Normal([0.0, 1.0], 1)
    found = kl.divergence(p, f.Mixture([0.5, 0.5], [f.Normal(0, 1), f.Normal(1, 1)]))
    assert found[0] == pytest.approx(found[1], rel=1e-9)


# Products and arrays of coordinates


def test_products_add_up():
    p = f.Product([f.Normal(0, 1), f.Poisson(2), f.Bernoulli(0.3)])
    q = f.Product([f.Normal(1, 2), f.Poisson(3), f.Bernoulli(0.6)])
    assert kl.divergence(p, q) == _same(sum(map(kl.divergence, p.components, q.components)))
    assert kl.entropy(p) == _same(sum(map(kl.entropy, p.components)))
    assert kl.divergence(p, p) == 0


def test_a_product_with_one_impossible_coordinate():
    p, q = f.Product([f.Normal(0, 1), f.Normal(0, 1)]), f.Product([f.Normal(0, 1), f.Uniform(0, 1)])
    found = kl.explain(p, q)
    assert found.value == INF
    assert "coordinate 1" in found.cause


def test_independent_coordinates_are_summed():
    p, q = f.Normal([[0.0, 1.0], [2.0, 3.0]], 1), f.Normal(0, 2)
    whole = kl.divergence(f.Independent(p, 1), f.Independent(f.Normal([0.0, 0.0], [2.0, 2.0]), 1))
    np.testing.assert_allclose(whole, kl.divergence(p, q).sum(axis=-1), rtol=1e-15)


# Mixtures


def test_a_mixture_of_one_is_that_one():
    law = f.Normal(1, 2)
    for mixture in (f.Mixture([1.0], [law]), f.Mixture([3.0], [law])):
        assert kl.divergence(mixture, f.Normal(0, 1)) == kl.divergence(law, f.Normal(0, 1))
        assert kl.divergence(law, mixture) == 0


def test_a_mixture_of_one_goes_the_way_of_that_one():
    law = f.MultivariateNormal([0.0, 0.0], np.eye(2))
    assert kl.divergence(f.Mixture([1.0], [law]), law) == 0
    assert kl.entropy(f.Mixture([1.0], [law])) == kl.entropy(law)


def test_a_component_of_no_weight_does_not_count():
    mixture = f.Mixture([1.0, 0.0], [f.Normal(0, 1), f.Normal(50, 1)])
    assert kl.divergence(mixture, f.Normal(1, 1)) == pytest.approx(0.5, rel=1e-9)
    assert kl.entropy(f.Mixture([1.0], [f.Normal(0, 1)])) == pytest.approx(kl.entropy(f.Normal(0, 1)), rel=1e-9)


def test_a_mixture_is_not_wider_than_its_components():
    mixture = f.Mixture([1.0, 0.0], [f.Uniform(0, 1), f.Normal(0, 1)])
    assert kl.divergence(mixture, f.Uniform(0, 1)) == pytest.approx(0.0, abs=1e-9)


def test_batches_of_components():
    mixture = f.Mixture([0.5, 0.5], [f.Normal([0.0, 1.0], 1), f.Normal(0, 1)])
    found = kl.divergence(mixture, f.Normal(0, 1))
    assert found[0] == pytest.approx(0.0, abs=1e-15)
    assert found[1] == pytest.approx(
        kl.divergence(f.Mixture([0.5, 0.5], [f.Normal(1, 1), f.Normal(0, 1)]), f.Normal(0, 1)), rel=1e-9
    )


def test_mixtures_of_counts_and_far_modes():
    halves = f.Mixture([0.5, 0.5], [f.Normal(-50, 1), f.Normal(50, 1)])
    assert kl.divergence(f.Normal(50, 1), halves) == pytest.approx(math.log(2), rel=1e-9)
    assert kl.entropy(halves) == pytest.approx(kl.entropy(f.Normal(0, 1)) + math.log(2), rel=1e-9)
    counts = f.Mixture([0.3, 0.7], [f.Poisson(1), f.Poisson(4)])
    masses = 0.3 * stats.poisson.pmf(range(80), 1) + 0.7 * stats.poisson.pmf(range(80), 4)
    assert kl.divergence(counts, f.Poisson(3)) == pytest.approx(
        np.sum(special.rel_entr(masses, stats.poisson.pmf(range(80), 3))), rel=1e-9
    )


def test_numerics_of_places_near_zero():
    for place in (1e-320, 1e-300, 1e-100):
        found = kl.divergence(f.Logistic(place, 1), f.Logistic(0, 2))
        assert found == pytest.approx(kl.divergence(f.Logistic(0, 1), f.Logistic(0, 2)), rel=1e-12)


# Points


@pytest.mark.parametrize(
    ("p", "q", "wanted"),
    [
        (f.PointMass(2), f.PointMass(2), 0.0),
        (f.PointMass(2), f.PointMass(3), INF),
        (f.PointMass(0.5), f.Normal(0, 1), INF),
        (f.PointMass(0.5), f.Uniform(0, 1), INF),
        (f.Normal(0, 1), f.PointMass(0), INF),
        (f.PointMass(2), f.Poisson(3), -math.log(4.5 * math.exp(-3))),
        (f.PointMass(2.5), f.Poisson(3), INF),
        (f.PointMass(2.5), f.Geometric(0.5), INF),
        (f.PointMass(2.5), f.DiscreteUniform(0, 9), INF),
        (f.PointMass(-1), f.Poisson(3), INF),
        (f.PointMass(1), f.Bernoulli(0.25), math.log(4)),
        (f.PointMass(5), f.Bernoulli(0.25), INF),
        (f.Poisson(3), f.PointMass(2), INF),
        (f.Poisson(0), f.PointMass(0), 0.0),
        (f.Poisson(0), f.PointMass(1), INF),
        (f.Bernoulli(1.0), f.PointMass(1), 0.0),
        (f.Binomial(7, 0.0), f.PointMass(0), 0.0),
        (f.Geometric(1.0), f.PointMass(0), 0.0),
        (f.DiscreteUniform(4, 4), f.PointMass(4), 0.0),
        (f.PointMass(1), f.Categorical([0.25, 0.75]), math.log(4 / 3)),
        (f.Categorical([0.0, 1.0]), f.PointMass(1), 0.0),
        (f.Poisson(0), f.Poisson(2), 2.0),
        (f.Poisson(2), f.Poisson(0), INF),
    ],
)
def test_point_masses(p, q, wanted):
    assert kl.divergence(p, q) == _same(wanted)


def test_a_batch_of_points():
    found = kl.divergence(f.PointMass([0.0, 1.0, 7.0]), f.Binomial(2, 0.5))
    assert found.tolist() == [_same(math.log(4)), _same(math.log(2)), INF]


# Markov chains


def test_markov_chains_give_the_rate_per_step():
    p, q = np.array([[0.9, 0.1], [0.5, 0.5]]), np.array([[0.6, 0.4], [0.3, 0.7]])
    weights = np.array([5, 1]) / 6
    found = kl.divergence(f.MarkovChain(p), f.MarkovChain(q))
    assert found == _same(weights @ kl.divergence(p, q))
    assert kl.entropy(f.MarkovChain(p)) == _same(weights @ kl.entropy(p))
    assert kl.divergence(f.MarkovChain(p), f.MarkovChain(p)) == 0


def test_a_chain_of_equal_rows_is_independent_draws():
    p, q = [0.2, 0.3, 0.5], [0.3, 0.3, 0.4]
    assert kl.divergence(f.MarkovChain([p] * 3), f.MarkovChain([q] * 3)) == _same(kl.divergence(p, q))


def test_a_chain_never_in_a_state_ignores_its_row():
    p = [[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]]
    q = [[0.25, 0.75, 0.0], [0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]
    assert kl.divergence(f.MarkovChain(p), f.MarkovChain(q)) == _same(0.5 * kl.divergence(p[0], q[0]))


def test_a_chain_of_two_classes_is_refused():
    with pytest.raises(kl.InputError, match="classes"):
        kl.divergence(f.MarkovChain(np.eye(2)), f.MarkovChain([[0.5, 0.5], [0.5, 0.5]]))


# Categories, arrays and laws


def test_categories_of_different_sizes():
    short, long = f.Categorical([0.5, 0.5]), f.Categorical([0.25, 0.25, 0.5])
    assert kl.divergence(short, long) == _same(math.log(2))
    assert kl.divergence(long, short) == INF
    assert kl.divergence(f.Categorical(logits=[0.0, 0.0]), f.Categorical(logits=[0.0, 0.0, 0.0])) == _same(
        math.log(1.5)
    )
    assert kl.divergence(f.Categorical(logits=[0.0, 0.0]), long) == _same(math.log(2))


@pytest.mark.parametrize(
    "q", [f.Categorical([0.5, 0.5]), f.Bernoulli(0.5), f.Binomial(1, 0.5), f.DiscreteUniform(0, 1)]
)
def test_a_last_category_of_no_mass_does_not_count(q):
    assert kl.divergence(f.Categorical([0.5, 0.5, 0.0]), q) == pytest.approx(0.0, abs=1e-15)
    assert kl.divergence([0.5, 0.5, 0.0], q) == pytest.approx(0.0, abs=1e-15)


def test_logits_and_probabilities_are_one_law():
    logits = f.Categorical(logits=np.log([0.2, 0.8]))
    assert kl.divergence(f.Categorical([0.2, 0.8]), logits) <= 1e-30
    assert kl.divergence(logits, f.Categorical([0.7, 0.3])) == _same(kl.divergence([0.2, 0.8], [0.7, 0.3]))


def test_arrays_against_laws():
    p = [0.2, 0.3, 0.5]
    masses = stats.poisson.pmf([0, 1, 2], 1)
    assert kl.divergence(p, f.Poisson(1)) == _same(np.sum(special.rel_entr(p, masses)), 1e-13)
    assert kl.divergence(f.Poisson(1), p) == INF
    assert kl.divergence(f.Binomial(2, 0.3), p) == _same(
        np.sum(special.rel_entr(stats.binom.pmf([0, 1, 2], 2, 0.3), p)), 1e-13
    )
    assert kl.divergence([2, 3, 5], f.Poisson(1), normalize=True) == _same(kl.divergence(p, f.Poisson(1)), 1e-13)
    assert kl.divergence(p, f.Normal(0, 1)) == INF
    assert kl.divergence(p, f.Categorical(p)) == 0


def test_objects_of_other_libraries_and_records_mix():
    assert kl.divergence(stats.norm(0, 1), f.Normal(1, 2)) == kl.divergence(f.Normal(0, 1), f.Normal(1, 2))
    assert kl.divergence([0.7, 0.3], stats.bernoulli(0.3)) <= 1e-30


def test_arrays_of_other_libraries_against_laws(require):
    torch = require("torch")
    found = kl.divergence(torch.tensor([0.5, 0.5]), f.Bernoulli(0.3))
    assert isinstance(found, torch.Tensor)
    assert found.dtype == torch.float32
    assert float(found) == pytest.approx(0.0871766935723889, rel=1e-6)


def test_batches_of_arrays_against_laws():
    found = kl.divergence([[0.5, 0.5], [0.3, 0.7]], f.Bernoulli(0.7))
    assert found.tolist() == [_same(0.0871766935723889), pytest.approx(0.0, abs=1e-15)]


# Float types


def test_an_array_gives_its_float_type():
    assert kl.divergence(np.array([0.5, 0.5], dtype=np.float32), f.Bernoulli(0.3)).dtype == np.float32


def test_results_have_the_float_type_of_the_parameters():
    narrow = np.array([1.0], dtype=np.float32)
    assert kl.divergence(f.Normal(narrow, narrow), f.Normal(0, 1)).dtype == np.float32
    assert kl.divergence(f.Normal(narrow, narrow), f.Normal(np.zeros(1), 1.0)).dtype == np.float64


def test_laws_in_every_library(xp):
    p = f.Normal(xp.asarray([0.0, 1.0], dtype=xp.float32), 1.0)
    found = kl.divergence(p, f.Normal(0.0, 2.0))
    assert type(found) is type(xp.asarray([0.0]))
    assert found.dtype == xp.float32
    assert float(found[1]) == pytest.approx(kl.divergence(f.Normal(1, 1), f.Normal(0, 2)), rel=3e-7)


def test_the_answer_says_how():
    assert divergence_of_laws(f.Normal(0, 1), f.Normal(0, 2)).rung == "closed form of Normal"
    assert divergence_of_laws(f.Gamma(2, 1), f.Normal(0, 2)).rung == "moments"
    assert divergence_of_laws(f.Logistic(0, 1), f.Normal(0, 2)).error is not None
