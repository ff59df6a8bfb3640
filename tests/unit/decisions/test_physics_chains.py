import math
from itertools import product

import mpmath as mp
import numpy as np
import pytest

import kullback as kl
from kullback.decisions.physics import entropy_production, markov_order_test, relaxation


def wheel(p):
    return np.array([[0.0, p, 1 - p], [1 - p, 0.0, p], [p, 1 - p, 0.0]])


@pytest.mark.parametrize("p", [0.5 + 1e-6, 0.6, 0.75, 0.999])
def test_driven_wheel_in_closed_form(p):
    """(p - q) log(p/q) per step."""
    with mp.workdps(40):
        truth = float((2 * mp.mpf(p) - 1) * mp.log(mp.mpf(p) / (1 - mp.mpf(p))))
    found = entropy_production(wheel(p))
    assert found.value == pytest.approx(truth, rel=1e-9)
    assert found.stationary == pytest.approx([1 / 3] * 3, rel=1e-14)
    assert found.currents[0, 1] == pytest.approx((2 * p - 1) / 3, rel=1e-9)


def test_is_the_divergence_rate_of_the_reversed_chain():
    rng = np.random.default_rng(0)
    matrix = rng.dirichlet(np.ones(4), size=4)
    found = entropy_production(matrix)
    law = found.stationary
    reversed_chain = (matrix * law[:, None]).T / law[:, None]
    rate = kl.divergence(kl.families.MarkovChain(matrix), kl.families.MarkovChain(reversed_chain))
    assert found.value == pytest.approx(float(rate), rel=1e-11)
    assert entropy_production(kl.families.MarkovChain(matrix)).value == pytest.approx(found.value, rel=1e-13)


def test_detailed_balance_produces_nothing():
    flow = np.array([[1.0, 2.0, 3.0], [2.0, 5.0, 1.0], [3.0, 1.0, 2.0]])
    found = entropy_production(flow / flow.sum(axis=1, keepdims=True))
    assert found.value == pytest.approx(0.0, abs=1e-30)


def test_steps_that_are_never_taken_back():
    found = entropy_production([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    assert found.value == math.inf
    assert found.one_way == ((0, 1), (1, 2), (2, 0))
    assert "0 → 1" in str(found)


@pytest.mark.parametrize("seed", range(5))
def test_h_theorem(seed):
    rng = np.random.default_rng(seed)
    matrix, start = rng.dirichlet(np.ones(5), size=5), rng.dirichlet(np.full(5, 0.1))
    found = relaxation(matrix, start, 12)
    assert (np.diff(found.divergences) <= 1e-15).all()
    assert (np.diff(found.reverse) <= 1e-15).all()
    assert found.laws[2] == pytest.approx(start @ matrix @ matrix, rel=1e-13)
    assert found.stationary @ matrix == pytest.approx(found.stationary, rel=1e-13)


def test_relaxation_of_two_states_in_closed_form():
    """The gap to the stationary law shrinks by 1 - a - b each step."""
    a, b = 0.1, 0.2
    found = relaxation([[1 - a, a], [b, 1 - b]], [0.0, 1.0], 8)
    for t, value in enumerate(found.divergences):
        one = a / (a + b) + b / (a + b) * (1 - a - b) ** t
        assert value == pytest.approx(float(kl.divergence([1 - one, one], [b / (a + b), a / (a + b)])), rel=1e-11)
    assert found.reverse[0] == math.inf


def likelihood(path, order, first):
    """Greatest log likelihood of a chain of an order, steps from `first` on, by counting."""
    counts = {}
    for i in range(first, len(path)):
        counts.setdefault(tuple(path[i - order : i]), {}).setdefault(path[i], 0)
        counts[tuple(path[i - order : i])][path[i]] += 1
    rows = [list(row.values()) for row in counts.values()]
    return sum(n * math.log(n / sum(row)) for row in rows for n in row)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_is_the_likelihood_ratio(order):
    path = np.random.default_rng(order).integers(0, 3, 400).tolist()
    found = markov_order_test(path, order=order)
    ratio = 2 * (likelihood(path, order + 1, order + 1) - likelihood(path, order, order + 1))
    assert found.statistic == pytest.approx(ratio, rel=1e-10)
    assert found.degrees == 3**order * 4
    assert found.value == pytest.approx(found.statistic / (2 * found.n))


def test_order_zero_is_the_g_test(require):
    stats = require("scipy.stats")
    path = np.random.default_rng(3).integers(0, 3, 300)
    table = np.zeros((3, 3))
    np.add.at(table, (path[:-1], path[1:]), 1)
    g, p_value, degrees, _ = stats.chi2_contingency(table, lambda_="log-likelihood", correction=False)
    found = markov_order_test(path)
    assert (found.statistic, found.degrees) == (pytest.approx(g, rel=1e-10), degrees)
    assert found.p_value == pytest.approx(p_value, rel=1e-9)


def test_calibrated_and_sees_memory():
    rng = np.random.default_rng(0)
    chain = np.array([[0.7, 0.3], [0.4, 0.6]])
    rejected = 0
    for _ in range(300):
        draws, path = rng.random(600), [0]
        for one in draws:
            path.append(int(one < chain[path[-1], 1]))
        rejected += markov_order_test(path, order=1).p_value < 0.05
    # Binomial(300, 0.05) leaves [3, 30] once in a hundred thousand times.
    assert 3 <= rejected <= 30
    assert markov_order_test(path, order=0).p_value < 1e-4


def test_labels_of_any_kind():
    letters = ["rain", "sun", "sun", "rain"] * 10
    numbers = [{"rain": 0, "sun": 1}[one] for one in letters]
    assert markov_order_test(letters, order=1).statistic == markov_order_test(numbers, order=1).statistic
    assert all(markov_order_test("".join(one)).p_value <= 1 for one in product("ab", repeat=4))


def test_picture(require):
    require("matplotlib")
    axes = relaxation([[0.9, 0.1], [0.2, 0.8]], [0.0, 1.0], 10).plot().axes[0]
    assert "nats" in axes.get_ylabel()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: entropy_production([[1.0, 0.0]]), "square"),
        (lambda: entropy_production([[0.5, 0.4], [0.5, 0.5]]), "Row 0 of transition adds up to 0.9"),
        (lambda: entropy_production([[1.5, -0.5], [0.5, 0.5]]), "negative"),
        (lambda: entropy_production(np.eye(2)), "many stationary laws"),
        (lambda: relaxation(np.full((2, 2), 0.5), [1.0], 3), "start has shape"),
        (lambda: relaxation(np.full((2, 2), 0.5), [1.0, 0.0], 0), "steps = 0"),
        (lambda: markov_order_test([0, 1]), "at least 3"),
        (lambda: markov_order_test([0, 1, 0, 1], order=-1), "order = -1"),
        (lambda: markov_order_test([0.0, 1.0, np.nan, 1.0]), "missing"),
    ],
)
def test_errors_say_what_is_wrong(call, words):
    with pytest.raises(kl.InputError, match=words):
        call()
