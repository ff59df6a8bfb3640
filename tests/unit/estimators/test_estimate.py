import json
import math
import sys

import numpy as np
import pytest
from scipy import stats

import kullback as kl
from kullback.estimators import METHODS
from kullback.estimators._verb import COUNTED

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _same_numbers_in_any_order():
    RNG.bit_generator.state = np.random.default_rng(0).bit_generator.state


def rmse(truth, draw, repeats=8):
    found = [kl.estimate(*draw()) for _ in range(repeats)]
    assert all(math.isfinite(one.value) for one in found)
    return math.sqrt(np.mean([(one.value - truth) ** 2 for one in found]))


def test_mixed_columns_by_strata(require):
    pandas = require("pandas")
    rng = np.random.default_rng(1)

    def side(shares, means):
        label = rng.choice(3, 1000, p=shares)
        return pandas.DataFrame({"g": np.array(list("abc"))[label], "v": rng.normal(np.array(means)[label], 1.0)})

    p, q = [0.5, 0.3, 0.2], [0.3, 0.3, 0.4]
    truth = float(kl.divergence(p, q)) + sum(
        share * 0.5 * step**2 for share, step in zip(p, [0.5, 0.0, 1.0], strict=True)
    )
    assert rmse(truth, lambda: (side(p, [0.0, 2.0, 4.0]), side(q, [0.5, 2.0, 5.0]))) < 0.08


def test_zero_inflated_columns():
    rng = np.random.default_rng(2)

    def side(zeros, mean):
        return np.where(rng.random(1000) < zeros, 0.0, rng.lognormal(mean, 1.0, 1000))

    truth = float(kl.divergence([0.3, 0.7], [0.5, 0.5])) + 0.7 * 0.5 * 0.5**2
    assert rmse(truth, lambda: (side(0.3, 0.0), side(0.5, 0.5))) < 0.08


def test_rounded_numbers():
    rng = np.random.default_rng(3)
    grid = np.arange(-40, 41)
    p, q = (stats.norm.cdf(grid + 0.5, 0, s) - stats.norm.cdf(grid - 0.5, 0, s) for s in (3.0, 4.0))
    truth = float(kl.divergence(p, q, normalize=True))
    assert rmse(truth, lambda: (np.round(rng.normal(0, 3, 1000)), np.round(rng.normal(0, 4, 1000)))) < 0.03
    fine = math.log(4 / 3) + 9 / 32 - 0.5
    assert rmse(fine, lambda: (np.round(rng.normal(0, 3, 1000), 2), np.round(rng.normal(0, 4, 1000), 2))) < 0.05


def test_scales_do_not_matter():
    rng = np.random.default_rng(4)
    scale = np.array([1e6, 1.0, 1e-4])
    x, y = rng.normal(size=(500, 3)), rng.normal(0.5, 1.0, size=(500, 3))
    assert kl.estimate(x * scale, y * scale).value == pytest.approx(kl.estimate(x, y).value, rel=1e-6)


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: rng.normal(size=100),
        lambda rng: rng.exponential(size=(100, 3)),
        lambda rng: rng.poisson(2, 100),
        lambda rng: rng.standard_cauchy(size=(100, 2)),
        lambda rng: np.round(rng.normal(size=(100, 2)), 1),
        lambda rng: rng.choice(["a", "b", "c"], 100),
    ],
)
def test_equal_laws_are_rarely_called_different(draw):
    rng = np.random.default_rng(5)
    lows = [kl.estimate(draw(rng), draw(rng)).interval[0] for _ in range(60)]
    # At 5 % more than 8 of 60 have a chance of .005, for all six .03; the seed is fixed.
    assert sum(low > 1e-12 for low in lows) <= 8


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.ones(30), np.ones(30)),
        (np.ones(30), RNG.normal(size=30)),
        (RNG.normal(size=30), np.ones(30)),
        (np.ones(30), np.zeros(30)),
        (np.c_[RNG.normal(size=30), np.ones(30)], np.c_[RNG.normal(size=30), np.ones(30)]),
        (np.repeat(RNG.normal(size=10), 8), RNG.normal(size=80)),
        (RNG.normal(size=(4, 10)), RNG.normal(size=(5, 10))),
        (RNG.normal(size=2), RNG.normal(size=2)),
        (RNG.integers(0, 2, (50, 8)), RNG.integers(0, 2, (50, 8))),
        (np.array([1e308, -1e308, 0.0]), np.array([1e-308, 2e-308, 3.0])),
        (["a"], ["b"]),
        (np.arange(100), np.arange(50, 150)),
        (np.array([True, False]), np.array([True, True])),
    ],
)
def test_odd_samples_give_a_finite_value_with_an_interval_around_it(x, y):
    found = kl.estimate(x, y)
    assert math.isfinite(found.value)
    assert found.interval[0] <= found.value <= found.interval[1]
    assert found.interval[1] >= 0
    assert found.stderr >= 0


def test_identical_samples_are_not_called_different():
    rng = np.random.default_rng(0)
    for x in (rng.normal(size=200), rng.normal(size=(200, 4)), rng.exponential(size=(200, 2)), rng.poisson(3, 200)):
        found = kl.estimate(x, x.copy())
        assert abs(found.value) < 0.05
        assert found.interval[0] <= 0 <= found.interval[1]


@pytest.mark.parametrize("method", [name for name in METHODS if name not in {"auto", "monte_carlo"}])
def test_every_method_by_its_name(require, method):
    if method in {"classifier_ratio", "telescoping"}:
        require("sklearn")
    x, y = RNG.integers(0, 5, 300), RNG.integers(1, 6, 300)
    if method not in COUNTED:
        x, y = RNG.normal(size=(300, 2)), RNG.normal(0.5, 1.0, size=(300, 2))
    found = kl.estimate(x, y, method=method, rng=3)
    assert found.method in ({method, "zhang_grabchak"} if method == "counts" else {method})
    assert math.isfinite(found.value)
    again = kl.estimate(x, y, method=method, rng=3)
    assert (again.value, again.interval) == (found.value, found.interval)


def test_same_answer_without_optional_libraries(monkeypatch):
    x, y = RNG.exponential(size=(200, 3)), RNG.exponential(2.0, size=(200, 3))
    with_all = kl.estimate(x, y)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert kl.estimate(x, y).value == with_all.value


def test_counts_and_labels():
    counted = kl.estimate({"a": 30, "b": 70}, {"a": 50, "b": 50})
    sampled = kl.estimate(["a"] * 30 + ["b"] * 70, ["a"] * 50 + ["b"] * 50)
    arrays = kl.estimate([30, 70], [50, 50], counts=True)
    assert counted.value == sampled.value == arrays.value
    assert counted.interval == sampled.interval


def test_laws():
    exact = float(kl.divergence(kl.families.Gamma(2.0, 1.0), kl.families.LogNormal(0.0, 1.0)))
    found = kl.estimate(kl.families.Gamma(2.0, 1.0), stats.lognorm(1.0))
    assert found.method == "monte_carlo"
    assert found.value == pytest.approx(exact, abs=5 * found.stderr)
    x = np.random.default_rng(0).gamma(2.0, size=3000)
    low, high = kl.estimate(x, stats.lognorm(1.0)).interval
    assert low < exact < high
    low, high = kl.estimate(kl.families.Gamma(2.0, 1.0), np.random.default_rng(1).lognormal(size=3000)).interval
    assert low < exact < high
    with pytest.raises(kl.InputError, match="two samples"):
        kl.estimate(x, stats.lognorm(1.0), method="neighbors")


def test_units():
    x, y = RNG.normal(size=300), RNG.normal(1, 1, size=300)
    nats, bits = kl.estimate(x, y), kl.estimate(x, y, base=2)
    assert bits.unit == "bits"
    assert bits.value == pytest.approx(nats.value / math.log(2))
    assert bits.interval[1] == pytest.approx(nats.interval[1] / math.log(2))
    assert bits.nats == pytest.approx(nats.value)
    assert nats.bits == pytest.approx(bits.value)
    assert kl.estimate(x, y, base=3).nats == pytest.approx(nats.value)


def test_clipping_is_asked_for():
    rng = np.random.default_rng(0)
    pairs = [(rng.exponential(size=60), rng.exponential(size=60)) for _ in range(20)]
    x, y = next(pair for pair in pairs if kl.estimate(*pair).value < 0)
    clipped = kl.estimate(x, y, clip=True)
    assert clipped.value == 0.0
    assert clipped.interval[0] == 0.0
    assert "the estimate itself is -" in " ".join(clipped.notes)


def test_beyond_ln_n_nothing_is_certain():
    rng = np.random.default_rng(0)
    found = kl.estimate(rng.normal(size=(100, 3)), rng.normal(3, 1, size=(100, 3)))
    assert found.value > math.log(100)
    assert not found.reliable
    assert found.interval[1] == math.inf
    assert "cannot certify" in " ".join(found.notes)


def test_record_prints_and_goes_to_json():
    found = kl.estimate(RNG.exponential(size=300), RNG.exponential(2, size=300))
    assert str(found).startswith("D(x‖y) = ")
    assert "95 % interval" in str(found)
    assert "by neighbors, n = 300, m = 300" in str(found)
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["unit"] == "nats"
    assert float(found) == plain["value"]
    assert found._repr_html_().startswith("<pre>")


def test_log_ratios_are_those_of_the_rows_that_came():
    rng = np.random.default_rng(0)
    x, y = rng.exponential(1, 2000), rng.exponential(2, 2000)
    x[7] = np.nan
    ratios = kl.estimate(x, y, nan_policy="omit").log_ratios
    assert np.isnan(ratios[7])
    assert ratios.shape == (2000,)
    known = np.isfinite(ratios)
    assert np.corrcoef(ratios[known], -x[known])[0, 1] > 0.5  # log p/q = log 2 - x/2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "best"}, "Choose from auto"),
        ({"base": 1.0}, "base"),
        ({"confidence": 1.0}, "confidence"),
        ({"rng": -1}, "rng"),
        ({"nan_policy": "drop"}, "nan_policy"),
        ({"method": "neighbors", "neighbours": 3}, "no option 'neighbours'"),
        ({"method": "neighbors", "k": 0}, "k = 0"),
        ({"depth": 3}, "Name the method"),
        ({"method": "monte_carlo"}, "two laws"),
    ],
)
def test_bad_options(options, words):
    with pytest.raises(kl.InputError, match=words):
        kl.estimate([1.0, 2.0, 4.0], [1.0, 2.5, 3.0], **options)


def test_methods_for_numbers_refuse_labels():
    with pytest.raises(kl.InputError, match="holds labels"):
        kl.estimate(["a", "b"], ["a", "c"], method="neighbors")


def test_progress_is_told(require):
    told = []
    frame = require("pandas").DataFrame({"g": ["a", "b"] * 100, "v": RNG.exponential(size=200)})
    kl.estimate(frame, frame.sample(frac=1.0, random_state=0), progress=lambda *step: told.append(step))
    assert [(done, total) for done, total, _ in told] == [(0, 2), (1, 2)]


def test_masked_values_are_missing():
    rng = np.random.default_rng(40)
    x, y = rng.normal(size=60), rng.normal(size=60)
    masked = np.ma.masked_less(x, -1.0)
    with pytest.raises(kl.InputError, match="nan_policy"):
        kl.estimate(masked, y)
    found = kl.estimate(masked, y, nan_policy="omit")
    assert found.value == kl.estimate(x[x >= -1.0], y).value
    words = np.ma.array(list("aabbc") * 8, mask=[0, 0, 0, 0, 1] * 8)
    assert kl.estimate(words, list("ab") * 20, nan_policy="omit").n == 32


@pytest.mark.parametrize(("x", "y"), [([1.0], [1.0]), ([2.0] * 30, [2.0] * 30)])
def test_samples_of_one_value_bound_nothing(x, y):
    found = kl.estimate(x, y)
    assert found.value == 0
    assert found.interval == (0.0, math.inf)
    assert not found.reliable


@pytest.mark.parametrize(("n", "d"), [(2, 1), (9, 1), (5, 2), (5, 200)])
def test_a_handful_of_rows_is_not_enough(n, d):
    rng = np.random.default_rng(41)
    assert not kl.estimate(rng.normal(size=(n, d)), rng.normal(size=(n, d))).reliable


def test_more_columns_than_rows_show_nothing():
    # Neighbors alone see 1.8 times the divergence here, with an interval to match.
    rng = np.random.default_rng(42)
    truth = 100 * (math.log(2) - 0.5)
    found = kl.estimate(rng.normal(size=(50, 200)), math.sqrt(2) * rng.normal(size=(50, 200)))
    assert found.interval[0] <= truth <= found.interval[1]
    assert not found.reliable
