"""Figures of `kullback.decisions` against truths of 40 digits, computed here from first principles with mpmath.

Each truth is a sum, an integral in closed form or a root that mpmath finds; nothing of the library goes into it. The
source of each formula is named beside it. Everything is held to 1e-12 relative, unless a test says why not.
"""

import math
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import kullback as kl
from kullback import decisions
from kullback import families as laws

DIE = [1 / 6] * 6
FACES = [1, 2, 3, 4, 5, 6]


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(40):
        yield


def m(value: Any) -> mp.mpf:
    """A decimal as it is written, not as a float holds it."""
    return mp.mpf(str(value))


def near(value: Any, truth: Any, tolerance: float = 1e-12) -> bool:
    values, truths = np.ravel(np.asarray(value, dtype=float)).tolist(), np.ravel(np.array(truth, dtype=object)).tolist()
    gaps = [abs(mp.mpf(one) - two) / (abs(two) or 1) for one, two in zip(values, truths, strict=True)]
    return bool(max(gaps) <= tolerance)


def entropy(x: Any) -> Any:
    return -x * mp.log(x) - (1 - x) * mp.log(1 - x)


def divergence(p: list[Any], q: list[Any]) -> Any:
    return mp.fsum(a * mp.log(a / b) for a, b in zip(p, q, strict=True))


def highest(function: Callable[[Any], Any]) -> Any:
    """The maximum of a concave function on [0, 1], by golden sections."""
    low, high, golden = mp.mpf(0), mp.mpf(1), (mp.sqrt(5) - 1) / 2
    for _ in range(140):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (left, high) if function(left) < function(right) else (low, right)
    return function((low + high) / 2)


def legendre(log_mgf: Callable[[Any], Any], x: Any, start: float) -> Any:
    """Sup over t of t x - log M(t), at the root of the derivative."""
    t = mp.findroot(lambda t: mp.diff(log_mgf, t) - x, start)
    return mp.re(t * x - log_mgf(t))


# Chernoff (1952): max over s of -log of the integral of p^s q^(1-s), in closed form for these families.


def test_chernoff_of_outcomes():
    p, q = [m(0.2), m(0.5), m(0.3)], [m(0.6), m(0.1), m(0.3)]
    truth = highest(lambda s: -mp.log(sum(a**s * b ** (1 - s) for a, b in zip(p, q, strict=True))))
    assert near(float(decisions.chernoff_information([0.2, 0.5, 0.3], [0.6, 0.1, 0.3])), truth)


@pytest.mark.parametrize("scale", [1.0001, 0.5, 2.0, 1e3, 1e-3, 1e9, 1e-9, 1e150, 1e-150])
@pytest.mark.parametrize("loc", [0.0, 1.0])
def test_chernoff_of_normal_laws_at_any_ratio_of_scales(scale, loc):
    t, u = mp.mpf(scale), mp.mpf(loc)

    def exponent(s: Any) -> Any:
        width = s * t**2 + 1 - s
        return s * (1 - s) * u**2 / (2 * width) + mp.log(width) / 2 - s * mp.log(t)

    with mp.workdps(340):
        truth = highest(exponent) if scale < 1e-100 or scale > 1e100 else None
    truth = highest(exponent) if truth is None else truth
    found = decisions.chernoff_information(laws.Normal(0.0, 1.0), laws.Normal(loc, scale))
    assert near(found.value, truth)
    assert near(decisions.chernoff_information(laws.Normal(loc, scale), laws.Normal(0.0, 1.0)).value, truth)


@pytest.mark.parametrize("scales", [(2.0, 0.5), (1e-3, 1e3), (1e-6, 1e2), (1e-6, 1e-6)])
def test_chernoff_of_normal_vectors_at_any_ratio_of_scales(scales):
    squares = [mp.mpf(scale) ** 2 for scale in scales]
    truth = highest(lambda s: sum(mp.log(s * square + 1 - s) - s * mp.log(square) for square in squares) / 2)
    even = laws.MultivariateNormal([0.0, 0.0], scale_diag=[1.0, 1.0])
    found = decisions.chernoff_information(even, laws.MultivariateNormal([0.0, 0.0], scale_diag=list(scales)))
    assert near(found.value, truth)


@pytest.mark.parametrize("rate", [1.0001, 3.0, 1 / 3, 1e6, 1e-6, 1e12, 1e-12])
def test_chernoff_of_exponential_laws_at_any_ratio_of_rates(rate):
    r = mp.mpf(rate)
    truth = highest(lambda s: mp.log(s + (1 - s) * r) - (1 - s) * mp.log(r))
    assert near(decisions.chernoff_information(laws.Exponential(1.0), laws.Exponential(rate)).value, truth)


@pytest.mark.parametrize("rate", [5.0, 1e-9, 1e9])
def test_chernoff_of_poisson_laws(rate):
    r = mp.mpf(rate)
    truth = highest(lambda s: 2 * s + (1 - s) * r - 2**s * r ** (1 - s))
    assert near(decisions.chernoff_information(laws.Poisson(2.0), laws.Poisson(rate)).value, truth)


def test_chernoff_of_partly_disjoint_supports():
    # Half of p and a third of q lie on the common interval, where both are flat: the smaller share decides.
    found = decisions.chernoff_information(laws.Uniform(0.0, 1.0), laws.Uniform(0.5, 2.0))
    assert near(found.value, mp.log(3))
    assert decisions.chernoff_information([1.0, 0.0], [0.0, 1.0]).value == math.inf


# Cover and Thomas (2006), theorem 11.8.3; the variance by the moments of Gaussian quadratic forms.


def test_stein_exponent():
    assert near(decisions.stein_exponent([0.2, 0.8], [0.7, 0.3]).value, divergence([m(0.2), m(0.8)], [m(0.7), m(0.3)]))


def test_variance_of_the_log_ratio_of_normal_laws():
    one = decisions.stein_exponent(laws.Normal(0.0, 1.0), laws.Normal(1.0, 2.0))
    many = decisions.stein_exponent(
        laws.MultivariateNormal([0.0, 0.0], scale_diag=[1.0, 1.0]),
        laws.MultivariateNormal([1.0, 0.0], scale_diag=[2.0, 1.0]),
    )
    truth = m(0.75) ** 2 / 2 + m(1) / 16  # ½(1/λ - 1)² + δ²/λ² with λ = 4, δ = 1
    assert near([one.variance, many.variance], [truth, truth], 1e-11)


# Sanov: the least divergence is that of the tilt with the mean; its t is a root.


def tilt_of(faces: list[int], mean: Any) -> tuple[Any, list[Any]]:
    t = mp.findroot(lambda t: sum((k - mean) * mp.exp(t * k) for k in faces), 0.5)
    total = sum(mp.exp(t * k) for k in faces)
    return t * mean - mp.log(total / len(faces)), [mp.exp(t * k) / total for k in faces]


def test_sanov_exponent_of_a_die():
    truth, tilted = tilt_of(FACES, m(5))
    found = decisions.sanov_exponent(DIE, FACES, at_least=5)
    assert near(found.value, truth)
    assert near(found.tilted.probs, tilted)
    assert near(decisions.cramer_rate(laws.DiscreteUniform(1, 6), 5), truth)


def test_chance_of_ten_dice():
    ways = [1]
    for _ in range(10):
        ways = [
            sum(ways[place - face] for face in FACES if 0 <= place - face < len(ways)) for place in range(len(ways) + 6)
        ]
    found = decisions.sanov_exponent(DIE, statistic=FACES, at_least=5).chance(10)
    assert near(found.probability, mp.mpf(sum(ways[50:])) / 6**10)


def test_sanov_exponent_of_two_bounds():
    faces, squares = FACES, [k * k for k in FACES]
    goals = (m(4), m(18))

    def misses(a: Any, b: Any) -> list[Any]:
        weights = [mp.exp(a * k + b * k * k) for k in faces]
        rows = zip((faces, squares), goals, strict=True)
        return [sum(w * (f - goal) for w, f in zip(weights, row, strict=True)) / sum(weights) for row, goal in rows]

    a, b = mp.findroot(misses, (0.5, -0.05))
    truth = a * goals[0] + b * goals[1] - mp.log(sum(mp.exp(a * k + b * k * k) for k in faces) / 6)
    assert near(decisions.sanov_exponent(DIE, [faces, squares], equal=[4, 18]).value, truth, 1e-11)


# Cramér (1938): the Legendre transform of each family's own log moment generating function.

RATES = {
    "Normal": (laws.Normal(1.0, 2.0), 3.0, lambda t: t + 2 * t**2, 0.5),
    "Exponential": (laws.Exponential(2.0), 1.5, lambda t: -mp.log(1 - t / 2), 1.0),
    "Gamma": (laws.Gamma(1.5, 2.0), 2.0, lambda t: -m(1.5) * mp.log(1 - t / 2), 1.0),
    "Chi2": (laws.Chi2(3.0), 6.0, lambda t: -m(1.5) * mp.log(1 - 2 * t), 0.2),
    "Poisson": (laws.Poisson(2.0), 5.0, lambda t: 2 * (mp.exp(t) - 1), 0.9),
    "Bernoulli": (laws.Bernoulli(0.3), 0.6, lambda t: mp.log(m(0.7) + m(0.3) * mp.exp(t)), 1.0),
    "Binomial": (laws.Binomial(10, 0.3), 6.0, lambda t: 10 * mp.log(m(0.7) + m(0.3) * mp.exp(t)), 1.0),
    "Geometric": (laws.Geometric(0.3), 5.0, lambda t: mp.log(m(0.3)) - mp.log(1 - m(0.7) * mp.exp(t)), 0.1),
    "NegativeBinomial": (
        laws.NegativeBinomial(3.0, 0.3),
        12.0,
        lambda t: 3 * (mp.log(m(0.3)) - mp.log(1 - m(0.7) * mp.exp(t))),
        0.1,
    ),
    "LogSeries": (laws.LogSeries(0.5), 2.0, lambda t: mp.log(mp.log(1 - mp.exp(t) / 2) / mp.log(m(0.5))), 0.2),
    "Laplace": (laws.Laplace(0.0, 1.0), 2.0, lambda t: -mp.log(1 - t**2), 0.5),
    "Logistic": (laws.Logistic(0.0, 1.0), 2.0, lambda t: mp.log(mp.pi * t / mp.sin(mp.pi * t)), 0.5),
    "Gumbel": (laws.Gumbel(0.0, 1.0), 2.0, lambda t: mp.loggamma(1 - t), 0.5),
    "Uniform": (laws.Uniform(0.0, 1.0), 0.8, lambda t: mp.log(mp.expm1(t) / t), 3.0),
    "Beta": (laws.Beta(2.0, 3.0), 0.7, lambda t: mp.log(mp.hyp1f1(2, 5, t)), 5.0),
    "InverseGaussian": (laws.InverseGaussian(1.0, 2.0), 2.0, lambda t: 2 * (1 - mp.sqrt(1 - t)), 0.5),
    "HalfNormal": (laws.HalfNormal(1.0), 2.0, lambda t: t**2 / 2 + mp.log1p(mp.erf(t / mp.sqrt(2))), 1.0),
    "Rayleigh": (
        laws.Rayleigh(1.0),
        2.0,
        lambda t: mp.log1p(t * mp.exp(t**2 / 2) * mp.sqrt(mp.pi / 2) * (1 + mp.erf(t / mp.sqrt(2)))),
        1.0,
    ),
}


@pytest.mark.parametrize("name", RATES)
def test_cramer_rate(name):
    law, x, log_mgf, start = RATES[name]
    assert near(decisions.cramer_rate(law, x), legendre(log_mgf, m(x), start))


@pytest.mark.parametrize("name", ["Normal", "Exponential", "Gamma", "Chi2", "Poisson", "Laplace", "InverseGaussian"])
def test_no_mean_is_infinite(name):
    law = RATES[name][0]
    assert np.asarray(decisions.cramer_rate(law, [-math.inf, math.inf])).tolist() == [math.inf, math.inf]


# Wald (1945) for the bounds; the laws of the sums for the power (Neyman and Pearson, 1933).


def test_bounds_of_the_sequential_test():
    found = decisions.sprt(laws.Bernoulli(0.5), laws.Bernoulli(0.7), alpha=0.05, beta=0.1)
    assert near([found.upper, found.lower], [mp.log(m(0.9) / m(0.05)), mp.log(m(0.1) / m(0.95))])


def test_most_powerful_test_of_nine_normal_rows():
    found = decisions.neyman_pearson(laws.Normal(0.0, 1.0), laws.Normal(1.0, 1.0), alpha=0.05, n=9)
    assert near(found.power, mp.ncdf(3 - mp.sqrt(2) * mp.erfinv(m(0.9))))


def test_most_powerful_randomized_test_of_ten_coins():
    share = (m(0.05) - mp.mpf(11) / 1024) / (mp.mpf(45) / 1024)  # of the times that 8 came
    hits = [mp.binomial(10, k) * m(0.7) ** k * m(0.3) ** (10 - k) for k in range(11)]
    found = decisions.neyman_pearson(laws.Bernoulli(0.5), laws.Bernoulli(0.7), alpha=0.05, n=10)
    assert near([found.size, found.randomization, found.power], [m(0.05), share, hits[9] + hits[10] + share * hits[8]])


# Cover and Thomas (2006), sections 7.1 and 10.3.


def test_capacities():
    def asymmetric(x: Any) -> Any:
        return entropy((1 - x) * m(0.1) + x * m(0.7)) - (1 - x) * entropy(m(0.1)) - x * entropy(m(0.3))

    truths = {
        "binary symmetric": ([[0.9, 0.1], [0.1, 0.9]], mp.log(2) - entropy(m(0.1))),
        "erasure": ([[0.7, 0.3, 0.0], [0.0, 0.3, 0.7]], m(0.7) * mp.log(2)),
        "Z": ([[1.0, 0.0], [0.5, 0.5]], mp.log(m(1.25))),
        "asymmetric": ([[0.9, 0.1], [0.3, 0.7]], highest(asymmetric)),
    }
    for channel, truth in truths.values():
        assert near(decisions.channel_capacity(channel).value, truth)


def test_rates_at_a_distortion():
    binary, three = 1 - np.eye(2), 1 - np.eye(3)
    assert near(decisions.rate_distortion([0.3, 0.7], binary, 0.1).value, entropy(m(0.3)) - entropy(m(0.1)))
    assert near(decisions.rate_distortion([0.3, 0.7], binary, at=0.0).value, entropy(m(0.3)))
    truth = mp.log(3) - entropy(m(0.2)) - m(0.2) * mp.log(2)
    assert near(decisions.rate_distortion([1 / 3] * 3, three, at=0.2).value, truth)


def test_cost_of_the_wrong_code():
    p, q = [m(0.2), m(0.8)], [m(0.7), m(0.3)]
    found = decisions.coding_cost([0.2, 0.8], [0.7, 0.3])
    truth = [entropy(m(0.2)) + divergence(p, q), entropy(m(0.2)), divergence(p, q)]
    assert near([float(found), found.entropy, found.divergence], truth)


# Bröcker (2009): the parts of the score of five forecasts with two distinct values.


def test_parts_of_the_score_of_five_forecasts():
    found = decisions.score_forecasts([0.2, 0.2, 0.6, 0.6, 0.6], [0, 1, 1, 1, 0])

    def gap(a: Any, b: Any) -> Any:
        return divergence([a, 1 - a], [b, 1 - b])

    half, third, base = mp.mpf(1) / 2, mp.mpf(2) / 3, mp.mpf(3) / 5
    parts = {
        "uncertainty": entropy(base),
        "resolution": (2 * gap(half, base) + 3 * gap(third, base)) / 5,
        "miscalibration": (2 * gap(half, m(0.2)) + 3 * gap(third, m(0.6))) / 5,
    }
    assert near([found.plugin[name] for name in parts], list(parts.values()))
    assert near(found.value, parts["uncertainty"] - parts["resolution"] + parts["miscalibration"])


# Kay (1998), chapter 3.


def test_signal_in_noise():
    found = decisions.signal_detection(mean=2.0, scale=1.5)
    best = found.errors()
    truth = [mp.mpf(8) / 9, mp.mpf(4) / 3, mp.ncdf(mp.mpf(4) / 3 / mp.sqrt(2)), mp.ncdf(-mp.mpf(2) / 3)]
    assert near([float(found), found.separation, found.auc, best.risk], truth)
    assert near([best.false_alarm, best.miss], [mp.ncdf(-mp.mpf(2) / 3)] * 2)


@pytest.mark.parametrize("x", [30.0, 49.0, 80.0, 200.0, 1000.0])
def test_far_tails_of_signals_of_another_scale(x):
    # The detector sums (x + 1/3)²; under the noise that is a normal variable beyond two points.
    score = decisions.signal_detection(1.0, signal_scale=2.0)._score
    root, third = mp.sqrt(mp.mpf(x)), mp.mpf(1) / 3
    assert near(score.log_above(x, 0), mp.log(mp.ncdf(third - root) + mp.ncdf(-third - root)), 1e-11)


def test_poisson_instead_of_binomial():
    p = m(0.1)
    rows = [mp.binomial(10, k) * p**k * (1 - p) ** (10 - k) for k in range(11)]
    others = [mp.exp(-1) / mp.factorial(k) for k in range(60)]
    found = decisions.approximation_quality(laws.Binomial(10, 0.1), laws.Poisson(1.0))
    wrong = sum(abs(a - b) for a, b in zip([*rows, *[mp.mpf(0)] * 49], others, strict=True)) / 2
    assert near([found.value, found.total_variation], [divergence(rows, others[:11]), wrong])


# Five levels 0 to 4 at kT = 1; a driven cycle of three states.


def test_boltzmann_law_and_free_energy():
    total = sum(mp.exp(-k) for k in range(5))
    energy = sum(k * mp.exp(-k) for k in range(5)) / total
    found = decisions.boltzmann(range(5), beta=1.0)
    assert near([found.free_energy, found.mean_energy, found.entropy], [-mp.log(total), energy, energy + mp.log(total)])
    even = decisions.free_energy([0.2] * 5, range(5), kT=1.0)
    truth = 2 - mp.log(5) + mp.log(total)
    assert near([even.value, even.excess], [truth, truth])


def test_rates_of_markov_chains():
    cycle = [[0.0, 0.8, 0.2], [0.2, 0.0, 0.8], [0.8, 0.2, 0.0]]
    assert near(decisions.entropy_production(cycle).value, m(0.6) * mp.log(4))
    p, q = [[0.9, 0.1], [0.4, 0.6]], [[0.7, 0.3], [0.5, 0.5]]
    rows = [divergence([m(x) for x in a], [m(x) for x in b]) for a, b in zip(p, q, strict=True)]
    assert near(kl.divergence(laws.MarkovChain(p), laws.MarkovChain(q)), m(0.8) * rows[0] + m(0.2) * rows[1])


# Two members, two points: mutual information of labels and members by enumeration; Lindley (1956) for the rest.


def test_what_labels_tell():
    single = entropy(m(0.55)) - (entropy(m(0.9)) + entropy(m(0.2))) / 2
    assert near(decisions.bald([[0.9, 0.1], [0.2, 0.8]]), single)
    assert near(decisions.expected_information_gain([[0.9, 0.1], [0.2, 0.8]]), single)
    members = np.array([[[0.9, 0.1], [0.3, 0.7]], [[0.2, 0.8], [0.6, 0.4]]])
    joint = [sum(m(one[0, a]) * m(one[1, b]) for one in members) / 2 for a in (0, 1) for b in (0, 1)]
    own = (entropy(m(0.9)) + entropy(m(0.3)) + entropy(m(0.2)) + entropy(m(0.6))) / 2
    assert near(decisions.batch_bald(members, 2).value, -sum(x * mp.log(x) for x in joint) - own)


def test_what_measurements_tell():
    assert near(decisions.expected_information_gain([[1.0, 2.0]], noise=0.5), mp.log(11) / 2)
    # Both rows together: det(I + X Xᵀ / σ²) = det [[5, 4], [4, 9]] = 29.
    assert near(decisions.expected_information_gain([[[1.0, 0.0], [1.0, 1.0]]], noise=0.25), mp.log(29) / 2)


def test_score_of_a_confident_prediction():
    q = [m(0.7), m(0.2), m(0.1)]
    inner = -sum(x * mp.log(x) for x in q)
    found = decisions.ood_score([0.7, 0.2, 0.1], given="probs", method="kl_to_uniform", raw=True)
    assert near(found, mp.log(3) - inner)
    assert near(decisions.ood_score([0.7, 0.2, 0.1], given="probs"), inner)


# Figures of two groups and of compositions, from shares alone.


def test_groups_and_compositions():
    a, b = [m(0.7), m(0.3)], [m(0.5), m(0.5)]
    middle = [m(0.6), m(0.4)]
    found = decisions.group_divergence({"a": {"yes": 70, "no": 30}, "b": {"yes": 50, "no": 50}})
    assert near(found.value, (divergence(a, middle) + divergence(b, middle)) / 2)
    assert near([found.pair("a", "b").value, found.pair("b", "a").value], [divergence(a, b), divergence(b, a)])
    before, after = [m(0.55), m(0.25), m(0.12), m(0.08)], [m(0.35), m(0.20), m(0.30), m(0.15)]
    cells = decisions.compare_compositions([[55, 25, 12, 8], [35, 20, 30, 15]], group=["before", "after"])
    assert near(cells.divergences[[1, 0], [0, 1]], [divergence(before, after), divergence(after, before)])
    mean = [(x + y) / 2 for x, y in zip(before, after, strict=True)]
    assert near(cells.value, (divergence(before, mean) + divergence(after, mean)) / 2)
