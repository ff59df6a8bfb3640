import numpy as np
import pytest

import kullback as kl
from kullback.fitting.constraints import fit_margins, tilt

START = np.array([[40.0, 30.0], [35.0, 50.0]])


def test_two_by_two_in_closed_form():
    """The odds ratio stays, so the first cell is the root of a quadratic."""
    found = fit_margins(START, {0: [80.0, 75.0], 1: [70.0, 85.0]}).table
    odds = 40 * 50 / (30 * 35)
    a, b, c = 1 - odds, 75 - 70 + odds * (80 + 70), -odds * 80 * 70
    root = (-b + np.sqrt(b * b - 4 * a * c)) / (2 * a)
    assert found[0, 0] == pytest.approx(root, rel=1e-12)
    assert found.sum(axis=1) == pytest.approx([80, 75], rel=1e-12)


def test_three_ways_with_pairs():
    rng = np.random.default_rng(0)
    start, goal = rng.uniform(1, 2, (3, 4, 2)), rng.uniform(1, 2, (3, 4, 2))
    pairs = {(0, 1): goal.sum(axis=2), (2, 0): goal.sum(axis=1).T, (1, 2): goal.sum(axis=0)}
    found = fit_margins(start, pairs)
    assert found.table.sum(axis=1) == pytest.approx(goal.sum(axis=1), rel=1e-10)
    # Pythagoras: D(goal‖start) = D(goal‖fitted) + D(fitted‖start).
    shares = [one.ravel() / one.sum() for one in (goal, found.table, start)]
    through = float(kl.divergence(shares[0], shares[1])) + found.value
    assert float(kl.divergence(shares[0], shares[2])) == pytest.approx(through, rel=1e-10)
    assert found.gap < 1e-9


def test_flat_table_gives_independence(require):
    """Raking a flat table to two margins gives the expected counts of independence."""
    contingency = require("scipy.stats").contingency
    fitted = fit_margins(np.ones((2, 2)), {0: START.sum(axis=1), 1: START.sum(axis=0)})
    assert fitted.table == pytest.approx(contingency.expected_freq(START), rel=1e-12)


def test_is_a_tilt():
    margins = {0: [0.3, 0.7], 1: [0.6, 0.4]}
    found = fit_margins(START, margins)
    functions = [[1, 1, 0, 0], [1, 0, 1, 0]]
    same = tilt(START.ravel(), functions, [0.3, 0.6], normalize=True)
    assert found.value == pytest.approx(same.value, rel=1e-10)
    assert found.table.ravel() == pytest.approx(same.probs, rel=1e-10)


def test_zeros_stay_and_margins_can_force_more():
    start = np.array([[1.0, 0, 0], [1, 1, 0], [0, 1, 1]])
    found = fit_margins(start, [[1, 1, 1], [1, 1, 1]])
    assert found.table == pytest.approx(np.eye(3), abs=1e-9)
    assert "force 2 cells" in str(found)
    assert fit_margins([[1, 0], [1, 1]], {0: [2, 3], 1: [4, 1]}).table == pytest.approx(np.array([[2, 0], [2, 1]]))


def test_margin_entries_of_zero():
    found = fit_margins(START, {0: [0.0, 10.0]})
    assert found.table[0].tolist() == [0.0, 0.0]
    assert found.table[1] == pytest.approx(10 * START[1] / START[1].sum())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fit_margins(START, {0: [1, 2], 1: [2, 2]}), r"\(0,\) and \(1,\) differ in their totals: 3 and 4"),
        (
            lambda: fit_margins(np.ones((2, 2, 2)), {(0, 1): [[1, 2], [3, 4]], (1, 2): [[1, 4], [3, 2]]}),
            r"share",
        ),
        (lambda: fit_margins([[1, 0], [0, 1]], [[1, 2], [2, 1]]), "No table with the zeros"),
        (lambda: fit_margins([[1, 1], [0, 0]], {0: [1, 1]}), "where the table has no mass"),
        (lambda: fit_margins(START, {0: [1, 2, 3]}), r"Shape \(2,\) is needed"),
        (lambda: fit_margins(START, {2: [1, 2]}), "Give each axis once"),
        (lambda: fit_margins(START, {(0, 0): START}), "Give each axis once"),
        (lambda: fit_margins(START, {0: [-1, 2]}), "negative"),
        (lambda: fit_margins(START, {}), "empty"),
        (lambda: fit_margins(-START, {0: [1, 2]}), "negative"),
        (lambda: fit_margins(START, {0: [0, 0]}), "add up to 0"),
    ],
)
def test_errors_say_which(call, words):
    with pytest.raises(kl.InputError, match=words):
        call()
