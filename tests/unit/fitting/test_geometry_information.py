import numpy as np
import pytest

import kullback as kl
from kullback.fitting.geometry import fisher_information

f = kl.families


def test_kinetic_energies_of_scale_a():
    """Gamma(3/2) of scale a: a density (S039) with information 3 / 2a² (S040)."""
    scale = 2.5
    law = f.Gamma(1.5, 1 / scale)
    energies = np.linspace(1e-6, 60.0, 2_000_001)
    density = 2 / np.sqrt(np.pi) * scale**-1.5 * np.sqrt(energies) * np.exp(-energies / scale)
    assert np.trapezoid(density, energies) == pytest.approx(1.0, abs=1e-7)
    np.testing.assert_allclose(np.exp(f.log_prob(law, energies)), density, rtol=1e-12)
    by_scale = fisher_information(law, fixed="concentration").under([[-1 / scale**2]], parameters=("scale",))
    assert float(by_scale) == pytest.approx(0.24, rel=1e-14)
    assert fisher_information(f.GeneralizedGamma(1.5, scale, 1.0))["scale"] == pytest.approx(0.24, rel=1e-14)


def test_the_record_reads_well():
    found = fisher_information(f.Normal(0.0, 2.0))
    assert found.parameters == ("loc", "scale")
    assert found["scale"] == 0.5
    assert found["loc", "scale"] == 0.0
    np.testing.assert_array_equal(np.asarray(found), [[0.25, 0.0], [0.0, 0.5]])
    assert "nats per squared unit" in str(found)
    assert float(fisher_information(f.Poisson(4.0))) == 0.25
    batch = fisher_information(f.Normal(np.zeros(3), 2.0))
    assert "(3, 2, 2)" in str(batch)
    with pytest.raises(kl.InputError, match="no coordinate 'df'"):
        found["df"]
    with pytest.raises(kl.InputError, match="not one number"):
        float(found)


def test_names_of_coordinates():
    names = fisher_information(f.MultivariateNormal([0.0, 1.0], covariance_matrix=np.eye(2))).parameters
    assert names[:3] == ("loc[0]", "loc[1]", "covariance_matrix[0,0]")
    assert names[3:] == ("covariance_matrix[1,0]", "covariance_matrix[1,1]")
    assert fisher_information(f.MarkovChain([[0.5, 0.5], [0.2, 0.8]])).parameters[2] == "transition[1,0]"


def test_cramer_rao_bound_is_met_by_the_mean():
    law = f.Normal(1.0, 2.0)
    bound = fisher_information(law).covariance(50)
    means = np.random.default_rng(3).normal(1.0, 2.0, (20_000, 50)).mean(axis=1)
    # The variance of 20,000 means has a relative standard error of 1 %; five of them, a false alarm in 1e-6 of runs.
    assert means.var() == pytest.approx(float(bound[0, 0]), rel=0.05)
    with pytest.raises(kl.InputError, match="positive number of draws"):
        fisher_information(law).covariance(0)


def test_singular_information_has_no_inverse_until_something_is_fixed():
    law = f.Categorical([0.2, 0.3, 0.5])
    with pytest.raises(kl.InputError, match="singular"):
        fisher_information(law).inverse()
    found = fisher_information(law, fixed="probs[2]").inverse()
    kept = np.array([0.2, 0.3])
    jacobian = np.eye(2) - kept[:, None]  # of shares by weights, the last weight fixed
    np.testing.assert_allclose(jacobian @ found @ jacobian.T, np.diag(kept) - np.outer(kept, kept), rtol=1e-12)


def test_inverse_of_unlike_units():
    law = f.Normal(1e6, np.array([1e-8, 1.0]))
    found = fisher_information(law).inverse()
    np.testing.assert_allclose(found[..., 0, 0], np.array([1e-16, 1.0]), rtol=1e-14)
    np.testing.assert_allclose(found[..., 1, 1], np.array([0.5e-16, 0.5]), rtol=1e-14)


def test_products_are_block_diagonal():
    found = fisher_information(f.Product([f.Normal(0.0, 2.0), f.Poisson(4.0)]))
    np.testing.assert_array_equal(np.asarray(found), np.diag([0.25, 0.5, 0.25]))
    assert found.parameters[2] == "components[1].rate"


def test_objects_of_other_libraries(require):
    torch = require("torch")
    from scipy import stats  # noqa: PLC0415 - heavy

    np.testing.assert_allclose(np.asarray(fisher_information(stats.norm(0, 2))), [[0.25, 0], [0, 0.5]])
    # By concentration and rate, whether or not the scale has an exact reciprocal.
    for scale in (2.0, 3.0):
        found = fisher_information(stats.gamma(1.5, scale=scale))
        assert found.parameters == ("concentration", "rate")
        assert found["rate"] == pytest.approx(1.5 * scale**2)
    with pytest.raises(kl.InputError, match="log density alone"):
        fisher_information(stats.skewnorm(4.0))
    halves = torch.distributions.Categorical(torch.ones(2))
    parts = torch.distributions.Normal(torch.tensor([0.0, 0.0]), torch.ones(2))
    mixed = fisher_information(torch.distributions.MixtureSameFamily(halves, parts))
    np.testing.assert_allclose(mixed["components[0].loc"], 0.25, rtol=1e-9)
    batch = torch.distributions.Independent(
        torch.distributions.Normal(torch.zeros(3), torch.tensor([1.0, 2.0, 4.0])), 1
    )
    found = fisher_information(batch)
    assert found.parameters == ("loc[0]", "loc[1]", "loc[2]", "scale[0]", "scale[1]", "scale[2]")
    assert found.matrix.dtype == torch.float32
    np.testing.assert_allclose(np.diag(np.asarray(found)), [1, 1 / 4, 1 / 16, 2, 1 / 2, 1 / 8])


def test_differentiable_in_torch(require):
    torch = require("torch")
    scale = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    fisher_information(f.Normal(0.0, scale))["scale"].backward()
    assert float(scale.grad) == pytest.approx(-4 / 2.0**3)
    shape = torch.tensor([0.3, 2.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda a: fisher_information(f.Dirichlet(a)).matrix, shape)


def test_traced_by_jax(require):
    jax = require("jax")
    found = jax.jit(lambda scale: fisher_information(f.Normal(0.0, scale)).matrix)(2.0)
    np.testing.assert_allclose(found, [[0.25, 0.0], [0.0, 0.5]])


def test_mixtures_by_sums_over_a_fine_grid():
    """Scores by hand on a grid: the trapezoid rule is exact for laws that die so fast."""
    weights, parts = np.array([0.3, 0.7]), [f.Normal(-1.0, 1.0), f.Normal(2.0, 0.5)]
    found = fisher_information(f.Mixture(weights, parts))
    x = np.linspace(-12.0, 12.0, 200_001)
    dens = [np.exp(f.log_prob(part, x)) for part in parts]
    whole = weights @ np.array(dens)
    rows = [(one - whole) / whole for one in dens]
    for share, one, part in zip(weights, dens, parts, strict=True):
        z = (x - float(part.loc)) / float(part.scale)
        rows += [share * one / whole * z / float(part.scale), share * one / whole * (z * z - 1) / float(part.scale)]
    truth = np.array(rows) * whole @ np.array(rows).T * (24.0 / 200_000)
    assert found.error < 1e-9
    unit = np.sqrt(np.diag(truth))
    assert np.abs((np.asarray(found) - truth) / np.outer(unit, unit)).max() <= found.error + 1e-12
    assert found.parameters == (
        "weights[0]",
        "weights[1]",
        *(f"components[{i}].{n}" for i in (0, 1) for n in ("loc", "scale")),
    )
    assert "relative error" in str(found)


def test_mixtures_of_counts():
    found = fisher_information(f.Mixture([1.0, 1.0], [f.Poisson(2.0), f.Poisson(2.0)]))
    # Two equal halves: together one Poisson law of information 1/2, split evenly.
    np.testing.assert_allclose(np.asarray(found)[2:, 2:], np.full((2, 2), 0.125), rtol=1e-9)
    np.testing.assert_allclose(np.asarray(found)[:2, :2], np.zeros((2, 2)), atol=1e-12)


@pytest.mark.parametrize(
    ("law", "message"),
    [
        (f.Uniform(0.0, 1.0), "low, high is infinite: the support"),
        (f.Pareto(1.0, 2.0), r"fixed=\['scale'\]"),
        (f.LogUniform(1.0, 2.0), "support"),
        (f.PointMass(1.0), "value is infinite"),
        (f.Bernoulli(0.0), "edge of its domain"),
        (f.Poisson(0.0), "edge of its domain"),
        (f.Exponential(1e-300), "out of the range"),
        (f.DiscreteUniform(0, 3), "whole numbers alone"),
        ({"a": 0.5, "b": 0.5}, "has labels"),
        (f.Mixture([0.5, 0.5], (f.Uniform(0, 1), f.Normal(0, 1))), "support moves"),
        ([0.5, 0.6], "adds up to 1.1"),
        (object(), "cannot read"),
    ],
)
def test_laws_without_information(law, message):
    with pytest.raises(kl.InputError, match=message):
        fisher_information(law)


def test_what_is_fixed_is_left_out():
    assert fisher_information(f.Pareto(1.0, 2.0), fixed="scale").parameters == ("alpha",)
    assert fisher_information(f.Normal(0.0, 1.0), fixed=["loc"])["scale"] == 2.0
    names = fisher_information(f.Dirichlet([1.0, 2.0, 3.0]), fixed=("concentration[1]",)).parameters
    assert names == ("concentration[0]", "concentration[2]")
    with pytest.raises(kl.InputError, match="no coordinate"):
        fisher_information(f.Normal(0.0, 1.0), fixed="mean")
    with pytest.raises(kl.InputError, match="no coordinate"):
        fisher_information(f.Normal(0.0, 1.0), fixed=3)
    with pytest.raises(kl.InputError, match="leaves no coordinate"):
        fisher_information(f.Poisson(1.0), fixed="rate")


@pytest.mark.parametrize("jacobian", [[[1.0]], [1.0, 2.0]])
def test_jacobians_have_a_row_for_each_coordinate(jacobian):
    with pytest.raises(kl.InputError, match="2 rows"):
        fisher_information(f.Normal(0.0, 1.0)).under(jacobian)
    with pytest.raises(kl.InputError, match="names"):
        fisher_information(f.Normal(0.0, 1.0)).under(np.eye(2), parameters=("a",))
