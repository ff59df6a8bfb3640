import math

import mpmath
import numpy as np
import pytest

from kullback import InputError
from kullback.decisions.forecasts import compare_forecasts, score_forecasts

PARTS = ("uncertainty", "resolution", "miscalibration", "within")


def population(shares, forecasts, truths):
    """Every case of a finite model with its exact weight, so that the parts are those of the population."""
    rows = [(share, k, y) for k, share in enumerate(shares) for y in range(len(truths[k]))]
    weights = [share * truths[k][y] for share, k, y in rows]
    return np.array([forecasts[k] for _, k, _ in rows]), np.array([y for *_, y in rows]), np.array(weights)


def known_parts(shares, forecasts, truths):
    """The parts by their definition, with 40 digits."""
    with mpmath.workdps(40):
        kl = lambda p, q: mpmath.fsum(a * mpmath.log(mpmath.mpf(a) / b) for a, b in zip(p, q, strict=True) if a)  # noqa: E731
        base = [mpmath.fsum(s * t[y] for s, t in zip(shares, truths, strict=True)) for y in range(len(truths[0]))]
        return {
            "uncertainty": float(-mpmath.fsum(o * mpmath.log(o) for o in base)),
            "resolution": float(mpmath.fsum(s * kl(t, base) for s, t in zip(shares, truths, strict=True))),
            "miscalibration": float(
                mpmath.fsum(s * kl(t, f) for s, t, f in zip(shares, truths, forecasts, strict=True))
            ),
            "within": 0.0,
        }


MODELS = [
    ([0.5, 0.3, 0.2], [[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]], [[0.85, 0.15], [0.6, 0.4], [0.1, 0.9]]),
    ([0.25, 0.75], [[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]], [[0.4, 0.4, 0.2], [0.1, 0.2, 0.7]]),
    ([0.5, 0.5], [[0.999, 0.001], [0.99, 0.01]], [[0.9999, 0.0001], [0.98, 0.02]]),
]


@pytest.mark.parametrize("model", MODELS)
def test_parts_of_a_known_model_are_exact(model):
    probs, outcomes, weights = population(*model)
    truth = known_parts(*model)
    found = score_forecasts(probs, outcomes, weights=weights, bins="distinct")
    for name in PARTS:
        assert found.plugin[name] == pytest.approx(truth[name], rel=1e-12, abs=1e-15)
    if probs.shape[1] == 2:
        binary = score_forecasts(probs[:, 1], outcomes, weights=weights, bins="distinct")
        assert binary.value == pytest.approx(found.value, rel=1e-12)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("bins", [1, 7, "distinct", "own"])
def test_parts_add_up_to_the_score(classes, bins):
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.ones(classes), 500)
    outcomes = rng.integers(classes, size=500)
    found = score_forecasts(probs, outcomes, bins=np.arange(500) % 3 if bins == "own" else bins)
    plain = -np.log(probs[np.arange(500), outcomes]).mean()
    assert found.value == pytest.approx(plain, rel=1e-13)
    for side in (found.plugin, {name: getattr(found, name).value for name in PARTS}):
        total = side["uncertainty"] - side["resolution"] + side["miscalibration"] + side["within"]
        assert total == pytest.approx(plain, rel=1e-12)


def test_score_agrees_with_scikit_learn(require):
    metrics = require("sklearn.metrics")
    rng = np.random.default_rng(1)
    p = rng.uniform(size=300)
    outcomes, weights = rng.random(300) < p, rng.uniform(size=300)
    found = score_forecasts(p, outcomes, weights=weights)
    assert found.value == pytest.approx(metrics.log_loss(outcomes, p, sample_weight=weights), rel=1e-12)
    assert found.bits == pytest.approx(found.value / math.log(2))


def simulated(levels, truths, rows, draws):
    rng = np.random.default_rng(2)
    for _ in range(draws):
        place = rng.integers(len(levels), size=rows)
        yield score_forecasts(levels[place], rng.random(rows) < truths[place], bins="distinct")


@pytest.mark.parametrize("power", [1.0, 1.5])
def test_intervals_cover_and_bias_is_gone(power):
    # Ten levels, 1,000 rows, 200 draws of 95 % intervals: fewer than 180 hits have a chance of 0.2 % for each part.
    levels = np.linspace(0.05, 0.95, 10)
    truths = levels**power
    truth = known_parts([0.1] * 10, np.stack([1 - levels, levels], 1), np.stack([1 - truths, truths], 1))
    found = list(simulated(levels, truths, 1000, 200))
    for name in ("resolution", "miscalibration"):
        parts = [getattr(one, name) for one in found]
        assert sum(one.interval[0] <= truth[name] <= one.interval[1] for one in parts) >= 180
        error = np.std([one.value for one in parts]) / math.sqrt(len(parts))
        assert abs(np.mean([one.value for one in parts]) - truth[name]) < 4 * error
        # Without the correction the parts are too large by what 10 bins of 100 rows add.
        assert np.mean([one.plugin[name] for one in found]) > truth[name] + 4 * error


def test_base_rates_have_neither_resolution_nor_miscalibration():
    found = score_forecasts([0.3] * 10, [1] * 3 + [0] * 7)
    assert found.plugin["resolution"] == pytest.approx(0, abs=1e-15)
    assert found.plugin["miscalibration"] == pytest.approx(0, abs=1e-15)
    assert found.skill.value == pytest.approx(0, abs=1e-12)


def test_perfect_forecast():
    found = score_forecasts([0.0, 1.0, 1.0, 0.0] * 20, [0, 1, 1, 0] * 20)
    assert found.value == 0
    assert found.skill.value == 1
    assert found.plugin["resolution"] == pytest.approx(math.log(2))


def test_infinite_score_names_the_row():
    found = score_forecasts([0.5, 0.0, 0.5, 0.5], [0, 1, 1, 0])
    assert found.value == math.inf
    assert found.infinite_rows == (1,)
    assert found.skill.value == -math.inf
    assert "row 1 had outcome 1" in str(found)
    assert "without them 0.6931" in str(found)
    assert not any(math.isnan(getattr(found, name).value) for name in PARTS)


def test_one_outcome_alone_is_never_uncertain():
    found = score_forecasts([0.9, 0.8], [1, 1])
    assert found.uncertainty.value == 0
    assert found.skill.value == -math.inf


def test_weights_are_repeated_rows():
    rng = np.random.default_rng(3)
    p, outcomes, times = rng.choice([0.2, 0.5, 0.9], 60), rng.integers(2, size=60), rng.integers(0, 4, size=60)
    weighted = score_forecasts(p, outcomes, weights=times, bins="distinct")
    repeated = score_forecasts(np.repeat(p, times), np.repeat(outcomes, times), bins="distinct")
    for name in PARTS:
        assert weighted.plugin[name] == pytest.approx(repeated.plugin[name], rel=1e-12, abs=1e-14)


def test_groups_widen_the_interval():
    rng = np.random.default_rng(4)
    day = np.repeat(np.arange(40), 25)
    p = np.full(1000, 0.5)
    outcomes = rng.integers(2, size=40)[day]
    p[:500] = 0.6
    alone, together = score_forecasts(p, outcomes), score_forecasts(p, outcomes, groups=day)
    # Whole days repeat one outcome: 25 rows say as much as one.
    assert together.score.stderr == pytest.approx(5 * alone.score.stderr, rel=0.1)


def test_paired_difference():
    rng = np.random.default_rng(5)
    truth = rng.uniform(0.05, 0.95, size=20_000)
    outcomes = rng.random(20_000) < truth
    found = compare_forecasts(truth, truth**1.3, outcomes)
    kl = truth * np.log(truth / truth**1.3) + (1 - truth) * np.log((1 - truth) / (1 - truth**1.3))
    assert found.interval[0] < kl.mean() < found.interval[1]
    assert found.interval[0] > 0
    back = compare_forecasts(truth**1.3, truth, outcomes)
    assert back.value == pytest.approx(-found.value)
    gaps = score_forecasts(truth**1.3, outcomes).value - score_forecasts(truth, outcomes).value
    assert found.value == pytest.approx(gaps, rel=1e-9)


def test_infinite_difference():
    assert compare_forecasts([0.0, 0.5], [0.5, 0.5], [1, 0]).value == -math.inf
    assert compare_forecasts([0.5, 0.5], [0.5, 1.0], [1, 0]).value == math.inf
    with pytest.raises(InputError, match="Both forecasters"):
        compare_forecasts([0.0, 0.5], [0.5, 1.0], [1, 0])


def test_picture(require):
    require("matplotlib")
    rng = np.random.default_rng(6)
    p = rng.uniform(size=400)
    top, low = score_forecasts(p, rng.random(400) < p).plot().axes
    assert top.get_ylabel() == "frequency of outcome 1"
    assert low.get_xlabel() == "forecast chance of outcome 1"
    many = score_forecasts(rng.dirichlet([1, 1, 1], 300), rng.integers(3, size=300)).plot()
    assert "likeliest" in many.axes[0].get_ylabel()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: score_forecasts([], []), r"shape \(0,\)"),
        (lambda: score_forecasts([1.5], [1]), "1.5"),
        (lambda: score_forecasts([float("nan")], [1]), "nan"),
        (lambda: score_forecasts([[0.5, 0.6]], [1]), "adds up to 1.1"),
        (lambda: score_forecasts(["a"], [1]), "cannot be read"),
        (lambda: score_forecasts([0.5], [1, 0]), r"outcomes has shape \(2,\)"),
        (lambda: score_forecasts([0.5], [2]), "holds 2 at row 0"),
        (lambda: score_forecasts([0.5], [0.5]), "holds 0.5"),
        (lambda: score_forecasts([0.5], [1], weights=[0.0]), "not all 0"),
        (lambda: score_forecasts([0.5], [1], weights=[1, 2]), r"weights has shape"),
        (lambda: score_forecasts([0.5] * 2, [1, 0], groups=["a", "a"]), "one group only"),
        (lambda: score_forecasts([0.5], [1], groups=["a", "b"]), "groups has shape"),
        (lambda: score_forecasts([0.5], [1], bins=0), "bins = 0"),
        (lambda: score_forecasts([0.5], [1], bins="many"), "not known"),
        (lambda: score_forecasts([0.5], [1], confidence=2), "confidence = 2"),
        (lambda: compare_forecasts([0.5], [[0.2, 0.3, 0.5]], [1]), "shapes"),
    ],
)
def test_errors_say_what_came(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_bins_of_single_rows_are_not_reliable():
    rng = np.random.default_rng(7)
    p = rng.uniform(size=60)
    outcomes = rng.random(60) < p
    found = score_forecasts(p, outcomes, bins="distinct")
    assert found.score.reliable
    assert not found.resolution.reliable
    assert not found.miscalibration.reliable
    assert "take fewer bins" in str(found)
    assert score_forecasts(p, outcomes).resolution.reliable
