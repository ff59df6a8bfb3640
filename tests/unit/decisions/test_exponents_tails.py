import math
from itertools import product

import mpmath as mp
import numpy as np
import pytest
from scipy import special

import kullback as kl
from kullback.decisions.exponents import cramer_rate, mean_tail, sanov_exponent, tilted_law

f = kl.families
FACES = [1, 2, 3, 4, 5, 6]
FAIR = [1 / 6] * 6


def rolls(n, total, *, above=True):
    """Exact chance that n fair dice show at least (at most) a total, in whole numbers."""
    ways = {0: 1}
    for _ in range(n):
        ways = {s: sum(ways.get(s - face, 0) for face in FACES) for s in range(max(ways) + 7)}
    good = sum(count for s, count in ways.items() if (s >= total if above else s <= total))
    return float(mp.log(mp.mpf(good) / mp.mpf(6) ** n))


@pytest.mark.parametrize(
    ("law", "n", "x", "truth"),
    [
        (f.Bernoulli(0.25), 200, 0.5, lambda: mp.log(mp.betainc(100, 101, 0, 0.25, regularized=True))),
        (f.Poisson(2.0), 50, 4.0, lambda: mp.log(mp.gammainc(200, 0, 100, regularized=True))),
        (f.Normal(0.0, 1.0), 30, 2.0, lambda: mp.log(mp.ncdf(-2 * mp.sqrt(30)))),
        (f.Exponential(1.0), 40, 2.5, lambda: mp.log(mp.gammainc(40, 100, regularized=True))),
        (f.Gamma(2.0, 1.0), 1000, 4.0, lambda: mp.log(mp.gammainc(2000, 4000, regularized=True))),
        (f.Chi2(3.0), 20, 7.0, lambda: mp.log(mp.gammainc(30, 70, regularized=True))),
        (f.Geometric(0.25), 40, 6.0, lambda: mp.log(mp.betainc(240, 40, 0, 0.75, regularized=True))),
    ],
    ids=lambda one: type(one).__name__,
)
def test_exact_upper_tail(law, n, x, truth):
    with mp.workdps(40):
        expected = float(truth())
    found = mean_tail(law, n, x)
    assert found.log_probability == pytest.approx(expected, rel=1e-12)
    assert found.log_probability <= found.log_chernoff
    # The first term that Bahadur and Rao leave out is of order 1/n.
    assert found.log_refined == pytest.approx(expected, abs=3 / n)


def test_exact_lower_tail():
    with mp.workdps(40):
        gamma = float(mp.log(mp.gammainc(400, 0, 8, regularized=True)))
        poisson = float(mp.log(mp.gammainc(51, 100, regularized=True)))
    assert mean_tail(f.Exponential(1.0), 400, 0.02, side="lower").log_probability == pytest.approx(gamma, rel=1e-12)
    assert mean_tail(f.Poisson(2.0), 50, 1.0, side="lower").log_probability == pytest.approx(poisson, rel=1e-12)
    assert mean_tail(f.Normal(0.0, 1.0), 9, -1.0, side="lower").probability == pytest.approx(0.0013498980316300933)
    found = mean_tail([0.0, *FAIR], 30, 2.0, side="lower")
    assert found.log_probability == pytest.approx(rolls(30, 60, above=False), rel=1e-13)


@pytest.mark.parametrize("n", [6, 20, 60])
def test_dice_by_three_ways(n):
    truth = rolls(n, 5 * n)
    found = sanov_exponent(FAIR, statistic=FACES, at_least=5)
    assert mean_tail(f.DiscreteUniform(1.0, 6.0), n, 5.0).log_probability == pytest.approx(truth, rel=1e-13)
    assert found.chance(n).log_probability == pytest.approx(truth, rel=1e-13)
    assert found.value == pytest.approx(float(cramer_rate([0.0, *FAIR], 5.0)), rel=1e-13)


def test_the_exponent_comes_into_sight():
    found = sanov_exponent(FAIR, statistic=FACES, at_least=5)
    seen = np.array([found.chance(n).exponent_seen for n in (12, 48, 192, 768, 3072)]) - found.value
    assert (seen > 0).all()
    assert (np.diff(seen) < 0).all()
    # log(n)/2n and a constant over n: no more is left at three thousand rolls.
    assert seen[-1] < (0.5 * math.log(2 * math.pi * 3072) + 2) / 3072


def test_die_of_the_literature():
    """S062: the exponent is the least divergence with this mean, not the divergence of the empirical law."""
    with mp.workdps(40):
        t = mp.findroot(lambda t: sum((k - 5) * mp.exp(k * t) for k in FACES), mp.mpf("0.6"))
        truth = float(5 * t - mp.log(sum(mp.exp(k * t) for k in FACES) / 6))
    found = sanov_exponent(FAIR, statistic=FACES, at_least=5)
    assert found.value == pytest.approx(truth, rel=1e-14)
    assert found.gap < 1e-14
    rng = np.random.default_rng(0)
    for _ in range(20):
        p = rng.dirichlet(np.ones(6))
        p = 0.1 * p + 0.9 * np.eye(6)[5]
        assert float(kl.divergence(p, FAIR)) > found.value


def test_types_enumerate_every_sample():
    q, n = [0.5, 0.25, 0.25], 5
    found = sanov_exponent(q, statistic=[[0, 1, 3], [1, 0, 0]], at_least=[1.4, None], at_most=[None, 0.6])
    table = np.array([[0, 1, 3], [1, 0, 0]])
    total = 0.0
    for draws in product(range(3), repeat=n):
        means = table[:, draws].mean(axis=1)
        total += math.prod(q[i] for i in draws) * (means[0] >= 1.4 - 1e-12 and means[1] <= 0.6 + 1e-12)
    chance = found.chance(n)
    assert chance.method == "types"
    assert chance.probability == pytest.approx(total, rel=1e-13)
    assert chance.log_lower <= chance.log_probability <= chance.log_upper


def test_continuous_and_lattice_laws():
    assert sanov_exponent(f.Normal(0.0, 1.0), at_least=2.0).value == pytest.approx(2.0, rel=1e-13)
    # Of all laws with second moment 2 the normal one of variance 2 is closest.
    spread = sanov_exponent(f.Normal(0.0, 1.0), statistic=lambda x: x * x, at_least=2.0)
    assert spread.value == pytest.approx(0.5 - 0.5 * math.log(2.0), rel=1e-13)
    assert sanov_exponent(f.Poisson(3.0), equal=5.0).value == pytest.approx(5 * math.log(5 / 3) - 2, rel=1e-13)


def test_zero_and_infinite_say_why():
    met = sanov_exponent(FAIR, statistic=FACES, at_least=3)
    assert met.value == 0.0
    assert "q itself" in str(met)
    never = sanov_exponent(FAIR, statistic=FACES, at_least=7)
    assert never.value == math.inf
    assert "largest value where q has mass is 6" in str(never)
    assert never.chance(10).log_probability == -math.inf
    with pytest.raises(kl.InputError, match="no law to draw"):
        never.plot()


def test_direction_and_units_are_spelled_out():
    assert "inf D(p‖q) = 0.424294 nats" in str(sanov_exponent(FAIR, statistic=FACES, at_least=5))
    shown = str(mean_tail([0.5, 0.5], 5000, 0.9))
    assert "D(tilted law‖law)" in shown
    assert "e-8" in shown  # far below the range of floats, and still a number


def test_picture(require):
    require("matplotlib")
    axes = sanov_exponent(FAIR, statistic=FACES, at_least=5).plot().axes[0]
    assert axes.get_ylabel() == "probability"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mean_tail(FAIR, 0, 1.0), "n = 0 is no number"),
        (lambda: mean_tail(FAIR, 2.5, 1.0), "n = 2.5 is no number"),
        (lambda: mean_tail(FAIR, 5, 1.0, side="both"), "'upper' or 'lower'"),
        (lambda: sanov_exponent(FAIR), "No constraint"),
        (lambda: sanov_exponent(FAIR, at_least=[1, 2]), "2 bounds for 1"),
        (lambda: sanov_exponent(FAIR, at_least="high"), "no bound"),
        (lambda: sanov_exponent(FAIR, statistic=[1, 2], at_least=1), "n = 6 outcomes"),
        (lambda: sanov_exponent(f.Normal(0.0, 1.0), at_least=1.0).chance(5), "is a density"),
        (lambda: sanov_exponent(f.Pareto(1.0, 3.0), at_least=5.0), "runs away"),
    ],
)
def test_errors_say_what_is_wrong(call, words):
    with pytest.raises(kl.InputError, match=words):
        call()


@pytest.mark.parametrize("x", ["far", None, [1.0, 2.0], [], math.nan])
def test_a_mean_is_one_number(x):
    with pytest.raises(kl.InputError, match=r"finite x|cannot be read"):
        mean_tail(kl.families.Normal(0, 1), 5, x)
    with pytest.raises(kl.InputError, match=r"finite number|cannot be read|Exactly one"):
        tilted_law(kl.families.Normal(0, 1), mean=x)


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_tails_at_any_scale(scale):
    found = mean_tail(kl.families.Normal(0.0, scale), 4, scale)
    assert found.log_probability == pytest.approx(special.log_ndtr(-2.0), rel=1e-13)
    assert found.value == pytest.approx(0.5, rel=1e-15)
    assert mean_tail(kl.families.Normal(0.0, 1e150), 4, 1.0).log_refined is None


def test_numbers_of_another_library(require):
    torch = require("torch")
    assert float(cramer_rate(kl.families.Normal(0.0, 1.0), torch.tensor(2.0))) == 2.0
    with pytest.raises(kl.InputError, match="broadcast"):
        cramer_rate(kl.families.Normal([0.0, 1.0], 1.0), [1.0, 2.0, 3.0])
