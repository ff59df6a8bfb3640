import math

import pytest
import torch

from kullback._core import InputError
from kullback.nn import AdaptivePenalty


def held(penalty, rounds=400):
    """Divergence held in a toy: maximize 0.5·x − β·D with D = x²/2 over the shift x of a unit Gaussian."""
    for _ in range(rounds):
        divergence = (0.5 / penalty.beta) ** 2 / 2
        penalty.update(divergence)
    return divergence


@pytest.mark.parametrize("beta", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("target", [0.01, 0.5])
def test_proportional_control_converges_to_the_target(beta, target):
    assert held(AdaptivePenalty(target, beta=beta), 1500) == pytest.approx(target, rel=1e-3)


def test_doubling_ends_inside_its_band():
    assert 0.05 / 1.5**2 < held(AdaptivePenalty(0.05, beta=10.0, rule="doubling")) < 0.05 * 1.5**2


def test_one_step_is_that_of_the_paper():
    penalty = AdaptivePenalty(6.0, beta=0.2, horizon=10_000)
    assert penalty.update(12.0, items=256) == pytest.approx(0.2 * (1 + 0.2 * 256 / 10_000))
    assert penalty.update(torch.tensor(5.4), items=256) == pytest.approx(
        0.2 * (1 + 0.2 * 256 / 10_000) * (1 - 0.1 * 256 / 10_000)
    )


def test_the_weight_stays_in_bounds_and_comes_back():
    penalty = AdaptivePenalty(0.1, beta=1.0, bounds=(0.5, 2.0), rule="doubling")
    for _ in range(50):
        penalty.update(9.0)
    assert penalty.beta == 2.0
    for _ in range(50):
        penalty.update(-0.01)
    assert penalty.beta == 0.5


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, torch.tensor(math.nan), torch.zeros(3), "much", None])
def test_a_divergence_that_is_none_changes_nothing(bad):
    penalty = AdaptivePenalty(0.1)
    with pytest.raises(InputError, match="number is needed"):
        penalty.update(bad)
    assert penalty.state_dict() == {"beta": 0.1, "target": 0.1}


def test_state_goes_through_a_checkpoint():
    one, other = AdaptivePenalty(0.1, beta=0.3), AdaptivePenalty(0.5)
    one.update(3.0)
    other.load_state_dict(one.state_dict())
    assert other.state_dict() == one.state_dict()
    for state in ({"beta": 1.0}, {"beta": -1.0, "target": 1.0}, {"beta": 1.0, "target": math.nan}):
        with pytest.raises(InputError):
            other.load_state_dict(state)
    assert other.state_dict() == one.state_dict()


def test_a_tensor_with_graph_is_fine_and_the_repr_has_the_unit():
    penalty = AdaptivePenalty(0.1)
    penalty.update(torch.tensor(0.2, requires_grad=True))
    assert "0.1 nats" in repr(penalty)


@pytest.mark.parametrize(
    ("target", "options", "words"),
    [
        (0.0, {}, "target is 0.0"),
        (math.inf, {}, "target is inf"),
        ("x", {}, "target is 'x'"),
        (0.1, {"beta": -1.0}, "beta is -1.0"),
        (0.1, {"beta": 1e9}, "within bounds"),
        (0.1, {"rule": "pid"}, "rule is 'pid'"),
        (0.1, {"horizon": 0}, "horizon is 0"),
        (0.1, {"bounds": (1.0, 0.5)}, "lower one first"),
        (0.1, {"bounds": 3.0}, "pair of numbers"),
    ],
)
def test_controllers_that_cannot_be_made(target, options, words):
    with pytest.raises(InputError, match=words):
        AdaptivePenalty(target, **options)


def test_more_items_than_the_horizon():
    penalty = AdaptivePenalty(0.1)
    with pytest.raises(InputError, match="longer horizon"):
        penalty.update(0.2, items=11)
    assert penalty.beta == 0.1
