import math

import mpmath as mp
import numpy as np
import pytest

import kullback as kl
from kullback.decisions.fairness import group_divergence

TABLE = np.array([[70, 30, 10], [50, 50, 30], [5, 20, 40]])


def rows_of(table):
    groups = np.repeat(np.arange(len(table)), table.sum(axis=1))
    classes = np.concatenate([np.repeat(np.arange(table.shape[1]), row) for row in table])
    return classes, groups


def divergence(p, q):
    with mp.workdps(40):
        p, q = ([mp.mpf(int(x)) / int(sum(row)) for x in row] for row in (p, q))
        return float(mp.fsum(a * mp.log(a / b) for a, b in zip(p, q, strict=True) if a > 0))


def test_worked_number_in_both_directions():
    # S075: D([.7, .3] ‖ [.5, .5]).
    found = group_divergence(np.array([[70, 30], [50, 50]]))
    assert found.between[0, 1] == pytest.approx(0.0822828785050518, rel=1e-14)
    assert found.between[1, 0] == pytest.approx(divergence([50, 50], [70, 30]), rel=1e-14)
    pair = found.pair("0", "1")
    assert pair.parity_difference == pytest.approx(0.2, rel=1e-15)
    assert pair.total_variation <= pair.pinsker
    assert pair.pinsker == pytest.approx(math.sqrt(0.0822828785050518 / 2), rel=1e-14)


def test_every_ordered_pair_and_all_groups_at_once():
    found = group_divergence(TABLE)
    assert len(found.pairs) == 6
    for one in found.pairs:
        truth = divergence(TABLE[int(one.first)], TABLE[int(one.second)])
        assert one.value == pytest.approx(truth, rel=1e-13)
        assert found.between_contributions[int(one.first), int(one.second)].sum() == pytest.approx(truth, rel=1e-12)
    assert found.value == pytest.approx(float(kl.mutual_information(TABLE, normalize=True)), rel=1e-13)
    assert found.contributions.sum() == pytest.approx(found.value, rel=1e-12)
    assert (found.contributions >= 0).all()


def test_rows_tables_and_names_say_the_same(require):
    pandas = require("pandas")
    classes, groups = rows_of(TABLE)
    names = np.array(["x", "y", "z"])[groups]
    found = group_divergence(TABLE)
    frame = pandas.crosstab(pandas.Series(names, name="group"), pandas.Series(classes, name="class"))
    nested = {name: {k: int(n) for k, n in enumerate(row)} for name, row in zip("xyz", TABLE, strict=True)}
    for other in (group_divergence(classes, names), group_divergence(frame), group_divergence(nested)):
        np.testing.assert_array_equal(other.between, found.between)
        assert other.groups == ("x", "y", "z")
        assert other.interval == found.interval
        assert [one.p_value for one in other.pairs] == [one.p_value for one in found.pairs]


def test_nearly_equal_groups_keep_their_digits():
    table = np.array([[10**12, 10**12], [10**12 + 1, 10**12 - 1]])
    found = group_divergence(table)
    assert found.between[0, 1] == pytest.approx(divergence(*table), rel=1e-12, abs=0)
    # Two groups of equal size: D(p‖m) is a quarter of D(p‖q) to first order.
    assert found.value == pytest.approx(divergence(*table) / 4, rel=1e-9, abs=0)


def test_probabilities_are_compared_by_their_means():
    rng = np.random.default_rng(0)
    probs, groups = rng.dirichlet([2.0, 3.0, 1.0], size=300), rng.integers(0, 3, size=300)
    found = group_divergence(probs, groups)
    means = np.stack([probs[groups == a].mean(axis=0) for a in range(3)])
    np.testing.assert_allclose(found.shares, means, rtol=1e-12)
    np.testing.assert_allclose(found.between, [[kl.divergence(a, b) for b in means] for a in means], atol=1e-14)


def test_agrees_with_the_differentiable_figures(require):
    torch, nn = require("torch"), require("kullback.nn")
    rng = np.random.default_rng(1)
    probs, groups, labels = rng.dirichlet([2.0, 3.0], size=200), rng.integers(0, 2, size=200), rng.integers(0, 2, 200)
    tensors = torch.tensor(probs), torch.tensor(groups)
    for options in ({}, {"labels": labels}):
        ours = group_divergence(probs, groups, **options)
        theirs = nn.group_divergences(
            *tensors, given="probs", **{name: torch.tensor(values) for name, values in options.items()}
        )
        np.testing.assert_allclose(ours.between, theirs.between.numpy(), rtol=1e-10, atol=1e-15)
        assert ours.value == pytest.approx(float(theirs.jensen_shannon), rel=1e-10)
        np.testing.assert_allclose(ours.contributions, theirs.contributions.numpy(), rtol=1e-9, atol=1e-15)


def test_given_the_label_is_conditional_mutual_information():
    rng = np.random.default_rng(2)
    labels, groups = rng.integers(0, 2, 500), rng.integers(0, 3, 500)
    classes = (rng.random(500) < 0.2 + 0.5 * labels + 0.1 * (groups == 2)).astype(int)
    found = group_divergence(classes, groups, labels=labels)
    truth = 0.0
    for label in (0, 1):
        table = np.zeros((3, 2))
        np.add.at(table, (groups[labels == label], classes[labels == label]), 1)
        truth += float(kl.mutual_information(table, normalize=True)) * np.mean(labels == label)
        assert found.pair("0", "2", label=str(label)).value == pytest.approx(
            float(kl.divergence(table[0], table[2], normalize=True)), rel=1e-12
        )
    assert found.value == pytest.approx(truth, rel=1e-12)
    assert "equalized odds" in str(found)
    assert len(found.pairs) == 12


def test_infinite_is_infinite_and_says_which_outcome():
    found = group_divergence({"a": {"yes": 10, "no": 90}, "b": {"yes": 0, "no": 100}})
    assert found.pair("a", "b").value == math.inf
    assert math.isfinite(found.pair("b", "a").value)
    assert math.isfinite(found.pair("a", "b").debiased)
    assert math.isfinite(found.value)
    assert "never gets yes" in str(found)


def test_small_groups_and_empty_strata_are_named():
    classes, groups, labels = np.tile([0, 1], 60), np.repeat([0, 1], 60), np.zeros(120, int)
    groups[:3], labels[:3] = 2, 1
    found = group_divergence(classes, groups, labels=labels)
    assert "2" in found.small
    assert "left out" in str(found)
    assert np.isfinite(found.between).all()


def test_p_values_of_equal_groups_are_calibrated():
    rng = np.random.default_rng(3)
    rejected = []
    for _ in range(400):
        counts = rng.multinomial(80, [0.5, 0.3, 0.2], size=3)
        rejected.append(min(one.p_adjusted for one in group_divergence(counts).pairs) <= 0.05)
    # At 5 % of false alarms over all pairs more than 33 of 400 have a chance of .002.
    assert 3 <= sum(rejected) <= 33


@pytest.mark.parametrize("soft", [False, True])
def test_units_are_what_is_independent(soft):
    """Twenty rows a person, all alike: rows look independent and are not."""
    rng = np.random.default_rng(4)
    false_rows = false_units = 0
    for seed in range(40):
        person = np.repeat(np.arange(40), 20)
        chance = rng.beta(1.0, 1.0, size=40)[person]
        probs = np.stack([1 - chance, chance], axis=1) if soft else (rng.random(800) < chance).astype(int)
        group = (person % 2).astype(int)
        false_rows += group_divergence(probs, group).pairs[0].p_value <= 0.05
        false_units += group_divergence(probs, group, unit=person, rng=seed).pairs[0].p_value <= 0.05
    # At 5 % more than 7 of 40 have a chance of .001.
    assert false_units <= 7
    assert false_rows > 8


@pytest.mark.parametrize("kind", ["rows", "units", pytest.param("soft", marks=pytest.mark.slow)])
def test_interval_of_the_information_covers(kind):
    rng = np.random.default_rng(5)
    rates, held = np.array([0.3, 0.45, 0.5]), []
    middle = rates.mean()
    truth = np.mean([kl.divergence([1 - r, r], [1 - middle, middle]) for r in rates])
    for _ in range(70):
        person = np.repeat(np.arange(150), 4)
        group = person % 3
        spread = 0.15 if kind != "rows" else 0.0
        chance = (rates[person % 3] + spread * rng.choice([-1, 1], size=150)[person]).clip(0, 1)
        if kind == "soft":
            low, high = group_divergence(np.stack([1 - chance, chance], axis=1)[::4], group[::4]).interval
        else:
            drawn = (rng.random(600) < chance).astype(int)
            low, high = group_divergence(drawn, group, unit=person if kind == "units" else None).interval
        held.append(low <= truth <= high)
    # At 95 % fewer than 60 of 70 have a chance of .001.
    assert sum(held) >= 60


def test_debiased_information_has_no_bias_at_equality():
    rng = np.random.default_rng(6)
    drawn = [group_divergence(rng.multinomial(60, [0.6, 0.3, 0.1], size=3)) for _ in range(300)]
    debiased, plain = np.array([one.debiased for one in drawn]), np.array([one.value for one in drawn])
    # (groups - 1)(outcomes - 1) / 2n = 4 / 360; within five standard errors.
    assert plain.mean() == pytest.approx(4 / 360, abs=5 * plain.std() / math.sqrt(300) + 4e-4)
    assert abs(debiased.mean()) < 5 * debiased.std() / math.sqrt(300) + 4e-4


def test_same_seed_same_answer_and_it_shows_itself(require):
    require("matplotlib")
    classes, groups = rows_of(TABLE)
    unit = np.arange(len(classes)) // 5
    one, two = (group_divergence(classes, groups, unit=unit, rng=7) for _ in range(2))
    assert str(one) == str(two)
    assert "D(" in str(one)
    assert "Pinsker" in str(one)
    assert float(one) == one.nats
    assert "nats" in one.plot().axes[1].get_xlabel()
    with pytest.raises(KeyError, match="no pair"):
        one.pair("0", "9")


@pytest.mark.parametrize(
    ("arguments", "options", "match"),
    [
        (([0, 1, 1], [0, 0, 0]), {}, "one group"),
        (([0, 1, 1], [0, 1]), {}, "groups has shape"),
        (([0.2, 0.7], [0, 1]), {}, "no class"),
        (([[0.2, 0.7], [0.5, 0.5]], [0, 1]), {}, "add up to 1"),
        (([0, 1], ["a", None]), {}, "missing in row 1"),
        (([0.0, math.nan], [0, 1]), {}, "no class|missing"),
        (([], []), {}, "predictions has shape"),
        (([[1, 2], [3, 0.5]],), {}, "holds 0.5"),
        (([[1, 2], [0, 0]],), {}, "a row at least"),
        (([1, 2],), {}, "Without groups"),
        (([[1, 2], [3, 4]],), {"unit": [0, 1]}, "belong to rows"),
        (({"a": 3, "b": 4},), {}, "dict of dicts"),
        (([[1, 2], [3, 4]],), {"confidence": 1.0}, "confidence"),
        (([0, 1], [0, 1]), {"labels": [0, 1, 2]}, "labels has shape"),
        (([0, 1], [0, 1]), {"unit": [0]}, "unit has shape"),
    ],
)
def test_bad_input_has_one_clear_error(arguments, options, match):
    with pytest.raises(kl.InputError, match=match):
        group_divergence(*arguments, **options)


def test_one_row_of_probabilities_shows_no_spread():
    found = group_divergence([[0.7, 0.3], [0.5, 0.5]], ["a", "b"])
    assert found.interval == (0.0, math.log(2))
    assert found.pair("a", "b").interval == (0.0, math.inf)
    assert found.pair("a", "b").debiased == found.pair("a", "b").value
