"""Log densities and draws of the laws on matrices against SciPy."""

import numpy as np
import pytest
from scipy import stats

import kullback as kl
from kullback.families import FAMILIES, log_prob

f = kl.families
L = np.array([[1.3, 0.0, 0.0], [0.4, 0.9, 0.0], [-0.3, 0.2, 1.7]])
SPREAD = L @ L.T
DF = 7.5


def draws(law, count, seed=0):
    return FAMILIES[type(law)].sample(law, (count,), np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("law", "peer"),
    [
        (f.Wishart(DF, scale_tril=L), stats.wishart(DF, SPREAD)),
        (f.InverseWishart(DF, scale_tril=L), stats.invwishart(DF, SPREAD)),
    ],
)
def test_log_densities_and_means(law, peer):
    x = draws(law, 5)
    np.testing.assert_allclose(log_prob(law, x), [peer.logpdf(one) for one in x], rtol=1e-11)
    # Means over 40,000 draws: five standard errors of the largest entry, a false alarm in 1e-6 of runs.
    many = draws(law, 40_000)
    off = np.abs(many.mean(0) - np.asarray(peer.mean())) / (many.std(0) / 200.0)
    assert off.max() < 5.0


def test_matrix_normal():
    mean, columns = np.arange(6.0).reshape(3, 2), np.array([[0.7, 0.0], [0.3, 1.1]])
    law = f.MatrixNormal(mean, row_tril=L, col_tril=columns)
    x = draws(law, 4)
    peer = stats.matrix_normal(mean, SPREAD, columns @ columns.T)
    np.testing.assert_allclose(log_prob(law, x), peer.logpdf(x), rtol=1e-12)


def test_nothing_outside_of_the_support():
    law, x = f.Wishart(DF, scale_tril=L), draws(f.Wishart(DF, scale_tril=L), 1)[0]
    outside = np.stack([-x, np.ones((3, 3)), x + np.triu(np.ones((3, 3)), 1), np.full((3, 3), np.nan)])
    assert (log_prob(law, outside) == -np.inf).all()
    assert (log_prob(f.InverseWishart(DF, scale_tril=L), outside) == -np.inf).all()


def test_one_dimension_is_chi_squared():
    law, x = f.Wishart(3.5, scale_tril=[[2.0]]), np.array([0.01, 1.0, 30.0])
    truth = stats.chi2(3.5, scale=4.0).logpdf(x)
    np.testing.assert_allclose(log_prob(law, x[:, None, None]), truth, rtol=1e-12)


def test_log_densities_in_every_array_library(xp):
    x = draws(f.Wishart(DF, scale_tril=L), 2)
    for kind in (f.Wishart, f.InverseWishart):
        found = log_prob(kind(xp.asarray(DF), scale_tril=xp.asarray(L)), xp.asarray(x))
        np.testing.assert_allclose(np.asarray(found), log_prob(kind(DF, scale_tril=L), x), rtol=1e-12)


def test_entropy_is_minus_the_mean_log_density():
    for law in (f.Wishart(DF, scale_tril=L), f.InverseWishart(DF, scale_tril=L)):
        values = -log_prob(law, draws(law, 20_000))
        # Five standard errors: a false alarm in 1e-6 of runs.
        assert abs(values.mean() - float(kl.entropy(law))) < 5.0 * values.std() / 20_000**0.5
