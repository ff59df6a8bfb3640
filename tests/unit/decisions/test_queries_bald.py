import math

import mpmath as mp
import numpy as np
import pytest

import kullback as kl
from kullback.decisions.queries import bald


def simplex(rng, *shape):
    return rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])


def exact(members):
    """Mutual information in 50 digits: the entropy of the mean less the mean of the entropies."""
    with mp.workdps(50):
        rows = [[mp.mpf(float(x)) for x in row] for row in members]
        rows = [[x / mp.fsum(row) for x in row] for row in rows]
        mean = [mp.fsum(column) / len(rows) for column in zip(*rows, strict=True)]

        def entropy(row):
            return -mp.fsum(x * mp.log(x) for x in row if x > 0)

        return float(entropy(mean) - mp.fsum(entropy(row) for row in rows) / len(rows))


@pytest.mark.parametrize(("members", "classes"), [(2, 2), (5, 3), (20, 10)])
def test_is_entropy_of_the_mean_less_mean_of_the_entropies(members, classes):
    rows = simplex(np.random.default_rng(members), members, 7, classes)
    truth = [exact(rows[:, place]) for place in range(7)]
    np.testing.assert_allclose(bald(rows), truth, rtol=1e-13)


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9, 1e-12])
def test_members_that_nearly_agree_keep_their_digits(gap):
    rows = np.array([[0.3 + gap, 0.7 - gap], [0.3 - gap, 0.7 + gap], [0.3, 0.7]])
    assert bald(rows[:, None])[0] == pytest.approx(exact(rows), rel=1e-6 if gap > 1e-10 else 1e-3, abs=0)
    # Entropies lose it: that is what most implementations do.
    mean = rows.mean(axis=0)
    textbook = -(mean * np.log(mean)).sum() + (rows * np.log(rows)).sum(axis=1).mean()
    assert gap > 1e-8 or textbook != pytest.approx(exact(rows), rel=0.5, abs=0)


def test_is_the_mutual_information_of_the_joint_table():
    rows = simplex(np.random.default_rng(0), 6, 4, 3)
    tables = np.moveaxis(rows, 0, 1) / 6
    np.testing.assert_allclose(bald(rows), kl.mutual_information(tables), rtol=1e-13)


def test_zeros_and_agreement_and_the_largest_score():
    same = np.tile([[0.2, 0.8, 0.0]], (5, 1, 1))
    assert bald(same)[0] == 0.0
    assert bald(np.eye(4)[:, None, :])[0] == pytest.approx(math.log(4), rel=1e-15)


def test_logits_and_log_probs_are_the_same_predictions(xp):
    plain = np.random.default_rng(1).normal(size=(5, 6, 4)) * 3
    logits = xp.asarray(plain)
    shares = np.exp(plain) / np.exp(plain).sum(-1, keepdims=True)
    truth = [exact(shares[:, place]) for place in range(6)]
    for given, array in (("logits", logits), ("log_probs", xp.asarray(np.log(shares))), ("probs", xp.asarray(shares))):
        found = bald(array, given=given)
        assert type(found) is type(logits)
        np.testing.assert_allclose(np.asarray(found), truth, rtol=1e-12)


def test_logits_of_impossible_classes_and_far_below_floats():
    logits = np.array([[[0.0, -np.inf, 2.0]], [[1.0, -np.inf, -2000.0]]])
    with np.errstate(under="ignore"):
        shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    assert bald(logits, given="logits")[0] == pytest.approx(exact(shares[:, 0]), rel=1e-13)


def test_axes_float_types_and_a_pool_of_any_shape():
    rows = simplex(np.random.default_rng(2), 3, 5, 2, 4)
    found = bald(rows)
    assert found.shape == (5, 2)
    np.testing.assert_array_equal(bald(np.moveaxis(rows, 0, 2), member_axis=2), found)
    assert bald(rows.astype(np.float32)).dtype == np.float32


def test_gradient_in_torch_is_that_of_differences(require):
    torch = require("torch")
    plain = np.random.default_rng(3).normal(size=(4, 3))
    logits = torch.tensor(plain, requires_grad=True)
    bald(logits[:, None], given="logits").sum().backward()
    step = 1e-6
    for place in np.ndindex(4, 3):
        moved = np.stack([plain, plain])
        moved[0][place] += step
        moved[1][place] -= step
        one, two = bald(np.moveaxis(moved, 0, 1), given="logits")
        assert float(logits.grad[place]) == pytest.approx((one - two) / (2 * step), abs=1e-9)


def test_under_jit_wrong_rows_are_nan(require):
    jax = require("jax")
    rows = jax.numpy.asarray([[[0.5, 0.5], [0.9, 0.9]], [[0.2, 0.8], [0.1, 0.9]]])
    found = np.asarray(jax.jit(bald)(rows))
    assert np.isfinite(found[0])
    assert np.isnan(found[1])


@pytest.mark.parametrize(
    ("array", "options", "match"),
    [
        ([[[0.5, 0.6]]], {}, "add up to 1"),
        ([[[0.5, np.nan]]], {}, "add up to 1"),
        ([[[1.5, -0.5]]], {}, "add up to 1"),
        ([[[2.0, 3.0]]], {"given": "log_probs"}, "Logarithms of probabilities"),
        ([[[np.nan, 3.0]]], {"given": "logits"}, "below infinity"),
        ([[[-np.inf, -np.inf]]], {"given": "logits"}, "above -inf"),
        ([0.5, 0.5], {}, "members, points, classes"),
        (np.ones((2, 0, 3)), {}, "members, points, classes"),
        ([[[0.5, 0.5]]], {"given": "odds"}, "given = 'odds'"),
        ([[[0.5, 0.5]]], {"member_axis": 2}, "member_axis = 2"),
        ([[["a", "b"]]], {}, "numbers"),
    ],
)
def test_bad_input_has_one_clear_error(array, options, match):
    with pytest.raises(kl.InputError, match=match):
        bald(array, **options)
