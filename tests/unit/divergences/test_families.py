"""Rényi's divergences and the f-divergences, of arrays and of laws."""

import math

import mpmath
import numpy as np
import pytest
from scipy.spatial import distance
from scipy.stats import chisquare

import kullback as kl
import kullback.families as f

INF = math.inf
P, Q = np.array([0.2, 0.3, 0.5]), np.array([0.25, 0.35, 0.4])


def _renyi(p, q, alpha):
    with mpmath.workdps(60):
        alpha = mpmath.mpf(alpha)
        total = mpmath.fsum(mpmath.mpf(a) ** alpha * mpmath.mpf(b) ** (1 - alpha) for a, b in zip(p, q, strict=True))
        return float(mpmath.log(total) / (alpha - 1))


@pytest.mark.parametrize("alpha", [0.01, 0.5, 0.999, 1.001, 2, 3.5, 20])
def test_renyi_of_arrays(alpha):
    p, q = [0.25, 0.75], [0.625, 0.375]
    assert kl.renyi(p, q, alpha) == pytest.approx(_renyi(p, q, alpha), rel=1e-13)
    assert kl.renyi(p, p, alpha) == 0


@pytest.mark.parametrize("step", [1e-3, 1e-6, 1e-9])
def test_renyi_of_near_arrays_keeps_its_digits(step):
    p, q = [0.25, 0.75], [0.25 + step, 0.75 - step]
    # two totals that round differently cost a share 1e-16 / step
    assert kl.renyi(p, q, 2.0) == pytest.approx(_renyi(p, q, 2.0), rel=1e-13 + 1e-15 / step)


@pytest.mark.parametrize(
    ("p", "q", "alpha", "wanted"),
    [
        (P, Q, 1.0, kl.divergence(P, Q)),
        (P, Q, INF, math.log(1.25)),
        (P, Q, 0.0, 0.0),
        ([0.5, 0.5, 0.0], [0.3, 0.3, 0.4], 0.0, -math.log(0.6)),
        ([0.5, 0.5, 0.0], [0.3, 0.3, 0.4], 0.5, -2 * math.log(2 * math.sqrt(0.15))),
        ([0.5, 0.5], [1.0, 0.0], 0.5, math.log(2)),
        ([0.5, 0.5], [1.0, 0.0], 2.0, INF),
        ([0.5, 0.5], [1.0, 0.0], INF, INF),
        ([0.5, 0.5], [1.0, 0.0], 0.0, 0.0),
        ([1.0, 0.0], [0.0, 1.0], 0.0, INF),
        ([1.0, 0.0], [0.0, 1.0], 0.5, INF),
        ([1.0, 0.0], [0.25, 0.75], 3.0, math.log(4)),
    ],
)
def test_renyi_at_the_ends(p, q, alpha, wanted):
    assert kl.renyi(p, q, alpha) == pytest.approx(wanted, rel=1e-14, abs=1e-16)


@pytest.mark.parametrize(
    ("p", "q", "alpha"),
    [
        ([0.5, 0.5], [0.25, 0.75], 1e4),
        ([1.0, 1e-40], [1e-40, 1.0], 0.25),
        ([1e-300, 1.0], [1.0, 1e-300], 2.0),
        ([1.0, 1e-300], [1e-300, 1.0], 200.0),
    ],
)
def test_renyi_beyond_the_range_of_its_powers(p, q, alpha):
    assert kl.renyi(p, q, alpha) == pytest.approx(_renyi(p, q, alpha), rel=1e-12)


@pytest.mark.parametrize("alpha", [0.01, 0.5, 0.75, 0.99, 0.9999, 1.01])
@pytest.mark.parametrize("rare", [1e-3, 1e-9, 1e-14, 1e-16, 1e-40, 1e-300])
def test_renyi_of_what_is_rare_under_q(rare, alpha):
    wanted = _renyi([1.0], [rare], alpha)
    assert kl.renyi([0.0, 1.0], [1.0 - rare, rare], alpha) == pytest.approx(wanted, rel=1e-11)


@pytest.mark.parametrize("alpha", [0.25, 0.5, 2.0, 3.0])
def test_renyi_of_normals(alpha):
    assert kl.renyi(f.Normal(0, 1), f.Normal(1, 1), alpha) == pytest.approx(alpha / 2, rel=1e-9)
    spread = (1 - alpha) + alpha * 4.0
    wanted = math.log(2) + math.log(4 / spread) / (2 * (alpha - 1)) if alpha != 1 else None
    assert kl.renyi(f.Normal(0, 1), f.Normal(0, 2), alpha) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(
    ("p", "q", "alpha", "wanted"),
    [
        (f.Normal(0, 2), f.Normal(0, 1), 2.0, INF),
        (f.Uniform(0, 2), f.Uniform(0, 1), 2.0, INF),
        (f.Uniform(0, 2), f.Uniform(0, 1), 0.5, math.log(2)),
        (f.Uniform(0, 2), f.Uniform(1, 3), 0, math.log(2)),
        (f.Uniform(0, 1), f.Uniform(2, 3), 0.5, INF),
        (f.Uniform(0, 1), f.Uniform(2, 3), 0, INF),
        (f.Poisson(2), f.Poisson(3), 2.0, 9 / 2 - 2 * 2 + 0.5 + (4 / 3 - 9 / 2 + 4 - 0.5) + 3 - 4),
        (f.Normal(1, 2), f.Normal(1, 2), 2.0, 0.0),
        (f.Poisson(2), f.Poisson(2), 0.5, 0.0),
    ],
)
def test_renyi_of_laws(p, q, alpha, wanted):
    # Poisson: Σ p²/q = exp(q - 2p + p²/q)
    assert kl.renyi(p, q, alpha) == pytest.approx(wanted, rel=1e-9, abs=0)


def test_arrays_and_laws_go_together():
    for verb in (lambda p, q, **o: kl.renyi(p, q, 2.0, **o), lambda p, q, **o: kl.f_divergence(p, q, "kl", **o)):
        wanted = verb([0.3, 0.7], [0.5, 0.5])
        assert verb([0.3, 0.7], f.Categorical([0.5, 0.5])) == pytest.approx(wanted, rel=1e-12)
        assert verb([3, 7], f.Categorical([0.5, 0.5]), normalize=True) == pytest.approx(wanted, rel=1e-12)


def test_jensen_shannon_of_an_array_and_a_law():
    wanted = kl.jensen_shannon([0.3, 0.7], [0.5, 0.5])
    assert kl.jensen_shannon([0.3, 0.7], f.Bernoulli(0.5)) == pytest.approx(wanted, rel=1e-12)
    assert kl.jensen_shannon([3, 7], f.Bernoulli(0.5), normalize=True) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("kl", kl.divergence(P, Q)),
        ("reverse-kl", kl.divergence(Q, P)),
        ("total-variation", 0.1),
        ("squared-hellinger", float(((np.sqrt(P) - np.sqrt(Q)) ** 2).sum())),
        ("chi-squared", float(chisquare(P, Q).statistic)),
    ],
)
def test_named_generators(name, wanted):
    assert kl.f_divergence(P, Q, name) == pytest.approx(wanted, rel=1e-13)
    assert kl.f_divergence(P, P, name) == 0
    assert kl.f_divergence(f.Categorical(P), f.Categorical(Q), name) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "forth", "back"),
    [
        ("kl", INF, math.log(2)),
        ("reverse-kl", math.log(2), INF),
        ("total-variation", 0.5, 0.5),
        ("squared-hellinger", 2 - math.sqrt(2), 2 - math.sqrt(2)),
        ("chi-squared", INF, 1.0),
    ],
)
def test_generators_where_one_side_has_nothing(name, forth, back):
    p, q = [0.5, 0.5], [1.0, 0.0]
    assert kl.f_divergence(p, q, name) == pytest.approx(forth, rel=1e-14)
    assert kl.f_divergence(q, p, name) == pytest.approx(back, rel=1e-14)
    p, q = f.Uniform(0, 2), f.Uniform(0, 1)
    assert kl.f_divergence(p, q, name) == pytest.approx(forth, rel=1e-9)
    assert kl.f_divergence(q, p, name) == pytest.approx(back, rel=1e-9)


def test_generators_of_ratios_beyond_the_range_of_floats():
    p, q = [0.5, 0.5], [1e-320, 1.0]
    assert kl.f_divergence(p, q, "kl") == pytest.approx(kl.divergence(p, q), rel=1e-12)
    assert kl.f_divergence(q, p, "reverse-kl") == pytest.approx(kl.divergence(p, q), rel=1e-12)
    assert kl.f_divergence(p, q, "total-variation") == pytest.approx(0.5, rel=1e-12)
    assert kl.f_divergence(p, q, "squared-hellinger") == pytest.approx(2 - math.sqrt(2), rel=1e-12)


def test_generators_of_yours():
    p, q = [0.5, 0.5], [1.0, 0.0]
    assert kl.f_divergence(P, Q, lambda t: (t - 1) ** 2) == pytest.approx(kl.f_divergence(P, Q, "chi-squared"))
    assert kl.f_divergence(p, q, lambda t: (t - 1) ** 2) == INF
    assert kl.f_divergence(p, q, lambda t: abs(t - 1) / 2) == 0.5
    assert kl.f_divergence(p, q, lambda t: (t - 1) ** 2 / (t + 1), at_zero=1.0, slope=1.0) == pytest.approx(2 / 3)
    assert kl.f_divergence(q, p, lambda t: t * np.log(t), at_zero=0.0) == pytest.approx(math.log(2))


@pytest.mark.parametrize(("p", "q"), [(f.Normal(0, 1), f.Normal(1, 1)), (f.Poisson(1), f.Poisson(2))])
def test_f_divergences_of_laws(p, q):
    assert kl.f_divergence(p, q, "kl") == pytest.approx(kl.divergence(p, q), rel=1e-9)
    assert kl.f_divergence(p, q, "reverse-kl") == pytest.approx(kl.divergence(q, p), rel=1e-9)
    wanted = math.expm1(kl.renyi(p, q, 2.0))
    assert kl.f_divergence(p, q, "chi-squared") == pytest.approx(wanted, rel=1e-9)


def test_jensen_shannon_is_the_square_of_scipys_distance():
    assert kl.jensen_shannon(P, Q) == pytest.approx(distance.jensenshannon(P, Q) ** 2, rel=1e-12)
    assert kl.jensen_shannon(P, Q, weights=(1, 0)) == 0
    middle = 0.25 * P + 0.75 * Q
    wanted = 0.25 * kl.divergence(P, middle) + 0.75 * kl.divergence(Q, middle)
    assert kl.jensen_shannon(P, Q, weights=(1, 3)) == pytest.approx(wanted, rel=1e-13)


def test_jensen_shannon_of_laws():
    assert kl.jensen_shannon(f.Uniform(0, 1), f.Uniform(2, 3), base=2) == pytest.approx(1.0, rel=1e-9)
    assert kl.jensen_shannon(f.Normal(0, 1), f.Normal(0, 1)) == pytest.approx(0.0, abs=1e-15)
    p, q = f.Poisson(1), f.Poisson(3)
    assert kl.jensen_shannon(p, q) == pytest.approx(kl.jensen_shannon(q, p), rel=1e-12)


def test_jensen_shannon_of_a_batch_of_laws():
    found = kl.jensen_shannon(f.Normal([0.0, 1.0], 1), f.Normal(0, 1))
    assert found[0] == pytest.approx(0.0, abs=1e-15)
    assert found[1] == pytest.approx(kl.jensen_shannon(f.Normal(1, 1), f.Normal(0, 1)), rel=1e-9)
