"""Laws opened for draws and densities, and a sample against a law in both directions."""

import math
import random
import sys

import numpy as np
import pytest
from scipy import special, stats

import kullback as kl
import kullback.families as f
from kullback._core import InputError
from kullback.estimators import law_against_sample, sample_against_law
from kullback.estimators._law_counts import CountedCells, counts_against_shares, shares_against_counts
from kullback.estimators._law_records import ask, take
from kullback.estimators._laws import log_density_at, open_law

INF = math.inf


class Global:
    """Draws from the global state of NumPy, as small classes do."""

    def sample(self, n):
        return np.random.normal(size=n)  # noqa: NPY002

    def log_prob(self, x):
        return stats.norm.logpdf(x)


class ByShape:
    def sample(self, sample_shape, rng):
        return rng.normal(size=(*sample_shape, 2))

    def log_prob(self, x):
        return stats.norm.logpdf(x).sum(axis=-1)


class OneByOne:
    def rvs(self, size, random_state=None):
        return np.random.default_rng(random_state).normal(size=(size, 3))

    def logpdf(self, x):
        if np.ndim(x) != 1:
            raise ValueError("one point, please")
        return float(stats.norm.logpdf(x).sum())


OBJECTS = {
    "array": lambda _: [0.2, 0.3, 0.5],
    "mixture": lambda _: f.Mixture([1, 2], [f.Normal(0, 1), f.Normal(3, 2)]),
    "mixture of vectors": lambda _: f.Mixture(
        [1, 2], [f.MultivariateNormal([m, 0.0], scale_diag=[1.0, 2.0]) for m in (0.0, 3.0)]
    ),
    "product": lambda _: f.Product([f.Gamma(2, 1), stats.norm(1, 2)]),
    "point": lambda _: f.PointMass(2.0),
    "parent": lambda _: f.Geometric(0.3),
    "scipy frozen": lambda _: stats.skewnorm(3),
    "scipy vector": lambda _: stats.multivariate_t([0, 1], df=5),
    "scipy matrix": lambda _: stats.wishart(4, np.eye(2)),
    "scipy new": lambda _: stats.Mixture([stats.Normal(mu=0), stats.Normal(mu=3)], weights=[0.3, 0.7]),
    "torch": lambda require: require("torch.distributions").FisherSnedecor(5.0, 6.0),
    "torch one hot": lambda require: require("torch.distributions").OneHotCategorical(
        sys.modules["torch"].tensor([0.2, 0.8])
    ),
    "torch matrix": lambda require: require("torch.distributions").LKJCholesky(3, 1.0),
    "torch flow": lambda require: require("torch.distributions").TransformedDistribution(
        sys.modules["torch"].distributions.MultivariateNormal(
            sys.modules["torch"].zeros(2), sys.modules["torch"].eye(2)
        ),
        [sys.modules["torch"].distributions.ExpTransform()],
    ),
    "torch independent": lambda require: require("torch.distributions").Independent(
        sys.modules["torch"].distributions.Normal(sys.modules["torch"].zeros(2, 3), 1.0), 2
    ),
    "numpyro": lambda require: require("numpyro.distributions").AsymmetricLaplace(0.0, 1.0, 2.0),
    "global state": lambda _: Global(),
    "by shape": lambda _: ByShape(),
    "one by one": lambda _: OneByOne(),
}


@pytest.fixture(params=OBJECTS)
def law(request, require):
    return open_law(OBJECTS[request.param](require), "p", draws=True)


def test_draws_have_density_and_their_shape(law):
    points = take(law, 20, np.random.default_rng(0))
    assert points.shape == (20, *law.shape)
    assert np.isfinite(log_density_at(law, points)).all()
    assert take(law, 1, np.random.default_rng(0)).shape == (1, *law.shape)


def test_draws_follow_the_generator_and_leave_the_global_ones_alone(law):
    states = [np.random.get_state()[1].tolist(), random.getstate()]  # noqa: NPY002
    torch = sys.modules.get("torch")
    if torch:
        states.append(torch.get_rng_state().tolist())
    one, two, other = (take(law, 20, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other) or law.name.startswith("PointMass")
    now = [np.random.get_state()[1].tolist(), random.getstate()]  # noqa: NPY002
    assert [*now, *([torch.get_rng_state().tolist()] if torch else [])] == states


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (f.Mixture([0.25, 0.75], [f.Normal(0, 1), f.Normal(3, 2)]), stats.norm(0, 1)),
        (f.Product([f.Gamma(2, 1), f.Normal(0, 1)]), None),
    ],
    ids=["mixture", "product"],
)
def test_composite_densities(mine, theirs):
    x = np.array([[0.5, -1.0], [2.0, 3.0]])
    law = open_law(mine, "p")
    if theirs is None:
        assert ask(law, x) == pytest.approx(stats.gamma(2).logpdf(x[:, 0]) + stats.norm.logpdf(x[:, 1]), rel=1e-13)
    else:
        wanted = np.log(0.25 * theirs.pdf(x[:, 0]) + 0.75 * stats.norm(3, 2).pdf(x[:, 0]))
        assert ask(law, x[:, 0]) == pytest.approx(wanted, rel=1e-13)


def test_mixtures_are_drawn_by_their_weights():
    law = open_law(f.Mixture([0.2, 0.8], [f.Normal(-50, 1), f.Normal(50, 1)]), "p", draws=True)
    points = take(law, 10_000, np.random.default_rng(0))
    assert np.mean(points > 0) == pytest.approx(0.8, abs=4 * 0.004)
    assert abs(np.corrcoef(points[1:], points[:-1])[0, 1]) < 0.04  # in no order


def test_between_whole_numbers_there_is_no_mass():
    assert ask(open_law(f.Poisson(3), "p"), np.array([1.5, -1.0, 2.0])).tolist()[:2] == [-INF, -INF]
    assert ask(open_law([0.5, 0.5], "p"), np.array([0.5, 2.0, -1.0])).tolist() == [-INF] * 3


def test_outside_of_the_support_of_torch(require):
    law = open_law(require("torch.distributions").FisherSnedecor(5.0, 6.0), "q")
    assert ask(law, np.array([-1.0, 1.0]))[0] == -INF


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (f.Normal([0, 1], 1), "batch of shape"),
        (f.MarkovChain([[0.5, 0.5], [0.2, 0.8]]), "no log density"),
        ("normal", "cannot read"),
        (f.Mixture([1, 1], [f.Normal(0, 1), f.Poisson(1)]), "different spaces"),
    ],
)
def test_laws_that_cannot_be_opened(value, message):
    with pytest.raises(InputError, match=message):
        open_law(value, "q")


def test_a_density_that_is_nan_is_an_error():
    class Broken:
        def log_prob(self, x):
            return np.full(len(x), np.nan)

    with pytest.raises(InputError, match="is NaN at"):
        sample_against_law(np.arange(20.0), Broken())


# A sample against a law, on the line.

LINE = [
    (stats.norm(0, 1), stats.norm(1, 2)),
    (stats.norm(1, 2), stats.norm(0, 1)),
    (stats.gamma(2), stats.gamma(3)),
    (stats.laplace(), stats.norm(0, 1.4)),
    (stats.uniform(-1, 2), stats.norm()),
    (stats.norm(), stats.cauchy()),
    (stats.poisson(4), stats.poisson(5)),
    (stats.binom(10, 0.3), stats.binom(10, 0.4)),
]


@pytest.mark.parametrize(("p", "q"), LINE, ids=[f"{p.dist.name}-{q.dist.name}" for p, q in LINE])
def test_sample_against_law(p, q):
    exact = float(kl.divergence(p, q))
    found = [sample_against_law(p.rvs(size=1_000, random_state=seed), q) for seed in range(20)]
    # Measured over 200 seeds the intervals cover 94 to 98 %; 20 of them fall below 15 once in 2,000.
    assert sum(one.interval[0] <= exact <= one.interval[1] for one in found) >= 15
    assert np.mean([one.value for one in found]) == pytest.approx(exact, abs=4 * found[0].stderr / math.sqrt(20))


@pytest.mark.parametrize("p", [p for p, _ in LINE[2:]], ids=lambda law: law.dist.name)
def test_equal_laws_raise_no_alarm(p):
    found = [sample_against_law(p.rvs(size=100, random_state=seed), p) for seed in range(40)]
    # At 2.5 % on that side, 5 of 40 come once in 300.
    assert sum(one.interval[0] > 0 for one in found) <= 4
    assert abs(np.mean([one.value for one in found])) < 4 * found[0].stderr / math.sqrt(40)


def test_equal_laws_on_a_coarse_neighborhood():
    # 100 neighbors of 200: a flat density would be off by half a nat, the power of the law is not off at all.
    values = [
        sample_against_law(stats.expon.rvs(size=200, random_state=seed), f.Exponential(1), k=100).value
        for seed in range(40)
    ]
    assert abs(np.mean(values)) < 4 * np.std(values) / math.sqrt(40) + 1e-3


@pytest.mark.parametrize("p", [f.Poisson(100), f.Zeta(1.2), f.Product([f.Poisson(5)] * 2)])
def test_rare_outcomes_bring_no_bias(p):
    # A plain sum is off by (outcomes seen)/2n, a tenth of a nat and more.
    law = open_law(p, "p", draws=True)
    values = [
        sample_against_law(take(law, 200, np.random.default_rng(seed)), p, rng=1 + seed).value for seed in range(20)
    ]
    assert abs(np.mean(values)) < 4 * np.std(values) / math.sqrt(20)


def test_counts_know_the_bias_of_the_plain_figure():
    # By simulation: the mean of the plain figure under equal laws is what is taken away.
    shares = np.exp(special.xlogy(np.arange(30), 4.0) - 4.0 - special.gammaln(np.arange(30) + 1.0))
    rng = np.random.default_rng(0)
    forward, backward = [], []
    for _ in range(2_000):
        cells = CountedCells(rng.multinomial(60, shares / shares.sum()).astype(float), shares, np.ones(30))
        forward.append(counts_against_shares(cells, 0.95))
        backward.append(shares_against_counts(cells, 0.95))
    for found in (forward, backward):
        values = np.array([one.value for one in found])
        # Half of what the guess of p between q and the counts leaves would be seen.
        assert abs(values.mean()) < 4 * values.std() / math.sqrt(2_000) + 0.003
        assert np.mean([one.interval[0] > 0 for one in found]) < 0.04
        assert np.mean([one.near for one in found]) > 0.99
    assert np.mean([one.plain for one in forward]) > 0.05


@pytest.mark.parametrize("weighted", [False, True])
def test_weights_stand_for_rows(weighted):
    # Normal rows of standard deviation 2, weighted to standard deviation 1.
    x = np.random.default_rng(3).normal(0, 2, 4_000)
    weights = np.exp(-0.5 * x**2 * 0.75) if weighted else None
    found = sample_against_law(x, f.Normal(0, 1), weights=weights)
    exact = 0.0 if weighted else float(kl.divergence(f.Normal(0, 2), f.Normal(0, 1)))
    assert abs(found.value - exact) < 4 * found.stderr
    back = law_against_sample(f.Normal(0, 1), x, weights=weights)
    exact = 0.0 if weighted else float(kl.divergence(f.Normal(0, 1), f.Normal(0, 2)))
    assert abs(back.value - exact) < 4 * back.stderr


def test_weights_of_counts():
    x = np.repeat([0, 1, 2], [50, 30, 20])
    weights = np.repeat([2.0, 1.0, 1.0], [50, 30, 20])
    found = sample_against_law(x, [0.5, 0.3, 0.2], weights=weights)
    plain = float(kl.divergence(np.array([100, 30, 20]) / 150, [0.5, 0.3, 0.2]))
    size = 150**2 / (4 * 50 + 50)
    assert found.value == pytest.approx(plain - 1 / size, abs=0.004)


def test_zero_weights_are_rows_that_are_not_there():
    x = np.random.default_rng(0).normal(size=300)
    weights = (np.arange(300) < 200).astype(float)
    assert sample_against_law(x, f.Normal(0, 1), weights=weights).value == pytest.approx(
        sample_against_law(x[:200], f.Normal(0, 1)).value, rel=1e-9
    )


@pytest.mark.parametrize(
    ("x", "q", "words"),
    [
        (np.linspace(-1, 1, 50), f.Exponential(1), "row 0, -1.0 (25 such rows of 50)"),
        ([0, 1, 5, 1, 0], [0.5, 0.5], "row 2, 5.0 (1 such rows of 5)"),
        ([0.5, 1.0, 2.0], f.Poisson(2), "row 0, 0.5"),
        (np.ones(30), f.Normal(0, 1), "1 in every row"),
        (
            np.stack([np.arange(30.0), 2 * np.arange(30.0)], 1),
            f.MultivariateNormal([0, 0.0], scale_diag=[1.0, 1]),
            "plane",
        ),
    ],
)
def test_rows_that_are_impossible(x, q, words):
    found = sample_against_law(x, q)
    assert (found.value, found.stderr, found.interval, found.reliable) == (INF, 0.0, (INF, INF), True)
    assert words in found.notes[0]


def test_rounded_rows():
    x = np.random.default_rng(0).normal(size=2_000)
    fine, coarse = (sample_against_law(np.round(x, digits), f.Normal(0, 1)) for digits in (1, 0))
    smooth = sample_against_law(x, f.Normal(0, 1))
    assert abs(fine.value - smooth.value) < 2 * smooth.stderr
    assert fine.reliable
    assert not coarse.reliable
    assert "taken for rounded" in fine.notes[0]
    # At 0 a gamma law has no density: what was rounded to it is spread out first.
    assert (
        abs(sample_against_law(np.round(np.random.default_rng(0).gamma(2, size=2_000), 1), f.Gamma(2, 1)).value) < 0.06
    )


def test_resampled_rows_are_not_reliable():
    rng = np.random.default_rng(0)
    assert not sample_against_law(rng.choice(rng.normal(size=300), 300), f.Normal(0, 1)).reliable


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_scale_and_place_do_not_matter(scale):
    x = np.random.default_rng(0).normal(size=200)
    here = sample_against_law(x, f.Normal(0, 1)).value
    assert sample_against_law(scale * x, f.Normal(0, scale)).value == pytest.approx(here, abs=1e-9)
    assert sample_against_law(1e6 + x, f.Normal(1e6, 1)).value == pytest.approx(here, abs=1e-6)


def test_heavy_tails_are_said():
    x = stats.t(2).rvs(size=3_000, random_state=0)
    found = sample_against_law(x, f.Normal(0, 3))
    assert not found.reliable
    assert "heavy tail" in found.notes[-1]


def test_the_tail_of_a_discrete_sample_is_said():
    found = sample_against_law(stats.zipf(1.8).rvs(size=500, random_state=0), f.Zeta(3))
    assert not found.reliable
    assert found.interval[1] == INF


def test_log_ratios():
    x = np.random.default_rng(0).gamma(2, size=500)
    found = sample_against_law(x, f.Gamma(3, 1))
    assert found.log_ratios.mean() == pytest.approx(found.value, rel=1e-12)
    truth = stats.gamma(2).logpdf(x) - stats.gamma(3).logpdf(x)
    assert np.corrcoef(found.log_ratios, truth)[0, 1] > 0.8


def test_the_seed_of_the_sample_may_be_the_seed_of_the_verb():
    # With one stream for both, the draws of p would be the rows of y.
    y = np.random.default_rng(0).normal(size=2_000)
    assert abs(law_against_sample(f.Normal(0, 1), y, rng=0).value) < 0.05


@pytest.mark.parametrize(
    ("x", "q", "message"),
    [
        (np.zeros((30, 2)), f.Normal(0, 1), "The same space"),
        (np.arange(5.0), f.Normal(0, 1), "At least 7"),
        (np.eye(3)[[0, 1, 2] * 5], f.VonMisesFisher([1.0, 0, 0], 3.0), "unit sphere"),
        (np.zeros((30, 2)), f.Product([f.Normal(0, 1), f.Poisson(1)]), "columns of both kinds|is not a law with"),
        (np.full(30, np.nan), f.Normal(0, 1), "holds nan"),
    ],
)
def test_what_does_not_fit(x, q, message):
    with pytest.raises(InputError, match=message.partition("|")[0]):
        sample_against_law(x, q)
    with pytest.raises(InputError, match=message.partition("|")[2] or message.replace("unit sphere", "not a law with")):
        law_against_sample(q, x)


# More dimensions.


def _correlated(d, r):
    return r ** abs(np.subtract.outer(np.arange(d), np.arange(d)))


@pytest.mark.parametrize(("d", "within"), [(2, 0.04), (5, 0.06), (10, 0.12)])
def test_correlated_normal_laws(d, within):
    p = f.MultivariateNormal(np.zeros(d), covariance_matrix=_correlated(d, 0.7))
    q = f.MultivariateNormal(np.zeros(d), scale_diag=np.ones(d))
    exact = float(kl.divergence(p, q))
    x = [take(open_law(p, "p"), 1_000, np.random.default_rng(seed)) for seed in range(4)]
    found = [sample_against_law(rows, q) for rows in x]
    assert np.mean([one.value for one in found]) == pytest.approx(exact, abs=within)
    assert sum(one.interval[0] <= exact <= one.interval[1] for one in found) >= 3


@pytest.mark.parametrize(
    "q",
    [
        f.Product([f.Exponential(1)] * 4),
        f.Mixture([1, 1], [f.MultivariateNormal(np.full(4, m), scale_diag=np.ones(4)) for m in (-2.0, 2.0)]),
        f.Dirichlet([1.0, 2.0, 3.0]),
        f.Product([f.Cauchy(0, 1)] * 2),
        f.Product([f.Normal(0, 1e6), f.Normal(0, 1e-6)]),
    ],
    ids=["edges", "clusters", "simplex", "heavy", "scales"],
)
def test_equal_laws_of_any_form_give_nothing(q):
    # Plain neighbors are off by -0.4, -0.2, -0.04, 0.05 and 0.02.
    found = [
        sample_against_law(take(open_law(q, "q"), 500, np.random.default_rng(seed)), q, rng=seed) for seed in range(6)
    ]
    assert abs(np.mean([one.value for one in found])) < 4 * found[0].stderr / math.sqrt(6)
    assert sum(one.interval[0] > 0 for one in found) <= 1
    assert "under q" in found[0].notes[0]


def test_sharp_edges_against_another_law():
    # Uniform rows in the cube: plain neighbors in 5 dimensions are off by half a nat, normal scores are not.
    x = np.random.default_rng(0).uniform(-1, 1, size=(2_000, 5))
    exact = 5 * float(kl.divergence(f.Uniform(-1, 1), f.Normal(0, 1)))
    found = sample_against_law(x, f.MultivariateNormal(np.zeros(5), scale_diag=np.ones(5)))
    assert "normal scores" in found.notes[0]
    assert found.value == pytest.approx(exact, abs=0.12)


def test_structure_that_no_model_has_is_said():
    # Rows near the edges of a cube's diagonal planes: each pair of columns is unrelated, all three are not.
    rng = np.random.default_rng(0)
    signs = rng.choice([-1.0, 1.0], size=(1_500, 2))
    x = np.column_stack([signs, signs.prod(axis=1)]) + 0.15 * rng.normal(size=(1_500, 3))
    found = sample_against_law(x, f.MultivariateNormal(np.zeros(3), scale_diag=np.ones(3)))
    assert not found.reliable
    assert "structure" in found.notes[-1]


def test_deterministic():
    x = np.random.default_rng(1).normal(size=(200, 2))
    q = f.Product([f.Laplace(0, 1)] * 2)
    one, two = (sample_against_law(x, q) for _ in range(2))
    assert (one.value, one.interval) == (two.value, two.interval)
    assert law_against_sample(q, x, rng=3).value == law_against_sample(q, x, rng=3).value


# A law against a sample.

BACK = [
    (stats.norm(0, 1), stats.norm(1, 2)),
    (stats.gamma(3), stats.gamma(2)),
    (stats.norm(), stats.laplace(0, 0.8)),
    (stats.uniform(-1, 2), stats.norm()),
    (stats.poisson(4), stats.poisson(5)),
    (stats.binom(10, 0.3), stats.binom(10, 0.4)),
]


@pytest.mark.parametrize(("p", "q"), BACK, ids=[f"{p.dist.name}-{q.dist.name}" for p, q in BACK])
def test_law_against_sample(p, q):
    exact = float(kl.divergence(p, q))
    found = [law_against_sample(p, q.rvs(size=500, random_state=seed), rng=seed) for seed in range(12)]
    # Measured over 100 seeds the intervals cover 94 to 99 %; 12 of them fall below 9 once in 1,000.
    assert sum(one.interval[0] <= exact <= one.interval[1] for one in found) >= 9
    assert np.mean([one.value for one in found]) == pytest.approx(exact, abs=4 * found[0].stderr / math.sqrt(12))


@pytest.mark.parametrize("p", [stats.gamma(2), stats.cauchy(), stats.poisson(4)], ids=lambda law: law.dist.name)
def test_law_against_its_own_sample(p):
    found = [law_against_sample(p, p.rvs(size=200, random_state=seed), rng=seed) for seed in range(20)]
    assert sum(one.interval[0] > 0 for one in found) <= 3
    assert abs(np.mean([one.value for one in found])) < 0.02


def test_law_against_sample_in_space():
    p = f.MultivariateNormal(np.zeros(3), covariance_matrix=_correlated(3, 0.5))
    y = np.random.default_rng(2).normal(size=(1_000, 3))
    exact = float(kl.divergence(p, f.MultivariateNormal(np.zeros(3), scale_diag=np.ones(3))))
    found = law_against_sample(p, y)
    assert found.value == pytest.approx(exact, abs=0.1)
    assert found.interval[0] <= exact <= found.interval[1]


@pytest.mark.parametrize(
    ("p", "y"),
    [
        (f.Normal(0, 2), np.random.default_rng(0).normal(size=500)),
        (f.NegativeBinomial(2, 0.33), np.random.default_rng(0).poisson(4, 1_000)),
        ([0.5, 0.4, 0.1], np.random.default_rng(0).integers(0, 2, 200)),
        (f.Poisson(100), np.random.default_rng(0).poisson(100, 20)),
    ],
)
def test_mass_that_the_sample_does_not_reach(p, y):
    found = law_against_sample(p, y)
    assert not found.reliable
    assert found.interval[1] == INF
    assert "of p lies" in found.notes[-1]
    assert math.isfinite(found.value)


def test_law_against_a_sample_without_density():
    assert law_against_sample(f.Normal(0, 1), np.ones(20)).value == INF


@pytest.mark.slow
@pytest.mark.parametrize("size", [100, 1_000])
@pytest.mark.parametrize(("p", "q"), [*LINE, *((p, p) for p, _ in LINE)], ids=lambda law: f"{law.dist.name}{law.args}")
def test_coverage(p, q, size):
    exact = float(kl.divergence(p, q)) if p is not q else 0.0
    found = [sample_against_law(p.rvs(size=size, random_state=seed), q) for seed in range(300)]
    # The goal is 90 %; three standard errors of 300 intervals below it are 85 %.
    assert np.mean([one.interval[0] <= exact <= one.interval[1] for one in found]) > 0.88
    if p is q:
        assert np.mean([one.interval[0] > 0 for one in found]) <= 0.05
