import math

import numpy as np
import pytest

import kullback as kl
from kullback._core import InputError
from kullback.decisions.hypotheses import sprt

F = kl.families


def ruin(theta, low, high):
    """Gambler's ruin: steps +1 with chance theta, else -1, from 0 to low or high (both whole): reject chance, rows."""
    odds = (1 - theta) / theta
    if odds == 1:
        return -low / (high - low), -low * high
    reject = (1 - odds**-low) / (1 - odds ** (high - low))
    return reject, (reject * (high - low) + low) / (2 * theta - 1)


@pytest.mark.parametrize("truth", ["null", "alternative"])
def test_symmetric_coins_are_the_gamblers_ruin(truth):
    """log ratios ± log 4 from coins of 0.2 and 0.8: the bounds log 19 = 2.12 log 4 are reached at three steps."""
    test = sprt(F.Bernoulli(0.2), F.Bernoulli(0.8), alpha=0.05, beta=0.05)
    theta, walk = (0.2, test.under_null) if truth == "null" else (0.8, test.under_alternative)
    reject, rows = ruin(theta, -3, 3)
    assert walk.reject == pytest.approx(reject, rel=1e-12)
    assert walk.rows == pytest.approx(rows, rel=1e-12)
    middle = test.operating_characteristic(0.5)
    assert (middle.reject, middle.rows) == (pytest.approx(0.5, rel=1e-12), pytest.approx(9.0, rel=1e-12))


def simulated(test, draw, runs, seed):
    rng = np.random.default_rng(seed)
    found = [test.run(draw(rng)) for _ in range(runs)]
    rows = np.array([run.rows for run in found])
    return np.mean([run.decision == "reject null" for run in found]), rows.mean(), rows.std() / math.sqrt(runs)


@pytest.mark.parametrize(
    ("null", "alternative", "draw"),
    [
        ([0.5, 0.3, 0.2], [0.3, 0.3, 0.4], lambda rng: rng.choice(3, p=[0.5, 0.3, 0.2], size=3000).tolist()),
        (F.Poisson(3), F.Poisson(4), lambda rng: rng.poisson(3, size=1000).tolist()),
        (F.Normal(0, 1), F.Normal(0.7, 1), lambda rng: rng.normal(size=1000).tolist()),
    ],
)
def test_exact_figures_are_those_of_simulated_runs(null, alternative, draw):
    test = sprt(null, alternative, alpha=0.1, beta=0.1)
    reject, rows, error = simulated(test, draw, 600, 3)
    # Four and a half standard errors each: both hold but in one of 70,000 runs.
    assert "Wald" not in test.under_null.method
    assert abs(rows - test.under_null.rows) < 4.5 * error
    assert abs(reject - test.under_null.reject) < 4.5 * math.sqrt(0.1 * 0.9 / 600)


def test_error_chances_keep_walds_bounds():
    for alpha, beta in ((0.05, 0.05), (0.01, 0.2), (0.001, 0.001)):
        test = sprt([0.6, 0.4], [0.4, 0.6], alpha=alpha, beta=beta)
        miss = 1 - test.under_alternative.reject
        assert test.under_null.reject <= alpha / (1 - beta)
        assert miss <= beta / (1 - alpha)
        assert test.under_null.reject + miss <= alpha + beta


def test_walds_rows_are_a_binary_divergence_over_the_divergence():
    """For a normal shift that is small against the bounds, the oversteps vanish and Wald is right."""
    test = sprt(F.Normal(0, 1), F.Normal(0.02, 1), alpha=0.01, beta=0.1)
    decision = 0.99 * math.log(0.99 / 0.1) + 0.01 * math.log(0.01 / 0.9)
    wald, _ = test.along(0.0)
    assert wald.rows == pytest.approx(decision / (0.02**2 / 2), rel=1e-12)
    fine = sprt(F.Normal(0, 1), F.Normal(0.05, 1), alpha=0.01, beta=0.1)
    assert fine.under_null.rows == pytest.approx(fine.along(0.0)[0].rows, rel=0.05)


def test_sequential_needs_fewer_rows_than_a_fixed_sample():
    test = sprt(F.Normal(0, 1), F.Normal(0.5, 1))
    assert test.under_null.rows < 0.6 * test.fixed_rows
    # (2 z / d)² for equal levels.
    assert test.fixed_rows == pytest.approx((2 * 1.6448536269514722 / 0.5) ** 2, rel=1e-12)


def test_truncation_by_all_sequences():
    test = sprt([0.5, 0.5], [0.2, 0.8], truncate=6)
    reject = rows = 0.0
    for code in range(2**6):
        sequence = [code >> i & 1 for i in range(6)]
        run = test.run(sequence)
        chance = 2.0**-6
        reject += chance * (run.decision == "reject null")
        rows += chance * run.rows
    assert test.under_null.reject == pytest.approx(reject, rel=1e-12)
    assert test.under_null.rows == pytest.approx(rows, rel=1e-12)


def test_one_forbidden_row_decides():
    test = sprt([0.5, 0.5, 0.0], [0.0, 0.5, 0.5])
    assert test.under_null.reject == 0.0
    assert test.under_null.rows == pytest.approx(2.0, rel=1e-12)
    assert test.run([1, 1, 2]).decision == "reject null"


def test_state_machine():
    test = sprt({"h": 0.5, "t": 0.5}, {"h": 0.2, "t": 0.8})
    run = test.start()
    assert run.update("t") == "continue"
    assert run.log_ratio == pytest.approx(math.log(1.6), rel=1e-12)
    while run.decision == "continue":
        run.update("h")
    assert run.decision == "accept null"
    with pytest.raises(InputError, match="ended"):
        run.update("h")
    assert "accept null after" in str(run)


def test_rows_that_come_one_by_one_are_left_after_the_decision():
    test = sprt([0.5, 0.5], [0.2, 0.8])
    rows = iter([1] * 20)
    assert test.run(rows).rows == test.run([1] * 20).rows == 7
    assert len(list(rows)) == 13


def test_operating_characteristic_falls_from_null_to_alternative():
    test = sprt([0.6, 0.4], [0.4, 0.6])
    reject = [test.operating_characteristic(t).reject for t in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert reject == sorted(reject)
    assert reject[2] == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (([0.5, 0.5], [0.5, 0.5]), {}, "equal"),
        (([0.5, 0.5], [0.2, 0.8]), {"alpha": 0.6, "beta": 0.5}, "below 1"),
        (([0.5, 0.5], [0.2, 0.8]), {"alpha": 1.5}, "alpha"),
        (([0.5, 0.5], [0.2, 0.8]), {"truncate": 0}, "truncate"),
        ((F.Laplace(0, 1), F.Laplace(1, 1)), {"truncate": 5}, "listed"),
        ((F.Uniform(0, 2), F.Uniform(1, 3)), {}, "forbids"),
    ],
)
def test_bad_input(arguments, options, words):
    with pytest.raises(InputError, match=words):
        sprt(*arguments, **options)


def test_position_outside():
    with pytest.raises(InputError, match="position"):
        sprt([0.5, 0.5], [0.2, 0.8]).operating_characteristic(1.5)


def test_picture(require):
    require("matplotlib")
    figure = sprt([0.5, 0.5], [0.2, 0.8]).plot()
    assert [axis.get_ylabel() for axis in figure.axes] == ["chance of accepting the null", "mean number of rows"]
