"""Laws of vectors, matrices and paths, whole numbers by search, mixtures and products."""

import itertools

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from kullback import InputError
from kullback import families as laws
from kullback.fitting.likelihood import fit


def test_dirichlet_meets_the_mean_logarithms():
    x = np.random.default_rng(0).dirichlet([1.0, 2.0, 0.5], 30)
    found = fit(x, "dirichlet")
    a = found.parameters["concentration"]
    with mp.workdps(30):
        levels = [mp.fsum(map(mp.log, column)) / 30 for column in x.T]
        total = mp.fsum(map(mp.mpf, a))
        gaps = [mp.digamma(mp.mpf(one)) - mp.digamma(total) - level for one, level in zip(a, levels, strict=True)]
    assert [float(gap) for gap in gaps] == pytest.approx([0, 0, 0], abs=1e-14)
    assert found.k == 3


def test_normal_laws_are_means_and_covariances_also_with_weights():
    x = np.random.default_rng(1).normal(np.array([1e8, 0.0, -5.0]), 1.0, (40, 3))
    w = np.arange(40.0)
    found = fit(x, "multivariatenormal", weights=w)
    assert found.parameters["loc"] == pytest.approx(np.average(x, axis=0, weights=w), rel=1e-14)
    assert found.parameters["covariance_matrix"] == pytest.approx(np.cov(x.T, aweights=w, bias=True), abs=1e-7)
    assert found.k == 9


def test_factor_model_is_as_likely_as_that_of_sklearn(require):
    decomposition = require("sklearn.decomposition")
    rng = np.random.default_rng(2)
    x = rng.normal(size=(300, 2)) @ rng.normal(size=(2, 6)) + rng.normal(size=(300, 6)) * rng.uniform(0.3, 1, 6)
    found = fit(x, "lowrankmultivariatenormal", rank=2)
    other = decomposition.FactorAnalysis(2, tol=1e-10, max_iter=20000, svd_method="lapack").fit(x)
    assert found.converged
    assert found.log_likelihood == pytest.approx(300 * other.score(x), rel=1e-7)
    assert found.log_likelihood >= 300 * other.score(x) - 1e-6
    assert found.k == 6 + 6 + 12 - 1
    with pytest.raises(InputError, match="rank"):
        fit(x, "lowrankmultivariatenormal")


def slopes(function, values):
    """Derivatives of a function of an array, entry by entry."""
    found = []
    for place in itertools.product(*map(range, values.shape)):
        step = np.zeros_like(values)
        step[place] = 1e-6
        found.append((function(values + step) - function(values - step)) / 2e-6)
    return np.array(found)


def test_matrix_normal_is_where_the_likelihood_of_scipy_is_flat():
    rng = np.random.default_rng(3)
    x = np.array([[1, 0], [0.5, 2]]) @ rng.normal(size=(60, 2, 3)) + 1.0
    found = fit(x, "matrixnormal")
    loc, rows, columns = (np.asarray(found.parameters[name]) for name in ("loc", "row_tril", "col_tril"))
    assert np.linalg.det(columns) == pytest.approx(1.0)

    def height(mean, left, right):
        return stats.matrix_normal(mean, left @ left.T, right @ right.T).logpdf(x).sum()

    assert found.log_likelihood == pytest.approx(height(loc, rows, columns), rel=1e-10)
    flat = [slopes(lambda m: height(m, rows, columns), loc), slopes(lambda a: height(loc, a, columns), rows)]
    assert max(np.max(np.abs(one)) for one in flat) < 1e-4
    assert found.k == 6 + 3 + 6 - 1


@pytest.mark.parametrize(("name", "law"), [("wishart", stats.wishart), ("inversewishart", stats.invwishart)])
def test_wishart_laws_are_where_the_likelihood_of_scipy_is_flat(name, law):
    scale = np.array([[2.0, 0.5], [0.5, 1.0]])
    x = law(6.0, scale).rvs(50, random_state=np.random.default_rng(4))
    found = fit(x, name)
    df, factor = found.parameters["df"], found.parameters["scale_tril"]

    def height(df, factor):
        return law(float(df), factor @ factor.T).logpdf(np.moveaxis(x, 0, -1)).sum()

    assert found.log_likelihood == pytest.approx(height(df, factor), rel=1e-10)
    assert np.max(np.abs(slopes(lambda f: height(df, f), factor))) < 1e-4
    assert abs(slopes(lambda d: height(d, factor), np.array(df))[0]) < 1e-4
    assert found.k == 4


def test_directions_as_scipy_finds_them():
    x = stats.vonmises_fisher([0, 0.6, 0.8], 7.0).rvs(80, random_state=np.random.default_rng(5))
    found = fit(x, "vonmisesfisher")
    direction, kappa = stats.vonmises_fisher.fit(x)
    assert found.parameters["mean_direction"] == pytest.approx(direction, rel=1e-10)
    assert found.parameters["concentration"] == pytest.approx(kappa, rel=1e-8)
    # In three dimensions coth κ - 1/κ is the mean resultant length.
    length = np.linalg.norm(x.mean(axis=0))
    exact = mp.findroot(lambda k: mp.coth(k) - 1 / k - length, kappa)
    assert found.parameters["concentration"] == pytest.approx(float(exact), rel=1e-13)
    with pytest.raises(InputError, match="length 1"):
        fit(2 * x, "vonmisesfisher")


def test_markov_chain_from_a_path_paths_and_counts():
    path = list("abbabba")
    found = fit(path, "markovchain")
    assert found.labels == ("a", "b")
    assert found.parameters["transition"].tolist() == [[0, 1], [0.5, 0.5]]
    assert found.log_likelihood == pytest.approx(4 * np.log(0.5))
    both = fit([["a", "b", "b"], ["b", "a"]], "markovchain")
    assert both.n == 3
    counted = fit(np.array([[0, 2], [2, 2]]), "markovchain")
    assert counted.parameters["transition"].tolist() == found.parameters["transition"].tolist()
    assert counted.log_likelihood == pytest.approx(found.log_likelihood)


def test_state_that_is_never_left_is_named():
    found = fit(["a", "b", "a", "c"], "markovchain")
    assert found.parameters["transition"][2] == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert any("never left" in note and "c" in note for note in found.notes)


@pytest.mark.parametrize("unknown", ["population", "successes", "draws"])
def test_hypergeometric_by_trying_all(unknown):
    x = [3, 5, 4, 6, 4]
    known = {"population": 60, "successes": 25, "draws": 11}
    del known[unknown]
    found = fit(x, "hypergeometric", fixed=known)

    def height(value):
        every = {**known, unknown: value}
        return stats.hypergeom(every["population"], every["successes"], every["draws"]).logpmf(x).sum()

    low = 6 if unknown != "population" else 36
    assert found.parameters[unknown] == max(range(low, 61 if unknown != "population" else 500), key=height)
    assert found.log_likelihood == pytest.approx(height(int(found.parameters[unknown])), rel=1e-12)


def test_number_of_trials_by_trying_all():
    x = [4, 6, 5, 7, 3, 5, 6]
    found = fit(x, "binomial")
    tried = {n: stats.binom(n, np.mean(x) / n).logpmf(x).sum() for n in range(7, 400)}
    assert found.parameters["total_count"] == max(tried, key=tried.get)
    assert found.k == 2


def test_gaussian_mixture_is_as_likely_as_that_of_sklearn(require):
    mixture = require("sklearn.mixture")
    rng = np.random.default_rng(6)
    x = np.concatenate([rng.normal(-2, 1, 200), rng.normal(2, 0.5, 100)])
    found = fit(x, "mixture", components=2, starts=5)
    other = mixture.GaussianMixture(2, tol=1e-12, max_iter=5000, reg_covar=0, random_state=0).fit(x[:, None])
    assert found.converged
    assert found.log_likelihood == pytest.approx(300 * other.score(x[:, None]), rel=1e-9)
    assert sorted(other.means_[:, 0]) == pytest.approx([float(part.loc) for part in found.law.components], rel=1e-4)
    assert found.k == 5
    assert np.all(np.isfinite(found.covariance))


def test_mixture_of_vectors_and_of_counts(require):
    mixture = require("sklearn.mixture")
    rng = np.random.default_rng(7)
    x = np.concatenate([rng.normal(size=(100, 2)), rng.normal(size=(80, 2)) + 4])
    found = fit(x, laws.Mixture, components=2, starts=4)
    other = mixture.GaussianMixture(2, tol=1e-12, max_iter=5000, reg_covar=0, random_state=0).fit(x)
    assert found.log_likelihood == pytest.approx(180 * other.score(x), rel=1e-8)
    counts = fit(np.concatenate([rng.poisson(1, 200), rng.poisson(15, 100)]), "mixture", components=["poisson"] * 2)
    assert [part.rate for part in counts.law.components] == pytest.approx([1, 15], rel=0.1)
    assert -counts.n * (counts.entropy + counts.divergence) == pytest.approx(counts.log_likelihood, rel=1e-12)


def test_mixture_information_from_scores():
    rng = np.random.default_rng(8)
    x = np.concatenate([rng.normal(-3, 1, 3000), rng.normal(3, 1, 3000)])
    found = fit(x, "mixture", components=2, starts=2)
    # Far apart, a component is fitted to its half: σ/√(n/2), and a share of one half is known to ½/√n.
    assert found.stderr["components[0].loc"] == pytest.approx(1 / np.sqrt(3000), rel=0.05)
    assert found.stderr["weights[0]"] == pytest.approx(0.5 / np.sqrt(6000), rel=0.05)


def test_starts_that_collapse_are_dropped_and_told():
    x = np.random.default_rng(9).normal(size=30)
    found = fit(x, "mixture", components=7, starts=10)
    assert min(float(part.scale) for part in found.law.components) > 1e-4
    assert any("no bound" in note for note in found.notes)
    # A tenth of the data at one point draws every start.
    with pytest.raises(InputError, match="no bound"):
        fit(np.concatenate([x, [5.0] * 4]), "mixture", components=2)


def test_same_seed_same_mixture():
    x = np.random.default_rng(10).normal(np.tile([0.0, 6.0], 20))
    one, other = (fit(x, "mixture", components=2, starts=3, rng=5) for _ in range(2))
    assert one.parameters["components[0].loc"] == other.parameters["components[0].loc"]


def test_product_is_fitted_column_by_column():
    rng = np.random.default_rng(11)
    x = np.column_stack([rng.normal(size=50), rng.gamma(2, 1, 50)])
    found = fit(x, "product", components=["normal", "gamma"])
    parts = [fit(x[:, 0], "normal"), fit(x[:, 1], "gamma")]
    assert found.log_likelihood == pytest.approx(sum(part.log_likelihood for part in parts))
    assert found.k == 4
    assert found.stderr["components[1].rate"] == pytest.approx(parts[1].stderr["rate"])
    with pytest.raises(InputError, match="columns"):
        fit(x, "product", components=["normal"])


def test_generalized_gamma_beats_what_it_contains():
    x = np.random.default_rng(12).weibull(1.7, 300)
    found = fit(x, "generalizedgamma")
    assert found.log_likelihood > max(fit(x, name).log_likelihood for name in ("weibull", "gamma", "exponential"))
    density = stats.gengamma(found.parameters["concentration"], found.parameters["power"], 0, found.parameters["scale"])
    assert found.log_likelihood == pytest.approx(density.logpdf(x).sum(), rel=1e-10)
