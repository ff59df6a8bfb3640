"""Fisher information against 30-digit truths (tools/make_fisher.py) and against the exact divergence of near laws."""

import json
from itertools import pairwise
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest

import kullback as kl
from kullback.families import FAMILIES
from kullback.fitting.geometry import fisher_information
from kullback.fitting.geometry._shift import moved

f = kl.families
POINTS = json.loads((Path(__file__).parents[1] / "data" / "fisher" / "information.json").read_text(encoding="utf-8"))
# A few ulp; quadrature and sums over outcomes lose a digit.
LOOSER = {"TruncatedNormal": 1e-13, "BetaBinomial": 1e-13, "NegativeBinomial": 5e-15, "VonMises": 5e-15}

L = np.array([[1.3, 0.0, 0.0], [0.4, 0.9, 0.0], [-0.3, 0.2, 1.7]])
SPREAD = L @ L.T
VECTORS = {
    "covariance": f.MultivariateNormal([0.0, 1.0, 2.0], covariance_matrix=SPREAD),
    "factor": f.MultivariateNormal([0.0, 1.0, 2.0], scale_tril=L),
    "diagonal": f.MultivariateNormal([0.0, 1.0], scale_diag=[0.5, 3.0]),
    "low rank": f.LowRankMultivariateNormal([0.0, 1.0, 2.0], [[1.0, 0.2], [0.5, -0.3], [-0.7, 0.4]], [0.5, 1.0, 2.0]),
    "matrix": f.MatrixNormal([[0.0, 1.0], [2.0, 0.0], [1.0, 1.0]], row_tril=L, col_tril=[[0.7, 0.0], [0.3, 1.1]]),
    "wishart": f.Wishart(5.3, scale_tril=L),
    "inverse wishart": f.InverseWishart(5.3, scale_tril=L),
    "dirichlet": f.Dirichlet([0.3, 2.0, 5.0]),
    "direction": f.VonMisesFisher([1.0, 2.0, -0.5], 3.0),
    "weights": f.Categorical([0.2, 0.3, 0.5]),
    "logits": f.Categorical(logits=[0.0, 1.0, -2.0]),
    "counts": f.Multinomial(7.0, [0.2, 0.3, 0.5]),
    "chain": f.MarkovChain([[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.3, 0.3, 0.4]]),
    "bernoulli logits": f.Bernoulli(logits=0.7),
    "continuous logits": f.ContinuousBernoulli(logits=-1.5),
    "student": f.StudentT(3.0, 0.5, 2.0),
    "logistic": f.Logistic(0.5, 2.0),
    "truncated": f.TruncatedNormal(0.3, 1.2, -1.0, 2.0),
    "kumaraswamy": f.Kumaraswamy(2.5, 3.0),
    "beta-binomial": f.BetaBinomial(6.0, 2.0, 3.0),
    "generalized gamma": f.GeneralizedGamma(1.5, 2.0, 1.2),
    "nakagami": f.Nakagami(1.5, 2.0),
    "moyal": f.Moyal(0.5, 2.0),
    "von mises": f.VonMises(0.5, 2.0),
    "inverse gaussian": f.InverseGaussian(1.5, 2.0),
}


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point['family']} {point['parameters']}")
def test_closed_forms_to_the_last_digits(point):
    found = fisher_information(getattr(f, point["family"])(**point["parameters"])).matrix
    truth = [[mp.mpf(text) for text in row] for row in point["information"]]
    bound = LOOSER.get(point["family"], 2e-15)
    for i, row in enumerate(truth):
        for j, value in enumerate(row):
            size = abs(value) or mp.sqrt(row[i] * truth[j][j])
            assert abs(mp.mpf(float(found[i, j])) - value) <= bound * size, (i, j, found[i, j])
            assert found[i, j] == found[j, i]


def curvature(law, step):
    """Twice the divergence of near laws over the square of the step, over both signs, extrapolated to zero."""
    values = []
    for level in range(4):
        size = 0.04 / 2**level
        both = [float(kl.divergence(law, moved(law, sign * size * step))) for sign in (1.0, -1.0)]
        values.append(sum(both) / size**2)
    for order in range(1, 4):
        values = [(4**order * fine - rough) / (4**order - 1) for rough, fine in pairwise(values)]
    return values[0]


@pytest.mark.parametrize("name", VECTORS)
def test_is_the_curvature_of_the_exact_divergence(name):
    law = VECTORS[name]
    matrix = np.asarray(fisher_information(law))
    rng = np.random.default_rng(5)
    unit = np.sqrt(np.diag(matrix))
    ways = [*(np.diag(1.0 / unit)), *(rng.choice([-1.0, 1.0], (3, len(unit))) / unit / len(unit) ** 0.5)]
    scale = np.max([np.abs(way) @ np.abs(matrix) @ np.abs(way) for way in ways])
    for way in ways[:: max(1, len(ways) // 6)]:
        np.testing.assert_allclose(curvature(law, way), way @ matrix @ way, rtol=0, atol=2e-7 * scale)


def test_normal_covariances_by_the_definition():
    """½ tr (Σ⁻¹ ∂ᵢΣ Σ⁻¹ ∂ⱼΣ), entry by entry."""
    places = [(i, j) for i in range(3) for j in range(i + 1)]
    inverse = np.linalg.inv(SPREAD)
    sides, factors = [], []
    for i, j in places:
        unit = np.zeros((3, 3))
        unit[i, j] = 1.0
        sides.append(np.maximum(unit, unit.T))
        factors.append(unit @ L.T + L @ unit.T)
    for name, changes in (("covariance", sides), ("factor", factors)):
        truth = [[0.5 * np.trace(inverse @ a @ inverse @ b) for b in changes] for a in changes]
        found = np.asarray(fisher_information(VECTORS[name]))
        np.testing.assert_allclose(found[3:, 3:], truth, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(found[:3, :3], inverse, rtol=1e-12)
        assert not found[:3, 3:].any()


def test_every_family_has_information_or_says_why_not():
    without = {kind.__name__ for kind, row in FAMILIES.items() if row.fisher is None}
    # No real parameters, laws made of laws, and laws known by their density alone.
    assert without == {
        *("DiscreteUniform", "Hypergeometric"),
        *("Mixture", "Product", "Independent", "Transformed", "Opaque"),
    }


SCALARS = ("StudentT", "Kumaraswamy", "NegativeBinomial", "BetaBinomial", "TruncatedNormal", "Zeta", "VonMises")
MATRICES = ("covariance", "factor", "low rank", "matrix", "wishart", "direction", "weights")


@pytest.mark.parametrize("family", SCALARS)
def test_batches_in_every_array_library(xp, family):
    points = [point["parameters"] for point in POINTS if point["family"] == family][-2:]
    batch = {name: xp.asarray([point[name] for point in points], dtype=xp.float64) for name in points[0]}
    found = np.asarray(fisher_information(getattr(f, family)(**batch)).matrix)
    truth = np.stack([np.asarray(fisher_information(getattr(f, family)(**point))) for point in points])
    np.testing.assert_allclose(found, truth, rtol=1e-12)


@pytest.mark.parametrize("name", MATRICES)
def test_vectors_in_every_array_library(xp, name):
    law = VECTORS[name]
    batch = {key: xp.asarray(np.stack([value, value])) for key, value in law.parameters().items()}
    found = np.asarray(fisher_information(type(law)(**batch)).matrix)
    truth = np.asarray(fisher_information(law))
    np.testing.assert_allclose(found, np.stack([truth, truth]), rtol=1e-12, atol=1e-14 * np.abs(truth).max())
