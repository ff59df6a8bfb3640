import itertools
import math

import numpy as np
import pytest

import kullback as kl
from kullback.decisions.queries import bald, batch_bald


def pool(seed, members=6, points=8, classes=2, sharpness=0.3):
    return np.random.default_rng(seed).dirichlet(np.full(classes, sharpness), size=(members, points))


def enumerated(rows, places):
    """I(labels; member) by writing the whole joint law down."""
    members = rows.shape[0]
    joint = np.ones((members, 1))
    for place in places:
        joint = (joint[:, :, None] * rows[:, place, None, :]).reshape(members, -1)
    mean = joint.mean(axis=0)
    logs = np.log(joint / mean, out=np.zeros_like(joint), where=joint > 0)
    return math.fsum((joint * logs).ravel()) / members


@pytest.mark.parametrize("classes", [2, 3])
def test_joint_information_is_that_of_the_enumerated_law(classes):
    rows = pool(classes, classes=classes)
    found = batch_bald(rows, size=4)
    truth = [enumerated(rows, found.indices[: size + 1]) for size in range(4)]
    np.testing.assert_allclose(found.information, truth, rtol=1e-12)
    np.testing.assert_allclose(
        found.top_information, [enumerated(rows, found.top_indices[: size + 1]) for size in range(4)], rtol=1e-12
    )
    assert not found.stderr.any()


@pytest.mark.parametrize("seed", range(6))
def test_each_point_is_the_best_next_one_and_the_batch_meets_the_guarantee(seed):
    rows = pool(seed)
    found = batch_bald(rows, size=3)
    for size in range(3):
        before = found.indices[:size]
        best = max(enumerated(rows, (*before, place)) for place in range(8) if place not in before)
        assert found.information[size] == pytest.approx(best, rel=1e-12)
    best = max(enumerated(rows, places) for places in itertools.combinations(range(8), 3))
    assert (1 - math.exp(-1)) * best <= found.value <= best * (1 + 1e-12)


def test_first_point_is_the_largest_score_and_scores_count_twice():
    rows = pool(1, points=30)
    found = batch_bald(rows, size=4)
    assert found.indices[0] == int(np.argmax(bald(rows)))
    np.testing.assert_allclose(found.scores, bald(rows)[list(found.indices)], rtol=1e-14)
    assert found.double_counted == pytest.approx(found.scores.sum() - enumerated(rows, found.indices), rel=1e-12)
    assert found.double_counted > 0


def test_a_point_and_its_copy_are_not_both_chosen():
    first, second = [0.95, 0.05, 0.95, 0.05], [0.8, 0.8, 0.2, 0.2]
    ones = np.array([first, first, first, second]).T
    found = batch_bald(np.stack([ones, 1 - ones], axis=2), size=2)
    assert found.indices == (0, 3)
    assert found.top_indices == (0, 1)
    assert found.information[-1] > found.top_information[-1] + 0.05


def test_drawn_configurations_agree_with_counted_ones():
    rows = pool(3, members=8, points=10, classes=3)
    counted = batch_bald(rows, size=7, configurations=3**7)
    drawn = batch_bald(rows, size=7, configurations=200, rng=1)
    truth = [enumerated(rows, drawn.indices[: size + 1]) for size in range(7)]
    assert counted.information[-1] == pytest.approx(enumerated(rows, counted.indices), rel=1e-12)
    assert (drawn.stderr[5:] > 0).all()
    # Four standard errors: fails by chance once in 16,000 seeds.
    assert (np.abs(drawn.information - truth) <= 4 * drawn.stderr + 1e-12).all()
    assert drawn.value > 0.97 * counted.value


def test_drawn_figures_have_no_bias_and_the_stated_error():
    rows = pool(4, members=8, points=6, classes=3)
    runs = [batch_bald(rows, size=6, configurations=81, rng=seed) for seed in range(150)]
    # All points in some order: the same truth each time.
    misses = np.array([run.value - enumerated(rows, range(6)) for run in runs])
    stated = np.mean([run.stderr[-1] for run in runs])
    assert abs(misses.mean()) < 4 * misses.std() / math.sqrt(len(misses))
    # Members are drawn in equal parts, so the true error is a little below the stated one.
    assert 0.6 * stated < misses.std() < 1.15 * stated


def test_large_batches_stay_finite_and_below_what_members_can_tell():
    rows = pool(5, members=5, points=60, classes=10, sharpness=0.05)
    found = batch_bald(rows, size=40, configurations=60)
    assert np.isfinite(found.information).all()
    assert found.value <= math.log(5) + 4 * found.stderr[-1] + 1e-12
    assert "arbitrary" in str(found)


def test_same_seed_same_batch_and_other_libraries(require):
    torch = require("torch")
    rows = pool(6, points=12, classes=4)
    found = [batch_bald(array, size=6, configurations=50, rng=3) for array in (rows, rows, torch.tensor(rows))]
    assert found[0].indices == found[1].indices == found[2].indices
    np.testing.assert_array_equal(found[0].information, found[1].information)
    with np.errstate(divide="ignore"):
        logs = np.log(rows)
    assert batch_bald(logs, size=6, configurations=50, rng=3, given="log_probs").indices == found[0].indices


def test_it_says_what_it_found_and_draws_it(require):
    require("matplotlib")
    found = batch_bald(pool(7), size=3)
    assert "counted twice" in str(found)
    assert float(found) == found.nats == found.value
    axis = found.plot().axes[0]
    assert "nats" in axis.get_ylabel()


@pytest.mark.parametrize(
    ("shape", "options", "match"),
    [
        ((3, 4, 2), {"size": 5}, "size = 5"),
        ((3, 4, 2), {"size": 0}, "size = 0"),
        ((3, 4, 2), {"size": 1.0}, "size = 1.0"),
        ((3, 4, 2), {"size": 2, "configurations": 0}, "configurations = 0"),
        ((3, 2), {"size": 1}, "members, points, classes"),
        ((3, 4, 2), {"size": 1, "rng": "x"}, "seed"),
    ],
)
def test_bad_input_has_one_clear_error(shape, options, match):
    with pytest.raises(kl.InputError, match=match):
        batch_bald(np.full(shape, 0.5), **options)
