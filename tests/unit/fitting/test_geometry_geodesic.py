import numpy as np
import pytest

import kullback as kl
from kullback.fitting.geometry import fisher_rao_distance, geodesic, natural_gradient

f = kl.families
SPREADS = [[2.0, 0.5], [0.5, 1.0]], [[1.0, -0.3], [-0.3, 4.0]]
PAIRS = {
    "normal": (f.Normal(-1.0, 0.5), f.Normal(2.0, 1.5)),
    "many": tuple(
        f.MultivariateNormal(m, covariance_matrix=s) for m, s in zip(([0.0, 1.0], [2.0, 0.0]), SPREADS, strict=True)
    ),
    "categorical": (f.Categorical([0.2, 0.3, 0.5]), f.Categorical([0.6, 0.3, 0.1])),
    "bernoulli": (f.Bernoulli(0.1), f.Bernoulli(0.8)),
    "binomial": (f.Binomial(5.0, 0.1), f.Binomial(5.0, 0.8)),
    "geometric": (f.Geometric(0.1), f.Geometric(0.8)),
    "poisson": (f.Poisson(0.5), f.Poisson(7.0)),
    "exponential": (f.Exponential(0.5), f.Exponential(7.0)),
    "rayleigh": (f.Rayleigh(0.5), f.Rayleigh(2.0)),
    "gamma": (f.Gamma(0.5, 2.0), f.Gamma(3.0, 1.0)),
    "inverse gamma": (f.InverseGamma(0.5, 2.0), f.InverseGamma(3.0, 1.0)),
    "beta": (f.Beta(0.5, 2.0), f.Beta(3.0, 1.0)),
    "chi2": (f.Chi2(1.0), f.Chi2(5.0)),
    "continuous bernoulli": (f.ContinuousBernoulli(0.1), f.ContinuousBernoulli(0.8)),
    "zeta": (f.Zeta(1.5), f.Zeta(4.0)),
    "log series": (f.LogSeries(0.1), f.LogSeries(0.8)),
    "lognormal": (f.LogNormal(-1.0, 0.5), f.LogNormal(2.0, 1.5)),
}
POINTS = {"many": np.array([[0.3, -1.0], [2.0, 5.0], [-1.0, 0.5]])}
LATTICE = {"categorical", "bernoulli", "binomial", "geometric", "poisson", "zeta", "log series"}


def points(name):
    if name in POINTS:
        return POINTS[name]
    if name == "bernoulli":
        return np.array([0.0, 1.0])
    return (
        np.array([1.0, 2.0, 0.0])
        if name == "categorical"
        else np.array([1.0, 2.0, 3.0])
        if name in LATTICE
        else np.array([0.2, 0.5, 0.7])
    )


@pytest.mark.parametrize("name", PAIRS)
def test_exponential_geodesics_are_tempered_paths(name):
    """Log p_t less the mixture of the two log densities is one constant."""
    p, q = PAIRS[name]
    x = points(name)
    for t in (0.0, 0.3, 1.0):
        rest = f.log_prob(geodesic(p, q, t, kind="exponential"), x) - (1 - t) * f.log_prob(p, x) - t * f.log_prob(q, x)
        np.testing.assert_allclose(rest, rest[0], rtol=1e-11, atol=1e-12)


MEANS = {
    "normal": lambda law: np.stack([law.loc, law.loc**2 + law.scale**2]),
    "lognormal": lambda law: np.stack([law.loc, law.loc**2 + law.scale**2]),
    "many": lambda law: np.concatenate([law.loc[None], law.covariance_matrix + np.outer(law.loc, law.loc)]),
    "categorical": lambda law: law.probs / law.probs.sum(),
    "bernoulli": lambda law: law.probs,
    "binomial": lambda law: law.probs,
    "geometric": lambda law: (1 - law.probs) / law.probs,
    "poisson": lambda law: law.rate,
    "exponential": lambda law: 1 / law.rate,
    "rayleigh": lambda law: law.scale**2,
}


@pytest.mark.parametrize("name", MEANS)
def test_mixture_geodesics_are_straight_in_expectations(name):
    p, q = PAIRS[name]
    mean = MEANS[name]
    for t in (0.0, 0.3, 1.0):
        np.testing.assert_allclose(
            mean(geodesic(p, q, t, kind="mixture")), (1 - t) * mean(p) + t * mean(q), rtol=1e-13, atol=1e-15
        )


@pytest.mark.parametrize("name", ["normal", "many", "poisson"])
def test_pythagoras_at_any_angle(name):
    """From p by an m-geodesic to r, on by an e-geodesic: a law of cosines, whose last term no right angle has."""
    p, r = PAIRS[name]
    q = {
        "normal": f.Normal(0.7, 0.9),
        "many": f.MultivariateNormal([1.0, -1.0], scale_diag=[0.5, 2.0]),
        "poisson": f.Poisson(2.0),
    }[name]
    gap = inner(p, q, r)
    total = float(kl.divergence(p, q))
    parts = float(kl.divergence(p, r)) + float(kl.divergence(r, q))
    # D(p‖q) = D(p‖r) + D(r‖q) - (η_p - η_r)·(θ_q - θ_r)
    assert total == pytest.approx(parts - gap, rel=1e-10)


def inner(p, q, r):
    """(η_p - η_r)·(θ_q - θ_r) from expectations and natural parameters."""
    if isinstance(p, f.Poisson):
        return float((p.rate - r.rate) * (np.log(q.rate) - np.log(r.rate)))
    eta, theta = [], []
    for law in (p, q, r):
        mean = np.atleast_1d(np.asarray(law.loc, dtype=float))
        spread = (
            np.atleast_2d(np.asarray(law.covariance_matrix))
            if getattr(law, "covariance_matrix", None) is not None
            else None
        )
        if spread is None:
            scale = law.scale_diag if isinstance(law, f.MultivariateNormal) else np.atleast_1d(law.scale)
            spread = np.diag(np.asarray(scale) ** 2)
        eta.append(np.concatenate([mean, (spread + np.outer(mean, mean)).ravel()]))
        inverse = np.linalg.inv(spread)
        theta.append(np.concatenate([inverse @ mean, -0.5 * inverse.ravel()]))
    return float((eta[0] - eta[2]) @ (theta[1] - theta[2]))


def test_pythagoras_at_a_right_angle():
    """With r the product of the margins of p, and q a product: p to r is an m-geodesic, r to q an e-geodesic."""
    joint = np.array([[0.3, 0.1], [0.2, 0.4]])
    rows, columns = joint.sum(1), joint.sum(0)
    margins = np.outer(rows, columns)
    other = np.outer([0.6, 0.4], [0.1, 0.9])
    left = float(kl.divergence(joint.ravel(), other.ravel()))
    right = float(kl.divergence(joint.ravel(), margins.ravel())) + float(kl.divergence(margins.ravel(), other.ravel()))
    assert left == pytest.approx(right, rel=1e-13)
    # The m-geodesic keeps the margins, the e-geodesic stays among products.
    midway = np.asarray(geodesic(joint.ravel(), margins.ravel(), 0.3, kind="mixture").probs).reshape(2, 2)
    np.testing.assert_allclose(midway.sum(1), rows, rtol=1e-14)
    tempered = np.asarray(geodesic(margins.ravel(), other.ravel(), 0.3, kind="exponential").probs).reshape(2, 2)
    assert np.linalg.matrix_rank(tempered, tol=1e-14) == 1


def test_outcomes_that_one_law_never_has():
    half = geodesic([1.0, 0.0, 0.0], [0.5, 0.5, 0.0], 0.5, kind="exponential")
    np.testing.assert_allclose(half.probs, [1.0, 0.0, 0.0])
    np.testing.assert_allclose(geodesic([1.0, 0.0], [0.0, 1.0], 0.5).probs, [0.5, 0.5], rtol=1e-14)
    with pytest.raises(kl.InputError, match="no outcome in common"):
        geodesic([1.0, 0.0], [0.0, 1.0], 0.5, kind="exponential")


def test_a_batch_of_shares_in_every_array_library(xp):
    t = xp.asarray([0.0, 0.5, 1.0], dtype=xp.float64)
    one = xp.asarray(1.0, dtype=xp.float64)
    for kind in ("fisher_rao", "exponential", "mixture"):
        path = geodesic(f.Normal(-one, one), f.Normal(one, one), t, kind=kind)
        np.testing.assert_allclose(np.asarray(path.loc), [-1.0, 0.0, 1.0], atol=1e-15)
    shares = geodesic(xp.asarray([0.2, 0.8], dtype=xp.float64), [0.8, 0.2], t, kind="mixture").probs
    np.testing.assert_allclose(np.asarray(shares), [[0.2, 0.8], [0.5, 0.5], [0.8, 0.2]])


def test_products_part_by_part():
    p, q = (f.Product([f.Poisson(a), f.Normal(a, 1.0)]) for a in (1.0, 4.0))
    middle = geodesic(p, q, 0.5, kind="mixture")
    assert float(middle.components[0].rate) == 2.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"t": "half"}, "read as numbers"),
        ({"t": 1.5}, "from 0 to 1"),
        ({"t": 0.5, "kind": "straight"}, "must be one of"),
        ({"t": np.nan}, "from 0 to 1"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(kl.InputError, match=message):
        geodesic(f.Normal(0, 1), f.Normal(1, 1), options.pop("t"), **options)


def test_families_without_that_path():
    with pytest.raises(kl.InputError, match="no closed form of the mixture geodesic"):
        geodesic(f.Gamma(1.0, 2.0), f.Gamma(2.0, 2.0), 0.5, kind="mixture")
    with pytest.raises(kl.InputError, match="different families"):
        geodesic(f.Gamma(1.0, 2.0), f.Normal(2.0, 2.0), 0.5)


def test_natural_gradient_does_not_depend_on_the_parameters():
    """The same loss by rate and by scale: the two steps move the law alike."""
    rate, slope = 0.5, 0.7
    by_rate = natural_gradient(f.Exponential(rate), [slope])
    by_scale = natural_gradient(
        f.GeneralizedGamma(1.0, 1 / rate, 1.0), [-slope * rate**2], fixed=["concentration", "power"]
    )
    assert float(by_scale[0]) == pytest.approx(-float(by_rate[0]) / rate**2, rel=1e-14)


def test_natural_gradient_of_an_expected_loss_reaches_the_target_at_once():
    """Of D(target‖softmax) by logits: the natural gradient is a full Newton step in expectations."""
    logits, target = np.array([0.3, -0.5, 1.0]), np.array([0.2, 0.3, 0.5])
    shares = np.exp(logits) / np.exp(logits).sum()
    found = natural_gradient(f.Categorical(logits=logits), shares - target)
    fisher = np.diag(shares) - np.outer(shares, shares)
    np.testing.assert_allclose(found, np.linalg.pinv(fisher) @ (shares - target), rtol=1e-11)
    assert found.sum() == pytest.approx(0.0, abs=1e-13)


def test_natural_gradients_in_batches_and_with_damping(xp):
    scale = xp.asarray([1.0, 2.0], dtype=xp.float64)
    gradient = xp.asarray([[1.0, 1.0], [1.0, 1.0]], dtype=xp.float64)
    found = np.asarray(natural_gradient(f.Normal(0.0 * scale, scale), gradient))
    np.testing.assert_allclose(found, [[1.0, 0.5], [4.0, 2.0]], rtol=1e-14)
    damped = np.asarray(natural_gradient(f.Normal(0.0 * scale, scale), gradient, damping=1.0))
    np.testing.assert_allclose(damped, [[1 / 2, 1 / 3], [1 / 1.25, 1 / 1.5]], rtol=1e-14)


@pytest.mark.parametrize(
    ("gradient", "options", "message"),
    [
        ([1.0], {}, "2 entries"),
        ([1.0, np.nan], {}, "NaN"),
        ([1.0, 1.0], {"damping": -1.0}, "damping"),
        ([1.0, 1.0], {"fixed": "loc"}, "1 entries"),
    ],
)
def test_bad_gradients(gradient, options, message):
    with pytest.raises(kl.InputError, match=message):
        natural_gradient(f.Normal(0.0, 1.0), gradient, **options)


def test_asymmetry_is_not_all_that_keeps_the_divergence_from_being_a_distance():
    """The triangle inequality fails too (S042), and fails for the symmetric sum; the Fisher-Rao distance keeps it."""
    a, b, c = (f.Normal(mean, 1.0) for mean in (0.0, 1.0, 2.0))
    assert float(kl.jeffreys(a, c)) > float(kl.jeffreys(a, b)) + float(kl.jeffreys(b, c))
    assert float(kl.divergence(a, c)) == float(kl.divergence(c, a))
    assert float(kl.divergence(a, c)) > float(kl.divergence(a, b)) + float(kl.divergence(b, c))
    rng = np.random.default_rng(0)
    laws = [f.Normal(mean, scale) for mean, scale in zip(rng.normal(size=12), rng.exponential(size=12), strict=True)]
    for one, two, three in zip(laws, laws[1:], laws[2:], strict=False):
        parts = fisher_rao_distance(one, two) + fisher_rao_distance(two, three)
        assert float(fisher_rao_distance(one, three)) <= float(parts) + 1e-12
