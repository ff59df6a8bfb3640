import mpmath as mp
import numpy as np
import pytest

import kullback as kl
from kullback.fitting.geometry import fisher_information, fisher_rao_distance, geodesic

f = kl.families


def path_length(p, q, points=4001):
    """The length of the closed-form geodesic, summed from the metric: an outside check of the distance and the path."""
    t = np.linspace(0.0, 1.0, points)
    laws = geodesic(p, q, 0.5 * (t[1:] + t[:-1]))
    ends = geodesic(p, q, t)
    names = list(ends.parameters())
    steps = np.stack([np.diff(np.broadcast_to(getattr(ends, name), t.shape)) for name in names], -1)
    matrix = np.asarray(fisher_information(laws))
    return np.sqrt(np.einsum("ni,nij,nj->n", steps, matrix, steps)).sum()


PAIRS = {
    "normal": (f.Normal(-1.0, 0.5), f.Normal(2.0, 1.5)),
    "lognormal": (f.LogNormal(-1.0, 0.5), f.LogNormal(2.0, 1.5)),
    "laplace": (f.Laplace(-1.0, 0.5), f.Laplace(2.0, 1.5)),
    "logistic": (f.Logistic(-1.0, 0.5), f.Logistic(2.0, 1.5)),
    "cauchy": (f.Cauchy(-1.0, 0.5), f.Cauchy(2.0, 1.5)),
    "gumbel": (f.Gumbel(-1.0, 0.5), f.Gumbel(2.0, 1.5)),
    "moyal": (f.Moyal(-1.0, 0.5), f.Moyal(2.0, 1.5)),
    "weibull": (f.Weibull(1.0, 0.7), f.Weibull(3.0, 2.0)),
    "frechet": (f.Frechet(1.0, 0.7), f.Frechet(3.0, 2.0)),
    "bernoulli": (f.Bernoulli(0.1), f.Bernoulli(0.8)),
    "poisson": (f.Poisson(0.5), f.Poisson(7.0)),
    "exponential": (f.Exponential(0.5), f.Exponential(7.0)),
    "rayleigh": (f.Rayleigh(0.5), f.Rayleigh(7.0)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_distance_is_the_length_of_the_geodesic(name):
    p, q = PAIRS[name]
    distance = float(fisher_rao_distance(p, q))
    assert path_length(p, q) == pytest.approx(distance, rel=1e-6)
    assert float(fisher_rao_distance(q, p)) == pytest.approx(distance, rel=1e-13)
    # The path runs at constant speed.
    third = geodesic(p, q, 1 / 3)
    assert float(fisher_rao_distance(p, third)) == pytest.approx(distance / 3, rel=1e-12)
    assert float(fisher_rao_distance(third, q)) == pytest.approx(2 * distance / 3, rel=1e-12)


@pytest.mark.parametrize("name", PAIRS)
def test_no_nearby_path_is_shorter(name):
    """A detour off the middle of the geodesic is longer."""
    p, q = PAIRS[name]
    middle = geodesic(p, q, 0.5)
    values = middle.parameters()
    if len(values) == 1:
        return
    for key in values:
        detour = type(middle)(**(values | {key: values[key] + 0.05}))
        length = float(fisher_rao_distance(p, detour) + fisher_rao_distance(detour, q))
        assert length > float(fisher_rao_distance(p, q))


def test_textbook_values():
    assert float(fisher_rao_distance(f.Normal(0, 1), f.Normal(0, np.e))) == pytest.approx(2**0.5, rel=1e-15)
    # Points of one height of the half plane, √2 arcosh(1 + (Δμ)²/4σ²).
    assert float(fisher_rao_distance(f.Normal(0, 1), f.Normal(3, 1))) == pytest.approx(
        2**0.5 * np.arccosh(1 + 9 / 4), rel=1e-14
    )
    assert float(fisher_rao_distance([1.0, 0.0], [0.0, 1.0])) == pytest.approx(np.pi, rel=1e-15)
    p, q = [0.2, 0.3, 0.5], [0.6, 0.3, 0.1]
    truth = 2 * np.arccos(np.sqrt(np.array(p) * q).sum())
    assert float(fisher_rao_distance(p, q)) == pytest.approx(truth, rel=1e-14)
    assert float(fisher_rao_distance(f.Multinomial(9.0, p), f.Multinomial(9.0, q))) == pytest.approx(3 * truth)


def test_near_laws_keep_their_digits():
    with mp.workdps(40):
        a, b = mp.mpf(0.3), mp.mpf(0.3) + mp.mpf(2) ** -40
        truth = 2 * abs(mp.asin(mp.sqrt(a)) - mp.asin(mp.sqrt(b)))
    found = float(fisher_rao_distance(f.Bernoulli(0.3), f.Bernoulli(0.3 + 2.0**-40)))
    assert found == pytest.approx(float(truth), rel=1e-4)
    near = float(fisher_rao_distance(f.Normal(5.0, 2.0), f.Normal(5.0 + 2.0**-40, 2.0)))
    assert near == pytest.approx(2.0**-41, rel=1e-14)
    assert float(fisher_rao_distance(f.Normal(0.0, 1e-200), f.Normal(0.0, 1e200))) == pytest.approx(
        2**0.5 * 400 * np.log(10), rel=1e-14
    )


def test_half_its_square_is_the_divergence_of_near_laws():
    p, q = f.Normal(0.0, 1.0), f.Normal(1e-4, 1.0001)
    assert 0.5 * float(fisher_rao_distance(p, q)) ** 2 == pytest.approx(float(kl.divergence(p, q)), rel=1e-3)


def test_one_parameter_families_by_quadrature():
    """Against the integral of the root of the information in mpmath."""
    truth = mp.quad(
        lambda s: mp.sqrt(mp.zeta(s, 1, 2) / mp.zeta(s) - (mp.zeta(s, 1, 1) / mp.zeta(s)) ** 2), [1.5, 2, 4]
    )
    assert float(fisher_rao_distance(f.Zeta(1.5), f.Zeta(4.0))) == pytest.approx(float(truth), rel=1e-10)
    truth = mp.quad(lambda v: mp.sqrt(mp.psi(1, v / 2)) / 2, [0.5, 2, 9])
    assert float(fisher_rao_distance(f.Chi2(0.5), f.Chi2(9.0))) == pytest.approx(float(truth), rel=1e-10)
    mixed = fisher_rao_distance(f.ContinuousBernoulli(0.9), f.ContinuousBernoulli(logits=-2.0))
    truth = mp.quad(lambda x: mp.sqrt(1 / x**2 - 1 / (4 * mp.sinh(x / 2) ** 2)), [-2, -0.1, 0.15, float(np.log(9.0))])
    assert float(mixed) == pytest.approx(float(truth), rel=1e-9)
    for p in (1e-6, 0.3):
        truth = mp.quad(lambda x: 1 / (x * mp.sqrt(1 - x)), [p, 10 * p if p < 0.1 else 0.5, 0.9])
        assert float(fisher_rao_distance(f.Geometric(p), f.Geometric(0.9))) == pytest.approx(float(truth), rel=1e-9)
    found = fisher_rao_distance(f.NegativeBinomial(4.0, 0.3), f.NegativeBinomial(4.0, 0.9))
    assert float(found) == pytest.approx(2 * float(truth), rel=1e-9)


def test_normal_laws_in_many_dimensions():
    spread = np.array([[2.0, 0.5], [0.5, 1.0]])
    p, q = (f.MultivariateNormal(mean, covariance_matrix=spread) for mean in ([0.0, 0.0], [1.0, -2.0]))
    gap = np.array([1.0, -2.0])
    assert float(fisher_rao_distance(p, q)) == pytest.approx(np.sqrt(gap @ np.linalg.solve(spread, gap)), rel=1e-14)
    other = f.MultivariateNormal([0.0, 0.0], covariance_matrix=[[1.0, -0.3], [-0.3, 4.0]])
    values = np.linalg.eigvals(np.linalg.solve(spread, np.asarray(other.covariance_matrix)))
    assert float(fisher_rao_distance(p, other)) == pytest.approx(np.sqrt(0.5 * (np.log(values) ** 2).sum()), rel=1e-13)
    middle = geodesic(p, other, 0.25)
    assert float(fisher_rao_distance(p, middle)) == pytest.approx(
        0.25 * float(fisher_rao_distance(p, other)), rel=1e-12
    )
    lines = [
        f.MultivariateNormal(mean, scale_diag=scale)
        for mean, scale in (([0.0, 1.0], [1.0, 2.0]), ([1.0, 1.0], [3.0, 1.0]))
    ]
    parts = [fisher_rao_distance(f.Normal(0, 1), f.Normal(1, 3)), fisher_rao_distance(f.Normal(1, 2), f.Normal(1, 1))]
    assert float(fisher_rao_distance(*lines)) == pytest.approx(float(np.hypot(*parts)), rel=1e-14)
    product = [f.Product([f.Normal(0, 1), f.Poisson(2.0)]), f.Product([f.Normal(1, 3), f.Poisson(3.0)])]
    assert float(fisher_rao_distance(*product)) == pytest.approx(
        float(np.hypot(parts[0], fisher_rao_distance(f.Poisson(2.0), f.Poisson(3.0)))), rel=1e-14
    )


def test_in_every_array_library(xp):
    p = f.Normal(xp.asarray([0.0, 1.0], dtype=xp.float64), xp.asarray(1.0, dtype=xp.float64))
    q = f.Normal(xp.asarray([0.0, 1.0], dtype=xp.float64), xp.asarray([2.0, 0.5], dtype=xp.float64))
    found = np.asarray(fisher_rao_distance(p, q))
    np.testing.assert_allclose(found, [2**0.5 * np.log(2), 2**0.5 * np.log(2)], rtol=1e-14)
    shares = xp.asarray([[0.5, 0.5], [1.0, 0.0]], dtype=xp.float64)
    np.testing.assert_allclose(np.asarray(fisher_rao_distance(shares, [0.5, 0.5])), [0.0, np.pi / 2], rtol=1e-14)


@pytest.mark.parametrize(
    ("p", "q", "message"),
    [
        (f.Normal(0, 1), f.Poisson(1.0), "different families"),
        (f.Gamma(1.0, 2.0), f.Gamma(2.0, 2.0), "no closed form"),
        (f.Binomial(3.0, 0.5), f.Binomial(4.0, 0.5), "same number of draws"),
        ([0.5, 0.5], [0.2, 0.3, 0.5], "shapes"),
        (f.Normal([0.0, 1.0], 1.0), f.Normal([0.0, 1.0, 2.0], 1.0), "shapes"),
        (f.NegativeBinomial(3.0, 0.5), f.NegativeBinomial(4.0, 0.5), "total_count"),
        (f.Product([f.Normal(0, 1)]), f.Product([f.Normal(0, 1), f.Normal(0, 1)]), "components"),
        (
            f.MultivariateNormal([0.0], covariance_matrix=[[1.0]]),
            f.MultivariateNormal([1.0], covariance_matrix=[[2.0]]),
            "mean and covariance",
        ),
    ],
)
def test_pairs_without_a_distance(p, q, message):
    with pytest.raises(kl.InputError, match=message):
        fisher_rao_distance(p, q)
