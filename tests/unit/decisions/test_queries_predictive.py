import math

import numpy as np
import pytest

import kullback as kl
from kullback.decisions.queries import bald, expected_predictive_information_gain, prediction_changes


def predictions(seed, members, points, classes):
    return np.random.default_rng(seed).dirichlet(np.ones(classes), size=(members, points))


def information(points, targets):
    """I(label; label of a target) of each pair, from the joint table."""
    joint = np.einsum("mnc,mtk->ntck", points, targets) / len(points)
    return kl.mutual_information(joint, normalize=True)


def test_is_the_mean_mutual_information_of_two_labels(xp):
    points, targets = predictions(0, 5, 6, 3), predictions(1, 5, 4, 2)
    found = expected_predictive_information_gain(xp.asarray(points), xp.asarray(targets))
    np.testing.assert_allclose(np.asarray(found), information(points, targets).mean(axis=1), rtol=1e-12)


def test_expected_divergence_of_predictions_after_from_before_is_the_same():
    # S071: "the largest expected KL between predictions before and after the label".
    points, targets = predictions(2, 7, 5, 3), predictions(3, 7, 4, 3)
    before = targets.mean(axis=0)
    chance = points.mean(axis=0)
    truth = np.zeros((5, 3, 4))
    for n, y, t in np.ndindex(truth.shape):
        posterior = points[:, n, y] / points[:, n, y].sum()
        truth[n, y, t] = kl.divergence(posterior @ targets[:, t], before[t], normalize=True)
    found_chance, found = prediction_changes(points, targets)
    np.testing.assert_allclose(found_chance, chance, rtol=1e-13)
    np.testing.assert_allclose(found, truth, rtol=1e-11)
    expected = np.einsum("ny,nyt->nt", found_chance, found)
    np.testing.assert_allclose(expected, information(points, targets), rtol=1e-12)
    np.testing.assert_allclose(expected.mean(axis=1), expected_predictive_information_gain(points, targets), rtol=1e-12)


def test_the_other_direction_is_not_mutual_information():
    points, targets = predictions(4, 3, 1, 2), predictions(5, 3, 1, 2)
    chance = points[:, 0].mean(axis=0)
    after = [points[:, 0, y] / points[:, 0, y].sum() @ targets[:, 0] for y in (0, 1)]
    reverse = sum(chance[y] * kl.divergence(targets[:, 0].mean(axis=0), after[y], normalize=True) for y in (0, 1))
    assert abs(reverse - information(points, targets)[0, 0]) > 1e-3 * reverse


def test_a_target_that_shows_the_member_gives_bald():
    points = predictions(6, 4, 6, 3)
    found = expected_predictive_information_gain(points, np.eye(4)[:, None, :])
    np.testing.assert_allclose(found, bald(points), rtol=1e-12)


def test_no_more_than_bald_and_zero_where_members_agree_on_the_targets():
    points, targets = predictions(7, 6, 20, 3), predictions(8, 6, 3, 4)
    assert (expected_predictive_information_gain(points, targets) <= bald(points)).all()
    same = np.tile(targets[:1], (6, 1, 1))
    np.testing.assert_allclose(expected_predictive_information_gain(points, same), 0.0, atol=1e-30)


@pytest.mark.parametrize("gap", [1e-4, 1e-7])
def test_members_that_nearly_agree_keep_their_digits(gap):
    ones = np.array([0.5 + gap, 0.5 - gap])
    points = np.stack([ones, 1 - ones], axis=1)[:, None, :]
    # The joint law is ¼ ± gap²: D = ½ [(1 + x) log(1 + x) + (1 - x) log(1 - x)] = x²/2 + O(x⁴), x = 4 gap².
    x = 4 * (ones[0] - 0.5) ** 2
    found = expected_predictive_information_gain(points, points)[0]
    assert found == pytest.approx(x * x / 2 + x**4 / 12, rel=1e-6, abs=0)


def test_log_probs_and_impossible_labels():
    points, targets = predictions(9, 4, 3, 3), predictions(10, 4, 2, 3)
    points[..., 0], points[..., 2] = 0.0, 1.0 - points[..., 1]
    with np.errstate(divide="ignore"):
        logs = np.log(points), np.log(targets)
    np.testing.assert_allclose(
        expected_predictive_information_gain(*logs, given="log_probs"),
        information(points, targets).mean(axis=1),
        rtol=1e-11,
    )
    chance, change = prediction_changes(points, targets)
    assert not chance[:, 0].any()
    assert not change[:, 0].any()


def test_linear_model_is_that_of_correlated_gaussians(xp):
    rng = np.random.default_rng(11)
    x, y, root = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.normal(size=(3, 3))
    covariance = root @ root.T
    truth = np.zeros((4, 5))
    for i, j in np.ndindex(truth.shape):
        both = np.stack([x[i], y[j]])
        joint = both @ covariance @ both.T + 0.6 * np.eye(2)
        truth[i, j] = 0.5 * math.log(joint[0, 0] * joint[1, 1] / np.linalg.det(joint))
    found = expected_predictive_information_gain(xp.asarray(x), xp.asarray(y), prior=xp.asarray(covariance), noise=0.6)
    np.testing.assert_allclose(np.asarray(found), truth.mean(axis=1), rtol=1e-11)


@pytest.mark.parametrize(
    ("points", "targets", "options", "match"),
    [
        (np.full((2, 3, 2), 0.5), np.full((3, 3, 2), 0.5), {}, "same members"),
        (np.full((2, 2), 0.5), np.full((2, 3, 2), 0.5), {}, "same members"),
        (np.full((2, 3, 2), 0.5), np.full((2, 3, 2), 0.7), {}, "targets holds"),
        (np.full((2, 3, 2), 0.5), np.full((2, 3, 2), 0.5), {"prior": np.eye(2)}, "prior came without noise"),
        (np.ones((2, 3)), np.ones((2, 4)), {"noise": 1.0}, "Designs of shapes"),
        (np.ones((2, 3)), np.ones((2, 3)), {"noise": -1.0}, "no variance"),
    ],
)
def test_bad_input_has_one_clear_error(points, targets, options, match):
    with pytest.raises(kl.InputError, match=match):
        expected_predictive_information_gain(points, targets, **options)
