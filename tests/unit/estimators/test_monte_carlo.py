import math

import numpy as np
import pytest
from scipy import stats

import kullback as kl
import kullback.families as f
from kullback._core import InputError
from kullback.estimators import monte_carlo
from kullback.estimators._tail_shape import tail_shape

PAIRS = [
    (f.Normal(0, 1), f.Normal(1, 2)),
    (f.Normal(0, 1), f.Normal(0.1, 1.1)),
    (f.Gamma(2, 1), f.Gamma(3, 1)),
    (f.Normal(0, 1), f.Cauchy(0, 1)),
    (f.TruncatedNormal(0, 1, -2, 2), f.Normal(0.1, 1)),
    (f.Mixture([0.3, 0.7], [f.Normal(0, 1), f.Normal(3, 1)]), f.Normal(2, 2)),
    (f.Poisson(4), f.Poisson(5)),
    (f.Binomial(10, 0.3), f.Poisson(3)),
    (f.Zeta(3), f.Zeta(2.5)),
    ([0.2, 0.3, 0.5], [0.3, 0.3, 0.4]),
    (f.Dirichlet([1.0, 2.0, 3.0]), f.Dirichlet([2.0, 2.0, 2.0])),
    (f.Multinomial(5, [0.2, 0.8]), f.Multinomial(5, [0.3, 0.7])),
    (f.VonMisesFisher([1.0, 0, 0], 3.0), f.VonMisesFisher([0.0, 1, 0], 2.0)),
    (f.Product([f.Normal(0, 1), f.Poisson(3)]), f.Product([f.Normal(0, 1), f.Poisson(4)])),
    (
        f.MultivariateNormal(np.zeros(4), scale_diag=np.ones(4)),
        f.MultivariateNormal(np.full(4, 0.3), scale_diag=np.full(4, 1.2)),
    ),
]


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=lambda law: type(law).__name__)
def test_agrees_with_the_exact_value(p, q):
    found = monte_carlo(p, q, draws=20_000, rng=5)
    exact = float(kl.divergence(p, q))
    # Four standard errors: one in 15,000 for each pair.
    assert abs(found.value - exact) < 4 * found.stderr
    assert found.stderr < 0.05 * max(exact, 0.1)
    assert found.reliable
    assert f"{exact:.6g} nats" in found.notes[0]


def test_covers_as_often_as_it_says():
    p, q = f.Normal(0, 1), f.Laplace(0, 0.8)
    exact = float(kl.divergence(p, q))
    ends = [monte_carlo(p, q, draws=1_000, rng=seed).interval for seed in range(300)]
    # 300 intervals at 95 %: outside of 91 to 98.5 % once in a thousand.
    assert 0.91 < np.mean([low <= exact <= high for low, high in ends]) < 0.985


def test_record():
    found = monte_carlo(f.Normal(0, 1), f.Normal(1, 1), draws=1_000, confidence=0.9)
    assert (found.method, found.quantity, found.n, found.m, found.confidence) == ("monte_carlo", "D(p‖q)", 1000, 0, 0.9)


@pytest.mark.parametrize(
    "law",
    [
        f.Normal(1, 2),
        f.Poisson(3),
        stats.multivariate_t([0, 1], df=4),
        f.Mixture([1, 2], [f.Normal(0, 1), f.Normal(1, 1)]),
    ],
    ids=lambda law: type(law).__name__,
)
def test_a_law_and_its_copy_are_exactly_equal(law):
    found = monte_carlo(law, law, draws=500)
    assert (found.value, found.stderr, found.interval) == (0.0, 0.0, (0.0, 0.0))
    assert math.copysign(1.0, found.value) == 1.0


def test_nearly_equal_laws_keep_their_digits():
    # D = δ²/2, of which the plain mean of log ratios would see nothing: its error is δ/64.
    found = monte_carlo(f.Normal(0, 1), f.Normal(1e-6, 1), draws=4_096)
    assert found.value == pytest.approx(0.5e-12, rel=0.1)
    assert abs(found.value - 0.5e-12) < 4 * found.stderr


def test_the_variate_saves_draws():
    p, q = f.Beta(2, 3), f.Beta(2.2, 3)
    x = np.random.default_rng(0).beta(2, 3, 20_000)
    plain = np.std(stats.beta(2, 3).logpdf(x) - stats.beta(2.2, 3).logpdf(x)) / math.sqrt(20_000)
    assert monte_carlo(p, q, draws=20_000).stderr < plain / 4


def test_mass_of_q_beyond_p_brings_no_bias():
    # q/p is 1/2 wherever p is: its mean is not 1, and a variate built on that would be off by half a nat.
    found = monte_carlo(f.Uniform(0, 1), f.Uniform(0, 2), draws=1_000)
    assert found.value == pytest.approx(math.log(2), rel=1e-14)


def test_stops_when_it_knows_enough():
    # z² has mean 1 and variance 2, D = 50 and the log ratio has standard deviation 10: 0.1 % of 50 takes 40,000 draws.
    found = monte_carlo(f.Normal(0, 1), f.Normal(10, 1))
    assert 30_000 < found.n < 50_000
    assert found.stderr == pytest.approx(0.05, rel=0.05)
    assert monte_carlo(f.Normal(0, 1), f.Normal(1, 2)).n == 100_000


def test_impossible_draws():
    found = monte_carlo(f.Uniform(0, 2), f.Uniform(0, 1))
    assert found.interval == (math.inf, math.inf)
    assert found.value == math.inf
    assert found.stderr == 0.0
    assert "% of the draws of p" in found.notes[0]


def test_masses_against_a_density():
    found = monte_carlo(f.Poisson(3), f.Normal(3, 1))
    assert found.value == math.inf
    assert "masses at points" in found.notes[0]


@pytest.mark.parametrize(("q", "word"), [(f.Normal(0, 1), "mean may be infinite"), (f.StudentT(1, 0, 1), "")])
def test_heavy_tails_take_the_trust_away(q, word):
    found = monte_carlo(f.Cauchy(0, 1), q)
    assert found.reliable == (not word)
    assert word in " ".join(found.notes)
    assert (found.interval[1] == math.inf) == bool(word)


def test_an_infinite_divergence_that_draws_do_not_show():
    found = monte_carlo(f.Cauchy(0, 1), f.Normal(0, 1))
    assert "the divergence is infinite: no number of draws shows that" in found.notes


@pytest.mark.parametrize(("rng", "word"), [(1, "of the sum"), (2, "did not come")])
def test_a_rare_outcome_that_makes_the_figure(rng, word):
    # One draw in 500 carries all of D = 1.37: of 300 draws it is one or two, or none at all.
    found = monte_carlo(f.Categorical([0.998, 0.002]), f.Categorical([1, 1e-300]), draws=300, rng=rng)
    assert not found.reliable
    assert word in " ".join(found.notes)
    assert found.interval[1] > 1.37


def test_draws_that_round_out_of_the_support():
    found = monte_carlo(f.Gamma(0.001, 1), f.Gamma(0.002, 1))
    assert not found.reliable
    assert "were left out" in " ".join(found.notes)


def test_seeds():
    p, q = f.Normal(0, 1), f.Normal(1, 2)
    one, two, other = (monte_carlo(p, q, draws=500, rng=seed).value for seed in (3, 3, 4))
    assert one == two != other
    assert monte_carlo(p, q, draws=500).value == monte_carlo(p, q, draws=500, rng=0).value


def test_notes_claim_nothing_of_unknown_objects():
    found = monte_carlo(stats.skewnorm(2), stats.norm(0.5, 1), draws=500)
    assert not any("kl.divergence" in note for note in found.notes)
    mixed = monte_carlo(PAIRS[5][0], PAIRS[5][1], draws=500)
    assert "without draws" in mixed.notes[0]


@pytest.mark.parametrize("draws", [0, 99, 1e5, True, "many"])
def test_number_of_draws(draws):
    with pytest.raises(InputError, match="at least 100"):
        monte_carlo(f.Normal(0, 1), f.Normal(1, 1), draws=draws)


def test_different_spaces():
    with pytest.raises(InputError, match="One space is needed"):
        monte_carlo(f.Normal(0, 1), f.MultivariateNormal([0.0, 0], scale_diag=[1.0, 1]))


FACTOR = np.array([[1.0, 0.0], [0.5, 1.2]])


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (f.Wishart(6.0, FACTOR), f.Wishart(5.0, np.eye(2))),
        (f.InverseWishart(6.0, FACTOR), f.InverseWishart(5.0, np.eye(2))),
        (f.MatrixNormal(np.zeros((2, 2)), np.eye(2), np.eye(2)), f.MatrixNormal(np.ones((2, 2)), FACTOR, np.eye(2))),
    ],
)
def test_laws_on_matrices(p, q):
    found = monte_carlo(p, q, rng=0)
    # Five standard errors: a false alarm in 1e-6 of seeds.
    assert abs(found.value - float(kl.divergence(p, q))) < 5.0 * found.stderr


def test_families_without_a_log_density():
    law = f.MarkovChain([[0.5, 0.5], [0.2, 0.8]])
    with pytest.raises(InputError, match="no log density"):
        monte_carlo(law, law)


@pytest.mark.parametrize(
    ("law", "shape"),
    [(stats.expon(), 0.0), (stats.pareto(4), 0.25), (stats.pareto(1), 1.0), (stats.uniform(), -1.0)],
)
def test_tail_shape(law, shape):
    values = law.rvs(size=100_000, random_state=1)
    # Standard error (1 + ξ)/√948, by Smith (1987).
    assert tail_shape(values) == pytest.approx(shape, abs=4 * max(1 + shape, 1) / 30.8)


def test_tail_shape_of_few_values():
    assert tail_shape(np.arange(50.0)) == -math.inf
    assert tail_shape(np.repeat([0.0, 1.0], 500)) == -math.inf
