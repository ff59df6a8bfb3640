"""Calibration against formulas written out and against all lists there are."""

import math
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest

import kullback as kl
from kullback.decisions.recommenders import calibrated_ranking, calibration_gap, category_profile


def test_profile_counts_items_by_weight() -> None:
    assert category_profile([[2, 0], [0, 5], [1, 1]], weights=[1, 1, 2]).tolist() == [0.5, 0.5]


def test_gap_is_the_divergence_to_the_mixture() -> None:
    p, q = np.array([0.7, 0.2, 0.1]), np.array([1.0, 0.0, 0.0])
    mixed = 0.99 * q + 0.01 * p
    found = calibration_gap(p, q)
    assert found.value == pytest.approx(float((p * np.log(p / mixed)).sum()), rel=1e-13)
    assert found.contributions.sum() == pytest.approx(found.value)
    assert math.isinf(found.plain)
    assert math.isinf(calibration_gap(p, q, alpha=0.0).value)


def test_gap_of_the_same_shares_is_zero_and_never_above_its_bound() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        p, q = rng.dirichlet(np.full(5, 0.3), 2)
        assert 0 < calibration_gap(p, q).value <= math.log(100)
        assert calibration_gap(p, p).value == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.7, 0.99])
def test_greedy_lists_are_near_the_best_of_all(weight: float) -> None:
    rng = np.random.default_rng(4)
    scores, kinds, p = rng.random(10), np.eye(3)[rng.integers(0, 3, 10)], np.array([0.5, 0.3, 0.2])

    def worth(items: Any) -> float:
        q = kinds[list(items)].mean(axis=0)
        mixed = 0.99 * q + 0.01 * p
        return (1 - weight) * scores[list(items)].sum() - weight * float((p * np.log(p / mixed)).sum())

    found = calibrated_ranking(scores, kinds, p, size=4, weight=weight)
    best = max(worth(items) for items in combinations(range(10), 4))
    worst = min(worth(items) for items in combinations(range(10), 4))
    assert (worth(found.items) - worst) / (best - worst) > 0.9
    assert found.score == pytest.approx(scores[list(found.items)].sum())


def test_weight_zero_takes_the_highest_scores() -> None:
    scores = np.random.default_rng(1).random(30)
    found = calibrated_ranking(scores, np.ones((30, 2)), [0.5, 0.5], size=5, weight=0.0)
    assert list(found.items) == np.argsort(-scores)[:5].tolist()
    assert found.score == found.best_score


def test_more_weight_is_a_smaller_divergence() -> None:
    rng = np.random.default_rng(2)
    scores, kinds = rng.random(200) + np.linspace(1, 0, 200), np.eye(4)[np.repeat(range(4), 50)]
    gaps = [
        calibrated_ranking(scores, kinds, [0.25] * 4, size=20, weight=weight).divergence for weight in (0, 0.5, 0.99)
    ]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: category_profile([1, 0]), "A row for each item"),
        (lambda: category_profile([[1, 0], [0, 0]]), "item 1"),
        (lambda: category_profile([[1, -1]]), "item 0"),
        (lambda: category_profile([[1, 0]], weights=[0]), "weights"),
        (lambda: calibration_gap([0.5, 0.6], [0.5, 0.5]), "p"),
        (lambda: calibration_gap([0.5, 0.5], [0.5, 0.5], alpha=1), "alpha"),
        (lambda: calibrated_ranking([1.0], [[1, 0]], [0.5, 0.5], size=2), "size"),
        (lambda: calibrated_ranking([1.0], [[1, 0]], [0.5, 0.5], size=0.5), "size = 0.5"),
        (lambda: calibration_gap([0.5, 0.5], [0.5, 0.5], alpha="x"), "alpha = 'x'"),
        (lambda: calibrated_ranking([1.0, math.nan], np.eye(2), [0.5, 0.5], size=1), "scores"),
        (lambda: calibrated_ranking([1.0, 2.0], np.eye(2), [0.5, 0.3, 0.2], size=1), "profile"),
        (lambda: calibrated_ranking([1.0, 2.0], np.eye(2), [0.5, 0.5], size=1, weight=2), "weight"),
    ],
)
def test_bad_input(call: Callable[[], object], words: str) -> None:
    with pytest.raises(kl.InputError, match=words):
        call()


def test_picture(require: Callable[[str], Any]) -> None:
    require("matplotlib")
    figure = calibration_gap({"a$": 0.4, "b": 0.6}, {"b": 0.5, "a$": 0.5}).plot()
    assert [bar.get_height() for bar in figure.axes[0].patches] == pytest.approx([0.4, 0.6, 0.5, 0.5])
