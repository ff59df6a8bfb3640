"""The interval of a divergence of counts: how often it holds the truth, and where it must not pretend to."""

import math

import numpy as np
import pytest

from kullback._core import InputError
from kullback.estimators._counts_choice import COUNT_METHODS, choose_counts, tally_estimate
from kullback.estimators._tally import read_counts, tally_codes


def _zipf(labels, exponent):
    weights = np.arange(1, labels + 1.0) ** -exponent
    return weights / weights.sum()


def _divergence(p, q):
    seen = p > 0
    return float(p[seen] @ np.log(p[seen] / q[seen]))


def _rare(labels):
    law = np.full(labels, 0.01)
    law[0] = 1 - 0.01 * (labels - 1)
    return law


def _dirichlet(concentration):
    def pair(labels, rng):
        return rng.dirichlet(np.full(labels, concentration), 2) + 1e-300

    return pair


def _near(labels, rng):
    p = rng.dirichlet(np.ones(labels)) + 1e-12
    return p, p * np.exp(0.1 * rng.standard_normal(labels))


PROBLEMS = {
    "even": lambda labels, _: (_zipf(labels, 0),) * 2,
    "dirichlet": _dirichlet(1.0),
    "uneven": _dirichlet(0.3),
    "near": _near,
    "steeper": lambda labels, _: (_zipf(labels, 1.5), _zipf(labels, 1)),
    "flatter": lambda labels, _: (_zipf(labels, 0.5), _zipf(labels, 1)),
    "rare": lambda labels, _: (_rare(labels), _rare(labels)[::-1]) if labels == 2 else (_rare(labels),) * 2,
}
SIZES = [(2, 100), (5, 100), (10, 100), (2, 1000), (10, 1000), (100, 1000)]


def _runs(problem, labels, n, m, runs, seed):
    rng = np.random.default_rng(seed)
    for _ in range(runs):
        p, q = (law / law.sum() for law in PROBLEMS[problem](labels, rng))
        yield _divergence(p, q), choose_counts(read_counts(rng.multinomial(n, p), rng.multinomial(m, q)))


def _coverage(problem, labels, rows, runs):
    return np.mean(
        [
            found.interval[0] <= truth <= found.interval[1]
            for truth, found in _runs(problem, labels, rows, rows, runs, 80)
        ]
    )


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize(("labels", "rows"), SIZES)
def test_coverage(problem, labels, rows):
    # 100 runs: three standard errors below .90 are .81.
    assert _coverage(problem, labels, rows, 100) >= 0.86


@pytest.mark.slow
@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize(("labels", "rows"), SIZES)
def test_coverage_with_many_runs(problem, labels, rows):
    # 2,000 runs: the standard error is .007 at .90.
    assert _coverage(problem, labels, rows, 2000) >= 0.90


def _alarms(law, n, m, runs, seed):
    rng = np.random.default_rng(seed)
    pairs = zip(rng.multinomial(n, law, runs), rng.multinomial(m, law, runs), strict=True)
    return np.mean([choose_counts(read_counts(p, q)).interval[0] > 0 for p, q in pairs])


@pytest.mark.parametrize("law", [_zipf(2, 0), _rare(2), _zipf(10, 0), _zipf(50, 1), _rare(50)], ids=len)
@pytest.mark.parametrize(("n", "m"), [(20, 20), (100, 100), (100, 1000)])
def test_few_false_alarms(law, n, m):
    # 150 runs: three standard errors above .05 are .10.
    assert _alarms(law, n, m, 150, 81) <= 0.10


@pytest.mark.slow
@pytest.mark.parametrize("labels", [2, 5, 10, 50, 100])
@pytest.mark.parametrize(("n", "m"), [(20, 20), (50, 50), (100, 100), (1000, 1000), (20, 200), (200, 20)])
def test_few_false_alarms_with_many_runs(labels, n, m):
    # 2,000 runs: two standard errors above .05 are .06.
    assert _alarms(_zipf(labels, 0), n, m, 2000, 82) <= 0.06


def test_unequal_laws_are_told_apart():
    rng = np.random.default_rng(83)
    found = [
        choose_counts(read_counts(rng.multinomial(1000, _zipf(20, 1)), rng.multinomial(1000, _zipf(20, 0.5))))
        for _ in range(30)
    ]
    assert all(one.interval[0] > 0 for one in found)


@pytest.mark.parametrize("method", ["counts", *COUNT_METHODS])
def test_interval_holds_the_figure(method):
    rng = np.random.default_rng(84)
    for _ in range(60):
        labels, n, m = (int(rng.integers(1, high)) for high in (20, 60, 60))
        p, q = (
            rng.multinomial(n, rng.dirichlet(np.full(labels, 0.4))),
            rng.multinomial(m, rng.dirichlet(np.ones(labels))),
        )
        found = tally_estimate(read_counts(p, q), method)
        assert found.interval[0] <= found.value <= found.interval[1]
        assert found.interval[1] >= 0
        assert math.isfinite(found.value)
        assert math.isfinite(found.stderr)


HARD = {
    "one row each": ([1], [1]),
    "one category": ([50], [70]),
    "apart": ([50, 0], [0, 50]),
    "all different": ([1] * 5 + [0] * 5, [0] * 5 + [1] * 5),
    "one each": ([1] * 10, [1] * 10),
    "huge": ([10**12, 10**12], [10**12, 10**12 + 10**7]),
    "fractions": ([0.3, 2.7, 0.01], [0.2, 0.2, 9.5]),
    "few against many": ([2, 1], [10**7, 1]),
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("method", ["counts", *COUNT_METHODS])
def test_hard_counts(name, method):
    found = tally_estimate(read_counts(*HARD[name]), method)
    assert math.isfinite(found.value)
    assert found.interval[0] <= found.value <= found.interval[1]


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_wider_with_confidence(confidence):
    tally = read_counts([300, 500, 200], [400, 400, 200])
    low, high = choose_counts(tally, confidence=confidence).interval
    wider = choose_counts(tally, confidence=confidence + 0.005).interval
    assert wider[0] < low < high < wider[1]


def test_a_heavy_category_that_y_lacks_may_be_missing_in_q():
    found = choose_counts(read_counts([50, 50], [0, 100]))
    assert found.interval[1] == math.inf
    assert found.interval[0] > 0
    assert not found.reliable
    assert any("50 rows in x" in note and "about 25" in note for note in found.notes)


def test_a_rare_category_that_y_lacks_is_put_down_to_chance():
    found = choose_counts(read_counts([60, 38, 2], [55, 45, 0]))
    assert math.isfinite(found.interval[1])
    assert found.reliable
    assert any("2.0 % of the rows of x" in note for note in found.notes)


def test_many_more_categories_than_rows():
    rng = np.random.default_rng(85)
    law = _zipf(10_000, 1)
    found = choose_counts(read_counts(rng.multinomial(1000, law), rng.multinomial(1000, law)))
    assert math.isfinite(found.interval[1])
    assert not found.reliable
    assert any("Good-Turing" in note for note in found.notes)


def test_one_category_says_nothing():
    found = choose_counts(read_counts([40], [70]))
    assert (found.value, found.interval, found.reliable) == (0, (0, math.inf), False)


def test_more_than_the_rows_can_certify():
    found = tally_estimate(read_counts([3, 0, 0], [0, 2, 1]), "bayesian")
    found_of_many = tally_estimate(read_counts([1000, 0], [0, 1000]), "add_half")
    for one in (found, found_of_many):
        assert not one.reliable


def test_figure_of_a_biased_method_is_not_trusted():
    rng = np.random.default_rng(86)
    p, q = rng.multinomial(300, _zipf(300, 0), 2)
    found = tally_estimate(read_counts(p, q), "add_half")
    assert not found.reliable
    assert found.interval[1] >= found.value


def test_weights_of_rows_widen_the_interval():
    rng = np.random.default_rng(87)
    x, y = rng.integers(0, 4, 500), rng.integers(0, 3, 500)
    weights = rng.dirichlet(np.full(500, 0.5))
    plain, weighted = choose_counts(tally_codes(x, y)), choose_counts(tally_codes(x, y, weights, None))
    assert weighted.stderr > plain.stderr
    assert weighted.n == 500


@pytest.mark.slow
def test_few_false_alarms_with_weights():
    rng = np.random.default_rng(88)
    alarms = []
    for _ in range(1000):
        x, y = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
        weights = rng.dirichlet(np.full(200, 2.0))
        alarms.append(choose_counts(tally_codes(x, y, weights, None)).interval[0] > 0)
    # 1,000 runs: two standard errors above .05 are .064.
    assert np.mean(alarms) <= 0.064


def test_unknown_method():
    with pytest.raises(InputError, match=r"no method for counts\. Known: counts, zhang_grabchak"):
        tally_estimate(read_counts([1, 2], [2, 1]), "plugin")
